#pragma once
// Bytes in and out of one TLS connection over a non-blocking socket. Knows neither CAF nor frames.

#include <openssl/ssl.h>

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <sys/uio.h>
#include <vector>

namespace pactor::transport {

/// TLS over a socket that it does not own. Not thread-safe.
///
/// Reads fetch up to four full records in one system call and serve many small frames from it; writes gather small
/// pieces into full TLS records and hand as many to the kernel in one call. Both matter: at 200,000 tasks a second the
/// system calls are most of the cost.
class channel {
public:
  enum class side { server, client };
  enum class progress { done, again, failed };

  /// @throws std::bad_alloc
  channel(int fd, SSL_CTX* context, side which);
  channel(const channel&) = delete;
  channel& operator=(const channel&) = delete;
  ~channel();

  /// A word that stands in the clear at the start of the handshake (as the name of the server). Before that.
  void say_first(const std::string& word);
  /// Goes on with the TLS handshake as far as the socket allows.
  progress handshake();
  [[nodiscard]] bool established() const { return !shaking_; }
  /// The peer's certificate; established() only.
  [[nodiscard]] X509* peer_certificate() const;

  /// Start of a turn of reading: the socket may have bytes again.
  void begin_read() { drained_ = false; }
  /// From now on serves only what was fetched already, so that one busy peer can't hold the I/O thread.
  void stop_fetching() { drained_ = true; }
  /// @return bytes read, 0 if there is nothing now, -1 if the connection ended (failure() says why)
  std::ptrdiff_t read(char* to, std::size_t size);

  /// Takes bytes from the front of `parts`. @return how many, -1 if the connection ended
  std::ptrdiff_t write(std::span<const iovec> parts);
  /// True while encrypted bytes wait for the socket.
  [[nodiscard]] bool unsent() const { return sent_ < encrypted_.size(); }

  /// Waits until the handshake is over and the peer has said something, which is the proof that it accepted our
  /// certificate: with TLS 1.3 a client learns of a refusal only then. Blocks.
  /// @return "" or what went wrong, for a person
  std::string establish(std::chrono::steady_clock::time_point deadline);

  /// Why the connection ended, in words; "" while it lives.
  [[nodiscard]] const std::string& failure() const { return failure_; }

private:
  struct bio;
  friend struct bio;
  bool flush(); // false: the connection ended
  progress shake_result(int result);
  void fail_with_ssl(int result);
  bool fail_with_errno(const char* what);

  int fd_;
  SSL* ssl_ = nullptr;
  bool shaking_ = true, drained_ = false;
  std::vector<char> encrypted_, gathered_;
  std::size_t sent_ = 0;
  std::string failure_;
};

} // namespace pactor::transport
