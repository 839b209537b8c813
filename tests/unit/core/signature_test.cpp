#include "runtime/core/signature.hpp"
#include "seeds.hpp"

using namespace pactor;
using namespace pactor::core;
using form = type_spec::form;
using test::chance;

namespace {

bool fits(std::string_view parameter, std::string_view argument) { return accepts(parameter, argument); }

} // namespace

TEST_SUITE("signature") {
  TEST_CASE("a signature has a result and parameters") {
    const auto s = parse_signature("map<string,vector<double>>(double, tuple<int64,string>, any)");
    REQUIRE(s);
    CHECK(s->result.is == form::map);
    REQUIRE(s->result.parts.size() == 2);
    CHECK(s->result.parts[1].is == form::sequence);
    REQUIRE(s->parameters.size() == 3);
    CHECK(s->parameters[0].is == form::floating);
    CHECK(s->parameters[1].parts.size() == 2);
    CHECK(s->parameters[1].name == "tuple<int64,string>");
    CHECK(s->parameters[2].is == form::any);
    CHECK(parse_signature("void()")->parameters.empty());
    CHECK(parse_signature("void()")->result.is == form::nothing);
  }

  TEST_CASE("types that are not ours are the user's, however they are spelt") {
    for (const auto* text : {"point", "shapes::point<3, double>", "(anonymous namespace)::point", "{anonymous}::point",
                             "vector", "map<int64>", "vector<>", "unordered_map<string,int64>", "long double"}) {
      CAPTURE(text);
      CHECK(parse_type(text).is == form::user);
      const auto s = parse_signature(std::string{text} + "(" + text + ", int64)");
      REQUIRE(s);
      CHECK(s->parameters.size() == 2);
      CHECK(s->parameters[0].name == text);
    }
  }

  TEST_CASE("what is no signature is none") {
    for (const auto* text : {"", "double", "(double)", "double(", "double)", ")", "double(int64) x", ")("}) {
      CAPTURE(text);
      CHECK_FALSE(parse_signature(text));
    }
  }

  TEST_CASE("numbers go where nothing is lost by type") {
    CHECK(fits("double", "int64"));
    CHECK(fits("double", "float"));
    CHECK(fits("float", "double"));
    CHECK(fits("int32", "uint64"));
    CHECK_FALSE(fits("int64", "double"));
    CHECK_FALSE(fits("double", "string"));
    CHECK_FALSE(fits("double", "bool"));
    CHECK_FALSE(fits("bool", "int64"));
    CHECK(fits("bool", "bool"));
  }

  TEST_CASE("text is text, bytes are bytes or small integers") {
    CHECK(fits("string", "string"));
    CHECK_FALSE(fits("string", "bytes"));
    CHECK_FALSE(fits("string", "double"));
    CHECK_FALSE(fits("bytes", "string"));
    CHECK(fits("bytes", "vector<int64>"));
    CHECK_FALSE(fits("bytes", "vector<double>"));
    CHECK(fits("vector<int8>", "bytes"));
    CHECK_FALSE(fits("vector<string>", "bytes"));
  }

  TEST_CASE("sequences interchange if their elements do") {
    for (const auto* to : {"vector<double>", "ndarray<double>", "span<double>", "array<double>"})
      for (const auto* from :
           {"vector<int64>", "ndarray<float>", "span<double>", "tuple<int64,double>", "vector<any>"}) {
        CAPTURE(to);
        CAPTURE(from);
        CHECK(fits(to, from));
      }
    CHECK_FALSE(fits("vector<int64>", "vector<double>"));
    CHECK_FALSE(fits("vector<double>", "double"));
    CHECK_FALSE(fits("vector<double>", "tuple<int64,string>"));
    CHECK(fits("vector<vector<double>>", "vector<vector<int64>>"));
    CHECK_FALSE(fits("vector<vector<double>>", "vector<int64>"));
    CHECK(fits("vector<optional<double>>", "tuple<nil,double>"));
  }

  TEST_CASE("tuples take tuples and sequences of their elements") {
    CHECK(fits("tuple<double,string>", "tuple<int64,string>"));
    CHECK(fits("tuple<double,double>", "vector<int64>"));
    CHECK(fits("tuple<double,string>", "vector<any>"));
    CHECK_FALSE(fits("tuple<double,string>", "vector<int64>"));
    CHECK_FALSE(fits("tuple<double,string>", "tuple<double>"));
    CHECK_FALSE(fits("tuple<double,string>", "tuple<string,double>"));
  }

  TEST_CASE("maps take maps of their keys and values") {
    CHECK(fits("map<string,double>", "map<string,int64>"));
    CHECK(fits("map<string,double>", "map<any,any>"));
    CHECK_FALSE(fits("map<int64,double>", "map<string,double>"));
    CHECK_FALSE(fits("map<string,double>", "vector<double>"));
  }

  TEST_CASE("what may be missing takes nil") {
    CHECK(fits("optional<double>", "nil"));
    CHECK(fits("optional<double>", "int64"));
    CHECK(fits("optional<double>", "optional<int64>"));
    CHECK_FALSE(fits("optional<double>", "string"));
    CHECK_FALSE(fits("optional<double>", "optional<string>"));
    CHECK_FALSE(fits("double", "nil"));
    CHECK(fits("nil", "nil"));
    CHECK(fits("double", "optional<double>")); // the value tells
  }

  TEST_CASE("any takes and is taken by everything") {
    for (const auto* type : {"bool", "int64", "string", "vector<point>", "point", "nil"}) {
      CHECK(fits("any", type));
      CHECK(fits(type, "any"));
    }
  }

  TEST_CASE("a user's type takes itself and what a struct or an enum travels as") {
    CHECK(fits("point", "point"));
    CHECK_FALSE(fits("point", "line"));
    CHECK(fits("point", "map<string,double>"));
    CHECK(fits("point", "tuple<double,string>"));
    CHECK(fits("colour", "int64"));
    CHECK_FALSE(fits("point", "string"));
    CHECK_FALSE(fits("double", "point"));
    CHECK(fits("map<string,any>", "point"));
    CHECK(fits("vector<point>", "vector<point>"));
    CHECK_FALSE(fits("vector<point>", "vector<line>"));
  }

  TEST_CASE("a mismatch is told with both signatures") {
    CHECK_FALSE(check_call("power10", "double(double)", "(int64)"));
    CHECK(check_call("power10", "double(double)", "(string)") ==
          "power10 takes double(double), was called with (string)");
    CHECK(check_call("power10", "double(double)", "()") == "power10 takes double(double), was called with ()");
    CHECK(check_call("add", "int64(int64, int64)", "(int64,vector<int64>)") ==
          "add takes int64(int64, int64), was called with (int64, vector<int64>)");
    CHECK_FALSE(check_call("hello", "string()", "()"));
    CHECK(check_call("hello", "string()", "(int64)"));
  }

  TEST_CASE("a map is checked element by element") {
    const auto check = [](std::string_view signature, std::string_view arguments) {
      return check_call("f", signature, arguments, wire::call_mode::map);
    };
    CHECK_FALSE(check("double(double)", "(vector<int64>)"));
    CHECK_FALSE(check("double(double)", "(tuple<int64,double>)"));
    CHECK_FALSE(check("double(double)", "(any)"));
    CHECK_FALSE(check("double(vector<double>)", "(vector<vector<double>>)"));
    CHECK_FALSE(check("int64(int64, string)", "(span<int64>, vector<string>)"));
    CHECK(check("double(double)", "(vector<string>)") == "f takes double(double), was mapped over (vector<string>)");
    CHECK(check("double(double)", "(double)") ==
          "f takes double(double), was mapped over (double): double is no sequence");
    CHECK(check("double(double)", "(vector<double>, vector<double>)"));
  }

  TEST_CASE("what can't be read is left to the worker") {
    CHECK_FALSE(check_call("f", "nonsense", "(int64)"));
    CHECK_FALSE(check_call("f", "double(double)", "int64"));
  }

  TEST_CASE("hostile texts do no harm") {
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += "vector<";
    CHECK(parse_type(deep).is == form::user);
    deep += "int64" + std::string(100'000, '>');
    CHECK(accepts(deep, deep));
    test::for_seeds(20'000, [](chance& c) {
      std::vector<std::string> pieces{"vector<", ">",      "(", ")", ",", "map<",      "int64",
                                      "double",  "tuple<", " ", "x", "<", "optional<", "any"};
      std::string a, b;
      for (auto n = c.below(12); n > 0; --n) a += c.pick(pieces);
      for (auto n = c.below(12); n > 0; --n) b += c.pick(pieces);
      (void)parse_signature(a);
      (void)accepts(a, b);
      (void)check_call("f", a, b, c.one_in(2) ? wire::call_mode::map : wire::call_mode::apply);
      REQUIRE(parse_type(a).name.size() <= a.size());
    });
  }
}
