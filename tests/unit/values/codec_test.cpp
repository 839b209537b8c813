// Values come back as they were, and nothing is lost silently.

#include "pactor/codec.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <deque>
#include <limits>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

using namespace pactor;

namespace {

struct point {
  double x = 0, y = 0;
  MSGPACK_DEFINE(x, y)
  friend bool operator==(const point&, const point&) = default;
};

struct record {
  std::string name;
  std::vector<double> samples;
  std::map<std::string, std::vector<int>> by_key;
  std::optional<std::array<float, 3>> color;
  std::vector<point> points;
  value anything;
  ndarray<std::int16_t> image;
  MSGPACK_DEFINE_MAP(name, samples, by_key, color, points, anything, image)
  friend bool operator==(const record&, const record&) = default;
};

enum class shade { dark, light };

template <class T>
void comes_back(const T& v) {
  INFO(type_name<T>());
  CHECK(decode<T>(encode(v)) == v);
}

template <class T, class U>
std::string refusal(const U& v) {
  try {
    static_cast<void>(decode<T>(encode(v)));
  } catch (const error& e) {
    CHECK(e.code() == ec::signature_mismatch);
    return e.what();
  }
  return "accepted";
}

} // namespace
MSGPACK_ADD_ENUM(shade)

TEST_CASE("every type comes back as it was") {
  comes_back(true);
  comes_back(std::int8_t{-128});
  comes_back(std::uint64_t{0xffff'ffff'ffff'ffff});
  comes_back(std::numeric_limits<std::int64_t>::min());
  comes_back(2.5f);
  comes_back(-0.1);
  comes_back(std::string("a\0b", 3));
  comes_back(std::string(70'000, 'x'));
  comes_back(std::vector<double>{1, 2.5, -3});
  comes_back(std::vector<double>{});
  comes_back(std::vector<bool>{true, false, true});
  comes_back(std::vector<std::string>{"a", "", "c"});
  comes_back(std::vector<std::vector<float>>{{1, 2}, {}, {3}});
  comes_back(std::vector<std::byte>{std::byte{1}, std::byte{0}});
  comes_back(std::vector<char>{'a', 'b'});
  comes_back(std::array<int, 4>{1, 2, 3, 4});
  comes_back(std::array<std::string, 2>{"x", "y"});
  comes_back(std::map<std::string, double>{{"a", 1.5}, {"b", 2}});
  comes_back(std::unordered_map<int, std::vector<int>>{{1, {1}}, {2, {}}});
  comes_back(std::tuple{1, std::string{"a"}, 2.5, std::vector<int>{1}});
  comes_back(std::pair{true, std::optional<int>{}});
  comes_back(std::optional<std::string>{"there"});
  comes_back(std::set<int>{3, 1});
  comes_back(std::deque<double>{1, 2});
  comes_back(ndarray<float>{{2, 3}, {1, 2, 3, 4, 5, 6}});
  comes_back(ndarray<double>{std::vector<std::size_t>{}, {7}});
  comes_back(shade::light);
  comes_back(point{1, 2});
  comes_back(record{"n",
                    {1, 2, 3},
                    {{"k", {4, 5}}},
                    std::array<float, 3>{1, 2, 3},
                    {{1, 2}, {3, 4}},
                    value{value::array{1, "two", 3.5}},
                    {{1, 2}, {7, 8}}});
}

TEST_CASE("infinities, NaN and negative zero survive") {
  CHECK(std::isinf(decode<double>(encode(std::numeric_limits<double>::infinity()))));
  CHECK(std::isnan(decode<double>(encode(std::nan("")))));
  CHECK(std::signbit(decode<double>(encode(-0.0))));
  CHECK(std::isinf(decode<float>(encode(std::numeric_limits<double>::infinity()))));
}

TEST_CASE("a double without a fraction stays a double for those who do not know its type") {
  CHECK(decode<value>(encode(1024.0)).is_double());
  CHECK(decode<value>(encode(1024)).is_integer());
}

TEST_CASE("numbers convert as long as nothing is lost") {
  CHECK(decode<double>(encode(3)) == 3.0);
  CHECK(decode<std::int64_t>(encode(4.0)) == 4);
  CHECK(decode<std::uint8_t>(encode(std::int64_t{255})) == 255);
  CHECK(decode<std::int32_t>(encode(std::uint64_t{7})) == 7);
  CHECK(decode<float>(encode(0.1)) == 0.1f);
  CHECK(decode<std::vector<double>>(encode(std::vector<int>{1, 2})) == std::vector<double>{1, 2});
  CHECK(decode<std::vector<double>>(encode(std::tuple{1, 2.5, 3u})) == std::vector<double>{1, 2.5, 3});
  CHECK(decode<std::vector<int>>(encode(std::vector<double>{1, 2})) == std::vector<int>{1, 2});

  CHECK(refusal<std::int8_t>(300) == "300 does not fit in int8");
  CHECK(refusal<std::uint32_t>(-1) == "-1 does not fit in uint32");
  CHECK(refusal<std::int64_t>(2.5) == "2.5 does not fit in int64");
  CHECK(refusal<std::int64_t>(std::nan("")) == "nan does not fit in int64");
  CHECK(refusal<std::int64_t>(9.3e18) == "9.3e+18 does not fit in int64");
  CHECK(refusal<std::uint64_t>(-1.0) == "-1 does not fit in uint64");
  CHECK(refusal<double>((std::int64_t{1} << 53) + 1) == "9007199254740993 does not fit in double");
  CHECK(refusal<float>(1e300) == "1e+300 does not fit in float");
  CHECK(refusal<std::vector<int>>(std::vector<double>{1, 2.5}) == "2.5 does not fit in int32");
}

TEST_CASE("the limits of integers are exact") {
  constexpr auto low = std::numeric_limits<std::int64_t>::min();
  CHECK(decode<std::int64_t>(encode(-9223372036854775808.0)) == low);
  CHECK(refusal<std::int64_t>(9223372036854775808.0) != "accepted");
  CHECK(refusal<std::uint64_t>(18446744073709551616.0) != "accepted");
  CHECK(refusal<std::int64_t>(std::uint64_t{1} << 63) != "accepted");
  CHECK(refusal<std::uint64_t>(low) != "accepted");
  CHECK(decode<float>(encode(16777216)) == 16777216.0f);
  CHECK(refusal<float>(16777217) != "accepted");
}

TEST_CASE("what is of another type is refused with both types") {
  CHECK(refusal<double>("abc") == "string does not fit in double");
  CHECK(refusal<bool>(1) == "int64 does not fit in bool");
  CHECK(refusal<int>(true) == "bool does not fit in int32");
  CHECK(refusal<std::string>(std::vector<double>{1}) == "vector<double> does not fit in string");
  CHECK(refusal<std::vector<double>>(ndarray<float>{{2, 2}}) == "ndarray<float> does not fit in vector<double>");
  CHECK(refusal<std::tuple<int, int>>(std::tuple{1, 2, 3}) == "vector<int64> does not fit in tuple<int32,int32>");
  CHECK(refusal<std::map<std::string, int>>(std::map<int, int>{{1, 2}}) == "int64 does not fit in string");
  CHECK(refusal<std::array<int, 3>>(std::array<int, 2>{}).find("2 elements does not fit in int32[3]") !=
        std::string::npos);
  CHECK(refusal<point>(std::tuple{1.0, std::string{"y"}}).find("tuple<double,string> does not fit in") == 0);
  CHECK(refusal<std::vector<double>>(std::tuple{1, std::string{"b"}}) == "string does not fit in double");
}

TEST_CASE("more levels than the limit are refused, as many as the limit are not") {
  value deep{1};
  for (std::size_t i = 0; i < detail::limits.depth; ++i) deep = value::array{deep};
  CHECK(decode<value>(encode(deep)) == deep);
  deep = value::array{deep};
  CHECK_THROWS_WITH_AS(decode<value>(encode(deep)), "malformed payload: more than 100 levels", error);
}

TEST_CASE("decoding nothing still checks the bytes") {
  CHECK_NOTHROW(decode<void>(encode(1)));
  CHECK_THROWS_AS(decode<void>("\xc1", 1), error);
  CHECK_THROWS_AS(decode<void>("", 0), error);
  CHECK_THROWS_WITH_AS(decode<int>("\x01\x02", 2), "malformed payload: bytes behind its end", error);
}
