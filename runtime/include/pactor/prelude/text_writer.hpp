#pragma once
// The text of values, as far as it needs no templates: compiled once, into libpactor_prelude.

#include "pactor/detail/dtype.hpp"
#include "pactor/prelude/export.hpp"
#include "pactor/value.hpp"

#include <complex>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

namespace pactor::detail {

template <class T>
inline constexpr bool is_complex = false;
template <class T>
inline constexpr bool is_complex<std::complex<T>> = true;

/// Containers with more elements are shortened in the middle.
inline constexpr std::size_t shown_in_full = 200;
/// So many of them are shown at either end then.
inline constexpr std::size_t shown_at_ends = 3;

enum class text_style : std::uint8_t {
  str,  ///< as print() writes: a string as it is, a matrix without commas
  repr, ///< as a result is shown: a string in quotes, array([...])
};

/// Gathers the text of a value. Strings inside containers are quoted in either style.
class PACTOR_PRELUDE_API text_writer {
public:
  explicit text_writer(text_style style) : style_{style} {}

  [[nodiscard]] std::string take() { return std::move(text_); }
  /// True once the text is so long that containers end with `...`.
  [[nodiscard]] bool full() const noexcept;

  void raw(std::string_view text) { text_ += text; }
  /// A string: in quotes, and shortened if it is very long, unless it is what print() was given.
  void string(std::string_view text);
  void character(char c);
  void boolean(bool b) { text_ += b ? "true" : "false"; }
  void number(std::int64_t n);
  void number(std::uint64_t n);
  /// The shortest text that reads back as this number: `1024.0`, `0.1`, `1e+16`.
  void number(double n);
  void number(float n);
  void complex(std::complex<double> n);
  void bytes(std::span<const std::byte> data);
  /// `[1, 2, 3]`; fractions to 8 digits.
  void vector(dtype type, const void* data, std::size_t n);
  /// Aligned rows, numbers as numpy writes them.
  void array(dtype type, const void* data, std::span<const std::size_t> shape);
  /// The same; as real numbers if all imaginary parts are zero.
  void array(const std::complex<double>* data, std::span<const std::size_t> shape);
  void value(const pactor::value& v);
  void seconds(double s);
  void pointer(const void* p);
  /// The time as `2026-01-31 12:00:00.5 UTC`.
  void time(double seconds_since_1970);
  /// What `put` writes of the object.
  void streamed(void (*put)(std::ostream& out, const void* object), const void* object);
  /// An object whose content can't be shown: `<its_type>`.
  void opaque(std::string_view type);

  /// Strings are inside something from here on; @return what to hand to leave()
  bool enter() noexcept { return std::exchange(inside_, true); }
  void leave(bool before) noexcept { inside_ = before; }

private:
  [[nodiscard]] std::size_t column() const noexcept;

  text_style style_;
  bool inside_ = false;
  std::string text_;
};

} // namespace pactor::detail
