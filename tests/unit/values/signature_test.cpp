// The texts of types: the grammar that catalogues, messages and the compatibility check share.

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "pactor/job_descriptor.hpp"
#include "pactor/signature.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <vector>

namespace shapes {
struct circle {};
} // namespace shapes

using namespace pactor;

TEST_CASE("types are spelt the same on every machine") {
  CHECK(type_name<long>() == "int64");
  CHECK(type_name<long long>() == "int64");
  CHECK(type_name<unsigned short>() == "uint16");
  CHECK(type_name<char>() == "int8");
  CHECK(type_name<float>() == "float");
  CHECK(type_name<double>() == "double");
  CHECK(type_name<bool>() == "bool");
  CHECK(type_name<std::string_view>() == "string");
  CHECK(type_name<std::vector<std::vector<int>>>() == "vector<vector<int32>>");
  CHECK(type_name<std::array<float, 3>>() == "vector<float>");
  CHECK(type_name<std::vector<std::byte>>() == "bytes");
  CHECK(type_name<std::map<std::string, double>>() == "map<string,double>");
  CHECK(type_name<std::pair<int, std::optional<bool>>>() == "tuple<int32,optional<bool>>");
  CHECK(type_name<ndarray<float>>() == "ndarray<float>");
  CHECK(type_name<ndarray_view<float>>() == "ndarray<float>");
  CHECK(type_name<std::span<const double>>() == "span<double>");
  CHECK(type_name<value>() == "any");
  CHECK(type_name<std::nullptr_t>() == "nil");
  CHECK(type_name<shapes::circle>() == "shapes::circle");
}

TEST_CASE("signatures leave out the context and references") {
  CHECK(signature_of<double(double)>() == "double(double)");
  CHECK(signature_of<void()>() == "void()");
  CHECK(signature_of<long(context&, long)>() == "int64(int64)");
  CHECK(signature_of<void(context&)>() == "void()");
  CHECK(signature_of<shapes::circle(const std::vector<double>&, std::string)>() ==
        "shapes::circle(vector<double>, string)");
}

TEST_CASE("signatures are known at compile time") {
  static_assert(signature_of<double(double, std::vector<long>)>() == "double(double, vector<int64>)");
  static_assert(job<double(double)>{"power10"}.name() == "power10");
}

TEST_CASE("the types of a call's arguments") {
  CHECK(argument_types() == "()");
  CHECK(argument_types(1, 2.5, "x", std::vector<double>{}) == "(int32, double, string, vector<double>)");
  const std::vector<value> dynamic{1, value::array{1, "x"}, std::vector<float>{1}, nullptr};
  CHECK(argument_types(std::span<const value>{dynamic}) == "(int64, tuple<int64,string>, vector<float>, nil)");
}

TEST_CASE("a descriptor says what it can be called with") {
  constexpr job<double(double, const std::string&)> f{"f"};
  static_assert(f.callable_with<int, const char*>);
  static_assert(!f.callable_with<int>);
  static_assert(!f.callable_with<std::string, std::string>);
  CHECK(f.signature() == "double(double, string)");
}
