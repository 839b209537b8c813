#pragma once
// From typed lines to what is to be done: which lines belong together, and what they are.

#include <optional>
#include <string>
#include <string_view>

namespace pactor::cli::shell {

/// Something to do.
struct statement {
  enum class kind {
    code,    ///< C++ for the engines
    command, ///< `%push a=6`
    cell,    ///< `%%px --targets ::2`, and the lines below it
  };
  kind what = kind::code;
  std::string command{}; ///< the line without its percent signs; "" of code
  std::string code{};    ///< as it was typed, lines and all

  friend bool operator==(const statement&, const statement&) = default;
};

/// True if C++ can end here: no bracket, text, comment or `#if` is open, and the last line has no backslash at its end.
/// Code that no further line would mend counts as complete; the compiler says what is wrong.
[[nodiscard]] bool is_complete(std::string_view code);
/// True if there is something to compile in it, not only blanks and comments.
[[nodiscard]] bool says_something(std::string_view code);
/// True of `# like this`, false of `#include`: a directive's name follows at once.
[[nodiscard]] bool is_comment(std::string_view line);

/// Gathers lines.
class reader {
public:
  /// Takes the next line, without its end. @return what is complete with it
  /// @throws error{invalid_argument} for a statement of more than 1 MiB, which is forgotten
  std::optional<statement> feed(std::string_view line);
  /// There are no more lines. @return what was begun; nothing if nothing was
  std::optional<statement> finish();
  /// Forgets what was begun.
  void reset();
  /// True if something was begun.
  [[nodiscard]] bool waiting() const noexcept { return begun_.has_value(); }
  /// False: lines without percent signs are commands too.
  void set_bare_code(bool on) noexcept { bare_code_ = on; }
  [[nodiscard]] bool bare_code() const noexcept { return bare_code_; }

private:
  std::optional<statement> begin(std::string_view line);
  std::optional<statement> go_on(std::string_view line);
  [[nodiscard]] bool done() const;
  std::optional<statement> taken();

  std::optional<statement> begun_;
  bool bare_code_ = true;
};

} // namespace pactor::cli::shell
