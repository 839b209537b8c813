#include "pactor/codec.hpp"
#include "pactor/detail/native.hpp"
#include "runtime/worker/variable_types.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace pactor;

namespace {

template <class T>
std::string pushed(const T& v) {
  const auto encoded = encode(v);
  return worker::type_of(worker::variable{{encoded, encoded.data(), encoded.size()}, {}});
}

template <class T>
std::string object(T v) {
  auto native = detail::describe_native(*std::make_unique<T>(std::move(v)).release());
  return worker::type_of(worker::variable{{}, worker::native_object{native}});
}

struct hidden {};

} // namespace

namespace shown {
struct point {
  int x;
};
} // namespace shown

TEST_CASE("a pushed value has the C++ type that it becomes") {
  CHECK(pushed(true) == "bool");
  CHECK(pushed(-5) == "std::int64_t");
  CHECK(pushed(std::uint64_t{1} << 63) == "std::uint64_t");
  CHECK(pushed(1.5) == "double");
  CHECK(pushed(std::string{"x"}) == "std::string");
  CHECK(pushed(std::vector<double>{1, 2}) == "std::vector<double>");
  CHECK(pushed(std::vector<std::int16_t>{}) == "std::vector<std::int16_t>");
  CHECK(pushed(ndarray<float>{{2, 3}}) == "pactor::ndarray<float>");
  CHECK(pushed(std::vector<std::string>{"a", "b"}) == "std::vector<std::string>");
  CHECK(pushed(std::vector<std::vector<double>>{{1}, {2}}) == "std::vector<std::vector<double>>");
  CHECK(pushed(std::map<std::string, int>{{"a", 1}}) == "std::map<std::string, std::int64_t>");
  CHECK(pushed(value::array{1, 2.5}) == "std::vector<double>");
  CHECK(pushed(value::array{1, "x"}) == "pactor::value");
  CHECK(pushed(value::array{}) == "pactor::value");
  CHECK(pushed(std::map<int, int>{{1, 1}}) == "pactor::value");
  CHECK(pushed(value{}) == "pactor::value");
}

TEST_CASE("an object has its own type, or none that code can name") {
  CHECK(object(3) == "int");
  CHECK(object(shown::point{}) == "shown::point");
  CHECK(object(std::map<int, shown::point>{}).starts_with("std::map<int, shown::point,"));
  CHECK(object(hidden{}).empty());
  CHECK(object([](int x) { return x; }).empty());
  struct local {};
  CHECK(object(local{}).empty());
}
