// Jobs called through their C entries: arguments, results, failures and maps.

#include "tests/unit/jobs/test_jobs.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

using namespace pactor;
using test::has;
using test::local_engine;

namespace {
struct point {
  double x = 0, y = 0;
  std::vector<double> weights;
  MSGPACK_DEFINE_MAP(x, y, weights)
};
} // namespace

TEST_CASE("the basic jobs do what they say") {
  local_engine engine{{PACTOR_TEST_BASICS}};
  CHECK(engine.call("hello").result<std::string>() == "Hello World!");
  CHECK(engine.call("power10", 2.0).result<double>() == 1024);
  CHECK(engine.call("power10", 2).result<double>() == 1024);
  CHECK(engine.call("getpid").result<int>() > 0);
  CHECK(engine.call("identity", value{value::array{1, "x"}}).result<value>() == value{value::array{1, "x"}});
  CHECK(engine.call("sum", std::vector<double>{1, 2.5}).result<double>() == 3.5);
  CHECK(engine.call("nop").result<value>().is_nil());
  CHECK(engine.call("multiply", ndarray<double>{{2, 2}, {1, 2, 3, 4}}, std::vector<double>{1, 1})
            .result<std::vector<double>>() == std::vector<double>{3, 7});
}

TEST_CASE("arguments and results of every kind") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  const auto p = engine.call("mirror", point{1, 2, {3}}).result<point>();
  CHECK(p.x == -1);
  CHECK(p.weights == std::vector<double>{3});
  CHECK(engine.call("swap_pair", std::tuple{"a", 5}).result<std::tuple<int, std::string>>() ==
        std::tuple{5, std::string{"a"}});
  CHECK(engine.call("root", nullptr).result<std::optional<double>>() == std::nullopt);
  CHECK(engine.call("root", 4).result<std::optional<double>>() == 4.0);
  CHECK(engine.call("lengths", std::vector<std::string>{"ab", "c"}).result<std::map<std::string, int>>() ==
        std::map<std::string, int>{{"ab", 2}, {"c", 1}});
  const auto t = engine.call("transposed", ndarray<double>{{2, 3}, {1, 2, 3, 4, 5, 6}}).result<ndarray<double>>();
  CHECK(t == ndarray<double>{{3, 2}, {1, 4, 2, 5, 3, 6}});
  CHECK(engine.call("repeat", "ab", 3).result<std::string>() == "ababab");
  CHECK(engine.call("first_word", "hello there").result<std::string>() == "hello");
  CHECK(engine.call("stats.sum", value{value::array{1, 2, 3.5}}).result<double>() == 6.5);
  CHECK(engine.call("engine_number").result<int>() == 3);
}

TEST_CASE("a job sees its array inside the payload") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  const auto payload = detail::encode_call("address", detail::call_mode::apply, std::vector<double>(1000, 1.0));
  const auto seen = engine.run(payload).result<std::uint64_t>();
  const auto first = reinterpret_cast<std::uintptr_t>(payload.data);
  CHECK(seen >= first);
  CHECK(seen < first + payload.size);
}

TEST_CASE("wrong arguments are told with both signatures") {
  local_engine engine{{PACTOR_TEST_TYPES, PACTOR_TEST_BASICS}};
  const auto f = engine.call("power10", "two").failed();
  CHECK(f.code == ec::signature_mismatch);
  CHECK(f.what == "power10 is double(double), called with (string): string does not fit in double");
  CHECK(f.job == "power10");
  CHECK(f.engine == 3);
  CHECK(f.host == "host-1");
  CHECK(f.type.empty());
  CHECK(engine.call("power10").failed().what == "power10 is double(double), called with ()");
  CHECK(engine.call("power10", 1, 2).failed().what == "power10 is double(double), called with (int64, int64)");
  CHECK(has(engine.call("repeat", "x", 256).failed().what, "256 does not fit in uint8"));
}

TEST_CASE("what a job throws comes back with its type") {
  local_engine engine{{PACTOR_TEST_FAULTS}};
  const auto f = engine.call("throw_std", "went wrong").failed();
  CHECK(f.code == ec::remote_error);
  CHECK(f.type == "std::runtime_error");
  CHECK(f.what == "went wrong");
  CHECK(f.pid != 0);
  const auto g = engine.call("throw_int").failed();
  CHECK(g.code == ec::remote_error);
  CHECK(g.type == "int");
}

TEST_CASE("malformed arguments are a bad payload") {
  local_engine engine{{PACTOR_TEST_BASICS}};
  auto payload = detail::encode_call("power10", detail::call_mode::apply, 2.0);
  payload.size -= 1;
  CHECK(engine.run(payload).failed().code == ec::bad_payload);
}

TEST_CASE("a map calls the job once for each element") {
  local_engine engine{{PACTOR_TEST_TYPES, PACTOR_TEST_BASICS}};
  const auto powers = engine.map("power10", std::vector<int>{0, 1, 2});
  CHECK(powers.result<value>().is_ndarray());
  CHECK(powers.result<std::vector<double>>() == std::vector<double>{0, 1, 1024});
  CHECK(engine.map("distance", std::vector<double>{1, 2}, std::vector<double>{5, 5}).result<std::vector<double>>() ==
        std::vector<double>{4, 3});
  CHECK(engine.map("is_even", std::vector<int>{1, 2}).result<std::vector<bool>>() == std::vector{false, true});
  CHECK(engine.map("nothing", std::vector<int>{1, 2}).result<value>() == value{value::array{nullptr, nullptr}});
  CHECK(engine.map("first_word", std::vector<std::string>{"a b", "c d"}).result<std::vector<std::string>>() ==
        std::vector<std::string>{"a", "c"});
  CHECK(engine.map("identity", std::vector<double>{1, 2}).result<value>() == value{value::array{1.0, 2.0}});
  CHECK(engine.map("identity", value{value::array{1, "x"}}).result<value>() == value{value::array{1, "x"}});
  CHECK(engine.map("power10", std::vector<double>{}).result<std::vector<double>>().empty());
  CHECK(engine.map("stats.sum", std::vector<std::vector<double>>{{1, 2}, {3}}).result<std::vector<double>>() ==
        std::vector<double>{3, 3});
}

TEST_CASE("a map over an array with a shape goes along its first dimension") {
  local_engine engine{{PACTOR_TEST_TYPES}};
  const ndarray<double> m{{2, 3}, {1, 2, 3, 4, 5, 6}};
  CHECK(engine.map("stats.sum", m).result<std::vector<double>>() == std::vector<double>{6, 15});
  const ndarray<double> cubes{{2, 1, 2}, {1, 2, 3, 4}};
  const auto parts = engine.map("transposed", cubes).result<std::vector<ndarray<double>>>();
  REQUIRE(parts.size() == 2);
  CHECK(parts[1] == ndarray<double>{{2, 1}, {3, 4}});
}

TEST_CASE("a failed element does not take its neighbours' results") {
  local_engine engine{{PACTOR_TEST_FAULTS, PACTOR_TEST_TYPES}};
  const auto outcome = engine.map("throw_odd", std::vector<int>{0, 1, 2, 3, 4});
  REQUIRE(outcome.kind == PACTOR_PARTIAL);
  const auto p = detail::decode_partial<double>(outcome.payload);
  CHECK(p.successes == std::vector<double>{0, 1, 2});
  REQUIRE(p.failures.size() == 2);
  CHECK(p.failures[1].first == 3);
  CHECK(p.failures[1].second.what == "3 is odd");
  CHECK(p.failures[1].second.type == "std::domain_error");
  CHECK(p.failures[1].second.job == "throw_odd");

  const auto words = engine.map("repeat", value{value::array{"a", 5, "c"}}, std::vector<int>{1, 1, 2});
  REQUIRE(words.kind == PACTOR_PARTIAL);
  const auto w = detail::decode_partial<std::string>(words.payload);
  CHECK(w.successes == std::vector<std::string>{"a", "cc"});
  REQUIRE(w.failures.size() == 1);
  CHECK(w.failures[0].first == 1);
  CHECK(w.failures[0].second.code == ec::signature_mismatch);

  // Numbers that do not fit fail alone, too, whether they travel one by one or as an array.
  for (const auto& input : {value{value::array{2, 2.5, 4}}, value{std::vector<double>{2, 2.5, 4}}}) {
    const auto even = engine.map("is_even", input);
    REQUIRE(even.kind == PACTOR_PARTIAL);
    const auto e = detail::decode_partial<bool>(even.payload);
    CHECK(e.successes == std::vector{true, true});
    REQUIRE(e.failures.size() == 1);
    CHECK(e.failures[0].first == 1);
    CHECK(e.failures[0].second.what == "2.5 does not fit in int64");
  }
}

TEST_CASE("maps that make no sense are refused as a whole") {
  local_engine engine{{PACTOR_TEST_TYPES, PACTOR_TEST_BASICS}};
  const auto unequal = engine.map("distance", std::vector<double>{1}, std::vector<double>{1, 2}).failed();
  CHECK(unequal.code == ec::invalid_argument);
  CHECK(has(unequal.what, "unequal length: 1 and 2"));
  CHECK(engine.map("nop").failed().code == ec::invalid_argument);
  const auto scalar = engine.map("power10", 2.0).failed();
  CHECK(scalar.code == ec::signature_mismatch);
  CHECK(has(scalar.what, "power10 is double(double), mapped over (double)"));
}
