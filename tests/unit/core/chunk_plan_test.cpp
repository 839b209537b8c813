#include "runtime/core/chunk_plan.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

using namespace pactor::core;
using seconds = std::chrono::duration<double>;

namespace {

std::vector<std::size_t> sizes(const std::vector<std::size_t>& starts) {
  std::vector<std::size_t> all(starts.size());
  std::adjacent_difference(starts.begin(), starts.end(), all.begin());
  all.erase(all.begin());
  return all;
}

/// When the last engine is done, if each that is idle takes the next chunk. A task costs 5 us beside its elements.
double makespan(const std::vector<std::size_t>& starts, const std::vector<double>& elements, std::size_t engines) {
  std::vector<double> free(engines, 0.0);
  for (std::size_t i = 0; i + 1 < starts.size(); ++i) {
    auto& first = *std::ranges::min_element(free);
    first += 5e-6;
    for (auto e = starts[i]; e < starts[i + 1]; ++e) first += elements[e];
  }
  return *std::ranges::max_element(free);
}

/// So many chunks an engine, all alike.
std::vector<std::size_t> fixed(std::size_t n, std::size_t engines, std::size_t chunks) {
  const auto size = std::max<std::size_t>((n + engines * chunks - 1) / (engines * chunks), 1);
  std::vector<std::size_t> starts;
  for (std::size_t first = 0; first < n; first += size) starts.push_back(first);
  starts.push_back(n);
  return starts;
}

} // namespace

TEST_SUITE("chunk plan") {
  TEST_CASE("every element is in one chunk, no chunk is empty, and none is larger than the one before") {
    for (const std::size_t n : {0UL, 1UL, 7UL, 256UL, 3200UL, 1'000'003UL})
      for (const std::size_t engines : {0UL, 1UL, 4UL, 64UL})
        for (const auto element : {std::optional<seconds>{}, std::optional{seconds{0}}, std::optional{seconds{1e-6}},
                                   std::optional{seconds{7e-3}}, std::optional{seconds{1e9}}}) {
          const auto starts = chunk_starts(n, engines, element);
          REQUIRE(starts.back() == n);
          const auto parts = sizes(starts);
          CHECK(std::accumulate(parts.begin(), parts.end(), std::size_t{0}) == n);
          CHECK(std::ranges::none_of(parts, [](auto p) { return p == 0; }));
          CHECK(std::ranges::is_sorted(parts, std::ranges::greater{}));
        }
  }

  TEST_CASE("some hundred elements of unknown length have a task each, many have not") {
    CHECK(sizes(chunk_starts(200, 4, {})) == std::vector<std::size_t>(200, 1));
    CHECK(chunk_starts(3200, 4, {}).size() < 1000);
    CHECK(chunk_starts(1'000'000, 4, {}).size() < 2500);
  }

  TEST_CASE("cheap elements go in few tasks, long ones one by one") {
    CHECK(chunk_starts(3200, 4, seconds{10e-9}).size() < 5);
    CHECK(chunk_starts(3200, 4, seconds{1e-6}).size() < 60);
    CHECK(sizes(chunk_starts(3200, 4, seconds{7e-3})) == std::vector<std::size_t>(3200, 1));
    const auto largest = sizes(chunk_starts(1'000'000, 4, seconds{1e-6})).front();
    CHECK(largest == 2000);
  }

  TEST_CASE("skewed work ends as early as with a task for each element, or nearly; four chunks an engine do not") {
    constexpr std::size_t n = 4000, engines = 4;
    double worst_fixed = 0;
    for (unsigned seed = 1; seed <= 20; ++seed) {
      std::mt19937 chance{seed};
      std::vector<double> work(n);
      for (auto& w : work) w = chance() % 10 == 0 ? 50e-3 : 2e-3;
      std::sort(work.begin() + n / 2, work.end(), std::greater{}); // long ones beside each other
      const auto best = makespan(fixed(n, engines, n), work, engines);
      CHECK(makespan(chunk_starts(n, engines, {}), work, engines) < 1.02 * best);
      CHECK(makespan(chunk_starts(n, engines, seconds{6.8e-3}), work, engines) < 1.02 * best);
      worst_fixed = std::max(worst_fixed, makespan(fixed(n, engines, 4), work, engines) / best);
    }
    CHECK(worst_fixed > 1.1);
  }

  TEST_CASE("what was cheap the last time and is not now costs no more than four chunks an engine") {
    std::vector<double> work(4000, 2e-3);
    CHECK(makespan(chunk_starts(4000, 4, seconds{1e-6}), work, 4) <= makespan(fixed(4000, 4, 4), work, 4) + 0.04);
  }
}
