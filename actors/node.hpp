#pragma once
// The node: one process a host, one connection to the controller, and the engines that live behind it.

#include "actors/engine.hpp"
#include "actors/messages.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace pactor {

/// How often counters that changed are told to the hub.
constexpr auto report_interval = std::chrono::milliseconds{500};

/// A node without its actor. I/O thread only.
class node_state {
public:
  /// What the node tells the process around it.
  struct callbacks {
    std::function<void(const std::vector<int>&)> welcomed;                  ///< the numbers of its engines
    std::function<void(ec code, const std::string& reason)> ended;          ///< there is no controller any more
    std::function<void(std::size_t engine, engine_number)> number;          ///< to the engine's actor
    std::function<void(std::size_t engine, engine_tasks&&)> tasks;          ///< to the engine's actor
    std::function<void(std::size_t engine, transfer_ended)> ended_transfer; ///< to the engine's actor
    /// To the engine, for these tasks.
    std::function<void(std::size_t engine, const task_order&, std::span<const std::uint64_t> ids)> order{};
    std::function<void(std::size_t engine, const engine_control&)> manage{}; ///< to the engine
    // Null: it ends with its connection.
    std::function<void(const std::string& reason)> lost{}; ///< the connection; connected() when there is another
    std::function<std::vector<core::engine_core::presence>(std::size_t engine)> held{}; ///< tasks of an engine
    std::function<void(std::size_t engine)> disown{};   ///< nobody waits for its tasks any more
    std::function<void(std::size_t engine)> cut{};      ///< what is not wholly there will be handed in again
    std::function<void(std::size_t engine)> announce{}; ///< report its state
    std::function<void()> add_engine{};                 ///< one more engine, behind those that there are
    /// The controller has these; settled() when they were looked after. Null: they are not used.
    std::function<void(const libraries_listed&)> libraries{};
    std::function<void(std::size_t engine, const placed_library&)> use_library{}; ///< an engine's tasks from now on
    std::function<void(std::size_t engine)> settled{}; ///< services->shipped is what it starts with
    std::function<void(std::size_t engine, const std::string& why)> depart{}; ///< its tasks end with it
  };
  node_state(std::shared_ptr<node_services> services, std::string nonce, callbacks out);

  /// Says hello on a fresh connection.
  void connected(const transport::link_ptr& controller, hello_node hello);
  void frame(const frame_in& f);
  /// Where the body of a frame is to be received.
  [[nodiscard]] detail::bytes buffer(const transport::frame_header& header) const;
  void link_down(const std::string& reason);
  void flush();
  /// What it keeps of tasks, besides its engines.
  [[nodiscard]] table_sizes tables() const;
  /// Tells the hub, once there is one.
  void report(const engine_report& r);
  /// Tasks that workers get from now on use this library, or no more.
  void use_library(const library_in_use& l);
  void libraries_settled();
  /// Ends if it is to leave and nothing is left to be said. From time to time.
  void leave_when_done();
  /// Ends at once, but says first what becomes of its tasks.
  void depart(ec code, const std::string& why);

private:
  struct arrival {
    std::shared_ptr<memory_file> file;
    std::vector<std::pair<std::size_t, transfer_ended>> waiting{}; // engines and tasks
    std::string trouble{};                                         // why it will never be complete
  };
  struct addressed {
    std::size_t engine;
    engine_tasks::item item;
  };
  void handle(const frame_in& f);
  void on_welcome(const frame_in& f);
  void on_tasks(const frame_in& f);
  void on_task(const wire::record& r, detail::slice payload, bool directed);
  struct expected {
    std::shared_ptr<memory_file> file; // null: the payload is in its record
    arrival* entry = nullptr;          // null: it is complete
  };
  expected expect(const wire::record& r, const detail::slice& payload);
  expected expect_shared(const wire::record& r, std::uint64_t size);
  void tell_waiting(const arrival& a, bool complete);
  void finish_shared(std::uint32_t client, std::uint64_t handle, const std::string& trouble);
  void on_task_control(const frame_in& f);
  void on_engine_control(const frame_in& f);
  void add_engine(int number, std::string key);
  void on_piece(const frame_in& f);
  void finish_arrival(std::uint64_t tag, bool complete);
  void end(ec code, const std::string& reason);
  // When the connection was lost: node_resume.cpp.
  void welcome_back(const welcome_node& w);
  void tell_held(bool balanced, bool forgot);
  void send_held(const held_tasks& all, std::uint16_t flags);
  void take_back_results(const core::outcome_ledger::kept& k);
  void note_replacement();
  void on_resume(bool balanced);
  core::outcome_ledger& ledger(bool balanced) {
    return balanced ? services_->balanced_ledger : services_->direct_ledger;
  }

  std::shared_ptr<node_services> services_;
  std::string nonce_;
  callbacks out_;
  transport::link_ptr controller_;
  std::unordered_map<int, std::size_t> engines_;                      // number to index
  std::map<std::uint64_t, arrival> arrivals_;                         // by transfer
  std::map<std::pair<std::uint32_t, std::uint64_t>, arrival> shared_; // by client and handle; those that are to come
  std::vector<arrival> refused_;                                      // of the frame that is read now
  std::vector<target> targets_;
  std::vector<engine_tasks> batches_; // one an engine, filled while a frame is read
  std::set<int> shut_down_;
  wire_options options_;          // of the task record that follows
  std::vector<std::string> keys_; // one a number: it shows a controller whose it is
  std::vector<int> numbers_;      // of the engines, by index; empty until it was welcomed first
  std::uint32_t incarnation_ = 0;
  /// Of tasks that these engines had before, this process knows nothing: a controller that dies until then may take
  /// their ends along.
  std::chrono::steady_clock::time_point replaces_until_{};
  std::optional<error> departs_for_; // once depart() was called
  bool welcomed_ = false, ended_ = false, leaving_ = false;
  bool replaces_ = false; // it wants the numbers of engines that there were
  int quiet_ = 0;         // how often nothing was left to be said, one look after the other
};

/// What a node actor needs to start.
struct node_setup {
  std::shared_ptr<node_services> services;
  std::shared_ptr<node_state> state;
  hello_node hello;                      ///< without worker pids and lane
  std::function<std::string()> listen{}; ///< makes the lane socket, and tells its path; "" if there is none
  std::shared_ptr<std::vector<caf::actor>> engines = std::make_shared<std::vector<caf::actor>>(); ///< may grow
};

/// Tells the engines in place, in the I/O thread: a mailbox for every task would cost more than the engine itself.
inline node_state::callbacks tell_in_place(const std::shared_ptr<std::vector<std::shared_ptr<engine_state>>>& all) {
  node_state::callbacks out;
  out.number = [all](std::size_t e, engine_number n) { (*all)[e]->assign(n.number); };
  out.tasks = [all](std::size_t e, engine_tasks&& t) { (*all)[e]->take(t); };
  out.ended_transfer = [all](std::size_t e, const transfer_ended& t) { (*all)[e]->transfer(t); };
  out.order = [all](std::size_t e, const task_order& o, std::span<const std::uint64_t> ids) {
    (*all)[e]->order(o, ids);
  };
  out.manage = [all](std::size_t e, const engine_control& c) { (*all)[e]->manage(c); };
  out.held = [all](std::size_t e) { return (*all)[e]->tasks(); };
  out.disown = [all](std::size_t e) { (*all)[e]->disown_all("its node, which was cut off"); };
  out.cut = [all](std::size_t e) { (*all)[e]->drop_incomplete(); };
  out.announce = [all](std::size_t e) { (*all)[e]->announce(); };
  out.use_library = [all](std::size_t e, const placed_library& l) { (*all)[e]->use_library(l); };
  out.settled = [all](std::size_t e) { (*all)[e]->settled(); };
  out.depart = [all](std::size_t e, const std::string& why) { (*all)[e]->depart(why); };
  return out;
}

/// node process to node actor: here is the connection
struct controller_connected {
  transport::link_ptr link;
};

/// The actor around it.
template <class Self>
caf::behavior node(Self* self, node_setup setup) {
  const auto engines = setup.engines;
  const auto state = setup.state;
  setup.services->report = [state](const engine_report& r) { state->report(r); };
  self->delayed_send(self, report_interval, report_changes{});
  auto flushing = std::make_shared<bool>(false);
  setup.services->flush_now = [state] { state->flush(); };
  setup.services->flush_later = [self, flushing] {
    if (!std::exchange(*flushing, true)) self->send(self, flush{});
  };
  return {
      [state, hello = std::move(setup.hello), listen = std::move(setup.listen)](const controller_connected& c) mutable {
        if (const auto make = std::exchange(listen, {})) hello.lane = make();
        state->connected(c.link, hello);
      },
      [state](const frame_in& f) { state->frame(f); },
      [state](const link_down& d) { state->link_down(d.reason); },
      [state](const library_in_use& l) { state->use_library(l); },
      [state](const libraries_settled&) { state->libraries_settled(); },
      [state, flushing](const flush&) {
        *flushing = false;
        state->flush();
      },
      [self, engines, state](const report_changes&) {
        state->leave_when_done();
        for (const auto& e : *engines) self->send(e, report_changes{});
        self->delayed_send(self, report_interval, report_changes{});
      },
      [state](const depart_node& d) { state->depart(d.code, d.why); },
      [self, engines, services = setup.services](const stop_node&) {
        services->listener.reset();
        services->lanes.reset();
        for (const auto& e : *engines) self->send_exit(e, caf::exit_reason::user_shutdown);
        self->quit();
      },
  };
}

} // namespace pactor

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::controller_connected)
