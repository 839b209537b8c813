#pragma once
// Calls on engines that the scheduler chooses.

#include "pactor/view.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor {

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
  /// For parallel_function: one task a chunk. @param options the distribution is that of the chunks, always blocks
  template <class R, class... Source>
  async_result<R, shape::joined> start_parallel(std::string_view job, const parallel_options& options,
                                                const Source&... source) const {
    if (options.distribution != distribution::blocks)
      throw error{ec::invalid_argument, "a load-balanced view divides into blocks only"};
    const auto n = detail::common_length_of(source...);
    auto info = gate_->check<typename Source::whole...>(job);
    const auto allowed = gate_->allow(engines_, info->name);
    const auto starts = detail::split_chunks(n, this->options().chunksize, size());
    auto tasks = std::make_shared<detail::call>(starts.size() - 1, info->name, shared_task_options());
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
      gate_->peer()->submit_balanced(
          tasks, i,
          detail::encode_call(job, detail::call_mode::apply, source.part({starts[i], starts[i + 1] - starts[i]})...),
          allowed);
    detail::submission state{std::move(tasks), gate_->peer(), std::move(info), {}, this->options().ordered};
    state.pieces = true;
    return async_result<R, shape::joined>{std::make_shared<detail::submission>(std::move(state))};
  }

private:
  friend class detail::call_forms<load_balanced_view>;

  void check(const task_options& options) const { detail::check_balanced_options(options, gate_->peer()); }

  /// How the tasks of a lazy map are sent.
  auto lazy_sender(std::string_view job) const {
    return [view = *this, name = std::string{job}](const std::shared_ptr<detail::call>& task,
                                                   const detail::slice& payload) {
      view.gate_->peer()->submit_balanced(task, 0, payload, view.gate_->allow(view.engines_, name));
    };
  }

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
  /// Jobs that every worker has, and no catalogue.
  template <class R, class... A>
  async_result<R> start_builtin(std::string_view job, const A&... a) const {
    return start<R>(std::make_shared<const job_info>(job_info{std::string{job}, {}, {}}),
                    detail::encode_call(job, detail::call_mode::apply, a...));
  }
  template <class R>
  async_result<R> start(std::shared_ptr<const job_info> job, const detail::slice& payload) const {
    const auto allowed = gate_->allow(engines_, job->name);
    auto tasks = std::make_shared<detail::call>(1, job->name, shared_task_options());
    gate_->peer()->submit_balanced(tasks, 0, payload, allowed);
    return async_result<R>{
        std::make_shared<detail::submission>(detail::submission{std::move(tasks), gate_->peer(), std::move(job), {}})};
  }

  template <class R, class... Source>
  async_result<R, shape::mapped> start_map(std::string_view job, const Source&... source) const {
    const auto n = detail::common_length({{source.size()...}});
    auto info = gate_->check<typename Source::element...>(job);
    const auto allowed = gate_->allow(engines_, info->name);
    auto starts = gate_->chunks(info->name, n, this->options().chunksize, size());
    auto tasks = std::make_shared<detail::call>(starts.size() - 1, info->name, shared_task_options());
    for (std::size_t i = 0; i + 1 < starts.size(); ++i)
      gate_->peer()->submit_balanced(
          tasks, i,
          detail::encode_call(job, detail::call_mode::map, source.part({starts[i], starts[i + 1] - starts[i]})...),
          allowed);
    if (this->options().chunksize == 0 && n > 0) gate_->learn(*tasks, starts);
    return async_result<R, shape::mapped>{std::make_shared<detail::submission>(detail::submission{
        std::move(tasks), gate_->peer(), std::move(info), std::move(starts), this->options().ordered})};
  }

  std::shared_ptr<detail::gateway> gate_;
  detail::engine_set engines_;
};

} // namespace pactor
