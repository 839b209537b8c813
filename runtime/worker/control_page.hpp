#pragma once
// What an engine tells its worker while a job runs, when the socketpair is not read: a page of memory that both map.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace pactor::worker {

/// Tasks are named by their ordinal: the worker's first is 1. A task's place in time is thereby plain to both sides, so
/// that nothing meant for one task can hit the next.
struct control_page {
  /// More than a worker is ever given ahead: two tasks that it holds never share a place.
  static constexpr std::size_t places = 128;

  std::atomic<std::uint64_t> begun{0};                        ///< worker: the last task that it began
  std::atomic<std::uint64_t> cancelled{0};                    ///< engine: the task that is to end
  std::atomic<std::uint64_t> interrupted{0};                  ///< engine: the task that gets a SIGINT
  std::atomic<std::uint32_t> bell{0};                         ///< changes with these; a sleeping job waits for it
  std::array<std::atomic<std::uint64_t>, places> withdrawn{}; ///< engine: tasks that must not begin
  std::atomic<std::uint32_t> calls_mpi{0};                    ///< worker: 1 once it loaded code that calls MPI

  /// Engine: the task must not begin. @return false if it may have begun: then its outcome says what happened
  bool withdraw(std::uint64_t ordinal) noexcept {
    withdrawn[ordinal % places].store(ordinal);
    return begun.load() < ordinal;
  }
  /// Worker: begins a task. @return false if it was withdrawn
  bool begin(std::uint64_t ordinal) noexcept {
    begun.store(ordinal);
    return withdrawn[ordinal % places].load() != ordinal;
  }
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

/// A control page in memory that can be shared with another process.
class control_memory {
public:
  /// A new page. @throws error{system}
  static control_memory create();
  /// The page behind a descriptor; one of our own if there is none. @throws error{system}
  static control_memory open(int fd);

  control_memory(control_memory&& other) noexcept;
  control_memory& operator=(control_memory&& other) noexcept;
  control_memory(const control_memory&) = delete;
  control_memory& operator=(const control_memory&) = delete;
  ~control_memory();

  [[nodiscard]] control_page& page() const noexcept { return *page_; }
  /// To hand on; -1 for one that was opened.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Wakes a job that sleeps, after a change.
  void ring() const noexcept;

private:
  control_memory(int fd, control_page* page) noexcept : fd_{fd}, page_{page} {}
  int fd_ = -1;
  control_page* page_ = nullptr;
};

/// Waits until the bell is no longer at `seen`, or so long. @return at once if it is not
void wait_for_bell(const std::atomic<std::uint32_t>& bell, std::uint32_t seen, std::int64_t nanoseconds) noexcept;

} // namespace pactor::worker
