// The figures of large payloads: by shared memory and over the controller, beside bulk TCP of the same minute, and what
// memory they take on the way.
//
//   pactor_payload_bench PACTOR   where PACTOR is the program to start the cluster with

#include "pactor/client.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/reference.hpp"
#include "tests/bench/sample.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;

constexpr double megabytes = 100;
const std::vector<double> data(12'500'000, 1.5);

/// MB/s of what `f` moves.
template <class F>
double rate(F&& f) {
  const auto begin = steady::now();
  f();
  return megabytes / seconds_since(begin);
}

void push_and_pull(const pactor::client& c, const std::string& way) {
  const auto engine = c[0];
  const auto all = c[pactor::all];
  sample push, push_all, pull, push_ratio, pull_ratio, spread, raw;
  for (int round = 0; round < 8; ++round) {
    const auto reference = bench::raw_bulk(std::size_t{400} << 20);
    const auto one = rate([&] { engine.push("a", data).get(); });
    std::vector<double> back;
    const auto here = rate([&] { back = engine.pull<std::vector<double>>("a"); });
    if (back != data) std::exit(1);
    const auto four = rate([&] { all.push("b", data).get(); });
    if (round < 2) continue; // the first ones pay for memory that later ones find
    push.add(one);
    pull.add(here);
    push_all.add(four);
    raw.add(reference);
    push_ratio.add(one / reference);
    pull_ratio.add(here / reference);
    spread.add(one / four);
  }
  row("push of 100 MB to one engine, " + way, push.median(), "MB/s", text("%.3f x raw bulk", push_ratio.median()));
  row("pull of 100 MB from one engine, " + way, pull.median(), "MB/s", text("%.3f x raw bulk", pull_ratio.median()));
  row("push of 100 MB to four engines, " + way, push_all.median(), "MB/s",
      text("%.2f times the time of one", spread.median()));
  row("  raw bulk TCP", raw.median(), "MB/s");
}

void argument_in_place(const pactor::client& c, const bench::cluster_processes& p) {
  static_cast<void>(c[0].apply_sync<double>("sum", data)); // its library and its thread are there after that
  const auto before = bench::own_mb(p.workers.at(0));
  double most = before;
  for (int i = 0; i < 5; ++i) {
    if (c[0].apply_sync<double>("sum", data) != 1.5 * static_cast<double>(data.size())) std::exit(1);
    most = std::max(most, bench::own_mb(p.workers.at(0)));
  }
  row("a worker's own memory over an argument of 100 MB", most - before, "MB");
}

void controller_in_between(const pactor::client& c, const bench::cluster_processes& p) {
  const auto before = bench::resident_mb(p.controller);
  double most = before;
  for (int i = 0; i < 10; ++i) {
    c[i % 4].push("a", data).get();
    most = std::max(most, bench::resident_mb(p.controller));
  }
  row("the controller's memory while 1 GB passes it", most - before, "MB");
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s PACTOR\n", argv[0]);
    return 2;
  }
  const bench::cluster running{argv[1]};
  const auto processes = running.processes();
  {
    const pactor::client c;
    push_and_pull(c, "one host");
    argument_in_place(c, processes);
  }
  const pactor::client c{{.shared_memory = false}};
  push_and_pull(c, "over TLS");
  controller_in_between(c, processes);
  return 0;
}
