// The figures of a whole cluster, each beside a reference of the same minute: start and stop, one task after the
// other, many without waiting, large payloads, a killed worker, idle memory.
//
//   pactor_cluster_bench PACTOR JOBS   where PACTOR is the program to start the cluster with, JOBS the directory of
//                                      the tests' job libraries

#include "pactor/client.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/processes.hpp"
#include "tests/bench/reference.hpp"
#include "tests/bench/sample.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace {

using bench::sample;
using bench::seconds_since;
using bench::steady;

using bench::cluster;
using bench::engines;
using bench::row;
using bench::text;
inline constexpr pactor::job<void()> nop{"nop"};
inline constexpr pactor::job<std::int64_t()> getpid_job{"getpid"};

/// CPU microseconds for each of n tasks, by process.
std::string cpu_per_task(const bench::cluster_processes& p, const std::map<std::string, double>& before, double n) {
  double all = 0;
  std::string parts;
  for (const auto& [who, seconds] : p.cpu()) {
    const auto used = (seconds - before.at(who)) / n * 1e6;
    all += used;
    parts += " " + who + text(" %.2f", used);
  }
  return text("CPU per task %.2f us:", all) + parts;
}

void start_and_stop(cluster& c) {
  sample starts, stops;
  for (int i = 0; i < 5; ++i) {
    stops.add(c.stop());
    starts.add(c.start());
  }
  row("start of 4 engines until all answer", starts.median(), "s", text("%.3f to %.3f", starts.least(), starts.most()));
  row("stop", stops.median(), "s", text("%.3f to %.3f", stops.least(), stops.most()));
}

void idle_memory(const bench::cluster_processes& p) {
  row("resident memory, idle worker", bench::resident_mb(p.workers.at(0)), "MB");
  row("resident memory, idle node", bench::resident_mb(p.node), "MB");
  row("resident memory, idle controller", bench::resident_mb(p.controller), "MB");
}

void latency(pactor::client& c, const bench::cluster_processes& p, const bench::raw_chain& chain) {
  auto view = c.load_balanced_view();
  for (int i = 0; i < 300; ++i) view.apply_sync(nop);
  sample ratios, tasks, raw;
  std::string cpu;
  for (int round = 0; round < 5; ++round) { // interleaved, since both depend on the machine's mood
    const auto reference = chain.round_trips(1000);
    sample s;
    const auto before = p.cpu();
    for (int i = 0; i < 1000; ++i) {
      const auto begin = steady::now();
      view.apply_sync(nop);
      s.add(seconds_since(begin) * 1e6);
    }
    cpu = cpu_per_task(p, before, 1000);
    tasks.add(s.median());
    raw.add(reference.median());
    ratios.add(s.median() / reference.median());
  }
  row("one empty balanced task, median", tasks.median(), "us", cpu);
  row("  raw chain", raw.median(), "us");
  row("  ratio", ratios.median(), "x raw", text("%.2f to %.2f", ratios.least(), ratios.most()));
}

void throughput(pactor::client& c, const bench::cluster_processes& p) {
  auto view = c.load_balanced_view();
  constexpr int n = 200'000;
  sample rates;
  std::string cpu;
  for (int round = 0; round < 5; ++round) {
    std::vector<pactor::async_result<void>> results;
    results.reserve(n);
    const auto before = p.cpu();
    const auto begin = steady::now();
    for (int i = 0; i < n; ++i) results.push_back(view.apply_async(nop));
    for (auto& r : results) r.get();
    rates.add(n / seconds_since(begin));
    cpu = cpu_per_task(p, before, n);
  }
  row("empty balanced tasks without waiting", rates.median(), "/s",
      text("%.0f to %.0f; ", rates.least(), rates.most()) + cpu);
}

void large_payloads(pactor::client& c) {
  auto engine = c[0];
  const std::vector<double> data(12'500'000, 1.5);
  sample push, pull, push_ratio, pull_ratio, raw;
  for (int round = 0; round < 6; ++round) {
    const auto reference = bench::raw_bulk(std::size_t{400} << 20);
    auto begin = steady::now();
    engine.push("a", data).get();
    const auto pushed = 100 / seconds_since(begin);
    begin = steady::now();
    const auto back = engine.pull<std::vector<double>>("a");
    const auto pulled = 100 / seconds_since(begin);
    if (back != data) std::exit(1);
    if (round == 0) continue; // the first one pays for memory that later ones find
    push.add(pushed);
    pull.add(pulled);
    raw.add(reference);
    push_ratio.add(pushed / reference);
    pull_ratio.add(pulled / reference);
  }
  row("push of 100 MB to one engine", push.median(), "MB/s", text("%.3f x raw bulk", push_ratio.median()));
  row("pull of 100 MB from one engine", pull.median(), "MB/s", text("%.3f x raw bulk", pull_ratio.median()));
  row("  raw bulk TCP", raw.median(), "MB/s");
}

/// 100,000 lines, all in one buffer or each by itself, beside the same job that writes them to a file.
void printing(pactor::client& c) {
  auto engine = c[0];
  const auto path = (std::filesystem::temp_directory_path() / ("pactor-bench-lines-" + std::to_string(::getpid())));
  constexpr long lines = 100'000;
  for (const bool flush_each : {false, true}) {
    sample printed, written, ratios;
    for (int round = 0; round < 8; ++round) {
      auto begin = steady::now();
      engine.apply_sync<void>("file_lines", path.string(), lines, flush_each);
      const auto file = seconds_since(begin) * 1e3;
      begin = steady::now();
      engine.apply_sync<void>("print_lines", lines, flush_each);
      const auto print = seconds_since(begin) * 1e3;
      if (round == 0) continue; // the library is loaded
      written.add(file);
      printed.add(print);
      ratios.add(print / file);
    }
    row(flush_each ? "100,000 lines printed, each flushed" : "100,000 lines printed", printed.median(), "ms",
        text("%.2f x into a file (%.2f to %.2f)", ratios.median(), ratios.least(), ratios.most()));
    row("  the same into a file", written.median(), "ms");
  }
  std::filesystem::remove(path);
}

void killed_worker(pactor::client& c) {
  sample back;
  for (int round = 0; round < engines; ++round) { // each engine once: deaths in a row are restarted with a delay
    auto engine = c[round];
    const auto pid = engine.apply_sync(getpid_job);
    const auto begin = steady::now();
    ::kill(static_cast<pid_t>(pid), SIGKILL);
    for (;;) {
      try {
        if (engine.apply_sync(getpid_job) != pid) break;
      } catch (const pactor::engine_lost&) { // it died under this one
      }
    }
    back.add(seconds_since(begin) * 1e3);
  }
  row("worker killed: the engine answers again", back.median(), "ms", text("%.1f to %.1f", back.least(), back.most()));
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: %s PACTOR JOBS [start|memory|latency|throughput|payloads|printing|restart]\n",
                 argv[0]);
    return 2;
  }
  const auto wanted = [only = std::string_view{argc == 4 ? argv[3] : ""}](std::string_view part) {
    return only.empty() || only == part;
  };
  const bench::raw_chain chain; // forked before there are threads
  cluster running{argv[1], argv[2]};
  if (wanted("start")) start_and_stop(running);
  const auto processes = running.processes();
  if (wanted("memory")) idle_memory(processes);
  pactor::client c;
  if (wanted("latency")) latency(c, processes, chain);
  if (wanted("throughput")) throughput(c, processes);
  if (wanted("payloads")) large_payloads(c);
  if (wanted("printing")) printing(c);
  if (wanted("restart")) killed_worker(c);
  return 0;
}
