#include "pactor/detail/gateway.hpp"

#include "pactor/detail/outcomes.hpp"
#include "runtime/core/chunk_plan.hpp"
#include "runtime/core/near_names.hpp"
#include "runtime/core/partition.hpp"
#include "runtime/core/signature.hpp"
#include "runtime/core/targets.hpp"

#include <algorithm>
#include <csignal>
#include <mutex>

namespace pactor::detail {

namespace {

[[noreturn]] void refuse(ec code, std::string_view job, std::string what) {
  failure f;
  f.code = code;
  f.what = std::move(what);
  f.job = job;
  raise(f);
}

[[noreturn]] void raise_gone(int engine, std::string_view job, std::span<const int> engines) {
  failure f;
  f.code = ec::engine_lost;
  f.what = "engine " + std::to_string(engine) + " is gone: the engines are " + core::engine_list(engines);
  f.job = job;
  f.engine = engine;
  raise(f);
}

bool contains(std::span<const int> sorted, int engine) {
  return std::binary_search(sorted.begin(), sorted.end(), engine);
}

[[noreturn]] void raise_unknown(session& s, std::string_view job) {
  std::vector<std::string> names;
  for (auto& info : s.jobs()) names.push_back(std::move(info.name));
  const auto near = core::near_names(job, names);
  auto what = "no job \"" + std::string{job} + '"';
  for (std::size_t i = 0; i < near.size(); ++i) what += (i == 0 ? "; did you mean " : " or ") + near[i];
  refuse(ec::unknown_job, job, what + (near.empty() ? "" : "?"));
}

} // namespace

engine_set gateway::resolve(const targets& t) const {
  if (t.lazy()) return {};
  return {false, t.resolve(session_->ids())};
}

std::vector<int> gateway::reach(const engine_set& engines, std::string_view job) const {
  auto present = session_->ids();
  if (engines.lazy) {
    if (present.empty())
      throw no_engines{"no engines are registered; start some, or give them time with wait_for_engines(n)"};
    return present;
  }
  for (const auto engine : engines.numbers)
    if (!contains(present, engine)) raise_gone(engine, job, present);
  return engines.numbers;
}

std::vector<int> gateway::allow(const engine_set& engines, std::string_view job) const {
  if (engines.lazy) return {};
  const auto present = session_->ids();
  const auto here = [&](int engine) { return contains(present, engine); };
  if (std::ranges::none_of(engines.numbers, here)) raise_gone(engines.numbers.front(), job, present);
  return engines.numbers;
}

std::optional<job_info> gateway::find(std::string_view job) const {
  const std::string name{job};
  {
    const std::shared_lock lock{mutex_};
    if (const auto known = imported_.find(name); known != imported_.end()) return known->second;
  }
  return session_->find_job(name);
}

void gateway::know(const std::vector<job_info>& jobs) {
  const std::unique_lock lock{mutex_};
  for (const auto& job : jobs) imported_.insert_or_assign(job.name, job);
  checked_.clear(); // they may have other signatures than those of the same names before
}

std::shared_ptr<const job_info> gateway::check_now(std::string_view job, std::string_view types) const {
  auto info = find(job);
  if (!info) raise_unknown(*session_, job);
  if (const auto fault = core::check_call(job, info->signature, types)) refuse(ec::signature_mismatch, job, *fault);
  return std::make_shared<const job_info>(std::move(*info));
}

std::shared_ptr<const job_info> gateway::check_once(std::string_view job, std::string_view types) {
  const checked_call_view key{job, types.data()};
  {
    const std::shared_lock lock{mutex_};
    if (const auto known = checked_.find(key); known != checked_.end()) return known->second;
  }
  auto info = check_now(job, types);
  const std::unique_lock lock{mutex_};
  return checked_.try_emplace(checked_call{std::string{job}, types.data()}, std::move(info)).first->second;
}

void gateway::signal_engines(std::span<const int> engines, int number) const {
  if (number <= 0 || number >= NSIG) throw error{ec::invalid_argument, "there is no signal " + std::to_string(number)};
  session_->order_engines(engine_order::signal, engines, number);
}

std::vector<std::size_t> split_evenly(std::size_t n, std::size_t parts) {
  std::vector<std::size_t> starts;
  for (const auto& part : core::partition(n, parts))
    if (part.size > 0) starts.push_back(part.first);
  starts.push_back(n);
  return starts;
}

std::vector<std::size_t> split_chunks(std::size_t n, std::size_t chunk, std::size_t engines) {
  constexpr std::size_t parts_per_engine = 4;
  const auto parts = parts_per_engine * std::max<std::size_t>(engines, 1);
  if (chunk == 0) chunk = std::max<std::size_t>((n + parts - 1) / parts, 1);
  std::vector<std::size_t> starts;
  starts.reserve(n / chunk + 2);
  for (std::size_t first = 0; first < n; first += std::min(chunk, n - first)) starts.push_back(first);
  starts.push_back(n);
  return starts;
}

void element_times::note(const std::string& job, seconds all, std::size_t elements) {
  if (elements == 0 || !(all.count() >= 0)) return;
  const std::lock_guard lock{mutex_};
  if (known_.size() >= most && !known_.contains(job)) known_.clear();
  known_[job] = all / static_cast<double>(elements);
}

std::optional<seconds> element_times::of(const std::string& job) const {
  const std::lock_guard lock{mutex_};
  const auto known = known_.find(job);
  return known == known_.end() ? std::nullopt : std::optional{known->second};
}

std::vector<std::size_t> gateway::chunks(const std::string& job, std::size_t n, std::size_t chunk,
                                         std::size_t engines) const {
  return chunk != 0 ? split_chunks(n, chunk, engines) : core::chunk_starts(n, engines, times_->of(job));
}

void gateway::learn(const call& tasks, const std::vector<std::size_t>& starts) const {
  // Knows the call by a pointer that is good whenever the call itself speaks.
  tasks.observe([times = times_, starts, c = &tasks] {
    if (!c->ready()) return false;
    seconds all{};
    std::size_t elements = 0;
    for (std::size_t i = 0; i < c->size(); ++i) {
      const auto& o = c->at(i);
      if (!is_result(o) && !is_partial(o)) continue;
      all += o.completed - o.started;
      elements += starts[i + 1] - starts[i];
    }
    times->note(c->job(), all, elements);
    return true;
  });
}

std::vector<stretch> split(std::size_t n, std::size_t parts, distribution d) {
  std::vector<stretch> all;
  all.reserve(parts);
  for (const auto& p : d == distribution::blocks ? core::partition(n, parts) : core::round_robin(n, parts))
    all.push_back({p.first, p.size, p.step});
  return all;
}

std::size_t common_length(std::span<const std::size_t> lengths) {
  if (std::ranges::adjacent_find(lengths, std::ranges::not_equal_to{}) == lengths.end()) return lengths.front();
  std::string text;
  for (const auto n : lengths) text += (text.empty() ? "" : ", ") + std::to_string(n);
  throw error{ec::invalid_argument, "all sequences must have the same length, but have " + text};
}

} // namespace pactor::detail
