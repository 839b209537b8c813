// Engines that a real mpiexec starts: jobs call MPI between them, and they live and die together.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <numeric>
#include <string>
#include <tuple>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;

namespace {

const std::string mpi_configuration = std::string{PACTOR_TEST_CONFIGS} + "/mpi.json";

std::string no_mpi_because() {
  if (!std::filesystem::exists(PACTOR_TEST_MPI_JOBS)) return "jobs/mpi was not built: there is no MPI";
  const auto version = run({"/bin/sh", "-c", "mpiexec --version"});
  if (version.exit_code != 0) return "there is no mpiexec";
  if (!contains(version.out, "OpenRTE") && !contains(version.out, "Open MPI"))
    return "mpiexec is not Open MPI's, whose options configs/mpi.json has";
  return "";
}

/// The same in one process.
std::vector<double> heat(std::vector<double> now, int steps, double k) {
  for (int step = 0; step < steps; ++step) {
    auto next = now;
    for (std::size_t i = 1; i + 1 < now.size(); ++i) next[i] = now[i] + k * (now[i - 1] - 2 * now[i] + now[i + 1]);
    now = next;
  }
  return now;
}

} // namespace

TEST_SUITE_BEGIN("mpi");

TEST_CASE("jobs call MPI between engines; a worker's death ends the set, which starts again; nothing is left") {
  if (const auto why = no_mpi_because(); !why.empty()) {
    MESSAGE("skipped: " << why);
    return;
  }
  for (const auto* name : {"OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"}) ::setenv(name, "1", 1);
  const pactor_home home;
  const auto started =
      home.pactor({"start", "--config", mpi_configuration, "--jobs", PACTOR_TEST_MPI_JOBS, "--daemonize"});
  const auto log = [&] { return content_of(home.profile().log_file("start", "")); };
  CAPTURE(started.err);
  CAPTURE(log());
  REQUIRE(started.exit_code == 0);
  client_options options;
  options.connection_file = home.connection_file(role::client);
  const client c{options};
  REQUIRE(c.engines_of("sim") == std::vector{0, 1, 2, 3});
  const auto set = c[c.engines_of("sim")];

  // The number of an engine is its rank, and results come in that order.
  using place = std::tuple<int, int>;
  CHECK(set.apply_sync<place>("mpi_place") == std::vector<place>{{0, 4}, {1, 4}, {2, 4}, {3, 4}});
  std::vector<double> rod(203);
  std::iota(rod.begin(), rod.end(), 0.0);
  set.scatter("x", rod);
  CHECK(set.apply_sync<double>("mpi_sum", "x") == std::vector<double>(4, 203.0 * 101));
  rod.assign(203, 20.0);
  rod.front() = 100.0;
  rod[150] = 70.0;
  set.scatter("u", rod);
  set.apply_sync<void>("mpi_heat", "u", 100, 0.25);
  CHECK(set.gather<double>("u") == heat(rod, 100, 0.25));

  // Rank 2 dies while the others wait for it in MPI.
  const auto victim = c[2].apply_sync<int>("getpid");
  auto waiting = c[{0, 1, 3}].apply_async<double>("mpi_sum", "x");
  ::kill(victim, SIGKILL);
  const auto failed = caught<error>([&] { (void)waiting.get(30s); });
  REQUIRE(failed);
  CHECK_MESSAGE(contains(failed->what(), "MPI"), failed->what());
  const auto whole = [&] { return c.ids() == std::vector{0, 1, 2, 3}; };
  const auto again = [&] { return contains(log(), "sim is back with 4 engines"); };
  REQUIRE(eventually(30s, [&] { return again() && whole(); }));
  CHECK(contains(log(), "MPI does not go on without it"));
  set.scatter("x", rod);
  CHECK(set.apply_sync<double>("mpi_sum", "x") == std::vector<double>(4, std::accumulate(rod.begin(), rod.end(), 0.0)));

  const auto stopped = home.pactor({"stop"});
  CHECK(stopped.exit_code == 0);
  CHECK(home.leftovers() == "");
  const auto ending = log().substr(log().find("Stopping controller and engines"));
  CHECK_MESSAGE(!contains(ending, "improperly"), ending);
}

TEST_SUITE_END();
