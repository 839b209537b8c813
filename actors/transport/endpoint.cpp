#include "actors/transport/endpoint.hpp"

#include "actors/transport/dial.hpp"
#include "actors/transport/porch.hpp"
#include "pactor/error.hpp"
#include "runtime/core/rate_limit.hpp"

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <fcntl.h>
#include <future>
#include <netdb.h>
#include <netinet/in.h>
#include <optional>
#include <set>
#include <string_view>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <system_error>
#include <unistd.h>
#include <vector>

namespace pactor::transport {

using caf::io::network::default_multiplexer;
using caf::io::network::event_handler;
using caf::io::network::operation;

namespace {

constexpr auto tick_interval = std::chrono::milliseconds{250};

std::string address_of(const sockaddr_storage& a) {
  char host[NI_MAXHOST]{}, port[NI_MAXSERV]{};
  ::getnameinfo(reinterpret_cast<const sockaddr*>(&a), sizeof a, host, sizeof host, port, sizeof port,
                NI_NUMERICHOST | NI_NUMERICSERV);
  return std::string{host} + ":" + port;
}

/// A handler that deletes itself when it has left the loop.
class loop_handler : public event_handler {
public:
  using event_handler::event_handler;
  void start() { activate(); }
  void stop() {
    if (!std::exchange(stopped_, true)) passivate();
  }
  void removed_from_loop(operation) override {
    backend().post([this] { delete this; }); // NOLINT: owned by the loop, and it has just let go
  }
  void graceful_shutdown() override { stop(); }

protected:
  ~loop_handler() override = default;
  bool stopped_ = false;
};

int make_timer() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  const timespec t{0, std::chrono::nanoseconds{tick_interval}.count()};
  const itimerspec period{t, t};
  ::timerfd_settime(fd, 0, &period, nullptr);
  return fd;
}

int bind_and_listen(const std::string& host, std::uint16_t port, std::uint16_t& actual) {
  const auto fail = [&](const std::string& why) {
    throw error{ec::system, "can't listen at " + host + ":" + std::to_string(port) + ": " + why};
  };
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  if (const auto e = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found); e != 0)
    fail(::gai_strerror(e));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> address{found, &::freeaddrinfo};
  const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) fail(std::generic_category().message(errno));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_storage bound{};
  socklen_t size = sizeof bound;
  if (::bind(fd, found->ai_addr, found->ai_addrlen) != 0 || ::listen(fd, SOMAXCONN) != 0 ||
      ::getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size) != 0) {
    const auto why = std::generic_category().message(errno);
    ::close(fd);
    fail(why);
  }
  actual = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(bound).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(bound).sin_port);
  return fd;
}

} // namespace

/// Everything that lives in the I/O thread.
class endpoint::keeper final : public connection_events {
public:
  keeper(default_multiplexer& mpx, endpoint_options options, link_events& events)
      : mpx_{mpx}, options_{std::move(options)}, events_{events}, waiting_{options_.max_waiting, options_.word},
        handshakes_{options_.handshakes_at_once, options_.handshakes_a_second}, with_strangers_{
                                                                                    options_.handshakes_at_once,
                                                                                    options_.strangers_a_second} {}

  default_multiplexer& multiplexer() { return mpx_; }
  [[nodiscard]] SSL_CTX* tls() const { return options_.tls; }
  [[nodiscard]] const std::string& word() const { return options_.word; }
  void use(SSL_CTX* tls) { options_.tls = tls; }

  std::size_t guard(endpoint::objection why) {
    objection_ = std::move(why);
    std::size_t ended = 0;
    for (const auto& c : std::vector(connections_)) ended += end_if_objectionable(*c) ? 1 : 0;
    return ended;
  }
  bool end_if_objectionable(connection& c) {
    if (!objection_ || !c.admitted()) return false;
    const auto words = objection_(c.peer_certificate());
    if (!words.empty()) c.end(words);
    return !words.empty();
  }
  std::string admission(const std::string& address, const security::certificate_info& peer) override {
    auto why = objection_ ? objection_(peer) : std::string{};
    if (why.empty() && options_.on_admitted) options_.on_admitted(address, peer);
    return why;
  }

  void start() {
    ticker_ = new ticker{mpx_, make_timer(), *this}; // NOLINT: the loop owns its handlers
    ticker_->start();
  }

  void stop() {
    if (acceptor_) acceptor_->stop();
    if (watcher_) watcher_->stop();
    if (ticker_) ticker_->stop();
    for (const auto& c : std::vector(connections_)) c->end("this process is shutting down");
    connections_.clear();
  }

  void accept_at(int fd) {
    acceptor_ = new acceptor{mpx_, fd, *this}; // NOLINT: the loop owns its handlers
    acceptor_->start();
    const int events = ::fcntl(waiting_.events(), F_DUPFD_CLOEXEC, 0); // a handler closes its own
    watcher_ = new watcher{mpx_, events, *this};                       // NOLINT: the loop owns its handlers
    watcher_->start();
  }

  link_ptr add(int fd, std::unique_ptr<channel> tls, std::string address) {
    auto c =
        std::make_shared<connection>(mpx_, fd, std::move(tls), std::move(address), *this, connection::steady::now());
    connections_.push_back(c);
    c->start();
    return c;
  }

  void frame(const link_ptr& from, const frame_header& header, detail::bytes body) override {
    events_.frame(from, header, std::move(body));
  }
  void turn_ended() override { events_.turn_ended(); }
  detail::bytes buffer(const link& from, const frame_header& header) override { return events_.buffer(from, header); }
  void closed(const link_ptr& which, const std::string& reason) override {
    const auto i = std::find(connections_.begin(), connections_.end(), which);
    if (i == connections_.end()) return;
    const bool stranger = !(*i)->welcomed();
    connections_.erase(i);
    showed_the_word_.erase(which.get());
    if (stranger && options_.on_refused) options_.on_refused(which->peer_address(), reason);
    events_.closed(which, reason);
  }

private:
  class ticker final : public loop_handler {
  public:
    ticker(default_multiplexer& mpx, int fd, keeper& k) : loop_handler{mpx, fd}, keeper_{k} {}
    void handle_event(operation) override {
      std::uint64_t expirations = 0;
      if (stopped_ || ::read(fd(), &expirations, sizeof expirations) < 0) return;
      const auto now = connection::steady::now();
      for (const auto& c : std::vector(keeper_.connections_))
        if (!keeper_.end_if_objectionable(*c)) c->tick(now, keeper_.options_.limits);
      keeper_.let_in(now);
    }

  private:
    keeper& keeper_;
  };

  class acceptor final : public loop_handler {
  public:
    acceptor(default_multiplexer& mpx, int fd, keeper& k) : loop_handler{mpx, fd}, keeper_{k} {}
    ~acceptor() override { ::close(reserve_); }
    void handle_event(operation op) override {
      if (op != operation::read) return;
      constexpr int most = 64; // members want to be heard meanwhile
      for (int i = 0; i < most && !stopped_; ++i) {
        sockaddr_storage from{};
        socklen_t size = sizeof from;
        const int accepted = ::accept4(fd(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (accepted >= 0)
          keeper_.accepted(accepted, address_of(from));
        else if (errno == EMFILE || errno == ENFILE)
          shed();
        else if (errno != EINTR && errno != ECONNABORTED)
          return;
      }
    }

  private:
    /// Out of descriptors: the waiting connection would wake us for ever, so it is taken with a spare one and closed.
    void shed() {
      ::close(reserve_);
      ::close(::accept4(fd(), nullptr, nullptr, SOCK_CLOEXEC));
      reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    keeper& keeper_;
    int reserve_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  };

  /// Of those who wait, some said something or left.
  class watcher final : public loop_handler {
  public:
    watcher(default_multiplexer& mpx, int fd, keeper& k) : loop_handler{mpx, fd}, keeper_{k} {}
    void handle_event(operation op) override {
      if (op != operation::read || stopped_) return;
      for (const auto& v : keeper_.waiting_.look()) keeper_.turn_away(v, "it left before its turn");
      keeper_.let_in(connection::steady::now());
    }

  private:
    keeper& keeper_;
  };

  void accepted(int fd, std::string address) {
    if (const auto out = waiting_.add({process::unique_fd{fd}, std::move(address)}))
      turn_away(*out, "too many connections at a time");
    let_in(connection::steady::now());
  }

  /// A handshake costs more than what members want: who comes in great numbers waits.
  void let_in(connection::steady::time_point now) {
    const auto may = [&] { return (waiting_.knows_next() ? handshakes_ : with_strangers_).pass(now).has_value(); };
    while (waiting_.size() > 0 && may()) {
      auto next = *waiting_.next();
      if (connections_.size() >= options_.max_connections) {
        turn_away(next, "too many connections");
        continue;
      }
      if (const auto silent = one_too_many()) silent->end("too many connections without a hello");
      const auto fd = next.fd.release();
      const auto c =
          add(fd, std::make_unique<channel>(fd, options_.tls, channel::side::server), std::move(next.address));
      if (next.knows_the_word) showed_the_word_.insert(c.get());
    }
  }

  void turn_away(const visitor& v, const char* why) const {
    if (options_.on_refused) options_.on_refused(v.address, why);
  }

  /// Those who stay silent make room, not those who come: a newcomer may be a member. The oldest of the address that
  /// has most of them goes, so that who floods is in nobody's way but its own; who showed the word goes last.
  std::shared_ptr<connection> one_too_many() {
    struct crowd {
      std::string_view host;
      std::shared_ptr<connection> oldest;
      std::size_t size = 0;
    };
    std::vector<crowd> others, members;
    std::size_t strangers = 0;
    for (const auto& c : connections_) {
      if (c->welcomed()) continue;
      ++strangers;
      auto& all = showed_the_word_.contains(c.get()) ? members : others;
      const auto host = host_of(c->peer_address());
      const auto known = std::ranges::find(all, host, &crowd::host);
      ++(known != all.end() ? *known : all.emplace_back(crowd{host, c})).size;
    }
    if (strangers < options_.max_strangers) return nullptr;
    const auto& crowds = others.empty() ? members : others;
    return std::ranges::max_element(crowds, {}, &crowd::size)->oldest;
  }

  default_multiplexer& mpx_;
  endpoint_options options_;
  link_events& events_;
  ticker* ticker_ = nullptr;
  acceptor* acceptor_ = nullptr;
  watcher* watcher_ = nullptr;
  std::vector<std::shared_ptr<connection>> connections_;
  endpoint::objection objection_;
  std::set<const link*> showed_the_word_; // of the connections
  porch waiting_;
  core::rate_limit handshakes_, with_strangers_;
};

endpoint::endpoint(caf::actor_system& system, endpoint_options options, link_events& events)
    : keeper_{std::make_unique<keeper>(dynamic_cast<default_multiplexer&>(system.middleman().backend()),
                                       std::move(options), events)} {
  run([this] { keeper_->start(); });
}

endpoint::~endpoint() {
  run([this] { keeper_->stop(); });
  run([] {}); // a turn in which the handlers leave the loop
  run([] {}); // and one in which they are gone
}

void endpoint::run(const std::function<void()>& f) {
  auto& mpx = keeper_->multiplexer();
  if (std::this_thread::get_id() == mpx.thread_id()) return f();
  std::promise<void> done;
  mpx.post([&] {
    try {
      f();
      done.set_value();
    } catch (...) {
      done.set_exception(std::current_exception());
    }
  });
  done.get_future().get();
}

void endpoint::use(SSL_CTX* tls) {
  run([&] { keeper_->use(tls); });
}

std::size_t endpoint::guard(objection why) {
  std::size_t ended = 0;
  run([&] { ended = keeper_->guard(std::move(why)); });
  return ended;
}

std::uint16_t endpoint::listen(const std::string& host, std::uint16_t port) {
  std::uint16_t actual = 0;
  const int fd = bind_and_listen(host, port, actual);
  run([&] { keeper_->accept_at(fd); });
  return actual;
}

link_ptr endpoint::connect(const std::vector<std::string>& hosts, std::uint16_t port,
                           std::chrono::steady_clock::time_point deadline) {
  if (hosts.empty()) throw not_connected{"the connection file names no host"};
  // Each may be the one of a different network: what is told is why none of them was.
  std::optional<ec> most_telling;
  const auto tells = [](ec code) { return code == ec::refused ? 2 : code == ec::timeout ? 1 : 0; };
  std::string reasons;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    // One that does not answer must leave time for the others.
    const auto now = std::chrono::steady_clock::now();
    try {
      return connect(hosts[i], port, now + (deadline - now) / static_cast<int>(hosts.size() - i));
    } catch (const error& e) {
      reasons += (reasons.empty() ? "" : "; ") + std::string{e.what()};
      if (!most_telling || tells(e.code()) > tells(*most_telling)) most_telling = e.code();
    }
  }
  if (most_telling == ec::not_connected) throw not_connected{reasons};
  if (most_telling == ec::timeout) throw timeout_error{reasons};
  throw error{*most_telling, reasons};
}

link_ptr endpoint::connect(const std::string& host, std::uint16_t port,
                           std::chrono::steady_clock::time_point deadline) {
  auto other = dial(host, port, keeper_->tls(), deadline, keeper_->word());
  link_ptr result;
  run([&] { result = keeper_->add(other.fd, std::move(other.tls), host + ":" + std::to_string(port)); });
  return result;
}

} // namespace pactor::transport
