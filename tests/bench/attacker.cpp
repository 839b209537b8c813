#include "tests/bench/attacker.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <netinet/in.h>
#include <poll.h>
#include <string_view>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace bench {

namespace {

using steady = std::chrono::steady_clock;

struct shared_counts {
  std::atomic<long> opened{0}, open{0};
};

struct victim_connection {
  int fd = -1;
  std::size_t sent = 0;
  SSL* tls = nullptr;
  steady::time_point next_byte{};
};

/// A record that never ends, whose first message never ends.
constexpr std::string_view endless{"\x16\x03\x01\xff\xff\x01\x00\xff\xfb\x03\x03", 11};
constexpr auto between_bytes = std::chrono::milliseconds{100};

class loop {
public:
  loop(const attack_options& options, int control, shared_counts& counts)
      : options_{options}, control_{control}, counts_{counts}, context_{SSL_CTX_new(TLS_client_method())} {
    SSL_CTX_set_verify(context_, SSL_VERIFY_NONE, nullptr);
  }

  [[noreturn]] void run() {
    for (;;) {
      std::vector<pollfd> polled{{control_, POLLIN, 0}};
      for (const auto& c : all_)
        polled.push_back({c.fd, static_cast<short>(c.tls && SSL_want_write(c.tls) ? POLLIN | POLLOUT : POLLIN), 0});
      ::poll(polled.data(), polled.size(), active_ ? 5 : -1);
      if (polled[0].revents != 0) obey();
      for (std::size_t i = polled.size() - 1; i > 0 && active_; --i)
        if (polled[i].revents != 0) look_at(i - 1);
      if (!active_) continue;
      if (options_.kind == attack::slow) drip();
      open_more();
      counts_.open = static_cast<long>(all_.size());
    }
  }

private:
  void obey() {
    char order = 0;
    if (::read(control_, &order, 1) <= 0) ::_exit(0);
    active_ = order == '1';
    last_ = steady::now();
    budget_ = 0;
    if (active_) return;
    for (auto& c : all_) close(c);
    all_.clear();
    counts_.open = 0;
  }

  static void close(const victim_connection& c) {
    if (c.tls) SSL_free(c.tls);
    const linger at_once{1, 0}; // no TIME_WAIT: ports are few
    ::setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(c.fd);
  }

  void look_at(std::size_t i) {
    auto& c = all_[i];
    if (c.tls) {
      ERR_clear_error();
      char byte = 0;
      const auto n = SSL_is_init_finished(c.tls) ? SSL_read(c.tls, &byte, 1) : SSL_do_handshake(c.tls);
      const auto why = SSL_get_error(c.tls, n);
      if (n > 0 || why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE) return;
    } else {
      std::array<char, 256> answer{};
      const auto n = ::recv(c.fd, answer.data(), answer.size(), 0);
      if (n > 0 || (n < 0 && errno == EAGAIN)) return;
    }
    close(c);
    std::swap(c, all_.back());
    all_.pop_back();
  }

  void drip() {
    const auto now = steady::now();
    for (auto& c : all_) {
      if (now < c.next_byte || c.sent >= 200) continue;
      const char byte = c.sent < endless.size() ? endless[c.sent] : '\0';
      if (::send(c.fd, &byte, 1, MSG_NOSIGNAL) == 1) ++c.sent;
      c.next_byte = now + between_bytes;
    }
  }

  void open_more() {
    const auto now = steady::now();
    budget_ = std::min(budget_ + std::chrono::duration<double>(now - last_).count() * options_.rate,
                       static_cast<double>(options_.rate));
    last_ = now;
    for (; budget_ >= 1 && all_.size() < static_cast<std::size_t>(options_.connections); --budget_) open_one();
  }

  void open_one() {
    victim_connection c;
    c.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (c.fd < 0) return;
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(options_.port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
      ::close(c.fd);
      return;
    }
    ++counts_.opened;
    if (options_.kind == attack::huge_length) {
      std::array<char, 1024> text{};
      std::ranges::copy(endless, text.begin());
      static_cast<void>(::send(c.fd, text.data(), text.size(), MSG_NOSIGNAL));
    } else if (options_.kind == attack::handshakes) {
      c.tls = SSL_new(context_);
      SSL_set_fd(c.tls, c.fd);
      SSL_set_connect_state(c.tls);
      ERR_clear_error();
      SSL_do_handshake(c.tls);
    }
    all_.push_back(c);
  }

  attack_options options_;
  int control_;
  shared_counts& counts_;
  SSL_CTX* context_;
  std::vector<victim_connection> all_;
  bool active_ = false;
  steady::time_point last_{};
  double budget_ = 0;
};

/// Works for a part of every two milliseconds.
[[noreturn]] void take_shares(int control) {
  constexpr auto turn = std::chrono::microseconds{2'000};
  double share = 0;
  for (;;) {
    const auto begin = steady::now();
    while (steady::now() - begin < turn * share) {
    }
    const auto left = std::chrono::duration_cast<std::chrono::microseconds>(turn * (1 - share)).count();
    const timespec rest{0, std::max<long>(left, 0) * 1'000};
    pollfd p{control, POLLIN, 0};
    if (::ppoll(&p, 1, share > 0 ? &rest : nullptr, nullptr) <= 0) continue;
    if (::read(control, &share, sizeof share) != sizeof share) ::_exit(0);
  }
}

/// @return the writing end of a pipe from which a new process that runs f(fd) reads
template <class F>
int start(pid_t& pid, F&& f) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::exit(1);
  pid = ::fork();
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[1]);
    std::signal(SIGPIPE, SIG_IGN);
    f(ends[0]);
  }
  ::close(ends[0]);
  return ends[1];
}

} // namespace

bystander::bystander() : control_{start(pid_, &take_shares)} {}

bystander::~bystander() {
  ::close(control_);
  ::waitpid(pid_, nullptr, 0);
}

void bystander::take(double share) { static_cast<void>(::write(control_, &share, sizeof share)); }

attacker::attacker(const attack_options& options) {
  shared_ = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* shared = new (shared_) shared_counts;
  control_ = start(pid_, [&](int orders) { loop{options, orders, *shared}.run(); });
}

attacker::~attacker() {
  ::close(control_);
  ::waitpid(pid_, nullptr, 0);
  ::munmap(shared_, 4096);
}

void attacker::begin() { static_cast<void>(::write(control_, "1", 1)); }
void attacker::pause() { static_cast<void>(::write(control_, "0", 1)); }

attacker::counts attacker::count() const {
  const auto* c = static_cast<const shared_counts*>(shared_);
  return {c->opened, c->open};
}

} // namespace bench
