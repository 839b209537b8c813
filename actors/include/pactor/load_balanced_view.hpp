#pragma once
// Calls on engines that the scheduler chooses.

#include "pactor/view.hpp"

namespace pactor {

/// How a load-balanced map is cut up and read.
struct map_options {
  /// Elements of one task; 0 is automatic: ceil(n / (4 * engines)), at least 1.
  std::size_t chunksize = 0;
  /// Whether iterating over the result goes in element order or in the order in which tasks end. get() always
  /// returns the results in element order.
  bool ordered = true;
};

/// Calls jobs on whichever engine is free. What is called while there is no engine waits for the first one. A cheap
/// copyable handle; calls of one view may come from several threads, set_block() may not.
class load_balanced_view : public detail::call_forms<load_balanced_view> {
public:
  /// What apply_async() returns for a job that returns R.
  template <class R>
  using result_type = async_result<R>;

  load_balanced_view(std::shared_ptr<detail::gateway> gate, detail::engine_set engines)
      : gate_{std::move(gate)}, engines_{std::move(engines)} {}

  /// The engines that a call may go to now.
  [[nodiscard]] std::vector<int> targets() const { return engines_.lazy ? gate_->peer()->ids() : engines_.numbers; }
  /// The number of engines now.
  [[nodiscard]] std::size_t size() const { return targets().size(); }
  /// This view with other options for its maps: `lview.with({.chunksize = 8}).map_async(job, a, b)`.
  [[nodiscard]] load_balanced_view with(const map_options& options) const {
    auto view = *this;
    view.map_options_ = options;
    return view;
  }

  using call_forms::map;
  using call_forms::map_async;
  using call_forms::map_sync;
  /// The map of one sequence, with options: `lview.map_async(job, range, {.chunksize = 8, .ordered = false})`.
  template <class R, class P, sequence S>
  auto map_async(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map_async(job, s);
  }
  template <class R = value, sequence S>
  auto map_async(std::string_view job, S&& s, const map_options& options) const {
    return with(options).map_async<R>(job, s);
  }
  template <class R, class P, sequence S>
  auto map_sync(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map_sync(job, s);
  }
  template <class R = value, sequence S>
  auto map_sync(std::string_view job, S&& s, const map_options& options) const {
    return with(options).map_sync<R>(job, s);
  }
  template <class R, class P, sequence S>
  auto map(const pactor::job<R(P)>& job, S&& s, const map_options& options) const {
    return with(options).map(job, s);
  }
  template <class R = value, sequence S>
  auto map(std::string_view job, S&& s, const map_options& options) const {
    return with(options).map<R>(job, s);
  }

  /// For parallel_function: one task a chunk. @param options the distribution is that of the chunks, always blocks
  template <class R, class... Source>
  async_result<R, shape::joined> start_parallel(std::string_view job, const parallel_options& options,
                                                const Source&... source) const {
    if (options.distribution != distribution::blocks)
      throw error{ec::invalid_argument, "a load-balanced view divides into blocks only"};
    const auto n = detail::common_length_of(source...);
    auto info = gate_->check<typename Source::whole...>(job);
    const auto allowed = gate_->allow(engines_, info->name);
    const auto starts = detail::split_chunks(n, map_options_.chunksize, size());
    auto tasks = std::make_shared<detail::call>(starts.size() - 1, info->name);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
      gate_->peer()->submit_balanced(
          tasks, i,
          detail::encode_call(job, detail::call_mode::apply, source.part({starts[i], starts[i + 1] - starts[i]})...),
          allowed);
    detail::submission state{std::move(tasks), gate_->peer(), std::move(info), {}, map_options_.ordered};
    state.pieces = true;
    return async_result<R, shape::joined>{std::make_shared<detail::submission>(std::move(state))};
  }

private:
  friend class detail::call_forms<load_balanced_view>;

  template <class R, class... A>
  async_result<R> start_apply(std::string_view job, const A&... a) const {
    auto info = gate_->check<A...>(job);
    return start<R>(std::move(info), detail::encode_call(job, detail::call_mode::apply, a...));
  }
  template <class R>
  async_result<R> start_apply(std::string_view job, const arguments& list) const {
    const std::span<const value> values{list.values};
    auto info = gate_->check_now(job, argument_types(values));
    return start<R>(std::move(info), detail::encode_call(job, detail::call_mode::apply, values));
  }
  template <class R>
  async_result<R> start(std::shared_ptr<const job_info> job, const detail::slice& payload) const {
    const auto allowed = gate_->allow(engines_, job->name);
    auto tasks = std::make_shared<detail::call>(1, job->name);
    gate_->peer()->submit_balanced(tasks, 0, payload, allowed);
    return async_result<R>{
        std::make_shared<detail::submission>(detail::submission{std::move(tasks), gate_->peer(), std::move(job), {}})};
  }

  template <class R, class... Source>
  async_result<R, shape::mapped> start_map(std::string_view job, const Source&... source) const {
    const auto n = detail::common_length({{source.size()...}});
    auto info = gate_->check<typename Source::element...>(job);
    const auto allowed = gate_->allow(engines_, info->name);
    auto starts = detail::split_chunks(n, map_options_.chunksize, size());
    auto tasks = std::make_shared<detail::call>(starts.size() - 1, info->name);
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
      gate_->peer()->submit_balanced(
          tasks, i,
          detail::encode_call(job, detail::call_mode::map, source.part({starts[i], starts[i + 1] - starts[i]})...),
          allowed);
    return async_result<R, shape::mapped>{std::make_shared<detail::submission>(
        detail::submission{std::move(tasks), gate_->peer(), std::move(info), std::move(starts), map_options_.ordered})};
  }

  std::shared_ptr<detail::gateway> gate_;
  detail::engine_set engines_;
  map_options map_options_;
};

} // namespace pactor
