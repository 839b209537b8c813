#include "runtime/files/profile.hpp"
#include "tests/unit/files/scratch_directory.hpp"

using namespace pactor;
using namespace pactor::test;
using files::profile;
using security::role;

TEST_CASE("file names of a profile's clusters") {
  const profile p{"hpc", "/root"};
  CHECK(p.directory() == "/root/profile_hpc");
  CHECK(p.config_file() == "/root/profile_hpc/config.json");
  CHECK(p.connection_file(role::client, "") == "/root/profile_hpc/security/pactor-client.json");
  CHECK(p.connection_file(role::node, "") == "/root/profile_hpc/security/pactor-engine.json");
  CHECK(p.connection_file(role::controller, "") == "/root/profile_hpc/security/pactor-controller.json");
  CHECK(p.connection_file(role::client, "a1") == "/root/profile_hpc/security/pactor-a1-client.json");
  CHECK(p.pid_file("") == "/root/profile_hpc/pid/pactor.pid");
  CHECK(p.pid_file("a1") == "/root/profile_hpc/pid/pactor-a1.pid");
  CHECK(p.log_file("node", "a1") == "/root/profile_hpc/log/node-a1.log");
}

TEST_CASE("names that could leave the directory are refused") {
  for (const auto* bad : {"", ".", "..", "../x", "a/b", "a b", "-n", ".hidden", "\n", "\xc3\xa4"}) {
    CAPTURE(bad);
    CHECK(error_of([&] { const profile p(bad, "/root"); }).first == ec::configuration);
  }
  CHECK(error_of([] { const profile p(std::string(41, 'a'), "/root"); }).first == ec::configuration);
  CHECK(error_of([] { return profile{"ok", "/root"}.pid_file("../x"); }).first == ec::configuration);
}

TEST_CASE("a new profile is closed to others, and its clusters and its name are found again") {
  const scratch_directory scratch;
  const profile b{"b", scratch.path()};
  const profile a{"a", scratch.path()};
  a.create();
  b.create();
  b.create();
  for (const auto& directory : {b.directory(), b.security_directory(), b.pid_directory(), b.log_directory()})
    CHECK(mode_of(directory) == 0700);
  CHECK(b.cluster_ids().empty());
  scratch.write("profile_b/pid/pactor.pid", "");
  scratch.write("profile_b/pid/pactor-x-y.pid", "");
  scratch.write("profile_b/pid/pactor.pid.Ab12xy", "");
  scratch.write("profile_b/pid/other.txt", "");
  CHECK(b.cluster_ids() == std::vector<std::string>{"", "x-y"});
  scratch.write("profile_file", "");
  const auto all = files::all_profiles(scratch.path());
  REQUIRE(all.size() == 2);
  CHECK(all[0].name() == "a");
  CHECK(all[1].name() == "b");
  CHECK(files::all_profiles(scratch.path() / "none").empty());
}
