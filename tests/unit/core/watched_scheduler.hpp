#pragma once
// The task scheduler's core and its graph of dependencies, with simple books beside them: every answer is compared with
// what the books say it must be.

#include "runtime/core/task_core.hpp"
#include "runtime/core/task_graph.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

using std::chrono::nanoseconds;

/// What a task is to be, and what has become of it.
struct watched_task {
  std::uint32_t client = 0, kind = 0, retries = 0;
  std::int32_t priority = 0;
  bool idempotent = true;
  std::vector<int> allowed{}; ///< empty: all
  nanoseconds timeout{0};
  core::task_graph::condition after{}, follow{}; ///< parents by number only

  // What it does where it runs.
  nanoseconds takes{};
  bool fails = false, kills = false;
  int lacking = -1; ///< an engine that can't run it

  enum class state : std::uint8_t { held, waiting, given, ended };
  state where = state::ended;
  std::uint64_t ticket = 0, sequence = 0;
  nanoseconds deadline{};
  std::set<int> ran, refused;
  std::uint32_t losses = 0, errors = 0, runs = 0, reroutes = 0, refusals = 0, ends = 0, recalls = 0;
  bool withdrawn = false, orphan = false, followed = false, ok = false;
  int engine = -1; ///< it ended on
};

class watched_scheduler {
public:
  explicit watched_scheduler(std::uint32_t max_losses) : max_losses_{max_losses}, core_{max_losses} {}

  std::function<void(const std::string&)> say;
  /// A task is handed out.
  std::function<void(int engine, std::uint64_t id, std::uint64_t number)> hand;

  void set_time(nanoseconds now);
  void engine_joined(int e);
  void engine_lost(int e);
  void pause_engine(int e, bool paused);
  void pause_client(std::uint32_t client, bool paused);
  void client_gone(std::uint32_t client);
  /// @return its number
  std::uint64_t submit(watched_task t);
  /// What the engine said of a run. @return whether it was still waited for
  enum class outcome : std::uint8_t { result, error, refusal, aborted };
  bool outcome_of(int e, std::uint64_t id, nanoseconds took, outcome how);
  bool lost(int e, std::uint64_t id, bool started, bool blamed);
  /// @return runs that are to end
  std::vector<core::task_core::run> withdraw(std::uint32_t client, const std::vector<std::uint64_t>& numbers);
  /// Hands out what can be. @return what is wanted back
  std::vector<core::task_core::run> decide();
  [[nodiscard]] std::optional<nanoseconds> wake_at() const;

  [[nodiscard]] watched_task& at(std::uint64_t number) { return tasks_.at(number); }
  [[nodiscard]] const std::map<std::uint64_t, watched_task>& tasks() const { return tasks_; }
  [[nodiscard]] std::size_t outstanding(int e) const { return core_.outstanding(e); }
  [[nodiscard]] bool may_run(const watched_task& t, int e) const;
  /// Nothing is left, and nothing is remembered of what ended.
  void check_end() const;

private:
  using state = watched_task::state;
  struct given {
    std::uint64_t id, number;
  };
  enum class answer : std::uint8_t { open, met, broken };

  std::optional<std::uint64_t> forget_run(int e, std::uint64_t id);
  void end(std::uint64_t number, bool ok, int engine, const char* how);
  void wait_again(std::uint64_t number, bool anew);
  std::optional<core::give_up_reason> reroute(std::uint64_t number, bool blamed, bool may_have_started);
  void expect(const std::vector<core::given_up>& all, std::map<std::uint64_t, core::give_up_reason> expected);
  [[nodiscard]] bool has_engine(const watched_task& t) const;
  void check_turn(const watched_task& t, int e) const;
  void check_idle() const;
  void check_held() const;
  [[nodiscard]] answer judge(const core::task_graph::condition& c) const;
  void depend();
  void decided(const core::task_graph::decision& d);

  std::uint32_t max_losses_;
  core::task_core core_;
  core::task_graph graph_;
  std::vector<core::task_graph::decision> decided_;
  std::map<std::uint64_t, watched_task> tasks_;
  std::map<std::uint64_t, const watched_task*> open_; // those that wait, or are held back
  std::map<int, std::vector<given>> given_;           // of each engine, in order
  std::set<int> paused_;
  std::set<std::uint32_t> slow_;
  nanoseconds now_{0};
  std::uint64_t numbers_ = 0, sequence_ = 0;
};

} // namespace pactor::test
