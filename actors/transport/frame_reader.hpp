#pragma once
// Frames out of a stream of bytes. Knows neither TLS nor who sends.

#include "actors/transport/frame.hpp"

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <utility>

namespace pactor::transport {

/// Takes memory for a body only when it is told to: the header can be looked at first.
class frame_reader {
public:
  enum class got { part, header, frame };

  /// Where the next bytes go; never empty.
  [[nodiscard]] std::span<char> room() noexcept {
    return (in_body_ ? std::span{body_.data(), header_.size} : std::span{head_}).subspan(have_);
  }
  /// So many bytes came into room(). A header without a body is a frame already: take_body() then is empty.
  got came(std::size_t size) noexcept {
    have_ += size;
    if (have_ < (in_body_ ? header_.size : head_.size())) return got::part;
    have_ = 0;
    if (std::exchange(in_body_, false)) return got::frame;
    std::memcpy(&header_, head_.data(), sizeof header_);
    return got::header;
  }
  /// After a header with a body. @param room  of header().size bytes
  void receive(detail::bytes room) noexcept {
    body_ = std::move(room);
    in_body_ = true;
  }

  [[nodiscard]] const frame_header& header() const noexcept { return header_; }
  [[nodiscard]] detail::bytes take_body() noexcept { return std::exchange(body_, {}); }

private:
  std::array<char, sizeof(frame_header)> head_{};
  frame_header header_{};
  detail::bytes body_;
  std::size_t have_ = 0;
  bool in_body_ = false;
};

} // namespace pactor::transport
