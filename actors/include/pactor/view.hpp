#pragma once
// What all views have in common: the forms in which a call can be written.

#include "pactor/async_result.hpp"
#include "pactor/codec.hpp"
#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/gateway.hpp"
#include "pactor/detail/map_source.hpp"
#include "pactor/executed.hpp"
#include "pactor/functions.hpp"
#include "pactor/job_descriptor.hpp"
#include "pactor/lazy_map.hpp"
#include "pactor/map_options.hpp"
#include "pactor/value.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor {

/// Arguments whose types are known only at run time: stands for a call's whole list of arguments.
struct arguments {
  std::vector<value> values;
};

namespace detail {

/// The argument as the job's parameter has it. @throws error{signature_mismatch} for a number that would not survive
template <class P, class A>
decltype(auto) as_parameter(const A& argument) {
  using type = owner_of_t<P>;
  if constexpr (std::same_as<type, A> || !std::constructible_from<type, const A&>)
    return (argument); // a span for a vector, say: it encodes alike
  else
    return convert_argument<type>(argument);
}

/// True if arguments of types A... can be given for parameters of types P...
template <class Parameters, class Arguments>
inline constexpr bool callable_with = false;
template <class... P, class... A>
requires(sizeof...(P) == sizeof...(A)) inline constexpr bool callable_with<void(P...), void(A...)> =
    ((std::convertible_to<const A&, owner_of_t<P>> || std::convertible_to<const A&, std::remove_cvref_t<P>>)&&...);

/// The forms of apply and map; how they start is the view's own affair.
/// @tparam View has `start_apply<R>(job, arguments...)`, `start_builtin<R>(job, arguments...)`, `start_map<R>(job,
/// sources...)`, `start_parallel<R>(job, options, sources...)` and `lazy_sender(job)`
template <class View>
class call_forms {
public:
  /// Whether apply() and map() wait; false at first. Set it before views are shared between threads.
  [[nodiscard]] bool block() const noexcept { return block_; }
  View& set_block(bool block) noexcept {
    block_ = block;
    return self();
  }

  /// Calls a job by descriptor: the compiler checks the arguments and knows the result. Returns at once.
  /// @throws unknown_job, signature_mismatch, no_engines, engine_lost (of a named engine that is gone), not_connected;
  /// nothing was sent then
  template <class R, class... P, class... A>
  auto apply_async(const pactor::job<R(P...)>& job, const A&... a) const {
    static_assert(callable_with<void(P...), void(A...)>, "these arguments do not fit the job's parameters");
    return self().template start_apply<R>(job.name(), as_parameter<P>(a)...);
  }
  /// Calls a job by name. R is its result type; without one, the result is a pactor::value. Throws as above.
  template <class R = value, class... A>
  auto apply_async(std::string_view job, const A&... a) const {
    return self().template start_apply<R>(job, a...);
  }

  /// Calls like apply_async() and returns the result. @throws also what async_result::get() throws
  template <class R, class... P, class... A>
  auto apply_sync(const pactor::job<R(P...)>& job, const A&... a) const {
    return apply_async(job, a...).get();
  }
  template <class R = value, class... A>
  auto apply_sync(std::string_view job, const A&... a) const {
    return apply_async<R>(job, a...).get();
  }

  /// Calls like apply_async(); while block() is set, waits and raises before it returns.
  template <class R, class... P, class... A>
  auto apply(const pactor::job<R(P...)>& job, const A&... a) const {
    return settled(apply_async(job, a...));
  }
  template <class R = value, class... A>
  auto apply(std::string_view job, const A&... a) const {
    return settled(apply_async<R>(job, a...));
  }

  /// Calls a job once for each element of a range, or of several of equal length: the results come back in the order
  /// of the elements. Throws as apply_async(), and error{invalid_argument} for ranges of unequal lengths.
  template <class R, class... P, sequence... S>
  requires(sizeof...(S) > 0) auto map_async(const pactor::job<R(P...)>& job, S&&... s) const {
    static_assert(sizeof...(P) == sizeof...(S), "one sequence for each of the job's parameters");
    return self().template start_map<R>(job.name(), map_source<owner_of_t<P>, std::remove_reference_t<S>>{s}...);
  }
  template <class R = value, sequence... S>
  requires(sizeof...(S) > 0) auto map_async(std::string_view job, S&&... s) const {
    using std::ranges::range_value_t;
    return self().template start_map<R>(
        job, map_source<std::remove_cvref_t<range_value_t<S>>, std::remove_reference_t<S>>{s}...);
  }

  /// Maps like map_async() and returns the results.
  template <class R, class... P, sequence... S>
  requires(sizeof...(S) > 0) auto map_sync(const pactor::job<R(P...)>& job, S&&... s) const {
    return map_async(job, s...).get();
  }
  template <class R = value, sequence... S>
  requires(sizeof...(S) > 0) auto map_sync(std::string_view job, S&&... s) const {
    return map_async<R>(job, s...).get();
  }

  /// Maps like map_async(); while block() is set, waits and raises before it returns.
  template <class R, class... P, sequence... S>
  requires(sizeof...(S) > 0) auto map(const pactor::job<R(P...)>& job, S&&... s) const {
    return settled(map_async(job, s...));
  }
  template <class R = value, sequence... S>
  requires(sizeof...(S) > 0) auto map(std::string_view job, S&&... s) const { return settled(map_async<R>(job, s...)); }

  /// This view with other options for its maps: `view.with({.chunksize = 8}).map_async(job, a, b)`.
  [[nodiscard]] View with(const map_options& options) const {
    auto view = self();
    view.options_ = options;
    return view;
  }
  /// This view with options for its tasks: `view.with({.run_limit = 5s}).apply_async(job)`.
  /// @throws error{invalid_argument} for options that make no sense, or not for this kind of view; invalid_dependency
  [[nodiscard]] View with(const task_options& options) const {
    self().check(options);
    auto view = self();
    view.tasks_ = shared_options(options);
    return view;
  }
  /// The map of one sequence, with options: `lview.map_async(job, range, {.chunksize = 8, .ordered = false})`.
  template <class R, class P, sequence S>
  auto map_async(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map_async(job, s);
  }
  template <class R = value, sequence S>
  auto map_async(std::string_view job, S&& s, const map_options& options) const {
    return with(options).template map_async<R>(job, s);
  }
  template <class R, class P, sequence S>
  auto map_sync(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map_sync(job, s);
  }
  template <class R = value, sequence S>
  auto map_sync(std::string_view job, S&& s, const map_options& options) const {
    return with(options).template map_sync<R>(job, s);
  }
  template <class R, class P, sequence S>
  auto map(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map(job, s);
  }
  template <class R = value, sequence S>
  auto map(std::string_view job, S&& s, const map_options& options) const {
    return with(options).template map<R>(job, s);
  }

  /// A lazy map, of sequences of any length, also without an end: reads them, and sends tasks, as results are taken,
  /// at most max_outstanding tasks ahead. Ends with the shortest sequence. A direct view's engines take turns.
  /// Sequences with a name are referred to, others kept. Throws as map_async().
  template <class R, class... P, sequence... S>
  requires(sizeof...(S) > 0) [[nodiscard]] lazy_map<R> imap(const pactor::job<R(P...)>& job, S&&... s) const {
    static_assert(sizeof...(P) == sizeof...(S), "one sequence for each of the job's parameters");
    return start_lazy<R, std::tuple<owner_of_t<P>...>>(job.name(), std::views::all(std::forward<S>(s))...);
  }
  template <class R = value, sequence... S>
  requires(sizeof...(S) > 0) [[nodiscard]] lazy_map<R> imap(std::string_view job, S&&... s) const {
    return start_lazy<R, std::tuple<std::remove_cvref_t<std::ranges::range_value_t<S>>...>>(
        job, std::views::all(std::forward<S>(s))...);
  }
  template <class R, class P, sequence S>
  [[nodiscard]] lazy_map<R> imap(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).imap(job, std::forward<S>(s));
  }
  template <class R = value, sequence S>
  [[nodiscard]] lazy_map<R> imap(std::string_view job, S&& s, const map_options& options) const {
    return with(options).template imap<R>(job, std::forward<S>(s));
  }

  /// Runs C++ in the engines' namespaces, as if it were typed there: see docs/execute.md. What it defines stays for
  /// the code that follows; what the last expression gives, if no semicolon ends it, is the result. Waits only while
  /// block() is set. Throws as apply_async(); what get() throws: compile_error, and what a job that fails does
  auto execute(std::string_view code, const execute_options& options = {}) const {
    return settled(self().template start_builtin<executed>("pactor.execute", code, options.name));
  }
  /// The same with what a file on this machine holds; diagnostics have its name.
  /// @throws error{system} if it can't be read, also as execute()
  auto run(const std::filesystem::path& file) const {
    return execute(detail::read_code(file), {.name = file.string()});
  }

  /// The job as a function: see remote_function.
  template <class R, class... P>
  [[nodiscard]] auto remote(const pactor::job<R(P...)>& job) const {
    return remote_function<View, pactor::job<R(P...)>>{self(), job};
  }
  template <class R = value>
  [[nodiscard]] auto remote(std::string job) const {
    return remote_function<View, named_job<R>>{self(), named_job<R>{std::move(job)}};
  }
  /// The job as a function that divides its arguments: see parallel_function.
  template <class R, class... P>
  [[nodiscard]] auto parallel(const pactor::job<R(P...)>& job, const parallel_options& options = {}) const {
    return parallel_function<View, pactor::job<R(P...)>>{self(), job, options};
  }
  template <class R = value>
  [[nodiscard]] auto parallel(std::string job, const parallel_options& options = {}) const {
    return parallel_function<View, named_job<R>>{self(), named_job<R>{std::move(job)}, options};
  }

protected:
  call_forms() = default;
  ~call_forms() = default;
  call_forms(const call_forms&) = default;
  call_forms(call_forms&&) noexcept = default;
  call_forms& operator=(const call_forms&) = default;
  call_forms& operator=(call_forms&&) noexcept = default;

  template <class Result>
  Result settled(Result result) const {
    if (block_) result.check();
    return result;
  }

  /// Null for the defaults.
  [[nodiscard]] const std::shared_ptr<const task_options>& shared_task_options() const noexcept { return tasks_; }
  [[nodiscard]] const map_options& options() const noexcept { return options_; }

private:
  template <class R, class Elements, class... Range>
  lazy_map<R> start_lazy(std::string_view job, Range... ranges) const {
    auto info = self().gate_->check_elements(static_cast<Elements*>(nullptr), job);
    const auto chunk = std::max<std::size_t>(options_.chunksize, 1);
    auto source = std::make_shared<lazy_source<Elements, Range...>>(std::string{job}, chunk, std::move(ranges)...);
    const auto window = options_.max_outstanding > 0 ? options_.max_outstanding : 2 * self().size();
    return lazy_map<R>{std::make_unique<lazy_calls>(
        lazy_calls::source{[source] { return source->next(); }, self().lazy_sender(job), tasks_}, self().gate_->peer(),
        std::move(info), window, options_.ordered)};
  }

  View& self() { return static_cast<View&>(*this); }
  const View& self() const { return static_cast<const View&>(*this); }

  std::shared_ptr<const task_options> tasks_;
  bool block_ = false;
  map_options options_;
};

} // namespace detail
} // namespace pactor
