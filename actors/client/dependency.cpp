#include "pactor/wait.hpp"

namespace pactor {

dependency::dependency(std::initializer_list<any_result> results) : dependency{results, condition{}} {}

dependency::dependency(std::initializer_list<any_result> results, condition when) : when_{when} {
  if (!when.success && !when.failure)
    throw error{ec::invalid_argument, "a dependency must count results, errors or both"};
  for (const auto& r : results) {
    calls_.push_back(r.state_->tasks);
    clients_.push_back(r.state_->link);
  }
}

void dependency::require(const std::shared_ptr<const detail::session>& client) const {
  for (std::size_t i = 0; i < calls_.size(); ++i)
    if (clients_[i].lock() != client)
      throw invalid_dependency{"a task can't depend on " + calls_[i]->job() + ": that is a task of another client"};
}

} // namespace pactor
