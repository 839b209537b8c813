// What is left for members while strangers attack the port: calls with and without the attack, by turns.
//
//   pactor_attack_bench PACTOR [RATE [CONNECTIONS]]   RATE: connections that an attacker opens in a second

#include "pactor/client.hpp"
#include "runtime/files/connection_file.hpp"
#include "tests/bench/attacker.hpp"
#include "tests/bench/cluster.hpp"

#include <ranges>
#include <string>
#include <sys/resource.h>
#include <thread>

namespace {

using bench::attack;
using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;

inline constexpr pactor::job<void()> nop{"nop"};
inline constexpr pactor::job<long(long)> identity{"identity"};

constexpr int rounds = 8;
constexpr int tasks = 100'000;
constexpr int calls = 400;

struct figures {
  sample throughput, latency, controller_cpu;
};

void measure(pactor::client& c, const bench::cluster_processes& p, figures& f) {
  const auto view = c.load_balanced_view();
  const auto cpu = bench::cpu_seconds(p.controller);
  auto begin = steady::now();
  view.map_sync(identity, std::views::iota(0, tasks), {.chunksize = 1});
  f.throughput.add(tasks / seconds_since(begin));
  f.controller_cpu.add((bench::cpu_seconds(p.controller) - cpu) / tasks * 1e6);
  sample each;
  for (int i = 0; i < calls; ++i) {
    begin = steady::now();
    view.apply_sync(nop);
    each.add(seconds_since(begin) * 1e6);
  }
  f.latency.add(each.median());
}

void under(const std::string& name, const bench::attack_options& options, pactor::client& c,
           const bench::cluster_processes& p) {
  bench::attacker enemy{options};
  figures quiet, attacked;
  long opened = 0, most_open = 0;
  double attacked_for = 0, resident = 0;
  for (int round = 0; round < rounds; ++round) {
    measure(c, p, quiet);
    const auto before = enemy.count().opened;
    const auto begin = steady::now();
    enemy.begin();
    std::this_thread::sleep_for(std::chrono::milliseconds{300}); // until it is in full swing
    measure(c, p, attacked);
    opened += enemy.count().opened - before;
    most_open = std::max(most_open, enemy.count().open);
    attacked_for += seconds_since(begin);
    resident = std::max(resident, bench::resident_mb(p.controller));
    enemy.pause();
    std::this_thread::sleep_for(std::chrono::milliseconds{200});
  }
  const auto ratio = [](const sample& a, const sample& b) { return a.median() / b.median(); };
  row(name + ": tasks a second", attacked.throughput.median(), "/s",
      text("%.3f of %.0f without", ratio(attacked.throughput, quiet.throughput), quiet.throughput.median()));
  row("  one call after the other", attacked.latency.median(), "us",
      text("%.3f times %.0f without", ratio(attacked.latency, quiet.latency), quiet.latency.median()));
  row("  connections opened by the attacker", static_cast<double>(opened) / attacked_for, "/s",
      text("%.0f open at a time; controller %.1f MB; its CPU a task %.2f times", static_cast<double>(most_open),
           resident, ratio(attacked.controller_cpu, quiet.controller_cpu)));
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s PACTOR [RATE [CONNECTIONS]]\n", argv[0]);
    return 2;
  }
  const rlimit descriptors{8192, 8192};
  ::setrlimit(RLIMIT_NOFILE, &descriptors);
  const bench::cluster running{argv[1]};
  const auto processes = running.processes();
  const auto file = pactor::files::connection_file::read(running.connection_file());
  pactor::client c;
  c.load_balanced_view().map_sync(identity, std::views::iota(0, tasks), {.chunksize = 1});
  bench::attack_options options;
  options.port = file.port;
  if (argc > 2) options.rate = std::stoi(argv[2]);
  if (argc > 3) options.connections = std::stoi(argv[3]);
  const std::pair<const char*, attack> attacks[]{{"half-open", attack::half_open}, // NOLINT(*-avoid-c-arrays)
                                                 {"slow writers", attack::slow},
                                                 {"huge lengths", attack::huge_length},
                                                 {"handshakes", attack::handshakes}};
  for (const auto& [name, kind] : attacks) {
    options.kind = kind;
    under(name, options, c, processes);
  }
  return 0;
}
