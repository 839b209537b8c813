// What jobs print: it comes with their task, whichever way it was printed, however the task ended.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <future>
#include <sstream>
#include <unistd.h>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

/// A file that jobs wait for.
class sign {
public:
  explicit sign(const pactor_home& home) : path_{home.directory() / "go"} {}
  [[nodiscard]] std::string path() const { return path_.string(); }
  void give() const { write_file(path_, ""); }

private:
  std::filesystem::path path_;
};

double resident_mb(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/statm"};
  double size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

} // namespace

TEST_SUITE_BEGIN("output");

TEST_CASE("whatever way a job prints, its output comes with its task") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  for (const std::string job : {"print_stream", "print_stdio", "print_write", "print_child"}) {
    CAPTURE(job);
    const auto r = c[0].apply_async<void>(job, job);
    r.get();
    CHECK(r.stdout_() == job + "\n");
    CHECK(r.stderr_() == (job == "print_child" ? "not print_child\n" : ""));
  }
  const auto errors = c[0].apply_async<void>("print_error", "text");
  errors.get();
  CHECK(errors.stdout_().empty());
  CHECK(errors.stderr_() == "text by cerr\ntext by clog\ntext by stdio\n");
  const auto unsynced = c[0].apply_async<void>("print_unsynced", "text");
  unsynced.get();
  CHECK(unsynced.stdout_() == "text\n");
  CHECK(unsynced.stderr_() == "text\n");
}

TEST_CASE("tasks after each other, directed or balanced, get each their own output") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  std::vector<async_result<int>> results;
  for (int i = 0; i < 300; ++i) {
    results.push_back(c[i % 2].apply_async<int>("print_and_return", i));
    results.push_back(c.load_balanced_view().apply_async<int>("print_and_return", i));
  }
  for (const auto& r : results) {
    const auto x = std::to_string(r.get());
    CHECK(r.stdout_() == "x = " + x + "\n");
    CHECK(r.stderr_() == "error " + x + "\n");
  }
}

TEST_CASE("several clients get each only what their own tasks printed") {
  const temporary_cluster cluster{2};
  std::vector<std::future<bool>> users;
  for (int u = 0; u < 3; ++u)
    users.push_back(std::async(std::launch::async, [&cluster, u] {
      const auto c = cluster.client();
      for (int i = 0; i < 50; ++i) {
        const auto x = 1000 * u + i;
        const auto r = c[all].apply_async<int>("print_and_return", x);
        r.get();
        for (const auto& text : r.stdout_())
          if (text != "x = " + std::to_string(x) + "\n") return false;
      }
      return true;
    }));
  for (auto& u : users) CHECK(u.get());
}

TEST_CASE("what a failed job had printed is there, and printed by engine") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto r = c[all].apply_async<void>("print_and_throw", "before");
  CHECK_THROWS_AS(r.get(), composite_error);
  CHECK(r.stdout_() == std::vector<std::string>{"before\n", "before\n"});
  std::ostringstream out, err;
  r.print_output(out, err);
  CHECK(out.str() == "[stdout:0] before\n[stdout:1] before\n");
  CHECK(err.str().empty());
}

TEST_CASE("outputs are printed by stream, by engine, or by task") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto r = c[targets{std::vector<int>{1, 0}}].apply_async<int>("print_and_return", 5);
  r.get();
  const auto printed = [&](output_order order) {
    std::ostringstream all;
    r.print_output(all, all, order);
    return all.str();
  };
  const std::string out0 = "[stdout:0] x = 5\n", err0 = "[stderr:0] error 5\n";
  const std::string out1 = "[stdout:1] x = 5\n", err1 = "[stderr:1] error 5\n";
  CHECK(printed(output_order::type) == out1 + out0 + err1 + err0);
  CHECK(printed(output_order::engine) == out0 + err0 + out1 + err1);
  CHECK(printed(output_order::task) == out1 + err1 + out0 + err0);
}

TEST_CASE("what a job printed before it took its process along is not lost, and the failure says the last of it") {
  const temporary_cluster cluster{{.engines = 1, .more = {}}};
  const auto c = cluster.client();
  for (const std::string how : {"abort", "exit", "kill"}) {
    CAPTURE(how);
    REQUIRE(answers(c, 0));
    const auto r = c[0].apply_async<void>("print_and_die", how);
    const auto e = caught<engine_lost>([&] { r.get(30s); });
    REQUIRE(e);
    CHECK(contains(e->what(), "the reason: " + how));
    CHECK(r.stdout_() == (how == "kill" ? "flushed\n" : "flushed\nbuffered\n"));
    CHECK(r.stderr_() == "the reason: " + how + "\n");
  }
}

TEST_CASE("a signal or an overflown stack is told as such, with what was printed") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  for (const std::string how : {"segfault", "overflow", "_exit"}) {
    CAPTURE(how);
    REQUIRE(answers(c, 0));
    const auto r = c[0].apply_async<void>("print_and_die", how);
    const auto e = caught<engine_lost>([&] { r.get(30s); });
    REQUIRE(e);
    CHECK(e->info().signal == (how == "_exit" ? 0 : SIGSEGV));
    CHECK(e->info().exit_code == (how == "_exit" ? 3 : 0));
    CHECK(r.stdout_() == (how == "_exit" ? "flushed\n" : "flushed\nbuffered\n"));
    CHECK(contains(e->what(), "the reason: " + how));
  }
}

TEST_CASE("output is there while the task runs, flushed or not") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const sign go{cluster};
  const auto r = c[0].apply_async<void>("print_and_wait", go.path(), "early");
  CHECK(eventually(15s, [&] { return r.stdout_() == "early\n"; }));
  CHECK_FALSE(r.ready());
  std::ostringstream out, err;
  CHECK_FALSE(r.stream_output(out, err, 0s));
  CHECK(out.str() == "[stdout:0] early\n");
  go.give();
  r.get();
  CHECK(r.stdout_() == "early\n");
}

TEST_CASE("all lines of a long output arrive, in order") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  std::string expected;
  for (int i = 0; i < 100'000; ++i) expected += "line " + std::to_string(i) + "\n";
  for (const bool flush_each : {false, true}) {
    const auto r = c[0].apply_async<void>("print_lines", 100'000L, flush_each);
    std::ostringstream out, err;
    r.stream_output(out, err);
    CHECK(r.stdout_() == expected);
    CHECK(std::ranges::count(out.str(), '\n') == 100'000);
    CHECK(contains(out.str(), "[stdout:0] line 99999\n"));
  }
}

TEST_CASE("a job that prints without end exhausts nobody, and what was cut is said") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const sign go{cluster};
  const auto r = c[0].apply_async<void>("print_until_exists", go.path(), std::string(1000, 'x'), 0L);
  const auto megabytes = [&](const std::string& part) { return resident_mb(cluster.pid(part)); };
  const auto node = megabytes("node"), controller = megabytes("controller");
  std::ostringstream out, err;
  r.stream_output(out, err, 3s);
  CHECK(contains(out.str(), " MB not kept ...]"));
  CHECK(c[1].apply_sync<int>("print_and_return", 1) == 1); // others are not held up
  go.give();
  r.get();
  const auto text = r.stdout_();
  CHECK(text.size() > (2 << 20));
  CHECK(text.size() < (6 << 20));
  CHECK(contains(text, "B not kept ...]"));
  CHECK(text.ends_with("x\n"));
  CHECK(megabytes("node") < node + 40);
  CHECK(megabytes("controller") < controller + 40);
}

TEST_CASE("what a job's threads print after its end belongs to no task that ends before") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const sign go{cluster};
  const auto r = c[0].apply_async<void>("leave_printing", go.path());
  r.get();
  const auto before = r.stdout_();
  const auto output_of_node = cluster.profile().log_file("node", "").replace_extension(".out");
  CHECK(eventually(15s, [&] { return contains(content_of(output_of_node), "left behind"); }));
  CHECK(r.stdout_() == before);
  go.give();
}

TEST_CASE("the command line shows what jobs print, and keeps it out of data") {
  const temporary_cluster cluster{1};
  const auto lines = cluster.pactor({"apply", "print_and_return", "5"});
  CHECK(lines.exit_code == 0);
  CHECK(lines.out == "[stdout:0] x = 5\n[0] 5\n");
  CHECK(lines.err == "[stderr:0] error 5\n");
  const auto data = cluster.pactor({"apply", "print_and_return", "5", "--json"});
  CHECK(data.out == "[{\"engine\":0,\"result\":5}]\n");
  CHECK(contains(data.err, "[stdout:0] x = 5\n"));
  const auto list = cluster.pactor({"map", "print_and_return", "1:3"});
  CHECK(list.out == "[1,2]\n");
  CHECK(contains(list.err, "x = 2\n"));
}
