// The figures of the direct interface, each beside what the machine itself does: parallel functions, a map of many
// numbers, scatter and gather of large arrays.
//
//   pactor_direct_bench PACTOR   where PACTOR is the program to start the cluster with

#include "pactor/client.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/reference.hpp"
#include "tests/bench/sample.hpp"

#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <ranges>
#include <string>
#include <vector>

namespace {

using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;

using array = pactor::ndarray<double>;
inline constexpr pactor::job<array(pactor::ndarray_view<double>, pactor::ndarray_view<double>)> pmul{"pmul"};
inline constexpr pactor::job<double(double)> power10{"power10"};

/// Seconds that `f` takes.
template <class F>
double timed(F&& f) {
  const auto begin = steady::now();
  f();
  return seconds_since(begin);
}

void require(bool right) {
  if (right) return;
  std::fprintf(stderr, "a wrong result\n");
  std::exit(1);
}

array random_array(std::size_t rows, std::size_t columns) {
  array a{{rows, columns}};
  double x = 0.5;
  for (auto& e : a) e = x = 3.9 * x * (1 - x);
  return a;
}

void parallel_product(const pactor::direct_view& view, std::size_t rows, std::size_t columns, int rounds) {
  const auto a = random_array(rows, columns);
  const auto multiply = view.parallel(pmul);
  sample parallel, serial;
  for (int round = 0; round < rounds; ++round) {
    array here{{rows, columns}}, there;
    const auto alone = timed([&] {
      for (std::size_t i = 0; i < a.size(); ++i) here.values()[i] = a.data()[i] * a.data()[i];
    });
    const auto together = timed([&] { there = multiply.sync(a, a); });
    require(there == here);
    if (round < rounds / 5) continue; // the first ones pay for memory that later ones find
    parallel.add(together * 1e3);
    serial.add(alone * 1e3);
  }
  row("pmul of " + std::to_string(rows) + "x" + std::to_string(columns) + " doubles", parallel.median(), "ms",
      text("%.3f to %.3f; this process alone %.3f", parallel.least(), parallel.most(), serial.median()));
}

void map_of_numbers(const pactor::direct_view& view) {
  std::vector<double> x(1'000'000);
  std::iota(x.begin(), x.end(), 0.0);
  sample rates;
  for (int round = 0; round < 20; ++round) {
    std::vector<double> y;
    const auto took = timed([&] { y = view.map_sync(power10, x); });
    require(y.size() == x.size() && y[2] == 1024);
    if (round >= 4) rates.add(static_cast<double>(x.size()) / took / 1e6);
  }
  row("direct map of 1,000,000 doubles", rates.median(), "M/s", text("%.1f to %.1f", rates.least(), rates.most()));
}

void scatter_and_gather(const pactor::direct_view& view) {
  const std::vector<double> x(10'000'000, 1.5);
  constexpr double megabytes = 80;
  sample scattered, gathered, scatter_ratio, gather_ratio, raw;
  for (int round = 0; round < 6; ++round) {
    const auto reference = bench::raw_bulk(std::size_t{400} << 20);
    const auto there = megabytes / timed([&] { view.scatter("x", x).get(); });
    std::vector<double> back;
    const auto here = megabytes / timed([&] { back = view.gather<double>("x"); });
    require(back == x);
    if (round == 0) continue;
    scattered.add(there);
    gathered.add(here);
    raw.add(reference);
    scatter_ratio.add(there / reference);
    gather_ratio.add(here / reference);
  }
  row("scatter of 80 MB over 4 engines", scattered.median(), "MB/s", text("%.3f x raw bulk", scatter_ratio.median()));
  row("gather of 80 MB from 4 engines", gathered.median(), "MB/s", text("%.3f x raw bulk", gather_ratio.median()));
  row("  raw bulk TCP", raw.median(), "MB/s");
}

void lazy_map(const pactor::client& c) {
  constexpr int n = 20'000;
  const auto run = [&](std::size_t chunk) {
    int taken = 0;
    auto results = c.load_balanced_view()
                       .with({.chunksize = chunk, .ordered = false, .max_outstanding = 64})
                       .imap(power10, std::views::iota(0));
    const auto took = timed([&] {
      while (taken < n && results.next()) ++taken;
    });
    return n / took;
  };
  sample single, chunks;
  for (int round = 0; round < 5; ++round) {
    single.add(run(1));
    chunks.add(run(100));
  }
  row("imap over endless input, one element a task", single.median(), "/s");
  row("imap over endless input, 100 elements a task", chunks.median(), "/s");
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s PACTOR\n", argv[0]);
    return 2;
  }
  const bench::cluster running{argv[1]};
  const pactor::client c;
  const auto view = c[pactor::all];
  parallel_product(view, 640, 48, 200);
  parallel_product(view, 4000, 4000, 6);
  map_of_numbers(view);
  scatter_and_gather(view);
  lazy_map(c);
  return 0;
}
