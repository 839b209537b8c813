// Random numbers: xoshiro256++ by Blackman and Vigna, seeded through splitmix64.

#include "pactor/prelude/arrays.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <random>

namespace pactor::detail {

namespace {

class generator {
public:
  generator() : generator{device_seed()} {}
  explicit generator(std::uint64_t seed) noexcept {
    for (auto& word : state_) {
      auto z = seed += 0x9e3779b97f4a7c15U;
      z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
      z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
      word = z ^ (z >> 31);
    }
  }

  std::uint64_t next() noexcept {
    const auto result = std::rotl(state_[0] + state_[3], 23) + state_[0];
    const auto t = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= t;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }
  /// From 0 to below 1, in steps of 2^-53.
  double uniform() noexcept { return static_cast<double>(next() >> 11) * 0x1p-53; }
  /// Polar method; the second of each pair is kept.
  double normal() noexcept {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    double x = 0, y = 0, square = 0;
    do {
      x = 2 * uniform() - 1;
      y = 2 * uniform() - 1;
      square = x * x + y * y;
    } while (square >= 1 || square == 0);
    const auto scale = std::sqrt(-2 * std::log(square) / square);
    spare_ = y * scale;
    has_spare_ = true;
    return x * scale;
  }
  /// Below n, each as likely as the others. @pre n > 0
  std::uint64_t below(std::uint64_t n) noexcept {
    const auto unfair = (0 - n) % n; // so many of the 2^64 would make the first ones likelier
    while (true)
      if (const auto v = next(); v >= unfair) return v % n;
  }

private:
  static std::uint64_t device_seed() {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }

  std::array<std::uint64_t, 4> state_;
  double spare_ = 0;
  bool has_spare_ = false;
};

/// Each thread of each engine has one: nothing is shared, and two streams never meet.
generator& own() {
  thread_local generator g;
  return g;
}

} // namespace

void seed_random(std::uint64_t seed) noexcept { own() = generator{seed}; }

void fill_uniform(double* out, std::size_t n) noexcept {
  auto& g = own();
  for (std::size_t i = 0; i < n; ++i) out[i] = g.uniform();
}

void fill_normal(double* out, std::size_t n) noexcept {
  auto& g = own();
  for (std::size_t i = 0; i < n; ++i) out[i] = g.normal();
}

void fill_integers(std::int64_t* out, std::size_t n, std::int64_t low, std::int64_t high) {
  if (low >= high)
    throw error{ec::invalid_argument,
                "randint: there is no integer from " + std::to_string(low) + " to below " + std::to_string(high)};
  const auto range = static_cast<std::uint64_t>(high) - static_cast<std::uint64_t>(low);
  auto& g = own();
  for (std::size_t i = 0; i < n; ++i)
    out[i] = static_cast<std::int64_t>(static_cast<std::uint64_t>(low) + g.below(range));
}

} // namespace pactor::detail
