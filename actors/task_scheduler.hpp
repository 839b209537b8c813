#pragma once
// The task scheduler: carries work to the engine that it chooses, and runs it elsewhere when that engine is lost.

#include "actors/scheduler_base.hpp"
#include "runtime/core/task_core.hpp"
#include "runtime/core/task_graph.hpp"

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace pactor {

class task_scheduler_state final : public scheduler_base {
public:
  explicit task_scheduler_state(std::function<void()> flush_later, time_source now = steady_time())
      : scheduler_base{transport::balanced, std::move(flush_later)}, now_{std::move(now)} {}

  /// How engines are chosen. Before anything else.
  void place(core::placement::options where) { core_.place(where); }
  /// What one client may have open.
  void limit_open(core::open_limits l) { core_.limit_open(l); }
  /// `f` asks for look_again() after a delay.
  void on_wake(std::function<void(std::chrono::nanoseconds)> f) { wake_after_ = std::move(f); }
  /// Something waited for long enough.
  void look_again();
  /// Hears of all tasks' ends, so that those that depend on them go on. After share().
  void watch_ends();

  /// The engine of a living node can't run tasks now, or can again.
  void available(const engine_available& e);
  /// These engines are to leave.
  void drain(const drain_engines& d);
  [[nodiscard]] std::size_t waiting() const { return core_.waiting(); }
  /// What is kept of those that wait for others.
  [[nodiscard]] std::size_t watches() const { return graph_.size(); }
  [[nodiscard]] table_sizes tables() const override;

private:
  void set_life(std::uint32_t life) override { core_.set_life(life); }
  void engine_joined(int engine) override { core_.engine_joined(engine); }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> engine_lost(int engine, const failure& why) override;
  void client_gone(std::uint32_t client) override;
  [[nodiscard]] std::size_t left(int engine) const override { return core_.left_for(engine); }
  void client_paused(std::uint32_t client, bool paused) override;
  bool has_task(const core::owner& task) override;
  void on_tasks(client_entry& from, const detail::bytes& batch) override;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> on_outcome(const wire::record& r,
                                                                    std::string_view payload) override;
  std::optional<core::task_core::running> on_output(const wire::record& r) override;
  withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) override;
  void on_piece(const frame_in& f) override;
  void on_credit(const frame_in& f) override;
  void on_abandon(const frame_in& f) override;
  bool has_open(const core::owner& task) override;
  [[nodiscard]] std::vector<core::open_task> open_tasks(std::size_t most) const override {
    return core_.open_tasks(most);
  }
  [[nodiscard]] std::size_t open() const override { return core_.open(); }
  void log_in(core::task_log* l) override { core_.log_in(l); }
  bool arrives_again(const core::owner& task) const override;
  void before_flush() override;
  void peer_gone(const transport::link_ptr& which) override;

  /// A task as a client handed it in.
  struct submitted {
    core::owner whose;       // for the cores
    std::uint32_t share = 0; // the client whose share in the engines it uses
    std::vector<int> allowed{};
    std::optional<wire_options> options{};
    std::optional<core::owner> again{}; ///< who hands it in once more, and that client's number for it
    bool dropped = false;               ///< nothing is known of what that client had open before
  };
  void keep_options(const submitted& t);
  [[nodiscard]] bool never_ran(const submitted& t) const;
  using task_key = std::pair<std::uint32_t, std::uint64_t>; // client and its number
  void submit(const submitted& t, detail::slice payload, std::uint64_t transfer_size);
  void upload(const transport::link_ptr& from, std::uint64_t transfer, std::uint64_t size, submitted t);
  /// @return why the task can't be accepted; nothing if it is
  std::optional<failure> enter(const submitted& t, core::task_request request);
  // Tasks that depend on others: task_dependencies.cpp.
  std::optional<failure> hold(const submitted& t, core::task_request request);
  [[nodiscard]] core::task_graph::condition condition_of(const submitted& t, const wire_dependency& d);
  void decide(const core::task_graph::decision& d);
  void decide_all();
  void hand_out(const core::assignment& a);
  void take_back(const std::vector<core::task_core::run>& runs);
  void arm();
  void look_after_slow_clients();
  /// @return whom to tell of it; nothing if it runs again, or was told something else
  std::optional<core::owner> on_error(const wire::record& r, std::string_view payload);
  void forget(const task_key& task) {
    if (!with_options_.empty()) with_options_.erase(task);
  }
  /// Tasks whose payloads are still on their way from the client: they are queued when these are here, so that they
  /// can be handed out again after a loss.
  using uploads = std::map<std::pair<const transport::link*, std::uint64_t>, submitted>;
  void lose_upload(uploads::iterator u, bool with_connection);
  void give_up(const core::given_up& g, int engine, const failure* last);
  using steady = std::chrono::steady_clock;
  void tell_time();

  time_source now_;
  core::task_core core_;
  core::task_graph graph_;
  std::vector<core::task_graph::decision> decided_; // when they were submitted
  std::function<void(std::chrono::nanoseconds)> wake_after_;
  std::set<steady::time_point> wakes_; // when look_again() comes
  steady::time_point slow_looked_at_{};
  std::set<std::uint32_t> slow_;                   // clients that get nothing more before they have read
  bool time_told_ = false;                         // in this turn
  std::vector<int> allowed_;                       // of the task record that follows
  std::map<task_key, detail::bytes> with_options_; // of tasks that have not ended, where the node is to know them
  uploads uploads_;
  piece_assemblies assemblies_;
  piece_senders senders_;
};

} // namespace pactor
