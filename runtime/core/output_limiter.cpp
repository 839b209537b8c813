#include "runtime/core/output_limiter.hpp"

namespace pactor::core {

void output_limiter::earn(time_point now) {
  using std::chrono::milliseconds;
  constexpr milliseconds long_enough{60'000};
  const auto elapsed = std::chrono::duration_cast<milliseconds>(now - since_);
  if (elapsed.count() <= 0) return;
  since_ = elapsed > long_enough ? now : since_ + elapsed;
  const auto earned = limits_.per_second * static_cast<std::size_t>(std::min(elapsed, long_enough).count()) / 1'000;
  credit_ = std::min(credit_ + earned, limits_.burst);
}

void output_limiter::hold(std::string_view text) {
  if (text.size() > limits_.held) {
    omitted_ += waiting() + text.size() - limits_.held;
    text.remove_prefix(text.size() - limits_.held);
    first_ = held_.size();
  } else if (const auto all = waiting() + text.size(); all > limits_.held) {
    omitted_ += all - limits_.held;
    first_ += all - limits_.held;
  }
  // What is gone is removed now and then, not for every line.
  if (first_ >= limits_.held || first_ == held_.size()) {
    held_.erase(0, first_);
    first_ = 0;
  }
  held_ += text;
}

void output_limiter::forget() {
  constexpr std::size_t kept = std::size_t{64} << 10;
  if (held_.capacity() > kept)
    std::string{}.swap(held_);
  else
    held_.clear();
  first_ = 0;
  omitted_ = 0;
}

} // namespace pactor::core
