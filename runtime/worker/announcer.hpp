#pragma once
// What jobs publish and display: records of the task that runs, in front of its outcome.

#include "pactor/job_abi.h"
#include "runtime/core/publish_limiter.hpp"
#include "runtime/wire/sayings.hpp"
#include "runtime/worker/output.hpp"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace pactor::worker {

/// Behind context::publish() and display(). A task that uses neither costs nothing but a look at a flag.
class announcer {
public:
  explicit announcer(output& out) : out_{out} {}
  announcer(const announcer&) = delete;
  announcer& operator=(const announcer&) = delete;

  /// A task starts. Job thread only, as is end().
  void begin(std::uint64_t task) noexcept { task_ = task; }
  /// It has ended: what it published last is in the output before its outcome is. @param now as output::add()
  void end(std::int64_t now) {
    if (spoke_) finish(now);
  }

  /// Job thread only. @return pactor_said
  pactor_said publish(std::string_view name, std::string_view encoded);
  pactor_said display(std::string_view media_type, std::string_view name, std::string_view data);
  /// Any thread, now and then: what was published too fast goes on when it may.
  void release();

  /// Lets jobs reach it.
  void attach(pactor_host& host) noexcept;

private:
  using steady = std::chrono::steady_clock;

  void finish(std::int64_t now);
  void say(std::uint64_t task, wire::record_kind kind, const detail::bytes& payload, bool more, std::int64_t now);
  auto sender(std::int64_t now, bool more);

  output& out_;
  std::uint64_t task_ = 0;
  bool spoke_ = false;

  std::mutex mutex_;            // of what follows
  std::uint64_t publisher_ = 0; // the task whose values the limiter has
  core::publish_limiter limiter_{{.burst = std::size_t{256} << 10,
                                  .per_second = std::size_t{256} << 10,
                                  .kept = wire::most_published,
                                  .each = wire::published_cost}};
  std::uint64_t displayed_ = 0; // bytes
  std::uint32_t items_ = 0;
};

} // namespace pactor::worker
