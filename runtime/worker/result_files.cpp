#include "runtime/worker/result_files.hpp"

#include <utility>

namespace pactor::worker {

memory_file result_files::take(std::size_t size) {
  // The smallest that is large enough, and not so large that a small result pins it.
  const auto i = idle_.lower_bound(size);
  if (i == idle_.end() || i->first > 2 * size) return memory_file{size};
  auto file = std::move(i->second);
  idle_bytes_ -= i->first;
  idle_.erase(i);
  return file;
}

std::uint64_t result_files::lend(memory_file file) {
  if (crowded()) return 0;
  lent_.emplace(++last_, std::move(file));
  return last_;
}

void result_files::recycle(std::uint64_t number) {
  auto entry = lent_.extract(number);
  if (!entry) return;
  const auto size = entry.mapped().size();
  idle_bytes_ += size;
  idle_.emplace(size, std::move(entry.mapped()));
  while (idle_bytes_ > most_idle_) { // the largest cost most to make
    idle_bytes_ -= idle_.begin()->first;
    idle_.erase(idle_.begin());
  }
}

} // namespace pactor::worker
