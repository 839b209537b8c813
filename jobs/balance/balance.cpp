// Where load balancing wins: tasks of very unlike lengths, divided beforehand and given to whoever is free. Start four
// engines with `pactor start -n 4`, run `pactor-balance`, and look at balance.svg.

#include "timeline.hpp"

#include <pactor/client.hpp>

#include <CLI/CLI.hpp>

#include <fstream>
#include <iomanip>
#include <iostream>
#include <random>
#include <string>
#include <vector>

namespace {

constexpr pactor::job<double(double)> wait_job{"wait"};

struct settings {
  std::size_t tasks = 200;
  unsigned seed = 1;
  std::string picture = "balance.svg";
};

/// Seconds for each task: nine in ten take 2 ms, the others, most of them at the beginning, 50 ms.
std::vector<double> skewed(const settings& s) {
  std::mt19937 chance{s.seed};
  std::vector<double> sleeps(s.tasks, 2e-3);
  const auto front = std::max<std::size_t>(s.tasks / 4, 1);
  for (std::size_t i = 0; i < s.tasks / 10; ++i) sleeps[chance() % (i % 4 == 0 ? s.tasks : front)] = 50e-3;
  return sleeps;
}

/// As a direct map divides them: a contiguous part for each engine. A task for each, so that each is seen.
timeline run_direct(const pactor::client& c, const std::vector<double>& sleeps) {
  const auto engines = c.ids();
  std::vector<pactor::async_result<double>> results;
  for (std::size_t i = 0; i < sleeps.size(); ++i)
    results.push_back(c[engines[i * engines.size() / sleeps.size()]].apply_async(wait_job, sleeps[i]));
  timeline t{"direct: divided beforehand", {}};
  for (const auto& r : results) {
    r.get();
    t.tasks.push_back(r.tasks().front());
  }
  return t;
}

timeline run_balanced(const pactor::client& c, const std::vector<double>& sleeps) {
  const auto r = c.load_balanced_view().map_async(wait_job, sleeps, {.chunksize = 1});
  r.get();
  return {"load-balanced: whoever is free takes the next", r.tasks()};
}

int run(const settings& s) {
  const pactor::client c;
  c.wait_for_engines(1);
  const auto sleeps = skewed(s);
  for (const auto& r : c[pactor::all].apply_sync(wait_job, 0.0)) static_cast<void>(r); // loads the library
  const std::vector<timeline> all{run_direct(c, sleeps), run_balanced(c, sleeps)};
  std::cout << std::fixed << std::setprecision(3);
  for (const auto& t : all)
    std::cout << t.title << ": " << t.makespan().count() << " s, " << t.tasks.size() << " tasks on " << c.size()
              << " engines\n";
  std::ofstream out{s.picture};
  draw(out, all);
  out.close();
  if (!out) throw pactor::error{pactor::ec::system, "can't write " + s.picture};
  std::cout << "see " << s.picture << '\n';
  return 0;
}

} // namespace

int main(int argc, char** argv) {
  settings s;
  CLI::App app{"Runs tasks of unlike lengths directly and load-balanced, and draws who ran what when"};
  app.add_option("--tasks", s.tasks, "How many")->check(CLI::Range(1, 100'000))->capture_default_str();
  app.add_option("--seed", s.seed, "Which of them are long")->capture_default_str();
  app.add_option("--svg", s.picture, "File to draw to")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return run(s);
  } catch (const std::exception& e) {
    std::cerr << "pactor-balance: " << e.what() << '\n';
    return 1;
  }
}
