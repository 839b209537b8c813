#include "runtime/prelude/axis.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <limits>
#include <system_error>

namespace pactor::prelude_library {

namespace {

constexpr double largest = std::numeric_limits<double>::max();

double nice_step(double range, int wanted) {
  const auto rough = range / wanted;
  const auto power = std::pow(10.0, std::floor(std::log10(rough)));
  for (const auto factor : {1.0, 2.0, 5.0})
    if (rough <= factor * power * (1 + 1e-9)) return factor * power;
  return 10 * power;
}

/// The same whatever the locale is.
std::string text_with(std::chars_format format, int digits, double v) {
  std::array<char, 400> text{}; // the largest number has 309 digits
  const auto [end, failed] = std::to_chars(text.data(), text.data() + text.size(), v, format, digits);
  return failed == std::errc{} ? std::string{text.data(), end} : std::string{};
}

} // namespace

axis make_axis(double low, double high, int wanted, double margin) {
  if (!(high - low > std::max(std::abs(low), std::abs(high)) * 1e-12)) { // one number, or not to be told apart
    const auto around = low == 0 ? 1 : std::abs(low) * 0.05;
    low = std::max(low - around, -largest);
    high = std::min(high + around, largest);
  }
  const auto more = (high / 2 - low / 2) * (2 * margin);
  axis a;
  a.low = std::max(low - more, -largest);
  a.high = std::min(high + more, largest);
  const auto range = a.high - a.low;
  const auto step = std::isfinite(range) ? nice_step(range, wanted) : 2 * nice_step(a.high / 2 - a.low / 2, wanted);
  const auto begin = std::ceil(a.low / step - 1e-9), end = std::floor(a.high / step + 1e-9);
  for (auto i = begin; i <= end && a.ticks.size() < 100; ++i) a.ticks.push_back(i == 0 ? 0 : i * step);
  return a;
}

std::vector<std::string> tick_texts(const axis& a) {
  std::vector<std::string> texts;
  if (a.ticks.empty()) return texts;
  const auto step = a.ticks.size() > 1 ? a.ticks[1] - a.ticks[0] : std::abs(a.ticks[0]);
  const auto size = std::max(std::abs(a.ticks.front()), std::abs(a.ticks.back()));
  const auto below = step > 0 ? -static_cast<int>(std::floor(std::log10(step) + 1e-9)) : 0;
  const bool exponent = size >= 1e6 || size < 1e-4;
  const auto digits = exponent ? std::clamp(below + static_cast<int>(std::floor(std::log10(size) + 1e-9)), 0, 12)
                               : std::clamp(below, 0, 12);
  for (const auto tick : a.ticks)
    texts.push_back(
        tick == 0 ? "0" : text_with(exponent ? std::chars_format::scientific : std::chars_format::fixed, digits, tick));
  return texts;
}

} // namespace pactor::prelude_library
