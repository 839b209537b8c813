#pragma once
// What tasks say on its way through a process: it never piles up before a peer that is slow.

#include "actors/outbox.hpp"
#include "runtime/wire/records.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace pactor {

/// Adds what tasks say to outboxes, unless too much waits there. Output is left out then, which is counted and told
/// with the next record of the task that passes. Of published values the latest of each name is kept until it may
/// pass. Of what is displayed the name and size pass always, so that its receiver sees that it is not whole. I/O
/// thread only.
class output_gate {
public:
  /// Bytes that may wait for a peer before output and values are left out; before displayed items are, which tasks
  /// hand over at once and not more than a few of.
  static constexpr std::size_t most_waiting = std::size_t{16} << 20;
  static constexpr std::size_t most_waiting_displayed = std::size_t{128} << 20;
  /// Bytes of what tasks say that are kept for a peer that is away.
  static constexpr std::size_t most_for_absent = std::size_t{4} << 20;
  /// Bytes of published values that are kept for a slow peer.
  static constexpr std::size_t most_kept = std::size_t{16} << 20;

  /// @param full nothing more may wait there
  void pass(outbox& out, wire::record r, const char* payload, bool full = false);
  /// The task ends: what was kept of it passes, and what was left out and not told yet is told.
  /// @param id by which `out` knows the task, and records were passed
  void ended(outbox& out, std::uint64_t id, int engine) {
    if (omitted_.empty() && kept_.empty()) return;
    tell(out, id, engine);
  }

private:
  using key = std::pair<std::uint64_t, std::uint16_t>; // task, stream
  struct kept_value {
    wire::record record;
    std::string payload;
  };
  struct kept_values {
    std::map<std::string, kept_value, std::less<>> values;
    std::uint64_t missed = 0; // for which there was no room
    std::uint32_t losses = 0; // of the run that they are of
  };

  static std::uint16_t stream_of(const wire::record& r) { return r.flags & wire::error_stream; }
  void pass_output(outbox& out, wire::record r, const char* payload, bool slow);
  void pass_published(outbox& out, const wire::record& r, const char* payload, bool slow);
  static void pass_displayed(outbox& out, wire::record r, const char* payload, bool full);
  void forget_values(kept_values& task);
  void keep(const wire::record& r, std::string_view payload);
  void release(outbox& out, std::uint64_t id, int engine);
  void tell(outbox& out, std::uint64_t id, int engine);

  std::map<key, std::uint64_t> omitted_;
  std::map<std::uint64_t, kept_values> kept_;
  std::size_t kept_size_ = 0;
};

} // namespace pactor
