#include "runtime/core/task_history.hpp"

namespace pactor::core {

std::uint64_t task_history::open(entry e) {
  const auto key = ++last_key_;
  keys_[{e.whose.client, e.whose.number}] = key;
  all_.emplace(key, std::move(e));
  return key;
}

std::optional<std::uint64_t> task_history::find(const owner& whose) const {
  const auto at = keys_.find({whose.client, whose.number});
  return at == keys_.end() ? std::nullopt : std::optional{at->second};
}

const task_history::entry* task_history::at(std::uint64_t key) const {
  const auto at = all_.find(key);
  return at == all_.end() ? nullptr : &at->second;
}

std::vector<owner> task_history::end(std::uint64_t key, kept_outcome o) {
  const auto at = all_.find(key);
  if (at == all_.end() || at->second.outcome) return {};
  ++ended_;
  bytes_ += o.payload.size;
  at->second.outcome = std::move(o);
  return std::exchange(at->second.waiting, {});
}

std::vector<owner> task_history::withdraw(std::uint64_t key) {
  const auto at = all_.find(key);
  if (at == all_.end() || at->second.outcome) return {};
  keys_.erase({at->second.whose.client, at->second.whose.number});
  auto waiting = std::move(at->second.waiting);
  all_.erase(at);
  return waiting;
}

void task_history::client_gone(std::uint32_t client) {
  for (auto& [key, e] : all_) std::erase_if(e.waiting, [client](const owner& o) { return o.client == client; });
}

void task_history::trim() {
  for (auto i = all_.begin(); i != all_.end() && (ended_ > limits_.tasks || bytes_ > limits_.bytes);) {
    auto& e = i->second;
    if (!e.outcome) {
      ++i;
      continue;
    }
    bytes_ -= e.outcome->payload.size;
    e.outcome->payload = {};
    e.dropped = true;
    if (ended_ <= limits_.tasks) {
      ++i;
      continue;
    }
    keys_.erase({e.whose.client, e.whose.number});
    i = all_.erase(i);
    --ended_;
    ++forgotten_;
  }
}

} // namespace pactor::core
