#include "runtime/core/outcome_ledger.hpp"

#include <algorithm>

namespace pactor::core {

bool outcome_ledger::leaves(const detail::slice& frame) {
  kept k;
  k.unsent = muted_;
  if (!noted_.empty() || muted_) {
    k.frame = frame;
    bytes_ += frame.size;
    if (!spare_.empty()) {
      k.owners = std::move(spare_.back());
      spare_.pop_back();
    }
    k.owners.swap(noted_);
  }
  frames_.push_back(std::move(k));
  constexpr std::size_t most_frames = 65'536;
  while ((bytes_ > limit_ && frames_.size() > 1) || frames_.size() > most_frames) {
    if (!frames_.front().owners.empty()) forgotten_to_ = first_;
    drop_first();
  }
  return !muted_;
}

void outcome_ledger::drop_first() {
  constexpr std::size_t most_spare = 16;
  auto& k = frames_.front();
  bytes_ -= k.frame.size;
  if (!k.owners.empty()) {
    k.owners.clear();
    if (spare_.size() < most_spare) spare_.push_back(std::move(k.owners));
  }
  frames_.pop_front();
  ++first_;
}

void outcome_ledger::acknowledged(std::uint64_t frames) {
  if (muted_) return;
  acknowledged_ = std::max(acknowledged_, frames);
  while (!frames_.empty() && first_ <= frames) drop_first();
}

std::vector<outcome_ledger::kept> outcome_ledger::resume() {
  std::vector<kept> left;
  for (auto& k : frames_)
    if (k.frame.size > 0) left.push_back(std::move(k));
  clear();
  muted_ = false;
  return left;
}

void outcome_ledger::clear() {
  frames_.clear();
  bytes_ = 0;
  first_ = 1;
  forgotten_to_ = acknowledged_ = 0;
}

} // namespace pactor::core
