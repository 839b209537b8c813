#pragma once
// The client actor: batches what the user's threads submit, and hands them the outcomes.

#include "actors/client_lanes.hpp"
#include "actors/messages.hpp"
#include "actors/open_tasks.hpp"
#include "actors/submission_limit.hpp"
#include "actors/time_source.hpp"
#include "actors/transfers.hpp"
#include "pactor/detail/session.hpp"
#include "runtime/core/watch_time.hpp"
#include "runtime/process/processors.hpp"

#include <caf/behavior.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace pactor {

/// What user threads and the client actor share. Submissions come from any thread; everything named on_... and
/// flush() is called in the I/O thread.
class client_core {
public:
  /// @param flush_later asks the actor to call flush(); from any thread
  /// @param open        connects to the lanes of nodes on this host; none if it is null
  explicit client_core(std::function<void()> flush_later, client_lanes::open_function open = {}, std::string nonce = {})
      : flush_later_{std::move(flush_later)}, lanes_{std::move(open), std::move(nonce), flush_later_} {}

  /// How much may be open; before the first submission.
  void limit(const submission_limit::limits& most, std::function<bool()> never_waits) {
    limit_.set(most, std::move(never_waits));
  }

  // From any thread.
  /// Memory for a large payload that engines of this host can read in place; empty if there are none.
  [[nodiscard]] detail::bytes large_memory(std::size_t size) { return lanes_.allocate(size); }
  void submit_direct(const std::shared_ptr<detail::call>& c, std::size_t first, const detail::slice& payload,
                     std::span<const int> targets);
  void submit_balanced(const std::shared_ptr<detail::call>& c, std::size_t index, const detail::slice& payload,
                       std::span<const int> allowed);
  /// Sends a query to the hub. @throws not_connected, timeout_error
  detail::bytes ask(const query& q, std::chrono::milliseconds timeout);
  detail::bytes ask(query_kind kind, std::chrono::milliseconds timeout) {
    return ask(query{static_cast<std::uint8_t>(kind)}, timeout);
  }
  /// Sends the hub any frame that it answers. @throws not_connected, timeout_error
  detail::bytes ask(transport::frame_kind kind, detail::slice body, std::uint64_t aux,
                    std::chrono::milliseconds timeout);
  /// Tasks are to end. Goes to both schedulers, behind what was submitted before.
  void end_tasks(const task_control& c);
  /// The same. @return how many of them had not ended @throws not_connected, timeout_error
  std::uint64_t end_tasks(const task_control& c, std::chrono::milliseconds timeout);
  /// A kept task's outcome becomes that of the only task of `c`.
  void fetch(const std::shared_ptr<detail::call>& c, std::uint32_t client, std::uint64_t number);
  /// The list of kept tasks. @throws not_connected, timeout_error
  task_list_answer list_tasks(std::chrono::milliseconds timeout);
  /// Its number, 0 before it was welcomed.
  [[nodiscard]] std::uint32_t number() const;
  [[nodiscard]] std::vector<int> engines() const;
  /// The host of an engine; "" if there is no such engine now.
  [[nodiscard]] std::string host_of(int engine) const;
  bool wait_for_engines(std::size_t n, std::chrono::milliseconds timeout);
  /// Waits for the hub's welcome. @throws error{refused | incompatible_version}, not_connected, timeout_error
  welcome_client wait_for_welcome(std::chrono::steady_clock::time_point deadline);
  [[nodiscard]] bool connected() const;
  /// What it keeps of tasks.
  [[nodiscard]] table_sizes tables() const;

  /// `f` gets a new connection for on_connected(), or calls on_gone(), when the one there was is lost. In the I/O
  /// thread.
  void on_lost(std::function<void()> f) { reconnect_ = std::move(f); }
  /// `f` asks for tell_taken() after a while.
  void on_untold(std::function<void()> f) { tell_later_ = std::move(f); }
  /// Tells the schedulers which outcomes are here: they and the nodes keep them until then.
  void tell_taken();
  /// The connection will be closed on purpose.
  void closing() { closing_ = true; }

  // In the I/O thread.
  /// The first connection, or a new one after a loss.
  void on_connected(const transport::link_ptr& controller, const hello_client& hello);
  void on_frame(const frame_in& f);
  void on_link_down(const std::string& reason);
  /// The controller is not coming back.
  void on_gone(const std::string& reason) { end(ec::not_connected, reason); }
  /// Where the body of a frame is to be received.
  [[nodiscard]] detail::bytes buffer(const transport::link& from, const transport::frame_header& header) const;
  void flush();
  /// Before the I/O thread ends.
  void close_lanes() { lanes_.close(); }

private:
  struct upload {
    std::uint64_t transfer;
    std::uint16_t flags;
    detail::slice payload;
  };
  struct order {
    detail::slice body;
    std::uint64_t direct_tag = 0, balanced_tag = 0;
    bool query = false; ///< for the direct scheduler only
  };
  struct arrival {
    std::shared_ptr<detail::call> call;
    std::uint32_t index;
    detail::outcome outcome;
    std::uint64_t number;
  };
  struct settled {
    std::shared_ptr<detail::call> call;
    std::uint32_t index;
    wire::record record;
    const char* payload;
  };

  /// Tasks for one scheduler, in frames that keep no other client waiting for long.
  struct outgoing {
    static constexpr std::size_t enough = std::size_t{256} << 10;
    wire::batch batch;
    std::vector<detail::bytes> full;
    /// Before records that belong together, of `size` bytes in all.
    void make_room(std::size_t size) {
      if (!batch.empty() && batch.size() + size > enough) full.push_back(batch.take());
    }
    [[nodiscard]] std::vector<detail::bytes> take() {
      if (!batch.empty()) full.push_back(batch.take());
      return std::exchange(full, {});
    }
  };

  // With mutex_ held.
  void add_task(outgoing& out, wire::record r, const detail::slice& payload, std::uint16_t flags,
                const detail::bytes& options, std::uint64_t shared = 0);
  std::pair<std::uint64_t, std::future<detail::bytes>> question();
  // Without it, or until they let go of it.
  detail::bytes await(std::uint64_t tag, std::future<detail::bytes>& answer, std::chrono::milliseconds timeout);
  void send_later(order o, std::unique_lock<std::mutex> lock);
  void check_connected() const; // with mutex_ held
  detail::bytes admit(std::unique_lock<std::mutex>& lock, const detail::call& c, std::size_t first, std::size_t tasks,
                      std::size_t bytes);
  [[nodiscard]] submission_limit::load load() const { return {tasks_.size(), tasks_.weight()}; }
  /// Sends the batches: a lone task at once, from this thread; else the client actor sends what piles up.
  void leave_for(transport::frame_kind kind, bool lone, std::unique_lock<std::mutex> lock);
  // When the controller is away: client_resume.cpp.
  void lose();
  void on_welcome(const frame_in& f);
  void come_back(bool dropped);
  void hand_in(std::uint64_t number, open_tasks::task& t);
  void await_return(std::unique_lock<std::mutex>& lock, std::chrono::steady_clock::time_point deadline);
  void note_orders(const task_control& c);
  void acknowledge(const frame_in& f, std::size_t outcomes);
  std::atomic<std::uint64_t>& taken(std::uint16_t flags) {
    return (flags & transport::balanced) != 0 ? balanced_taken_ : direct_taken_;
  }
  /// Of the controller, from 1. With mutex_ held.
  [[nodiscard]] std::uint32_t life() const { return welcome_ ? welcome_->incarnation + 1 : 1; }
  /// Takes out a task that was settled, and then wakes who waits for room: they ask how it ended.
  void take_out(std::uint64_t number);
  [[nodiscard]] bool is_open(std::uint64_t number) const;

  void on_outcomes(const frame_in& f);
  void on_abandon(const frame_in& f);
  void hear(const settled& s, const detail::bytes& frame);
  void settle_shared(settled& s, detail::outcome o);
  void settle_later(settled& s, detail::outcome o, const transport::link_ptr& from);
  void on_piece(const frame_in& f);
  void on_answer(const frame_in& f);
  void set_places(std::vector<node_place> places);
  void end(ec code, const std::string& reason);
  static void settle_with(const std::shared_ptr<detail::call>& c, std::size_t index, const failure& f);

  std::function<void()> flush_later_;
  std::function<void()> tell_later_;
  bool telling_ = false; // tell_taken() is to come
  client_lanes lanes_;
  std::function<void()> reconnect_; // null: it ends with its connection
  std::atomic<bool> closing_{false};

  mutable std::mutex mutex_;
  std::condition_variable changed_; // welcome, engines, loss and return, end
  transport::link_ptr controller_;
  bool away_ = false; // the connection is lost, and may come back
  outgoing direct_, balanced_;
  std::vector<upload> uploads_;
  std::vector<order> orders_;
  bool flushing_ = false;
  open_tasks tasks_;
  const std::shared_ptr<core::watch_time> watch_time_ =
      std::make_shared<core::watch_time>(process::usable_processors());
  submission_limit limit_;
  detail::bytes encoded_; // options of the call that was submitted last
  const detail::call* encoded_for_ = nullptr;
  std::map<std::uint64_t, std::promise<detail::bytes>> questions_;
  std::uint64_t next_question_ = 0, next_transfer_ = 0;
  std::optional<welcome_client> welcome_;
  std::vector<int> engines_; // of all places, sorted
  std::vector<node_place> places_;
  std::optional<ec> ended_;
  std::string end_reason_;

  // Frames of outcomes that were read, of each scheduler.
  std::atomic<std::uint64_t> direct_taken_{0}, balanced_taken_{0};

  // I/O thread
  std::size_t outcomes_untold_ = 0, bytes_untold_ = 0; // that no acknowledgement was sent for
  piece_senders senders_;
  piece_assemblies assemblies_{std::size_t{128} << 20};
  std::uint32_t client_ = 0; // its number
  std::map<std::uint64_t, arrival> arrivals_;
  std::shared_ptr<detail::output_budget> kept_ = std::make_shared<detail::output_budget>(0);
};

/// client process to client actor: here is the connection
struct client_connected {
  transport::link_ptr link;
};

/// client process to client actor: the controller is not coming back
struct controller_gone {
  std::string reason;
};

/// The actor around it.
template <class Self>
caf::behavior client(Self* self, const std::shared_ptr<client_core>& core, hello_client hello) {
  self->set_exit_handler([self, core](const caf::exit_msg& m) {
    core->close_lanes();
    self->quit(m.reason);
  });
  core->on_untold([self] { self->delayed_send(self, std::chrono::seconds{1}, tell_taken{}); });
  return {
      [core, hello = std::move(hello)](const client_connected& c) { core->on_connected(c.link, hello); },
      [core](const frame_in& f) { core->on_frame(f); },
      [core](const link_down& d) { core->on_link_down(d.reason); },
      [core](const controller_gone& g) { core->on_gone(g.reason); },
      [core](const pactor::flush&) { core->flush(); },
      [core](const pactor::tell_taken&) { core->tell_taken(); },
  };
}

} // namespace pactor

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::client_connected)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::controller_gone)
