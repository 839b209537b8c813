#pragma once
// Processes and connections that exist only in virtual time: frames take as long as they like, connections break and
// stand still, processes die and stand still. Deterministic for a seed.

#include "actors/messages.hpp"
#include "actors/transport/link.hpp"
#include "tests/unit/core/seeds.hpp"
#include "tests/unit/core/simulated_engine.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace pactor::test {

class network;
class simulated_link;

/// Something that runs, until it is killed.
class simulated_process {
public:
  explicit simulated_process(network& n, std::string what) : net{n}, name{std::move(what)} {}
  simulated_process(const simulated_process&) = delete;
  simulated_process& operator=(const simulated_process&) = delete;
  virtual ~simulated_process() = default;

  virtual void frame(const frame_in& f) = 0;
  virtual void closed(const transport::link_ptr& which, const std::string& reason) = 0;
  /// Something to be done in this process's I/O thread by another one of it.
  virtual void in_loop(std::function<void()> f) { f(); }
  /// Does something then, unless the process is dead; later, if it stands still.
  void at(nanoseconds when, std::function<void()> what);
  void after(nanoseconds delay, std::function<void()> what);

  network& net;
  const std::string name;
  bool alive = true;
  nanoseconds still_until{0}; ///< nothing happens in it before
  nanoseconds cut_until{0};   ///< no frame reaches or leaves it before
  std::vector<std::weak_ptr<simulated_link>> links;
};

/// One end of a connection.
class simulated_link final : public transport::link, public std::enable_shared_from_this<simulated_link> {
public:
  /// @param seed of how long its messages take: of no other's, so that it does not matter in which order several send
  simulated_link(simulated_process& owner, security::role peer, std::uint32_t seed)
      : owner_{owner}, peer_role_{peer}, random_{seed} {}

  using link::send;
  void send(transport::frame_header h, detail::slice body) override;
  void close(const std::string& reason) override { end(reason); }
  [[nodiscard]] std::size_t unsent() const override { return on_their_way_; }
  [[nodiscard]] security::role peer_role() const override { return peer_role_; }
  [[nodiscard]] const std::string& peer_address() const override { return owner_.name; }
  void welcome_peer() override {}
  [[nodiscard]] bool fell_silent() const override { return silent_; }
  void in_loop(std::function<void(link&)> f) override;
  void send_now(transport::frame_header h, detail::slice body) override { send(h, std::move(body)); }

  /// This end ends the connection; the other one hears of it after what was sent before.
  void end(const std::string& reason, bool silent = false);
  /// Its process dies, or it breaks: some of what is under way does not arrive. @param heard  by the other end
  void die(bool heard = true);
  [[nodiscard]] bool open() const { return open_; }
  /// Neither end has ended, whether the other one knows it or not.
  [[nodiscard]] bool whole() const {
    const auto other = other_.lock();
    return open_ && other && other->open_;
  }
  [[nodiscard]] simulated_process& owner() const { return owner_; }

private:
  friend class network;
  struct letter {
    transport::frame_header header;
    detail::slice body;
    bool last = false; ///< the end of the connection
  };
  void post(letter l);
  void arrive(std::uint64_t number, const letter& l, const std::string& why);

  simulated_process& owner_;
  security::role peer_role_;
  chance random_;
  std::weak_ptr<simulated_link> other_;
  bool open_ = true, silent_ = false;
  nanoseconds last_arrival_{0};
  std::uint64_t posted_ = 0, arrived_ = 0;
  std::uint64_t lost_from_ = ~std::uint64_t{0}; // letters from here on do not arrive
  std::size_t on_their_way_ = 0;
};

/// The time, the connections and chance.
class network {
public:
  /// After so long without a sign of life a peer is given up: five heartbeats, and at most one more until it is seen.
  static constexpr std::chrono::seconds silence{5}, heartbeat{1};

  explicit network(chance& c, nanoseconds longest_way) : random{c}, longest_way_{longest_way} {}

  [[nodiscard]] nanoseconds now() const { return time_.now(); }
  [[nodiscard]] std::chrono::steady_clock::time_point steady() const {
    return std::chrono::steady_clock::time_point{std::chrono::hours{1} + time_.now()};
  }
  void plan(nanoseconds when, std::function<void()> what) { time_.plan(when, std::move(what)); }
  /// @return false if nothing is planned any more
  bool step() {
    return time_.step([] {});
  }
  void say(const std::string& what);
  /// How long something takes on its way.
  nanoseconds way(chance& of) const {
    using namespace std::chrono_literals;
    return 30us + nanoseconds{of.below(static_cast<std::size_t>(longest_way_.count()))};
  }
  /// @return the end of `from`; the other one is known to `to`
  std::shared_ptr<simulated_link> connect(simulated_process& from, security::role role_of_from, simulated_process& to);
  /// The process stands still for so long. Its peers may give it up.
  void hold(simulated_process& p, nanoseconds length);
  /// Nothing reaches or leaves it for so long. Both sides may give the other one up.
  void cut(simulated_process& p, nanoseconds length);
  /// Its connections break, as if somebody in between had closed them: both sides hear of it, or one of them does, and
  /// the other one finds out by the silence.
  void break_links(simulated_process& p);
  void kill(simulated_process& p);
  [[nodiscard]] std::string trace() const;

  chance& random;

private:
  nanoseconds until_seen();
  void watch(simulated_process& p, bool both, bool (*silent)(const simulated_process&, nanoseconds));

  virtual_time time_;
  nanoseconds longest_way_;
  std::vector<std::shared_ptr<simulated_link>> kept_; // ends that only their process's peers know
  std::vector<std::string> trace_;
};

} // namespace pactor::test
