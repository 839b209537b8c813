#pragma once
// Which frames of nodes a scheduler has brought to their clients, told by the frames that clients acknowledge.

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

namespace pactor::core {

/// Frames come from sources and what they hold leaves in frames to destinations; both are numbered from 1, for each
/// source and destination. A source's frame is done with when every frame that holds something of it is acknowledged.
/// Costs a few steps a frame, nothing an outcome.
class acknowledgements {
public:
  using key = const void*;

  /// A frame of this source is read from here on, until finished().
  void received(key from);
  void finished();
  /// Something of the frame that is read, if one is, leaves with the next frame to this destination.
  void passed(key to) {
    if (reading_ == nullptr || to == passed_to_) return;
    passed_to_ = to;
    auto& d = destinations_[to];
    if (d.open == 0 || d.sources.back().source != reading_ || d.sources.back().frame != reading_frame_) hold(d);
  }
  /// The next frame to this destination left.
  void sent(key to);
  /// The destination has done with its first `frames` frames.
  void acknowledged(key who, std::uint64_t frames);
  /// Its key may be another source's from now on.
  void source_gone(key from);
  /// What was on its way there is nobody's any more.
  void destination_gone(key who);
  /// How many frames of this source are done with, from the first on.
  [[nodiscard]] std::uint64_t done(key from) const;
  /// The same, if it is `step` frames more than was told last. Counts as told.
  [[nodiscard]] std::optional<std::uint64_t> due(key from, std::uint64_t step);
  /// Whether there is something to tell the source.
  [[nodiscard]] bool untold(key from) const;
  /// The source was told of all that is done.
  void told(key from);

  /// Frames of sources that are not done with.
  [[nodiscard]] std::size_t open() const;

private:
  struct held {
    key source;
    std::uint64_t frame;
  };
  struct destination {
    std::deque<held> sources;       // of frames that are not acknowledged, then of the next one
    std::deque<std::uint32_t> sent; // how many of `sources` each frame holds
    std::uint32_t open = 0;         // how many the next one holds
    std::uint64_t acknowledged = 0;
  };
  struct source {
    std::deque<std::uint32_t> pending; // by frame: who holds it
    std::uint64_t first = 1, told = 0; // number of pending.front()
  };
  void hold(destination& d);
  void release(const held& h);
  std::unordered_map<key, destination> destinations_;
  std::unordered_map<key, source> sources_;
  key reading_ = nullptr;
  key passed_to_ = nullptr; // by the frame that is read, since something left
  std::uint64_t reading_frame_ = 0;
};

} // namespace pactor::core
