#pragma once
// A cluster in one object: engines that run jobs in the submitting thread, at once or when the test says so.

#include "pactor/client.hpp"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace pactor::test {

/// What jobs of the fake see.
struct fake_engine {
  int id = -1;
  std::map<std::string, value> variables;
};

class fake_session : public detail::session {
public:
  using function = std::function<value(fake_engine&, std::span<const value>)>;
  /// One task that was submitted.
  struct submitted {
    std::shared_ptr<detail::call> tasks;
    std::size_t index = 0;
    int engine = -1; ///< -1: balanced
    std::vector<int> allowed;
    detail::slice payload;
    std::optional<task_options> options{}; ///< as they were then
  };

  explicit fake_session(int engines = 4);

  void add_job(std::string name, std::string signature, function f);
  void add_engine(int id) { engines_[id].id = id; }
  void remove_engine(int id) { engines_.erase(id); }
  /// From now on tasks wait for run() or end().
  void hold() { held_ = true; }
  /// Runs the tasks that wait; balanced ones on the engines in turn.
  void run();
  /// Runs one task that waits, by its place in `waiting`.
  void run(std::size_t which);
  /// Ends a task that waits with this failure.
  void fail(std::size_t which, const failure& f);

  /// How many tasks wait; from any thread.
  [[nodiscard]] std::size_t held_back() const;

  std::vector<submitted> waiting; ///< and, unless tasks are held, empty
  std::vector<submitted> seen;    ///< every task, in the order of submission
  struct end_order {
    std::uint32_t client; ///< 0: this one
    std::vector<std::uint64_t> ids;
    end_how how;
  };
  struct order {
    engine_order what;
    std::vector<int> engines;
    int signal;
  };
  std::vector<end_order> ended; ///< tasks that were to end
  std::vector<order> orders;    ///< for engines
  std::vector<std::pair<std::uint32_t, std::uint64_t>> fetched;
  int catalogue_queries = 0; ///< calls of find_job()

  std::vector<int> ids() const override;
  std::string host_of(int engine) const override { return engines_.contains(engine) ? "here" : ""; }
  bool wait_for_engines(std::size_t n, std::chrono::milliseconds timeout) override;
  std::optional<job_info> find_job(const std::string& name) override;
  std::vector<job_info> jobs() override;
  cluster_status status() override { return {}; }
  detail::bytes large_memory(std::size_t) override { return {}; }
  void submit_direct(const std::shared_ptr<detail::call>& c, std::size_t first, const detail::slice& payload,
                     std::span<const int> targets) override;
  void submit_balanced(const std::shared_ptr<detail::call>& c, std::size_t index, const detail::slice& payload,
                       std::span<const int> allowed) override;
  std::uint32_t number() const override { return 3; }
  void end_tasks(std::span<const std::uint64_t> ids, end_how how) override {
    ended.push_back({0, {ids.begin(), ids.end()}, how});
  }
  std::size_t end_tasks(std::uint32_t client, std::span<const std::uint64_t> ids, end_how how) override {
    ended.push_back({client, {ids.begin(), ids.end()}, how});
    return ids.size();
  }
  std::size_t order_engines(engine_order what, std::span<const int> engines, int signal) override {
    orders.push_back({what, {engines.begin(), engines.end()}, signal});
    return engines.size();
  }
  void fetch(const std::shared_ptr<detail::call>& c, std::uint32_t client, std::uint64_t number) override {
    fetched.emplace_back(client, number);
    detail::outcome o;
    o.kind = 3; // a result
    o.payload = encode(value{42});
    c->settle(0, std::move(o));
  }
  task_list list_tasks() override { return {}; }
  std::vector<job_info> send_library(const std::filesystem::path&, std::chrono::milliseconds) override { return {}; }
  void remove_library(const std::string&) override {}
  std::vector<shipped_library> shipped_libraries() override { return {}; }
  std::vector<int> start_engines(const std::string&, std::uint32_t) override { return {}; }
  std::vector<int> drain_host(const std::string&, std::optional<std::chrono::milliseconds>) override { return {}; }
  void stop_cluster() override { connected_ = false; }
  bool connected() const override { return connected_; }
  void close() override { connected_ = false; }

private:
  struct job {
    std::string signature;
    function run;
  };
  void accept(submitted s);
  void run(const submitted& s);
  value run_one(const std::string& name, fake_engine& e, std::span<const value> args);
  detail::outcome run_map(const std::string& name, fake_engine& e, std::vector<value> sequences);
  [[nodiscard]] failure describe(const std::exception& e, const std::string& name, int engine) const;

  mutable std::recursive_mutex mutex_; ///< jobs and callbacks call back
  std::map<int, fake_engine> engines_;
  std::map<std::string, job> jobs_;
  std::size_t next_engine_ = 0;
  std::uint64_t next_id_ = 1;
  bool held_ = false, connected_ = true;
};

/// A client of `s`.
inline client client_of(const std::shared_ptr<fake_session>& s) { return client{std::shared_ptr<detail::session>{s}}; }

} // namespace pactor::test
