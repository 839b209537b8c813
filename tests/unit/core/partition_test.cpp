#include "runtime/core/gather.hpp"
#include "runtime/core/partition.hpp"
#include "seeds.hpp"

#include <string>

using namespace pactor::core;
using pactor::test::chance;
using sizes = std::vector<std::size_t>;

namespace {

sizes sizes_of(const std::vector<part>& parts) {
  sizes result;
  for (const auto& p : parts) result.push_back(p.size);
  return result;
}

/// How often each element is in some part.
sizes coverage(const std::vector<part>& parts, std::size_t n) {
  sizes result(n);
  for (const auto& p : parts)
    for (std::size_t i = 0; i < p.size; ++i) ++result.at(p.first + i * p.step);
  return result;
}

} // namespace

TEST_SUITE("partition") {
  TEST_CASE("the first parts are the longer ones") {
    CHECK(sizes_of(partition(7, 4)) == sizes{2, 2, 2, 1});
    CHECK(sizes_of(partition(10, 4)) == sizes{3, 3, 2, 2});
    CHECK(sizes_of(partition(5, 4)) == sizes{2, 1, 1, 1});
    CHECK(sizes_of(partition(8, 4)) == sizes{2, 2, 2, 2});
  }
  TEST_CASE("with more parts than elements the last ones are empty") {
    CHECK(sizes_of(partition(2, 4)) == sizes{1, 1, 0, 0});
    CHECK(sizes_of(partition(0, 3)) == sizes{0, 0, 0});
    CHECK(partition(5, 0).empty());
    CHECK(round_robin(5, 0).empty());
  }
  TEST_CASE("round robin takes turns") {
    CHECK(round_robin(5, 2) == std::vector<part>{{0, 3, 2}, {1, 2, 2}});
    CHECK(round_robin(1, 3) == std::vector<part>{{0, 1, 3}, {1, 0, 3}, {1, 0, 3}});
  }
  TEST_CASE("each element is in one part, and sizes differ by at most one") {
    for (std::size_t n = 0; n < 40; ++n)
      for (std::size_t k = 1; k < 12; ++k)
        for (const auto& parts : {partition(n, k), round_robin(n, k)}) {
          CAPTURE(n);
          CAPTURE(k);
          CHECK(parts.size() == k);
          CHECK(coverage(parts, n) == sizes(n, 1));
          CHECK(parts.front().size - parts.back().size <= 1);
        }
  }
  TEST_CASE("contiguous parts follow each other") {
    std::size_t next = 0;
    for (const auto& p : partition(23, 5)) {
      CHECK(p.first == next);
      CHECK(p.step == 1);
      next += p.size;
    }
    CHECK(next == 23);
  }
}

TEST_SUITE("gather") {
  TEST_CASE("order comes from the index, not from the arrival") {
    gather<std::string> g{3};
    CHECK(g.put(2, "c"));
    CHECK(g.put(0, "a"));
    CHECK_FALSE(g.complete());
    CHECK(g.missing() == 1);
    CHECK(g.put(1, "b"));
    CHECK(g.complete());
    CHECK(g.take() == std::vector<std::string>{"a", "b", "c"});
  }
  TEST_CASE("the first of two values counts, and strangers are dropped") {
    gather<int> g{2};
    CHECK(g.put(0, 1));
    CHECK_FALSE(g.put(0, 2));
    CHECK_FALSE(g.put(2, 3));
    CHECK(g.has(0));
    CHECK_FALSE(g.has(1));
    CHECK_FALSE(g.has(2));
    CHECK(g.missing() == 1);
    CHECK(g.put(1, 4));
    CHECK(g.take() == std::vector<int>{1, 4});
  }
  TEST_CASE("nothing is complete at once") { CHECK(gather<int>{0}.complete()); }
  TEST_CASE("whatever arrives how often in whatever order, the parts make the whole") {
    pactor::test::for_seeds(1000, [](chance& c) {
      const auto n = c.below(20);
      gather<std::size_t> g{n};
      sizes expected;
      for (std::size_t i = 0; i < n; ++i) expected.push_back(i * 7);
      while (!g.complete()) {
        const auto i = c.below(n + 2);
        const auto fresh = i < n && !g.has(i);
        REQUIRE(g.put(i, fresh ? i * 7 : 0) == fresh);
      }
      REQUIRE(g.take() == expected);
    });
  }
}
