#pragma once
// Seeded random tests: the same numbers in every run, and the seed on every failure.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <random>
#include <vector>

namespace pactor::test {

/// A generator and what random tests draw from it.
class chance {
public:
  explicit chance(std::uint32_t seed) : generator_{seed} {}
  /// 0 to `count` - 1. Not a distribution of the standard library: those differ between implementations.
  std::size_t below(std::size_t count) { return generator_() % count; }
  bool one_in(std::size_t n) { return below(n) == 0; }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[below(from.size())];
  }

private:
  std::mt19937 generator_;
};

/// Of so many seeds, how many are tried: fewer where a sanitizer makes each slow, and few under the one that looks for
/// what threads do to each other, since these tests have one.
constexpr std::uint32_t tried_of(std::uint32_t count) {
#if defined(__SANITIZE_THREAD__)
  return count / 20;
#elif defined(__SANITIZE_ADDRESS__)
  return count / 4;
#else
  return count;
#endif
}

/// Calls f(chance&) for `count` seeds, see tried_of(); for one only if the environment has it as PACTOR_SEED.
template <class F>
void for_seeds(std::uint32_t count, F&& f) {
  const char* const only = std::getenv("PACTOR_SEED");
  const auto first = only ? static_cast<std::uint32_t>(std::strtoul(only, nullptr, 10)) : 0;
  for (auto seed = first; seed < (only ? first + 1 : tried_of(count)); ++seed) {
    INFO("seed " << seed);
    chance c{seed};
    f(c);
  }
}

} // namespace pactor::test
