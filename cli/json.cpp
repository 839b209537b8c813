#include "cli/json.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

namespace pactor::cli {

namespace {

json number(double d) {
  if (std::isnan(d)) return "nan";
  if (std::isinf(d)) return d > 0 ? "inf" : "-inf";
  return d;
}

template <class T>
json element(T x) {
  if constexpr (std::is_floating_point_v<T>)
    return number(static_cast<double>(x));
  else
    return x;
}

/// The elements from `at` on as nested lists of this shape; moves `at` behind them.
template <class T>
json nest(std::span<const std::size_t> shape, const T*& at) {
  if (shape.empty()) return element(*at++);
  auto list = json::array();
  for (std::size_t i = 0; i < shape.front(); ++i) list.push_back(nest(shape.subspan(1), at));
  return list;
}

struct json_writer {
  json operator()(std::monostate) const { return nullptr; }
  json operator()(double d) const { return number(d); }
  json operator()(const binary& b) const { return {{"base64", base64(b)}}; }
  json operator()(const value::array& a) const {
    auto list = json::array();
    for (const auto& v : a) list.push_back(to_json(v));
    return list;
  }
  json operator()(const value::map& m) const {
    auto object = json::object();
    for (const auto& [key, v] : m) {
      const auto* text = key.get_if<std::string>();
      object[text ? *text : to_line(to_json(key))] = to_json(v);
    }
    return object;
  }
  json operator()(const any_array& a) const {
    return detail::with_type(a.type(), [&]<class T>() {
      const auto* at = a.values<T>().data();
      return nest(a.shape(), at);
    });
  }
  template <class T>
  json operator()(const T& scalar) const {
    return scalar;
  }
};

template <class T>
std::optional<std::vector<T>> numbers(const json& list, bool (json::*fits)() const noexcept) {
  if (list.empty() || !std::ranges::all_of(list, [fits](const json& j) { return (j.*fits)(); })) return std::nullopt;
  return list.get<std::vector<T>>();
}

/// Integers beyond int64 are no int64.
bool huge(const json& list) {
  return std::ranges::any_of(list, [](const json& j) {
    return j.is_number_unsigned() && j.get<std::uint64_t>() > static_cast<std::uint64_t>(INT64_MAX);
  });
}

value read_list(const json& list) {
  if (!huge(list)) {
    if (const auto all = numbers<std::int64_t>(list, &json::is_number_integer)) return *all;
    if (const auto all = numbers<double>(list, &json::is_number)) return *all;
  }
  value::array a;
  a.reserve(list.size());
  for (const auto& j : list) a.push_back(from_json(j));
  return a;
}

std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t n = 0;
  const auto* end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, n);
  return fault == std::errc{} && at == end ? std::optional{n} : std::nullopt;
}

/// @return nothing if the word is no range
std::optional<std::vector<std::int64_t>> parse_range(std::string_view word) {
  const auto colon = word.find(':');
  if (colon == word.npos) return std::nullopt;
  const auto second = std::min(word.find(':', colon + 1), word.size());
  const auto start = integer(word.substr(0, colon));
  const auto stop = integer(word.substr(colon + 1, second - colon - 1));
  const auto step = second < word.size() ? integer(word.substr(second + 1)) : std::optional<std::int64_t>{1};
  if (!start || !stop || !step) return std::nullopt;
  const auto refuse = [&](const char* why) {
    throw error{ec::invalid_argument, "the range " + std::string{word} + ' ' + why};
  };
  if (*step == 0) refuse("has step 0");
  if (*step > 0 ? *start >= *stop : *start <= *stop) return std::vector<std::int64_t>{};
  constexpr std::uint64_t most = std::uint64_t{1} << 27;
  const auto first = static_cast<std::uint64_t>(*start), last = static_cast<std::uint64_t>(*stop),
             by = static_cast<std::uint64_t>(*step); // unsigned: nothing overflows
  const auto count = *step > 0 ? (last - first - 1) / by + 1 : (first - last - 1) / (0 - by) + 1;
  if (count > most) refuse("has more than 2^27 elements");
  std::vector<std::int64_t> all(count);
  for (std::uint64_t i = 0; i < count; ++i) all[i] = static_cast<std::int64_t>(first + i * by);
  return all;
}

} // namespace

std::string base64(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto have = std::min<std::size_t>(bytes.size() - i, 3);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k)
      group = group << 8 | (k < have ? std::to_integer<std::uint32_t>(bytes[i + k]) : 0);
    for (std::size_t k = 0; k < 4; ++k) text += k <= have ? digits[group >> (18 - 6 * k) & 63] : '=';
  }
  return text;
}

json to_json(const value& v) { return v.visit(json_writer{}); }

value from_json(const json& j) {
  switch (j.type()) {
  case json::value_t::boolean:
    return j.get<bool>();
  case json::value_t::number_integer:
    return j.get<std::int64_t>();
  case json::value_t::number_unsigned:
    return j.get<std::uint64_t>();
  case json::value_t::number_float:
    return j.get<double>();
  case json::value_t::string:
    return j.get<std::string>();
  case json::value_t::array:
    return read_list(j);
  case json::value_t::object: {
    value::map m;
    m.reserve(j.size());
    for (const auto& [key, item] : j.items()) m.emplace_back(key, from_json(item));
    return m;
  }
  default:
    return nullptr;
  }
}

value parse_argument(std::string_view word) {
  if (auto range = parse_range(word)) return *range;
  auto j = json::parse(word, nullptr, false);
  return j.is_discarded() ? value{word} : from_json(j);
}

std::string to_line(const json& j) { return j.dump(-1, ' ', false, json::error_handler_t::replace); }

} // namespace pactor::cli
