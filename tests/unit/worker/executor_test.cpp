// Code as text in a real worker.

#include "tests/unit/files/scratch_directory.hpp"
#include "tests/unit/worker/worker_process.hpp"

#include <csignal>
#include <map>

using namespace pactor;
using namespace pactor::test;

namespace {

struct executing {
  scratch_directory scratch;
  worker_process worker;

  explicit executing(bool enabled = true) : worker{{}, settings(enabled)} {}
  [[nodiscard]] snippets::compile_settings settings(bool enabled) const {
    snippets::compile_settings s;
    s.enabled = enabled;
    s.cache = (scratch.path() / "cache").string();
    return s;
  }
  answer execute(const std::string& code) { return worker.call("pactor.execute", code, "px"); }
  std::map<std::string, value> result(const std::string& code) {
    return execute(code).result<std::map<std::string, value>>();
  }
};

} // namespace

TEST_SUITE_BEGIN("executor");

#ifdef PACTOR_WITHOUT_PRELUDE
constexpr bool without_prelude = true; // its library takes minutes to build under a sanitizer
#else
constexpr bool without_prelude = false;
#endif

TEST_CASE("code runs in the namespace, and its result has the worker's count" * doctest::skip(without_prelude)) {
  executing e;
  CHECK(e.worker.call("pactor.push", std::map<std::string, int>{{"a", 6}, {"b", 7}}).is(wire::record_kind::result));
  const auto first = e.result("c = a * b; c");
  CHECK(first.at("count") == value{1});
  CHECK(first.at("has_result") == value{true});
  CHECK(first.at("value") == value{42});
  CHECK(first.at("text") == value{"42"});
  CHECK(e.result("c").at("count") == value{2});
  CHECK(e.worker.call("pactor.pull", "c").result<int>() == 42);
  const auto large = e.execute("std::vector<double>(100'000, 0.5)");
  CHECK(large.result<std::map<std::string, value>>().at("count") == value{3});
  const auto thrown = e.execute("c = 1; throw std::runtime_error{\"no\"};").failed();
  CHECK(thrown.type == "std::runtime_error");
  CHECK(thrown.job == "pactor.execute");
  CHECK(thrown.engine == 3);
  CHECK(e.result("c").at("value") == value{1});
}

TEST_CASE("what is no code, and what is not wanted, is refused") {
  executing e;
  CHECK(e.worker.call("pactor.execute", 5).failed().code == ec::signature_mismatch);
  CHECK(e.worker.call("pactor.execute", "1", "").failed().code == ec::invalid_argument);
  CHECK(e.worker.call("pactor.execute", "1", "a\nb").failed().code == ec::invalid_argument);
  e.worker.send_as_file(
      detail::encode_call("pactor.execute", detail::call_mode::apply, std::string((1 << 20) + 1, ' '), "px"));
  CHECK(e.worker.receive()->failed().code == ec::too_large);
  CHECK(e.worker.map("pactor.execute", std::vector<std::string>{"1"}, std::vector<std::string>{"px"}).failed().code ==
        ec::invalid_argument);
  CHECK(e.execute("(").failed().code == ec::compile_error);
  executing off{false};
  CHECK(off.execute("1").failed().code == ec::refused);
}

TEST_SUITE_END();
