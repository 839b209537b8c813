#pragma once
// Bytes of the fuzzer as a sequence of decisions, and what checks what comes of them.

#include "pactor/detail/bytes.hpp"
#include "pactor/error.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

namespace pactor::fuzz {

/// What must hold for every input.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "it does not hold that %s\n", what);
  std::abort();
}

/// Takes an input apart; at its end everything is zero and empty.
class script {
public:
  explicit script(std::string_view bytes) : left_{bytes} {}
  [[nodiscard]] bool empty() const { return left_.empty(); }

  template <class T>
  T number() {
    static_assert(std::is_trivially_copyable_v<T>);
    T result{};
    const auto part = text(sizeof result);
    if (!part.empty()) std::memcpy(&result, part.data(), part.size());
    return result;
  }
  std::uint8_t byte() { return number<std::uint8_t>(); }
  /// The next `size` bytes, or as many as there are.
  std::string_view text(std::size_t size) {
    const auto part = left_.substr(0, size);
    left_.remove_prefix(part.size());
    return part;
  }
  /// A text behind its size in two bytes.
  std::string_view sized() { return text(number<std::uint16_t>()); }
  std::string_view rest() { return text(left_.size()); }

private:
  std::string_view left_;
};

/// Writes what script reads.
class script_writer {
public:
  template <class T>
  script_writer& number(T n) {
    static_assert(std::is_trivially_copyable_v<T>);
    text_.append(reinterpret_cast<const char*>(&n), sizeof n);
    return *this;
  }
  script_writer& byte(int b) { return number(static_cast<std::uint8_t>(b)); }
  script_writer& text(std::string_view t) {
    text_ += t;
    return *this;
  }
  script_writer& sized(std::string_view t) { return number(static_cast<std::uint16_t>(t.size())).text(t); }
  [[nodiscard]] const std::string& take() const { return text_; }

private:
  std::string text_;
};

/// In an allocation of its own, so that the address sanitizer sees what is read behind it.
inline detail::bytes bytes_of(std::string_view text) { return detail::bytes::copy(text.data(), text.size()); }
inline std::string text_of(const detail::bytes& b) { return {b.data(), b.size()}; }

/// Whether f() returns; it may refuse what it gets in one way only.
template <class F>
bool tolerated(F&& f) {
  try {
    f();
    return true;
  } catch (const error& e) {
    require(e.code() == ec::bad_payload || e.code() == ec::signature_mismatch, "malformed bytes are told as such");
    return false;
  }
}

} // namespace pactor::fuzz
