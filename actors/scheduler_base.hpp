#pragma once
// What the direct and the task scheduler share: who is connected, and how outcomes find their way to clients.

#include "actors/messages.hpp"
#include "actors/outbox.hpp"
#include "actors/output_gate.hpp"
#include "actors/time_source.hpp"
#include "actors/transfers.hpp"
#include "runtime/core/acknowledgements.hpp"
#include "runtime/core/ended_tasks.hpp"
#include "runtime/core/owner.hpp"
#include "runtime/core/recovery.hpp"
#include "runtime/core/task_core.hpp"
#include "runtime/core/task_history.hpp"
#include "runtime/core/task_log.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace pactor {

/// What is known of clients' tasks, whichever scheduler has them: how they ended, for tasks that depend on others, and
/// what there is, for those who list them.
struct task_ends {
  core::ended_tasks ended;
  std::vector<std::function<bool(const core::owner&)>> open; ///< of each scheduler: whether it has this task
  /// A task ended; for those that wait for it.
  std::function<void(const core::owner&, const core::ended_tasks::end&)> tell;

  core::task_log log;
  struct lister {
    std::function<std::vector<core::open_task>(std::size_t most)> some;
    std::function<std::size_t()> count;
  };
  std::vector<lister> listers; ///< of each scheduler: its tasks that have not ended
};

/// Why a task is refused, for its client.
[[nodiscard]] std::string too_much_open(std::uint32_t client, const core::open_limits& most);

/// Base of the schedulers' states. I/O thread only; knows no actor, so that tests can drive it.
class scheduler_base {
public:
  /// @param flags that mark this scheduler's frames: frame_flag::balanced or 0
  /// @param flush_later asks to call flush() once what is in the mailbox was handled
  scheduler_base(std::uint16_t flags, std::function<void()> flush_later)
      : flags_{flags}, flush_later_{std::move(flush_later)} {}
  virtual ~scheduler_base() = default;

  /// The scheduler is that of a restarted controller. Before anything else.
  /// @param life how often it was restarted
  void recover(std::uint32_t life, std::span<const int> engines, std::span<const std::uint32_t> clients,
               std::span<const int> lost = {});
  [[nodiscard]] bool recovering() const { return recovery_.open(); }
  /// Who is not back by now is not waited for any longer.
  void end_recovery();
  /// What nodes hold for clients that are not back is not wanted any more.
  void end_absence();
  /// `f` asks for end_absence_of() after a while.
  void on_absent(std::function<void(client_absent, std::chrono::milliseconds)> f) { absent_later_ = std::move(f); }
  /// A client that was cut off is not waited for any longer, unless it was back meanwhile.
  void end_absence_of(const client_absent& a);
  /// `f` asks for tell_nodes() after a while.
  void on_untold(std::function<void()> f) { tell_later_ = std::move(f); }
  /// Tells nodes of every frame that is done with: else they hear of it with the next tasks.
  void tell_nodes();
  /// Kept tasks are known to all schedulers that share a history.
  void share(std::shared_ptr<core::task_history> history) { history_ = std::move(history); }
  /// Schedulers that share these know how the others' tasks ended.
  void share(std::shared_ptr<task_ends> ends);
  void join(const client_joined& c);
  /// A node, or further engines of one that is known.
  void join(const node_joined& n);
  /// Tasks that these engines have, or will have to run.
  [[nodiscard]] std::uint64_t left_for(const count_left& c) const {
    std::uint64_t all = 0;
    for (const auto engine : c.engines) all += left(engine);
    return all;
  }
  void frame(const frame_in& f);
  void link_down(const link_down& d);
  /// Sends what has piled up.
  void flush();
  /// What it keeps of tasks.
  [[nodiscard]] virtual table_sizes tables() const;
  /// A frame of the turn that the I/O thread is in: what it leads to leaves in end_turn(), without a message to
  /// ourselves.
  void frame_in_turn(const frame_in& f) {
    in_turn_ = true;
    frame(f);
  }
  void end_turn() {
    in_turn_ = false;
    if (flushing_) flush();
  }

protected:
  struct client_entry {
    std::uint32_t number = 0;
    outbox out;
    output_gate gate{};
    std::shared_ptr<core::ended_tasks::list> ended{};
    // For the time that it is cut off: scheduler_absence.cpp.
    std::unique_ptr<core::outcome_ledger> unread{}; ///< outcomes that it has not acknowledged
    std::uint64_t absence = 0;                      ///< counts those of all clients; 0: it is here
    bool leaves = false;                            ///< it said so
    bool returned = false;                          ///< it was cut off before
    bool dropped = false;                           ///< what became of its tasks then is not known for all
    std::unordered_set<std::uint64_t> settled{};    ///< tasks whose outcomes it gets as soon as it can take them
    struct connection {
      transport::link_ptr link;
      std::uint64_t frames; ///< of the next one, which say again what this one did
    };
    std::vector<connection> earlier{}; ///< whose outcomes it has not acknowledged
  };
  struct node_entry {
    std::string host;
    std::vector<int> engines;
    outbox out;
  };

  // What each scheduler decides for itself.
  virtual void set_life(std::uint32_t life) = 0;
  virtual void engine_joined(int engine) = 0;
  /// The engine is gone, as `why` says; @return its tasks that end now
  virtual std::vector<std::pair<std::uint32_t, std::uint64_t>> engine_lost(int engine, const failure& why) = 0;
  virtual void client_gone(std::uint32_t client) = 0;
  [[nodiscard]] virtual std::size_t left(int engine) const = 0;
  /// It gets nothing more handed out while its connection is broken.
  virtual void client_paused(std::uint32_t, bool) {}
  /// Tasks of a client whose payloads were cut off.
  virtual void payloads_lost(const piece_relay::cargo&) {}
  /// Whether this task of a client is here and has not ended.
  virtual bool has_task(const core::owner& task) = 0;
  virtual void on_tasks(client_entry& from, const detail::bytes& batch) = 0;
  /// A node's record says that a task ended. @return the client and its number for the task; nothing if nobody waits
  virtual std::optional<std::pair<std::uint32_t, std::uint64_t>> on_outcome(const wire::record& r,
                                                                            std::string_view payload) = 0;
  /// A task says something while it runs. @return whose it is, and how many engines died under it before; nothing if
  /// nobody waits for it
  virtual std::optional<core::task_core::running> on_output(const wire::record& r) = 0;
  /// Where a task is, by the number that its engine knows it by.
  struct placed_task {
    std::uint64_t id;
    int engine;
  };
  struct withdrawal {
    std::vector<std::uint64_t> ended; ///< the client's numbers of tasks that no engine had
    std::vector<placed_task> placed;  ///< those that engines have; they are never run again
  };
  /// Takes out a client's tasks.
  virtual withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) = 0;
  virtual void on_piece(const frame_in& f) = 0;
  virtual void on_credit(const frame_in& f) = 0;
  virtual void on_abandon(const frame_in& f) = 0;
  virtual void before_flush() {}
  virtual void peer_gone(const transport::link_ptr&) {}
  /// Whether this client's task is here and has not ended.
  virtual bool has_open(const core::owner& task) = 0;
  /// Its tasks that have not ended: at most so many of them, and their number.
  [[nodiscard]] virtual std::vector<core::open_task> open_tasks(std::size_t most) const = 0;
  [[nodiscard]] virtual std::size_t open() const = 0;
  virtual void log_in(core::task_log* l) = 0;
  /// Whether this task is being handed in again, but is not here as a whole.
  virtual bool arrives_again(const core::owner&) const { return false; }

  /// Who has a task that its client hands in again, if someone has: it is to be adopted, and not run again.
  std::optional<core::recovery::run> claim(const core::owner& task) { return recovery_.claim(task); }
  [[nodiscard]] const core::recovery& recovered() const { return recovery_; }
  /// The core has the run under this id. What came of it meanwhile is delivered.
  void adopted(const core::recovery::run& r, std::uint64_t id);
  /// A run that could not be adopted is to end.
  void disown(const core::recovery::run& r) { cancel({r}); }
  /// Tells the nodes about tasks that are to end, in frames that are not too large.
  void order(const task_control& c, const std::vector<placed_task>& tasks);
  /// Ends what nodes hold, and nobody wants.
  void cancel_unwanted();
  /// A task that nobody has may have run, and must not run twice.
  void fail_uncertain(const core::owner& whose, int engine);
  /// A client's options of a task. @return them as they travel on, or nothing for the defaults
  /// @throws error{bad_payload | signature_mismatch}
  detail::bytes checked_options(const char* data, std::size_t size);
  /// The same for calls of the same job, which take about the same time; 0 if it is not known.
  std::uint32_t kind_of(const char* payload, std::size_t size);
  /// Whose a client's task is for the cores: its own, or the history's if the options that came before it say so.
  core::owner owner_of(const client_entry& from, std::uint64_t number);
  /// Whether a task that is handed in once more was here all the time.
  bool known_already(const client_entry& from, std::uint64_t number);
  /// The entry of a client that is here, or cut off; null if there is none.
  client_entry* client_of(std::uint32_t number) {
    const auto c = clients_.find(number);
    return c == clients_.end() ? nullptr : &c->second;
  }
  /// A node is told who submitted a kept task.
  void name_submitter(wire::record& r) const;
  /// Pieces and credits of results, on their way through or to and from the history.
  void upward_piece(const frame_in& f);
  void upward_credit(const frame_in& f);
  void upward_abandon(const frame_in& f);
  static wire::record options_record(const detail::bytes& options);
  /// The client that owns kept tasks; their numbers are keys of the history. No client has this number.
  static constexpr std::uint32_t keeper = 0;
  [[nodiscard]] std::uint16_t flags() const { return flags_; }
  node_entry* node_of(int engine);
  /// Calls f(client's number, bytes that it has not taken) for every client.
  template <class F>
  void for_each_client(F&& f) const {
    for (const auto& [number, c] : clients_) f(number, c.absence != 0 ? c.unread->bytes() : c.out.link()->unsent());
  }
  /// Tags of transfers that this scheduler names; they differ from those of the other scheduler.
  std::uint64_t next_transfer() { return transfers_ += 2; }
  void fail(std::uint32_t client, std::uint64_t number, int engine, const failure& f);
  void withdraw_kept(std::uint64_t key, std::uint32_t client, const failure& f);
  void flush_soon();
  /// Cuts off a peer that sends what makes no sense.
  static void refuse(const transport::link_ptr& who, const std::string& why);

  void forget_options() {
    label_.clear();
    if (options_.size() == 0) return;
    options_ = {};
    to_keep_.reset();
  }

  /// Whether a client's task is kept, or runs here or at the other scheduler; how it ended, if it did not long ago.
  [[nodiscard]] bool is_open(const core::owner& task);
  [[nodiscard]] std::optional<core::ended_tasks::end> end_of(const core::owner& task);
  [[nodiscard]] task_ends& ends() { return *ends_; }

  piece_relay relay_;
  detail::bytes options_; // of the task record that follows, encoded; empty: the defaults
  std::string label_;     // that these give it, if it is not kept

private:
  void handle(const frame_in& f);
  void on_control(const client_entry& from, const frame_in& f);
  // Kept tasks: scheduler_keeping.cpp.
  std::uint64_t withdraw_kept(const task_control& c, std::vector<placed_task>& placed);
  void keep(const transport::link_ptr& from, std::uint64_t key, const wire::record& r, const char* payload);
  void kept(std::uint64_t key, const core::kept_outcome& o);
  void kept_failure(std::uint64_t key, const failure& f);
  void tell(const core::owner& who, const core::kept_outcome& o);
  void on_task_query(client_entry& from, const frame_in& f);
  void answer_failure(std::uint32_t client, std::uint64_t number, int engine, const failure& f);
  [[nodiscard]] task_list_answer list() const;
  void lose_arrivals(const transport::link_ptr& from);
  void pass_on(const task_control& c, const std::vector<placed_task>& tasks);
  void on_outcomes(const transport::link_ptr& from, const detail::bytes& batch);
  // After a restart: scheduler_recovery.cpp.
  [[nodiscard]] bool waits(const frame_in& f) const;
  void on_held(const frame_in& f);
  void on_resume(client_entry& from);
  void deliver_held(const transport::link_ptr& from, wire::record r, const char* payload);
  void keep_for_absent(const transport::link_ptr& from, const wire::record& r, const char* payload);
  void cancel(const std::vector<core::recovery::run>& runs);
  void deliver(const transport::link_ptr& from, const wire::record& r, const char* payload);
  void forward(wire::record r, const char* payload);
  void node_gone(node_entry& n, const std::string& reason);
  client_entry* sender_of(const frame_in& f) {
    const auto c = by_link_.find(f.from.get());
    return c == by_link_.end() ? nullptr : c->second;
  }
  void add_outcome(client_entry& c, const wire::record& r, const void* payload);
  // Clients that are cut off: scheduler_absence.cpp.
  void acknowledged(const frame_in& f);
  void client_down(client_entry& c, bool results_lost);
  void keep_outcomes(client_entry& c);
  void come_back(client_entry& c, const transport::link_ptr& link);
  void send_unread(client_entry& c);
  void drop(client_entry& c);

  void note_end(client_entry& c, std::uint64_t number, const core::ended_tasks::end& e) {
    c.ended->note(number, e);
    if (ends_->tell) ends_->tell({c.number, number}, e);
  }

  struct absent_outcome {
    transport::link_ptr from;
    wire::record record;
    detail::bytes payload;
  };
  core::acknowledgements acknowledgements_;
  core::recovery recovery_;
  std::vector<frame_in> waiting_;                                           // of clients, until everyone is back
  std::vector<frame_in> early_;                                             // of nodes that have not joined yet
  std::map<std::pair<int, std::uint64_t>, absent_outcome> absent_outcomes_; // by engine and the node's id
  std::size_t absent_bytes_ = 0;
  bool absence_over_ = false;
  struct arrival {
    std::uint64_t key;
    core::kept_outcome outcome;
  };
  std::shared_ptr<core::task_history> history_ = std::make_shared<core::task_history>();
  std::shared_ptr<task_ends> ends_ = std::make_shared<task_ends>();
  std::optional<wire_options> to_keep_; // options of the task record that follows, if it is to be kept
  piece_assemblies kept_assemblies_;
  piece_senders kept_senders_;
  std::map<std::pair<const transport::link*, std::uint64_t>, arrival> arrivals_;
  std::uint16_t flags_;
  std::function<void()> flush_later_;
  bool flushing_ = false, in_turn_ = false;
  std::uint64_t transfers_ = flags_ == 0 ? 1 : 2;
  std::unordered_map<std::uint32_t, client_entry> clients_; // by number
  std::unordered_map<const transport::link*, client_entry*> by_link_;
  std::function<void(client_absent, std::chrono::milliseconds)> absent_later_;
  std::uint64_t absences_ = 0;
  std::function<void()> tell_later_;
  bool telling_ = false; // tell_nodes() is to come
  std::unordered_map<const transport::link*, node_entry> nodes_;
  std::unordered_map<int, const transport::link*> engines_;
};

} // namespace pactor
