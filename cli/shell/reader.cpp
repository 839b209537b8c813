#include "cli/shell/reader.hpp"

#include "cli/shell/words.hpp"
#include "pactor/error.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace pactor::cli::shell {

namespace {

constexpr std::size_t longest = std::size_t{1} << 20;

/// True of commands whose words are C++, which says itself where it ends.
bool takes_code(std::string_view command) {
  const auto name = take_word(command);
  return (name == "px" || name == "time") && !command.empty();
}

bool is_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

/// Goes over C++ as far as brackets, texts and comments go.
class scanner {
public:
  explicit scanner(std::string_view code) : code_{code} {
    while (at_ < code_.size() && !open_) step();
  }

  [[nodiscard]] bool complete() const { return !open_ && depth_ <= 0 && conditions_ <= 0 && !continued(); }
  [[nodiscard]] bool says_something() const { return something_ || open_text_; }

private:
  [[nodiscard]] bool starts(std::string_view what) const { return code_.substr(at_).starts_with(what); }
  [[nodiscard]] bool continued() const {
    const auto end = code_.find_last_not_of(" \t\r\n");
    return end != std::string_view::npos && code_[end] == '\\' && something_;
  }

  void step() {
    const auto c = code_[at_];
    if (c == '\n') line_begins_ = true;
    if (starts("//"))
      at_ = end_of_line();
    else if (starts("/*"))
      skip_past("*/", 2);
    else if (std::isspace(static_cast<unsigned char>(c)) != 0)
      ++at_;
    else
      token(c);
  }
  void token(char c) {
    something_ = true;
    const auto first = std::exchange(line_begins_, false);
    if (c == '#' && first)
      directive();
    else if (c == '"')
      text('"');
    else if (c == '\'')
      text('\'');
    else if (is_name(c))
      name();
    else {
      if (c == '(' || c == '[' || c == '{') ++depth_;
      if (c == ')' || c == ']' || c == '}') --depth_;
      ++at_;
    }
  }
  /// A name, or a number with its digit separators; a raw text may follow what looks like a name.
  void name() {
    const auto begin = at_;
    const auto number = std::isdigit(static_cast<unsigned char>(code_[at_])) != 0;
    while (at_ < code_.size() &&
           (is_name(code_[at_]) || (number && code_[at_] == '\'' && at_ + 1 < code_.size() && is_name(code_[at_ + 1]))))
      ++at_;
    const auto word = code_.substr(begin, at_ - begin);
    constexpr std::array<std::string_view, 5> raw{"R", "LR", "uR", "UR", "u8R"};
    if (starts("\"") && std::ranges::find(raw, word) != raw.end()) raw_text();
  }
  void raw_text() {
    const auto bracket = code_.find('(', at_);
    if (bracket == std::string_view::npos) {
      ++at_; // no raw text; the compiler will say so
      return;
    }
    const auto end = ")" + std::string{code_.substr(at_ + 1, bracket - at_ - 1)} + "\"";
    skip_past(end, bracket - at_ + 1);
  }
  /// It ends with the line, unless that has a backslash at its end.
  void text(char quote) {
    for (++at_; at_ < code_.size() && code_[at_] != '\n'; ++at_) {
      if (code_[at_] == '\\')
        ++at_;
      else if (code_[at_] == quote) {
        ++at_;
        return;
      }
    }
    if (at_ > code_.size()) at_ = code_.size();
  }
  /// `#if` opens, `#endif` closes; the rest of the line, with what continues it, is passed over.
  void directive() {
    ++at_;
    while (at_ < code_.size() && (code_[at_] == ' ' || code_[at_] == '\t')) ++at_;
    const auto begin = at_;
    while (at_ < code_.size() && is_name(code_[at_])) ++at_;
    const auto word = code_.substr(begin, at_ - begin);
    if (word == "if" || word == "ifdef" || word == "ifndef") ++conditions_;
    if (word == "endif") --conditions_;
    for (auto end = end_of_line();; end = end_of_line()) {
      const auto more = end > at_ && code_[end - 1] == '\\' && end < code_.size();
      at_ = more ? end + 1 : end;
      if (!more) return;
    }
  }
  [[nodiscard]] std::size_t end_of_line() const { return std::min(code_.find('\n', at_), code_.size()); }
  void skip_past(std::string_view end, std::size_t opening) {
    const auto found = code_.find(end, at_ + opening);
    if (found == std::string_view::npos) {
      open_ = true;
      open_text_ = end != "*/";
    } else {
      at_ = found + end.size();
    }
  }

  std::string_view code_;
  std::size_t at_ = 0;
  long depth_ = 0, conditions_ = 0;
  bool open_ = false, open_text_ = false, something_ = false, line_begins_ = true;
};

} // namespace

bool is_complete(std::string_view code) { return scanner{code}.complete(); }

bool says_something(std::string_view code) { return scanner{code}.says_something(); }

bool is_comment(std::string_view line) {
  line = trimmed(line);
  if (!line.starts_with('#')) return false;
  constexpr std::array<std::string_view, 13> directives{"include", "define", "undef",  "if",    "ifdef",
                                                        "ifndef",  "elif",   "else",   "endif", "pragma",
                                                        "error",   "line",   "warning"};
  line.remove_prefix(1);
  const auto end = std::ranges::find_if_not(line, is_name) - line.begin();
  return std::ranges::find(directives, line.substr(0, static_cast<std::size_t>(end))) == directives.end();
}

std::optional<statement> reader::feed(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  auto result = begun_ ? go_on(line) : begin(line);
  if (begun_ && begun_->code.size() + begun_->command.size() > longest) {
    reset();
    throw error{ec::invalid_argument, "more than 1 MiB in one piece"};
  }
  return result;
}

std::optional<statement> reader::begin(std::string_view line) {
  const auto text = trimmed(line);
  if (text.empty() || is_comment(text)) return std::nullopt;
  if (text.starts_with("%%")) {
    begun_ = {statement::kind::cell, std::string{trimmed(text.substr(2))}, {}};
    return std::nullopt;
  }
  if (text.starts_with('%') || !bare_code_)
    begun_ = {statement::kind::command, std::string{trimmed(text.substr(text.starts_with('%') ? 1 : 0))}, {}};
  else
    begun_ = {statement::kind::code, {}, std::string{line}};
  return done() ? taken() : std::nullopt;
}

std::optional<statement> reader::go_on(std::string_view line) {
  auto& s = *begun_;
  if (s.what == statement::kind::command) {
    const auto code = takes_code(s.command);
    if (!code && s.command.ends_with('\\')) s.command.back() = ' ';
    s.command += (code ? "\n" : "") + std::string{line};
    return done() ? taken() : std::nullopt;
  }
  if (s.what == statement::kind::cell && trimmed(line).empty() && is_complete(s.code)) return taken();
  if (!s.code.empty()) s.code += '\n';
  s.code += line;
  return s.what == statement::kind::code && done() ? taken() : std::nullopt;
}

bool reader::done() const {
  const auto& s = *begun_;
  if (s.what == statement::kind::code) return is_complete(s.code);
  if (s.what == statement::kind::cell) return false;
  return takes_code(s.command) ? is_complete(s.command) : !s.command.ends_with('\\');
}

std::optional<statement> reader::taken() {
  auto s = std::move(*begun_);
  reset();
  if (s.what == statement::kind::code && !says_something(s.code)) return std::nullopt;
  return s;
}

std::optional<statement> reader::finish() { return begun_ ? taken() : std::nullopt; }

void reader::reset() { begun_.reset(); }

} // namespace pactor::cli::shell
