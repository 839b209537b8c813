#include "runtime/files/json_object.hpp"

#include "pactor/error.hpp"
#include "runtime/core/near_names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <optional>

namespace pactor::files {

using nlohmann::json;

namespace {

/// The offsets of the top level's keys, which the parser does not tell. @pre `text` is a JSON object, comments allowed
class key_finder {
public:
  explicit key_finder(std::string_view text) : text_{text} {}

  std::vector<std::pair<std::string, std::size_t>> find() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (c == '{' || c == '[')
        ++depth_;
      else if (c == '}' || c == ']')
        --depth_;
      else if (c == '/')
        skip_comment();
      else if (c == '"')
        string();
      if (depth_ == 1 && (c == '{' || c == ',')) key_next_ = true;
    }
    return std::move(found_);
  }

private:
  void skip_comment() {
    const bool line = text_.substr(at_, 2) == "//";
    const auto end = line ? text_.find('\n', at_) : text_.find("*/", at_ + 2);
    at_ = end == std::string_view::npos ? text_.size() : end + (line ? 0 : 1);
  }
  void string() {
    const auto start = at_;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_)
      if (text_[at_] == '\\') ++at_;
    if (depth_ != 1 || !std::exchange(key_next_, false)) return;
    found_.emplace_back(json::parse(text_.substr(start, at_ - start + 1)).get<std::string>(), start);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool key_next_ = false;
  std::vector<std::pair<std::string, std::size_t>> found_;
};

/// The parser's sentence without its codes and without the place, which we say in front.
std::string complaint_of(const json::parse_error& e) {
  const std::string_view text{e.what()};
  const auto start = text.find(": ");
  return std::string{start == std::string_view::npos ? text : text.substr(start + 2)};
}

} // namespace

json_object::json_object(std::string file, std::string text) : file_{std::move(file)}, text_{std::move(text)} {
  try {
    value_ = std::make_unique<json>(json::parse(text_, nullptr, true, true));
  } catch (const json::parse_error& e) {
    fail(e.byte > 0 ? e.byte - 1 : 0, complaint_of(e));
  }
  if (!value_->is_object()) fail(0, "a JSON object is expected, in braces");
  keys_ = key_finder{text_}.find();
  for (auto key = keys_.begin(); key != keys_.end(); ++key) {
    const auto same = [key](const auto& other) { return other.first == key->first; };
    if (const auto first = std::find_if(keys_.begin(), key, same); first != key)
      fail(key->second, "\"" + key->first + "\" stands here a second time, after " + where(first->second));
  }
}

json_object::json_object(json_object&&) noexcept = default;
json_object& json_object::operator=(json_object&&) noexcept = default;
json_object::~json_object() = default;

bool json_object::has(std::string_view key) const { return value_->contains(key); }

void json_object::allow_only(const std::vector<std::string>& known) const {
  for (const auto& [key, offset] : keys_) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    auto complaint = "unknown key \"" + key + "\"";
    if (const auto near = core::near_names(key, known); !near.empty()) {
      complaint += "; did you mean \"" + near.front() + "\"?";
    } else {
      complaint += "; known are";
      for (const auto& one : known) complaint += (&one == known.data() ? " " : ", ") + one;
    }
    fail(offset, complaint);
  }
}

std::string json_object::text(std::string_view key) const {
  const auto& value = at(key);
  if (!value.is_string()) reject(key, "must be a string, not " + std::string{value.type_name()});
  return value.get<std::string>();
}

bool json_object::flag(std::string_view key) const {
  const auto& value = at(key);
  if (!value.is_boolean()) reject(key, "must be true or false, not " + value.dump());
  return value.get<bool>();
}

std::vector<std::string> json_object::texts(std::string_view key) const {
  const auto& value = at(key);
  const auto is_text = [](const json& one) { return one.is_string(); };
  if (!value.is_array() || !std::all_of(value.begin(), value.end(), is_text)) reject(key, "must be a list of strings");
  return value.get<std::vector<std::string>>();
}

std::int64_t json_object::integer(std::string_view key, std::int64_t low, std::int64_t high) const {
  const auto& value = at(key);
  std::optional<std::int64_t> number;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() <= static_cast<std::uint64_t>(INT64_MAX))
    number = static_cast<std::int64_t>(value.get<std::uint64_t>());
  else if (value.is_number_integer() && !value.is_number_unsigned())
    number = value.get<std::int64_t>();
  if (!number || *number < low || *number > high)
    reject(key, "must be a whole number from " + std::to_string(low) + " to " + std::to_string(high) + ", not " +
                    value.dump());
  return *number;
}

void json_object::reject(std::string_view key, const std::string& complaint) const {
  const auto found = std::find_if(keys_.begin(), keys_.end(), [key](const auto& k) { return k.first == key; });
  fail(found == keys_.end() ? 0 : found->second, "\"" + std::string{key} + "\" " + complaint);
}

const json& json_object::at(std::string_view key) const {
  if (!has(key)) reject(key, "is missing");
  return value_->at(key);
}

std::string json_object::where(std::size_t offset) const {
  const auto before = std::string_view{text_}.substr(0, std::min(offset, text_.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const auto start = before.rfind('\n');
  const auto column = before.size() - (start == std::string_view::npos ? 0 : start + 1) + 1;
  return std::to_string(line) + ":" + std::to_string(column);
}

void json_object::fail(std::size_t offset, const std::string& complaint) const {
  throw error{ec::configuration, file_ + ":" + where(offset) + ": " + complaint};
}

} // namespace pactor::files
