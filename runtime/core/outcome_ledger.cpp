#include "runtime/core/outcome_ledger.hpp"

#include <algorithm>

namespace pactor::core {

bool outcome_ledger::leaves(const detail::slice& frame) {
  kept k;
  if (!noted_.empty()) {
    k.frame = frame;
    bytes_ += frame.size;
    if (!spare_.empty()) {
      k.owners = std::move(spare_.back());
      spare_.pop_back();
    }
    k.owners.swap(noted_);
  }
  frames_.push_back(std::move(k));
  while (bytes_ > limit_ && oldest_ + 1 < frames_.size()) forget_oldest();
  return !muted_;
}

void outcome_ledger::forget_oldest() {
  auto& k = frames_[oldest_];
  if (!k.owners.empty()) {
    bytes_ -= k.frame.size;
    k = {};
    forgotten_to_ = first_ + oldest_;
  }
  ++oldest_;
}

void outcome_ledger::acknowledged(std::uint64_t frames) {
  constexpr std::size_t most_spare = 16;
  while (!frames_.empty() && first_ <= frames && !muted_) {
    auto& k = frames_.front();
    if (!k.owners.empty()) {
      bytes_ -= k.frame.size;
      k.owners.clear();
      if (spare_.size() < most_spare) spare_.push_back(std::move(k.owners));
    }
    frames_.pop_front();
    if (oldest_ > 0) --oldest_;
    ++first_;
  }
}

std::vector<outcome_ledger::kept> outcome_ledger::resume() {
  std::vector<kept> left;
  for (auto& k : frames_)
    if (!k.owners.empty()) left.push_back(std::move(k));
  clear();
  muted_ = false;
  return left;
}

void outcome_ledger::clear() {
  frames_.clear();
  bytes_ = 0;
  oldest_ = 0;
  first_ = 1;
  forgotten_to_ = 0;
}

} // namespace pactor::core
