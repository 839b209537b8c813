#include "runtime/snippets/lexer.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <array>

namespace pactor::snippets {

namespace {

constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
/// Bytes of non-ASCII characters are taken for letters, as compilers do with most of them.
constexpr bool starts_word(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' ||
         static_cast<unsigned char>(c) >= 128;
}
constexpr bool in_word(char c) noexcept { return starts_word(c) || is_digit(c); }

// Longest first. `>>` is two: it may close two lists of template arguments.
constexpr std::array<std::string_view, 26> operators{"...", "<=>", "->*", ">>=", "<<=", "::", "->", "++", "--",
                                                     "<<",  "<=",  ">=",  "==",  "!=",  "&&", "||", "+=", "-=",
                                                     "*=",  "/=",  "%=",  "&=",  "|=",  "^=", ".*", "##"};

class lexer {
public:
  lexer(std::string_view code, std::string_view name) : code_{code}, name_{name} {}

  std::vector<token> run() {
    while (skip_blank()) {
      const auto from = at_;
      const auto kind = next();
      all_.push_back({kind, from, at_ - from});
    }
    return std::move(all_);
  }

private:
  [[nodiscard]] char look(std::size_t ahead = 0) const noexcept {
    return at_ + ahead < code_.size() ? code_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool ended() const noexcept { return at_ >= code_.size(); }
  [[noreturn]] void fail(std::size_t at, std::string_view what) const { refuse(code_, name_, at, what); }

  bool skip_comment() {
    if (look() != '/' || (look(1) != '/' && look(1) != '*')) return false;
    const auto from = at_;
    if (look(1) == '/') {
      at_ = end_of_line();
      return true;
    }
    at_ = code_.find("*/", at_ + 2);
    if (at_ == std::string_view::npos) fail(from, "this comment has no end");
    at_ += 2;
    return true;
  }

  /// @return false at the end
  bool skip_blank() {
    for (; !ended(); ++at_) {
      while (skip_comment()) {
      }
      if (ended()) return false;
      const auto c = look();
      if (c == '\n') fresh_line_ = true;
      if (c == '\0') fail(at_, "a zero byte");
      const auto joined = c == '\\' && look(1) == '\n';
      if (c != ' ' && !(c >= '\t' && c <= '\r') && !joined) return true;
    }
    return false;
  }

  /// Where the logical line ends: a backslash at its end continues it.
  [[nodiscard]] std::size_t end_of_line() const noexcept {
    auto end = code_.find('\n', at_);
    while (end != std::string_view::npos && end > 0 && code_[end - 1] == '\\') end = code_.find('\n', end + 1);
    return std::min(end, code_.size());
  }

  token_kind next() {
    if (look() == '#' && fresh_line_) return directive();
    fresh_line_ = false;
    if (starts_word(look())) return word();
    if (is_digit(look()) || (look() == '.' && is_digit(look(1)))) return number();
    if (look() == '"') return literal('"', token_kind::text);
    if (look() == '\'') return literal('\'', token_kind::character);
    const auto rest = code_.substr(at_);
    const auto* const found =
        std::find_if(operators.begin(), operators.end(), [rest](std::string_view o) { return rest.starts_with(o); });
    at_ += found == operators.end() ? 1 : found->size();
    return token_kind::mark;
  }

  token_kind directive() {
    const auto line = end_of_line();
    while (at_ < line) { // a comment in it may end in a later line, or begin a literal that is none
      if (look() == '/' && look(1) == '*')
        skip_comment();
      else if (look() == '/' && look(1) == '/')
        break;
      else
        ++at_;
    }
    return token_kind::directive;
  }

  token_kind word() {
    const auto from = at_;
    while (in_word(look())) ++at_;
    const auto prefix = code_.substr(from, at_ - from);
    const auto raw = prefix.ends_with('R');
    const auto encoding = raw ? prefix.substr(0, prefix.size() - 1) : prefix;
    if (encoding != "" && encoding != "u8" && encoding != "u" && encoding != "U" && encoding != "L")
      return token_kind::word;
    if (look() == '"') return raw ? raw_text(from) : literal('"', token_kind::text);
    if (look() == '\'' && !raw && !prefix.empty()) return literal('\'', token_kind::character);
    return token_kind::word;
  }

  token_kind number() {
    for (++at_; in_word(look()) || look() == '.' || look() == '\'' || look() == '+' || look() == '-'; ++at_) {
      const auto last = static_cast<char>(code_[at_ - 1] | 0x20);
      if ((look() == '+' || look() == '-') && last != 'e' && last != 'p') break;
      if (look() == '\'' && !in_word(look(1))) break;
    }
    return token_kind::number;
  }

  token_kind literal(char quote, token_kind kind) {
    const auto from = at_++;
    for (; look() != quote; ++at_) {
      if (ended() || look() == '\n')
        fail(from, kind == token_kind::text ? "this string has no end in its line" : "this character has no end");
      if (look() == '\\' && look(1) != '\0') ++at_;
    }
    ++at_;
    while (in_word(look())) ++at_; // the suffix of a user's literal
    return kind;
  }

  token_kind raw_text(std::size_t from) {
    const auto open = code_.find('(', at_);
    if (open == std::string_view::npos || open - at_ > 17) fail(from, "this raw string has no (");
    const auto close = ")" + std::string{code_.substr(at_ + 1, open - at_ - 1)} + "\"";
    const auto end = code_.find(close, open);
    if (end == std::string_view::npos) fail(from, "this raw string has no end: " + close + " is missing");
    at_ = end + close.size();
    while (in_word(look())) ++at_;
    return token_kind::text;
  }

  std::string_view code_, name_;
  std::size_t at_ = 0;
  bool fresh_line_ = true;
  std::vector<token> all_;
};

std::string_view directive_name(std::string_view line) {
  const auto first = line.find_first_not_of(" \t", 1);
  if (first == std::string_view::npos) return {};
  const auto last = std::find_if_not(line.begin() + static_cast<std::ptrdiff_t>(first), line.end(), in_word);
  return line.substr(first, static_cast<std::size_t>(last - line.begin()) - first);
}

/// Finds each bracket's partner. The branches of an #if are alternatives: each begins with what was open at its start.
class matcher {
public:
  matcher(std::string_view code, std::string_view name, std::vector<token>& all)
      : code_{code}, name_{name}, all_{all} {}

  void run() {
    for (std::size_t i = 0; i < all_.size(); ++i) {
      if (all_[i].kind == token_kind::directive)
        branch(directive_name(text(i)));
      else if (all_[i].kind == token_kind::mark && all_[i].size == 1)
        bracket(i, text(i).front());
    }
    if (!open_.empty())
      refuse(code_, name_, all_[open_.back()].at, "this " + std::string{text(open_.back())} + " is never closed");
  }

private:
  [[nodiscard]] std::string_view text(std::size_t i) const { return code_.substr(all_[i].at, all_[i].size); }

  void branch(std::string_view directive) {
    if (directive.starts_with("if"))
      branches_.push_back(open_);
    else if (branches_.empty())
      return;
    else if (directive.starts_with("el"))
      open_ = branches_.back();
    else if (directive == "endif")
      branches_.pop_back();
  }

  void bracket(std::size_t i, char c) {
    if (c == '(' || c == '[' || c == '{') return open_.push_back(i);
    if (c != ')' && c != ']' && c != '}') return;
    if (open_.empty()) refuse(code_, name_, all_[i].at, "this " + std::string{c} + " closes nothing");
    const auto opened = text(open_.back()).front();
    if (c != (opened == '(' ? ')' : opened == '[' ? ']' : '}')) {
      const auto line = position_of(code_, all_[open_.back()].at).line;
      refuse(code_, name_, all_[i].at,
             "this " + std::string{c} + " does not close the " + opened + " of line " + std::to_string(line));
    }
    all_[i].match = open_.back();
    all_[open_.back()].match = i;
    open_.pop_back();
  }

  std::string_view code_, name_;
  std::vector<token>& all_;
  std::vector<std::size_t> open_;
  std::vector<std::vector<std::size_t>> branches_;
};

// clang-format off
constexpr std::array<std::string_view, 83> keywords{
    "alignas", "alignof", "asm", "auto", "bool", "break", "case", "catch", "char", "char16_t", "char32_t", "char8_t",
    "class", "co_await", "co_return", "co_yield", "concept", "const", "const_cast", "consteval", "constexpr",
    "constinit", "continue", "decltype", "default", "delete", "do", "double", "dynamic_cast", "else", "enum",
    "explicit", "export", "extern", "false", "float", "for", "friend", "goto", "if", "inline", "int", "long",
    "mutable", "namespace", "new", "noexcept", "nullptr", "operator", "private", "protected", "public", "register",
    "reinterpret_cast", "requires", "return", "short", "signed", "sizeof", "static", "static_assert", "static_cast",
    "struct", "switch", "template", "this", "thread_local", "throw", "true", "try", "typedef", "typeid", "typename",
    "union", "unsigned", "using", "virtual", "void", "volatile", "wchar_t", "while", "and", "or"};
// clang-format on

} // namespace

bool is_keyword(std::string_view word) {
  static_assert(keywords.back() == "or");
  return word == "not" || word == "xor" || std::find(keywords.begin(), keywords.end(), word) != keywords.end();
}

bool is_identifier(std::string_view text) {
  return !text.empty() && starts_word(text.front()) && std::all_of(text.begin(), text.end(), in_word) &&
         !is_keyword(text);
}

token_list::token_list(std::string_view code, std::string_view name) : code_{code}, all_{lexer{code, name}.run()} {
  matcher{code, name, all_}.run();
}

bool token_list::is_name(std::size_t i) const noexcept { return is(i, token_kind::word) && !is_keyword(text(i)); }

std::vector<std::string> words_of(const token_list& tokens, std::size_t first, std::size_t last) {
  std::vector<std::string> words;
  const auto add_words = [&words](std::string_view line) {
    for (std::size_t i = 0; i < line.size();) {
      if (!starts_word(line[i])) {
        ++i;
        continue;
      }
      const auto from = i;
      while (i < line.size() && in_word(line[i])) ++i;
      words.emplace_back(line.substr(from, i - from));
    }
  };
  for (auto i = first; i < last; ++i) {
    if (tokens.is(i, token_kind::directive)) add_words(tokens.text(i));
    const auto member = i > 0 && (tokens.is(i - 1, ".") || tokens.is(i - 1, "->"));
    if (tokens.is_name(i) && !member) words.emplace_back(tokens.text(i));
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

position position_of(std::string_view code, std::size_t at) {
  const auto before = code.substr(0, at);
  const auto newline = before.rfind('\n');
  return {1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')),
          newline == std::string_view::npos ? at + 1 : at - newline};
}

namespace {

std::string_view line_of(std::string_view code, std::size_t line) {
  std::size_t from = 0;
  for (; line > 1; --line) {
    from = code.find('\n', from);
    if (from == std::string_view::npos) return {};
    ++from;
  }
  auto text = code.substr(from, code.find('\n', from) - from);
  while (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

constexpr bool continues_character(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

} // namespace

std::string diagnostic(std::string_view code, std::string_view name, position at, std::string_view kind,
                       std::string_view what) {
  auto text = std::string{name} + ":" + std::to_string(at.line);
  if (at.column > 0) text += ":" + std::to_string(at.column);
  text += ": " + std::string{kind} + ": " + std::string{what};
  auto line = line_of(code, at.line);
  if (line.find_first_not_of(" \t") == std::string_view::npos) return text;
  constexpr std::size_t widest = 110, margin = 30;
  auto column = std::min(at.column, line.size() + 1);
  std::string_view cut;
  if (line.size() > widest) { // of a long line what stands around the column
    auto from = column > widest - margin ? column - (widest - margin) : 0;
    while (from > 0 && continues_character(line[from])) --from;
    if (from > 0) cut = "...";
    line = line.substr(from, widest);
    column -= std::min(from, column);
  }
  text += "\n    " + std::string{cut} + std::string{line};
  if (column == 0) return text;
  text += "\n    " + std::string(cut.size(), ' ');
  for (std::size_t i = 0; i + 1 < column && i < line.size(); ++i)
    if (!continues_character(line[i])) text += line[i] == '\t' ? '\t' : ' ';
  return text + "^";
}

void refuse(std::string_view code, std::string_view name, std::size_t at, std::string_view what) {
  throw error{ec::compile_error, diagnostic(code, name, position_of(code, at), "error", what)};
}

} // namespace pactor::snippets
