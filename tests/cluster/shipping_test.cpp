// Job libraries that clients send: they reach every host, newer builds take over, and a cluster can refuse them.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <filesystem>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

fs::path build(int number) { return fs::path{PACTOR_TEST_SHIPPED_JOBS} / std::to_string(number) / "libversion.so"; }

/// A node with a directory of its own, as on another host.
struct other_host {
  temporary_directory home;
  background_program node;
  explicit other_host(const temporary_cluster& cluster, const std::vector<std::string>& more = {})
      : node{arguments(cluster, more), {{"PACTOR_DIR", home.path().string()}}} {}
  static std::vector<std::string> arguments(const temporary_cluster& cluster, const std::vector<std::string>& more) {
    std::vector<std::string> all{
        PACTOR_TEST_PROGRAM, "node", "-n", "1", "--connection", cluster.connection_file(security::role::node).string()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
};

std::size_t libraries_in(const fs::path& home) {
  std::size_t n = 0;
  if (!fs::exists(home / "cache/jobs")) return 0;
  for (const auto& entry : fs::recursive_directory_iterator{home / "cache/jobs"})
    n += entry.path().extension() == ".so";
  return n;
}

std::vector<int> versions(const client& c) { return c[all].apply_sync<int>("version"); }

} // namespace

TEST_SUITE_BEGIN("shipping");

TEST_CASE("a library is sent once a host, and used by all engines, also by those that start or join later") {
  const temporary_cluster cluster{2};
  const other_host second{cluster};
  const auto c = cluster.client();
  c.wait_for_engines(3);
  CHECK_THROWS_AS(versions(c), unknown_job);
  CHECK(c.import_library(build(1)) == std::vector<std::string>{"version", "version_once_there_is"});
  CHECK(versions(c) == std::vector{1, 1, 1});
  CHECK(c.load_balanced_view().apply_sync<int>("version") == 1);
  CHECK(libraries_in(cluster.directory()) == 1); // the controller's and the first node's
  CHECK(libraries_in(second.home.path()) == 1);

  // Calls of engines that go just then are lost.
  const auto all_use_it = [&](std::size_t engines) {
    return eventually(20s, [&] {
      try {
        return versions(c) == std::vector(engines, 1);
      } catch (const error&) {
        return false;
      }
    });
  };
  const auto first = worker_pid(c, 0);
  c.restart(0);
  REQUIRE(eventually(15s, [&] { return answers(c, 0) && worker_pid(c, 0) != first; }));
  CHECK(all_use_it(3));
  const auto worker = worker_pid(c, 1);
  ::kill(worker, SIGKILL);
  REQUIRE(answers(c, 1));
  CHECK(c[1].apply_sync<int>("version") == 1);
  const auto controller = cluster.pid("controller");
  ::kill(controller, SIGKILL);
  REQUIRE(eventually(20s, [&] {
    const auto now = cluster.pids("controller");
    return now.size() == 1 && now[0] != controller && c.connected() && c.size() == 3;
  }));
  CHECK(all_use_it(3)); // it has heard of the new one, too
  CHECK(cluster.client().libraries().size() == 1);
  const other_host third{cluster};
  c.wait_for_engines(4);
  CHECK(versions(c) == std::vector{1, 1, 1, 1});
  const auto n = cluster.pid("node");
  ::kill(n, SIGKILL);
  REQUIRE(eventually(20s, [&] {
    const auto now = cluster.pids("node");
    return now.size() == 1 && now[0] != n && c.size() == 4;
  }));
  CHECK(all_use_it(4));

  const auto sent = c.libraries();
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].file == "libversion.so");
  CHECK(sent[0].hash.size() == 64);
  CHECK(contains(sent[0].origin, "@"));
  c.remove_library("libversion.so");
  CHECK(eventually(10s, [&] {
    try {
      (void)cluster.client()[0].apply_sync<int>("version");
      return false;
    } catch (const unknown_job&) {
      return true;
    }
  }));
}

TEST_CASE("a newer build is used by what starts from then on, while the older one finishes") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto go = (cluster.directory() / "go").string();
  c.import_library(build(1));
  const auto running = c[0].apply_async<int>("version_once_there_is", go);
  REQUIRE(eventually(15s, [&] { return c.status().engines[0].state == "busy"; }));
  const auto waits = c[0].apply_async<int>("version"); // at its engine, not yet with the worker
  c.import_library(build(2));
  const auto later = c[0].apply_async<int>("version");
  CHECK_FALSE(running.ready());
  write_file(go, "");
  CHECK(running.get(30s) == 1);
  CHECK(waits.get(30s) == 2);
  CHECK(later.get(30s) == 2);
  CHECK(c.libraries().size() == 1);
  c.import_library(build(1)); // and back
  CHECK(versions(c) == std::vector{1});
}

TEST_CASE("pactor jobs push says what it did, and what is in the way on each host") {
  const temporary_cluster cluster{1};
  const auto pushed = cluster.pactor({"jobs", "push", build(1).string()});
  CHECK(pushed.exit_code == 0);
  CHECK(pushed.out == "libversion.so: version, version_once_there_is\n");
  const auto listed = cluster.pactor({"jobs"});
  const auto line = listed.out.substr(listed.out.find("version "));
  CHECK(contains(line.substr(0, line.find('\n')), "libversion.so"));
  CHECK(contains(line.substr(0, line.find('\n')), " from "));
  const auto coded = json::parse(cluster.pactor({"jobs", "--json"}).out);
  const auto job = std::find_if(coded.begin(), coded.end(), [](const auto& j) { return j["name"] == "version"; });
  REQUIRE(job != coded.end());
  CHECK((*job)["hash"].get<std::string>().size() == 64);
  CHECK(json::parse(cluster.pactor({"jobs", "sent", "--json"}).out)[0]["library"] == "libversion.so");
  CHECK(cluster.pactor({"apply", "version"}).out == "[0] 1\n");

  const auto needy =
      cluster.pactor({"jobs", "push", (fs::path{PACTOR_TEST_SHIPPED_JOBS} / "needy/libneedy.so").string()});
  CHECK(needy.exit_code == 1);
  CHECK(contains(needy.err, "libneedy.so needs libabsent.so.3, not found on host "));
  const auto abi = cluster.pactor({"jobs", "push", (fs::path{PACTOR_TEST_REFUSED_JOBS} / "libnewer_abi.so").string()});
  CHECK(abi.exit_code == 1);
  CHECK(contains(abi.err, "built for job ABI 2"));
  const auto jobless =
      cluster.pactor({"jobs", "push", (fs::path{PACTOR_TEST_REFUSED_JOBS} / "libjobless.so").string()});
  CHECK(contains(jobless.err, "it has no jobs"));
  const auto none = cluster.pactor({"jobs", "push", "/no/such/lib.so"});
  CHECK(none.exit_code == 1);
  CHECK(contains(none.err, "there is no such file"));
  CHECK(cluster.pactor({"apply", "version"}).out == "[0] 1\n");
  CHECK(cluster.pactor({"jobs", "remove", "libversion.so"}).exit_code == 0);
  CHECK(cluster.pactor({"jobs", "sent", "--json"}).out == "[]\n");
  const auto again = cluster.pactor({"jobs", "remove", "libversion.so"});
  CHECK(again.exit_code == 1);
  CHECK(contains(again.err, "no client has sent a library libversion.so"));
}

TEST_CASE("a cluster can have its configured libraries only") {
  temporary_directory place;
  const auto file = place.path() / "strict.json";
  write_file(file, R"({"shipping": {"enabled": false}})");
  const temporary_cluster cluster{{.engines = 1, .more = {"--config", file.string()}}};
  const auto pushed = cluster.pactor({"jobs", "push", build(1).string()});
  CHECK(pushed.exit_code == 13);
  CHECK(contains(pushed.err, "this cluster takes no job libraries from clients: \"shipping.enabled\" is false"));
  const auto imported = cluster.pactor({"import", build(1).string()});
  CHECK(imported.exit_code == 1);
  CHECK(contains(imported.err, "\"shipping.enabled\" is false"));
  CHECK(cluster.pactor({"apply", "hello"}).exit_code == 0);
  CHECK(libraries_in(cluster.directory()) == 0);
}

TEST_CASE("a library whose file was changed or removed on the host is not run until it is sent again") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  c.import_library(build(1));
  const auto path = cluster.directory() / "cache/jobs" / c.libraries()[0].hash / "libversion.so";
  fs::permissions(path, fs::perms::owner_all);
  fs::copy_file(build(2), path, fs::copy_options::overwrite_existing);
  const auto e = caught<error>([&] { (void)c[0].apply_sync<int>("version"); });
  REQUIRE(e);
  CHECK(contains(e->what(), "is not what was sent any more"));
  const auto works = [&] {
    try {
      return c[0].apply_sync<int>("version") == 1;
    } catch (const error&) { // its worker has not started again
      return false;
    }
  };
  c.import_library(build(1)); // as it says
  c.restart();
  CHECK(eventually(20s, works));

  fs::remove_all(cluster.directory() / "cache");
  CHECK(cluster.pactor({"jobs", "push", build(1).string()}).exit_code == 0);
  c.restart();
  CHECK(eventually(20s, works));
}

TEST_SUITE_END();
