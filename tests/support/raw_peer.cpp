#include "tests/support/raw_peer.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <stdexcept>
#include <sys/socket.h>
#include <system_error>

namespace pactor::test {
namespace {

process::unique_fd connect_to(std::uint16_t port) {
  process::unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const timeval limit{20, 0};
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    throw std::system_error{errno, std::generic_category(), "connect"};
  return fd;
}

void use(SSL_CTX* context, const security::identity& who) {
  using namespace security;
  const certificate_ptr own{PEM_read_bio_X509(memory_bio(who.certificate).get(), nullptr, nullptr, nullptr)};
  const key_ptr key{PEM_read_bio_PrivateKey(memory_bio(who.key).get(), nullptr, nullptr, nullptr)};
  if (!own || !key || SSL_CTX_use_certificate(context, own.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context, key.get()) != 1)
    throw std::logic_error{"the test's identity is unusable: " + take_openssl_error()};
}

} // namespace

raw_peer::raw_peer(std::uint16_t port) : fd_{connect_to(port)} {}

bool raw_peer::write(std::string_view bytes) const {
  while (!bytes.empty()) {
    const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

std::optional<std::string> raw_peer::read_to_end() const {
  std::string all;
  std::array<char, 4096> part{};
  for (;;) {
    const auto n = ::recv(fd_.get(), part.data(), part.size(), 0);
    if (n > 0) all.append(part.data(), static_cast<std::size_t>(n));
    if (n == 0 || (n < 0 && errno == ECONNRESET)) return all;
    if (n < 0) return std::nullopt;
  }
}

tls_peer::tls_peer(std::uint16_t port, const std::optional<security::identity>& who, std::optional<std::string> ciphers,
                   int highest_version)
    : peer_{port}, context_{SSL_CTX_new(TLS_method())} {
  if (who) use(context_.get(), *who);
  if (ciphers) SSL_CTX_set_cipher_list(context_.get(), ciphers->c_str());
  if (highest_version != 0) SSL_CTX_set_max_proto_version(context_.get(), highest_version);
  SSL_CTX_set_verify(context_.get(), SSL_VERIFY_NONE, nullptr);
  tls_.reset(SSL_new(context_.get()));
  SSL_set_fd(tls_.get(), peer_.fd());
  ERR_clear_error();
  fail(SSL_connect(tls_.get()), "handshake");
}

int tls_peer::fail(int result, const char* when) {
  if (result > 0 || !trouble_.empty()) return result; // the first trouble is the cause of the others
  const auto kind = SSL_get_error(tls_.get(), result);
  if (kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && (errno == 0 || errno == ECONNRESET)))
    trouble_ = "closed";
  else if (kind == SSL_ERROR_SSL)
    trouble_ = security::take_openssl_error();
  else
    trouble_ = std::string{when} + ": " + std::strerror(errno);
  if (trouble_ == "unexpected eof while reading") trouble_ = "closed";
  ERR_clear_error();
  return result;
}

bool tls_peer::write(std::string_view bytes) {
  ERR_clear_error();
  return bytes.empty() || fail(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())), "write") > 0;
}

bool tls_peer::send(transport::frame_header header, std::string_view body) {
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return write(bytes.append(body));
}

bool tls_peer::send(transport::frame_kind kind, std::string_view body, std::uint16_t flags) {
  return send({static_cast<std::uint32_t>(body.size()), static_cast<std::uint16_t>(kind), flags}, body);
}

bool tls_peer::read_exactly(char* to, std::size_t size) {
  while (size > 0) {
    errno = 0;
    ERR_clear_error();
    const auto n = fail(SSL_read(tls_.get(), to, static_cast<int>(size)), "read");
    if (n <= 0) return false;
    to += n;
    size -= static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<received_frame> tls_peer::receive() {
  received_frame f;
  do {
    if (!read_exactly(reinterpret_cast<char*>(&f.header), sizeof f.header)) return std::nullopt;
    f.body.resize(f.header.size);
    if (!read_exactly(f.body.data(), f.body.size())) return std::nullopt;
  } while (f.is(transport::frame_kind::ping));
  return f;
}

std::string tls_peer::await_end() {
  while (trouble_.empty()) receive();
  return trouble_;
}

} // namespace pactor::test
