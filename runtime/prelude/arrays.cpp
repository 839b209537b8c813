#include "pactor/prelude/arrays.hpp"

#include "pactor/prelude/reductions.hpp"
#include "pactor/prelude/system.hpp"

#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <iostream>
#include <string>

namespace pactor::detail {

void unequal_shapes(std::string_view what, const std::string& a, const std::string& b) {
  throw error{ec::invalid_argument, std::string{what} + ": arrays of unequal shape: " + a + " and " + b};
}

void of_nothing(std::string_view what) {
  throw error{ec::invalid_argument, std::string{what} + " of an array with too few elements"};
}

void divided_by_zero() { throw error{ec::invalid_argument, "integers were divided by zero"}; }

void negative_size(std::int64_t n) {
  throw error{ec::invalid_argument, "an array can't have " + std::to_string(n) + " elements"};
}

double sum_doubles(const double* data, std::size_t n) noexcept {
  constexpr std::size_t block = 128;
  if (n > block) {
    const auto half = n / 2 / 8 * 8;
    return sum_doubles(data, half) + sum_doubles(data + half, n - half);
  }
  std::array<double, 8> lanes{};
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (std::size_t k = 0; k < 8; ++k) lanes[k] += data[i + k];
  double total = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  for (; i < n; ++i) total += data[i];
  return total;
}

namespace {

constexpr double most_numbers = 1e12;

[[noreturn]] void too_many_numbers() { throw error{ec::too_large, "arange: more numbers than fit in memory"}; }

} // namespace

std::vector<double> numbers_between(double from, double to, double step) {
  if (step == 0 || std::isnan(step)) throw error{ec::invalid_argument, "arange: the step is 0 or nan"};
  const auto n = std::ceil((to - from) / step);
  if (std::isnan(n) || n > most_numbers) too_many_numbers();
  std::vector<double> out(n > 0 ? static_cast<std::size_t>(n) : 0);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = from + static_cast<double>(i) * step;
  return out;
}

std::vector<std::int64_t> integers_between(std::int64_t from, std::int64_t to, std::int64_t step) {
  if (step == 0) throw error{ec::invalid_argument, "arange: the step is 0"};
  const counting<std::int64_t> all{from, to, step};
  if (static_cast<double>(all.size()) > most_numbers) too_many_numbers();
  std::vector<std::int64_t> out(all.size());
  std::copy(all.begin(), all.end(), out.begin());
  return out;
}

void beyond_int64(std::uint64_t n) {
  throw error{ec::invalid_argument, std::to_string(n) + " is too large: integers are counted up to 2^63 - 1"};
}

slice_plan plan_slice(std::size_t n, std::optional<std::int64_t> start, std::optional<std::int64_t> stop,
                      std::int64_t step) {
  if (step == 0) throw error{ec::invalid_argument, "slice: the step is 0"};
  const auto size = static_cast<std::int64_t>(n);
  const std::int64_t low = step > 0 ? 0 : -1, high = step > 0 ? size : size - 1;
  const auto place = [&](std::optional<std::int64_t> at, std::int64_t open) {
    if (!at) return open;
    return std::clamp(*at < 0 ? *at + size : *at, low, high);
  };
  const auto first = place(start, step > 0 ? low : high), last = place(stop, step > 0 ? high : low);
  if (step > 0 ? first >= last : first <= last) return {0, step, 0};
  const auto distance = static_cast<std::uint64_t>(step > 0 ? last - first : first - last);
  const auto stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return {first, step, static_cast<std::size_t>((distance - 1) / stride + 1)};
}

std::vector<std::size_t> checked_shape(std::size_t count, std::span<const std::int64_t> wanted) {
  std::vector<std::size_t> shape;
  std::size_t known = 1, open = wanted.size();
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1 && open == wanted.size()) {
      open = i;
      shape.push_back(1);
      continue;
    }
    shape.push_back(checked_size_of(wanted[i]));
    if (__builtin_mul_overflow(known, shape.back(), &known)) throw error{ec::too_large, "reshape: too large a shape"};
  }
  if (open < wanted.size() && known > 0 && count % known == 0) {
    shape[open] = count / known;
    known = count;
  }
  if (known != count)
    throw error{ec::invalid_argument,
                "reshape: " + std::to_string(count) + " elements do not fill a shape of " + shape_name(shape)};
  return shape;
}

std::size_t checked_index(std::int64_t i, std::size_t n, std::string_view what) {
  const auto size = static_cast<std::int64_t>(n);
  if (i < -size || i >= size)
    throw error{ec::invalid_argument, std::string{what} + " " + std::to_string(i) + " of " + std::to_string(n)};
  return static_cast<std::size_t>(i < 0 ? i + size : i);
}

void need_matrix(std::string_view what, std::span<const std::size_t> shape) {
  if (shape.size() != 2)
    throw error{ec::invalid_argument, std::string{what} + " needs a matrix, not an array of " +
                                          std::to_string(shape.size()) +
                                          (shape.size() == 1 ? " dimension" : " dimensions")};
}

void print_text(std::string_view text) {
  std::cout.flush(); // in case someone took it out of step with C's output
  std::fwrite(text.data(), 1, text.size(), stdout);
}

double seconds_since_1970() noexcept {
  return std::chrono::duration<double>{std::chrono::system_clock::now().time_since_epoch()}.count();
}

} // namespace pactor::detail

namespace pactor::prelude {

std::string hostname() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::vector<double> linspace(double a, double b, std::int64_t n) {
  std::vector<double> out(pactor::detail::checked_size_of(n));
  const auto last = static_cast<double>(n - 1);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto part = n > 1 ? static_cast<double>(i) / last : 0;
    out[i] = a + (b - a) * part;
  }
  if (n > 1) out.back() = b;
  return out;
}

ndarray<double> matrix(std::initializer_list<std::initializer_list<double>> rows) {
  std::vector<double> elements;
  const auto columns = rows.size() > 0 ? rows.begin()->size() : 0;
  for (const auto& row : rows) {
    if (row.size() != columns)
      pactor::detail::unequal_shapes("matrix: rows", std::to_string(columns), std::to_string(row.size()));
    elements.insert(elements.end(), row.begin(), row.end());
  }
  return ndarray<double>{{rows.size(), columns}, std::move(elements)};
}

} // namespace pactor::prelude
