#pragma once
// What an engine reads from its worker: bytes into records, descriptors to those that announce them. Knows no socket.

#include "runtime/process/unique_fd.hpp"
#include "runtime/worker/protocol.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <deque>
#include <span>
#include <utility>
#include <vector>

namespace pactor::worker {

/// A job can write into the socket, and send descriptors: nothing of it is believed, and little is kept.
class record_reader {
public:
  /// @param a_read  bytes that are fetched at a time
  explicit record_reader(std::size_t a_read = std::size_t{256} << 10) : a_read_{a_read} {}

  /// Room for the next bytes, at least half of a read.
  [[nodiscard]] std::span<char> room() {
    if (in_.size() - have_ < a_read_ / 2) in_.resize(std::max(in_.size() * 2, a_read_));
    return std::span{in_}.subspan(have_);
  }
  /// So many bytes came into room().
  void came(std::size_t size) { have_ += size; }
  /// Beside them. Records take them in their order.
  void came(process::unique_fd file) { files_.push_back(std::move(file)); }

  /// Calls f(record, payload, file) for every record that is whole, until it returns false.
  /// @return false if what came can't be of a worker: no record comes after it
  template <class F>
  bool take(F&& f) {
    std::size_t at = 0;
    bool going = true;
    while (sound_ && going && have_ - at >= sizeof(wire::record)) {
      wire::record r;
      std::memcpy(&r, in_.data() + at, sizeof r);
      const auto size = sizeof r + wire::padded(r.size);
      sound_ = r.size <= inline_limit;
      if (!sound_ || have_ - at < size) break;
      process::unique_fd file;
      if ((r.flags & wire::transferred) != 0 && !files_.empty()) {
        file = std::move(files_.front());
        files_.pop_front();
      }
      going = f(r, in_.data() + at + sizeof r, std::move(file));
      at += size;
    }
    sound_ = sound_ && files_.size() <= most_files;
    if (!sound_) files_.clear();
    forget(sound_ ? at : have_);
    return sound_;
  }

private:
  /// A worker sends each with the first byte of its record; one read may bring several.
  static constexpr std::size_t most_files = 64;

  void forget(std::size_t size) {
    if (size > 0) std::memmove(in_.data(), in_.data() + size, have_ - size);
    have_ -= size;
    if (have_ == 0 && in_.size() > 4 * a_read_) std::vector<char>().swap(in_);
  }

  std::size_t a_read_, have_ = 0;
  std::vector<char> in_;
  bool sound_ = true;
  std::deque<process::unique_fd> files_;
};

} // namespace pactor::worker
