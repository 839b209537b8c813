#include "runtime/worker/incoming_files.hpp"

#include "pactor/error.hpp"
#include "runtime/process/system_error.hpp"
#include "runtime/worker/memory_map.hpp"

#include <atomic>
#include <cerrno>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace pactor::worker {

struct incoming_files::state {
  struct mapped {
    std::uint64_t id, offset;
    std::size_t size;
  };
  std::mutex mutex;
  std::map<const char*, mapped, std::less<>> maps; // by first byte
  std::vector<std::uint64_t> released;
  std::atomic<bool> any_released{false};
};

incoming_files::incoming_files() : state_{std::make_shared<state>()} {}

detail::bytes incoming_files::map(std::uint64_t id, process::unique_fd file, std::uint64_t offset, std::uint64_t size) {
  struct stat status {};
  if (::fstat(file.get(), &status) != 0) throw process::system_failure("cannot read a memory file", errno);
  const auto whole = static_cast<std::uint64_t>(status.st_size);
  if (size == 0 || size > whole || offset > whole - size)
    throw error{ec::bad_payload, "a memory file of " + std::to_string(whole) + " bytes is said to have " +
                                     std::to_string(offset + size)};
  const auto lead = offset % static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  auto pages = std::make_shared<const mapping>(file.get(), offset - lead, lead + size, PROT_READ, 0);
  auto* data = pages->data() + lead;
  {
    const std::lock_guard held{state_->mutex};
    state_->maps[data] = {id, offset, size};
  }
  auto owner = std::shared_ptr<const void>(data, [id, data, all = state_, keep = std::move(pages)](const void*) {
    const std::lock_guard held{all->mutex};
    all->maps.erase(data);
    all->released.push_back(id);
    all->any_released.store(true, std::memory_order_release);
  });
  return detail::bytes::adopt(std::move(owner), data, size);
}

std::optional<incoming_files::place> incoming_files::find(const char* data) const {
  const std::lock_guard held{state_->mutex};
  auto i = state_->maps.upper_bound(data);
  if (i == state_->maps.begin()) return std::nullopt;
  --i;
  const auto at = static_cast<std::size_t>(data - i->first);
  if (at >= i->second.size) return std::nullopt;
  return place{i->second.id, i->second.offset + at};
}

std::vector<std::uint64_t> incoming_files::take_released() {
  if (!state_->any_released.load(std::memory_order_acquire)) return {};
  const std::lock_guard held{state_->mutex};
  state_->any_released.store(false, std::memory_order_relaxed);
  return std::exchange(state_->released, {});
}

} // namespace pactor::worker
