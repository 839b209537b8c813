#include "pactor/print.hpp"

#include "pactor/ndarray.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

using namespace pactor;

namespace {

std::string printed(const value& v) {
  std::ostringstream out;
  out << v;
  return out.str();
}

} // namespace

TEST_CASE("values print themselves, as the command line does") {
  CHECK(printed({}) == "null");
  CHECK(printed(true) == "true");
  CHECK(printed(-3) == "-3");
  CHECK(printed(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(printed(1024.0) == "1024.0");
  CHECK(printed(0.1) == "0.1");
  CHECK(printed(1e300) == "1e+300");
  CHECK(printed(std::numeric_limits<double>::infinity()) == "inf");
  CHECK(printed("a \"b\"\n\x01") == R"("a \"b\"\n\u0001")");
  CHECK(printed(binary(3)) == "<3 bytes>");
  CHECK(printed(value::array{1, "two", value{}}) == R"([1,"two",null])");
  CHECK(printed(value::map{{"a", 1}, {2, value::array{}}}) == R"({"a":1,2:[]})");
  CHECK(printed(std::vector<std::int8_t>{65, -1}) == "[65,-1]");
  CHECK(printed(ndarray<float>{{2, 2}, {1, 2, 3, 0.5F}}) == "[[1.0,2.0],[3.0,0.5]]");
  CHECK(printed(ndarray<double>{{0, 2}}) == "[]");
}
