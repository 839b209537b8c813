#pragma once
// Jobs bound to a view, so that they are called as functions are: on every engine of it, or on parts of their
// arguments.

#include "pactor/detail/map_source.hpp"
#include "pactor/distribution.hpp"
#include "pactor/job_descriptor.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace pactor {

/// A job by its name alone. @tparam R what it returns
template <class R>
class named_job {
public:
  explicit named_job(std::string name) : name_{std::move(name)} {}
  [[nodiscard]] const std::string& name() const noexcept { return name_; }

private:
  std::string name_;
};

namespace detail {

// The forms of a call with a job whose kind decides how: by descriptor, or by name.
template <class View, class R, class... P, class... A>
auto apply_of(const View& view, const job<R(P...)>& j, const A&... a) {
  return view.apply_async(j, a...);
}
template <class View, class R, class... A>
auto apply_of(const View& view, const named_job<R>& j, const A&... a) {
  return view.template apply_async<R>(j.name(), a...);
}
template <class View, class R, class... P, class... S>
auto map_of(const View& view, const job<R(P...)>& j, S&&... s) {
  return view.map_async(j, std::forward<S>(s)...);
}
template <class View, class R, class... S>
auto map_of(const View& view, const named_job<R>& j, S&&... s) {
  return view.template map_async<R>(j.name(), std::forward<S>(s)...);
}
template <class View, class R, class... P, class... A>
auto divide_of(const View& view, const job<R(P...)>& j, const parallel_options& options, A&&... a) {
  static_assert(sizeof...(P) == sizeof...(A), "one argument for each of the job's parameters");
  return view.template start_parallel<R>(j.name(), options, typename divided<P, A>::type{a}...);
}
template <class View, class R, class... A>
auto divide_of(const View& view, const named_job<R>& j, const parallel_options& options, A&&... a) {
  return view.template start_parallel<R>(j.name(), options, typename divided<void, A>::type{a}...);
}

} // namespace detail

/// A job as a function of its view: `auto hello = dview.remote(hello_job); hello();` calls it on every engine, of a
/// load-balanced view on one. Holds a copy of the view as it was then. Copyable; calls may come from several threads.
/// @tparam Job a pactor::job, or a named_job
template <class View, class Job>
class remote_function {
public:
  remote_function(View view, Job j) : view_{std::move(view)}, job_{std::move(j)} {}

  /// Calls it: an async_result, which is ready, and raised what it had to, if the view blocks. Throws as apply().
  template <class... A>
  auto operator()(const A&... a) const {
    auto result = async(a...);
    if (view_.block()) result.check();
    return result;
  }
  /// Returns at once with an async_result.
  template <class... A>
  auto async(const A&... a) const {
    return detail::apply_of(view_, job_, a...);
  }
  /// Waits and returns the results.
  template <class... A>
  auto sync(const A&... a) const {
    return async(a...).get();
  }

private:
  View view_;
  Job job_;
};

/// A job for parts of its arguments: `auto pmul = dview.parallel(pmul_job); pmul(A, B)` divides every argument that
/// is a sequence alike, calls the job once an engine with its parts (of a load-balanced view: once a chunk), and puts
/// the results together as shape::joined says. Arguments that are no sequences go to every call as they are. Engines
/// for which there is nothing are not called. Holds a copy of the view as it was then.
/// @tparam Job a pactor::job, or a named_job
template <class View, class Job>
class parallel_function {
public:
  parallel_function(View view, Job j, const parallel_options& options)
      : view_{std::move(view)}, job_{std::move(j)}, options_{options} {}

  /// Calls it: an async_result, which is ready, and raised what it had to, if the view blocks. Throws as apply(), and
  /// error{invalid_argument} naming the lengths if they are not equal.
  template <class... A>
  auto operator()(A&&... a) const {
    auto result = async(std::forward<A>(a)...);
    if (view_.block()) result.check();
    return result;
  }
  /// Returns at once with an async_result.
  template <class... A>
  auto async(A&&... a) const {
    return detail::divide_of(view_, job_, options_, std::forward<A>(a)...);
  }
  /// Waits and returns the whole.
  template <class... A>
  auto sync(A&&... a) const {
    return async(std::forward<A>(a)...).get();
  }

  /// Calls the job once for each element, as the view's own map does; waits if the view blocks.
  template <sequence... S>
  auto map(S&&... s) const {
    auto result = map_async(std::forward<S>(s)...);
    if (view_.block()) result.check();
    return result;
  }
  template <sequence... S>
  auto map_async(S&&... s) const {
    return detail::map_of(view_, job_, std::forward<S>(s)...);
  }
  template <sequence... S>
  auto map_sync(S&&... s) const {
    return map_async(std::forward<S>(s)...).get();
  }

private:
  View view_;
  Job job_;
  parallel_options options_;
};

} // namespace pactor
