#pragma once
// An engine between a worker and a controller that do what the test says.

#include "actors/engine.hpp"
#include "runtime/worker/protocol.hpp"
#include "tests/actors/fake_lane.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/actors/stage.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace pactor::test {

/// A worker that does what the test says.
struct fake_worker {
  int pid = 0;
  worker_events* events = nullptr;
  std::vector<read_record> got;
  int files = 0, flushes = 0;
  std::optional<int> killed;
  bool alive = true, stopped = false;
  int interrupts = 0;
  worker::control_memory control = worker::control_memory::create();

  std::vector<read_record> take() { return std::exchange(got, {}); }
};

class fake_worker_link final : public worker_link {
public:
  explicit fake_worker_link(std::shared_ptr<fake_worker> w) : w_{std::move(w)} {}
  ~fake_worker_link() override { w_->alive = false; }
  void send(const wire::record& r, const void* payload) override {
    w_->got.push_back({r, std::string(static_cast<const char*>(payload), r.size)});
  }
  void send_file(const wire::record& r, const void* payload, int fd) override {
    CHECK(::fcntl(fd, F_GETFD) >= 0);
    ++w_->files;
    send(r, payload);
  }
  void flush() override { ++w_->flushes; }
  [[nodiscard]] int pid() const override { return w_->pid; }
  void kill(int signal) override { w_->killed = signal; }
  [[nodiscard]] const worker::control_memory& control() const override { return w_->control; }
  void interrupt() override { ++w_->interrupts; }
  [[nodiscard]] bool stopped() const override { return w_->stopped; }

private:
  std::shared_ptr<fake_worker> w_;
};

constexpr std::uint32_t client_number = 9; // who submits

/// An engine with fakes on both sides: workers below, a controller above.
struct engine_fixture : stage {
  std::vector<std::shared_ptr<fake_worker>> workers;
  std::vector<engine_report> reports;
  fake_link_ptr controller = link_to(security::role::controller);
  std::shared_ptr<node_services> services = make_services();
  bool broken = false;                        ///< workers can't be started
  std::optional<std::uint64_t> oom_kills = 3; ///< as the kernel counts them
  int flushes = 0, flushes_at_once = 0;
  std::shared_ptr<engine_state> state = std::make_shared<engine_state>(services, 1);
  caf::actor engine;

  engine_fixture() {
    engine = spawn([this](caf::event_based_actor* self) { return pactor::engine(self, state); });
  }
  ~engine_fixture() { services->start_worker = nullptr; }

  std::shared_ptr<node_services> make_services() {
    auto s = std::make_shared<node_services>();
    s->host = "here";
    s->libraries = {"/jobs/a.so"};
    s->report = [this](const engine_report& r) { reports.push_back(r); };
    s->flush_later = [this] { ++flushes; };
    s->count_oom_kills = [this] { return oom_kills; };
    s->flush_now = [this] { ++flushes_at_once; };
    s->start_worker = [this](worker_events& events) -> std::unique_ptr<worker_link> {
      if (broken) throw error{ec::system, "no such executable"};
      workers.push_back(std::make_shared<fake_worker>());
      workers.back()->events = &events;
      workers.back()->pid = 100 + static_cast<int>(workers.size());
      return std::make_unique<fake_worker_link>(workers.back());
    };
    return s;
  }
  fake_worker& worker() { return *workers.back(); }
  /// A lane to the client whose tasks these are.
  std::shared_ptr<lane_log> lane_of_client() {
    auto log = std::make_shared<lane_log>();
    services->lanes = std::make_unique<node_lanes>("0123456789abcdef0123456789abcdef");
    services->lanes->admit([&log](lane_events& events) {
      log->events = &events;
      return std::make_unique<fake_lane>(log);
    });
    log->say_hello(client_number, "0123456789abcdef0123456789abcdef");
    log->sent.clear();
    return log;
  }

  void assign(int number) {
    services->direct.emplace(controller, frame_kind::outcomes, std::uint16_t{0});
    services->balanced.emplace(controller, frame_kind::outcomes, std::uint16_t{transport::balanced});
    tell(engine, engine_number{number});
  }
  void ready() {
    wire::record r;
    r.kind = static_cast<std::uint16_t>(worker::link_kind::ready);
    worker().events->worker_said(r, nullptr, {});
    settle();
  }
  /// An engine with a number whose worker waits for tasks.
  void bring_up() {
    assign(4);
    ready();
    worker().take();
  }
  void give(std::uint64_t id, bool directed, const std::string& payload, std::shared_ptr<memory_file> file = {}) {
    engine_tasks t;
    t.items.push_back({id, directed, client_number, std::move(file), detail::slice{bytes_of(payload)}});
    tell(engine, std::move(t));
  }
  void end(std::uint64_t id, const std::string& payload = "v", record_kind kind = record_kind::result) {
    wire::record r;
    r.id = id;
    r.kind = static_cast<std::uint16_t>(kind);
    r.size = static_cast<std::uint32_t>(payload.size());
    r.started = 5;
    r.completed = 6;
    worker().events->worker_said(r, payload.data(), {});
    worker().events->turn_ended();
    settle();
  }
  /// The worker reads this file no more.
  void release(std::uint64_t file) {
    wire::record r;
    r.id = file;
    r.kind = static_cast<std::uint16_t>(worker::link_kind::release);
    worker().events->worker_said(r, nullptr, {});
  }
  /// A result of the worker: a part of `file`, or of the file `given` that it got.
  void end_large(std::uint64_t id, worker::file_part part, process::unique_fd file, std::uint64_t given = 0,
                 std::uint64_t number = 0) {
    wire::record r;
    r.id = id;
    r.kind = static_cast<std::uint16_t>(record_kind::result);
    r.flags = given != 0 ? wire::shared : wire::transferred;
    r.transfer = given != 0 ? given : number;
    r.size = sizeof part;
    worker().events->worker_said(r, reinterpret_cast<const char*>(&part), std::move(file));
    worker().events->turn_ended();
    settle();
  }
  void die(int signal = SIGSEGV) {
    process::exit_state how;
    how.signal = signal;
    worker().events->worker_ended(how);
    settle();
  }
  /// The outcomes that the controller got from one of the outboxes.
  std::vector<read_record> outcomes(bool directed) {
    (directed ? services->direct : services->balanced)->send();
    std::vector<read_record> result;
    for (const auto& f : controller->take(frame_kind::outcomes)) {
      CHECK(f.flags == (directed ? 0 : transport::balanced));
      for (auto& r : records(f.body)) result.push_back(std::move(r));
    }
    return result;
  }
};

} // namespace pactor::test
