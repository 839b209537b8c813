#pragma once
// Workers of a simulated cluster: they run one task after the other, and may die at any moment.

#include "actors/worker_link.hpp"
#include "tests/simulation/members.hpp"

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace pactor::test {

class simulated_worker final : public std::enable_shared_from_this<simulated_worker> {
public:
  simulated_worker(simulated_node& n, simulated_cluster& c, worker_events& events);

  void said(const wire::record& r, const char* payload);
  void die(int signal);
  /// Its engine is not interested any more.
  void forget() {
    alive_ = false;
    events_ = nullptr;
  }

  worker::control_memory control = worker::control_memory::create();

private:
  struct outcome {
    wire::record head;
    std::string payload;
  };
  /// Workers go on while their node stands still, and end with it.
  void later(nanoseconds delay, void (simulated_worker::*what)());
  void next();
  void done();
  void answer(wire::record_kind kind, std::uint64_t id, std::string payload, bool ran);
  void write();

  simulated_node& node_;
  simulated_cluster& cluster_;
  worker_events* events_;
  std::deque<std::pair<std::uint64_t, std::uint64_t>> inbox_; // the engine's number, and ours
  std::optional<std::pair<std::uint64_t, std::uint64_t>> running_;
  std::deque<outcome> written_;
  int engine_ = -1;
  nanoseconds began_{0};
  std::uint64_t ordinal_ = 0;
  bool alive_ = true, writes_ = false;
};

class simulated_worker_link final : public worker_link {
public:
  explicit simulated_worker_link(std::shared_ptr<simulated_worker> w) : w_{std::move(w)} {}
  ~simulated_worker_link() override { w_->forget(); }
  void send(const wire::record& r, const void* payload) override { w_->said(r, static_cast<const char*>(payload)); }
  void send_file(const wire::record& r, const void* payload, int) override { send(r, payload); }
  void flush() override {}
  [[nodiscard]] int pid() const override { return 1; }
  void kill(int signal) override { w_->die(signal); }
  [[nodiscard]] const worker::control_memory& control() const override { return w_->control; }
  void interrupt() override {}
  [[nodiscard]] bool stopped() const override { return false; }

private:
  std::shared_ptr<simulated_worker> w_;
};

} // namespace pactor::test
