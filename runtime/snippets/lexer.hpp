#pragma once
// The tokens of C++ source text: enough to find where statements end and which names they mention.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

enum class token_kind : std::uint8_t {
  word,      ///< identifier or keyword
  number,    ///< any preprocessing number
  text,      ///< string literal, with prefix and suffix
  character, ///< character literal
  mark,      ///< operator or punctuation; `>` always stands alone, other operators are as long as they can be
  directive, ///< a whole preprocessor line, with its continuations
};

struct token {
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  token_kind kind;
  std::size_t at, size;     ///< bytes of the code
  std::size_t match = none; ///< of a bracket: the index of its partner
};

/// The tokens of a code, and what stands around them.
class token_list {
public:
  /// @param name what errors call the code
  /// @throws error{compile_error} strings, comments and brackets that do not end, brackets that fit nothing, zero bytes
  token_list(std::string_view code, std::string_view name);

  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const token& operator[](std::size_t i) const noexcept { return all_[i]; }
  /// The text of token i; "" behind the last one.
  [[nodiscard]] std::string_view text(std::size_t i) const noexcept {
    return i < all_.size() ? code_.substr(all_[i].at, all_[i].size) : std::string_view{};
  }
  /// Whether token i is this operator, bracket or word.
  [[nodiscard]] bool is(std::size_t i, std::string_view what) const noexcept {
    return i < all_.size() && all_[i].kind <= token_kind::mark && all_[i].kind != token_kind::text && text(i) == what;
  }
  [[nodiscard]] bool is(std::size_t i, token_kind kind) const noexcept {
    return i < all_.size() && all_[i].kind == kind;
  }
  /// An identifier that is no keyword.
  [[nodiscard]] bool is_name(std::size_t i) const noexcept;
  /// Behind the partner of the opening bracket at token i; the end if it has none.
  [[nodiscard]] std::size_t after(std::size_t i) const noexcept {
    return i < all_.size() && all_[i].match != token::none && all_[i].match > i ? all_[i].match + 1 : all_.size();
  }
  /// Behind the last byte of token i.
  [[nodiscard]] std::size_t end_of(std::size_t i) const noexcept { return all_[i].at + all_[i].size; }
  [[nodiscard]] std::string_view code() const noexcept { return code_; }
  /// The code from token `first` to before token `last`.
  [[nodiscard]] std::string_view between(std::size_t first, std::size_t last) const noexcept {
    return first < last ? code_.substr(all_[first].at, end_of(last - 1) - all_[first].at) : std::string_view{};
  }

private:
  std::string_view code_;
  std::vector<token> all_;
};

[[nodiscard]] bool is_keyword(std::string_view word);
/// Whether the text is an identifier that can name a variable.
[[nodiscard]] bool is_identifier(std::string_view text);

/// The words of a code, keywords left out, each once, sorted. Words behind `.` and `->` are members and left out.
/// Directives give the words of their whole line.
[[nodiscard]] std::vector<std::string> words_of(const token_list& tokens, std::size_t first, std::size_t last);

struct position {
  std::size_t line, column; ///< from 1; columns are bytes
};
[[nodiscard]] position position_of(std::string_view code, std::size_t at);

/// `px:3:7: error: what`, the line, and a caret under the column.
[[nodiscard]] std::string diagnostic(std::string_view code, std::string_view name, position at, std::string_view kind,
                                     std::string_view what);
/// @throws error{compile_error} always
[[noreturn]] void refuse(std::string_view code, std::string_view name, std::size_t at, std::string_view what);

} // namespace pactor::snippets
