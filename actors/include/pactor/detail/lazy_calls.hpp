#pragma once
// The tasks of a lazy map: sent as their results are taken, a bounded number ahead.

#include "pactor/detail/session.hpp"
#include "pactor/detail/submission.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <optional>

namespace pactor::detail {

/// One task's worth of elements.
struct lazy_chunk {
  slice payload; ///< an encoded call
  std::size_t elements = 0;
};

/// For one thread, but for cancel().
class lazy_calls {
public:
  struct source {
    std::function<std::optional<lazy_chunk>()> next; ///< nothing at the end
    std::function<void(const std::shared_ptr<call>& task, const slice& payload)> send;
    std::shared_ptr<const task_options> options{}; ///< null: the defaults
  };
  /// @param window the most tasks that are sent and not taken
  lazy_calls(source s, std::shared_ptr<session> link, std::shared_ptr<const job_info> job, std::size_t window,
             bool ordered);

  /// Sends ahead, waits, and hands out the next task that ended; null at the end.
  /// @throws what the source did, once everything before it is handed out
  std::shared_ptr<const submission> next();
  /// Sends nothing more; what was sent is still handed out. Thread-safe.
  void cancel() noexcept { cancelled_ = true; }
  /// Tasks that were sent and not handed out yet.
  [[nodiscard]] std::size_t outstanding() const noexcept { return sent_.size(); }

private:
  struct arrivals;
  void send_ahead();
  std::deque<std::shared_ptr<const submission>>::iterator first_ended();

  source source_;
  std::shared_ptr<session> link_;
  std::shared_ptr<const job_info> job_;
  std::size_t window_;
  bool ordered_, at_end_ = false;
  std::atomic<bool> cancelled_{false};
  std::exception_ptr fault_; ///< of the source
  std::deque<std::shared_ptr<const submission>> sent_;
  std::shared_ptr<arrivals> arrivals_; ///< unordered
};

} // namespace pactor::detail
