// Failures on their way back.

#include "pactor/detail/failure.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace pactor;

TEST_CASE("a failure comes back with all it says") {
  failure f{ec::engine_lost, "std::runtime_error", "what it said", "a.job", "host-1", 12, 4711, 9, 3, "frame 0"};
  CHECK(detail::decode_failure(detail::encode_failure(f)) == f);
  CHECK(detail::decode_failure(detail::encode_failure({})) == failure{});
  for (std::size_t code = 0; code < ec_names.size(); ++code) {
    f.code = static_cast<ec>(code);
    CHECK(detail::decode_failure(detail::encode_failure(f)).code == f.code);
  }
}

TEST_CASE("fields and codes of later versions do no harm") {
  const auto later = encode(value{value::map{{"code", "not_known_yet"}, {"what", "w"}, {"more", value::array{1}}}});
  const auto f = detail::decode_failure(later);
  CHECK(f.code == ec::remote_error);
  CHECK(f.what == "w");
}

TEST_CASE("a partial outcome keeps results and failures apart") {
  failure f;
  f.what = "odd";
  const std::vector<std::pair<std::size_t, failure>> failures{{1, f}, {3, f}};
  const auto p = detail::decode_partial<double>(detail::encode_partial(std::vector<double>{0, 2}, failures));
  CHECK(p.successes == std::vector<double>{0, 2});
  REQUIRE(p.failures.size() == 2);
  CHECK(p.failures[1].first == 3);
  CHECK(p.failures[1].second == f);
}
