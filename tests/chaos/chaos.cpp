// Processes of a cluster die, stop and go on while clients work; in the end every task must have ended once.

#include "tests/chaos/faults.hpp"
#include "tests/chaos/load.hpp"

#include <CLI/CLI.hpp>

#include <iomanip>
#include <iostream>
#include <random>
#include <thread>

namespace {

using namespace std::chrono_literals;

struct settings {
  double seconds = 60;
  unsigned seed = std::random_device{}();
  int engines = 4;
  std::size_t clients = 3;
  bool controller = true;
  unsigned once = 20;
};

void add(chaos::totals& all, const chaos::totals& one) {
  all.submitted += one.submitted;
  all.delivered += one.delivered;
  all.rerouted += one.rerouted;
  all.lost += one.lost;
  all.doubled += one.doubled;
  all.wrong += one.wrong;
  all.refused += one.refused;
  all.surrendered += one.surrendered;
  for (const auto& [name, n] : one.failed) all.failed[name] += n;
}

void print(const chaos::totals& t, const std::map<std::string, int>& faults) {
  const auto line = [](const std::string& name, std::uint64_t n) {
    std::cout << std::left << std::setw(34) << name << std::right << std::setw(10) << n << '\n';
  };
  for (const auto& [what, n] : faults) line(what, static_cast<std::uint64_t>(n));
  std::cout << '\n';
  line("submitted", t.submitted);
  line("delivered ok", t.delivered);
  line("rerouted (ran more than once)", t.rerouted);
  for (const auto& [name, n] : t.failed) line("failed: " + name, n);
  line("not accepted", t.refused);
  line("given up that could run again", t.surrendered);
  line("wrong", t.wrong);
  line("lost", t.lost);
  line("doubled", t.doubled);
}

int run(const settings& s) {
  std::cout << "seed " << s.seed << std::endl;
  const pactor::test::temporary_cluster cluster{s.engines};
  std::vector<chaos::load> loads;
  for (std::size_t i = 0; i < s.clients; ++i)
    loads.emplace_back(cluster.client(), i, cluster.directory() / ("runs-" + std::to_string(i)), s.once);
  chaos::faults faults{cluster, s.seed, s.controller};
  std::atomic<bool> on{true};
  {
    std::vector<std::jthread> threads;
    for (auto& l : loads) threads.emplace_back([&l, &on] { l.run(on); });
    threads.emplace_back([&faults, &on] { faults.run(on); });
    std::this_thread::sleep_for(std::chrono::duration<double>{s.seconds});
    on = false;
  }
  chaos::totals all;
  for (auto& l : loads) add(all, l.finish(60s));
  print(all, faults.done());
  const bool kept = all.lost == 0 && all.doubled == 0 && all.wrong == 0 && all.surrendered == 0;
  return kept && all.delivered > all.submitted / 2 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{"Kills, stops and resumes the processes of a cluster at random while clients work"};
  app.add_option("--seconds", s.seconds, "How long")->capture_default_str();
  app.add_option("--seed", s.seed, "Of what happens when, and to whom");
  app.add_option("--engines", s.engines)->capture_default_str();
  app.add_option("--clients", s.clients)->capture_default_str();
  app.add_option("--once", s.once, "Percent of the tasks that must not run twice")->capture_default_str();
  app.add_flag("--controller,!--no-controller", s.controller, "Also the controller (default)");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(s);
  } catch (const std::exception& e) {
    std::cerr << "chaos: " << e.what() << '\n';
    return 1;
  }
}
