#pragma once
// Seeded random tests: the same numbers in every run, and the seed on every failure.

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>
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

  /// For what wants one.
  [[nodiscard]] std::mt19937& generator() { return generator_; }

private:
  std::mt19937 generator_;
};

/// Of so many seeds, how many are tried: fewer where a sanitizer makes each slow, and few under the one that looks for
/// what threads do to each other, since these tests have one.
constexpr std::uint32_t tried_of(std::uint32_t count) {
#if defined(__SANITIZE_THREAD__)
  return count / 20;
#elif defined(__SANITIZE_ADDRESS__)
  return count / 10;
#else
  return count;
#endif
}

/// A number that the environment may have.
inline std::optional<std::uint32_t> from_environment(const char* name) {
  const char* const text = std::getenv(name);
  if (!text) return std::nullopt;
  return static_cast<std::uint32_t>(std::strtoul(text, nullptr, 10));
}

/// The command that runs this seed of this test alone.
inline std::string replay_of(std::uint32_t seed) {
  const auto* const now = doctest::getContextOptions();
  const std::string test = now->currentTest->m_name;
  return "PACTOR_SEED=" + std::to_string(seed) + " " + now->binary_name.c_str() + " -tc='" +
         test.substr(0, test.find(',')) + "*'"; // a comma would begin another pattern
}

/// Calls f(chance&) for `count` seeds, see tried_of(). If the environment has PACTOR_SEED, it begins with that one and
/// tries it alone, or PACTOR_SEEDS of them.
template <class F>
void for_seeds(std::uint32_t count, F&& f) {
  const auto from = from_environment("PACTOR_SEED");
  const auto first = from.value_or(0);
  const auto tried = from_environment("PACTOR_SEEDS").value_or(from ? 1 : tried_of(count));
  for (auto seed = first; seed < first + tried; ++seed) {
    INFO("seed " << seed << ": " << replay_of(seed));
    chance c{seed};
    f(c);
  }
}

} // namespace pactor::test
