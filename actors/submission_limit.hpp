#pragma once
// How many tasks a client may have open: beyond that its threads wait, or are told so.

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace pactor {

/// Everything with the client's mutex held.
class submission_limit {
public:
  struct limits {
    std::size_t tasks = 1'000'000;            ///< 0: any number
    std::size_t bytes = std::size_t{1} << 30; ///< of their payloads; 0: any number
    bool wait = true;                         ///< false: would_block in place of waiting
  };
  /// What is open.
  struct load {
    std::size_t tasks = 0, bytes = 0;
  };

  /// @param never_waits whether the thread that asks must not be held up
  void set(const limits& most, std::function<bool()> never_waits) {
    most_ = most;
    never_waits_ = std::move(never_waits);
  }
  /// This thread never waits.
  void spare_this_thread() { spared_ = std::this_thread::get_id(); }

  /// Returns when there is room for one more submission, with the lock held; at once where that is so already. A
  /// submission finds room whenever nothing else is open, however large it is.
  /// @param more    what is to be submitted; where nobody may wait, of the whole call if this is the first of it
  /// @param first   whether it is: the rest of a call that was let in is let in as well then
  /// @param open    () -> load; @param ended () -> bool: there will be no room any more, which the caller deals with
  /// @return whether it waited
  /// @throws would_block
  template <class Open, class Ended>
  bool admit(std::unique_lock<std::mutex>& lock, const load& more, bool first, Open open, Ended ended) {
    if (has_room(open(), more, whole)) return false;
    if (!may_wait()) {
      if (first) refuse(open());
      return false;
    }
    ++waiting_;
    // Not at the first that ends: whoever waits then goes on for a while.
    room_.wait(lock, [&] { return ended() || has_room(open(), more, part); });
    --waiting_;
    return true;
  }
  /// Tasks have ended. @param open () -> load
  template <class Open>
  void left(Open open) {
    if (waiting_ > 0 && has_room(open(), {1, 0}, part)) room_.notify_all();
  }
  /// Nobody is to wait any longer.
  void ended() { room_.notify_all(); }
  [[nodiscard]] bool may_wait() const;

private:
  static constexpr std::size_t whole = 8, part = 7; // eighths of the limits
  [[nodiscard]] bool has_room(const load& open, const load& more, std::size_t eighths) const;
  [[noreturn]] void refuse(const load& open) const;

  limits most_;
  std::function<bool()> never_waits_;
  std::thread::id spared_;
  std::condition_variable room_;
  std::size_t waiting_ = 0;
};

} // namespace pactor
