#pragma once
// Outcomes of tasks as C++ results.

#include "pactor/codec.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/submission.hpp"
#include "pactor/result_or_failure.hpp"
#include "pactor/value.hpp"

#include <cstddef>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

[[nodiscard]] bool is_result(const outcome& o);
/// A map of which some elements failed.
[[nodiscard]] bool is_partial(const outcome& o);

/// What went wrong in a task, with the index of the element in it (0 if the task failed as a whole).
using element_failures = std::vector<std::pair<std::size_t, failure>>;
[[nodiscard]] element_failures failures_of(const outcome& o);
/// @param partial the decoded payload of a partial outcome @throws error{bad_payload}
[[nodiscard]] element_failures failures_of(const message& partial);
/// The encoded results of the elements that did not fail. @throws error{bad_payload}
[[nodiscard]] const object& successes_of(const message& partial);

/// A sequence whose elements may lie in one numeric array, as single values.
[[nodiscard]] std::vector<value> elements_of(value sequence);

/// @throws signature_mismatch naming the job with its signature, and the wanted type
[[noreturn]] void raise_misfit(const submission& s, std::string_view wanted, const error& why);
/// @throws error{bad_payload} if the part of a map has another number of results than of elements
void require_count(const submission& s, std::size_t index, std::size_t results);

/// Runs `read`, and says what was read and as what if it does not fit.
template <class R, class Read>
auto reading(const submission& s, Read&& read) {
  try {
    return read();
  } catch (const error& e) {
    if (e.code() == ec::signature_mismatch) raise_misfit(s, type_name<R>(), e);
    throw;
  }
}

template <class R>
void append_elements(const object& o, std::vector<R>& results) {
  if constexpr (std::is_same_v<R, value>) {
    for (auto& v : elements_of(read_value(o))) results.push_back(std::move(v));
  } else if constexpr (numeric<R>) {
    if (const auto block = read_block(o); block && block->rank == 1) {
      if (const auto elements = block->template in_place<R>()) {
        results.insert(results.end(), elements->begin(), elements->end()); // unlike resize(), writes the memory once
        return;
      }
    }
    const auto take = [&results](std::size_t n) {
      results.resize(results.size() + n);
      return results.data() + results.size() - n;
    };
    read_elements<R>(o, take, type_name<std::vector<R>>());
  } else {
    std::vector<R> part;
    read(o, part);
    if (results.empty())
      results = std::move(part);
    else
      results.insert(results.end(), std::make_move_iterator(part.begin()), std::make_move_iterator(part.end()));
  }
}

/// A vector, or what it would have as its only element. @throws error{signature_mismatch}
template <class T>
void read_piece(const object& o, std::vector<T>& out) {
  const auto sequence = o.type == kind::ARRAY || o.type == kind::BIN || o.type == kind::EXT;
  if (sequence) {
    try {
      append_elements(o, out);
      return;
    } catch (const error& e) {
      if (e.code() != ec::signature_mismatch || !std::ranges::range<T>) throw;
      out.clear();
    }
  }
  T element{};
  read(o, element);
  out.push_back(std::move(element));
}
template <numeric T>
void read_piece(const object& o, ndarray<T>& out) {
  const auto number = o.type != kind::ARRAY && o.type != kind::BIN && o.type != kind::EXT;
  if (number)
    out = ndarray<T>{{1}, {read_number<T>(o)}};
  else
    read_ndarray(o, out);
}
template <class R>
void read_piece(const object& o, R& out) {
  read(o, out);
}

/// The result of a task. @pre it is one
template <class R>
R read_result(const submission& s, std::size_t index) {
  if constexpr (!std::is_void_v<R>)
    return reading<R>(s, [&] {
      const auto& payload = s.tasks->at(index).payload;
      if (!s.pieces) return decode<R>(payload);
      const message m{payload.data, payload.size};
      R piece{};
      read_piece(m.root(), piece);
      return piece;
    });
}

/// Appends the results of a map's part. @pre the task ended well
template <class R>
void append_part(std::vector<R>& results, const submission& s, std::size_t index) {
  const auto before = results.size();
  reading<R>(s, [&] {
    const auto& payload = s.tasks->at(index).payload;
    const message m{payload.data, payload.size};
    append_elements(m.root(), results);
  });
  require_count(s, index, results.size() - before);
}

/// Failures in their places, the results in between.
template <class R>
std::vector<result_or_failure<R>> merge(std::size_t count, auto take_result, element_failures failures) {
  std::vector<result_or_failure<R>> results;
  results.reserve(count);
  auto next = failures.begin();
  for (std::size_t i = 0; i < count; ++i) {
    if (next != failures.end() && next->first == i)
      results.emplace_back((next++)->second);
    else
      results.emplace_back(take_result());
  }
  return results;
}

/// What came of each element of a map's part, or of the one call of another task. @pre the task ended
template <class R>
std::vector<result_or_failure<R>> read_each(const submission& s, std::size_t index, bool map) {
  const auto& o = s.tasks->at(index);
  const auto count = s.elements(index);
  if (!is_result(o) && !is_partial(o)) return std::vector(count, result_or_failure<R>{failures_of(o).front().second});
  if constexpr (std::is_void_v<R>) {
    return merge<R>(
        count, [] { return std::monostate{}; }, failures_of(o));
  } else {
    if (!map) return merge<R>(1, [&] { return read_result<R>(s, index); }, {});
    std::vector<R> results;
    element_failures failures;
    if (is_result(o)) {
      append_part(results, s, index);
    } else {
      const message m{o.payload.data, o.payload.size};
      reading<R>(s, [&] { append_elements(successes_of(m), results); });
      failures = failures_of(m);
      require_count(s, index, results.size() + failures.size());
    }
    auto next = results.begin();
    return merge<R>(
        count, [&] { return static_cast<R>(std::move(*next++)); }, std::move(failures));
  }
}

/// One number of a map's part that ended well, without the others; nothing if it has to be read in another way.
template <numeric R>
std::optional<R> read_number_at(const submission& s, std::size_t index, std::size_t place) {
  const auto& o = s.tasks->at(index);
  if (!is_result(o)) return std::nullopt;
  const message m{o.payload.data, o.payload.size};
  const auto block = read_block(m.root());
  if (!block || block->rank != 1 || place >= block->count) return std::nullopt;
  const auto numbers = block->template in_place<R>();
  return numbers ? std::optional{(*numbers)[place]} : std::nullopt;
}

} // namespace pactor::detail
