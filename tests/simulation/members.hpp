#pragma once
// The processes of a simulated cluster. What they decide is decided by the real states of hub, schedulers, nodes,
// engines and clients; only what surrounds these is simulated: connections, time, workers, and the launcher.

#include "actors/client_core.hpp"
#include "actors/events.hpp"
#include "actors/hub.hpp"
#include "actors/node.hpp"
#include "runtime/core/reconnecting.hpp"
#include "runtime/core/supervision.hpp"
#include "tests/simulation/network.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

class simulated_cluster;

/// Hub and schedulers, each in its thread.
class simulated_controller final : public simulated_process {
public:
  simulated_controller(simulated_cluster& c, std::uint32_t life, const files::roster& before);
  void frame(const frame_in& f) override;
  void closed(const transport::link_ptr& which, const std::string& reason) override;
  void in_loop(std::function<void()> f) override;
  [[nodiscard]] std::vector<table_sizes> tables() const { return {direct_.tables(), balanced_.tables()}; }
  /// Balanced tasks that wait for an engine.
  [[nodiscard]] std::size_t waiting() const { return balanced_.waiting(); }
  [[nodiscard]] bool recovering() const { return balanced_.recovering(); }

private:
  hub_state::callbacks tell();
  void absent(scheduler_base& of, const client_absent& a, nanoseconds time);
  void to_hub(std::function<void()> f);
  void end_turn();

  simulated_cluster& cluster_;
  direct_scheduler_state direct_;
  task_scheduler_state balanced_;
  std::optional<hub_state> hub_;
  std::map<std::pair<const scheduler_base*, std::uint32_t>, std::uint64_t> absent_; // clients, and which absence it is
  nanoseconds last_to_hub_{0}, last_to_loop_{0};
  bool turn_to_end_ = false;
};

class simulated_worker;

/// A node and its engines.
class simulated_node final : public simulated_process {
public:
  simulated_node(simulated_cluster& c, std::size_t number, int engines, std::vector<int> requested);
  void frame(const frame_in& f) override { state_->frame(f); }
  void closed(const transport::link_ptr& which, const std::string& reason) override;
  void kill_worker(std::size_t engine);
  [[nodiscard]] std::vector<table_sizes> tables() const;
  [[nodiscard]] const std::vector<int>& numbers() const { return numbers_; }
  [[nodiscard]] bool connected() const { return link_ && link_->whole() && welcomed_; }
  /// Its number, if it has a worker that waits for something to do.
  [[nodiscard]] std::vector<int> idle_engines() const;
  /// None of its engines will ever have a worker again.
  [[nodiscard]] bool given_up() const;
  [[nodiscard]] std::string state_of(std::size_t engine) const { return engines_.at(engine)->report().state; }
  void clear();

private:
  friend class simulated_worker;
  void connect();

  simulated_cluster& cluster_;
  std::size_t index_;
  hello_node hello_;
  std::shared_ptr<node_services> services_ = std::make_shared<node_services>();
  std::vector<std::shared_ptr<engine_state>> engines_;
  std::shared_ptr<node_state> state_;
  std::vector<std::shared_ptr<simulated_worker>> workers_; // by engine
  std::vector<int> numbers_;
  std::shared_ptr<simulated_link> link_;
  std::optional<core::reconnecting> attempts_;
  bool welcomed_ = false;
};

/// A user's program.
class simulated_client final : public simulated_process {
public:
  simulated_client(simulated_cluster& c, std::string what);
  void frame(const frame_in& f) override;
  void closed(const transport::link_ptr& which, const std::string& reason) override;
  [[nodiscard]] bool welcomed() const { return core->number() != 0; }
  /// It ends in order.
  void leave();

  std::shared_ptr<client_core> core;
  bool over = false; ///< it was told that the cluster is gone

private:
  void connect();

  simulated_cluster& cluster_;
  std::shared_ptr<simulated_link> link_;
  std::optional<core::reconnecting> attempts_;
};

} // namespace pactor::test
