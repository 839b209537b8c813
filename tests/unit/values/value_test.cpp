// The self-describing value.

#include "pactor/codec.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <string>
#include <vector>

using namespace pactor;

namespace {
void comes_back(const value& v) {
  INFO(v.type_name());
  CHECK(decode<value>(encode(v)) == v);
}
} // namespace

TEST_CASE("values of every type come back") {
  comes_back({});
  comes_back(true);
  comes_back(-5);
  comes_back(std::numeric_limits<std::uint64_t>::max());
  comes_back(2.0);
  comes_back("text");
  comes_back(binary{std::byte{1}, std::byte{2}});
  comes_back(value::array{1, "a", value::array{}});
  comes_back(value::map{{"k", 1}, {2, "v"}});
  comes_back(ndarray<std::int16_t>{{2, 2}, {1, 2, 3, 4}});
  comes_back(std::vector<float>{1, 2});
}

TEST_CASE("equal integers are equal whatever C++ type they came from") {
  CHECK(value{1} == value{1u});
  CHECK(value{std::uint64_t{5}} == value{std::int8_t{5}});
  CHECK(value{1} != value{1.0});
  CHECK(value{true} != value{1});
  CHECK(value{std::uint64_t{1} << 63}.get_if<std::uint64_t>() != nullptr);
  CHECK(value{std::uint64_t{1}}.get_if<std::int64_t>() != nullptr);
}

TEST_CASE("a value converts as an argument would") {
  CHECK(value{3}.as<double>() == 3.0);
  CHECK(value{value::array{1, 2}}.as<std::vector<double>>() == std::vector<double>{1, 2});
  CHECK_THROWS_WITH_AS(static_cast<void>(value{"x"}.as<int>()), "string does not fit in int32", error);
}

TEST_CASE("entries of a map are found by name and keep their order") {
  const value v{value::map{{"z", 1}, {"a", 2}}};
  REQUIRE(v.find("a"));
  CHECK(*v.find("a") == value{2});
  CHECK(v.find("b") == nullptr);
  CHECK(value{1}.find("a") == nullptr);
  CHECK(decode<value>(encode(v)).get_if<value::map>()->front().first == value{"z"});
}

TEST_CASE("arrays of another type are refused, not reinterpreted") {
  const any_array a{ndarray<float>{{2}, {1, 2}}};
  CHECK(a.values<float>()[1] == 2);
  CHECK_THROWS_WITH_AS(static_cast<void>(a.values<int>()), "an array of float read as one of int32", error);
  CHECK(a.size() == 2);
}

TEST_CASE("types are named as in signatures") {
  CHECK(value{}.type_name() == "nil");
  CHECK(value{std::vector<double>{1}}.type_name() == "vector<double>");
  CHECK(value{ndarray<double>{{1, 1}}}.type_name() == "ndarray<double>");
  CHECK(value{value::map{{"a", 1}, {"b", "x"}}}.type_name() == "map<string,any>");
  CHECK(value{value::array{}}.type_name() == "vector<any>");
}
