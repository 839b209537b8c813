// What the schedulers' decisions cost: ns a task for submit, next and finished together, without any I/O.

#include "runtime/core/direct_core.hpp"
#include "runtime/core/engine_core.hpp"
#include "runtime/core/task_core.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <vector>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t tasks = 1'000'000;
constexpr int repetitions = 5;

/// The median of some runs of f, in ns a task.
template <class F>
double ns_per_task(F&& f) {
  std::vector<double> all;
  for (int i = 0; i < repetitions; ++i) {
    const auto start = std::chrono::steady_clock::now();
    f();
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - start;
    all.push_back(took.count() / static_cast<double>(tasks));
  }
  std::sort(all.begin(), all.end());
  return all[all.size() / 2];
}

struct run {
  std::uint64_t id;
  int engine;
};

/// Submits `burst` at a time and ends all that is handed out, as a scheduler does that reads batches.
void balanced(int engines, std::uint64_t burst, const std::vector<int>& allowed = {}) {
  task_core core;
  for (int i = 0; i < engines; ++i) core.engine_joined(i);
  const detail::slice payload{detail::bytes::allocate(64)};
  std::vector<run> running;
  for (std::uint64_t done = 0, sent = 0; done < tasks;) {
    for (std::uint64_t i = 0; i < burst && sent < tasks; ++i, ++sent)
      if (core.submit({.client = 1, .number = sent, .payload = payload, .allowed = allowed}) != submission::accepted)
        return;
    while (const auto a = core.next()) running.push_back({a->id, a->engine});
    for (const auto& r : running) done += core.finished(r.id, r.engine, 1us) ? 1 : 0;
    running.clear();
  }
}

void directed(int engines, std::uint64_t burst) {
  direct_core core;
  for (int i = 0; i < engines; ++i) core.engine_joined(i);
  std::vector<run> running;
  for (std::uint64_t sent = 0; sent < tasks;) {
    for (std::uint64_t i = 0; i < burst && sent < tasks; ++i, ++sent) {
      const auto engine = static_cast<int>(sent % static_cast<std::uint64_t>(engines));
      running.push_back({*core.submit(1, sent, engine), engine});
    }
    for (const auto& r : running) (void)core.finished(r.id, r.engine);
    running.clear();
  }
}

void at_engine(std::uint64_t burst) {
  engine_core core;
  core.worker_ready();
  const detail::slice payload{detail::bytes::allocate(64)};
  std::vector<std::uint64_t> running;
  for (std::uint64_t done = 0, sent = 0; done < tasks;) {
    for (std::uint64_t i = 0; i < burst && sent < tasks; ++i, ++sent)
      if (!core.push({.id = sent, .payload = payload})) return;
    while (core.queued() > 0) {
      while (const auto t = core.next()) running.push_back(t->id);
      for (const auto id : running) done += core.finished({id, false}, 1us) ? 1 : 0;
      running.clear();
    }
  }
}

} // namespace

int main() {
  std::printf("ns per task, median of %d runs of %llu tasks\n", repetitions, static_cast<unsigned long long>(tasks));
  const auto show = [](const char* what, double ns) { std::printf("  %-52s %6.1f\n", what, ns); };
  show("task_core, 4 engines, one by one", ns_per_task([] { balanced(4, 1); }));
  show("task_core, 4 engines, bursts of 256", ns_per_task([] { balanced(4, 256); }));
  show("task_core, 4 engines, all submitted at once", ns_per_task([] { balanced(4, tasks); }));
  show("task_core, 1000 engines, bursts of 4096", ns_per_task([] { balanced(1000, 4096); }));
  show("task_core, 4 engines, 2 allowed, bursts of 256", ns_per_task([] { balanced(4, 256, {0, 2}); }));
  show("direct_core, 4 engines, bursts of 256", ns_per_task([] { directed(4, 256); }));
  show("engine_core, bursts of 256", ns_per_task([] { at_engine(256); }));
}
