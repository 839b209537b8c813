#pragma once
// Calls on engines that the user names.

#include "pactor/view.hpp"

#include <algorithm>
#include <concepts>
#include <filesystem>
#include <initializer_list>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor {

/// Names and values for the engines' namespaces: `{{"a", 1.03234}, {"b", 3453}}`.
using variables = std::vector<std::pair<std::string, value>>;

namespace detail {

template <class>
using value_for = value;

/// Name and signature of each job of a library.
using imported_jobs = std::vector<std::tuple<std::string, std::string>>;

/// Travels as a map of names to values.
struct pushed_variables {
  const variables& entries;
  void msgpack_pack(packer& p) const {
    p.pack_map(checked_size(entries.size()));
    for (const auto& [name, x] : entries) {
      write_string(p, name);
      write(p, x);
    }
  }
  [[nodiscard]] std::size_t encoded_bytes() const {
    std::size_t all = 16;
    for (const auto& [name, x] : entries) all += name.size() + 16 + block_bytes(x);
    return all;
  }
};
template <class T>
struct pushed_variable {
  std::string_view name;
  const T& x;
  void msgpack_pack(packer& p) const {
    p.pack_map(1);
    write_string(p, name);
    write(p, x);
  }
  [[nodiscard]] std::size_t encoded_bytes() const { return name.size() + 32 + block_bytes(x); }
};

} // namespace detail

/// Calls jobs on engines that the user names, and moves variables to and from them. A cheap copyable handle; calls
/// of one view may come from several threads, changes of its targets and of block() may not.
/// @tparam Shape shape::per_engine: one result an engine, in target order; shape::single: one engine, one result
template <class Shape>
class basic_direct_view : public detail::call_forms<basic_direct_view<Shape>> {
public:
  /// What apply_async() returns for a job that returns R.
  template <class R>
  using result_type = async_result<R, Shape>;

  basic_direct_view(std::shared_ptr<detail::gateway> gate, detail::engine_set engines)
      : gate_{std::move(gate)}, engines_{std::move(engines)} {}
  /// One engine is also a list of one.
  operator basic_direct_view<shape::per_engine>() const // NOLINT(google-explicit-constructor)
      requires std::same_as<Shape, shape::single> {
    return other<shape::per_engine>(engines_);
  }

  /// The engines that a call would go to now, in target order.
  [[nodiscard]] std::vector<int> targets() const { return engines_.lazy ? gate_->peer()->ids() : engines_.numbers; }
  /// Addresses other engines from now on. @throws error{invalid_argument}: "no engine 7: the engines are 0-3"
  basic_direct_view& set_targets(const pactor::targets& t) requires std::same_as<Shape, shape::per_engine> {
    engines_ = gate_->resolve(t);
    return *this;
  }
  /// This view with other engines, for one call: `view.on("::2").apply_sync(job)`. A plain number gives an
  /// engine_view, whose calls return one result, not a list. @throws as set_targets()
  [[nodiscard]] basic_direct_view<shape::single> on(int engine) const {
    return other<shape::single>(gate_->resolve(engine));
  }
  [[nodiscard]] basic_direct_view<shape::per_engine> on(const pactor::targets& t) const {
    return other<shape::per_engine>(gate_->resolve(t));
  }
  [[nodiscard]] basic_direct_view<shape::per_engine> on(std::initializer_list<int> engines) const {
    return on(pactor::targets{engines});
  }
  /// Ends what the view's engines run now and forgets what waits there: their workers start anew, with no variables.
  /// Directed tasks that they had fail with engine_lost, balanced ones run elsewhere.
  void restart() const { gate_->peer()->order_engines(engine_order::restart, targets(), 0); }
  /// Ends these engines for good.
  void shutdown() const { gate_->peer()->order_engines(engine_order::stop, targets(), 0); }
  /// Sends a signal to their worker processes: SIGINT ends a task that checks, or waits by pactor's means, with
  /// task_cancelled, and does nothing else. @throws error{invalid_argument} for a number that is no signal
  void signal(int number) const { gate_->signal_engines(targets(), number); }
  /// The number of engines now.
  [[nodiscard]] std::size_t size() const { return targets().size(); }

  /// Sets variables on every engine of the view. Waits only while block() is set.
  /// @throws no_engines, engine_lost (of a named engine that is gone)
  async_result<void, Shape> push(const variables& entries) const {
    return this->settled(start_builtin<void>("pactor.push", detail::pushed_variables{entries}));
  }
  /// Sets one variable, of any type that travels, without a copy of it here.
  template <encodable T>
  async_result<void, Shape> push(std::string_view name, const T& x) const {
    return this->settled(start_builtin<void>("pactor.push", detail::pushed_variable<T>{name, x}));
  }

  /// The same as push().
  async_result<void, Shape> update(const variables& entries) const { return push(entries); }

  /// A variable of each engine, as T; without T, as a pactor::value. Waits.
  /// @throws remote_error (missing_variable) where there is none, signature_mismatch
  template <class T = value>
  [[nodiscard]] typename Shape::template result<T> pull(std::string_view name) const {
    return pull_async<T>(name).get();
  }
  /// The same without waiting.
  template <class T = value>
  [[nodiscard]] async_result<T, Shape> pull_async(std::string_view name) const {
    return start_builtin<T>("pactor.pull", name);
  }
  /// Several variables of each engine: for each, an array in the order of the names. Waits. Throws as above.
  [[nodiscard]] typename Shape::template result<value> pull(const std::vector<std::string>& names) const {
    return pull_async(names).get();
  }
  /// The same without waiting.
  [[nodiscard]] async_result<value, Shape> pull_async(const std::vector<std::string>& names) const {
    return start_builtin<value>("pactor.pull", names);
  }
  /// Several variables of each engine, as a tuple: `auto [a, b] = c[0].pull<double, int>("a", "b")`; without types, of
  /// pactor::value. Waits. Throws as above.
  template <class... T, std::convertible_to<std::string_view>... Name>
  requires(sizeof...(Name) > 1 && (sizeof...(T) == 0 || sizeof...(T) == sizeof...(Name)))
      [[nodiscard]] auto pull(const Name&... name) const {
    using tuple = std::conditional_t<sizeof...(T) == 0, std::tuple<detail::value_for<Name>...>, std::tuple<T...>>;
    return start_builtin<tuple>("pactor.pull", std::vector<std::string_view>{name...}).get();
  }

  /// Removes variables, where they are there. @return how many there were, on each engine; waits only while block() is
  /// set
  template <std::convertible_to<std::string_view>... Name>
  async_result<std::int64_t, Shape> erase(const Name&... name) const {
    return this->settled(start_builtin<std::int64_t>("pactor.erase", std::vector<std::string_view>{name...}));
  }
  /// Removes all variables. Waits only while block() is set.
  async_result<void, Shape> clear() const { return this->settled(start_builtin<void>("pactor.clear")); }
  /// The names of each engine's variables, sorted. Waits.
  [[nodiscard]] typename Shape::template result<std::vector<std::string>> names() const { return names_async().get(); }
  /// The same without waiting.
  [[nodiscard]] async_result<std::vector<std::string>, Shape> names_async() const {
    return start_builtin<std::vector<std::string>>("pactor.names");
  }

  /// Has every engine of the view load a job library that lies at this path on its host. Its jobs can be called by name
  /// from then on, by this client; an engine that starts anew has lost them. Waits.
  /// @return the names of its jobs, sorted
  /// @throws remote_error or composite_error (bad_library) of engines that can't
  std::vector<std::string> import_library(const std::filesystem::path& library) const {
    return learn_jobs(library, import_library_async(library));
  }
  /// The same in two steps: what this gives is for learn_jobs().
  [[nodiscard]] async_result<detail::imported_jobs, Shape>
  import_library_async(const std::filesystem::path& library) const {
    return start_builtin<detail::imported_jobs>("pactor.load", std::filesystem::absolute(library).string());
  }
  /// @return, throws as import_library()
  std::vector<std::string> learn_jobs(const std::filesystem::path& library,
                                      const async_result<detail::imported_jobs, Shape>& imported) const {
    imported.check();
    std::vector<job_info> jobs;
    for (auto& one : imported.get_or_errors())
      for (auto& [name, signature] : one.value()) jobs.push_back({name, signature, library.filename().string()});
    gate_->know(jobs);
    std::set<std::string> names;
    for (auto& job : jobs) names.insert(std::move(job.name));
    return {names.begin(), names.end()};
  }

  /// Divides a sequence among the engines and sets a variable on each to its part, as push() would: any range, or an
  /// array along its first axis. Parts may be empty. Waits only while block() is set. Throws as push().
  template <sequence S>
  async_result<void, Shape> scatter(std::string_view name, S&& sequence, const scatter_options& options = {}) const {
    return this->settled(start_scatter(name, detail::own_source<S>{sequence}, options));
  }
  /// A variable of each engine, put together in target order: sequences one behind the other (arrays along their
  /// first axis), a value that is no sequence as one element. Waits.
  /// @tparam T the element: gather<double>() is a std::vector<double>; ndarray<double> gives one array; without T it
  /// is a pactor::value, of numeric arrays one array
  /// @throws remote_error (missing_variable), signature_mismatch that names engines and types which do not go together
  template <class T = value>
  [[nodiscard]] auto gather(std::string_view name, const gather_options& options = {}) const {
    return gather_async<T>(name, options).get();
  }
  /// The same without waiting: an async_result.
  template <class T = value>
  [[nodiscard]] auto gather_async(std::string_view name, const gather_options& options = {}) const {
    using part = detail::gathered_t<T>;
    auto state = send_builtin("pactor.pull", name);
    state.subject = "variable " + std::string{name};
    state.distribution = options.distribution;
    state.pieces = true;
    return async_result<part, shape::joined>{std::make_shared<detail::submission>(std::move(state))};
  }

  /// A variable of the view's engines: `view["a"] = 6`, `view["a"].get<int>()`.
  class variable {
  public:
    variable(basic_direct_view view, std::string name) : view_{std::move(view)}, name_{std::move(name)} {}
    /// Sets it on every engine, and waits for that.
    template <encodable T>
    void operator=(const T& x) const { // NOLINT(misc-unconventional-assign-operator): nothing to chain
      view_.push(name_, x).check();
    }
    template <class T = value>
    [[nodiscard]] auto get() const {
      return view_.template pull<T>(name_);
    }

  private:
    basic_direct_view view_;
    std::string name_;
  };
  [[nodiscard]] variable operator[](std::string name) const { return {*this, std::move(name)}; }

  /// For parallel_function: one task an engine that has a part.
  template <class R, class... Source>
  async_result<R, shape::joined> start_parallel(std::string_view job, const parallel_options& options,
                                                const Source&... source) const {
    const auto n = detail::common_length_of(source...);
    const auto engines = gate_->reach(engines_, job);
    auto info = gate_->template check<typename Source::whole...>(job);
    const auto used = std::min(n, engines.size());
    const auto parts = detail::split(n, engines.size(), options.distribution);
    auto tasks = std::make_shared<detail::call>(used, info->name, this->shared_task_options());
    for (std::size_t i = 0; i < used; ++i)
      gate_->peer()->submit_direct(tasks, i, gate_->encode(job, detail::call_mode::apply, source.part(parts[i])...),
                                   std::span{&engines[i], 1});
    detail::submission state{std::move(tasks), gate_->peer(), std::move(info), {}};
    state.distribution = options.distribution;
    state.pieces = true;
    return async_result<R, shape::joined>{std::make_shared<detail::submission>(std::move(state))};
  }

private:
  friend class detail::call_forms<basic_direct_view>;

  static void check(const task_options& options) { detail::check_direct_options(options); }

  template <class OtherShape>
  basic_direct_view<OtherShape> other(detail::engine_set engines) const {
    auto view = basic_direct_view<OtherShape>{gate_, std::move(engines)}.with(this->options());
    if (const auto& tasks = this->shared_task_options()) view = view.with(*tasks);
    view.set_block(this->block());
    return view;
  }
  /// How the tasks of a lazy map are sent: the engines take turns.
  auto lazy_sender(std::string_view job) const {
    return [view = *this, name = std::string{job}, turn = std::size_t{0}](const std::shared_ptr<detail::call>& task,
                                                                          const detail::slice& payload) mutable {
      const auto engines = view.gate_->reach(view.engines_, name);
      view.gate_->peer()->submit_direct(task, 0, payload, std::span{&engines[turn++ % engines.size()], 1});
    };
  }

  template <class R, class... A>
  async_result<R, Shape> start_apply(std::string_view job, const A&... a) const {
    const auto engines = gate_->reach(engines_, job);
    auto info = gate_->template check<A...>(job);
    return start<R>(std::move(info), gate_->encode(job, detail::call_mode::apply, a...), engines);
  }
  template <class R>
  async_result<R, Shape> start_apply(std::string_view job, const arguments& list) const {
    const auto engines = gate_->reach(engines_, job);
    const std::span<const value> values{list.values};
    auto info = gate_->check_now(job, argument_types(values));
    return start<R>(std::move(info), gate_->encode(job, detail::call_mode::apply, values), engines);
  }
  /// Jobs that every worker has, and no catalogue.
  template <class R, class... A>
  async_result<R, Shape> start_builtin(std::string_view job, const A&... a) const {
    return async_result<R, Shape>{std::make_shared<detail::submission>(send_builtin(job, a...))};
  }
  template <class... A>
  detail::submission send_builtin(std::string_view job, const A&... a) const {
    const auto engines = gate_->reach(engines_, job);
    return send(builtin_info(job), gate_->encode(job, detail::call_mode::apply, a...), engines);
  }
  static std::shared_ptr<const job_info> builtin_info(std::string_view job) {
    return std::make_shared<const job_info>(job_info{std::string{job}, {}, {}});
  }
  template <class R>
  async_result<R, Shape> start(std::shared_ptr<const job_info> job, const detail::slice& payload,
                               const std::vector<int>& engines) const {
    return async_result<R, Shape>{std::make_shared<detail::submission>(send(std::move(job), payload, engines))};
  }
  detail::submission send(std::shared_ptr<const job_info> job, const detail::slice& payload,
                          const std::vector<int>& engines) const {
    auto tasks = std::make_shared<detail::call>(engines.size(), job->name, this->shared_task_options());
    gate_->peer()->submit_direct(tasks, 0, payload, engines);
    return {std::move(tasks), gate_->peer(), std::move(job), {}};
  }

  template <class Source>
  async_result<void, Shape> start_scatter(std::string_view name, const Source& source,
                                          const scatter_options& options) const {
    constexpr std::string_view push_job = "pactor.push";
    const auto engines = gate_->reach(engines_, push_job);
    const auto parts = detail::split(source.size(), engines.size(), options.distribution);
    auto tasks = std::make_shared<detail::call>(engines.size(), std::string{push_job}, this->shared_task_options());
    const auto send = [&](std::size_t i, const auto& part) {
      const detail::pushed_variable<std::remove_cvref_t<decltype(part)>> pushed{name, part};
      gate_->peer()->submit_direct(tasks, i, gate_->encode(push_job, detail::call_mode::apply, pushed),
                                   std::span{&engines[i], 1});
    };
    for (std::size_t i = 0; i < engines.size(); ++i) {
      if (options.flatten && parts[i].count == 1)
        send(i, source.single(parts[i].first));
      else
        send(i, source.part(parts[i]));
    }
    return async_result<void, Shape>{std::make_shared<detail::submission>(
        detail::submission{std::move(tasks), gate_->peer(), builtin_info(push_job), {}})};
  }

  template <class R, class... Source>
  async_result<R, shape::mapped> start_map(std::string_view job, const Source&... source) const {
    const auto n = detail::common_length({{source.size()...}});
    const auto engines = gate_->reach(engines_, job);
    auto info = gate_->template check<typename Source::element...>(job);
    auto starts = detail::split_evenly(n, engines.size());
    auto tasks = std::make_shared<detail::call>(starts.size() - 1, info->name, this->shared_task_options());
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
      gate_->peer()->submit_direct(
          tasks, i, gate_->encode(job, detail::call_mode::map, source.part({starts[i], starts[i + 1] - starts[i]})...),
          std::span{&engines[i], 1});
    return async_result<R, shape::mapped>{std::make_shared<detail::submission>(detail::submission{
        std::move(tasks), gate_->peer(), std::move(info), std::move(starts), this->options().ordered})};
  }

  std::shared_ptr<detail::gateway> gate_;
  detail::engine_set engines_;
};

/// Several engines: one result each, in target order.
using direct_view = basic_direct_view<shape::per_engine>;
/// One engine, addressed by its number: its result itself, not a list of one.
using engine_view = basic_direct_view<shape::single>;

} // namespace pactor
