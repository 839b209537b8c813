// The hub among clients and nodes of which two send whatever they like.

#include "actors/hub.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

namespace pactor::fuzz {

namespace {

class arena {
public:
  arena() {
    hello_client h;
    h.nonce = "right";
    hub_.frame(frame_of(honest_client_, frame_kind::hello, encode(h)));
    hello_node n;
    n.nonce = "right";
    n.host = "there";
    n.requested = {-1};
    hub_.frame(frame_of(honest_node_, frame_kind::hello, encode(n)));
    for (std::size_t i = 0; i < hostile_.size(); ++i) come(i);
  }

  void play(script& s) {
    while (!s.empty()) {
      const std::size_t who = s.byte() % hostile_.size();
      auto& from = hostile_[who];
      if (const auto f = next_frame(s, from); f && for_hub(f->header.kind))
        hub_.frame(*f);
      else
        from->closed = true;
      if (!from->closed) continue;
      hub_.link_down({from, "it was cut off"});
      come(who);
    }
  }

  void check() {
    require(!honest_client_->closed && honest_client_->welcomed, "nobody else is cut off");
    require(!honest_node_->closed && honest_node_->welcomed, "no other node is cut off");
    honest_client_->sent.clear();
    hub_.frame(frame_of(honest_client_, frame_kind::query, encode(query{static_cast<std::uint8_t>(query_kind::status)}),
                        0, 5));
    require(honest_client_->sent.size() == 1 && honest_client_->sent[0].is(frame_kind::answer),
            "questions are answered");
    const auto answer = decode<status_answer>(honest_client_->sent[0].body);
    bool there = false;
    for (const auto& [host, engine] : answer.engines) there = there || host == "there";
    require(there, "others' engines stay");
  }

private:
  static bool for_hub(std::uint16_t kind) {
    const auto k = static_cast<frame_kind>(kind);
    return k == frame_kind::hello || k == frame_kind::engine_report || k == frame_kind::query ||
           k == frame_kind::stop || k == frame_kind::library;
  }
  void come(std::size_t i) { hostile_[i] = std::make_shared<peer_link>(i == 0 ? role::client : role::node); }

  hub_state hub_{{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}},
                 {[](const client_joined&) {}, [](const node_joined&) {}, [](const engine_available&) {},
                  [](const std::function<void(std::uint64_t)>& then) { then(7); }}};
  peer_ptr honest_client_ = std::make_shared<peer_link>(role::client, true);
  peer_ptr honest_node_ = std::make_shared<peer_link>(role::node);
  std::array<peer_ptr, 2> hostile_;
};

} // namespace

void hub(std::string_view bytes) {
  arena a;
  script s{bytes};
  a.play(s);
  a.check();
}

inputs hub_seeds() {
  hello_client c;
  c.nonce = "right";
  hello_node n;
  n.nonce = "right";
  n.host = "here";
  n.requested = {-1, 3};
  n.worker_pids = {1, 2};
  n.jobs = {{"a", "b", "c"}};
  inputs all;
  for (int kind = 1; kind < 9; ++kind) {
    script_writer w;
    w.byte(0);
    write_frame(w, frame_kind::hello, encoded(c));
    w.byte(1);
    write_frame(w, frame_kind::hello, encoded(n));
    w.byte(1);
    write_frame(w, frame_kind::engine_report, encoded(engine_report{3, "given up", 1, 2, 3, 4, "killed"}));
    w.byte(0);
    write_frame(w, frame_kind::query, encoded(query{static_cast<std::uint8_t>(kind), {0, 3}, 9}), 0, 4);
    w.byte(kind % 2);
    write_frame(w, frame_kind::library,
                kind % 2 == 0 ? encoded(library_query{static_cast<std::uint8_t>(kind / 2), {}, "me"})
                              : encoded(library_report{}));
    all.push_back(w.take());
  }
  return all;
}

} // namespace pactor::fuzz
