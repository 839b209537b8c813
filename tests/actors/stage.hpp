#pragma once
// Actors on a stage: nothing runs and no time passes unless the test says so.

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/atom.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <caf/send.hpp>

#include <chrono>
#include <utility>
#include <vector>

namespace pactor::test {

class stage {
public:
  stage() = default;
  stage(const stage&) = delete;
  stage& operator=(const stage&) = delete;
  ~stage() {
    for (const auto& a : actors_) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    settle();
  }

  /// Spawns f(self), which returns a behaviour, and lets it initialise itself.
  template <class F>
  caf::actor spawn(F f) {
    auto a = system_.spawn([f = std::move(f)](caf::event_based_actor* self) mutable { return f(self); });
    actors_.push_back(a);
    settle();
    return a;
  }
  /// Puts a message into a mailbox; nobody runs.
  template <class T>
  void post(const caf::actor& to, T&& message) {
    caf::anon_send(to, std::forward<T>(message));
  }
  /// The same, and everyone runs until all mailboxes are empty.
  template <class T>
  void tell(const caf::actor& to, T&& message) {
    post(to, std::forward<T>(message));
    settle();
  }
  void settle() {
    while (scheduler().try_run_once()) {
    }
  }
  void advance(std::chrono::milliseconds by) {
    scheduler().advance_time(by);
    settle();
  }
  [[nodiscard]] bool time_matters() { return scheduler().has_pending_timeout(); }

private:
  struct config : caf::actor_system_config {
    config() { set("scheduler.policy", caf::atom("testing")); }
  };
  caf::scheduler::test_coordinator& scheduler() {
    return dynamic_cast<caf::scheduler::test_coordinator&>(system_.scheduler());
  }
  config config_;
  caf::actor_system system_{config_};
  std::vector<caf::actor> actors_;
};

} // namespace pactor::test
