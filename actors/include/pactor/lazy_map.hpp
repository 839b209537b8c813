#pragma once
// A map over a sequence that is read as its results are taken, and may have no end.

#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/lazy_calls.hpp"
#include "pactor/detail/map_source.hpp"
#include "pactor/detail/outcomes.hpp"
#include "pactor/result_or_failure.hpp"

#include <cstddef>
#include <exception>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace pactor {

/// The results of imap(), one after the other; read once. What it reads the sequences with is the thread that takes
/// the results. Movable; for one thread, but for cancel().
/// @tparam R what the job returns for one element
template <class R>
class lazy_map {
public:
  class iterator;
  explicit lazy_map(std::unique_ptr<detail::lazy_calls> calls) : calls_{std::move(calls)} {}

  /// Waits for the next result, or for the failure in its place; nothing at the end. Raises nothing of the tasks'.
  /// @throws what reading the sequences threw, once all results before it are taken; no_engines, engine_lost, ... if
  /// further tasks could not be sent
  std::optional<result_or_failure<R>> next() {
    while (at_ == part_.size()) {
      const auto task = calls_->next();
      if (!task) return std::nullopt;
      part_ = detail::read_each<R>(*task, 0, true);
      at_ = 0;
    }
    return std::move(part_[at_++]);
  }
  /// Reads and sends nothing more: iteration ends after what was sent before. From any thread.
  void cancel() noexcept { calls_->cancel(); }
  /// Tasks that were sent, and whose results were not taken yet.
  [[nodiscard]] std::size_t outstanding() const noexcept { return calls_->outstanding(); }

  /// Iterates from here on; a failure is raised where it stands, and iteration may go on behind it.
  [[nodiscard]] iterator begin() { return iterator{*this}; }
  [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

private:
  std::unique_ptr<detail::lazy_calls> calls_;
  std::vector<result_or_failure<R>> part_; ///< of the task taken last
  std::size_t at_ = 0;
};

template <class R>
class lazy_map<R>::iterator {
public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = typename result_or_failure<R>::stored_type;

  iterator() = default;
  explicit iterator(lazy_map& from) : from_{&from}, current_{from.next()} {}
  /// @throws the failure that stands in this result's place
  value_type& operator*() const { return current_->value(); }
  iterator& operator++() {
    current_ = from_->next();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const iterator& i, std::default_sentinel_t) { return !i.current_; }

private:
  lazy_map* from_ = nullptr;
  mutable std::optional<result_or_failure<R>> current_;
};

namespace detail {

/// Cuts sequences into calls as it goes along, up to the end of the shortest. Elements become those of E...
template <class Elements, class... View>
class lazy_source;
template <class... E, class... View>
class lazy_source<std::tuple<E...>, View...> {
public:
  lazy_source(std::string job, std::size_t chunk, View... views)
      : job_{std::move(job)}, chunk_{chunk}, views_{std::move(views)...} {}

  std::optional<lazy_chunk> next() { return next(std::index_sequence_for<E...>{}); }

private:
  template <std::size_t... I>
  std::optional<lazy_chunk> next(std::index_sequence<I...>) {
    // Beginning is reading, for some ranges: not before somebody asks.
    if (!at_) at_.emplace(std::ranges::begin(std::get<I>(views_))...);
    if (fault_) std::rethrow_exception(fault_);
    std::tuple<std::vector<E>...> chunk;
    std::size_t n = 0;
    try {
      for (; n < chunk_; ++n) {
        // A range moves on when its next element is wanted, not when the last one was read: that might wait for input.
        if (advance_) (++std::get<I>(*at_), ...);
        advance_ = false;
        if (((std::get<I>(*at_) == std::ranges::end(std::get<I>(views_))) || ...)) break;
        (std::get<I>(chunk).push_back(convert_argument<E>(*std::get<I>(*at_))), ...);
        advance_ = true;
      }
    } catch (...) {
      if (n == 0) throw;
      fault_ = std::current_exception(); // the elements before it come first
      (std::get<I>(chunk).erase(std::get<I>(chunk).begin() + static_cast<std::ptrdiff_t>(n), std::get<I>(chunk).end()),
       ...);
    }
    if (n == 0) return std::nullopt;
    return lazy_chunk{encode_call(job_, call_mode::map, std::get<I>(chunk)...), n};
  }

  std::string job_;
  std::size_t chunk_;
  std::tuple<View...> views_;
  std::optional<std::tuple<std::ranges::iterator_t<View>...>> at_;
  bool advance_ = false;
  std::exception_ptr fault_;
};

} // namespace detail
} // namespace pactor
