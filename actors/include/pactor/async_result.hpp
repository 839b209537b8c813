#pragma once
// What a call gives back at once: a handle on results that are still to come.

#include "pactor/detail/join.hpp"
#include "pactor/detail/outcomes.hpp"
#include "pactor/detail/submission.hpp"
#include "pactor/result_or_failure.hpp"

#include <coroutine>
#include <cstddef>
#include <functional>
#include <future>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor {

/// How the results of the single tasks make up what get() returns.
namespace shape {

/// One task: get() returns the job's own result.
struct single {
  template <class R>
  using result = R;
};
/// One task an engine: get() returns `std::vector<R>`, one result an engine in target order.
struct per_engine {
  template <class R>
  using result =
      std::conditional_t<std::is_void_v<R>, void, std::vector<std::conditional_t<std::is_void_v<R>, char, R>>>;
};
/// One task a part of a sequence: get() returns `std::vector<R>`, one result an element in element order.
struct mapped : per_engine {};
/// One task a part, whose results are parts again: get() puts them together, in the order of the parts. Vectors make
/// a vector, arrays an array along its first axis, anything else a vector with one entry a part.
struct joined {
  template <class R>
  using result = detail::joined_t<R>;
};

} // namespace shape

/// The results of one call. A cheap handle: copies share the results, which stay until the last copy is gone. Any
/// thread may use it, also when views and client are gone.
/// @tparam R what the job returns for one engine or one element; may be void
/// @tparam Shape how these make up the result: see `value_type`
template <class R, class Shape = shape::single>
class async_result : public detail::async_result_base {
public:
  /// What get() returns: `R` of one task, else `std::vector<R>`; void of void jobs.
  using value_type = typename Shape::template result<R>;
  class iterator;

  explicit async_result(std::shared_ptr<const detail::submission> state) : async_result_base{std::move(state)} {}

  /// Waits and returns the results; every call decodes them anew.
  /// @throws what went wrong, at every call: a single failure as remote_error, engine_lost, ..., several as
  /// composite_error; signature_mismatch if a result does not fit R
  value_type get() const {
    check();
    if constexpr (std::is_same_v<Shape, shape::single>)
      return detail::read_result<R>(*state_, 0);
    else if constexpr (std::is_same_v<Shape, shape::joined> && !std::is_void_v<R>)
      return detail::join<R>(*state_);
    else if constexpr (!std::is_void_v<R>)
      return collect();
  }
  /// @throws timeout_error if `timeout` runs out first; the tasks go on
  value_type get(seconds timeout) const {
    require_ready(detail::after(timeout));
    return get();
  }

  /// The same, but raises already what fails first, if `when` says so; other tasks may still run then.
  value_type get(seconds timeout, return_when when) const {
    if (when == return_when::first_exception) {
      if (!wait(timeout, when)) require_ready(detail::after(seconds{0}));
      check_so_far();
      return get();
    }
    return get(timeout);
  }

  /// The result of one engine, in target order, or of one element of a map. Waits for its task only.
  /// @throws its own failure; error{invalid_argument} "no result 7: there are 4"
  R operator[](std::size_t index) const {
    const auto [task, place] = locate(index);
    state_->tasks->wait_until(task, detail::deadline::max());
    if constexpr (is_map && numeric<R>)
      if (const auto number = detail::read_number_at<R>(*state_, task, place)) return *number;
    auto results = detail::read_each<R>(*state_, task, is_map);
    if constexpr (std::is_void_v<R>)
      static_cast<void>(results.at(place).value());
    else
      return std::move(results.at(place).value());
  }

  /// Calls `f(result)` with this result once every task ended, well or not, in a thread that the client has for this:
  /// one callback after the other. A callback may use the client, and wait for tasks, but not for another callback.
  /// @return what `f` returns, or throws. Nothing needs to be done with it.
  template <std::invocable<const async_result&> F>
  auto then(F f) const -> std::future<std::invoke_result_t<F&, const async_result&>> {
    using returned = std::invoke_result_t<F&, const async_result&>;
    struct work {
      F f;
      std::promise<returned> promise;
    };
    auto shared = std::make_shared<work>(work{std::move(f), {}});
    auto future = shared->promise.get_future();
    when_done([shared, self = *this] {
      try {
        if constexpr (std::is_void_v<returned>) {
          shared->f(self);
          shared->promise.set_value();
        } else {
          shared->promise.set_value(shared->f(self));
        }
      } catch (...) {
        shared->promise.set_exception(std::current_exception());
      }
    });
    return future;
  }
  /// The result as the standard library's future: its get() returns, or raises, what get() does.
  [[nodiscard]] std::future<value_type> future() const {
    return then([](const async_result& r) { return r.get(); });
  }
  operator std::future<value_type>() const { return future(); } // NOLINT(google-explicit-constructor): the same thing

  /// `co_await r` in a coroutine: what get() returns or raises. The coroutine goes on in the thread of then(), unless
  /// the result is there already.
  [[nodiscard]] auto operator co_await() const {
    struct awaiter {
      async_result result;
      [[nodiscard]] bool await_ready() const { return result.ready(); }
      void await_suspend(std::coroutine_handle<> waiting) const {
        const auto own = result; // the coroutine may go on, and end, before this returns
        own.when_done([waiting] { waiting.resume(); });
      }
      value_type await_resume() const { return result.get(); }
    };
    return awaiter{*this};
  }

  /// Waits and returns what each engine gave: engine number to result; of a map, to the results of its part.
  /// @throws as get(), and error{invalid_argument} if one engine ran several of the tasks
  [[nodiscard]] auto get_dict() const requires(!std::is_void_v<R>) {
    check();
    std::map<int, std::conditional_t<std::is_same_v<Shape, shape::mapped>, std::vector<R>, R>> dictionary;
    for (std::size_t i = 0; i < state_->tasks->size(); ++i) {
      const auto engine = state_->tasks->at(i).engine;
      if (dictionary.contains(engine)) refuse_dictionary(engine);
      if constexpr (std::is_same_v<Shape, shape::mapped>)
        dictionary.emplace(engine, read_part(i));
      else
        dictionary.emplace(engine, detail::read_result<R>(*state_, i));
    }
    return dictionary;
  }

  /// Waits and returns each result, or the failure in its place: what succeeded beside what failed. Raises nothing
  /// of the tasks'. One entry a task; of a map, one an element.
  [[nodiscard]] std::vector<result_or_failure<R>> get_or_errors() const {
    wait();
    std::vector<result_or_failure<R>> results;
    results.reserve(size());
    for (std::size_t i = 0; i < state_->tasks->size(); ++i)
      for (auto& x : detail::read_each<R>(*state_, i, is_map)) results.push_back(std::move(x));
    return results;
  }

  /// What the job has printed so far to standard output: C++ streams, stdio, write(2), processes that it started. Of
  /// one task a text, else a text for each, in target order; of a map, one a part. All of it is here when the task has
  /// ended, however it ended. Of long outputs the first and last 2 MiB are kept; what was cut is said between them.
  [[nodiscard]] auto stdout_() const { return output_of(text_stream::out); }
  /// The same of standard error.
  [[nodiscard]] auto stderr_() const { return output_of(text_stream::err); }

  /// The latest value of each name that the job has published so far (context::publish()), while it runs and after.
  /// Of one task a map, else a map for each, in target order; of a map, one a part.
  /// @throws error{bad_payload} if a job published what is no value
  [[nodiscard]] auto data() const {
    auto all = published();
    if constexpr (std::is_same_v<Shape, shape::single>)
      return all.empty() ? std::map<std::string, value>{} : std::move(all.front());
    else
      return all;
  }

  /// Iterates over the results as they come in, in order of submission; after a load-balanced map with
  /// `.ordered = false`, in order of arrival. Waits where it must, and raises a failure where it stands.
  [[nodiscard]] iterator begin() const requires(!std::is_void_v<R>) { return iterator{state_}; }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

private:
  static constexpr bool is_map = std::is_same_v<Shape, shape::mapped>;

  [[nodiscard]] auto output_of(text_stream s) const {
    auto all = texts(s);
    if constexpr (std::is_same_v<Shape, shape::single>)
      return all.empty() ? std::string{} : std::move(all.front());
    else
      return all;
  }
  std::vector<R> read_part(std::size_t index) const requires(!std::is_void_v<R>) {
    std::vector<R> part;
    detail::append_part(part, *state_, index);
    return part;
  }
  value_type collect() const {
    const auto tasks = state_->tasks->size();
    value_type results;
    results.reserve(size());
    if constexpr (numeric<R>) detail::use_large_pages(results.data(), results.capacity() * sizeof(R));
    for (std::size_t i = 0; i < tasks; ++i) {
      if constexpr (is_map)
        detail::append_part(results, *state_, i);
      else
        results.push_back(detail::read_result<R>(*state_, i));
    }
    return results;
  }
};

/// Walks over results that may still be on their way.
template <class R, class Shape>
class async_result<R, Shape>::iterator {
public:
  using iterator_concept = std::input_iterator_tag;
  using difference_type = std::ptrdiff_t;
  using value_type = R;

  iterator() = default;
  explicit iterator(std::shared_ptr<const detail::submission> state) : state_{std::move(state)} { advance(); }

  /// @throws the failure that stands in this result's place
  R& operator*() const { return part_[at_].value(); }
  iterator& operator++() {
    if (++at_ >= part_.size()) advance();
    return *this;
  }
  void operator++(int) { ++*this; }
  friend bool operator==(const iterator& i, std::default_sentinel_t) { return i.at_ >= i.part_.size(); }

private:
  /// Goes on to the next task that has a result for us, waiting for it.
  void advance() {
    constexpr auto forever = detail::deadline::max();
    const auto& tasks = *state_->tasks;
    part_.clear();
    for (at_ = 0; part_.empty() && next_ < tasks.size(); ++next_) {
      auto index = next_;
      if (state_->ordered)
        tasks.wait_until(index, forever);
      else
        index = *tasks.wait_arrival(next_, forever);
      part_ = detail::read_each<R>(*state_, index, is_map);
    }
  }

  std::shared_ptr<const detail::submission> state_;
  mutable std::vector<result_or_failure<R>> part_; ///< of the task just arrived
  std::size_t at_ = 0, next_ = 0;
};

} // namespace pactor
