#include "runtime/prelude/number_text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string_view>

namespace pactor::prelude_library {

namespace {

template <class T, class... Format>
std::string chars(T v, Format... format) {
  std::array<char, 400> text; // the longest is that of 1.8e308 with fraction
  const auto end = std::to_chars(text.data(), text.data() + text.size(), v, format...).ptr;
  return {text.data(), end};
}

std::string without_trailing_zeros(std::string text) {
  text.erase(text.find_last_not_of('0') + 1);
  return text;
}

/// Always with a point, none behind it if there need be none: `1.`, `0.25`.
template <class T>
std::string fixed(T v) {
  auto text = chars(v, std::chars_format::fixed);
  const auto point = text.find('.');
  if (point == std::string::npos) return text + ".";
  if (text.size() - point - 1 <= container_digits) return text;
  return without_trailing_zeros(chars(v, std::chars_format::fixed, container_digits));
}

struct scientific_text {
  std::string mantissa, exponent; ///< `1.5`, `e-05`
};

template <class T>
scientific_text scientific(T v) {
  auto text = chars(v, std::chars_format::scientific);
  if (text.find('e') > container_digits + 3U) text = chars(v, std::chars_format::scientific, container_digits);
  const auto e = text.find('e');
  auto mantissa = text.substr(0, e);
  mantissa = mantissa.find('.') == std::string::npos ? mantissa + "." : without_trailing_zeros(std::move(mantissa));
  return {std::move(mantissa), text.substr(e)};
}

template <class T>
std::string not_finite(T v) {
  return std::isnan(v) ? "nan" : v < T{} ? "-inf" : "inf";
}

/// Where Python changes to an exponent.
template <class T>
bool needs_exponent(T v) {
  const double size = std::abs(v);
  return size >= 1e16 || (size > 0 && size < 1e-4);
}

template <class T>
std::string shortest_text(T v) {
  if (!std::isfinite(v)) return not_finite(v);
  if (needs_exponent(v)) return chars(v, std::chars_format::scientific);
  auto text = chars(v, std::chars_format::fixed);
  return text.find('.') == std::string::npos ? text + ".0" : text;
}

template <class T>
std::string rounded_text(T v) {
  if (!std::isfinite(v)) return not_finite(v);
  std::string text, exponent;
  if (needs_exponent(v)) {
    auto parts = scientific(v);
    text = std::move(parts.mantissa);
    exponent = std::move(parts.exponent);
    if (text.ends_with('.')) text.pop_back();
  } else {
    text = fixed(v);
    if (text.ends_with('.')) text += '0';
  }
  return text + exponent;
}

/// As numpy decides it, of the finite numbers.
template <class T>
bool all_with_exponent(const std::vector<T>& numbers) {
  double largest = 0, smallest = std::numeric_limits<double>::infinity();
  for (const auto v : numbers) {
    if (!std::isfinite(v) || v == T{}) continue;
    largest = std::max<double>(largest, std::abs(v));
    smallest = std::min<double>(smallest, std::abs(v));
  }
  return largest > 0 && (largest >= 1e8 || smallest < 1e-4 || largest / smallest > 1000);
}

void pad_left(std::vector<std::string>& texts) {
  std::size_t width = 0;
  for (const auto& text : texts) width = std::max(width, text.size());
  for (auto& text : texts) text.insert(0, width - text.size(), ' ');
}

/// How many characters stand behind the point.
std::size_t fraction(const std::string& text) { return text.size() - text.find('.') - 1; }

template <class T>
std::vector<std::string> floating_columns(const std::vector<T>& numbers) {
  const auto exponents = all_with_exponent(numbers);
  std::vector<std::string> texts, tails(numbers.size());
  std::size_t digits = 0;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) {
      texts.push_back(not_finite(numbers[i]));
      continue;
    }
    if (exponents) {
      auto parts = scientific(numbers[i]);
      texts.push_back(std::move(parts.mantissa));
      tails[i] = std::move(parts.exponent);
    } else {
      texts.push_back(fixed(numbers[i]));
    }
    digits = std::max(digits, fraction(texts.back()));
  }
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (!std::isfinite(numbers[i])) continue;
    texts[i].append(digits - fraction(texts[i]), exponents ? '0' : ' ');
    texts[i] += tails[i];
  }
  pad_left(texts);
  return texts;
}

template <class T>
std::vector<std::string> integer_columns(const std::vector<T>& numbers) {
  std::vector<std::string> texts;
  for (const auto v : numbers) texts.push_back(std::to_string(v));
  pad_left(texts);
  return texts;
}

} // namespace

std::string shortest(double v) { return shortest_text(v); }
std::string shortest(float v) { return shortest_text(v); }
std::string rounded(double v) { return rounded_text(v); }
std::string rounded(float v) { return rounded_text(v); }

std::vector<std::string> columns(const std::vector<double>& numbers) { return floating_columns(numbers); }
std::vector<std::string> columns(const std::vector<float>& numbers) { return floating_columns(numbers); }
std::vector<std::string> columns(const std::vector<std::int64_t>& numbers) { return integer_columns(numbers); }
std::vector<std::string> columns(const std::vector<std::uint64_t>& numbers) { return integer_columns(numbers); }

std::vector<std::string> columns(const std::vector<std::complex<double>>& numbers) {
  std::vector<double> real, imaginary;
  for (const auto& z : numbers) {
    real.push_back(z.real());
    imaginary.push_back(std::abs(z.imag()));
  }
  auto texts = columns(real);
  const auto others = columns(imaginary);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto part = others[i];
    const auto first = part.find_first_not_of(' '), last = part.find_last_not_of(' ');
    const auto digits = part.substr(first, last - first + 1);
    texts[i] += (std::signbit(numbers[i].imag()) ? "-" : "+") + digits + "i";
    texts[i].append(part.size() - digits.size(), ' ');
  }
  return texts;
}

} // namespace pactor::prelude_library
