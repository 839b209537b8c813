// Hosts that come and go under load, and nodes that can't come in. The hosts are nodes with names of their own.

#include "tests/support/batch_system.hpp"
#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <filesystem>
#include <netinet/in.h>
#include <ranges>
#include <set>
#include <sys/socket.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;
using security::role;
namespace fs = std::filesystem;

namespace {

background_program host(const temporary_cluster& cluster, const std::string& name, int engines) {
  return cluster.pactor_beside({"node", "-n", std::to_string(engines), "--name", name, "--jobs", test_jobs().string(),
                                "--connection", cluster.connection_file(role::node).string()});
}

std::size_t files_in(const fs::path& directory) {
  return static_cast<std::size_t>(std::distance(fs::directory_iterator{directory}, fs::directory_iterator{}));
}

} // namespace

TEST_SUITE_BEGIN("hosts");

TEST_CASE("a host joins under load and gets tasks at once; it is drained under load: each task ends once, none fails") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto place = cluster.directory() / "ran";
  fs::create_directory(place);
  const auto view = c.load_balanced_view();
  constexpr int all = 2'000;
  std::vector<async_result<void>> tasks;
  for (int i = 0; i < all; ++i) tasks.push_back(view.apply_async<void>("once", (place / std::to_string(i)).string()));
  const auto slow = view.map_async<long>("slowly", std::views::iota(0, 3'000), {.chunksize = 1});
  auto b = host(cluster, "B", 2);
  c.wait_for_engines(3);
  const auto engines = c.engines_of("B");
  CHECK(engines.size() == 2);
  REQUIRE(eventually(20s, [&] {
    const auto queues = c.queue_status();
    return std::ranges::all_of(engines, [&](int e) { return queues.engines.at(e).completed > 0; });
  }));
  // Directed ones, of which one runs and the others wait for it.
  const auto go = cluster.directory() / "go";
  const auto directed = c[engines[0]];
  std::vector<async_result<void>> there{directed.apply_async<void>("until_exists", go.string())};
  for (int i = 0; i < 50; ++i)
    there.push_back(directed.apply_async<void>("once", (place / ("d" + std::to_string(i))).string()));
  const auto bound =
      c.load_balanced_view(engines).map_async<long>("slowly", std::views::iota(0, 100), {.chunksize = 1});
  auto drained = cluster.pactor_beside({"drain", "B"});
  REQUIRE(eventually(20s, [&] { return c.ids() == std::vector{0}; }));
  CHECK_THROWS_AS(directed.apply_async<void>("until_exists", go.string()), engine_lost);
  CHECK(b.running());
  CHECK(drained.running());
  write_file(go, "");
  for (auto& t : there) CHECK_NOTHROW(t.get(30s));
  CHECK(bound.get(60s).size() == 100);
  const auto said = drained.wait(30s);
  CHECK(said.exit_code == 0);
  CHECK(said.out == "B has left, with 2 engines\n");
  CHECK(b.wait(15s).exit_code == 0);
  for (auto& t : tasks) CHECK_NOTHROW(t.get(60s));
  CHECK(files_in(place) == all + 50);
  const auto got = slow.get(60s);
  REQUIRE(got.size() == 3'000);
  for (std::size_t i = 0; i < got.size(); ++i) REQUIRE(got[i] == static_cast<long>(i));
  CHECK(c.size() == 1);
}

TEST_CASE("a host that does not end its tasks in time is cut off; what can run elsewhere does") {
  const temporary_cluster cluster{1};
  auto b = host(cluster, "B", 1);
  const auto c = cluster.client();
  c.wait_for_engines(2);
  const auto never = (cluster.directory() / "never").string();
  const auto stuck = c[c.engines_of("B")[0]].apply_async<void>("until_exists", never);
  REQUIRE(eventually(15s, [&] { return c.status().engines[1].state == "busy"; }));
  CHECK(c.drain("B", 0.3s).size() == 1);
  CHECK_THROWS_AS(stuck.get(15s), engine_lost);
  CHECK(b.wait(15s).exit_code == 0);
  CHECK(c[0].apply_sync<std::string>("hello") == "Hello World!");
}

TEST_CASE("engines are started and stopped by host") {
  const temporary_cluster cluster{1};
  auto b = host(cluster, "B", 1);
  const auto c = cluster.client();
  c.wait_for_engines(2);
  const auto started = cluster.pactor({"engines", "start", "-n", "2", "--host", "B"});
  CHECK(started.exit_code == 0);
  CHECK(started.out == "starting on B: 2 3\n");
  REQUIRE(eventually(10s, [&] { return c.size() == 4; }));
  CHECK(c[all].apply_sync<int>("engine_number") == std::vector{0, 1, 2, 3});
  CHECK(c.load_balanced_view(targets{{2, 3}}).apply_sync<std::string>("hello") == "Hello World!");
  c.restart(3);
  CHECK(answers(c, 3));
  const auto listed = json::parse(cluster.pactor({"engines", "list", "--json"}).out);
  CHECK(std::ranges::count_if(listed, [](const auto& e) { return e["host"] == "B"; }) == 3);
  const auto nowhere = cluster.pactor({"engines", "start", "--host", "D"});
  CHECK(nowhere.exit_code == 2);
  CHECK(contains(nowhere.err, "no node on host D; there are nodes on B, "));
  CHECK(cluster.pactor({"drain", "D"}).exit_code == 2);
  CHECK(cluster.pactor({"engines", "stop", "--host", "D"}).exit_code == 2);
  CHECK(cluster.pactor({"engines", "stop", "--host", "B"}).exit_code == 0);
  CHECK(b.wait(15s).exit_code == 0);
  REQUIRE(eventually(10s, [&] { return c.size() == 1; }));
}

TEST_CASE("a node that can't come in says why") {
  const temporary_cluster cluster{1};
  const auto original = json::parse(content_of(cluster.connection_file(role::node)));
  const auto file = cluster.directory() / "copy.json";
  const auto says = [&](const json& connection, int code, const std::string& text) {
    write_file(file, connection.dump());
    const auto r = cluster.pactor({"node", "-n", "1", "--timeout", "1", "--connection", file.string()});
    CAPTURE(r.err);
    CHECK(r.exit_code == code);
    CHECK(contains(r.err, text));
  };
  auto other = original;
  other["hosts"] = {"no-such-host.invalid"};
  says(other, 12, "the name no-such-host.invalid is not known here");
  other = original;
  other["port"] = 1; // nobody listens there
  says(other, 12, "Connection refused");
  // A queue that is full: connections to it are not answered.
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0);
  REQUIRE(::listen(fd, 0) == 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  other["port"] = ntohs(at.sin_port);
  says(other, 14, "was not answered in time"); // the kernel takes the connection, and nobody shakes hands
  ::close(fd);
  other = original;
  other["nonce"] = std::string(original["nonce"].get<std::string>().size(), '0');
  says(other, 13, "of another start of this cluster");
  const pactor_home elsewhere;
  const auto started = elsewhere.pactor({"start", "-n", "1", "--daemonize"});
  REQUIRE(started.exit_code == 0);
  other = json::parse(content_of(elsewhere.connection_file(role::node)));
  other["hosts"] = original["hosts"];
  other["port"] = original["port"];
  says(other, 13, "was refused: ");
}

TEST_CASE("a host of a batch system: its engines answer, come back with a new job, and nothing is left in the end") {
  const pactor_home home;
  const std::string path = std::getenv("PATH");
  const temporary_directory batch;
  ::setenv("PATH", (write_batch_system(batch.path()).string() + ":" + path).c_str(), 1);
  const auto file = home.directory() / "batch.json";
  const json big{{"name", "big"},
                 {"engines", 2},
                 {"launcher", "slurm"},
                 {"pactor", PACTOR_TEST_PROGRAM},
                 {"jobs", {test_jobs().string()}},
                 {"environment", {{"MINE", "a b"}}},
                 {"settings", {{"queue", "long"}}}};
  write_file(file, json{{"host", "0.0.0.0"}, {"hosts", {big, {{"name", "here"}, {"engines", 1}}}}}.dump());
  const auto started = home.pactor({"start", "--config", file.string(), "--daemonize"});
  CAPTURE(started.err);
  REQUIRE(started.exit_code == 0);
  {
    client_options options;
    options.connection_file = home.connection_file(role::client);
    const client c{options};
    CHECK(c.engines_of("big") == std::vector{0, 1});
    CHECK(c[{0, 1}].apply_sync<std::string>("variable", "MINE") == std::vector<std::string>{"a b", "a b"});
    CHECK(contains(content_of(batch.path() / "jobs/1.script"), "#SBATCH --partition=long"));
    const auto engine = json::parse(content_of(home.connection_file(role::node)));
    CHECK_FALSE(contains(content_of(batch.path() / "jobs/1.script"), engine.at("key").get<std::string>()));
    write_file(batch.path() / "jobs/1.state", "TIMEOUT|TimeLimit\n");
    CHECK(home.pactor({"engines", "stop", "--host", "big"}).exit_code == 0); // as Slurm would
    REQUIRE(eventually(30s, [&] { return fs::exists(batch.path() / "jobs/2.pid"); }));
    REQUIRE(eventually(30s, [&] { return c.size() == 3; }));
    CHECK(contains(home.pactor({"status"}).out, "job 1 at its time limit"));
  }
  CHECK(home.pactor({"stop"}).exit_code == 0);
  CHECK(home.leftovers() == "");
  CHECK(files_in(home.profile().pid_directory()) == 0);
  CHECK(contains(content_of(batch.path() / "calls"), "scancel 2\n"));
  write_file(batch.path() / "refuse", "sbatch: error: invalid partition specified: long\n");
  const auto refused = home.pactor({"start", "--config", file.string()});
  CHECK(refused.exit_code != 0);
  CHECK(contains(refused.err, "big: sbatch: sbatch: error: invalid partition"));
  CHECK(home.leftovers() == "");
  ::setenv("PATH", path.c_str(), 1);
}

TEST_SUITE_END();
