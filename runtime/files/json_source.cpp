#include "runtime/files/json_source.hpp"

#include "pactor/error.hpp"
#include "runtime/core/near_names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace pactor::files {

using nlohmann::json;

namespace {

/// The parser's sentence without its codes and without the place, which we say in front. What it read is repeated only
/// if that is short: it may be a key, and messages go to logs.
std::string complaint_of(const json::parse_error& e) {
  constexpr std::string_view read = "; last read: ";
  constexpr std::size_t most_repeated = 24;
  std::string_view text{e.what()};
  const auto start = text.find(": ");
  if (const auto at = text.find(read); at != std::string_view::npos && text.size() - at > read.size() + most_repeated)
    text = text.substr(0, at);
  return std::string{start == std::string_view::npos ? text : text.substr(start + 2)};
}

} // namespace

std::string pointer_to(std::string_view key, std::string_view parent) {
  std::string out{parent};
  out += '/';
  for (const char c : key) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
  return out;
}

std::string unknown_key(std::string_view key, const std::vector<std::string>& known) {
  auto complaint = "unknown key \"" + std::string{key} + "\"";
  if (const auto near = core::near_names(key, known); !near.empty())
    return complaint + "; did you mean \"" + near.front() + "\"?";
  complaint += "; known are";
  for (const auto& one : known) complaint += (&one == known.data() ? " " : ", ") + one;
  return complaint;
}

/// Finds where everything stands, which the parser does not tell. @pre the text is JSON, comments allowed
class json_source::walker {
public:
  explicit walker(json_source& source) : source_{source}, text_{source.text_} {}

  void value(const std::string& pointer, int depth) {
    constexpr int deepest = 64;
    skip_blank();
    if (depth > deepest) throw error{ec::configuration, source_.place(at_) + ": nested too deeply"};
    switch (peek()) {
    case '{':
      object(pointer, depth + 1);
      break;
    case '[':
      array(pointer, depth + 1);
      break;
    case '"':
      string();
      break;
    default:
      while (at_ < text_.size() && std::string_view{",]} \t\r\n/"}.find(peek()) == std::string_view::npos) ++at_;
    }
  }

private:
  [[nodiscard]] char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

  void object(const std::string& pointer, int depth) {
    ++at_;
    for (skip_blank(); peek() == '"'; skip_blank()) {
      const auto start = at_;
      const auto key = json::parse(string()).get<std::string>();
      const auto member = pointer_to(key, pointer);
      if (const auto [first, is_first] = source_.offsets_.emplace(member, start); !is_first)
        source_.repeated_.push_back(source_.place(start) + ": \"" + key + "\" stands here a second time, after " +
                                    source_.place(first->second).substr(source_.name_.size() + 1));
      skip_blank();
      ++at_; // the colon
      value(member, depth);
      next();
    }
    ++at_;
  }
  void array(const std::string& pointer, int depth) {
    ++at_;
    std::size_t i = 0;
    for (skip_blank(); at_ < text_.size() && peek() != ']'; skip_blank()) {
      const auto element = pointer + "/" + std::to_string(i++);
      source_.offsets_.emplace(element, at_);
      value(element, depth);
      next();
    }
    ++at_;
  }
  void next() {
    skip_blank();
    if (peek() == ',') ++at_;
  }
  std::string_view string() {
    const auto start = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    ++at_;
    return text_.substr(start, at_ - start);
  }
  void skip_blank() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '/') {
        const bool line = text_.substr(at_, 2) == "//";
        const auto end = line ? text_.find('\n', at_) : text_.find("*/", at_ + 2);
        at_ = end == std::string_view::npos ? text_.size() : end + (line ? 0 : 1);
        continue;
      }
      if (std::string_view{" \t\r\n"}.find(text_[at_]) == std::string_view::npos) return;
    }
  }

  json_source& source_;
  std::string_view text_;
  std::size_t at_ = 0;
};

json_source::json_source(std::string name, std::string text) : name_{std::move(name)}, text_{std::move(text)} {
  try {
    value_ = std::make_unique<json>(json::parse(text_, nullptr, true, true));
  } catch (const json::parse_error& e) {
    throw error{ec::configuration, place(e.byte > 0 ? e.byte - 1 : 0) + ": " + complaint_of(e)};
  } catch (const json::out_of_range& e) { // a number that no double can hold: `number overflow parsing '1e999'`
    const std::string all{e.what()}, words = all.substr(all.find("] ") + 2);
    const auto open = std::min(words.find('\''), words.size());
    const auto at = text_.find(words.substr(std::min(open + 1, words.size()), words.rfind('\'') - open - 1));
    throw error{ec::configuration, place(at == std::string::npos ? 0 : at) + ": " + words};
  }
  if (!value_->is_object()) throw error{ec::configuration, place(0) + ": a JSON object is expected, in braces"};
  walker{*this}.value("", 0);
}

json_source::json_source(json_source&&) noexcept = default;
json_source& json_source::operator=(json_source&&) noexcept = default;
json_source::~json_source() = default;

std::string json_source::where(std::string_view pointer) const { return place(offset(pointer)); }

std::size_t json_source::offset(std::string_view pointer) const {
  for (std::string at{pointer};;) {
    if (const auto found = offsets_.find(at); found != offsets_.end()) return found->second;
    const auto parent = at.rfind('/');
    if (parent == std::string::npos) return 0;
    at.resize(parent);
  }
}

std::string json_source::place(std::size_t offset) const {
  const auto before = std::string_view{text_}.substr(0, std::min(offset, text_.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return name_ + ":" + std::to_string(line) + ":" + std::to_string(column);
}

} // namespace pactor::files
