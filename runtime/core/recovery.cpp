#include "runtime/core/recovery.hpp"

namespace pactor::core {

void recovery::expect(std::span<const int> engines, std::span<const std::uint32_t> clients, std::span<const int> lost) {
  engines_ = {engines.begin(), engines.end()};
  expected_ = clients_ = {clients.begin(), clients.end()};
  for (const auto e : lost) (engines_.contains(e) ? forgetful_ : lost_).insert(e);
  open_ = true;
}

void recovery::node_told(std::span<const int> engines, const std::vector<run>& runs, bool forgot) {
  for (const auto e : engines) {
    engines_.erase(e);
    lost_.erase(e);
  }
  if (forgot) forgetful_.insert(engines.begin(), engines.end());
  for (const auto& r : runs) {
    // Of several of one task, one that runs or has a result counts, else the first one told; the others' outcomes are
    // dropped.
    const auto [at, added] = held_.try_emplace({r.task.client, r.task.number}, r);
    if (!added && (at->second.runs || !r.runs)) continue;
    if (!added) unclaimed_.erase({at->second.engine, at->second.id});
    at->second = r;
    unclaimed_[{r.engine, r.id}] = r.task;
  }
}

void recovery::client_told(std::uint32_t client) {
  clients_.erase(client);
  told_.insert(client);
}

void recovery::client_lost(std::uint32_t client) {
  told_.erase(client);
  if (open_) clients_.insert(client);
}

std::optional<recovery::run> recovery::claim(const owner& task) {
  auto found = held_.extract({task.client, task.number});
  if (found.empty()) return std::nullopt;
  unclaimed_.erase({found.mapped().engine, found.mapped().id});
  return found.mapped();
}

void recovery::adopted(const run& r, std::uint64_t ours) {
  ours_[{r.engine, r.id}] = ours;
  theirs_[ours] = r.id;
}

std::uint64_t recovery::ours(std::uint64_t theirs, int engine) const {
  if (ours_.empty()) return theirs;
  const auto at = ours_.find({engine, theirs});
  return at == ours_.end() ? theirs : at->second;
}

std::uint64_t recovery::theirs(std::uint64_t ours) const {
  if (theirs_.empty()) return ours;
  const auto at = theirs_.find(ours);
  return at == theirs_.end() ? ours : at->second;
}

void recovery::ended(std::uint64_t theirs, int engine) {
  if (const auto at = ours_.extract({engine, theirs})) theirs_.erase(at.mapped());
  if (const auto at = unclaimed_.extract({engine, theirs})) held_.erase({at.mapped().client, at.mapped().number});
}

void recovery::forgotten(std::uint64_t theirs, int engine) {
  ended(theirs, engine);
  forgetful_.insert(engine);
}

std::optional<owner> recovery::unclaimed(std::uint64_t theirs, int engine) const {
  const auto at = unclaimed_.find({engine, theirs});
  return at == unclaimed_.end() ? std::nullopt : std::optional{at->second};
}

void recovery::engine_lost(int engine) {
  std::erase_if(held_, [&](const auto& entry) {
    if (entry.second.engine != engine) return false;
    unclaimed_.erase({engine, entry.second.id});
    forgetful_.insert(engine); // it may have run there
    return true;
  });
  const auto first = ours_.lower_bound({engine, 0});
  auto last = first;
  for (; last != ours_.end() && last->first.first == engine; ++last) theirs_.erase(last->second);
  ours_.erase(first, last);
}

std::vector<recovery::run> recovery::unwanted(bool all, const std::function<bool(const owner&)>& will_claim) {
  std::vector<run> result;
  std::erase_if(held_, [&](const auto& entry) {
    const auto whose = entry.second.task.client;
    if (!all && expected_.contains(whose) && !told_.contains(whose)) return false;
    if (will_claim && will_claim(entry.second.task)) return false;
    unclaimed_.erase({entry.second.engine, entry.second.id});
    result.push_back(entry.second);
    return true;
  });
  return result;
}

} // namespace pactor::core
