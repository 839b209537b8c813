#include "runtime/process/oom_kills.hpp"

#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace pactor;

namespace {

void write(const std::filesystem::path& path, const std::string& text) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream{path} << text;
}

} // namespace

TEST_CASE("kills for want of memory are counted for the control group, of either version, or else for the system") {
  const test::scratch_directory root;
  CHECK_FALSE(process::oom_kills(root.path()));
  write(root.path() / "proc/vmstat", "nr_free_pages 5\noom_kill 7\n");
  CHECK(process::oom_kills(root.path()) == 7);
  write(root.path() / "proc/self/cgroup", "9:memory:/old\n0::/user/session\n");
  CHECK(process::oom_kills(root.path()) == 7);
  write(root.path() / "sys/fs/cgroup/user/session/memory.events", "low 0\noom 3\noom_kill 2\n");
  CHECK(process::oom_kills(root.path()) == 2);
  write(root.path() / "sys/fs/cgroup/memory/old/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
  CHECK(process::oom_kills(root.path()) == 4);
  write(root.path() / "sys/fs/cgroup/memory/old/memory.oom_control", "nonsense");
  CHECK(process::oom_kills(root.path()) == 2);
}
