#include "runtime/launchers/batch.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "tests/support/batch_system.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <poll.h>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::launchers;
using namespace std::chrono_literals;
using namespace pactor::test;
namespace fs = std::filesystem;

namespace {

/// An order whose `pactor` is a script, with stand-ins for the batch systems' commands first in PATH.
struct situation {
  scratch_directory scratch;
  order what;
  std::vector<std::string> heard;
  std::string path = std::getenv("PATH");

  explicit situation(const std::string& pactor) {
    ::setenv("PATH", (write_batch_system(scratch.path()).string() + ":" + path).c_str(), 1);
    what.host.name = "big";
    what.host.engines = 2;
    what.host.pactor = scratch.write("pactor", "#!/bin/sh\n" + pactor, 0700).string();
    what.ids = {0, 1};
    what.cluster = "lab";
    what.connection.key = "secret";
    what.connection_path = scratch.path() / "engine.json";
    what.directory = scratch.path() / "own";
    fs::create_directory(what.directory);
  }
  situation(const situation&) = delete;
  situation& operator=(const situation&) = delete;
  ~situation() { ::setenv("PATH", path.c_str(), 1); }

  std::unique_ptr<run> start(const std::string& kind) {
    return make_launcher(kind)->start(what, [this](log_level, std::string_view line) { heard.emplace_back(line); });
  }
  /// Attends to it until something holds.
  template <class F>
  static void until(run& r, F&& holds) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (!holds() && std::chrono::steady_clock::now() < deadline) {
      pollfd entry{r.fd(), POLLIN, 0};
      ::poll(&entry, 1, 100);
      r.attend();
    }
    REQUIRE(holds());
  }
  static ending end_of(run& r) {
    until(r, [&] { return r.ended().has_value(); });
    return *r.ended();
  }
  [[nodiscard]] bool was_heard(std::string_view line) const {
    return std::find(heard.begin(), heard.end(), line) != heard.end();
  }
  [[nodiscard]] bool tidy() const { return fs::is_empty(what.directory); }
  /// What the batch system says of the job from now on.
  void tell(const std::string& text) const { scratch.write("jobs/1.state", text); }
};

// A node that says it is ready, and ends in order when it is asked to.
constexpr const char* node = R"x(echo "A is $A in $(pwd)"; echo "arguments $*"; echo x >&3
trap 'echo asked; exit 0' TERM; while :; do sleep 0.1; done
)x";
// One that has to be killed.
constexpr const char* deaf = "trap '' TERM; echo x >&3; while :; do sleep 0.1; done\n";

} // namespace

TEST_CASE("the script of a job: the system's lines, the host's settings, and the node, but no key") {
  situation s{""};
  s.what.host.settings = {{"queue", "long"}, {"time", "01:00:00"}, {"options", "--gres=gpu:1"}};
  s.what.host.environment = {{"A", "it's"}};
  const job_files files{"s", "out file", "ready", "exit"};
  const auto text = batch_script(*slurm(), s.what, files);
  CHECK(contains(text, "#SBATCH --job-name=pactor-lab-big\n"));
  CHECK(contains(text, "#SBATCH --cpus-per-task=2\n"));
  CHECK(contains(text, "#SBATCH --partition=long\n#SBATCH --time=01:00:00\n#SBATCH --gres=gpu:1\n"));
  CHECK(contains(text, R"(export A='it'\''s')"));
  CHECK(contains(text, "exec >>'out file' 2>&1"));
  CHECK_FALSE(contains(text, "secret"));
  s.what.host.settings["options"] = "-l place=excl";
  const auto other = batch_script(*pbs(), s.what, files);
  CHECK(contains(other, "#PBS -l select=1:ncpus=2\n"));
  CHECK(contains(other, "#PBS -q long\n#PBS -l walltime=01:00:00\n#PBS -l place=excl\n"));

  s.what.host.settings = {{"template", s.scratch.write("own.sh", "#!/bin/bash\nmodule load x # @name@\n@command@\n")}};
  CHECK(contains(batch_script(*slurm(), s.what, files), "module load x # pactor-lab-big\numask 077\n"));
}

TEST_CASE("what is wrong with a batch system's settings is told") {
  situation s{""};
  const auto complaint = [&](const std::string& key, const std::string& value) {
    s.what.host.settings = {{key, value}};
    const auto [code, text] = error_of([&] { (void)s.start("slurm"); });
    CHECK(code == ec::configuration);
    return text;
  };
  CHECK(contains(complaint("queu", "x"), "there is no setting \"queu\"; did you mean \"queue\"?"));
  CHECK(contains(complaint("queue", "x\nrm -rf"), "must be one line"));
  CHECK(contains(complaint("template", "/there/is/none"), "the template can't be read"));
  CHECK(contains(complaint("template", s.scratch.write("t", "pactor")), "has no line @command@"));
  s.what.host.settings.clear();
  s.what.host.tunnel = true;
  CHECK(error_of([&] { (void)s.start("pbs"); }).first == ec::configuration);
  s.what.host.tunnel = false;
  ::setenv("PATH", "/nowhere", 1);
  CHECK(contains(error_of([&] { (void)s.start("pbs"); }).second, "no program qsub in PATH, which is needed for PBS"));
  CHECK(s.tidy());
}

TEST_CASE("what batch systems say of a job") {
  using phase = job_state::phase;
  const auto of_slurm = [](const std::string& out) { return slurm()->state_of({0, out, ""}); };
  CHECK(of_slurm("PENDING|Priority\n") == job_state{phase::waiting, "Priority"});
  CHECK(of_slurm("CLUSTER: a\nCOMPLETING|None\n") == job_state{phase::running, ""});
  CHECK(of_slurm("NODE_FAIL|NodeDown\n") == job_state{phase::over, "on a host that failed"});
  CHECK(of_slurm("") == job_state{});
  CHECK(slurm()->state_of({1, "", "slurm_load_jobs error: Invalid job id specified"}) == job_state{});
  CHECK_FALSE(slurm()->state_of({1, "", "Unable to contact slurm controller"}));
  CHECK(slurm()->job_of("17\n") == "17");
  CHECK(slurm()->job_of("17;far\n") == "17;far");
  CHECK(slurm()->look("17;far") ==
        std::vector<std::string>{"squeue", "-Mfar", "--noheader", "--states=all", "--format=%T|%r", "--jobs=17"});
  CHECK(slurm()->job_of("Submitted batch job 17") == "");
  const auto of_pbs = [](const std::string& lines) { return pbs()->state_of({0, "Job Id: 1.head\n" + lines, ""}); };
  CHECK(of_pbs("    job_state = Q\n    comment = Not Running: full\n") ==
        job_state{phase::waiting, "Not Running: full"});
  CHECK(of_pbs("    job_state = R\n") == job_state{phase::running, ""});
  CHECK(of_pbs("    job_state = F\n    Exit_status = -29\n") == job_state{phase::over, "at its time limit"});
  CHECK_FALSE(of_pbs(""));
  CHECK(pbs()->state_of({153, "", "qstat: Unknown Job Id 1.head"}) == job_state{});
  CHECK_FALSE(pbs()->state_of({111, "", "cannot connect to server"}));
  CHECK(pbs()->job_of("17.head\n") == "17.head");
  CHECK(pbs()->job_of("qsub: no") == "");
}

TEST_CASE("a batch system's node is started, heard, and ended in order") {
  for (const std::string kind : {"slurm", "pbs"}) {
    CAPTURE(kind);
    situation s{node};
    s.what.host.environment = {{"A", "it's $HOME"}};
    s.what.host.directory = s.scratch.path().string();
    const auto r = s.start(kind);
    for (const auto& file : fs::directory_iterator{s.what.directory}) CHECK(mode_of(file) == 0600);
    // The node may be quicker than the word of which job it is.
    situation::until(*r, [&] { return r->ready() && r->what().starts_with("job 1"); });
    situation::until(*r, [&] { return s.was_heard("A is it's $HOME in " + s.scratch.path().string()); });
    CHECK(s.was_heard("arguments node --launched --name=big -n2 --ids=0,1 --connection=" +
                      s.what.connection_path.string() + " --ready-fd=3"));
    CHECK_FALSE(r->ended());
    r->stop();
    r->stop();
    const auto e = situation::end_of(*r);
    CHECK(e.code == 0);
    CHECK(s.was_heard("asked"));
    CHECK(s.tidy());
  }
}

TEST_CASE("a job that is refused, and a node that ends by itself, are told in words") {
  for (const std::string kind : {"slurm", "pbs"}) {
    situation s{"echo 'no controller' >&2; exit 12\n"};
    const auto r = s.start(kind);
    const auto e = situation::end_of(*r);
    CHECK(e.code == 12);
    CHECK(e.reached);
    CHECK(contains(e.words, "exit code 12 (job 1"));
    CHECK(contains(e.words, "): no controller"));
    s.scratch.write("refuse", "invalid partition specified: long\n");
    const auto refused = situation::end_of(*s.start(kind));
    CHECK(refused.code != 0);
    CHECK_FALSE(refused.reached);
    CHECK(contains(refused.words, ": invalid partition specified: long"));
    CHECK(s.tidy());
  }
}

TEST_CASE("a job's waiting and its end by the batch system are told; what it can't tell is no end") {
  situation s{node};
  s.tell("PENDING|Resources\n");
  const auto r = s.start("slurm");
  situation::until(*r, [&] { return s.was_heard("job 1 waits: Resources"); });
  s.scratch.write("bin/squeue", "#!/bin/sh\necho 'Unable to contact slurm controller' >&2; exit 1\n", 0700);
  situation::until(
      *r, [&] { return s.was_heard("squeue does not tell how job 1 is: Unable to contact slurm controller"); });
  CHECK_FALSE(r->ended());
  CHECK(r->signal(SIGTERM)); // so that nothing is left
  s.scratch.write("bin/squeue", "#!/bin/sh\necho 'TIMEOUT|TimeLimit'\n", 0700);
  const auto e = situation::end_of(*r);
  CHECK(e.code == 1);
  CHECK(e.words == "job 1 at its time limit");
}

TEST_CASE("a job that does not end when it is asked is killed; so is one that nobody looks after any more") {
  for (const std::string kind : {"slurm", "pbs"}) {
    situation s{deaf};
    auto r = s.start(kind);
    situation::until(*r, [&] { return r->ready(); });
    r->stop();
    r->kill();
    CHECK(situation::end_of(*r).words.find("stopped") != std::string::npos);
    r = s.start(kind);
    situation::until(*r, [&] { return r->ready(); });
    r.reset();
    CHECK(s.tidy());
    const auto pid = std::stoi(files::read_file(s.scratch.path() / "jobs/2.pid"));
    const auto deadline = std::chrono::steady_clock::now() + 10s;
    const auto alive = [&] {
      try {
        return !contains(files::read_file("/proc/" + std::to_string(pid) + "/status"), "State:\tZ");
      } catch (const error&) {
        return false;
      }
    };
    while (alive() && std::chrono::steady_clock::now() < deadline) ::poll(nullptr, 0, 10);
    CHECK_FALSE(alive());
  }
}
