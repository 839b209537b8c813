// What is left for members while strangers attack the port: calls with and without the attack, by turns. The attacker
// takes a part of the machine's processors; a bystander that takes as much shows what that alone costs.
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

/// How the figures of one kind of round compare with those of another, round by round: the machine changes meanwhile.
struct comparison {
  sample throughput, latency, controller_cpu;
  void add(const figures& a, const figures& b) {
    throughput.add(a.throughput.last() / b.throughput.last());
    latency.add(a.latency.last() / b.latency.last());
    controller_cpu.add(a.controller_cpu.last() / b.controller_cpu.last());
  }
};

/// What the attack has cost, of all rounds.
struct attack_cost {
  long opened = 0, most_open = 0;
  double seconds = 0, cpu = 0, resident = 0;
};

void attacked(bench::attacker& enemy, pactor::client& c, const bench::cluster_processes& p, figures& f,
              attack_cost& cost) {
  const auto before = enemy.count().opened;
  const auto cpu = bench::cpu_seconds(enemy.pid());
  const auto begin = steady::now();
  enemy.begin();
  std::this_thread::sleep_for(std::chrono::milliseconds{300}); // until it is in full swing
  measure(c, p, f);
  cost.opened += enemy.count().opened - before;
  cost.most_open = std::max(cost.most_open, enemy.count().open);
  cost.cpu += bench::cpu_seconds(enemy.pid()) - cpu;
  cost.seconds += seconds_since(begin);
  cost.resident = std::max(cost.resident, bench::resident_mb(p.controller));
  enemy.pause();
  std::this_thread::sleep_for(std::chrono::milliseconds{200});
}

void under(const std::string& name, const bench::attack_options& options, pactor::client& c,
           const bench::cluster_processes& p) {
  bench::attacker enemy{options};
  bench::bystander other;
  figures quiet, under_attack, beside;
  comparison without, with_other;
  attack_cost cost;
  for (int round = 0; round < rounds; ++round) {
    measure(c, p, quiet);
    attacked(enemy, c, p, under_attack, cost);
    other.take(std::min(cost.cpu / cost.seconds, 1.0));
    measure(c, p, beside);
    other.take(0);
    without.add(under_attack, quiet);
    with_other.add(under_attack, beside);
  }
  row(name + ": tasks a second", under_attack.throughput.median(), "/s",
      text("%.3f of %.0f without, %.3f of those beside a bystander", without.throughput.median(),
           quiet.throughput.median(), with_other.throughput.median()));
  row("  one call after the other", under_attack.latency.median(), "us",
      text("%.3f times %.0f without, %.3f times those beside a bystander", without.latency.median(),
           quiet.latency.median(), with_other.latency.median()));
  row("  connections opened by the attacker", static_cast<double>(cost.opened) / cost.seconds, "/s",
      text("%.0f open at a time; it takes %.3f of a processor", static_cast<double>(cost.most_open),
           cost.cpu / cost.seconds));
  row("  the controller's CPU a task", under_attack.controller_cpu.median(), "us",
      text("%.3f times that without; %.1f MB", without.controller_cpu.median(), cost.resident));
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
