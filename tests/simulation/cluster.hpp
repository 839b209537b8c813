#pragma once
// A whole cluster in virtual time, and the books of what its tasks came to.

#include "tests/simulation/members.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

/// A task: what it is to do, and what it did.
struct simulated_task {
  std::uint64_t number = 0;
  std::size_t client = 0;
  int engine = -1; ///< directed: its engine
  bool idempotent = true, kills = false;
  std::uint32_t failures = 0; ///< how often it fails before it has a result
  std::uint32_t retries = 0;
  nanoseconds takes{};
  std::shared_ptr<detail::call> call; ///< null: it was refused
  bool aborted = false;
  std::vector<std::uint64_t> parents{};

  std::uint32_t begun = 0, ended = 0, failed = 0, cut_short = 0; ///< runs

  [[nodiscard]] bool directed() const { return engine >= 0; }
};

/// What may happen under a seed.
struct weather {
  nanoseconds longest_way;
  bool controller_dies, nodes_die, nodes_hang, nodes_cut, clients_cut, clients_break, clients_leave, workers_die,
      depends;

  static weather of(chance& c);
};

class simulated_cluster {
public:
  simulated_cluster(chance& c, weather w);
  ~simulated_cluster();

  /// Lets so many things happen in that time, then waits for the end of everything.
  void run(std::size_t events, nanoseconds time);
  void kill_controller();
  /// Something happens that may cost tasks their results.
  void disturb() {
    weather_.workers_die = true;
    worker_deaths_ = 1'000; // but not by itself
    disturbed_ = 1'000;
    lossless_ = false;
    poisoned_ = true;
  }
  [[nodiscard]] simulated_node& node(std::size_t index) { return *nodes_.at(index); }
  [[nodiscard]] std::string trace() const { return net.trace(); }

  // For its members.
  network net;
  [[nodiscard]] simulated_controller* listening() const;
  void controller_knows(const files::roster& r) { roster_ = r; }
  /// It was given up, since something died too often.
  [[nodiscard]] bool over() const { return over_; }
  /// A worker begins a task. @return how long it takes
  nanoseconds begins(std::uint64_t number, int engine);
  /// It is done. @return the outcome's kind and payload; nothing: it takes the worker along
  std::optional<std::pair<wire::record_kind, std::string>> ends(std::uint64_t number, int engine);
  void cut_short(std::uint64_t number) { ++task(number).cut_short; }
  void node_welcomed(std::size_t index, const std::vector<int>& engines) { engines_of_[index] = engines; }
  /// A controller does not know this client any more.
  void forgets(std::uint32_t client);
  /// The process of a node ended by itself.
  void node_ended(std::size_t index);

private:
  void something();
  void submit_some();
  void submit(simulated_client& c, std::size_t index);
  static std::string parents_of(const simulated_task& t);
  void depend(simulated_task& t, task_options& options);
  void abort_some();
  void trouble_for_node();
  void trouble_for_client();
  void start_controller();
  void start_node(std::size_t index);
  void add_node();
  void replace_given_up();
  void end_all();
  void look_for_idle();
  [[nodiscard]] simulated_task& task(std::uint64_t number) { return tasks_.at(number - 1); }
  void check_outcome(const simulated_task& t) const;
  void check_tables() const;

  weather weather_;
  std::mt19937 jitter_;
  std::unique_ptr<simulated_controller> controller_;
  std::vector<std::unique_ptr<simulated_node>> nodes_;
  std::vector<std::vector<int>> engines_of_; // by node
  std::vector<std::unique_ptr<simulated_client>> clients_;
  std::vector<std::unique_ptr<simulated_controller>> old_controllers_;
  std::vector<std::unique_ptr<simulated_node>> old_nodes_;
  core::restart_policy controller_restarts_{core::supervision_of("controller").limits()};
  std::vector<core::restart_policy> node_restarts_;
  files::roster roster_;
  std::uint32_t life_ = 0;
  bool over_ = false;
  std::deque<simulated_task> tasks_;                                   // by number, from 1
  std::vector<simulated_task*> open_;                                  // those that may be
  std::map<std::pair<std::size_t, int>, std::uint64_t> last_directed_; // that began, by client and engine
  std::optional<nanoseconds> idle_since_;
  nanoseconds last_trouble_{0}, held_back_until_{0};
  std::uint32_t disturbed_ = 0; // how often something happened that may cost runs
  int controller_deaths_ = 0, node_deaths_ = 0, worker_deaths_ = 0;
  bool poisoned_ = false, calm_ = false;
  bool lossless_ = true;   // nothing happened that could cost a task its result
  bool forgotten_ = false; // a client was away for too long
};

} // namespace pactor::test
