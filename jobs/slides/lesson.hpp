#pragma once
// What the slides' programs share: they show values as Python does, and check them.

#include <pactor/client.hpp>

#include <charconv>
#include <chrono>
#include <concepts>
#include <iostream>
#include <ranges>
#include <source_location>
#include <sstream>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <vector>

namespace slides {

/// As Python writes it: `[1, 2]`, `'text'`, `(1, 90)`, `{'one': 1}`, `40.0`, `True`.
template <class T>
std::string repr(const T& x) {
  std::string text;
  const auto comma = [&text](const std::string& item) { text += (text.empty() ? "" : ", ") + item; };
  if constexpr (std::same_as<T, bool>) {
    return x ? "True" : "False";
  } else if constexpr (std::floating_point<T>) {
    char digits[32];
    text.assign(digits, std::to_chars(digits, digits + sizeof digits, x).ptr);
    return text.find_first_not_of("-0123456789") == text.npos ? text + ".0" : text;
  } else if constexpr (std::integral<T>) {
    return std::to_string(x);
  } else if constexpr (std::convertible_to<T, std::string>) {
    return "'" + std::string{x} + "'";
  } else if constexpr (std::same_as<T, pactor::value>) {
    return x.is_integer()  ? repr(x.template as<long>())
           : x.is_number() ? repr(x.template as<double>())
                           : repr(x.template as<std::string>());
  } else if constexpr (std::same_as<T, pactor::variables>) {
    for (const auto& [name, v] : x) comma(repr(name) + ": " + repr(v));
    return "{" + text + "}";
  } else if constexpr (std::ranges::range<T>) {
    for (const auto& item : x) comma(repr(item));
    return "[" + text + "]";
  } else {
    std::apply([&](const auto&... item) { (comma(repr(item)), ...); }, x);
    return "(" + text + ")";
  }
}

/// Prints a value.
template <class T>
void show(const T& x) {
  std::cout << repr(x) << '\n';
}

/// Ends the program with a message if something is not as it should be.
inline void check(bool right, const std::string& what, std::source_location where = std::source_location::current()) {
  if (!right) throw std::runtime_error{"line " + std::to_string(where.line()) + ": " + what};
}

/// Prints a value, which has to be this one.
template <class T>
void show(const T& x, const std::type_identity_t<T>& expected,
          std::source_location where = std::source_location::current()) {
  show(x);
  check(x == expected, repr(x) + " should be " + repr(expected), where);
}

/// The seconds that something takes.
template <class F>
double seconds(F&& f) {
  const auto start = std::chrono::steady_clock::now();
  f();
  return std::chrono::duration<double>{std::chrono::steady_clock::now() - start}.count();
}

/// Runs a program of the slides. @return what main() returns
template <class F>
int run(F&& lesson) {
  try {
    lesson();
    return 0;
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n(the slides' programs need 4 engines: pactor start -n 4)\n";
    return 1;
  }
}

} // namespace slides
