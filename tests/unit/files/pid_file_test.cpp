#include "runtime/files/file_io.hpp"
#include "runtime/files/pid_file.hpp"
#include "runtime/process/child.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <atomic>
#include <csignal>
#include <optional>
#include <sys/wait.h>
#include <thread>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using files::pid_file;
using files::pid_record;

namespace {

pid_record record() {
  auto r = pid_record::self();
  r.nonce = "abc";
  r.engines = 4;
  return r;
}

/// A process that holds the pid file until it is killed. Only async-signal-safe things happen after it says ready.
class holder {
public:
  explicit holder(const std::filesystem::path& path) {
    auto ready = process::make_pipe();
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      const pid_file held{path, record()};
      [[maybe_unused]] const auto written = ::write(ready.write.get(), "r", 1);
      for (;;) ::pause();
    }
    ready.write.reset();
    char byte = 0;
    REQUIRE(::read(ready.read.get(), &byte, 1) == 1);
  }
  holder(const holder&) = delete;
  holder& operator=(const holder&) = delete;
  ~holder() { kill(); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  void kill() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }

private:
  pid_t pid_ = 0;
};

} // namespace

TEST_CASE("a pid file lives as long as its object and says who holds it") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  CHECK_FALSE(files::inspect_pid_file(path));
  {
    const pid_file held{path, record()};
    CHECK_FALSE(held.replaced_stale());
    const auto seen = files::inspect_pid_file(path);
    REQUIRE(seen);
    CHECK(seen->running);
    REQUIRE(seen->record);
    CHECK(*seen->record == record());
    CHECK(seen->record->pid == ::getpid());
    CHECK(seen->record->start_time > 0);
    CHECK(mode_of(path) == 0600);
  }
  CHECK_FALSE(files::inspect_pid_file(path));
  CHECK(std::filesystem::is_empty(scratch.path()));
}

TEST_CASE("a second cluster is refused and told who runs") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  const holder other{path};
  const auto [code, what] = error_of([&] { const pid_file mine(path, record()); });
  CHECK(code == ec::already_running);
  CHECK(contains(what, "process " + std::to_string(other.pid())));
  CHECK(contains(what, path.string()));
  CHECK(files::inspect_pid_file(path)->running);
}

TEST_CASE("what a killed cluster left is stale, and is replaced") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  {
    holder other{path};
    other.kill();
  }
  auto seen = files::inspect_pid_file(path);
  REQUIRE(seen);
  CHECK_FALSE(seen->running);
  const pid_file mine{path, record()};
  CHECK(mine.replaced_stale());
  seen = files::inspect_pid_file(path);
  CHECK(seen->running);
  CHECK(seen->record->pid == ::getpid());
}

TEST_CASE("a pid file that can't be understood is no obstacle") {
  const scratch_directory scratch;
  for (const auto* content : {"", "12345", "{", "{\"pid\": \"x\"}", "\x01\x02"}) {
    CAPTURE(content);
    const auto path = scratch.write("pactor.pid", content);
    const auto seen = files::inspect_pid_file(path);
    REQUIRE(seen);
    CHECK_FALSE(seen->running);
    CHECK_FALSE(seen->record);
    const pid_file mine{path, record()};
    CHECK(mine.replaced_stale());
  }
}

TEST_CASE("of many that start at once exactly one gets the pid file") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  for (int round = 0; round < 20; ++round) {
    if (round % 2 == 1) scratch.write("pactor.pid", "stale");
    std::vector<std::optional<pid_file>> held(4);
    std::atomic<int> refused{0};
    std::vector<std::thread> threads;
    for (auto& slot : held)
      threads.emplace_back([&slot, &refused, &path] {
        try {
          slot.emplace(path, record());
        } catch (const error&) {
          ++refused;
        }
      });
    for (auto& t : threads) t.join();
    CHECK(refused == 3);
    CHECK(files::inspect_pid_file(path)->running);
  }
}

TEST_CASE("a child process does not keep the pid file locked") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  std::optional<process::child> child;
  {
    const pid_file held{path, record()};
    child = process::spawn({.executable = "/bin/sleep", .arguments = {"sleep", "1000"}});
    scratch.write("copy", files::read_file(path));
    REQUIRE(::link(path.c_str(), (scratch.path() / "kept").c_str()) == 0);
  }
  CHECK_FALSE(files::inspect_pid_file(scratch.path() / "kept")->running);
}

TEST_CASE("the end of a holder does not remove the file of another") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "pactor.pid";
  std::optional<pid_file> first{std::in_place, path, record()};
  files::remove_file(path); // somebody thought that this would help
  const pid_file second{path, record()};
  first.reset();
  CHECK(files::inspect_pid_file(path)->running);
}
