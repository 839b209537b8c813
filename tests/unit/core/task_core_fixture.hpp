#pragma once
// A task core, and what tests say to it.

#include "runtime/core/task_core.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace pactor::test {

using core::submission;
using core::task_core;

inline detail::slice text(const std::string& x) { return detail::bytes::copy(x.data(), x.size()); }

struct run {
  int engine;
  std::uint64_t id;
  std::uint64_t number;
};

struct task_core_fixture {
  task_core core;

  explicit task_core_fixture(int engines = 0, std::uint32_t max_losses = 3) : core{max_losses} {
    for (int i = 0; i < engines; ++i) core.engine_joined(i);
  }
  void submit(std::uint64_t number, std::vector<int> allowed = {}, std::uint32_t client = 1) {
    REQUIRE(core.submit({.client = client, .number = number, .payload = text("x"), .allowed = allowed}) ==
            submission::accepted);
  }
  void submit_all(std::uint64_t first, std::uint64_t last) {
    for (auto i = first; i <= last; ++i) submit(i);
  }
  std::vector<run> drain() {
    std::vector<run> result;
    while (const auto a = core.next()) result.push_back({a->engine, a->id, a->task.number});
    return result;
  }
  std::vector<std::uint64_t> drain_numbers() {
    std::vector<std::uint64_t> result;
    for (const auto& x : drain()) result.push_back(x.number);
    return result;
  }
  /// Lets the core learn how long tasks take. @pre nothing waits and one engine has room
  void teach(std::chrono::nanoseconds run_time, int times = 64) {
    for (int i = 0; i < times; ++i) {
      submit(0);
      for (const auto& x : drain()) REQUIRE(core.finished(x.id, x.engine, run_time));
    }
  }
};

using numbers = std::vector<std::uint64_t>;

} // namespace pactor::test
