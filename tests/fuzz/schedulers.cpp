// The schedulers among peers of which one client and one node send whatever they like. However that ends, the other
// client's tasks run on the other node.

#include "actors/direct_scheduler.hpp"
#include "actors/task_scheduler.hpp"
#include "pactor/detail/failure.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

namespace pactor::fuzz {

namespace {

using wire::record_kind;

constexpr int honest_engine = 7;

template <class State, std::uint16_t Flags>
class arena {
public:
  arena() {
    const auto ends = std::make_shared<task_ends>();
    state_.share(std::make_shared<core::task_history>());
    state_.share(ends);
    if constexpr (Flags != 0) {
      state_.watch_ends();
      state_.on_wake([](std::chrono::nanoseconds) {});
    }
    state_.join(client_joined{9, honest_client_});
    state_.join(node_joined{"there", honest_node_, {honest_engine}});
    for (std::size_t i = 0; i < 2; ++i) join(i);
  }

  void play(script& s) {
    while (!s.empty()) {
      const auto who = s.byte();
      if ((who & 0x80) != 0) state_.flush();
      auto& from = hostile_[who % 2];
      const auto f = next_frame(s, from);
      if (f && meant_for_us(*f))
        state_.frame_in_turn(*f);
      else
        from->closed = true;
      if ((who & 0x40) == 0) state_.end_turn();
      serve();
      if (!from->closed) continue;
      state_.link_down({from, "it was cut off"}); // and comes again, as another
      join(who % 2);
    }
    state_.end_turn();
  }

  /// Its task runs and its client hears of it.
  void check() {
    require(!honest_client_->closed && !honest_node_->closed, "nobody else is cut off");
    for (auto& h : hostile_) state_.link_down({h, "it went"});
    state_.frame_in_turn(task_of_honest());
    state_.end_turn();
    for (int i = 0; i < 1000 && !answered_; ++i) {
      state_.flush();
      serve();
      if constexpr (Flags != 0) state_.look_again();
    }
    require(answered_, "others' tasks run");
  }

private:
  static constexpr std::uint64_t honest_task = 0x5afe5afe;

  void join(std::size_t i) {
    hostile_[i] = std::make_shared<peer_link>(i == 0 ? role::client : role::node);
    hostile_[i]->welcomed = true;
    if (i == 0)
      state_.join(client_joined{clients_++, hostile_[0]});
    else
      state_.join(node_joined{"here", hostile_[1], {0, 1}});
  }
  static bool meant_for_us(const frame_in& f) {
    const auto kind = static_cast<frame_kind>(f.header.kind);
    if (kind == frame_kind::direct_tasks || kind == frame_kind::task_query) return Flags == 0;
    return kind != frame_kind::balanced_tasks || Flags != 0;
  }
  frame_in task_of_honest() {
    std::string batch;
    if (Flags != 0) {
      const std::int32_t allowed = honest_engine;
      batch = batch_of(record_of(record_kind::targets), {reinterpret_cast<const char*>(&allowed), sizeof allowed});
    }
    batch += batch_of(record_of(record_kind::task, honest_task, honest_engine), call_of("honest"));
    return frame_of(honest_client_, Flags == 0 ? frame_kind::direct_tasks : frame_kind::balanced_tasks, bytes_of(batch),
                    Flags);
  }
  /// The honest node ends every task at once, and takes every piece.
  void serve() {
    while (const auto f = honest_node_->take()) {
      if (f->is(frame_kind::piece))
        state_.frame_in_turn(frame_of(honest_node_, frame_kind::credit, {}, f->header.flags, f->header.tag, 1));
      if (!f->is(frame_kind::tasks)) continue;
      std::string outcomes;
      std::vector<target> targets;
      const auto sound = wire::for_each_record(f->body.data, f->body.size, [&](const wire::record& r, const char* at) {
        if (r.kind == static_cast<std::uint16_t>(record_kind::targets)) {
          targets.resize(r.size / sizeof(target));
          if (r.size > 0) std::memcpy(targets.data(), at, targets.size() * sizeof(target));
        } else if (r.kind == static_cast<std::uint16_t>(record_kind::task)) {
          if (r.engine >= 0) targets.assign(1, target{r.id, r.engine});
          for (const auto& t : targets) {
            require(t.engine == honest_engine, "a node gets tasks for its own engines");
            outcomes += batch_of(record_of(record_kind::result, t.id, t.engine), "\xc0");
          }
          targets.clear();
        }
      });
      require(sound, "batches that are sent are well formed");
      if (!outcomes.empty())
        state_.frame_in_turn(frame_of(honest_node_, frame_kind::outcomes, bytes_of(outcomes), Flags));
    }
    state_.end_turn();
    while (const auto f = honest_client_->take())
      if (f->is(frame_kind::outcomes))
        wire::for_each_record(f->body.data, f->body.size, [&](const wire::record& r, const char*) {
          if (r.id == honest_task && r.kind == static_cast<std::uint16_t>(record_kind::result)) answered_ = true;
        });
  }

  State state_{[] {}};
  std::array<peer_ptr, 2> hostile_;
  peer_ptr honest_client_ = std::make_shared<peer_link>(role::client, true);
  peer_ptr honest_node_ = std::make_shared<peer_link>(role::node, true);
  std::uint32_t clients_ = 100; // that were here
  bool answered_ = false;
};

template <class State, std::uint16_t Flags>
void play(std::string_view bytes) {
  arena<State, Flags> a;
  script s{bytes};
  a.play(s);
  a.check();
}

/// Tasks of all kinds, and outcomes of all kinds.
inputs seeds(std::uint16_t flags) {
  const auto kind = flags == 0 ? frame_kind::direct_tasks : frame_kind::balanced_tasks;
  const auto say = [flags](script_writer& w, int who, frame_kind k, std::string_view body, int tag = 0, int more = 0,
                           std::uint16_t aux = 0) {
    w.byte(who);
    write_frame(w, k, body, flags | more, tag, aux);
  };
  const std::string size_of_large{"\x10\0\0\0\0\0\0\0", 8};
  const auto task = batch_of(record_of(record_kind::task, 5, 0), call_of("job"));
  const auto elsewhere = batch_of(record_of(record_kind::task, 6, honest_engine), call_of("job"));
  const target both[]{{7, 0}, {8, 1}}; // NOLINT(*-avoid-c-arrays): as bytes
  const auto targets = batch_of(record_of(record_kind::targets), {reinterpret_cast<const char*>(both), sizeof both});
  const std::int32_t one = 0;
  const auto allowed = batch_of(record_of(record_kind::targets), {reinterpret_cast<const char*>(&one), sizeof one});
  const auto large = batch_of(record_of(record_kind::task, 9, 0, wire::transferred, 3), size_of_large);
  wire_options o;
  o.keep = true;
  o.retries = 2;
  o.after.parents = {{5, 0, -1}};
  const auto options = batch_of(record_of(record_kind::options), encoded(o));
  failure f;
  f.code = ec::engine_lost;
  const auto failed = text_of(detail::encode_failure(f));
  inputs all;
  const auto play_out = [&](std::string_view tasks, std::initializer_list<record_kind> outcomes) {
    script_writer w;
    say(w, 0, kind, tasks);
    for (const auto k : outcomes)
      for (std::uint64_t id = 0; id < 3; ++id)
        say(w, 1, frame_kind::outcomes,
            batch_of(record_of(k, id << 32 | id, 0, wire::started), k == record_kind::result ? "\xc0" : failed));
    all.push_back(w.take());
  };
  play_out(task, {record_kind::result});
  play_out(task + task, {record_kind::failure, record_kind::lost});
  play_out((flags == 0 ? targets : allowed) + task, {record_kind::output, record_kind::partial});
  play_out(options + task, {record_kind::published, record_kind::result});
  play_out(elsewhere + task + elsewhere, {record_kind::displayed, record_kind::result});
  script_writer pieces;
  say(pieces, 0, kind, large);
  say(pieces, 0, frame_kind::piece, "0123456789", 3);
  say(pieces, 0, frame_kind::piece, "012345", 3, 0, 10);
  say(pieces, 1, frame_kind::credit, {}, 3, 0, 2);
  say(pieces, 1, frame_kind::outcomes,
      batch_of(record_of(record_kind::result, 0, 0, wire::transferred, 4), size_of_large));
  say(pieces, 1, frame_kind::piece, "0123456789abcdef", 4, transport::upward);
  say(pieces, 0, frame_kind::credit, {}, 2, transport::upward, 1);
  say(pieces, 0, frame_kind::abandon, {}, 3);
  all.push_back(pieces.take());
  script_writer control;
  say(control, 0, kind, options + elsewhere + task);
  say(control, 0, frame_kind::task_control, encoded(task_control{1, 0, {5, 6}, {}, {}}), 4);
  say(control, 0, frame_kind::task_query, encoded(task_query{100, 6, 9}), 0);
  say(control, 0, frame_kind::task_query, {}, 5);
  say(control, 0, frame_kind::resume, {});
  say(control, 1, frame_kind::held, encoded(held_tasks{{{100, 5, 3, 0, true}}, false, true}));
  say(control, 1, frame_kind::acknowledge, {}, 0, 0, 1);
  all.push_back(control.take());
  return all;
}

} // namespace

void direct_scheduler(std::string_view bytes) { play<direct_scheduler_state, 0>(bytes); }
inputs direct_scheduler_seeds() { return seeds(0); }
void task_scheduler(std::string_view bytes) { play<task_scheduler_state, transport::balanced>(bytes); }
inputs task_scheduler_seeds() { return seeds(transport::balanced); }

} // namespace pactor::fuzz
