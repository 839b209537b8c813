#pragma once
// What the engine sends: records from the socketpair, with the memory files that belong to them.

#include "pactor/detail/bytes.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/incoming_files.hpp"

#include <cstddef>
#include <deque>
#include <optional>

namespace pactor::worker {

struct incoming {
  wire::record record;
  /// Aligned to 16. Without `own` it lies in the input's buffer, until the next call of next(); null if the record
  /// announced a memory file that did not come.
  detail::slice payload;
  bool waited = false; ///< nothing was there when it was asked for
};

class input {
public:
  /// @param a_read  bytes that are fetched at a time
  explicit input(int fd, std::size_t a_read = std::size_t{256} << 10);

  /// Where large payloads lie.
  [[nodiscard]] incoming_files& files() noexcept { return mapped_; }

  /// The next record; waits for it. @return nothing at the end: the engine went away, someone closed the descriptor,
  /// or what comes are no records
  std::optional<incoming> next();

  /// True if next() would not have to wait for the engine.
  [[nodiscard]] bool more() const noexcept;

private:
  bool receive();
  void make_room();
  [[nodiscard]] std::size_t left() const noexcept { return have_ - at_; }

  int fd_;
  std::size_t a_read_;
  detail::bytes buffer_;
  std::size_t at_ = 0, have_ = 0;
  std::deque<process::unique_fd> files_;
  incoming_files mapped_;
};

} // namespace pactor::worker
