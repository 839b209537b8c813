#include "runtime/launchers/ssh.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/launchers/carry.hpp"
#include "runtime/process/child.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <poll.h>
#include <set>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using namespace pactor;
using namespace pactor::launchers;
using namespace std::chrono_literals;
using pactor::test::scratch_directory;

namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string program(const scratch_directory& scratch, const std::string& name, const std::string& script) {
  const auto path = scratch.write(name, "#!/bin/sh\n" + script);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path.string();
}

/// An order whose `pactor` is a script. The stand-in for ssh runs the command that the other host's shell would get.
struct situation {
  scratch_directory scratch;
  order what;
  std::vector<std::string> heard;
  std::string ssh = program(scratch, "ssh", "for command; do :; done\nexec sh -c \"$command\"\n");

  explicit situation(const std::string& pactor) {
    what.host.name = what.host.address = "lab1";
    what.host.pactor = program(scratch, "pactor", pactor);
    what.host.directory = scratch.path().string();
    what.ids = {0, 1};
    what.connection.role = security::role::node;
    what.connection.hosts = {"10.0.0.1"};
    what.connection.port = 1;
    what.connection.key = "-----BEGIN PRIVATE KEY-----\nsecret\n";
  }
  std::unique_ptr<run> start() {
    return ssh_launcher{ssh}.start(what, [this](log_level, std::string_view line) { heard.emplace_back(line); });
  }
  /// Attends to it until it ended.
  static ending end_of(run& r) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!r.ended() && std::chrono::steady_clock::now() < deadline) {
      pollfd entry{r.fd(), POLLIN, 0};
      ::poll(&entry, 1, 200);
      r.attend();
    }
    REQUIRE(r.ended());
    return *r.ended();
  }
  [[nodiscard]] bool was_heard(std::string_view line) const {
    return std::find(heard.begin(), heard.end(), line) != heard.end();
  }
};

} // namespace

TEST_CASE("ssh asks nothing, and keeps the user's way to check host keys") {
  files::host_config host;
  host.address = "lab1";
  host.user = "ann";
  host.ssh_port = 2222;
  host.ssh_options = {"ProxyJump=gate", "ConnectTimeout=3"};
  const auto words = ssh_arguments(host, {});
  const auto all = shell_words(words);
  CHECK(contains(all, "-p 2222 -l ann -o ProxyJump=gate -o ConnectTimeout=3"));
  CHECK(contains(all, "BatchMode=yes"));
  CHECK_FALSE(contains(all, "StrictHostKeyChecking"));
  CHECK(all.find("ConnectTimeout=3") < all.find("ConnectTimeout=10")); // the first one counts
  CHECK(words.back() == "lab1");
  CHECK(words[words.size() - 2] == "--");
  CHECK(contains(all, "ClearAllForwardings=yes"));
  host.tunnel = true;
  files::connection_file controller;
  controller.hosts = {"10.0.0.1", "127.0.0.1"};
  controller.port = 4711;
  CHECK(contains(shell_words(ssh_arguments(host, controller)), "-R 127.0.0.1:4711:10.0.0.1:4711"));
}

TEST_CASE("environment and connection file go over ssh's input, and the node ends with it") {
  // A stand-in for the node that says what it got, up to the end of its input.
  situation s{R"x(printf '\001'; echo "in $(pwd)"; echo "A is $A"; echo "arguments $*"; cat; echo "input ended")x"};
  s.what.host.environment = {{"A", "it's $HOME; true"}};
  CHECK_FALSE(contains(ssh_command(s.what), "it's"));
  CHECK_FALSE(contains(ssh_command(s.what), "secret"));
  const auto r = s.start();
  while (!s.was_heard("}")) {
    REQUIRE_FALSE(r->ended());
    r->attend();
    std::this_thread::sleep_for(1ms);
  }
  CHECK(r->ready());
  CHECK_FALSE(s.was_heard("input ended"));
  r->stop();
  CHECK(situation::end_of(*r).code == 0);
  CHECK(s.was_heard("in " + s.scratch.path().string()));
  CHECK(s.was_heard("A is it's $HOME; true"));
  CHECK(s.was_heard("arguments node --launched --name=lab1 -n2 --ids=0,1 --connection=- --ready-fd=1 --lease=30"));
}

TEST_CASE("what is carried to a host is what a node needs, and comes there once") {
  const scratch_directory scratch;
  order what;
  what.host.name = "lab1";
  what.directory = scratch.path();
  std::string id;
  {
    const cargo load{what, scratch.path()};
    id = load.id();
    CHECK(id.size() == 16);
    CHECK(std::filesystem::is_regular_file(load.directory() / "bin/pactor"));
    CHECK(std::filesystem::is_regular_file(load.directory() / "lib/pactor/needed/libstdc++.so.6"));
    CHECK_FALSE(std::filesystem::exists(load.directory() / "lib/pactor/needed/libc.so.6"));
    CHECK(cargo{what, scratch.path() / "again"}.id() == id);
  }
  CHECK_FALSE(std::filesystem::exists(scratch.path() / "cargo-lab1"));

  const auto place = scratch.path() / "pactor dir";
  const auto unpack = [&](const std::string& archive) {
    return process::spawn({.executable = "/bin/sh",
                           .arguments = {"sh", "-c", archive + " | sh -c " + shell_word(unpack_script("1a"))},
                           .environment = {{"PACTOR_DIR", place.string()}},
                           .output = "/dev/null"})
        .wait();
  };
  what.host.jobs = {"/here/only"};
  CHECK(contains(ssh_command(what, ""), "--jobs=/here/only"));
  CHECK_FALSE(contains(ssh_command(what, "1a"), "--jobs="));
  CHECK_FALSE(unpack("echo nonsense").success());
  {
    auto pack = cargo{what, scratch.path()}.pack_command();
    pack.back() = (scratch.path() / "few").string();
    std::filesystem::create_directory(pack.back());
    std::filesystem::create_symlink("/nowhere", scratch.path() / "few/vanished");
    CHECK_FALSE(unpack(shell_words(pack)).success());
  }
  CHECK(std::filesystem::is_empty(place / "carried"));
  scratch.write("x", "first");
  const auto archive = "tar --create --gzip --directory " + scratch.path().string() + " x";
  CHECK(unpack(archive).success());
  scratch.write("x", "second");
  CHECK(unpack(archive).success());
  CHECK(files::read_file(place / "carried/1a/x") == "first");
  CHECK(std::distance(std::filesystem::directory_iterator{place / "carried"}, {}) == 1);

  // What was carried before goes, but nothing that a node runs from.
  std::array<char, 256> host{};
  REQUIRE(::gethostname(host.data(), host.size() - 1) == 0);
  const auto here = std::string{host.data()};
  std::map<std::string, std::string> users{{"idle", ""},
                                           {"killed", here + "@999999999"},
                                           {"runs", here + "@" + std::to_string(::getpid())},
                                           {"elsewhere", "other@1"},
                                           {"coming", ""}};
  for (const auto& [name, user] : users) {
    const auto directory = place / "carried" / name;
    std::filesystem::create_directories(directory / ".users");
    if (!user.empty()) std::ofstream{directory / ".users" / user} << "";
    if (name != "coming")
      std::filesystem::last_write_time(directory,
                                       std::filesystem::file_time_type::clock::now() - std::chrono::hours{2});
  }
  CHECK(unpack(archive).success());
  std::set<std::string> left;
  for (const auto& one : std::filesystem::directory_iterator{place / "carried"}) left.insert(one.path().filename());
  CHECK(left == std::set<std::string>{"1a", "coming", "elsewhere", "runs"});
  CHECK(contains(ssh_command(what, "1a"), ".users/$(uname -n)@$$"));
}

TEST_CASE("why a node did not start is told") {
  SUBCASE("it says so itself") {
    situation s{"echo 'pactor node: the controller refuses it' >&2; exit 13"};
    const auto end = situation::end_of(*s.start());
    CHECK(end.code == 13);
    CHECK(end.reached);
    CHECK(end.words == "exit code 13: the controller refuses it");
  }
  SUBCASE("there is no pactor") {
    situation s{""};
    s.what.host.pactor = "/nowhere/pactor";
    const auto end = situation::end_of(*s.start());
    CHECK_FALSE(end.reached);
    CHECK(contains(end.words, "there is no program /nowhere/pactor there"));
  }
  SUBCASE("it is another version") {
    situation s{R"([ "$1" = --version ] && echo 'pactor 9.9.9' && exit; echo 'unknown option' >&2; exit 2)"};
    const auto end = situation::end_of(*s.start());
    CHECK_FALSE(end.reached);
    CHECK(contains(end.words, "pactor 9.9.9"));
  }
  SUBCASE("there is no such directory") {
    situation s{""};
    s.what.host.directory = "/nowhere/at all";
    const auto end = situation::end_of(*s.start());
    CHECK_FALSE(end.reached);
    CHECK(contains(end.words, "/nowhere/at all"));
  }
  SUBCASE("there is no ssh") {
    situation s{""};
    s.ssh = "pactor-test-no-such-ssh";
    CHECK_THROWS_AS((void)s.start(), error);
  }
}

TEST_CASE("what ssh says becomes words that help") {
  files::host_config host;
  host.address = "lab1";
  host.user = "ann";
  const auto words = [&host](const std::string& said) {
    const auto end = explain_ssh(host, 255, said);
    CHECK_FALSE(end.reached);
    return end.words;
  };
  CHECK(
      contains(words("ssh: Could not resolve hostname lab1: Name or service not known"), "there is no host \"lab1\""));
  CHECK(contains(words("ssh: connect to host lab1 port 22: Connection refused"), "no ssh server listens at lab1"));
  CHECK(contains(words("No ED25519 host key is known for lab1\nHost key verification failed."),
                 "connect once by hand and compare it: ssh ann@lab1"));
  CHECK(contains(words("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nHost key verification failed."),
                 "not the one that is known"));
  CHECK(contains(words("ann@lab1: Permission denied (publickey)."), "by a key or an agent: ssh ann@lab1"));
  CHECK(contains(words("ssh: connect to host lab1 port 22: No route to host"), "it can't be reached"));
  CHECK(contains(words("strange\nstranger"), "ssh failed: stranger"));
  CHECK(words("") == "ssh failed without a word");
  const auto library =
      explain_ssh(host, 127, "pactor: error while loading shared libraries: libcaf_core.so.0.17.6: no");
  CHECK(contains(library.words, "libcaf_core.so.0.17.6"));
}

TEST_CASE("an environment that is larger than a pipe arrives whole; one that can't be is refused") {
  situation s{R"x(echo "${#LARGE} ${#MORE}"; cat >/dev/null; echo "input ended")x"};
  s.what.host.environment = {{"LARGE", std::string(100'000, 'x')}, {"MORE", std::string(110'000, 'y')}};
  const auto r = s.start();
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!s.was_heard("100000 110000") && std::chrono::steady_clock::now() < deadline) {
    REQUIRE_FALSE(r->ended());
    pollfd entry{r->fd(), POLLIN, 0};
    ::poll(&entry, 1, 200);
    r->attend();
  }
  CHECK(s.was_heard("100000 110000"));
  r->stop();
  CHECK(situation::end_of(*r).code == 0);
  s.what.host.environment = {{"LARGE", std::string(1'100'000, 'x')}};
  CHECK_THROWS_AS((void)s.start(), error);
}
