// The jobs that every worker has.

#include "tests/unit/worker/worker_process.hpp"

#include <map>
#include <string>
#include <tuple>
#include <vector>

using namespace pactor;
using test::worker_process;
using value_map = std::map<std::string, value>;

TEST_CASE("ping answers with the process") {
  worker_process w{{}};
  CHECK(w.call("pactor.ping").result<int>() == w.pid());
  CHECK(w.call("pactor.ping", 1).failed().code == ec::signature_mismatch);
}

TEST_CASE("what was pushed is pulled, one value or several") {
  worker_process w;
  static_cast<void>(
      w.call("pactor.push", value_map{{"a", 6}, {"b", "text"}, {"x", std::vector<double>{1, 2}}}).result<value>());
  CHECK(w.call("pactor.pull", "a").result<int>() == 6);
  CHECK(w.call("pactor.pull", "a", "b").result<std::tuple<int, std::string>>() == std::tuple{6, std::string{"text"}});
  CHECK(w.call("pactor.pull", std::vector<std::string>{"a"}).result<std::tuple<int>>() == std::tuple{6});
  CHECK(w.call("pactor.pull", "x").result<std::vector<double>>() == std::vector<double>{1, 2});
  CHECK(w.call("pactor.names").result<std::vector<std::string>>() == std::vector<std::string>{"a", "b", "x"});
  CHECK(w.call("stats.sum", std::vector<double>{1}).result<double>() == 1);
  CHECK(w.call("sum_of", "x").result<double>() == 3);

  static_cast<void>(w.call("pactor.push", value_map{{"a", 7}}).result<value>());
  CHECK(w.call("pactor.pull", "a").result<int>() == 7);
}

TEST_CASE("a missing variable is named with its engine") {
  worker_process w{{}};
  const auto f = w.call("pactor.pull", "a").failed();
  CHECK(f.code == ec::missing_variable);
  CHECK(f.what == "engine 3 has no variable a");
  CHECK(f.job == "pactor.pull");
}

TEST_CASE("variables are erased, one by one or all") {
  worker_process w{{}};
  static_cast<void>(w.call("pactor.push", value_map{{"a", 1}, {"b", 2}, {"c", 3}}).result<value>());
  CHECK(w.call("pactor.erase", "a", "nothing").result<int>() == 1);
  CHECK(w.call("pactor.names").result<std::vector<std::string>>() == std::vector<std::string>{"b", "c"});
  static_cast<void>(w.call("pactor.clear").result<value>());
  CHECK(w.call("pactor.names").result<value>() == value{value::array{}});
}

TEST_CASE("what a job made is pulled as what it is") {
  worker_process w;
  CHECK(w.call("count_up").result<int>() == 1);
  CHECK(w.call("pactor.pull", "count").result<int>() == 1);
  static_cast<void>(w.call("make_machine", 1).result<value>());
  const auto f = w.call("pactor.pull", "machine").failed();
  CHECK(f.code == ec::signature_mismatch);
  CHECK(f.what.find("variable machine: an object of type types::machine has no encoding") == 0);
}

TEST_CASE("large variables stay in the memory that they came in, and are aligned when they leave") {
  worker_process w;
  const std::vector<double> numbers(300'000, 0.5);
  w.send_as_file(detail::encode_call("pactor.push", detail::call_mode::apply,
                                     std::map<std::string, std::vector<double>>{{"x", numbers}}));
  REQUIRE(w.receive()->is(wire::record_kind::result));
  CHECK(w.call("view_sum", "x").result<std::tuple<double, bool>>() == std::tuple{150'000.0, true});
  const auto pulled = w.call("pactor.pull", "x");
  CHECK((pulled.record.flags & wire::shared) != 0); // it is not even written
  const detail::message m{pulled.payload.data, pulled.payload.size};
  const auto block = detail::read_block(m.root());
  REQUIRE(block);
  CHECK(block->in_place<double>());
  CHECK(pulled.result<std::vector<double>>() == numbers);
  CHECK(w.take_released().empty());
  static_cast<void>(w.call("pactor.erase", "x").result<value>());
  static_cast<void>(w.call("pactor.ping").result<value>());
  CHECK(w.take_released() == std::vector<std::uint64_t>{1});
}

TEST_CASE("a push that is malformed sets nothing") {
  worker_process w{{}};
  auto payload = detail::encode_call("pactor.push", detail::call_mode::apply, value_map{{"a", 1}, {"b", "text"}});
  payload.size -= 2;
  CHECK(w.one(payload).failed().code == ec::bad_payload);
  CHECK(w.call("pactor.push", 5).failed().code == ec::bad_payload);
  CHECK(w.call("pactor.names").result<value>() == value{value::array{}});
}

TEST_CASE("builtin jobs are not mapped, and libraries come at run time") {
  worker_process w{{}};
  CHECK(w.map("pactor.pull", std::vector<std::string>{"a"}).failed().code == ec::invalid_argument);
  CHECK(w.call("power10", 2).failed().code == ec::unknown_job);
  using job = std::tuple<std::string, std::string>;
  const auto jobs = w.call("pactor.load", PACTOR_TEST_BASICS).result<std::vector<job>>();
  CHECK(std::ranges::find(jobs, job{"power10", "double(double)"}) != jobs.end());
  CHECK(w.call("power10", 2).result<double>() == 1024);
  CHECK(w.call("pactor.load", PACTOR_TEST_JOBLESS).failed().code == ec::bad_library);
}
