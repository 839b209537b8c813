// The demonstration of load balancing draws every task that it ran.

#include "tests/support/caught.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pactor::test;

namespace {

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

} // namespace

TEST_CASE("tasks of unlike lengths, directly and load-balanced: a bar for every task, and both times") {
  const temporary_cluster cluster{{.engines = 4, .test_jobs = false}};
  const auto picture = cluster.directory() / "balance.svg";
  const auto result = run({PACTOR_TEST_BALANCE, "--tasks", "80", "--svg", picture.string()}, cluster.variables());
  CAPTURE(result.out);
  CHECK(result.err == "");
  REQUIRE(result.exit_code == 0);
  CHECK(contains(result.out, "direct: divided beforehand: "));
  CHECK(contains(result.out, "load-balanced: whoever is free takes the next: "));
  const auto svg = content_of(picture);
  CHECK(count(svg, "<rect class=\"task") == 160);
  CHECK(count(svg, ">engine ") >= 5); // all four directly, those that were free otherwise
  CHECK(svg.starts_with("<svg "));
  CHECK(contains(svg, "</svg>"));
  const auto nowhere = run({PACTOR_TEST_BALANCE, "--tasks", "4", "--svg", "/no/such/place.svg"}, cluster.variables());
  CHECK(nowhere.exit_code == 1);
  CHECK(contains(nowhere.err, "can't write /no/such/place.svg"));
}
