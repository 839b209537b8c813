#pragma once
// The record format of every batch: tasks on their way to a worker, outcomes on their way back. One batch is one
// contiguous buffer, so that a hop costs one buffer and not one allocation a task. All integers are little endian,
// as are all machines this runs on (checked below).

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/call.hpp"

#include <bit>
#include <cstdint>

namespace pactor::wire {

using detail::bytes;
using detail::slice;
static_assert(std::endian::native == std::endian::little, "records travel as they lie in memory");

/// What precedes each payload in a batch. The payload follows, padded to 16 bytes, so that every payload is aligned
/// and numeric arrays in it can be read in place.
struct record {
  std::uint64_t id = 0;       ///< task number: the client's own between client and controller, the scheduler's after
  std::uint32_t size = 0;     ///< bytes of the payload that follow here (not those of a transfer)
  std::uint16_t kind = 0;     ///< record_kind
  std::uint16_t flags = 0;    ///< record_flag bits
  std::int32_t engine = -1;   ///< directed tasks and outcomes: the engine's number
  std::uint32_t count = 0;    ///< outcomes: the worker's pid; tasks from the scheduler on: the client's number
  std::int64_t started = 0;   ///< outcomes: when the job started, nanoseconds since the epoch (worker's clock); tasks
                              ///< from the scheduler on: the client's own number
  std::int64_t completed = 0; ///< outcomes: when it ended
  std::uint64_t transfer = 0; ///< with record_flag::transferred or shared: names what carries the payload
};
static_assert(sizeof(record) == 48);

enum class record_kind : std::uint16_t {
  task = 1,    ///< run this call
  targets = 2, ///< in front of a task record: for the direct scheduler and nodes, the ids and engines of the tasks
               ///< that share its payload (pactor::target); for the task scheduler, int32 numbers of the engines
               ///< that may run it
  result = 3,  ///< outcome: payload is the encoded result
  failure = 4, ///< outcome: payload is an encoded failure
  partial = 5, ///< outcome of a map with failed elements: payload is [successes, [[index, failure], ...]]
  lost = 6,    ///< node to scheduler only: the engine died before the end of this task; payload is a failure.
               ///< flags has started if the task was the one that ran
  options = 7, ///< in front of a task record: encoded pactor::wire_options, where they are not the defaults
  // What a task says while it runs, on its way to its client. Such a record may be left out on the way.
  output = 16, ///< payload: what it printed, to standard error with error_stream; `transfer`: bytes that were left out
               ///< before it; `count`: to the client, how many engines died under the task before
  published = 17, ///< payload: a name and its encoded value (wire/sayings.hpp); `transfer`: how many values were left
                  ///< out that no later one replaced; `count`: as of output
  displayed = 18, ///< payload: a part of a picture or file (wire/sayings.hpp); `count`: as of output
};

/// True for what a task says while it runs; after its outcome there is nothing more of it.
constexpr bool is_output(std::uint16_t kind) { return kind >= static_cast<std::uint16_t>(record_kind::output); }

enum record_flag : std::uint16_t {
  transferred = 1,  ///< the payload travels as pieces of transfer `transfer`; the 8 bytes that follow are its size
  started = 2,      ///< lost: the task had started
  error_stream = 4, ///< output: of standard error, not standard output
  shared = 8,       ///< the payload crosses no connection but a lane of one host, where `transfer` is its handle; the 8
                    ///< bytes that follow are its size
  again = 32,       ///< task: its client handed it in before, to an earlier life of the controller
  unblamed = 16,    ///< lost: the engine was restarted on purpose, which is not the task's fault
};

/// The flags of an output record.
constexpr std::uint16_t stream_flags(bool standard_error) {
  return standard_error ? static_cast<std::uint16_t>(error_stream) : std::uint16_t{0};
}

using detail::padded;

/// Calls f(record, payload pointer) for every record of a batch.
/// @return false if the batch is malformed; what precedes the fault was delivered
template <class F>
bool for_each_record(const char* data, std::size_t size, F&& f) {
  while (size > 0) {
    record r;
    if (size < sizeof r) return false;
    std::memcpy(&r, data, sizeof r);
    const auto body = padded(r.size);
    if (size - sizeof r < body) return false;
    f(r, data + sizeof r);
    data += sizeof r + body;
    size -= sizeof r + body;
  }
  return true;
}

/// Grows one contiguous batch of records.
class batch {
public:
  [[nodiscard]] bool empty() const noexcept { return used_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] std::uint32_t records() const noexcept { return records_; }

  /// Appends `r` and `r.size` bytes from `payload`.
  void add(const record& r, const void* payload) {
    auto* at = extend(sizeof r + padded(r.size));
    std::memcpy(at, &r, sizeof r);
    if (r.size > 0) std::memcpy(at + sizeof r, payload, r.size);
    if (const auto tail = padded(r.size) - r.size; tail > 0) std::memset(at + sizeof r + r.size, 0, tail);
    ++records_;
  }

  /// Hands out what was collected and starts anew.
  [[nodiscard]] bytes take() {
    buffer_.shrink(used_);
    used_ = capacity_ = 0;
    records_ = 0;
    return std::exchange(buffer_, bytes{});
  }

private:
  char* extend(std::size_t more) {
    if (used_ + more > capacity_) {
      auto next = capacity_ > 0 ? capacity_ * 2 : std::size_t{1024};
      while (next < used_ + more) next *= 2;
      auto grown = bytes::allocate(next);
      if (used_ > 0) std::memcpy(grown.data(), buffer_.data(), used_);
      buffer_ = std::move(grown);
      capacity_ = next;
    }
    auto* at = buffer_.data() + used_;
    used_ += more;
    return at;
  }
  bytes buffer_;
  std::size_t used_ = 0, capacity_ = 0;
  std::uint32_t records_ = 0;
};

// What stands in front of the encoded arguments in a task's payload.
using detail::call_head_size;
using detail::call_mode;
using detail::call_prefix;
using detail::call_view;
using detail::read_call;
using detail::write_call_head;

} // namespace pactor::wire
