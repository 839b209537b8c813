// Jobs and the variables of their engine.

#include "tests/unit/jobs/test_jobs.hpp"

#include <cstddef>
#include <string>
#include <tuple>

using namespace pactor;
using test::has;
using test::local_engine;

namespace {
void push(local_engine& engine, std::string_view name, const value& v) { engine.space.set(name, {encode(v), {}}); }
} // namespace

TEST_CASE("a job reads what was pushed, as the type that it wants") {
  local_engine engine{{PACTOR_TEST_BASICS, PACTOR_TEST_TYPES}};
  push(engine, "a", 5);
  push(engine, "b", 7.0);
  CHECK(engine.call("add_ab", 27).result<long>() == 39);
  CHECK(engine.call("read_double", "a").result<double>() == 5);
  const auto wrong = [&] {
    push(engine, "a", "text");
    return engine.call("add_ab", 1).failed();
  }();
  CHECK(wrong.code == ec::signature_mismatch);
  CHECK(wrong.what == "string does not fit in int64");
}

TEST_CASE("a missing variable is named with its engine") {
  local_engine engine{{PACTOR_TEST_BASICS}};
  const auto f = engine.call("add_ab", 1).failed();
  CHECK(f.code == ec::missing_variable);
  CHECK(f.what == "engine 3 has no variable a");
}

TEST_CASE("a job's object stays as it is between calls, and libraries share it") {
  local_engine engine{{PACTOR_TEST_TYPES, PACTOR_TEST_OTHERS}};
  CHECK(engine.call("count_up").result<long>() == 1);
  CHECK(engine.call("count_up").result<long>() == 2);
  CHECK(engine.call("count").result<long>() == 2);
  CHECK(engine.call("read_double", "count").result<double>() == 2);
}

TEST_CASE("an object that can't be encoded works, and says so when it is read as something else") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  static_cast<void>(engine.call("make_machine", 5).result<value>());
  CHECK(engine.call("run_machine").result<int>() == 6);
  CHECK(engine.call("run_machine").result<int>() == 7);
  const auto f = engine.call("read_double", "machine").failed();
  CHECK(f.code == ec::signature_mismatch);
  CHECK(has(f.what, "types::machine has no encoding"));
  push(engine, "machine", 1);
  CHECK(engine.call("run_machine").failed().what == "int64 does not fit in types::machine");
}

TEST_CASE("a pushed variable becomes native when a job changes it") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  push(engine, "x", std::vector<double>{1, 2});
  static_cast<void>(engine.call("append", "x", 4.0).result<value>());
  const auto* v = engine.space.find("x");
  REQUIRE(v);
  REQUIRE(v->native);
  CHECK(decode<std::vector<double>>(detail::encode_native(v->native.get())) == std::vector<double>{1, 2, 4});
  CHECK(std::get<0>(engine.call("view_sum", "x").result<std::tuple<double, bool>>()) == 7);
}

TEST_CASE("a pushed array is viewed without becoming anything else") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  push(engine, "x", std::vector<double>{1, 2});
  push(engine, "m", ndarray<double>{{2, 1}, {3, 4}});
  push(engine, "list", value::array{1, 2, 3});
  push(engine, "ints", std::vector<int>{1, 2, 5});
  CHECK(engine.call("view_sum", "x").result<std::tuple<double, bool>>() == std::tuple{3.0, true});
  CHECK_FALSE(engine.space.find("x")->native);
  CHECK(engine.call("view_sum", "m").result<std::tuple<double, bool>>() == std::tuple{7.0, true});
  CHECK(engine.call("view_sum", "list").result<std::tuple<double, bool>>() == std::tuple{6.0, true});
  CHECK(engine.space.find("list")->native);
  CHECK(engine.call("view_sum", "ints").result<std::tuple<double, bool>>() == std::tuple{8.0, true});
}

TEST_CASE("names are sorted, and erased variables are gone") {
  local_engine engine{{}};
  push(engine, "b", 1);
  push(engine, "a", 1);
  const auto host = engine.space.host(0, "");
  context c{host};
  CHECK(c.names() == std::vector<std::string>{"a", "b"});
  CHECK(c.contains("a"));
  CHECK(c.erase("a"));
  CHECK_FALSE(c.erase("a"));
  CHECK_FALSE(c.contains("a"));
  c.set("v", std::vector<double>{1});
  c.ref<std::vector<double>>("v").push_back(2);
  CHECK(c.get<std::vector<double>>("v").size() == 2);
  CHECK(c.view<double>("v").data() == c.ref<std::vector<double>>("v").data());
  CHECK_THROWS_AS(static_cast<void>(c.ref<int>("v")), error);
}

TEST_CASE("an object that is replaced or erased is destroyed once") {
  struct counter {
    int* count;
    explicit counter(int& c) : count{&c} { ++c; }
    counter(counter&& other) noexcept : count{other.count} { ++*count; }
    ~counter() { --*count; }
  };
  int alive = 0;
  {
    worker::variables space;
    const auto host = space.host(0, "");
    context c{host};
    c.set("x", counter{alive});
    CHECK(alive == 1);
    c.set("x", counter{alive});
    CHECK(alive == 1);
    c.erase("x");
    CHECK(alive == 0);
    c.set("y", counter{alive});
  }
  CHECK(alive == 0);
}

TEST_CASE("a worker of an older pactor, in which jobs can't publish, says so") {
  local_engine engine{{PACTOR_TEST_SHOWING}};
  engine.adjust = [](pactor_host& host) { host.size = offsetof(pactor_host, speaker); };
  for (const std::string job : {"publish_named", "display_svg"}) {
    const auto f = engine.call(job, "name").failed();
    CHECK(f.code == ec::invalid_argument);
    CHECK(has(f.what, "the worker is of an older pactor"));
  }
}
