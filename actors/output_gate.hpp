#pragma once
// What tasks print on its way through a process: it never piles up before a peer that is slow.

#include "actors/outbox.hpp"
#include "runtime/wire/records.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

namespace pactor {

/// Adds output records to outboxes, unless so much waits there that they are left out, which is counted and told with
/// the next record of the task that passes. I/O thread only.
class output_gate {
public:
  /// Bytes that may wait for a peer before output is left out.
  static constexpr std::size_t most_waiting = std::size_t{16} << 20;

  void pass(outbox& out, wire::record r, const char* payload) {
    const key k{r.id, stream_of(r)};
    if (out.link()->unsent() > most_waiting) {
      if (r.kind == static_cast<std::uint16_t>(wire::record_kind::output)) omitted_[k] += r.size + r.transfer;
      return;
    }
    if (!omitted_.empty()) {
      if (const auto i = omitted_.find(k); i != omitted_.end()) {
        r.transfer += i->second;
        omitted_.erase(i);
      }
    }
    out.add(r, payload);
  }
  /// The task ends: tells what was left out of it and not told yet.
  /// @param id by which `out` knows the task, and records were passed
  void ended(outbox& out, std::uint64_t id, int engine) {
    if (omitted_.empty()) return;
    for (const bool errors : {false, true}) {
      const auto stream = wire::stream_flags(errors);
      const auto i = omitted_.find({id, stream});
      if (i == omitted_.end()) continue;
      wire::record r;
      r.id = id;
      r.kind = static_cast<std::uint16_t>(wire::record_kind::output);
      r.flags = stream;
      r.engine = engine;
      r.transfer = i->second;
      omitted_.erase(i);
      out.add(r, nullptr);
    }
  }

private:
  using key = std::pair<std::uint64_t, std::uint16_t>; // task, stream
  static std::uint16_t stream_of(const wire::record& r) { return r.flags & wire::error_stream; }
  std::map<key, std::uint64_t> omitted_;
};

} // namespace pactor
