#include "runtime/files/json_object.hpp"
#include "tests/unit/files/scratch_directory.hpp"

using namespace pactor;
using namespace pactor::test;
using files::json_object;

namespace {
std::string complaint(const std::string& text) {
  const auto [code, what] = error_of([&] { json_object object{"f.json", text}; });
  CHECK(code == ec::configuration);
  return what;
}
} // namespace

TEST_CASE("malformed JSON is reported with file, line and column") {
  CHECK(complaint("{\n  \"a\": 1,\n  b: 2\n}").starts_with("f.json:3:3: "));
  CHECK(complaint("").starts_with("f.json:1:1: "));
  CHECK(complaint("[1]") == "f.json:1:1: a JSON object is expected, in braces");
  CHECK(complaint("{\"a\": 1").starts_with("f.json:1:"));
  CHECK(complaint(std::string("{\"a\": \"\0\"}", 9)).starts_with("f.json:1:"));
}

TEST_CASE("a key that stands twice is an error and not the last one's silent win") {
  const auto what = complaint("{\"a\": 1,\n \"b\": {\"a\": 2},\n \"a\": 3}");
  CHECK(what == "f.json:3:2: \"a\" stands here a second time, after 1:2");
}

TEST_CASE("everything in a file has a place") {
  const files::json_source source{"f.json", R"({
  "a/b": [1, {"x": "]"}, /* no 9, */ [2,
    3]],
  "c": {"d": null}
})"};
  CHECK(source.where("/a~1b") == "f.json:2:3");
  CHECK(source.where("/a~1b/0") == "f.json:2:11");
  CHECK(source.where("/a~1b/1/x") == "f.json:2:15");
  CHECK(source.where("/a~1b/2/1") == "f.json:3:5");
  CHECK(source.where("/c/d") == "f.json:4:9");
  CHECK(source.where("/c/none/at/all") == "f.json:4:3");
  CHECK(source.where("/none") == "f.json:1:1");
  CHECK(complaint("{\"a\": " + std::string(100'000, '[') + std::string(100'000, ']') + "}") ==
        "f.json:1:71: nested too deeply");
}

TEST_CASE("keys are found behind comments, strings with quotes and nested values") {
  const json_object object{"f.json", R"({
  // "fake": 1,
  "text": "a \" , { // no comment",
  /* "fake": */ "list": ["x", {"inner": 1}, "y"],
  "wrong": 5
})"};
  CHECK(object.text("text") == "a \" , { // no comment");
  const auto [code, what] = error_of([&] { object.allow_only({"text", "list", "right"}); });
  CHECK(code == ec::configuration);
  CHECK(what.starts_with("f.json:5:3: unknown key \"wrong\""));
}

TEST_CASE("an unknown key is reported with the nearest known one, or with all of them") {
  const json_object object{"f.json", R"({"engins": 4})"};
  const auto what = error_of([&] { object.allow_only({"engines", "port"}); }).second;
  CHECK(what == "f.json:1:2: unknown key \"engins\"; did you mean \"engines\"?");
  const json_object other{"f.json", R"({"zzzzzz": 4})"};
  CHECK(contains(error_of([&] { other.allow_only({"engines", "port"}); }).second, "known are engines, port"));
}

TEST_CASE("values of another type or out of range are reported with their key and place") {
  const json_object object{"f.json", R"({"a": "x", "n": 70000, "f": 1.5, "big": 18446744073709551615, "l": ["x", 1]})"};
  CHECK(error_of([&] { return object.integer("a", 0, 9); }).second ==
        R"(f.json:1:2: "a" must be a whole number from 0 to 9, not "x")");
  CHECK(contains(error_of([&] { return object.integer("n", 0, 65535); }).second, "from 0 to 65535, not 70000"));
  CHECK(error_of([&] { return object.integer("f", 0, 9); }).first == ec::configuration);
  CHECK(error_of([&] { return object.integer("big", 0, 9); }).first == ec::configuration);
  CHECK(error_of([&] { return object.text("n"); }).first == ec::configuration);
  CHECK(error_of([&] { return object.texts("l"); }).first == ec::configuration);
  CHECK(contains(error_of([&] { return object.text("missing"); }).second, "\"missing\" is missing"));
  CHECK(object.integer("n", 0, 70000) == 70000);
}
