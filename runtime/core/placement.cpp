#include "runtime/core/placement.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace pactor::core {

using parts::engine;
using parts::rank;

std::optional<scheme> scheme_named(std::string_view name) {
  const auto* const at = std::find(scheme_names.begin(), scheme_names.end(), name);
  if (at == scheme_names.end()) return std::nullopt;
  return static_cast<scheme>(at - scheme_names.begin());
}

rank placement::rank_of(engine& e) const {
  constexpr auto last = std::numeric_limits<std::int64_t>::max();
  if (e.paused || e.draining) return {last, e.used, &e};
  if (e.robbed && e.count > 0) return {last - 1, e.used, &e}; // the first one tells whether any has room
  return {options_.hwm > 0 ? static_cast<std::int64_t>(e.count) : e.work, e.used, &e};
}

void placement::add(engine& e) {
  use(e);
  count(e);
  ranks_.push(rank_of(e));
}

void placement::remove(const engine& e) {
  if (e.idle) --idle_;
  ranks_.remove(e.place);
}

/// Notes whether the engine has room, and whether it is idle.
void placement::count(engine& e) {
  const auto room = has_room(e), idle = e.count == 0 && !e.paused && !e.draining;
  if (room && !e.roomy) ++openings_;
  e.roomy = room;
  idle_ += static_cast<std::size_t>(idle) - static_cast<std::size_t>(e.idle);
  e.idle = idle;
}

engine* placement::choose() {
  if (options_.scheme == scheme::leastload) return ranks_.front().engine;
  return choose_if([](const engine&) { return true; });
}

engine* placement::choose(std::span<engine* const> among) {
  roomy_.clear();
  for (auto* e : among)
    if (e->roomy) roomy_.push_back(e);
  return pick(roomy_);
}

engine* placement::pick(std::span<engine* const> roomy) {
  if (roomy.empty()) return nullptr;
  const auto by_rank = [this](const engine* a, const engine* b) { return ranks_[a->place] < ranks_[b->place]; };
  const auto by_use = [](const engine* a, const engine* b) { return a->used < b->used; };
  switch (options_.scheme) {
  case scheme::leastload:
    break;
  case scheme::lru:
    return *std::min_element(roomy.begin(), roomy.end(), by_use);
  case scheme::plainrandom:
    return roomy[draw(roomy.size())];
  case scheme::twobin: {
    auto* const a = roomy[draw(roomy.size())];
    auto* const b = roomy[draw(roomy.size())];
    return by_use(a, b) ? a : b;
  }
  case scheme::weighted: {
    auto* const a = roomy[draw_idle(roomy)];
    auto* const b = roomy[draw_idle(roomy)];
    return by_rank(a, b) ? a : b;
  }
  }
  return *std::min_element(roomy.begin(), roomy.end(), by_rank);
}

std::size_t placement::draw(std::size_t count) { // xorshift64*
  random_ ^= random_ >> 12;
  random_ ^= random_ << 25;
  random_ ^= random_ >> 27;
  // NOLINTNEXTLINE(clang-analyzer-core.DivideZero): nobody draws from none
  return static_cast<std::size_t>((random_ * 2685821657736338717ULL) >> 33) % count;
}

/// An engine with `n` tasks has a weight of 1 / (n + 1).
std::size_t placement::draw_idle(std::span<engine* const> roomy) {
  const auto weight_of = [](const engine& e) {
    return (std::size_t{1} << 20) / std::min<std::size_t>(e.count + 1, 4096);
  };
  std::size_t all = 0;
  for (const auto* e : roomy) all += weight_of(*e);
  auto left = draw(all);
  for (std::size_t i = 0; i < roomy.size(); ++i) {
    const auto weight = weight_of(*roomy[i]);
    if (left < weight) return i;
    left -= weight;
  }
  return roomy.size() - 1;
}

} // namespace pactor::core
