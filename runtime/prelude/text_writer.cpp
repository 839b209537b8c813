#include "pactor/prelude/text_writer.hpp"

#include "runtime/prelude/array_text.hpp"
#include "runtime/prelude/number_text.hpp"

#include <array>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <sstream>

namespace pactor::detail {

namespace lib = prelude_library;

namespace {

constexpr std::size_t longest_text = 64 * 1024;
constexpr std::size_t longest_string = 4096; ///< in quotes; of longer ones half of that is shown

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

void append_escaped(std::string& out, std::string_view text, char quote) {
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '\n')
      out += "\\n";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\r')
      out += "\\r";
    else if (c == quote || c == '\\')
      out.append(1, '\\').append(1, c);
    else if (code < 0x20 || code == 0x7f) {
      constexpr std::string_view digits = "0123456789abcdef";
      out.append("\\x").append(1, digits[code >> 4]).append(1, digits[code & 15]);
    } else
      out += c;
  }
}

/// The text in quotes; from the beginning and the end of a very long one.
void append_quoted(std::string& out, std::string_view text) {
  const auto quoted = [&out](std::string_view part) {
    out += '"';
    append_escaped(out, part, '"');
    out += '"';
  };
  if (text.size() <= longest_string) return quoted(text);
  auto head = longest_string / 4, tail = text.size() - longest_string / 4;
  while (head > 0 && continues_character(text[head])) --head;
  while (tail < text.size() && continues_character(text[tail])) ++tail;
  quoted(text.substr(0, head));
  out += "...";
  quoted(text.substr(tail));
  out += " (" + std::to_string(text.size()) + " bytes)";
}

template <class T>
std::string in_container(T v) {
  if constexpr (std::is_floating_point_v<T>)
    return lib::rounded(v);
  else
    return std::to_string(v);
}

} // namespace

bool text_writer::full() const noexcept { return text_.size() > longest_text; }

std::size_t text_writer::column() const noexcept {
  const auto line = text_.rfind('\n');
  return line == std::string::npos ? text_.size() : text_.size() - line - 1;
}

void text_writer::string(std::string_view text) {
  if (style_ == text_style::str && !inside_)
    text_ += text;
  else
    append_quoted(text_, text);
}

void text_writer::character(char c) {
  if (style_ == text_style::str && !inside_) {
    text_ += c;
  } else {
    text_ += '\'';
    append_escaped(text_, {&c, 1}, '\'');
    text_ += '\'';
  }
}

void text_writer::number(std::int64_t n) { text_ += std::to_string(n); }
void text_writer::number(std::uint64_t n) { text_ += std::to_string(n); }
void text_writer::number(double n) { text_ += inside_ ? lib::rounded(n) : lib::shortest(n); }
void text_writer::number(float n) { text_ += inside_ ? lib::rounded(n) : lib::shortest(n); }

void text_writer::complex(std::complex<double> n) {
  number(n.real());
  text_ += std::signbit(n.imag()) ? '-' : '+';
  number(std::abs(n.imag()));
  text_ += 'i';
}

void text_writer::bytes(std::span<const std::byte> data) {
  text_ += 'b';
  append_quoted(text_, {reinterpret_cast<const char*>(data.data()), data.size()});
}

void text_writer::vector(dtype type, const void* data, std::size_t n) {
  with_type(type, [&]<class T>() {
    const auto* elements = static_cast<const T*>(data);
    text_ += '[';
    for (std::size_t i = 0; i < n; ++i) {
      if (i > 0) text_ += ", ";
      if (n > shown_in_full && i == shown_at_ends) {
        text_ += "..., ";
        i = n - shown_at_ends;
      }
      text_ += in_container(elements[i]);
    }
    text_ += ']';
    if (n > shown_in_full) text_ += " (" + std::to_string(n) + " elements)";
  });
}

void text_writer::array(dtype type, const void* data, std::span<const std::size_t> shape) {
  const lib::array_layout layout = style_ == text_style::repr ? lib::array_layout{"array(", ",", ")", column()}
                                                              : lib::array_layout{"", "", "", column()};
  text_ += lib::array_text(type, data, shape, layout);
}

void text_writer::array(const std::complex<double>* data, std::span<const std::size_t> shape) {
  const lib::array_layout layout = style_ == text_style::repr ? lib::array_layout{"array(", ",", ")", column()}
                                                              : lib::array_layout{"", "", "", column()};
  text_ += lib::array_text(data, shape, layout);
}

namespace {

/// Writes `n` entries between brackets; all but the ends is left out if there are many.
template <class Put>
void put_entries(text_writer& out, std::size_t n, std::string_view open, std::string_view close, Put&& put) {
  const auto before = out.enter();
  bool shortened = false;
  out.raw(open);
  for (std::size_t i = 0; i < n; ++i) {
    if (i > 0) out.raw(", ");
    if (out.full()) {
      out.raw("...");
      shortened = true;
      break;
    }
    if (n > shown_in_full && i == shown_at_ends) {
      out.raw("..., ");
      i = n - shown_at_ends;
      shortened = true;
    }
    put(i);
  }
  out.raw(close);
  if (shortened) out.raw(" (" + std::to_string(n) + " elements)");
  out.leave(before);
}

struct value_text {
  text_writer& out;
  void operator()(std::monostate) const { out.raw("nil"); }
  void operator()(bool b) const { out.boolean(b); }
  void operator()(std::int64_t n) const { out.number(n); }
  void operator()(std::uint64_t n) const { out.number(n); }
  void operator()(double n) const { out.number(n); }
  void operator()(const std::string& s) const { out.string(s); }
  void operator()(const binary& b) const { out.bytes(b); }
  void operator()(const pactor::value::array& a) const {
    put_entries(out, a.size(), "[", "]", [&](std::size_t i) { out.value(a[i]); });
  }
  void operator()(const pactor::value::map& m) const {
    put_entries(out, m.size(), "{", "}", [&](std::size_t i) {
      out.value(m[i].first);
      out.raw(": ");
      out.value(m[i].second);
    });
  }
  void operator()(const any_array& a) const {
    if (a.rank() == 1)
      out.vector(a.type(), a.data(), a.size());
    else
      out.array(a.type(), a.data(), a.shape());
  }
};

} // namespace

void text_writer::value(const pactor::value& v) { v.visit(value_text{*this}); }

void text_writer::seconds(double s) { text_ += lib::shortest(s) + " s"; }

void text_writer::pointer(const void* p) {
  if (!p) return raw("nil");
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%p", p);
  text_ += text.data();
}

void text_writer::time(double seconds_since_1970) {
  const auto whole = std::floor(seconds_since_1970);
  constexpr double longest = 253402300800.0; // the year 10000
  if (!(std::abs(whole) < longest)) return raw("nil");
  const auto t = static_cast<std::time_t>(whole);
  std::tm parts{};
  std::array<char, 64> text{};
  gmtime_r(&t, &parts);
  text_.append(text.data(), std::strftime(text.data(), text.size(), "%F %T", &parts));
  const auto written = std::snprintf(text.data(), text.size(), "%.6f", seconds_since_1970 - whole);
  if (written > 1 && text[0] == '0') text_ += text.data() + 1;
  text_ += " UTC";
}

void text_writer::streamed(void (*put)(std::ostream& out, const void* object), const void* object) {
  std::ostringstream out;
  out << std::boolalpha;
  put(out, object);
  text_ += out.str();
}

void text_writer::opaque(std::string_view type) { text_.append("<").append(type).append(">"); }

} // namespace pactor::detail
