#pragma once
// What jobs print: C++ streams, stdio, write(2), and the processes that they start. Standard output and error of the
// worker are pipes that it reads itself, so that everything belongs to the task that ran.

#include "runtime/core/output_limiter.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/worker/output.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <ios>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

namespace pactor::worker {

/// Turns what is printed into output records of the task that runs, in front of its outcome. A task that prints
/// nothing costs one small system call. A second thread reads while a task runs, so that output is seen early and no
/// pipe stays full. What is printed while no task runs, by threads or processes that one left behind, goes where the
/// worker's own standard error went before.
class capture {
public:
  /// Puts the pipes in place of descriptors 1 and 2. @throws error{system}
  explicit capture(output& out);
  ~capture();
  capture(const capture&) = delete;
  capture& operator=(const capture&) = delete;

  /// The worker's own log.
  [[nodiscard]] int log() const noexcept { return log_.get(); }
  /// `f` is called in the reading thread, at least every 50 ms while a task runs. Before the first task.
  void on_look(std::function<void()> f) { on_look_ = std::move(f); }
  /// Sends the pipes' read ends to the engine, which reads what is left in them when this process is gone.
  void introduce();

  /// A task starts. Job thread only, as is end().
  void begin(std::uint64_t task) {
    task_.store(task);
    if (asleep_.load()) wake();
  }
  /// It has ended: what it printed is in the output before its outcome is. @param now as output::add()
  void end(std::int64_t now) {
    if (!quiet()) settle(now, true);
    task_.store(no_task, std::memory_order_release);
  }

  /// The process is about to exit: all that can be sent is, and the rest stays in the pipes.
  void close_down() noexcept;
  /// The same in a handler of a fatal signal.
  void last_words() noexcept;

private:
  static constexpr std::uint64_t no_task = ~std::uint64_t{0};
  struct stream {
    process::unique_fd read;
    core::output_limiter limiter;
  };
  using steady = std::chrono::steady_clock;
  using lock = std::unique_lock<std::mutex>;

  [[nodiscard]] bool quiet();
  void settle(std::int64_t now, bool outcome_follows);
  std::size_t collect(std::int64_t now, bool more, bool all_of_it);
  std::size_t read_pipe(std::size_t index, std::int64_t now, bool more);
  void heard(std::size_t index, std::string_view text, std::int64_t now, bool more);
  void say(std::size_t index, std::uint64_t omitted, std::string_view text, std::int64_t now, bool more);
  void write_log(std::string_view text) const noexcept;
  void wake();
  void run();
  void gather() const;
  bool wait_for_text(int& idle);

  output& out_;
  process::unique_fd log_, poll_, wake_;
  std::array<stream, 2> streams_; // standard output, standard error
  std::array<std::streambuf*, 2> synced_{};
  std::array<std::wstreambuf*, 2> wide_synced_{};
  std::unique_ptr<char[]> buffer_; // NOLINT(*-avoid-c-arrays)
  std::function<void()> on_look_;
  pid_t pid_;

  std::atomic<std::uint64_t> task_{no_task};
  std::atomic<bool> asleep_{true};   // the reader sleeps until it is woken
  std::atomic<bool> touched_{false}; // the reader has taken something that the task printed
  std::atomic<bool> reading_{false}; // it has something that is not sent yet
  std::atomic<bool> stopped_{false};
  std::mutex mutex_;   // of reading and sending
  std::thread reader_; // started with the first task: an idle worker is small
};

} // namespace pactor::worker
