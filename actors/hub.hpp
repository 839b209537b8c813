#pragma once
// The hub: who is in the cluster and what state it is in. It admits nodes and clients, introduces them to the
// schedulers, and answers every query; work does not pass through it.

#include "actors/library_depot.hpp"
#include "actors/messages.hpp"
#include "actors/time_source.hpp"
#include "runtime/core/draining.hpp"
#include "runtime/core/engine_claims.hpp"
#include "runtime/core/engine_table.hpp"
#include "runtime/files/roster.hpp"
#include "runtime/log.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace pactor {

/// What the hub knows of its cluster from the start.
struct hub_setup {
  std::string cluster_id, nonce, version, address;
  int pid = 0;
  log journal;
  std::uint32_t heartbeat_ms = 1'000; ///< of the whole cluster: members are told
  std::uint32_t incarnation = 0;      ///< how often the controller was restarted
  /// Of this start of the cluster: clients and nodes prove by what is made of it which numbers they had. "": nodes
  /// need not.
  std::string secret{};
  files::roster expected{}; ///< who was there before
  time_source now = steady_time();
  depot_setup shipping{}; ///< job libraries of clients
};

/// A hub without its actor. One thread at a time.
class hub_state {
public:
  /// What the hub tells the schedulers.
  struct callbacks {
    std::function<void(const client_joined&)> client;
    std::function<void(const node_joined&)> node;
    std::function<void(const engine_available&)> available;
    /// Asks the task scheduler how many tasks no engine has; the answer goes to the function.
    std::function<void(std::function<void(std::uint64_t)>)> unassigned;
    /// Ends this process in order, and with it the cluster.
    std::function<void()> end_process = [] {};
    /// A connection that was replaced: its end has not been noticed yet.
    std::function<void(const struct link_down&)> gone = [](const struct link_down&) {};
    /// Who is in the cluster changed: for a controller that takes this one's place.
    std::function<void(const files::roster&)> roster = [](const files::roster&) {};
    /// Asks for forget_departed() after that time.
    std::function<void(std::chrono::milliseconds)> forget_later = [](std::chrono::milliseconds) {};
    // Of nodes that leave.
    std::function<void(const drain_engines&)> drain = [](const drain_engines&) {};
    std::function<void(const close_engines&)> close = [](const close_engines&) {};
    /// Asks both schedulers; the sum goes to the function.
    std::function<void(const count_left&, std::function<void(std::uint64_t)>)> count =
        [](const count_left&, const std::function<void(std::uint64_t)>&) {};
    std::function<void()> tick_later = [] {};         ///< asks for drain_tick()
    std::function<void()> library_tick_later = [] {}; ///< asks for library_tick(), in a second
  };
  hub_state(hub_setup setup, callbacks out);

  void frame(const frame_in& f);
  /// A part of a library that a client sends.
  void library_part(const frame_in& f) { depot_.part(f); }
  void link_down(const link_down& d);
  /// Looks after nodes that leave.
  void drain_tick();
  void library_tick() { depot_.tick(); }
  /// Whether nodes that were there before a restart are waited for. New clients wait too: without engines nothing that
  /// they ask would be answered rightly.
  [[nodiscard]] bool recovering() const noexcept { return recovering_; }
  /// Who is not back by now is not waited for any longer.
  void end_recovery();
  /// A controller that took this one's place would not wait for clients that were cut off so long ago.
  void forget_departed();
  /// Tells every node to end, and every client that the cluster does.
  void stop();

private:
  struct client {
    std::uint32_t number;
    transport::link_ptr link;
    bool leaves = false; ///< it said so
  };
  struct node {
    std::uint64_t key;
    int pid;
    std::string host, lane;
    std::vector<int> engines;
    transport::link_ptr link;
    jobs_answer jobs;
  };

  static constexpr std::size_t most_engines = 10'000; // of one node

  /// Links live in the I/O thread, the hub does not. Who asks and does not read the answers is left.
  static void send(const transport::link_ptr& to, transport::frame_kind kind, detail::bytes body,
                   std::uint64_t tag = 0);
  void on_hello_client(const frame_in& f);
  void on_hello_node(const frame_in& f);
  [[nodiscard]] bool returning(const hello_client& h) const;
  std::size_t drop_unproven(hello_node& h) const;
  [[nodiscard]] bool proven(const hello_node& h, std::size_t i) const;
  [[nodiscard]] std::vector<std::string> keys_of(const std::vector<int>& engines) const;
  void replace(transport::link_ptr before, const std::string& why);
  [[nodiscard]] std::string state_of(const core::engine_entry& e) const;
  void on_report(const frame_in& f);
  void on_library(const frame_in& f);
  void on_query(const frame_in& f);
  void answer_status(const transport::link_ptr& to, std::uint64_t tag, std::uint64_t unassigned) const;
  std::uint64_t order_engines(const transport::link_ptr& from, const query& q);
  // hub_hosts.cpp
  host_answer start_engines(const transport::link_ptr& from, const query& q);
  host_answer drain_host(const transport::link_ptr& from, const query& q);
  [[nodiscard]] std::string no_such_host(const std::string& host) const;
  void drain(const node& n, std::optional<core::draining::time_point> until);
  void remember_drain(const node& n);
  /// The node is here again. @pre it is in nodes_
  void resume_drain(const node& n);
  void carry_out(const core::draining::actions& all);
  [[nodiscard]] std::string name_of(const transport::link_ptr& from) const;
  [[nodiscard]] jobs_answer jobs() const;
  /// Engines that can be addressed, by node: all but those that were given up.
  [[nodiscard]] std::vector<node_place> places() const;
  [[nodiscard]] std::string last_loss(const core::engine_entry& e) const;
  void announce_engines() const;
  void note_roster();
  void note_lost(std::span<const int> engines);
  /// @return true if the peer belongs to this start of this cluster and speaks this protocol; else it is told
  bool admit(const frame_in& f, std::uint32_t protocol, const std::string& nonce) const;
  static void refuse(const transport::link_ptr& who, ec code, const std::string& why);

  hub_setup setup_;
  callbacks out_;
  core::engine_table table_;
  core::engine_claims claims_;
  library_depot depot_;
  core::draining draining_;
  bool ticking_ = false; // drain_tick() is to come
  /// A node that was cut off while it was drained.
  struct cut_off {
    std::vector<int> engines;
    core::draining::departure how;
    std::chrono::steady_clock::time_point forget; ///< it is not expected back any more
  };
  std::map<std::pair<std::string, std::int32_t>, cut_off> cut_off_; // by host and process
  struct node_loss {
    std::string what, before; ///< what the engine had told of its own last loss by then
  };
  std::map<int, node_loss> node_losses_; // the last of each engine
  std::unordered_map<const transport::link*, client> clients_;
  std::unordered_map<const transport::link*, node> nodes_;
  std::uint32_t last_client_;
  std::vector<std::uint32_t> absent_clients_; // of the life before, that may come back
  std::set<std::uint32_t> returned_;          // of these and of earlier lives: those that were here in this one
  std::map<std::uint32_t, std::chrono::steady_clock::time_point> departed_; // cut off, until when
  std::map<int, std::chrono::steady_clock::time_point>
      lost_engines_; // that the next controller is to know of, until when
  std::chrono::steady_clock::time_point started_ = setup_.now();
  std::uint64_t last_node_ = 0;
  bool recovering_;
  std::vector<frame_in> newcomers_; // their hellos, while recovering
};

/// to hub: end every node
struct stop_cluster {};
/// to itself: a second has passed while nodes take a job library
struct library_tick {};

/// The actor around it. Cooperative: a long query must not hold up the I/O thread.
template <class Self>
caf::behavior hub(
    Self* self, hub_setup setup, caf::actor direct, caf::actor balanced, std::function<void()> end_process = [] {},
    std::function<void(const files::roster&)> roster = [](const files::roster&) {}) {
  hub_state::callbacks out;
  out.roster = std::move(roster);
  out.gone = [self, direct, balanced](const link_down& d) {
    self->send(direct, d);
    self->send(balanced, d);
  };
  out.client = [self, direct, balanced](const client_joined& c) {
    self->send(direct, c);
    self->send(balanced, c);
  };
  out.node = [self, direct, balanced](const node_joined& n) {
    self->send(direct, n);
    self->send(balanced, n);
  };
  out.available = [self, balanced](const engine_available& e) { self->send(balanced, e); };
  out.unassigned = [self, balanced](const std::function<void(std::uint64_t)>& then) {
    self->request(balanced, std::chrono::seconds{2}, count_unassigned{})
        .then([then](std::uint64_t n) { then(n); }, [then](const caf::error&) { then(0); });
  };
  out.drain = [self, balanced](const drain_engines& d) { self->send(balanced, d); };
  out.close = [self, direct](const close_engines& c) { self->send(direct, c); };
  out.count = [self, direct, balanced](const count_left& c, const std::function<void(std::uint64_t)>& then) {
    constexpr std::uint64_t unknown = 1; // it is asked again
    constexpr std::chrono::seconds patience{5};
    self->request(direct, patience, c)
        .then(
            [self, balanced, c, then](std::uint64_t directed) {
              self->request(balanced, std::chrono::seconds{5}, c)
                  .then([then, directed](std::uint64_t n) { then(n + directed); },
                        [then](const caf::error&) { then(unknown); });
            },
            [then](const caf::error&) { then(unknown); });
  };
  out.tick_later = [self] { self->delayed_send(self, std::chrono::milliseconds{50}, drain_tick{}); };
  out.library_tick_later = [self] { self->delayed_send(self, std::chrono::seconds{1}, library_tick{}); };
  out.end_process = std::move(end_process);
  out.forget_later = [self](std::chrono::milliseconds delay) { self->delayed_send(self, delay, forget_departed{}); };
  auto state = std::make_shared<hub_state>(std::move(setup), std::move(out));
  if (state->recovering()) self->delayed_send(self, recovery_time, recovery_over{});
  return {
      [state](const frame_in& f) { state->frame(f); },
      [state](const library_part_in& p) {
        state->library_part(p.frame);
        --*p.pending;
      },
      [state, self, direct, balanced](const link_down& d) {
        state->link_down(d);
        // The transport tells them too, and faster; but a peer that was lost before its hello was read here joins them
        // only after that.
        self->send(direct, d);
        self->send(balanced, d);
      },
      [state](const recovery_over&) { state->end_recovery(); },
      [state](const drain_tick&) { state->drain_tick(); },
      [state](const library_tick&) { state->library_tick(); },
      [state](const pactor::forget_departed&) { state->forget_departed(); },
      [state](const stop_cluster&) {
        state->stop();
        return true;
      },
  };
}

} // namespace pactor

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::stop_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(pactor::library_tick)
