#include "pactor/error.hpp"
#include "runtime/core/targets.hpp"
#include "seeds.hpp"

#include <string>

using namespace pactor;
using namespace pactor::core;
using test::chance;
using ids = std::vector<int>;

namespace {

ids choose(std::string_view text, const ids& engines) { return resolve(parse_targets(text), engines); }

/// What the error of choosing says, with its code in front.
std::string fault(std::string_view text, const ids& engines) {
  try {
    (void)choose(text, engines);
  } catch (const error& e) {
    return std::string{to_string(e.code())} + ": " + e.what();
  }
  return "";
}

/// Python's definition of a slice, by walking over all positions instead of computing bounds.
ids slice_by_definition(const position_slice& s, const ids& engines) {
  const auto size = static_cast<int>(engines.size());
  const auto from_end = [&](int i) { return i < 0 ? i + size : i; };
  ids result;
  const auto up = s.step > 0;
  auto at = s.start ? from_end(*s.start) : (up ? 0 : size - 1);
  if (up && at < 0) at = 0;
  if (!up && at > size - 1) at = size - 1;
  for (; at >= 0 && at < size; at += s.step) {
    if (s.stop && (up ? at >= from_end(*s.stop) : at <= from_end(*s.stop))) break;
    result.push_back(engines[static_cast<std::size_t>(at)]);
  }
  return result;
}

} // namespace

TEST_SUITE("targets") {
  const ids four{0, 1, 2, 3};
  const ids sparse{2, 3, 7};

  TEST_CASE("every form is understood") {
    CHECK(choose("0", four) == ids{0});
    CHECK(choose("-1", four) == ids{3});
    CHECK(choose("1,3", four) == ids{1, 3});
    CHECK(choose("3, 0", four) == ids{3, 0});
    CHECK(choose("::2", four) == ids{0, 2});
    CHECK(choose("1:3", four) == ids{1, 2});
    CHECK(choose(":-1", four) == ids{0, 1, 2});
    CHECK(choose("::-1", four) == ids{3, 2, 1, 0});
    CHECK(choose(" 2: ", four) == ids{2, 3});
    CHECK(choose("all", four) == four);
  }

  TEST_CASE("numbers name engines, negative ones and slices positions") {
    CHECK(choose("7", sparse) == ids{7});
    CHECK(choose("-1", sparse) == ids{7});
    CHECK(choose("-3", sparse) == ids{2});
    CHECK(choose("0:2", sparse) == ids{2, 3});
    CHECK(choose("2,-1", sparse) == ids{2, 7});
    CHECK(fault("0", sparse) == "invalid_argument: no engine 0: the engines are 2, 3, 7");
  }

  TEST_CASE("an engine that is not there is named, and those that are") {
    CHECK(fault("7", four) == "invalid_argument: no engine 7: the engines are 0-3");
    CHECK(fault("-5", four) == "invalid_argument: no engine -5: the engines are 0-3");
    CHECK(fault("0,1,0", four) == "invalid_argument: engine 0 is named twice");
    CHECK(fault("3,-1", four) == "invalid_argument: engine 3 is named twice");
  }

  TEST_CASE("nobody to run on is an error of its own") {
    CHECK(fault("all", {}) == "no_engines: there are no engines");
    CHECK(fault("0", {}) == "no_engines: there are no engines");
    CHECK(fault("8:", four) == "no_engines: the slice selects no engine: the engines are 0-3");
  }

  TEST_CASE("what is no form is refused and quoted") {
    for (const auto* text : {"", " ", "a", "1,", ",1", "1,,2", "1:2:3:4", "1:x", "1.5", "ALL", "0x1", "+1", "1 2",
                             "99999999999", "1:99999999999", "::0"}) {
      CAPTURE(text);
      CHECK(fault(text, four).starts_with("invalid_argument"));
    }
    CHECK(fault("frist", four).find("\"frist\"") != std::string::npos);
  }

  TEST_CASE("extreme slices do not overflow") {
    CHECK(choose("-2147483648:2147483647:2147483647", four) == ids{0});
    CHECK(choose("2147483647:-2147483648:-2147483648", four) == ids{3});
  }

  TEST_CASE("slices select what Python's select") {
    test::for_seeds(20'000, [](chance& c) {
      ids engines;
      for (auto n = c.below(6); n > 0; --n) engines.push_back(static_cast<int>(engines.size() * 3 + c.below(3)));
      const auto any = [&]() -> std::optional<int> {
        return c.one_in(3) ? std::nullopt : std::optional{static_cast<int>(c.below(17)) - 8};
      };
      const position_slice s{any(), any(), static_cast<int>(c.below(3)) + 1};
      const position_slice signed_slice{s.start, s.stop, c.one_in(2) ? s.step : -s.step};
      const auto expected = slice_by_definition(signed_slice, engines);
      ids selected;
      try {
        selected = resolve(signed_slice, engines);
        REQUIRE_FALSE(selected.empty());
      } catch (const no_engines&) { // instead of an empty list
      }
      REQUIRE(selected == expected);
    });
  }

  TEST_CASE("lists of engines are short") {
    CHECK(engine_list(ids{}) == "none");
    CHECK(engine_list(ids{5}) == "5");
    CHECK(engine_list(ids{0, 1}) == "0, 1");
    CHECK(engine_list(ids{0, 1, 2, 5, 7, 8, 9}) == "0-2, 5, 7-9");
  }
}
