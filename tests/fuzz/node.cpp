// A node that its controller sends whatever it likes, and an engine whose worker says whatever it likes.

#include "actors/node.hpp"
#include "runtime/worker/protocol.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

#include <sys/mman.h>
#include <unistd.h>

namespace pactor::fuzz {

namespace {

/// A worker that only listens.
class deaf_worker final : public worker_link {
public:
  explicit deaf_worker(const worker::control_memory& control) : control_{control} {}
  void send(const wire::record&, const void*) override {}
  void send_file(const wire::record&, const void*, int) override {}
  void flush() override {}
  [[nodiscard]] int pid() const override { return 1; }
  void kill(int) override { killed = true; }
  [[nodiscard]] const worker::control_memory& control() const override { return control_; }
  void interrupt() override {}
  [[nodiscard]] bool stopped() const override { return false; }
  bool killed = false;

private:
  const worker::control_memory& control_;
};

process::unique_fd small_file() {
  process::unique_fd file{::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  static_cast<void>(::ftruncate(file.get(), 64));
  return file;
}

} // namespace

void node(std::string_view bytes) {
  const auto controller = std::make_shared<peer_link>(role::controller);
  const auto services = std::make_shared<node_services>();
  services->lanes = std::make_unique<node_lanes>("0123456789abcdef0123456789abcdef");
  std::vector<std::shared_ptr<memory_file>> files;
  node_state::callbacks out;
  out.welcomed = [](const std::vector<int>&) {};
  out.ended = [](ec, const std::string&) {};
  out.number = [](std::size_t, engine_number) {};
  out.tasks = [&](std::size_t, engine_tasks&& t) {
    for (auto& i : t.items)
      if (i.file) files.push_back(std::move(i.file));
  };
  out.ended_transfer = [](std::size_t, const transfer_ended&) {};
  out.order = [](std::size_t, const task_order&, std::span<const std::uint64_t>) {};
  out.manage = [](std::size_t, const engine_control&) {};
  out.lost = [](const std::string&) {};
  out.held = [](std::size_t) { return std::vector<core::engine_core::presence>{}; };
  out.disown = out.cut = out.announce = out.settled = [](std::size_t) {};
  out.add_engine = [] {};
  out.use_library = [](std::size_t, const placed_library&) {};
  node_state state{services, "nonce", std::move(out)};
  hello_node h;
  h.requested = {-1, -1};
  state.connected(controller, h);
  script s{bytes};
  while (!s.empty() && !controller->closed) {
    const auto f = next_frame(s, controller);
    if (!f || announces_much(f->body)) return;
    auto body = state.buffer(f->header);
    require(body.size() == f->header.size, "a frame has room");
    if (!f->body.empty()) std::memcpy(body.data(), f->body.data(), f->body.size());
    state.frame({controller, f->header, body});
    state.flush();
  }
  state.link_down("it ends");
}

inputs node_seeds() {
  inputs all;
  const auto welcome = encoded(welcome_node{{5, 6}, 1000, 0, false});
  const auto large = batch_of(record_of(wire::record_kind::task, 3, 5, wire::transferred, 3),
                              std::string_view{"\x10\0\0\0\0\0\0\0", 8});
  const target both[]{{7, 5}, {8, 6}}; // NOLINT(*-avoid-c-arrays): as bytes
  wire_options o;
  o.run_limit = 5;
  const auto tasks =
      batch_of(record_of(wire::record_kind::targets), {reinterpret_cast<const char*>(both), sizeof both}) +
      batch_of(record_of(wire::record_kind::options), encoded(o)) +
      batch_of(record_of(wire::record_kind::task, 0), call_of("job")) + large +
      batch_of(record_of(wire::record_kind::task, 4, 6, wire::shared, 9), std::string_view{"\x10\0\0\0\0\0\0\0", 8});
  for (int again = 0; again < 2; ++again) {
    script_writer w;
    write_frame(w, frame_kind::welcome, again != 0 ? encoded(welcome_node{{5, 6}, 10, 1, true}) : welcome);
    write_frame(w, frame_kind::tasks, tasks, again);
    write_frame(w, frame_kind::piece, "0123456789", again, 3);
    write_frame(w, frame_kind::piece, "012345", again, 3, 10);
    write_frame(w, frame_kind::task_control, encoded(task_control{1, 0, {3, 4}, {5, 6}, "client 1"}), again);
    write_frame(w, frame_kind::engine_control, encoded(engine_control{3, {5}, 0, "client 1"}));
    write_frame(w, frame_kind::acknowledge, {}, again, 0, 1);
    write_frame(w, frame_kind::resume, {}, again);
    write_frame(w, frame_kind::abandon, {}, again, 3);
    write_frame(w, frame_kind::refused, encoded(refusal{3, "why"}));
    all.push_back(w.take());
  }
  return all;
}

void engine(std::string_view bytes) {
  static const auto control = worker::control_memory::create(); // expensive, and what is in it counts for nothing
  const auto controller = std::make_shared<peer_link>(role::controller);
  const auto services = std::make_shared<node_services>();
  deaf_worker* worker = nullptr;
  services->count_oom_kills = [] { return std::nullopt; };
  services->report = [](const engine_report&) {};
  services->flush_later = services->flush_now = [] {};
  services->start_worker = [&](worker_events&) {
    auto made = std::make_unique<deaf_worker>(control);
    worker = made.get();
    return made;
  };
  services->direct.emplace(controller, frame_kind::outcomes, std::uint16_t{0});
  services->balanced.emplace(controller, frame_kind::outcomes, std::uint16_t{transport::balanced});
  {
    engine_state state{services, 1};
    state.on_restart([](std::chrono::milliseconds) {});
    state.on_limit([](std::chrono::milliseconds) {});
    state.start();
    state.assign(4);
    engine_tasks tasks;
    for (std::uint64_t id = 1; id < 4; ++id)
      tasks.items.push_back({id, id == 2, 9, {}, detail::slice{bytes_of(call_of("job"))}});
    state.take(tasks);
    script s{bytes};
    while (!s.empty() && !worker->killed) {
      wire::record r;
      r.kind = s.byte();
      r.flags = s.byte();
      const auto what = s.byte();
      r.id = s.byte();
      r.started = s.number<std::int64_t>();
      r.completed = s.number<std::int64_t>();
      r.transfer = s.byte();
      const auto text = s.sized();
      const auto payload = bytes_of(text);
      r.size = static_cast<std::uint32_t>(payload.size());
      if ((what & 4) != 0) r.engine = s.number<std::int32_t>();
      state.worker_said(r, payload.data(), (what & 1) != 0 ? small_file() : process::unique_fd{});
      if ((what & 2) != 0) state.turn_ended();
      if ((what & 8) != 0) state.order({r.id, r.id == 2, end_how::ask, "client 1"});
    }
    process::exit_state how;
    how.signal = 11;
    state.worker_ended(how);
    state.stop();
  }
  services->direct->send();
  services->balanced->send();
}

inputs engine_seeds() {
  const auto say = [](script_writer& w, int kind, int flags, int what, int id, std::string_view payload) {
    w.byte(kind).byte(flags).byte(what).byte(id).number(std::int64_t{1}).number(std::int64_t{2}).byte(7).sized(payload);
  };
  constexpr auto ready = static_cast<int>(worker::link_kind::ready);
  constexpr auto stream = static_cast<int>(worker::link_kind::stream);
  const worker::file_part part{16, 8};
  const std::string_view part_text{reinterpret_cast<const char*>(&part), sizeof part};
  inputs all;
  for (const auto kind : {wire::record_kind::result, wire::record_kind::failure, wire::record_kind::partial}) {
    script_writer w;
    say(w, stream, wire::transferred, 1, 0, "12345678");
    say(w, stream, wire::transferred, 1, worker::trace_pipe, "12345678");
    say(w, ready, 0, 0, 0, "");
    say(w, static_cast<int>(wire::record_kind::output), 0, 2, 1, "printed");
    say(w, static_cast<int>(wire::record_kind::published), 0, 2, 1, "printed");
    say(w, static_cast<int>(kind), 0, 2, 1, "\xc0");
    say(w, static_cast<int>(kind), wire::transferred, 3, 2, part_text);
    say(w, static_cast<int>(worker::link_kind::release), 0, 2, 1, "");
    say(w, static_cast<int>(kind), wire::shared, 10, 3, part_text);
    all.push_back(w.take());
  }
  return all;
}

} // namespace pactor::fuzz
