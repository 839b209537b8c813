#include "cli/shell/words.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace pactor::cli::shell {

namespace {

constexpr std::string_view blanks = " \t\r\n\v\f";
bool is_blank(char c) { return blanks.find(c) != std::string_view::npos; }

/// Goes over a line once.
class splitter {
public:
  explicit splitter(std::string_view line) : rest_{line} {}

  std::optional<std::string> next_word() {
    skip_blanks();
    if (rest_.empty()) return std::nullopt;
    word_.clear();
    while (!rest_.empty() && !is_blank(rest_.front())) take();
    skip_blanks();
    return std::move(word_);
  }
  /// Behind the words that were taken.
  [[nodiscard]] std::string_view rest() const { return rest_; }

private:
  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(blanks), rest_.size())); }
  char next() {
    const auto c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  void take() {
    const auto c = rest_.front();
    if (c == '\'' || c == '"')
      quoted();
    else if (c == '[' || c == '{')
      bracketed();
    else if (next() == '\\' && !rest_.empty())
      word_ += next();
    else
      word_ += c;
  }
  void quoted() {
    const auto quote = next();
    while (!rest_.empty() && rest_.front() != quote) {
      if (quote == '"' && rest_.size() > 1 && rest_[0] == '\\' && (rest_[1] == '"' || rest_[1] == '\\')) (void)next();
      word_ += next();
    }
    if (rest_.empty()) throw error{ec::invalid_argument, std::string{"there is no end to the quote "} + quote};
    (void)next();
  }
  /// With what is in it as it stands: JSON.
  void bracketed() {
    std::size_t depth = 0;
    bool in_text = false;
    do {
      if (rest_.empty()) throw error{ec::invalid_argument, "a bracket is not closed"};
      const auto c = next();
      word_ += c;
      if (in_text && c == '\\' && !rest_.empty())
        word_ += next();
      else if (c == '"')
        in_text = !in_text;
      else if (!in_text && (c == '[' || c == '{'))
        ++depth;
      else if (!in_text && (c == ']' || c == '}'))
        --depth;
    } while (depth > 0);
  }

  std::string_view rest_;
  std::string word_;
};

} // namespace

std::vector<std::string> split_words(std::string_view line) {
  splitter words{line};
  std::vector<std::string> all;
  while (auto word = words.next_word()) all.push_back(std::move(*word));
  return all;
}

std::string take_quoted_word(std::string_view& line) {
  splitter words{line};
  auto word = words.next_word();
  line = words.rest();
  return std::move(word).value_or("");
}

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(blanks), text.size()));
  text.remove_suffix(text.size() - std::min(text.find_last_not_of(blanks) + 1, text.size()));
  return text;
}

std::string_view take_word(std::string_view& line) {
  line = trimmed(line);
  const auto word = line.substr(0, line.find_first_of(blanks));
  line = trimmed(line.substr(word.size()));
  return word;
}

} // namespace pactor::cli::shell
