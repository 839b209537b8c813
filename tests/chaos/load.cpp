#include "tests/chaos/load.hpp"

#include <fstream>
#include <thread>
#include <utility>

using namespace std::chrono_literals;

namespace chaos {

load::load(pactor::client c, std::uint64_t number, std::filesystem::path runs, unsigned once)
    : client_{std::move(c)}, number_{number}, runs_{std::move(runs)}, once_{once} {}

void load::submit(std::uint64_t id) {
  const bool once = id % 100 < once_;
  auto view = client_.load_balanced_view();
  if (once) view = view.with({.idempotent = false});
  task t{view.apply_async<std::int64_t>("note", runs_.string(), id), std::make_shared<std::atomic<int>>(0), once};
  t.result.then([outcomes = t.outcomes](const auto&) { ++*outcomes; });
  tasks_.emplace(id, std::move(t));
}

void load::run(const std::atomic<bool>& on) {
  constexpr std::size_t ahead = 300;
  std::vector<std::uint64_t> open;
  for (std::uint64_t id = 0; on; ++id) {
    try {
      submit(id);
      open.push_back(id);
    } catch (const pactor::error&) { // refused, so it is nobody's task: no such job while there is no node, say
      ++refused_;
      std::this_thread::sleep_for(10ms);
    }
    while (on && open.size() >= ahead) {
      std::erase_if(open, [this](auto i) { return tasks_.at(i).result.ready(); });
      if (open.size() >= ahead) tasks_.at(open.front()).result.wait(50ms);
    }
  }
}

std::map<std::uint64_t, std::uint64_t> load::count_runs() const {
  std::map<std::uint64_t, std::uint64_t> runs;
  std::ifstream in{runs_};
  for (std::uint64_t id = 0; in >> id;) ++runs[id];
  return runs;
}

totals load::finish(pactor::seconds limit) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::nanoseconds>(limit);
  totals t;
  t.submitted = tasks_.size();
  t.refused = refused_;
  for (const auto& [id, one] : tasks_) one.result.wait(until - std::chrono::steady_clock::now());
  const auto runs = count_runs();
  for (const auto& [id, one] : tasks_) {
    const auto ran = runs.contains(id) ? runs.at(id) : 0;
    if (ran > 1) ++t.rerouted;
    // Delivered more than once, or run more than once though it must not.
    if (*one.outcomes > 1 || (one.once && ran > 1)) ++t.doubled;
    if (!one.result.ready()) {
      ++t.lost;
      continue;
    }
    try {
      const auto right = one.result.get() == static_cast<std::int64_t>(3 * id + 1);
      ++(right && ran > 0 ? t.delivered : t.wrong);
    } catch (const pactor::error& e) {
      ++t.failed[std::string{to_string(e.code())}];
      if (!one.once && e.code() == pactor::ec::engine_lost) ++t.surrendered;
    }
  }
  return t;
}

} // namespace chaos
