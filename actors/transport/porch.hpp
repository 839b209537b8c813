#pragma once
// Connections that were accepted and did not begin their handshake yet. Who leaves costs nothing; who shows that it has
// this start's connection file comes in before others, also from an address that floods the port.

#include "actors/transport/waiting_room.hpp"
#include "runtime/process/unique_fd.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::transport {

/// Of host:port.
[[nodiscard]] inline std::string_view host_of(std::string_view address) {
  return address.substr(0, address.rfind(':'));
}

struct visitor {
  process::unique_fd fd;
  std::string address; ///< host:port
  bool knows_the_word = false;
};

/// One thread.
class porch {
public:
  /// @param word that members say in the clear when they begin to talk; "": nobody does
  /// @throws error{system}
  porch(std::size_t places, std::string word);

  /// Readable when look() has something to do; to be watched, not read.
  [[nodiscard]] int events() const noexcept { return events_.get(); }
  /// @return who has to go for it, if it is full
  std::optional<visitor> add(visitor v);
  /// Sees who has said something. @return those who left
  std::vector<visitor> look();
  /// Members first; hosts take turns.
  std::optional<visitor> next();
  /// Whether next() is somebody who knows the word.
  [[nodiscard]] bool knows_next() const noexcept { return members_.size() > 0; }
  [[nodiscard]] std::size_t size() const noexcept { return strangers_.size() + members_.size(); }

private:
  enum class sign { none, word, left };
  [[nodiscard]] sign sign_of(int fd, bool hung_up) const;

  std::string word_;
  process::unique_fd events_;
  waiting_room<visitor> strangers_, members_;
};

} // namespace pactor::transport
