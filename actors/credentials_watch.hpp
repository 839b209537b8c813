#pragma once
// The controller's credentials while it runs: what its connection file says, whenever that changes.

#include "actors/transport/endpoint.hpp"
#include "runtime/files/controller_file.hpp"
#include "runtime/log.hpp"
#include "runtime/security/tls_context.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/types.h>

namespace pactor {

/// Whom a controller trusts and what it shows of itself. `pactor credentials` writes the file; the controller looks at
/// it from time to time, so that whoever may write it needs no other way in, and a restarted controller knows the same.
class credentials_watch {
public:
  using time_point = security::time_point;

  /// @param path  of the controller's file, which was read already
  /// @throws error{configuration} if it can't be used
  credentials_watch(std::filesystem::path path, files::controller_file file, log journal, time_point now);

  [[nodiscard]] SSL_CTX* tls() const { return tls_->get(); }

  /// Lets an endpoint do as the file says, which has the first tls() already.
  void begin(transport::endpoint& endpoint);
  /// Sees whether the file changed or a time came, and has the endpoint follow. What can't be used is told once, and
  /// the controller goes on with what it has.
  void look(transport::endpoint& endpoint, time_point now);

private:
  /// What tells a file from the one that took its place.
  struct stamp {
    ino_t inode = 0;
    std::int64_t seconds = 0, nanoseconds = 0;
    friend bool operator==(const stamp&, const stamp&) = default;
  };
  [[nodiscard]] stamp stamp_of_file() const;
  [[nodiscard]] std::string shown_at(time_point now) const;
  [[nodiscard]] std::unique_ptr<security::tls_context> make(const files::controller_file& file, time_point now);
  std::size_t guard(transport::endpoint& endpoint) const;

  std::filesystem::path path_;
  files::controller_file file_;
  log journal_;
  stamp seen_;
  std::string shown_;   ///< certificate that tls_ shows
  std::string trusted_; ///< authorities that it trusts
  std::unique_ptr<security::tls_context> tls_;
};

} // namespace pactor
