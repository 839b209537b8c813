#pragma once
// What the worker says: records that leave in batches, but never wait behind a job.

#include "runtime/process/unique_fd.hpp"
#include "runtime/wire/records.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>

namespace pactor::worker {

/// The job thread writes its results itself when no more input waits, and now and then in between. When it goes into
/// a job with results unwritten, a second thread writes them if the job is not short. Whoever can't write ends the
/// process: the engine is gone, or a job closed the socket.
class output {
public:
  explicit output(int fd) : fd_{fd} {}
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;

  /// Adds a record; `file` goes with it. Any thread: what one adds keeps its order.
  /// @param more whether more is to come at once, so that this one may wait for it
  /// @param now nanoseconds, of the clock that the records have
  void add(const wire::record& r, const void* payload, process::unique_fd file, bool more, std::int64_t now);

private:
  struct segment {
    detail::bytes data;
    process::unique_fd file; ///< belongs to its first byte
  };
  using lock = std::unique_lock<std::mutex>;

  void seal();
  void write_pending(lock& held);
  void write(const segment& s) const;
  void watch(lock& held);
  void run();

  int fd_;
  std::mutex mutex_;
  std::condition_variable needed_;  ///< wakes the second thread
  std::condition_variable written_; ///< another thread has written
  wire::batch batch_;
  std::deque<segment> segments_; ///< in front of batch_
  std::size_t waiting_ = 0;      ///< bytes
  std::int64_t last_write_ = 0;  ///< of threads that add
  bool writing_ = false, asleep_ = false, ending_ = false;
  std::thread thread_; ///< started when it is needed first: an idle worker is small
};

} // namespace pactor::worker
