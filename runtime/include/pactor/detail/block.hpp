#pragma once
// Numeric arrays as they lie in a payload.

#include "pactor/detail/compiled.hpp"
#include "pactor/detail/large_pages.hpp"
#include "pactor/detail/message.hpp"
#include "pactor/ndarray.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <iterator>
#include <optional>
#include <span>
#include <vector>

namespace pactor::detail {

[[noreturn]] PACTOR_INLINE void does_not_fit(const std::string& given, std::string_view wanted);

/// A number as To. @throws error{signature_mismatch} naming both if that would lose its value
template <numeric To, numeric From>
To convert_number(From from) {
  if (!fits<To>(from)) does_not_fit(number_text(from), to_string(dtype_of<To>()));
  return static_cast<To>(from);
}

/// Elements that lie wherever: of a payload that came in parts, or that was a part of another.
template <numeric T>
class unaligned_iterator {
public:
  using iterator_category = std::random_access_iterator_tag; // others are appended one by one
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = T;

  explicit unaligned_iterator(const char* at) : at_{at} {}
  T operator*() const noexcept {
    T element;
    std::memcpy(&element, at_, sizeof element);
    return element;
  }
  unaligned_iterator& operator+=(difference_type n) noexcept {
    at_ += n * static_cast<difference_type>(sizeof(T));
    return *this;
  }
  unaligned_iterator& operator++() noexcept { return *this += 1; }
  unaligned_iterator& operator--() noexcept { return *this += -1; }
  friend bool operator==(unaligned_iterator a, unaligned_iterator b) noexcept = default;
  friend difference_type operator-(unaligned_iterator a, unaligned_iterator b) noexcept {
    return (a.at_ - b.at_) / static_cast<difference_type>(sizeof(T));
  }

private:
  const char* at_;
};

/// A numeric array inside a payload.
struct block_view {
  dtype type = dtype::int8;
  std::size_t rank = 1;
  std::array<std::size_t, max_rank> dimensions{};
  std::size_t count = 0;
  const char* data = nullptr;

  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return {dimensions.data(), rank}; }

  /// The elements where they lie, if they are of type T and aligned for it.
  template <numeric T>
  [[nodiscard]] std::optional<std::span<const T>> in_place() const noexcept {
    const auto aligned = reinterpret_cast<std::uintptr_t>(data) % alignof(T) == 0;
    if (type != dtype_of<T>() || !aligned) return std::nullopt;
    return std::span{reinterpret_cast<const T*>(data), count};
  }

  /// Replaces the content of a vector. @throws as copy_to()
  template <numeric T, class A>
  void assign_to(std::vector<T, A>& out) const {
    out.clear();
    out.reserve(count);
    use_large_pages(out.data(), out.capacity() * sizeof(T));
    // Unlike resize(), assign() writes the memory once.
    if (const auto elements = in_place<T>()) {
      out.assign(elements->begin(), elements->end());
    } else if (type == dtype_of<T>()) {
      out.assign(unaligned_iterator<T>{data}, unaligned_iterator<T>{data + count * sizeof(T)});
    } else {
      out.resize(count);
      copy_to(out.data());
    }
  }

  /// Writes `count` elements. @throws error{signature_mismatch} if one would lose its value
  template <numeric T>
  void copy_to(T* out) const {
    if (count == 0) return;
    if (type == dtype_of<T>()) {
      std::memcpy(out, data, count * sizeof(T));
      return;
    }
    with_type(type, [&]<class From>() {
      for (std::size_t i = 0; i < count; ++i) {
        From from;
        std::memcpy(&from, data + i * sizeof from, sizeof from);
        out[i] = convert_number<T>(from);
      }
    });
  }
};

/// @return nothing if the object is no block @throws error{bad_payload} if it is a malformed one
PACTOR_INLINE std::optional<block_view> read_block(const msgpack::object& o);

#ifdef PACTOR_BODIES
PACTOR_INLINE void does_not_fit(const std::string& given, std::string_view wanted) {
  throw error{ec::signature_mismatch, given + " does not fit in " + std::string{wanted}};
}

PACTOR_INLINE std::optional<block_view> read_block(const msgpack::object& o) {
  if (o.type != msgpack::type::EXT || o.via.ext.type() != block_type) return std::nullopt;
  const auto* at = o.via.ext.data();
  const std::size_t size = o.via.ext.size;
  if (size < block_prefix) bad_payload("an array without a head");
  block_view b;
  b.type = static_cast<dtype>(at[0]);
  b.rank = static_cast<unsigned char>(at[1]);
  const std::size_t lead = static_cast<unsigned char>(at[2]);
  const auto head = block_prefix + 8 * b.rank + lead;
  if (!valid(b.type) || b.rank > max_rank || lead > 15 || size < head) bad_payload("an array with a wrong head");
  std::memcpy(b.dimensions.data(), at + block_prefix, 8 * b.rank);
  if (!count_elements(b.shape(), b.count) || b.count > size || b.count * item_size(b.type) != size - head)
    bad_payload("an array whose size is not that of its shape");
  b.data = at + head;
  return b;
}
#endif

} // namespace pactor::detail
