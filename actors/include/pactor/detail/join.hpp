#pragma once
// Parts that several engines gave, as one result: one copy from the payloads into their final place.

#include "pactor/detail/outcomes.hpp"
#include "pactor/distribution.hpp"
#include "pactor/ndarray.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

/// What parts of type R make together: sequences a longer one, anything else a list.
template <class R>
struct joined_type {
  using type = std::vector<R>;
};
template <>
struct joined_type<void> {
  using type = void;
};
template <>
struct joined_type<value> {
  using type = value;
};
template <class T, class A>
struct joined_type<std::vector<T, A>> {
  using type = std::vector<T, A>;
};
template <class T>
struct joined_type<ndarray<T>> {
  using type = ndarray<T>;
};
template <class R>
using joined_t = typename joined_type<R>::type;

/// The part's type when elements of type T are gathered.
template <class T>
struct gathered_type {
  using type = std::vector<T>;
};
template <>
struct gathered_type<value> {
  using type = value;
};
template <class T>
struct gathered_type<ndarray<T>> {
  using type = ndarray<T>;
};
template <class T>
using gathered_t = typename gathered_type<T>::type;

/// Says what each engine has that does not go together. @throws signature_mismatch
[[noreturn]] void raise_unequal(const submission& s, std::string_view wanted, const std::deque<message>& parts);
/// @throws signature_mismatch if the parts are of different kinds
value join_values(const submission& s, const std::deque<message>& parts);

/// Elements that a vector would have, as far as that is known without reading them.
inline std::size_t expected_elements(const object& o) {
  if (o.type == kind::ARRAY) return o.via.array.size;
  const auto block = read_block(o);
  return block && block->rank == 1 ? block->count : 1;
}

/// Parts that took turns, one element each.
template <class T>
std::vector<T> interleave(std::vector<std::vector<T>> parts) {
  std::vector<T> all;
  std::size_t total = 0, rounds = 0;
  for (const auto& p : parts) {
    total += p.size();
    rounds = std::max(rounds, p.size());
  }
  all.reserve(total);
  for (std::size_t i = 0; i < rounds; ++i)
    for (auto& p : parts)
      if (i < p.size()) all.push_back(std::move(p[i]));
  return all;
}

template <class T>
std::vector<T> join_vectors(const submission& s, const std::deque<message>& parts) {
  if (s.distribution == distribution::round_robin) {
    std::vector<std::vector<T>> pieces(parts.size());
    for (std::size_t i = 0; i < parts.size(); ++i) read_piece(parts[i].root(), pieces[i]);
    return interleave(std::move(pieces));
  }
  std::size_t total = 0;
  for (const auto& m : parts) total += expected_elements(m.root());
  std::vector<T> all;
  all.reserve(total);
  if constexpr (numeric<T>) {
    use_large_pages(all.data(), all.capacity() * sizeof(T));
    for (const auto& m : parts) read_piece(m.root(), all);
  } else {
    for (const auto& m : parts) {
      std::vector<T> piece;
      read_piece(m.root(), piece);
      all.insert(all.end(), std::make_move_iterator(piece.begin()), std::make_move_iterator(piece.end()));
    }
  }
  return all;
}

/// Arrays one behind the other along the first axis. An array of one dimension less is a row.
class row_joiner {
public:
  /// @param parts their shapes @throws error{signature_mismatch} if they do not go together
  explicit row_joiner(const std::vector<std::vector<std::size_t>>& parts);

  [[nodiscard]] std::size_t rows(std::size_t part) const { return rows_[part]; }
  [[nodiscard]] std::size_t row_size() const noexcept { return row_size_; }
  [[nodiscard]] std::size_t elements() const { return row_size_ * shape_[0]; }
  [[nodiscard]] const std::vector<std::size_t>& shape() const noexcept { return shape_; }

  /// Calls take(part, row, count) for runs of rows, in the order in which the result has them.
  template <class Take>
  void each_run(distribution d, Take&& take) const {
    if (d == distribution::blocks) {
      for (std::size_t p = 0; p < rows_.size(); ++p) take(p, std::size_t{0}, rows_[p]);
      return;
    }
    const auto most = rows_.empty() ? 0 : *std::ranges::max_element(rows_);
    for (std::size_t i = 0; i < most; ++i)
      for (std::size_t p = 0; p < rows_.size(); ++p)
        if (i < rows_[p]) take(p, i, std::size_t{1});
  }

private:
  std::vector<std::size_t> rows_, shape_;
  std::size_t row_size_ = 1;
};

template <numeric T>
ndarray<T> join_arrays(const submission& s, const std::deque<message>& parts) {
  std::vector<std::optional<block_view>> blocks; // where they can be taken from the payload as they are
  std::vector<ndarray<T>> copies(parts.size());
  std::vector<std::vector<std::size_t>> shapes;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto block = read_block(parts[i].root());
    if (block && (block->rank == 0 || !block->template in_place<T>())) block.reset();
    if (!block) read_piece(parts[i].root(), copies[i]);
    const auto shape = block ? block->shape() : copies[i].shape();
    shapes.emplace_back(shape.begin(), shape.end());
    blocks.push_back(block);
  }
  const row_joiner rows{shapes};
  std::vector<T> all;
  all.reserve(rows.elements());
  use_large_pages(all.data(), all.capacity() * sizeof(T));
  rows.each_run(s.distribution, [&](std::size_t part, std::size_t row, std::size_t count) {
    const auto* data = blocks[part] ? blocks[part]->template in_place<T>()->data() : copies[part].data();
    if (count > 0) all.insert(all.end(), data + row * rows.row_size(), data + (row + count) * rows.row_size());
  });
  return {rows.shape(), std::move(all)};
}

/// The results of all tasks as one. @pre all of them ended well
template <class R>
joined_t<R> join(const submission& s) {
  std::deque<message> parts;
  for (std::size_t i = 0; i < s.tasks->size(); ++i) {
    const auto& payload = s.tasks->at(i).payload;
    parts.emplace_back(payload.data, payload.size);
  }
  try {
    if constexpr (std::is_same_v<R, value>) {
      return join_values(s, parts);
    } else if constexpr (is_a<R, ndarray>) {
      return join_arrays<typename R::value_type>(s, parts);
    } else if constexpr (is_a<R, std::vector>) {
      return join_vectors<typename R::value_type>(s, parts);
    } else {
      std::vector<R> all(parts.size());
      for (std::size_t i = 0; i < parts.size(); ++i) read(parts[i].root(), all[i]);
      return all;
    }
  } catch (const error& e) {
    if (e.code() != ec::signature_mismatch) throw;
    raise_unequal(s, type_name<joined_t<R>>(), parts);
  }
}

} // namespace pactor::detail
