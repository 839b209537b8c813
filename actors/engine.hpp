#pragma once
// The engine: an actor in the node with a number, a queue and a state, which supervises the worker that runs its jobs.

#include "actors/lane.hpp"
#include "actors/messages.hpp"
#include "actors/node_lanes.hpp"
#include "actors/outbox.hpp"
#include "actors/output_gate.hpp"
#include "actors/printed_text.hpp"
#include "actors/time_source.hpp"
#include "actors/transfers.hpp"
#include "actors/worker_link.hpp"
#include "runtime/core/engine_core.hpp"
#include "runtime/core/outcome_ledger.hpp"
#include "runtime/core/restart_policy.hpp"
#include "runtime/core/run_guard.hpp"
#include "runtime/core/supervision.hpp"
#include "runtime/process/oom_kills.hpp"
#include "runtime/snippets/compiler_settings.hpp"

#include <caf/behavior.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace pactor {

/// What the engines of one node share. Plain objects in the I/O thread: engines and node are broker actors there, and
/// what they owe the controller leaves in one frame for all of them.
struct node_services {
  time_source now = steady_time();
  std::string host;
  std::vector<std::string> libraries;
  std::vector<placed_library> shipped; ///< by clients, in the order in which they came; of each file name the latest
  bool settled = true;                ///< false: those of the controller are not here yet, and no worker is told of any
  bool shipping = true;               ///< clients may name libraries of the host
  snippets::compile_settings execute; ///< as workers are told
  std::function<std::unique_ptr<worker_link>(worker_events&)> start_worker;
  std::function<void()> flush_later; ///< send the outboxes once what is in the mailboxes was handled
  std::function<void()> flush_now;
  std::size_t held = 0;       ///< tasks that the workers have
  std::size_t said_alone = 0; ///< bytes of what tasks said while there is no controller
  std::function<void(const engine_report&)> report;
  std::optional<outbox> direct, balanced;              ///< outcomes for the two schedulers, once there is a controller
  core::outcome_ledger direct_ledger, balanced_ledger; ///< those that may have to be sent again
  /// A large result that its client does not have yet.
  struct large_result {
    wire::record record;
    core::owner owner;
    bool directed;
    detail::slice payload;
  };
  std::map<std::uint64_t, large_result> large; ///< by transfer
  piece_senders senders;                       ///< large results on their way out
  /// for payloads that come over the controller
  shared_memory memory{{.idle = std::size_t{256} << 20}};
  std::unique_ptr<node_lanes> lanes;       ///< to clients of this host; null if there can be none
  std::unique_ptr<lane_listener> listener; ///< where they come in
  std::uint64_t transfers = 0;
  core::restart_policy::limits worker_restarts = core::supervision_of("worker").limits();
  /// Set if the node is a rank of an MPI program: its worker, which calls MPI, is gone, and no other can take its
  /// place.
  std::function<void(const std::string& why)> rank_lost{};
  /// Kills by the kernel for want of memory, of this machine or control group.
  std::function<std::optional<std::uint64_t>()> count_oom_kills = [] { return process::oom_kills(); };
  std::optional<std::uint64_t> oom_kills; ///< such kills before the first worker, and of workers since
};

/// An engine without its actor. I/O thread only.
class engine_state final : public worker_events {
public:
  using steady = std::chrono::steady_clock;

  /// @param seed of the jitter between restarts
  engine_state(std::shared_ptr<node_services> services, std::uint32_t seed);

  /// `f` asks for start() after a delay.
  void on_restart(std::function<void(std::chrono::milliseconds)> f) { restart_after_ = std::move(f); }
  /// `f` asks for check_limits() after a delay.
  void on_limit(std::function<void(std::chrono::milliseconds)> f) { check_after_ = std::move(f); }
  /// Starts a worker.
  void start();
  void assign(int number);
  /// The libraries of services->shipped are here.
  void settled() { introduce(); }
  /// Tasks that the worker gets from now on use this build of a library; none of it, if its path is empty.
  void use_library(const placed_library& l);
  void take(engine_tasks& tasks);
  void transfer(const transfer_ended& t);
  /// A task is to end.
  void order(const task_order& o) { order(o, {&o.id, 1}); }
  /// The same for several; o.id is nothing.
  void order(const task_order& o, std::span<const std::uint64_t> ids);
  /// The engine itself is to restart its worker, to end, or to pass a signal on.
  void manage(const engine_control& c);
  /// Ends tasks that may run no longer.
  void check_limits();
  /// Kills the worker, and starts no other.
  void stop();
  /// Ends it, and says for whose tasks it matters why. @param why  behind "engine 2 is gone: "
  void depart(const std::string& why);
  /// Tells the hub if its counters changed since the last time.
  void report_if_changed();
  [[nodiscard]] engine_report report() const;
  /// Tells the hub, whatever it told before.
  /// Forgets tasks that are not wholly here, and directed ones behind them: their clients hand them in again, in order.
  void drop_incomplete();
  void announce() const { services_->report(report()); }
  /// What it keeps of tasks.
  [[nodiscard]] table_sizes tables() const;
  /// Every task that has not ended.
  [[nodiscard]] std::vector<core::engine_core::presence> tasks() const;
  /// Nobody waits for its tasks any more: those that have not started never do, the one that runs is asked to end.
  void disown_all(const std::string& by);

  void worker_said(const wire::record& r, const char* payload, process::unique_fd file) override;
  void turn_ended() override;
  void worker_ended(const process::exit_state& how) override;

private:
  using file_ptr = std::shared_ptr<memory_file>;
  using task_key = std::pair<bool, std::uint64_t>; // directed, id

  void introduce();
  void feed();
  void printed(wire::record r, const char* payload);
  void take_last_words();
  void ended(const wire::record& r, const char* payload, process::unique_fd file);
  /// A part of a memory file.
  struct file_part {
    int fd;
    std::uint64_t offset, size;
    std::shared_ptr<const void> keep; // keeps the descriptor
  };
  /// Keeps a file of the worker, and tells it when nobody does any more.
  std::shared_ptr<const void> recycled_when_read(process::unique_fd file, std::uint64_t number) const;
  /// @throws error{bad_payload} if the worker announced what it can't mean
  file_part part_of(const wire::record& r, const char* payload, process::unique_fd file) const;
  void send_large(wire::record o, bool directed, std::uint32_t client, const core::owner& whose, const file_part& part);
  void send_failure(outbox& out, wire::record r, const failure& f, const core::owner& whose);
  void send_lost(core::task_ref t, const failure& f, bool started, const core::owner& whose, bool unblamed = false);
  void end_unstarted(const task_order& o, core::task_ref t, const core::owner& whose);
  void end_held(const task_order& o, core::task_ref t);
  using owners = std::map<task_key, core::owner>;
  [[nodiscard]] owners owners_now() const;
  void lose(const core::engine_core::loss& loss, const failure& f, bool replaced, owners whose);
  void note_begun();
  void after_loss();
  void replace(std::string why);
  void shut_down(const std::string& by);
  void forget_worker();
  void enforce();
  void carry_out(const core::run_guard::step& s);
  void end_early(core::task_ref t, ec code, const std::string& why, const core::owner& whose);
  [[nodiscard]] std::optional<failure> verdict_on(core::task_ref t, const wire::record& r, const char* payload) const;
  [[nodiscard]] failure failure_of(ec code, std::string what) const;
  static std::string taken_back_by(const std::string& by) { return "taken back by " + by + " before it started"; }
  [[nodiscard]] failure describe(const process::exit_state& how);
  outbox& outbox_for(bool directed) { return directed ? *services_->direct : *services_->balanced; }

  std::shared_ptr<node_services> services_;
  std::function<void(std::chrono::milliseconds)> restart_after_;
  std::mt19937 chance_;
  core::engine_core core_;
  core::restart_policy policy_;
  core::run_guard guard_;
  std::function<void(std::chrono::milliseconds)> check_after_;
  std::optional<steady::time_point> check_at_;
  std::set<task_key> begun_;    // while a dead worker's tasks are passed on: those that it may have run
  std::set<task_key> disowned_; // the worker has them and will not run them: they have ended for all others
  std::map<task_key, std::string> wanted_back_; // by whom; the worker may have begun them, or not
  std::optional<core::task_ref> killed_;        // for which the worker was killed
  std::string replaced_for_;                    // why the worker was ended on purpose; "" if it was not
  std::unique_ptr<worker_link> worker_;
  std::shared_ptr<worker_link*> current_; // of worker_, for those that may outlive it
  std::map<task_key, file_ptr> files_;
  struct held_task {
    detail::slice payload; // names the job, should the worker die in it
    std::uint32_t client;  // that reads the result
    core::owner owner;
  };
  std::deque<held_task> held_;                        // that the worker has
  std::unordered_map<std::uint64_t, file_ptr> given_; // files that the worker reads
  std::uint64_t files_given_ = 0;
  std::string last_loss_;
  printed_text printed_;
  output_gate gate_;
  std::tuple<std::size_t, std::uint64_t, bool> reported_{}; // queued, completed, stopped
  int number_ = -1, pid_ = 0;
  bool introduced_ = false, stopping_ = false, owes_ = false;
};

/// The actor around it: supervision comes as messages; tasks may also come in place, from the same thread.
template <class Self>
caf::behavior engine(Self* self, const std::shared_ptr<engine_state>& state) {
  state->on_restart([self](std::chrono::milliseconds delay) { self->delayed_send(self, delay, restart_worker{}); });
  state->on_limit([self](std::chrono::milliseconds delay) { self->delayed_send(self, delay, check_limits{}); });
  self->set_exit_handler([self, state](const caf::exit_msg& m) {
    state->stop();
    self->quit(m.reason);
  });
  state->start();
  return {
      [state](const engine_number& n) { state->assign(n.number); },
      [state](engine_tasks& t) { state->take(t); },
      [state](const transfer_ended& t) { state->transfer(t); },
      [state](const restart_worker&) { state->start(); },
      [state](const check_limits&) { state->check_limits(); },
      [state](const report_changes&) { state->report_if_changed(); },
  };
}

} // namespace pactor
