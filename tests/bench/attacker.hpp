#pragma once
// Someone who can reach the port and has no credentials, in a process of its own.

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace bench {

/// What each of its connections does.
enum class attack {
  half_open,   ///< nothing
  slow,        ///< sends the beginning of a TLS handshake, ten bytes a second
  huge_length, ///< says that a record of 65,535 bytes follows, and sends some of it
  handshakes,  ///< TLS handshakes without a certificate
};

struct attack_options {
  attack kind{};
  std::uint16_t port = 0;
  int connections = 1'000; ///< that it wants to have open
  int rate = 1'000;        ///< connections that it opens in a second, at most
};

/// Attacks while it is told to. What is closed is opened again.
class attacker {
public:
  explicit attacker(const attack_options& options);
  attacker(const attacker&) = delete;
  attacker& operator=(const attacker&) = delete;
  ~attacker();

  void begin();
  /// Closes all its connections.
  void pause();
  /// Connections that it has opened so far, and those that are open.
  struct counts {
    long opened = 0, open = 0;
  };
  [[nodiscard]] counts count() const;
  [[nodiscard]] pid_t pid() const { return pid_; }

private:
  int control_ = -1; // a pipe
  void* shared_ = nullptr;
  pid_t pid_ = 0;
};

/// A process that takes a share of a processor while it is told to, and does nothing else: what an attacker of the same
/// appetite costs everybody, whatever it attacks.
class bystander {
public:
  bystander();
  bystander(const bystander&) = delete;
  bystander& operator=(const bystander&) = delete;
  ~bystander();

  /// @param share  of one processor, from 0 (none) to 1
  void take(double share);

private:
  int control_ = -1; // a pipe
  pid_t pid_ = 0;
};

} // namespace bench
