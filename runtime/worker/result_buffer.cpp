#include "runtime/worker/result_buffer.hpp"

#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <cstring>

namespace pactor::worker {

namespace {
// Kept between results; larger ones are rare enough to be allocated anew.
constexpr std::size_t kept_capacity = std::size_t{64} << 10;
} // namespace

result_buffer::result_buffer() : pactor_sink{sizeof(pactor_sink), this, &grow_for_job, 0} {}

void result_buffer::clear() noexcept {
  used = 0;
  file_.reset();
  reference_.reset();
  if (small_.size() > kept_capacity) small_ = {};
}

std::optional<result_buffer::sent_file> result_buffer::take_file() {
  if (!file_ || used <= file_limit) return std::nullopt;
  auto fd = file_->share();
  const auto number = files_.lend(std::move(*file_));
  file_.reset();
  return sent_file{std::move(fd), number};
}

char* result_buffer::make_room(std::size_t kept, std::size_t wanted, std::size_t& capacity) {
  if (file_) {
    // Pages of a memory file that nothing was written to take no memory.
    if (wanted > file_->size()) file_->grow(std::max(wanted, 2 * file_->size()));
  } else if (wanted > inline_limit || (wanted > file_limit && !files_.crowded())) {
    auto file = files_.take(wanted);
    if (kept > 0) std::memcpy(file.data(), small_.data(), kept);
    file_ = std::move(file);
  } else if (wanted > small_.size()) {
    auto grown = detail::bytes::allocate(std::clamp(2 * wanted, std::size_t{1024}, inline_limit));
    if (kept > 0) std::memcpy(grown.data(), small_.data(), kept);
    small_ = std::move(grown);
  }
  capacity = file_ ? file_->size() : small_.size();
  return file_ ? file_->data() : small_.data();
}

char* result_buffer::grow_for_job(void* state, std::size_t kept, std::size_t wanted, std::size_t* capacity) noexcept {
  try {
    return static_cast<result_buffer*>(state)->make_room(kept, wanted, *capacity);
  } catch (...) {
    return nullptr; // the job's encoder says that there is no memory
  }
}

} // namespace pactor::worker
