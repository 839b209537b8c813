// What encryption costs: bulk through one TLS link as pactor's processes have it, beside bulk TCP of the same minute
// and the cipher alone.

#include "actors/transport/channel.hpp"
#include "runtime/security/authority.hpp"
#include "runtime/security/tls_context.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/reference.hpp"

#include <openssl/evp.h>

#include <array>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <span>
#include <sys/wait.h>
#include <vector>

namespace {

using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;
using pactor::security::role;
using pactor::transport::channel;

constexpr std::size_t block = std::size_t{1} << 20; // as large as a piece
constexpr std::size_t bytes = std::size_t{400} << 20;

/// The certificates of a cluster.
struct credentials {
  credentials() {
    const auto now =
        std::chrono::time_point_cast<pactor::security::time_point::duration>(std::chrono::system_clock::now());
    pactor::security::authority all{"bench", "0011aabb", now};
    const auto valid = pactor::security::validity::from(now);
    const auto of = [&](role r) { return all.issue(r, std::string{to_string(r)}, valid, now); };
    const auto server = of(role::controller), client = of(role::client);
    near =
        std::make_unique<pactor::security::tls_context>(role::client, all.trusted(now), client.certificate, client.key);
    far = std::make_unique<pactor::security::tls_context>(role::controller, all.trusted(now), server.certificate,
                                                          server.key);
  }
  std::unique_ptr<pactor::security::tls_context> near, far;
};

void wait_for(int fd, int events) {
  pollfd p{fd, static_cast<short>(events), 0};
  ::poll(&p, 1, -1);
}

void shake(channel& c, int fd) {
  for (;;) {
    c.begin_read();
    const auto state = c.handshake();
    if (state == channel::progress::done) return;
    if (state == channel::progress::failed) {
      std::fprintf(stderr, "%s\n", c.failure().c_str());
      std::exit(1);
    }
    wait_for(fd, POLLIN);
  }
}

void say(channel& c, int fd, std::span<char> data) {
  while (!data.empty() || c.unsent()) {
    const iovec part{data.data(), data.size()};
    const auto n = c.write({&part, data.empty() ? 0U : 1U});
    if (n < 0) std::exit(1);
    data = data.subspan(static_cast<std::size_t>(n));
    if (c.unsent()) wait_for(fd, POLLOUT);
  }
}

void hear(channel& c, int fd, std::span<char> into, std::size_t size) {
  while (size > 0) {
    c.begin_read();
    std::ptrdiff_t n = 0;
    while (size > 0 && (n = c.read(into.data(), std::min(size, into.size()))) > 0) size -= static_cast<std::size_t>(n);
    if (n < 0) std::exit(1);
    if (size > 0) wait_for(fd, POLLIN);
  }
}

/// MB/s from one process to another.
double tls_bulk(const credentials& c) {
  const auto ends = bench::tcp_pair();
  for (const auto fd : ends) ::fcntl(fd, F_SETFL, O_NONBLOCK);
  std::vector<char> data(block, 1);
  const auto reader = ::fork();
  if (reader == 0) {
    channel in{ends[1], c.far->get(), channel::side::server};
    shake(in, ends[1]);
    hear(in, ends[1], data, bytes);
    say(in, ends[1], std::span{data}.first(1));
    std::_Exit(0);
  }
  channel out{ends[0], c.near->get(), channel::side::client};
  shake(out, ends[0]);
  const auto begin = steady::now();
  for (std::size_t sent = 0; sent < bytes; sent += block) say(out, ends[0], data);
  hear(out, ends[0], data, 1);
  const auto rate = static_cast<double>(bytes) / 1e6 / seconds_since(begin);
  for (const auto fd : ends) ::close(fd);
  ::waitpid(reader, nullptr, 0);
  return rate;
}

/// MB/s of one core that encrypts records of 16 KiB and does nothing else.
double cipher() {
  std::vector<unsigned char> in(16'384, 1), out(16'384 + 16);
  const std::array<unsigned char, 16> key{}, nonce{};
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&::EVP_CIPHER_CTX_free)> c{::EVP_CIPHER_CTX_new(),
                                                                            &::EVP_CIPHER_CTX_free};
  constexpr int records = 20'000;
  const auto begin = steady::now();
  for (int i = 0; i < records; ++i) {
    int size = 0;
    ::EVP_EncryptInit_ex(c.get(), ::EVP_aes_128_gcm(), nullptr, key.data(), nonce.data());
    ::EVP_EncryptUpdate(c.get(), out.data(), &size, in.data(), static_cast<int>(in.size()));
    ::EVP_EncryptFinal_ex(c.get(), out.data() + size, &size);
  }
  return static_cast<double>(in.size()) * records / 1e6 / seconds_since(begin);
}

} // namespace

int main() {
  const credentials c;
  sample tls, raw, ratio, alone;
  for (int round = 0; round < 8; ++round) {
    raw.add(bench::raw_bulk(bytes));
    tls.add(tls_bulk(c));
    alone.add(cipher());
    if (round > 0) ratio.add(tls.last() / raw.last());
  }
  row("bulk through one TLS link", tls.median(), "MB/s", text("%.3f x raw bulk", ratio.median()));
  row("  raw bulk TCP", raw.median(), "MB/s");
  row("  AES-128-GCM alone, one core", alone.median(), "MB/s",
      text("TLS link: %.2f of it", tls.median() / alone.median()));
  return 0;
}
