#include "runtime/core/targets.hpp"

#include "pactor/error.hpp"
#include "runtime/core/trim.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>

namespace pactor::core {
namespace {

[[noreturn]] void malformed(std::string_view text) {
  throw error{ec::invalid_argument, "\"" + std::string{text} +
                                        "\" names no engines: write a number (2), the last (-1), several (0,2), "
                                        "positions (1:3 or ::2), or all"};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> result;
  for (;;) {
    const auto at = text.find(separator);
    result.push_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return result;
    text.remove_prefix(at + 1);
  }
}

std::optional<int> number(std::string_view text) {
  int result = 0;
  const auto* end = text.data() + text.size();
  const auto [at, fault] = std::from_chars(text.data(), end, result);
  return fault == std::errc{} && at == end ? std::optional{result} : std::nullopt;
}

position_slice parse_slice(std::string_view all) {
  const auto parts = split(all, ':');
  if (parts.size() > 3) malformed(all);
  const auto part = [&](std::size_t i) -> std::optional<int> {
    if (i >= parts.size() || parts[i].empty()) return std::nullopt;
    const auto n = number(parts[i]);
    if (!n) malformed(all);
    return n;
  };
  return {part(0), part(1), part(2).value_or(1)};
}

std::vector<int> select(const position_slice& s, std::span<const int> engines) {
  if (s.step == 0) throw error{ec::invalid_argument, "the step of a slice of engines can't be 0"};
  const auto size = static_cast<std::int64_t>(engines.size());
  const std::int64_t step = s.step;
  // Where a walk forwards or backwards begins and ends; both may lie one outside the list.
  const auto low = step > 0 ? std::int64_t{0} : std::int64_t{-1};
  const auto high = step > 0 ? size : size - 1;
  const auto bound = [&](std::optional<int> given, std::int64_t otherwise) {
    if (!given) return otherwise;
    const std::int64_t at = *given < 0 ? *given + size : *given;
    return std::clamp(at, low, high);
  };
  const auto start = bound(s.start, step > 0 ? low : high);
  const auto stop = bound(s.stop, step > 0 ? high : low);
  std::vector<int> result;
  for (auto at = start; step > 0 ? at < stop : at > stop; at += step)
    result.push_back(engines[static_cast<std::size_t>(at)]);
  if (result.empty()) throw no_engines{"the slice selects no engine: the engines are " + engine_list(engines)};
  return result;
}

std::vector<int> select(const engine_numbers& numbers, std::span<const int> engines) {
  std::vector<int> result;
  for (const auto n : numbers) {
    const auto from_end = static_cast<std::int64_t>(engines.size()) + n;
    const auto known = n < 0 ? from_end >= 0 : std::binary_search(engines.begin(), engines.end(), n);
    if (!known)
      throw error{ec::invalid_argument, "no engine " + std::to_string(n) + ": the engines are " + engine_list(engines)};
    const auto engine = n < 0 ? engines[static_cast<std::size_t>(from_end)] : n;
    if (std::find(result.begin(), result.end(), engine) != result.end())
      throw error{ec::invalid_argument, "engine " + std::to_string(engine) + " is named twice"};
    result.push_back(engine);
  }
  if (result.empty()) throw error{ec::invalid_argument, "an empty list names no engines"};
  return result;
}

std::vector<int> select(every_engine /*all*/, std::span<const int> engines) { return {engines.begin(), engines.end()}; }

} // namespace

target_spec parse_targets(std::string_view text) {
  const auto all = trim(text);
  if (all == "all") return every_engine{};
  if (all.find(':') != std::string_view::npos) return parse_slice(all);
  engine_numbers result;
  for (const auto part : split(all, ',')) {
    const auto n = number(part);
    if (!n) malformed(text);
    result.push_back(*n);
  }
  return result;
}

std::vector<int> resolve(const target_spec& spec, std::span<const int> engines) {
  if (engines.empty()) throw no_engines{"there are no engines"};
  return std::visit([&](const auto& form) { return select(form, engines); }, spec);
}

std::string engine_list(std::span<const int> engines) {
  if (engines.empty()) return "none";
  std::string text;
  for (std::size_t first = 0; first < engines.size();) {
    auto last = first;
    while (last + 1 < engines.size() && engines[last + 1] == engines[last] + 1) ++last;
    if (!text.empty()) text += ", ";
    text += std::to_string(engines[first]);
    if (last > first) text += (last == first + 1 ? ", " : "-") + std::to_string(engines[last]);
    first = last + 1;
  }
  return text;
}

} // namespace pactor::core
