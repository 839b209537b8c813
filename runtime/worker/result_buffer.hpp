#pragma once
// Where a job writes its result: memory that is used again for the next one, or, for a large result, the memory file
// that it is sent in.

#include "pactor/job_abi.h"
#include "runtime/process/unique_fd.hpp"
#include "runtime/worker/memory_map.hpp"
#include "runtime/worker/protocol.hpp"
#include "runtime/worker/result_files.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace pactor::worker {

class result_buffer : public pactor_sink {
public:
  result_buffer();
  result_buffer(const result_buffer&) = delete;
  result_buffer& operator=(const result_buffer&) = delete;

  /// Ready for the next result.
  void clear() noexcept;
  [[nodiscard]] const char* data() const noexcept { return file_ ? file_->data() : small_.data(); }
  struct sent_file {
    process::unique_fd fd;
    std::uint64_t number = 0; ///< for recycle()
  };
  /// The result as a memory file if it is in one, else nothing: it is small, or not so large and many are out. Call
  /// once. @throws error{system}
  [[nodiscard]] std::optional<sent_file> take_file();
  /// Nobody reads the result in that file any more.
  void recycle(std::uint64_t number) { files_.recycle(number); }

  /// The result is a part of a file that the engine has.
  struct reference {
    std::uint64_t file = 0;
    file_part part;
  };
  void refer(std::uint64_t file, file_part part) noexcept { reference_ = reference{file, part}; }
  [[nodiscard]] const std::optional<reference>& referred() const noexcept { return reference_; }

private:
  char* make_room(std::size_t kept, std::size_t wanted, std::size_t& capacity);
  static char* grow_for_job(void* state, std::size_t kept, std::size_t wanted, std::size_t* capacity) noexcept;

  detail::bytes small_;
  result_files files_;
  std::optional<memory_file> file_;
  std::optional<reference> reference_;
};

} // namespace pactor::worker
