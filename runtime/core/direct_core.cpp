#include "runtime/core/direct_core.hpp"

namespace pactor::core {

void direct_core::engine_joined(int engine) { engines_[engine].number = engine; }

std::vector<owner> direct_core::engine_lost(int engine) {
  const auto at = engines_.find(engine);
  if (at == engines_.end()) return {};
  std::vector<owner> result;
  while (auto* e = at->second.tasks.front())
    if (const auto told = end(*e)) result.push_back(*told);
  engines_.erase(at);
  return result;
}

bool direct_core::has_place(std::uint32_t client, std::uint64_t bytes) const {
  const auto at = clients_.find(client);
  return at == clients_.end() ? bytes <= most_.bytes : fits(at->second, bytes);
}

void direct_core::close(int engine) {
  if (const auto at = engines_.find(engine); at != engines_.end()) at->second.closed = true;
}

std::optional<std::uint64_t> direct_core::submit(std::uint32_t client, std::uint64_t number, int engine,
                                                 const burden& what) {
  const auto at = engines_.find(engine);
  if (at == engines_.end() || at->second.closed) return std::nullopt;
  auto& c = clients_[client];
  if (!fits(c, what.bytes)) return std::nullopt;
  c.id = client;
  auto& e = tasks_.add();
  e.engine = &at->second;
  e.client = &c;
  e.number = number;
  e.submitted = now_;
  e.kind = what.kind;
  e.bytes = what.bytes;
  e.engine->tasks.push_back(e);
  ++e.engine->count;
  c.tasks.push_back(e);
  ++c.count;
  c.bytes += what.bytes;
  if (c.numbers) c.numbers->insert(number);
  return e.id;
}

std::optional<owner> direct_core::finished(std::uint64_t id, int engine) {
  auto* e = tasks_.find(id);
  return e && e->engine->number == engine ? end(*e) : std::nullopt;
}

std::optional<owner> direct_core::owner_of(std::uint64_t id, int engine) {
  const auto* e = tasks_.find(id);
  if (!e || !e->client || e->engine->number != engine) return std::nullopt;
  return owner{e->client->id, e->number};
}

std::vector<direct_core::run> direct_core::locate(std::uint32_t client, std::span<const std::uint64_t> numbers) const {
  std::vector<run> result;
  const auto at = clients_.find(client);
  if (at == clients_.end()) return result;
  const std::unordered_set<std::uint64_t> wanted{numbers.begin(), numbers.end()};
  for (const auto* e = at->second.tasks.front(); e; e = chain<entry, &entry::client_links>::after(*e))
    if (wanted.contains(e->number)) result.push_back({e->id, e->engine->number});
  return result;
}

bool direct_core::is_open(const owner& task) {
  const auto at = clients_.find(task.client);
  if (at == clients_.end()) return false;
  auto& c = at->second;
  if (!c.numbers) {
    c.numbers = std::make_unique<std::unordered_set<std::uint64_t>>();
    for (const auto* e = c.tasks.front(); e; e = chain<entry, &entry::client_links>::after(*e))
      c.numbers->insert(e->number);
  }
  return c.numbers->contains(task.number);
}

std::vector<direct_core::run> direct_core::client_gone(std::uint32_t client) {
  std::vector<run> result;
  const auto at = clients_.find(client);
  if (at == clients_.end()) return result;
  result.reserve(at->second.count);
  while (auto* e = at->second.tasks.front()) {
    result.push_back({e->id, e->engine->number});
    at->second.tasks.erase(*e);
    e->client = nullptr;
  }
  clients_.erase(at);
  return result;
}

std::vector<open_task> direct_core::open_tasks(std::size_t most) const {
  std::vector<open_task> result;
  tasks_.for_each([&](const entry& e) {
    if (result.size() >= most) return false;
    if (e.client) result.push_back({{e.client->id, e.number}, e.kind, e.submitted, e.engine->number});
    return true;
  });
  return result;
}

std::size_t direct_core::pending(int engine) const {
  const auto at = engines_.find(engine);
  return at == engines_.end() ? 0 : at->second.count;
}

std::size_t direct_core::tasks_of(std::uint32_t client) const {
  const auto at = clients_.find(client);
  return at == clients_.end() ? 0 : at->second.count;
}

/// @return whom to tell, unless it was an orphan
std::optional<owner> direct_core::end(entry& e) {
  std::optional<owner> told;
  if (e.client) {
    told = owner{e.client->id, e.number};
    if (log_) log_->left({*told, e.kind, e.submitted});
    e.client->tasks.erase(e);
    e.client->bytes -= e.bytes;
    if (--e.client->count == 0)
      e.client->numbers.reset(); // they cost something with each task
    else if (e.client->numbers)
      e.client->numbers->erase(e.number);
  }
  e.engine->tasks.erase(e);
  --e.engine->count;
  tasks_.release(e);
  return told;
}

} // namespace pactor::core
