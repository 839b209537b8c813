#pragma once
// Outcomes that a node sent and that may not have arrived: kept until they are acknowledged, so that they can be sent
// again to a controller that was restarted.

#include "pactor/detail/bytes.hpp"
#include "runtime/core/owner.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <utility>
#include <vector>

namespace pactor::core {

/// The frames of one connection, numbered from 1 as they leave. Bounded: the oldest are forgotten first. No copy and no
/// allocation an outcome.
class outcome_ledger {
public:
  static constexpr std::size_t default_limit = std::size_t{64} << 20;
  explicit outcome_ledger(std::size_t limit = default_limit) noexcept : limit_{limit} {}

  /// The batch that leaves next has one more outcome, of this task.
  void note(const owner& whose) { noted_.push_back(whose); }
  /// The batch leaves. What tasks say is kept only while it is muted. @return false if it must not be sent now, only
  /// kept
  bool leaves(const detail::slice& frame);
  /// The first `frames` of this connection are done with.
  void acknowledged(std::uint64_t frames);

  /// From now on frames are kept only.
  void mute() noexcept { muted_ = true; }
  [[nodiscard]] bool muted() const noexcept { return muted_; }
  /// A new connection: numbers begin anew. @return what the old one left, in order; the caller sends it
  struct kept {
    detail::slice frame;
    std::vector<owner> owners; ///< of its outcomes, in order
    bool unsent = false;       ///< it never left, so that what tasks said in it was not heard
  };
  [[nodiscard]] std::vector<kept> resume();
  /// Nobody wants what is kept.
  void clear();

  /// Calls f(frame, owners) for what is kept, in order.
  template <class F>
  void for_each(F&& f) const {
    for (const auto& k : frames_)
      if (!k.owners.empty()) f(k.frame, k.owners);
  }
  /// True while outcomes that were forgotten may still be missed.
  [[nodiscard]] bool forgot() const noexcept { return forgotten_to_ > acknowledged_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Frames that left over this connection.
  [[nodiscard]] std::uint64_t left() const noexcept { return first_ - 1 + frames_.size(); }

private:
  void drop_first();
  std::size_t limit_, bytes_ = 0;
  std::vector<owner> noted_;
  std::deque<kept> frames_; // those without a frame hold nothing
  std::vector<std::vector<owner>> spare_;
  std::uint64_t first_ = 1; // number of frames_.front()
  std::uint64_t forgotten_to_ = 0, acknowledged_ = 0;
  bool muted_ = false;
};

} // namespace pactor::core
