#include "runtime/core/acknowledgements.hpp"

namespace pactor::core {

void acknowledgements::received(key from) {
  auto& s = sources_[from];
  s.pending.push_back(1); // who reads it
  reading_ = from;
  passed_to_ = nullptr;
  reading_frame_ = s.first + s.pending.size() - 1;
}

void acknowledgements::finished() {
  if (reading_ == nullptr) return;
  const held h{reading_, reading_frame_};
  reading_ = nullptr;
  release(h);
}

void acknowledgements::hold(destination& d) {
  d.sources.push_back({reading_, reading_frame_});
  ++d.open;
  const auto s = sources_.find(reading_);
  if (s != sources_.end()) ++s->second.pending[reading_frame_ - s->second.first];
}

void acknowledgements::release(const held& h) {
  const auto at = sources_.find(h.source);
  if (at == sources_.end()) return;
  auto& s = at->second;
  if (h.frame < s.first || h.frame - s.first >= s.pending.size()) return;
  --s.pending[h.frame - s.first];
  while (!s.pending.empty() && s.pending.front() == 0) {
    s.pending.pop_front();
    ++s.first;
  }
}

void acknowledgements::sent(key to) {
  if (to == passed_to_) passed_to_ = nullptr;
  auto& d = destinations_[to];
  d.sent.push_back(d.open);
  d.open = 0;
}

void acknowledgements::acknowledged(key who, std::uint64_t frames) {
  const auto at = destinations_.find(who);
  if (at == destinations_.end()) return;
  auto& d = at->second;
  for (; d.acknowledged < frames && !d.sent.empty(); ++d.acknowledged) {
    for (auto n = d.sent.front(); n > 0; --n) {
      release(d.sources.front());
      d.sources.pop_front();
    }
    d.sent.pop_front();
  }
}

void acknowledgements::source_gone(key from) {
  if (reading_ == from) reading_ = nullptr;
  sources_.erase(from);
  for (auto& [to, d] : destinations_)
    for (auto& h : d.sources)
      if (h.source == from) h.source = nullptr;
}

void acknowledgements::destination_gone(key who) {
  if (who == passed_to_) passed_to_ = nullptr;
  const auto at = destinations_.find(who);
  if (at == destinations_.end()) return;
  for (const auto& h : at->second.sources) release(h);
  destinations_.erase(at);
}

std::uint64_t acknowledgements::done(key from) const {
  const auto at = sources_.find(from);
  return at == sources_.end() ? 0 : at->second.first - 1;
}

std::size_t acknowledgements::open() const {
  std::size_t all = 0;
  for (const auto& [from, s] : sources_) all += s.pending.size();
  return all;
}

std::optional<std::uint64_t> acknowledgements::due(key from, std::uint64_t step) {
  const auto at = sources_.find(from);
  if (at == sources_.end()) return std::nullopt;
  auto& s = at->second;
  if (s.first - 1 < s.told + step) return std::nullopt;
  return s.told = s.first - 1;
}

bool acknowledgements::untold(key from) const {
  const auto at = sources_.find(from);
  return at != sources_.end() && at->second.first - 1 > at->second.told;
}

void acknowledgements::told(key from) {
  if (const auto at = sources_.find(from); at != sources_.end()) at->second.told = at->second.first - 1;
}

} // namespace pactor::core
