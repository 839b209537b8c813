#pragma once
// Where a job writes its result: memory that is used again for the next one, or, for a large result, the memory file
// that it is sent in.

#include "pactor/job_abi.h"
#include "runtime/process/unique_fd.hpp"
#include "runtime/worker/memory_map.hpp"

#include <cstddef>
#include <optional>

namespace pactor::worker {

class result_buffer : public pactor_sink {
public:
  result_buffer() noexcept;
  result_buffer(const result_buffer&) = delete;
  result_buffer& operator=(const result_buffer&) = delete;

  /// Ready for the next result.
  void clear() noexcept;
  [[nodiscard]] const char* data() const noexcept { return file_ ? file_->data() : small_.data(); }
  /// The result as a memory file if it is larger than inline_limit, else nothing. Call once. @throws error{system}
  [[nodiscard]] process::unique_fd take_file();

private:
  char* make_room(std::size_t kept, std::size_t wanted, std::size_t& capacity);
  static char* grow_for_job(void* state, std::size_t kept, std::size_t wanted, std::size_t* capacity) noexcept;

  detail::bytes small_;
  std::optional<memory_file> file_;
};

} // namespace pactor::worker
