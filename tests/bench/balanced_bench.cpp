// Figures of load balancing: skewed tasks beside what a scheduler could do that hands each task at once to the first
// free engine, maps of cheap elements, and the cost of long queues.
//
//   pactor_balanced_bench PACTOR   where PACTOR is the program to start the cluster with

#include "pactor/client.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/processes.hpp"
#include "tests/bench/sample.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <random>
#include <ranges>
#include <string>
#include <vector>

namespace {

using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;

inline constexpr pactor::job<void()> nop{"nop"};
inline constexpr pactor::job<double(double)> wait_job{"wait"};
inline constexpr pactor::job<double(double)> power10{"power10"};
inline constexpr pactor::job<long(long)> identity{"identity"};

/// 200 sleeps in seconds, one in ten long.
std::vector<double> skewed(unsigned seed) {
  std::vector<double> all(200, 0.002);
  std::fill_n(all.begin(), 20, 0.050);
  std::mt19937 chance{seed};
  std::shuffle(all.begin(), all.end(), chance);
  return all;
}

/// When the last ends if each goes to the engine that is free first.
double greedy(const std::vector<double>& tasks) {
  std::array<double, bench::engines> free{};
  for (const auto t : tasks) *std::min_element(free.begin(), free.end()) += t;
  return *std::max_element(free.begin(), free.end());
}

void makespan(pactor::client& c) {
  const auto view = c.load_balanced_view();
  sample ratios, spans;
  for (unsigned seed = 1; seed <= 5; ++seed) {
    const auto tasks = skewed(seed);
    const auto begin = steady::now();
    view.map_sync(wait_job, tasks, {.chunksize = 1});
    spans.add(seconds_since(begin));
    ratios.add(seconds_since(begin) / greedy(tasks));
  }
  row("200 skewed sleeps, makespan", spans.median(), "s",
      text("%.3f x greedy (%.3f to %.3f)", ratios.median(), ratios.least(), ratios.most()));
}

void maps(pactor::client& c, const bench::cluster_processes& p) {
  const auto view = c.load_balanced_view();
  constexpr int n = 200'000;
  sample rates, costs, cheap;
  const auto cpu = [&] {
    double all = 0;
    for (const auto& [who, seconds] : p.cpu()) all += seconds;
    return all;
  };
  for (int round = 0; round < 5; ++round) {
    const auto before = cpu();
    auto begin = steady::now();
    view.map_sync(identity, std::views::iota(0, n), {.chunksize = 1});
    rates.add(n / seconds_since(begin));
    costs.add((cpu() - before) / n * 1e6);
    begin = steady::now();
    view.map_sync(power10, std::views::iota(0, 3200));
    cheap.add(seconds_since(begin) * 1e3);
  }
  row("map of one element a task", rates.median(), "/s",
      text("%.0f to %.0f; CPU per task %.2f us", rates.least(), rates.most(), costs.median()));
  row("map of 3200 cheap elements", cheap.median(), "ms", text("first %.3f", cheap.most()));
}

void queues(pactor::client& c, const bench::cluster_processes& p) {
  const auto view = c.load_balanced_view();
  double first = 0;
  for (const int n : {10'000, 100'000, 1'000'000}) {
    bench::forget_peak(p.controller);
    const auto begin = steady::now();
    view.map_sync(identity, std::views::iota(0, n), {.chunksize = 1});
    const auto each = seconds_since(begin) / n * 1e6;
    if (first == 0) first = each;
    row(std::to_string(n) + " tasks queued at once", each, "us each",
        text("%.2f times that of 10000; controller at most %.0f MB", each / first, bench::peak_mb(p.controller)));
  }
}

/// More engines than processors gain nothing here, and are to cost little.
void engine_counts(const std::string& program) {
  constexpr int n = 200'000;
  double first = 0;
  for (const int count : {1, 2, 4, 8, 16}) {
    const bench::cluster running{program, {}, count};
    pactor::client c;
    const auto view = c.load_balanced_view();
    sample each;
    for (int round = 0; round < 4; ++round) {
      const auto begin = steady::now();
      view.map_sync(identity, std::views::iota(0, n), {.chunksize = 1});
      if (round > 0) each.add(seconds_since(begin) / n * 1e6);
    }
    if (first == 0) first = each.median();
    row("empty tasks on " + std::to_string(count) + " engines", 1e6 / each.median(), "/s",
        text("%.2f us each, %.2f times that with 1", each.median(), each.median() / first));
  }
}

void fault(pactor::client& c, const bench::cluster_processes& p) {
  const auto view = c.load_balanced_view();
  const auto begin = steady::now();
  const auto all = view.map_async(wait_job, std::vector<double>(200, 0.050), {.chunksize = 1});
  ::kill(p.workers.at(0), SIGKILL);
  const auto got = all.get().size();
  row("200 sleeps of 50 ms, a worker killed", seconds_since(begin), "s", text("%.0f ok", static_cast<double>(got)));
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s PACTOR\n", argv[0]);
    return 2;
  }
  engine_counts(argv[1]);
  const bench::cluster running{argv[1]};
  const auto processes = running.processes();
  pactor::client c;
  makespan(c);
  maps(c, processes);
  queues(c, processes);
  fault(c, processes);
  return 0;
}
