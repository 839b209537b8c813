#pragma once
// What records of kind published and displayed carry. They come from jobs' processes: everything read is checked.

#include "runtime/wire/records.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace pactor::wire {

/// Bytes of all values that one task may have published at a time, with their names and `published_cost` for each.
constexpr std::size_t most_published = (std::size_t{1} << 20) - 4096;
constexpr std::size_t published_cost = 64;
/// Bytes of all that one task may display, and how many items that may be.
constexpr std::uint64_t most_displayed = std::uint64_t{16} << 20;
constexpr std::uint32_t most_items = 1000;
/// Of what jobs name and of media types.
constexpr std::size_t longest_name = 255;
/// Bytes of an item in one record.
constexpr std::size_t displayed_part = std::size_t{512} << 10;

/// In front of a published value: the name follows, padded to 16, then the value.
struct published_head {
  std::uint32_t name = 0, unused[3] = {}; // NOLINT(*-avoid-c-arrays): as it lies in memory
};
static_assert(sizeof(published_head) == 16);

/// In front of a part of a displayed item: name and media type follow if it is the first, padded to 16 together, then
/// the part's bytes.
struct displayed_head {
  std::uint32_t item = 0; ///< of its task, from 0
  std::uint32_t name = 0, media_type = 0, unused = 0;
  std::uint64_t size = 0, offset = 0; ///< of the whole item; where this part belongs
};
static_assert(sizeof(displayed_head) == 32);

struct published_view {
  std::string_view name, value;
};
struct displayed_view {
  displayed_head head;
  std::string_view name, media_type, data;
  /// Bytes in front of `data`.
  std::size_t front = 0;
};

/// Nothing if it is malformed.
inline std::optional<published_view> read_published(std::string_view payload) {
  published_head h;
  if (payload.size() < sizeof h) return std::nullopt;
  std::memcpy(&h, payload.data(), sizeof h);
  const auto front = sizeof h + padded(h.name);
  if (h.name == 0 || h.name > longest_name || payload.size() <= front) return std::nullopt;
  return published_view{payload.substr(sizeof h, h.name), payload.substr(front)};
}

inline std::optional<displayed_view> read_displayed(std::string_view payload) {
  displayed_view v;
  if (payload.size() < sizeof v.head) return std::nullopt;
  std::memcpy(&v.head, payload.data(), sizeof v.head);
  const auto& h = v.head;
  if (h.name > longest_name || h.media_type > longest_name || h.item >= most_items) return std::nullopt;
  if (h.offset == 0 ? h.media_type == 0 : h.media_type + h.name > 0) return std::nullopt;
  v.front = sizeof h + padded(h.name + h.media_type);
  if (payload.size() < v.front || h.size > most_displayed || h.offset > h.size) return std::nullopt;
  v.name = payload.substr(sizeof h, h.name);
  v.media_type = payload.substr(sizeof h + h.name, h.media_type);
  v.data = payload.substr(v.front);
  if (v.data.size() > h.size - h.offset) return std::nullopt;
  return v;
}

inline bytes write_published(std::string_view name, std::string_view value) {
  const published_head h{static_cast<std::uint32_t>(name.size())};
  const auto front = sizeof h + padded(h.name);
  auto all = bytes::allocate(front + value.size());
  std::memset(all.data(), 0, front);
  std::memcpy(all.data(), &h, sizeof h);
  std::memcpy(all.data() + sizeof h, name.data(), name.size());
  std::memcpy(all.data() + front, value.data(), value.size());
  return all;
}

/// @pre `head` says the sizes of the names
inline bytes write_displayed(const displayed_head& head, std::string_view name, std::string_view media_type,
                             std::string_view part) {
  const auto front = sizeof head + padded(head.name + head.media_type);
  auto all = bytes::allocate(front + part.size());
  std::memset(all.data(), 0, front);
  std::memcpy(all.data(), &head, sizeof head);
  if (head.name > 0) std::memcpy(all.data() + sizeof head, name.data(), head.name);
  if (head.media_type > 0) std::memcpy(all.data() + sizeof head + head.name, media_type.data(), head.media_type);
  if (!part.empty()) std::memcpy(all.data() + front, part.data(), part.size());
  return all;
}

} // namespace pactor::wire
