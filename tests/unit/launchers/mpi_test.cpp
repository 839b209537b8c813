#include "runtime/launchers/mpi.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/mpi_rank.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <poll.h>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::launchers;
using namespace std::chrono_literals;
using namespace pactor::test;
namespace fs = std::filesystem;

namespace {

/// A set of two ranks, and an mpiexec that does what the test says: the lines are sh.
struct mpi_situation {
  scratch_directory scratch;
  order what;
  std::vector<std::pair<log_level, std::string>> heard;

  explicit mpi_situation(const std::string& mpiexec) {
    what.host.name = "sim";
    what.host.launcher = "mpi";
    what.host.engines = 2;
    what.host.pactor = "/opt/pactor";
    what.host.settings["mpiexec"] = scratch.write("mpiexec", "#!/bin/sh\n" + mpiexec, 0700).string();
    what.ids = {4, 5};
    what.cluster = "lab";
    what.connection_path = scratch.path() / "engine.json";
    what.directory = scratch.path() / "own";
    fs::create_directory(what.directory);
  }

  std::unique_ptr<run> start() {
    return make_launcher("mpi")->start(
        what, [this](log_level level, std::string_view line) { heard.emplace_back(level, line); });
  }
  template <class F>
  static bool until(run& r, F&& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
      pollfd entry{r.fd(), POLLIN, 0};
      ::poll(&entry, 1, 100);
      r.attend();
    }
    return holds();
  }
  ending end() {
    const auto r = start();
    REQUIRE(until(*r, [&] { return r->ended().has_value(); }));
    return *r->ended();
  }
};

} // namespace

TEST_CASE("mpiexec is called with the host's words, and each rank runs a script that keeps the rest private") {
  mpi_situation s{""};
  s.what.host.environment = {{"MINE", "a b"}};
  s.what.host.directory = "/home/ann/my work";
  CHECK(mpi_command(s.what, "/p/it's.sh") ==
        "exec " + s.what.host.settings["mpiexec"] + R"( -n 2 /bin/sh '/p/it'\''s.sh')");
  s.what.host.settings = {{"mpiexec", "srun --mpi=pmix"}, {"options", "--hostfile $HOME/hosts"}};
  CHECK(mpi_command(s.what, "/p/s.sh") == "exec srun --mpi=pmix -n 2 --hostfile $HOME/hosts /bin/sh /p/s.sh");
  s.what.host.settings.clear();
  CHECK(mpi_command(s.what, "/p/s.sh") == "exec mpiexec -n 2 /bin/sh /p/s.sh");
  const auto script = mpi_script(s.what, "/opt/pactor");
  for (const auto* line : {"unset PACTOR_PARENT_PID\n", "export MINE='a b'\n", "cd '/home/ann/my work' || exit 2\n",
                           "\nexec /opt/pactor node ", " --name=sim ", " --ids=4,5 ", " --mpi ", " --ready-fd=1 "})
    CHECK_MESSAGE(contains(script, line), script);
}

TEST_CASE("a set of ranks is ready when all are, and ends in order when they were shut down, whatever mpiexec says") {
  mpi_situation s{R"(printf '\001'; printf 'hello\001\n'; until [ -e "$(dirname "$0")/go" ]; do sleep 0.01; done
printf '\004'; echo 'exiting improperly' >&2; exit 1)"};
  const auto r = s.start();
  REQUIRE(mpi_situation::until(*r, [&] { return r->ready(); }));
  REQUIRE(fs::directory_iterator{s.what.directory} != fs::directory_iterator{}); // the script
  s.scratch.write("go", "");
  REQUIRE(mpi_situation::until(*r, [&] { return r->ended().has_value(); }));
  CHECK(r->ended()->code == 0);
  CHECK(r->ended()->reached);
  CHECK(s.heard.front().second == "hello");
  CHECK(fs::directory_iterator{s.what.directory} == fs::directory_iterator{});
}

TEST_CASE("a set that ended because of one rank says why, in that rank's words") {
  const auto e = mpi_situation{R"(printf '\001\001'; echo 'pactor node: its worker died' >&2
printf -- '-----\nmpiexec has exited\n  due to rank 1\n-----\n' >&2; exit 1)"}
                     .end();
  CHECK(e.code == 1);
  CHECK(e.reached);
  CHECK(e.words == "mpiexec's exit code 1: its worker died");
  // All were asked to end by somebody else: nobody shut them down.
  CHECK(mpi_situation{R"(printf '\001\001')"}.end().code == 1);
}

TEST_CASE("an mpiexec that starts nothing says why, in its words") {
  const auto e =
      mpi_situation{R"(printf -- '-----\nThere are not enough slots\n  for sim\n\n-----\n' >&2; exit 213)"}.end();
  CHECK(e.code == 213);
  CHECK_FALSE(e.reached);
  CHECK(e.words == "mpiexec's exit code 213: There are not enough slots for sim");
  mpi_situation none{""};
  none.what.host.settings["mpiexec"] = "no-such-mpiexec --quiet";
  try {
    (void)none.start();
    FAIL("there is no such program");
  } catch (const error& absent) {
    CHECK(contains(absent.what(), "there is no program no-such-mpiexec in PATH, which is needed for MPI"));
  }
}

TEST_CASE("an mpiexec that is asked to end is heard of in a low voice") {
  mpi_situation s{R"(trap 'echo "killing job" >&2; kill $!; exit 143' TERM; printf '\001\001'; sleep 60 & wait)"};
  const auto r = s.start();
  REQUIRE(mpi_situation::until(*r, [&] { return r->ready(); }));
  r->stop();
  REQUIRE(mpi_situation::until(*r, [&] { return r->ended().has_value(); }));
  CHECK(r->ended()->code == 0);
  const std::pair said{log_level::debug, std::string{"killing job"}};
  CHECK(std::find(s.heard.begin(), s.heard.end(), said) != s.heard.end());
  for (const auto& [level, line] : s.heard) CHECK_MESSAGE(level == log_level::debug, line);
}

TEST_CASE("a process knows its rank by what its MPI says") {
  std::map<std::string, std::string> environment;
  const auto rank = [&] {
    return process::mpi_rank([&](const char* name) {
      const auto at = environment.find(name);
      return at == environment.end() ? nullptr : at->second.c_str();
    });
  };
  CHECK_FALSE(rank());
  environment["PMIX_RANK"] = "7";
  CHECK(rank() == 7);
  environment["PMI_RANK"] = "-1";
  CHECK(rank() == 7);
  environment["OMPI_COMM_WORLD_RANK"] = "0";
  CHECK(rank() == 0);
}
