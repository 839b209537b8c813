#include "pactor/print.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>

namespace pactor::detail {

namespace {

/// With as many digits as tell it from others; a whole number is to be seen as no integer.
void print_floating(std::ostream& out, auto x) {
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), x).ptr;
  const std::string_view digits{text.data(), end};
  out << digits;
  if (std::isfinite(x) && digits.find_first_of(".e") == digits.npos) out << ".0";
}

template <class T>
void print_number(std::ostream& out, T x) {
  if constexpr (std::is_same_v<T, bool>)
    out << (x ? "true" : "false");
  else if constexpr (std::is_floating_point_v<T>)
    print_floating(out, x);
  else
    out << +x; // also where it is a character's type
}

void print_text(std::ostream& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out << '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      out << '\\' << c;
    else if (c == '\n')
      out << "\\n";
    else if (c == '\t')
      out << "\\t";
    else if (code < 0x20)
      out << "\\u00" << digits[code >> 4U] << digits[code & 15U];
    else
      out << c;
  }
  out << '"';
}

void print_list(std::ostream& out, std::size_t n, auto&& print_one) {
  out << '[';
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) out << ',';
    print_one(i);
  }
  out << ']';
}

/// The elements from `at` on as nested lists of this shape; moves `at` behind them.
template <class T>
void print_nested(std::ostream& out, std::span<const std::size_t> shape, const T*& at) {
  if (shape.empty()) return print_number(out, *at++);
  print_list(out, shape.front(), [&](std::size_t) { print_nested(out, shape.subspan(1), at); });
}

struct printer {
  std::ostream& out;

  void operator()(std::monostate) const { out << "null"; }
  void operator()(const std::string& text) const { print_text(out, text); }
  void operator()(const binary& b) const { out << '<' << b.size() << (b.size() == 1 ? " byte>" : " bytes>"); }
  void operator()(const value::array& a) const {
    print_list(out, a.size(), [&](std::size_t i) { print(out, a[i]); });
  }
  void operator()(const value::map& m) const {
    out << '{';
    for (bool first = true; const auto& [key, item] : m) {
      if (!first) out << ',';
      first = false;
      print(out, key);
      out << ':';
      print(out, item);
    }
    out << '}';
  }
  void operator()(const any_array& a) const {
    with_type(a.type(), [&]<class T>() {
      const auto* at = a.values<T>().data();
      print_nested(out, a.shape(), at);
    });
  }
  template <class T>
  void operator()(const T& number) const {
    print_number(out, number);
  }
};

} // namespace

void print(std::ostream& out, const value& v) { v.visit(printer{out}); }

} // namespace pactor::detail
