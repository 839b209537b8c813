#include "pactor/prelude/format.hpp"

#include <array>
#include <deque>
#include <doctest/doctest.h>
#include <filesystem>
#include <limits>
#include <list>
#include <map>
#include <memory>
#include <ostream>
#include <set>
#include <unordered_map>

using pactor::ndarray;
using pactor::value;
using pactor::prelude::repr;
using pactor::prelude::str;
using namespace std::string_literals;

namespace {

struct streamed_point {
  int x = 0, y = 0;
  friend std::ostream& operator<<(std::ostream& out, const streamed_point& p) { return out << p.x << '/' << p.y; }
};
struct packed_point {
  double x = 0, y = 0;
  MSGPACK_DEFINE_MAP(x, y)
};
struct silent {};
enum class colour { red, green };
enum class spoken { yes };
std::ostream& operator<<(std::ostream& out, spoken) { return out << "yes"; }

} // namespace

TEST_SUITE_BEGIN("prelude");

TEST_CASE("numbers alone have as many digits as they need") {
  CHECK(str(3) == "3");
  CHECK(str(-7L) == "-7");
  CHECK(str(std::numeric_limits<std::uint64_t>::max()) == "18446744073709551615");
  CHECK(str(std::int8_t{5}) == "5");
  CHECK(str(std::uint8_t{65}) == "65");
  CHECK(str(2.0) == "2.0");
  CHECK(str(0.1) == "0.1");
  CHECK(str(0.1F) == "0.1");
  CHECK(str(1.0 / 3) == "0.3333333333333333");
  CHECK(str(1610344552.924335) == "1610344552.924335");
  CHECK(str(1e16) == "1e+16");
  CHECK(str(1e15) == "1000000000000000.0");
  CHECK(str(1e-5) == "1e-05");
  CHECK(str(0.0001) == "0.0001");
  CHECK(str(-0.0) == "-0.0");
  CHECK(str(std::numeric_limits<double>::quiet_NaN()) == "nan");
  CHECK(str(-std::numeric_limits<double>::infinity()) == "-inf");
  CHECK(str(true) == "true");
  CHECK(str(std::complex{1.5, -2.0}) == "1.5-2.0i");
}

TEST_CASE("strings are quoted in containers and as results") {
  CHECK(str("a\nb") == "a\nb");
  CHECK(str("text"s) == "text");
  CHECK(repr("say \"hi\"\n\x01 ü"s) == R"("say \"hi\"\n\x01 ü")");
  CHECK(str(std::vector{"a"s, "b"s}) == R"(["a", "b"])");
  CHECK(str('x') == "x");
  CHECK(repr('\'') == R"('\'')");
  CHECK(str(std::vector{'a', 'b'}) == "['a', 'b']");
  const char* none = nullptr;
  CHECK(str(none) == "nil");
}

TEST_CASE("long strings are shortened as results, between characters, and printed in full") {
  std::string text;
  for (int i = 0; i < 4000; ++i) text += "ü";
  CHECK(str(text) == text);
  const auto shown = repr(text);
  CHECK(shown.size() < 2200);
  CHECK(shown.starts_with("\"üüü"));
  CHECK(shown.ends_with("üüü\" (8000 bytes)"));
  CHECK(shown.find("ü\"...\"ü") != std::string::npos);
}

TEST_CASE("containers") {
  CHECK(str(std::vector{1, 2, 3}) == "[1, 2, 3]");
  CHECK(str(std::vector<int>{}) == "[]");
  CHECK(str(std::vector{0.5, 1.0, 1.0 / 3, 1e-9, 1e20}) == "[0.5, 1.0, 0.33333333, 1e-09, 1e+20]");
  CHECK(str(std::vector{0.1F}) == "[0.1]");
  CHECK(str(std::vector{true, false}) == "[true, false]");
  CHECK(str(std::vector{true}[0]) == "true");
  CHECK(str(std::vector{std::vector{1}, std::vector<int>{}}) == "[[1], []]");
  CHECK(str(std::list{1.5}) == "[1.5]");
  CHECK(str(std::array{1, 2}) == "[1, 2]");
  const int plain[] = {1, 2};
  CHECK(str(plain) == "[1, 2]");
  CHECK(str(std::set{3, 1}) == "{1, 3}");
  CHECK(str(std::map<std::string, int>{{"a", 1}, {"b", 2}}) == R"({"a": 1, "b": 2})");
  CHECK(str(std::pair{1, "x"s}) == R"((1, "x"))");
  CHECK(str(std::tuple{1, 2.5, true}) == "(1, 2.5, true)");
  CHECK(str(std::optional<int>{}) == "nil");
  CHECK(repr(std::optional{"x"s}) == "\"x\"");
  CHECK(str(std::variant<int, std::string>{"x"}) == "x");
  CHECK(str(std::vector{std::byte{1}, std::byte{65}}) == R"(b"\x01A")");
  CHECK(str(std::vector<std::complex<double>>{{1, 2}, {0.5, -1}}) == "[1.0+2.0i, 0.5-1.0i]");
  CHECK(str(std::views::iota(0, 3)) == "[0, 1, 2]");
  CHECK(str(std::views::iota(0, 6) | std::views::filter([](int i) { return i % 2 == 0; })) == "[0, 2, 4]");
}

TEST_CASE("long containers are shortened in the middle and say their size") {
  const std::vector<int> many(1000, 7);
  CHECK(str(many) == "[7, 7, 7, ..., 7, 7, 7] (1000 elements)");
  CHECK(str(std::list<int>(300, 1)) == "[1, 1, 1, ..., 1, 1, 1] (300 elements)");
  CHECK(str(std::vector<int>(200, 1)).find("...") == std::string::npos);
  std::map<int, int> squares;
  for (int i = 0; i < 300; ++i) squares[i] = i * i;
  CHECK(str(squares) == "{0: 0, 1: 1, 2: 4, ..., 297: 88209, 298: 88804, 299: 89401} (300 elements)");
  CHECK(str(std::views::iota(0)).ends_with("198, 199, ...]")); // has no end
  const std::vector<std::vector<std::string>> nested(150, std::vector<std::string>(150, std::string(100, 'x')));
  CHECK(str(nested).size() < 100'000);
  CHECK(str(value::array(1000, value{1})) == "[1, 1, 1, ..., 1, 1, 1] (1000 elements)");
}

TEST_CASE("arrays are aligned rows, as numpy has them") {
  const ndarray<double> a{{2, 2}, {0.94200896, 0.38667172, 0.035026541, 0.06301613}};
  CHECK(str(a) == "[[0.94200896 0.38667172]\n [0.03502654 0.06301613]]");
  CHECK(repr(a) == "array([[0.94200896, 0.38667172],\n       [0.03502654, 0.06301613]])");
  CHECK(repr(ndarray<double>{{2}, {0.85228774, -0.31243452}}) == "array([ 0.85228774, -0.31243452])");
  CHECK(repr(ndarray<double>{{3}, {1, 2.5, 3.25}}) == "array([1.  , 2.5 , 3.25])");
  CHECK(repr(ndarray<double>{{2}, {1e-5, 1.5}}) == "array([1.0e-05, 1.5e+00])");
  CHECK(str(ndarray<double>{{3}, {1, std::numeric_limits<double>::quiet_NaN(), -2}}) == "[ 1. nan -2.]");
  CHECK(str(ndarray<int>{{2, 3}, {1, -20, 3, 4, 5, 600}}) == "[[  1 -20   3]\n [  4   5 600]]");
  CHECK(str(ndarray<std::uint8_t>{{2}, {1, 255}}) == "[  1 255]");
  CHECK(str(ndarray<int>{{2, 1, 2}, {1, 2, 3, 4}}) == "[[[1 2]]\n\n [[3 4]]]");
  CHECK(str(ndarray<float>{{1}, {0.1F}}) == "[0.1]");
  CHECK(repr(ndarray<double>{}) == "array([])");
  CHECK(repr(ndarray<double>{{0, 3}}) == "array([], shape=(0, 3))");
  CHECK(repr(ndarray<double>{{}, {5}}) == "array(5.)");
  CHECK(str(std::pair{1, ndarray<int>{{2, 1}, {1, 2}}}) == "(1, [[1]\n     [2]])"); // under each other
}

TEST_CASE("large arrays show their corners and their shape; long rows are broken") {
  const ndarray<int> a{{100, 100}};
  CHECK(str(a) == "[[0 0 0 ... 0 0 0]\n [0 0 0 ... 0 0 0]\n [0 0 0 ... 0 0 0]\n ...\n [0 0 0 ... 0 0 0]\n"
                  " [0 0 0 ... 0 0 0]\n [0 0 0 ... 0 0 0]] shape (100, 100)");
  CHECK(repr(ndarray<int>{{1000}}) == "array([0, 0, 0, ..., 0, 0, 0], shape=(1000,))");
  const auto row = str(ndarray<int>{{100}});
  CHECK(row.find("\n 0 0") != std::string::npos);
}

TEST_CASE("pactor's values") {
  const value v{value::map{{"a", value::array{1, 2.5, "x", nullptr, true}}, {"m", ndarray<int>{{1, 2}, {1, 2}}}}};
  CHECK(str(v) == R"({"a": [1, 2.5, "x", nil, true], "m": [[1 2]]})");
  CHECK(str(value{"text"}) == "text");
  CHECK(repr(value{"text"}) == "\"text\"");
  CHECK(repr(value{std::vector{1, 2}}) == "[1, 2]");
}

TEST_CASE("what has operator<<, what can be encoded, and what is neither") {
  CHECK(str(streamed_point{1, 2}) == "1/2");
  CHECK(str(std::vector{streamed_point{1, 2}}) == "[1/2]");
  CHECK(str(packed_point{1.5, 2.5}) == R"({"x": 1.5, "y": 2.5})");
  CHECK(str(silent{}).ends_with("silent>"));
  CHECK(str(std::filesystem::path{"/a b"}) == "\"/a b\"");
  CHECK(str(colour::green).ends_with("colour(1)"));
  CHECK(str(spoken::yes) == "yes");
  CHECK(str(std::unique_ptr<int>{}) == "nil");
  CHECK(str(std::make_unique<int>(3)).starts_with("0x"));
  CHECK(str([] {}).starts_with("<"));
  CHECK(str(std::chrono::milliseconds{1500}) == "1.5 s");
  CHECK(str(std::chrono::system_clock::time_point{std::chrono::milliseconds{1500}}) ==
        "1970-01-01 00:00:01.500000 UTC");
}

TEST_SUITE_END();
