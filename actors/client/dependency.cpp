#include "pactor/wait.hpp"

namespace pactor {

dependency::dependency(std::initializer_list<any_result> results) : dependency{results, condition{}} {}

dependency::dependency(std::initializer_list<any_result> results, condition when) : when_{when} {
  if (!when.success && !when.failure)
    throw error{ec::invalid_argument, "a dependency must count results, errors or both"};
  for (const auto& r : results) calls_.push_back(r.state_->tasks);
}

} // namespace pactor
