#include "runtime/core/task_log.hpp"

namespace pactor::core {

void task_log::remember(std::uint32_t kind, std::string_view job) {
  last_kind_ = kind;
  if (names_.size() >= most_names && !names_.contains(kind)) names_.clear(); // those in use come again
  names_.try_emplace(kind, job);
}

std::string_view task_log::job_of(std::uint32_t kind) const {
  const auto at = names_.find(kind);
  return at == names_.end() ? std::string_view{} : at->second;
}

void task_log::label(const owner& task, const std::string& label) {
  if (!label.empty()) labels_[{task.client, task.number}] = label;
}

std::string_view task_log::label_of(const owner& task) const {
  const auto at = labels_.find({task.client, task.number});
  return at == labels_.end() ? std::string_view{} : at->second;
}

void task_log::ended(const owner& task, const end& how) {
  entry e{{task, 0, {}, how.engine}, how};
  // Almost always the first one: they are told in the order in which they left.
  for (auto i = told_; i < left_.size(); ++i) {
    if (left_[i].task != task) continue;
    e.what = left_[i];
    told_ = i + 1;
    break;
  }
  if (told_ == left_.size()) settle();
  if (!labels_.empty())
    if (const auto label = labels_.extract({task.client, task.number})) e.label = label.mapped();
  if (most_ == 0) return;
  if (ended_.size() < most_) {
    ended_.push_back(std::move(e));
    return;
  }
  ended_[next_] = std::move(e);
  if (++next_ == most_) next_ = 0;
}

void task_log::client_gone(std::uint32_t client) {
  labels_.erase(labels_.lower_bound({client, 0}), labels_.upper_bound({client, ~std::uint64_t{0}}));
}

} // namespace pactor::core
