#include "runtime/launchers/plugin.hpp"

#include "pactor/error.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <poll.h>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::launchers;
using namespace std::chrono_literals;
using namespace pactor::test;

namespace {

const std::filesystem::path place = PACTOR_TEST_LAUNCHERS;

ending end_of(run& r) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!r.ended() && std::chrono::steady_clock::now() < deadline) {
    ::poll(nullptr, 0, 10);
    r.attend();
  }
  REQUIRE(r.ended());
  return *r.ended();
}

} // namespace

TEST_CASE("a launcher of one's own starts nodes, hears of their end, stops and kills them") {
  const scratch_directory scratch;
  const auto out = scratch.path() / "out";
  order what;
  what.host.name = "there";
  what.host.engines = 2;
  what.host.environment = {{"OUT", out.string()}};
  what.host.pactor =
      scratch.write("pactor", "#!/bin/sh\necho \"$*\" >$OUT\n[ -e stay ] && exec sleep 100; exit 7\n", 0700);
  what.host.directory = scratch.path().string();
  what.ids = {4, 5};
  what.connection_path = "/c.json";
  const auto maker = make_launcher((place / "beside.so").string());
  std::vector<std::string> heard;
  const auto listen = [&](log_level, std::string_view line) { heard.emplace_back(line); };
  const auto r = maker->start(what, listen);
  CHECK(r->what().starts_with("child "));
  CHECK(heard == std::vector{r->what()});
  CHECK(r->every() == 50ms);
  const auto e = end_of(*r);
  CHECK(e.code == 7);
  CHECK(e.words == "exit code 7");
  CHECK_FALSE(r->signal(15));
  CHECK(contains(std::string{std::istreambuf_iterator<char>{std::ifstream{out}.rdbuf()}, {}},
                 "node --launched --name=there -n2 --ids=4,5 --connection=/c.json"));
  scratch.write("stay", "");
  const auto second = maker->start(what, listen);
  second->attend();
  CHECK_FALSE(second->ended());
  second->stop();
  CHECK(end_of(*second).code == 143);
  const auto third = maker->start(what, nullptr);
  third->kill();
  CHECK(end_of(*third).code == 137);
  what.host.pactor = "/there/is/none";
  CHECK(contains(error_of([&] { (void)maker->start(what, nullptr); }).second,
                 "/there/is/none can't be started: No such"));
}

TEST_CASE("each run of a node with keys has a connection file of its own, and none stays") {
  const scratch_directory scratch;
  order what;
  what.host.name = "there";
  what.host.engines = 2;
  what.host.pactor = scratch.write("pactor", "#!/bin/sh\nexit 7\n", 0700);
  what.host.directory = scratch.path().string();
  what.ids = {4, 5};
  what.directory = scratch.path() / "own";
  std::filesystem::create_directory(what.directory);
  what.connection.role = security::role::node;
  what.connection.engine_keys = {"k4", "k5"};
  const auto files = [&] { return std::distance(std::filesystem::directory_iterator{what.directory}, {}); };
  const auto maker = make_launcher((place / "beside.so").string());
  auto run = maker->start(what, nullptr);
  ++what.attempt;
  run = maker->start(what, nullptr); // as the supervisor does it
  CHECK(files() == 1);
  run.reset();
  CHECK(files() == 0);
  what.host.pactor = "/there/is/none";
  CHECK_THROWS_AS((void)maker->start(what, nullptr), error);
  CHECK(files() == 0);
}

TEST_CASE("a library that is no launcher says why") {
  const scratch_directory scratch;
  const auto complaint = [](const std::filesystem::path& path) {
    const auto [code, text] = error_of([&] { (void)make_launcher(path.string()); });
    CHECK(code == ec::configuration);
    CHECK(contains(text, "the launcher " + path.string() + " can't be used: "));
    return text;
  };
  CHECK(contains(complaint("/there/is/none.so"), "there is no such file"));
  CHECK(contains(complaint(scratch.write("text.so", "no library\n")), "text.so: "));
  CHECK(contains(complaint(place / "../jobs/libbasics.so"), "exports no functions pactor_launcher_abi"));
  CHECK(contains(complaint(place / "newer.so"), "built for version 2 of pactor/launcher_abi.h, this is version 1"));
}
