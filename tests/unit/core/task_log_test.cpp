#include "runtime/core/direct_core.hpp"
#include "runtime/core/task_core.hpp"
#include "runtime/core/task_log.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace pactor::core;
using namespace std::chrono_literals;

namespace {

task_log::time_point at(std::chrono::seconds t) { return task_log::time_point{t}; }

/// `client.number kind engine ok label` of each, the oldest first.
std::vector<std::string> ended(const task_log& log) {
  std::vector<std::string> all;
  log.for_each_ended([&](const task_log::entry& e) {
    all.push_back(std::to_string(e.what.task.client) + "." + std::to_string(e.what.task.number) + " " +
                  std::string{log.job_of(e.what.kind)} + " " + std::to_string(e.how.engine) +
                  (e.how.ok ? " ok " : " failed ") + e.label);
  });
  return all;
}

} // namespace

TEST_SUITE("task log") {
  TEST_CASE("what a core lets go is listed with what became of it") {
    task_log log;
    log.name(7, "job");
    log.label({1, 2}, "mine");
    CHECK(log.label_of({1, 2}) == "mine");
    log.left({{1, 1}, 7, at(1s)});
    log.left({{1, 2}, 7, at(2s)});
    log.left({{1, 3}, 8, at(3s)});
    log.left({{0, 4}, 7, at(3s)}); // kept elsewhere
    log.ended({1, 1}, {true, 3, 10, 20});
    log.ended({1, 3}, {false, -1}); // the second one was nobody's
    log.ended({1, 2}, {true, 0});
    log.ended({9, 9}, {false, -1}); // no core had it
    CHECK(ended(log) ==
          std::vector<std::string>{"1.1 job 3 ok ", "1.3  -1 failed ", "1.2  0 ok mine", "9.9  -1 failed "});
    CHECK(log.label_of({1, 2}).empty());
    log.for_each_ended([&](const task_log::entry& e) {
      if (e.what.task.number == 1) CHECK(e.what.submitted == at(1s));
    });
  }

  TEST_CASE("the oldest are forgotten, and none are kept if none are wanted") {
    task_log log{3}, none{0};
    for (std::uint64_t i = 1; i <= 5; ++i) {
      log.ended({1, i}, {true, 0});
      none.ended({1, i}, {true, 0});
    }
    CHECK(ended(log) == std::vector<std::string>{"1.3  0 ok ", "1.4  0 ok ", "1.5  0 ok "});
    CHECK(ended(none).empty());
  }

  TEST_CASE("labels go with their client, and names are bounded") {
    task_log log;
    log.label({1, 1}, "a");
    log.label({2, 1}, "b");
    log.label({2, ~std::uint64_t{0}}, "c");
    log.label({3, 1}, "");
    log.client_gone(2);
    CHECK(log.label_of({1, 1}) == "a");
    CHECK(log.label_of({2, 1}).empty());
    CHECK(log.label_of({2, ~std::uint64_t{0}}).empty());
    for (std::uint32_t kind = 1; kind <= 25'000; ++kind) log.name(kind, "job " + std::to_string(kind));
    CHECK(log.job_of(1).empty());
    CHECK(log.job_of(25'000) == "job 25000");
    log.name(1, "again");
    CHECK(log.job_of(1) == "again");
  }

  TEST_CASE("the task core tells which tasks it has, since when and where, and which it lets go") {
    task_log log;
    task_core core;
    core.log_in(&log);
    core.engine_joined(4);
    core.set_time(at(5s));
    REQUIRE(core.submit({.client = 1, .number = 10, .kind = 7}) == submission::accepted);
    core.set_time(at(6s));
    REQUIRE(core.submit({.client = 1, .number = 11, .kind = 8}) == submission::accepted);
    const auto first = core.next();
    REQUIRE(first);
    auto open = core.open_tasks(10);
    REQUIRE(open.size() == 2);
    CHECK(core.open() == 2);
    CHECK(core.open_tasks(1).size() == 1);
    CHECK(open[0].task == owner{1, 10});
    CHECK(open[0].kind == 7);
    CHECK(open[0].submitted == at(5s));
    CHECK(open[0].engine == 4);
    CHECK(open[1].engine == -1);
    CHECK(open[1].submitted == at(6s));
    REQUIRE(core.finished(first->id, 4, 1ms));
    CHECK(core.open_tasks(10).size() == 1);
    log.name(7, "job");
    log.ended({1, 10}, {true, 4});
    CHECK(ended(log) == std::vector<std::string>{"1.10 job 4 ok "});
    core.client_gone(1); // says nothing: there is nobody to tell
    log.ended({1, 11}, {false, -1});
    CHECK(ended(log).back() == "1.11  -1 failed ");
  }

  TEST_CASE("so does the direct core") {
    task_log log;
    direct_core core;
    core.log_in(&log);
    core.engine_joined(2);
    core.set_time(at(5s));
    const auto id = core.submit(1, 10, 2, {7});
    REQUIRE(id);
    const auto open = core.open_tasks(10);
    REQUIRE(open.size() == 1);
    CHECK(open[0].task == owner{1, 10});
    CHECK(open[0].engine == 2);
    CHECK(open[0].kind == 7);
    CHECK(open[0].submitted == at(5s));
    REQUIRE(core.finished(*id, 2));
    CHECK(core.open_tasks(10).empty());
    log.name(7, "job");
    log.ended({1, 10}, {true, 2});
    CHECK(ended(log) == std::vector<std::string>{"1.10 job 2 ok "});
  }
}
