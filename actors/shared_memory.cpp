#include "actors/shared_memory.hpp"

#include <algorithm>
#include <fcntl.h>
#include <functional>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace pactor {

namespace {

constexpr std::size_t granularity = std::size_t{64} << 10;
constexpr std::size_t most_free = 64; // each is a descriptor of this process

/// One memory file, mapped for writing.
struct region {
  region(process::unique_fd f, char* d, std::size_t s) : fd{std::move(f)}, data{d}, size{s} {}
  region(const region&) = delete;
  region& operator=(const region&) = delete;
  ~region() { ::munmap(data, size); }

  process::unique_fd fd;
  char* data;
  std::size_t size;
};

/// @return null if there is no memory
std::unique_ptr<region> make_region(std::size_t size) {
  process::unique_fd fd{::memfd_create("pactor-payload", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
  // Allocated now: a page that can't be had later would be a signal. Readers rely on the size; the content is written
  // again, for the next payload.
  if (!fd || ::fallocate(fd.get(), 0, 0, static_cast<off_t>(size)) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return nullptr;
  // Mapped at once: one fault for each page would cost as much as the copy.
  void* at = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd.get(), 0);
  if (at == MAP_FAILED) return nullptr;
  return std::make_unique<region>(std::move(fd), static_cast<char*>(at), size);
}

} // namespace

struct shared_memory::state {
  std::mutex mutex;
  limits most;
  std::size_t idle = 0;
  std::map<const char*, const region*, std::greater<>> lent; // by first byte
  std::multimap<std::size_t, std::unique_ptr<region>> free;  // by size

  /// The smallest that is large enough, and not so large that a small payload pins it.
  std::unique_ptr<region> take(std::size_t size) {
    const std::lock_guard held{mutex};
    const auto i = free.lower_bound(size);
    if (i == free.end() || i->first > 2 * size) return nullptr;
    auto result = std::move(i->second);
    free.erase(i);
    idle -= result->size;
    return result;
  }
  [[nodiscard]] bool exhausted() {
    const std::lock_guard held{mutex};
    return lent.size() >= most.in_use;
  }
  void give_back(std::unique_ptr<region> r) {
    std::vector<std::unique_ptr<region>> surplus; // unmapped without the lock
    const std::lock_guard held{mutex};
    lent.erase(r->data);
    idle += r->size;
    const auto size = r->size;
    free.emplace(size, std::move(r));
    while (idle > most.idle || free.size() > most_free) {
      const auto smallest = free.begin(); // the largest cost most to make
      idle -= smallest->first;
      surplus.push_back(std::move(smallest->second));
      free.erase(smallest);
    }
  }
};

shared_memory::shared_memory(limits most) : state_{std::make_shared<state>()} { state_->most = most; }

detail::bytes shared_memory::allocate(std::size_t size) {
  if (size > SIZE_MAX / 2 || state_->exhausted()) return {};
  const auto rounded = std::max(granularity, (size + granularity - 1) / granularity * granularity);
  auto r = state_->take(rounded);
  if (!r) r = make_region(rounded);
  if (!r) return {};
  auto* const data = r->data;
  {
    const std::lock_guard held{state_->mutex};
    state_->lent.emplace(data, r.get());
  }
  auto owner = std::shared_ptr<const void>(
      data, [all = state_, r = r.release()](const void*) { all->give_back(std::unique_ptr<region>{r}); });
  return detail::bytes::adopt(std::move(owner), data, rounded);
}

std::optional<shared_memory::place> shared_memory::find(const char* data) const {
  const std::lock_guard held{state_->mutex};
  const auto i = state_->lent.lower_bound(data); // the last that does not begin behind it
  if (i == state_->lent.end()) return std::nullopt;
  const auto offset = static_cast<std::size_t>(data - i->first);
  if (offset >= i->second->size) return std::nullopt;
  return place{i->second->fd.get(), offset};
}

std::size_t shared_memory::idle() const {
  const std::lock_guard held{state_->mutex};
  return state_->idle;
}

} // namespace pactor
