#pragma once
// Waiting for what has to come, without knowing when.

#include <chrono>
#include <concepts>
#include <thread>

namespace pactor::test {

/// Asks until `predicate` holds or `limit` is over. @return whether it came to hold
template <std::predicate<> Predicate>
bool eventually(std::chrono::milliseconds limit, Predicate predicate) {
  using clock = std::chrono::steady_clock;
  const auto deadline = clock::now() + limit;
  auto pause = std::chrono::microseconds{500};
  while (!predicate()) {
    if (clock::now() >= deadline) return predicate();
    std::this_thread::sleep_for(pause);
    if (pause < std::chrono::milliseconds{20}) pause *= 2;
  }
  return true;
}

} // namespace pactor::test
