#include "actors/transport/channel.hpp"

#include "runtime/security/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <poll.h>
#include <sys/socket.h>
#include <system_error>

namespace pactor::transport {

namespace {

constexpr std::size_t record_size = 16'384;           // of what a TLS record carries at most
constexpr std::size_t full_record = record_size + 22; // with its header, its inner type and its tag
// Few enough to stay in the processor's own cache from one copy to the next.
constexpr std::size_t records_at_once = 4;
// OpenSSL moves what is left of a record to the front before it reads on: of full ones hardly anything is. Up to 8 for
// alignment.
constexpr std::size_t fetch_size = records_at_once * full_record + 8;
constexpr std::size_t burst_size = records_at_once * full_record;

std::string errno_text(int error) { return std::generic_category().message(error); }

/// What TLS alerts mean between the processes of a cluster.
std::string explain(unsigned long code) {
  switch (ERR_GET_REASON(code)) {
  case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
    return "the peer demands a certificate";
  case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    return "the peer does not know the authority of our certificate: it belongs to another cluster or another start";
  case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
  case SSL_R_TLSV1_ALERT_DECRYPT_ERROR:
    return "the peer refused our certificate: it belongs to another cluster or another start";
  case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    return "our certificate has expired, or was replaced; get a new connection file from the controller's host";
  case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
    return "our certificate was revoked";
  case SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE:
  case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
    return "the peer does not admit the role of our certificate";
  case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
  case SSL_R_UNSUPPORTED_PROTOCOL:
    return "the peer does not speak TLS 1.3";
  case SSL_R_WRONG_VERSION_NUMBER:
  case SSL_R_HTTP_REQUEST:
    return "the peer does not speak TLS";
  case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
    return "the peer has no certificate";
  case SSL_R_UNEXPECTED_EOF_WHILE_READING:
    return "the connection was closed";
  default:
    break;
  }
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return std::string{"TLS failed: "} + text.data();
}

} // namespace

/// OpenSSL's way to the socket: reads fetch, writes are collected and leave in flush().
struct channel::bio {
  static int read(BIO* b, char* to, int size) {
    auto* c = static_cast<channel*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    if (!c->drained_) {
      const auto got = ::recv(c->fd_, to, static_cast<std::size_t>(size), 0);
      // A short read emptied the socket; epoll is level triggered and tells when there is more.
      c->drained_ = got < size;
      if (got >= 0) return static_cast<int>(got);
      if (errno != EAGAIN && errno != EINTR) {
        c->fail_with_errno("reading");
        return -1;
      }
    }
    BIO_set_retry_read(b);
    return -1;
  }
  static int write(BIO* b, const char* from, int size) {
    auto* c = static_cast<channel*>(BIO_get_data(b));
    BIO_clear_retry_flags(b);
    c->encrypted_.insert(c->encrypted_.end(), from, from + size);
    return size;
  }
  static long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH || command == BIO_CTRL_PUSH || command == BIO_CTRL_POP ? 1 : 0;
  }
  static BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, decltype(&BIO_meth_free)> instance{
        [] {
          auto* m = BIO_meth_new(BIO_TYPE_SOURCE_SINK | BIO_get_new_index(), "pactor");
          BIO_meth_set_read(m, &bio::read);
          BIO_meth_set_write(m, &bio::write);
          BIO_meth_set_ctrl(m, &bio::control);
          return m;
        }(),
        &BIO_meth_free};
    return instance.get();
  }
};

channel::channel(int fd, SSL_CTX* context, side which) : fd_{fd}, ssl_{SSL_new(context)} {
  auto* b = ssl_ ? BIO_new(bio::method()) : nullptr;
  if (!b) {
    SSL_free(ssl_);
    throw std::bad_alloc{};
  }
  BIO_set_data(b, this);
  BIO_set_init(b, 1);
  SSL_set_bio(ssl_, b, b);
  SSL_set_read_ahead(ssl_, 1);
  SSL_set_default_read_buffer_len(ssl_, fetch_size);
  which == side::server ? SSL_set_accept_state(ssl_) : SSL_set_connect_state(ssl_);
}

channel::~channel() {
  SSL_free(ssl_);
  ERR_clear_error(); // what is left in the queue would be blamed on the next connection of this thread
}

void channel::say_first(const std::string& word) { SSL_set_tlsext_host_name(ssl_, word.c_str()); }

X509* channel::peer_certificate() const { return SSL_get0_peer_certificate(ssl_); }

bool channel::fail_with_errno(const char* what) {
  if (failure_.empty()) failure_ = std::string{what} + " failed: " + errno_text(errno);
  return false;
}

void channel::fail_with_ssl(int result) {
  const auto kind = SSL_get_error(ssl_, result);
  const auto code = ERR_peek_last_error();
  if (failure_.empty()) {
    if (kind == SSL_ERROR_ZERO_RETURN || (kind == SSL_ERROR_SYSCALL && code == 0))
      failure_ = "the connection was closed";
    else if (failure_ = security::tls_context::refusal(ssl_); failure_.empty())
      failure_ = explain(code);
  }
  ERR_clear_error();
}

bool channel::flush() {
  while (unsent()) {
    const auto n = ::send(fd_, encrypted_.data() + sent_, encrypted_.size() - sent_, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN || fail_with_errno("sending");
    }
    sent_ += static_cast<std::size_t>(n);
  }
  encrypted_.clear();
  sent_ = 0;
  return true;
}

channel::progress channel::shake_result(int result) {
  if (result == 1) {
    shaking_ = false;
    return flush() ? progress::done : progress::failed;
  }
  const auto kind = SSL_get_error(ssl_, result);
  if (kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
    fail_with_ssl(result);
    flush(); // the alert tells the peer why
    return progress::failed;
  }
  ERR_clear_error();
  return flush() ? progress::again : progress::failed;
}

channel::progress channel::handshake() {
  if (!shaking_) return progress::done;
  ERR_clear_error();
  return shake_result(SSL_do_handshake(ssl_));
}

std::ptrdiff_t channel::read(char* to, std::size_t size) {
  ERR_clear_error();
  const auto n = SSL_read(ssl_, to, static_cast<int>(std::min<std::size_t>(size, 1U << 30)));
  if (n > 0) return n;
  const auto kind = SSL_get_error(ssl_, n);
  if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE) {
    ERR_clear_error();
    return 0;
  }
  fail_with_ssl(n);
  return -1;
}

std::ptrdiff_t channel::write(std::span<const iovec> parts) {
  std::size_t taken = 0, part = 0, offset = 0;
  if (!flush()) return -1;
  while (part < parts.size() && encrypted_.size() < burst_size) {
    const char* from = nullptr;
    std::size_t size = 0;
    if (parts[part].iov_len - offset >= record_size) { // a full record from where it lies
      from = static_cast<const char*>(parts[part].iov_base) + offset;
      size = record_size;
      offset += size;
    } else { // small pieces are gathered: a record each would cost more than the copy
      gathered_.clear();
      while (part < parts.size() && gathered_.size() < record_size) {
        const auto n = std::min(record_size - gathered_.size(), parts[part].iov_len - offset);
        const auto* begin = static_cast<const char*>(parts[part].iov_base) + offset;
        gathered_.insert(gathered_.end(), begin, begin + n);
        offset += n;
        if (offset == parts[part].iov_len) {
          ++part;
          offset = 0;
        }
      }
      from = gathered_.data();
      size = gathered_.size();
    }
    if (part < parts.size() && offset == parts[part].iov_len) {
      ++part;
      offset = 0;
    }
    if (size == 0) continue;
    ERR_clear_error();
    if (const auto n = SSL_write(ssl_, from, static_cast<int>(size)); n != static_cast<int>(size)) {
      fail_with_ssl(n); // never "again": our BIO takes everything
      return -1;
    }
    taken += size;
  }
  return flush() ? static_cast<std::ptrdiff_t>(taken) : -1;
}

std::string channel::establish(std::chrono::steady_clock::time_point deadline) {
  const auto wait = [&](short events) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    pollfd p{fd_, events, 0};
    return left.count() > 0 && ::poll(&p, 1, static_cast<int>(left.count())) > 0;
  };
  for (;;) {
    begin_read();
    const auto state = handshake();
    if (state == progress::failed) return failure_;
    if (state == progress::done) break;
    if (!wait(static_cast<short>(POLLIN | (unsent() ? POLLOUT : 0))))
      return "the TLS handshake was not answered in time";
  }
  char first = 0;
  for (;;) {
    begin_read();
    ERR_clear_error();
    const auto n = SSL_peek(ssl_, &first, 1);
    if (n == 1) return {};
    if (const auto kind = SSL_get_error(ssl_, n); kind != SSL_ERROR_WANT_READ && kind != SSL_ERROR_WANT_WRITE) {
      fail_with_ssl(n);
      return failure_;
    }
    if (!wait(POLLIN)) return "the controller accepted the connection but said nothing in time";
  }
}

} // namespace pactor::transport
