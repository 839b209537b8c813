#pragma once
// Large payloads on their way: cut into pieces at the source, forwarded piece by piece, put together at the end. The
// window bounds what any process holds of a payload that only passes through it. I/O thread only.

#include "actors/recycled_memory.hpp"
#include "actors/transport/link.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace pactor {

/// Pieces needed for a payload.
constexpr std::uint64_t pieces_of(std::uint64_t size) {
  return (size + transport::piece_size - 1) / transport::piece_size;
}

/// Sources: payloads that leave this process.
class piece_senders {
public:
  /// Starts to send. `flags` go with every piece; `tag` is unique for the link and flags.
  void start(const transport::link_ptr& to, std::uint64_t tag, std::uint16_t flags, detail::slice payload);
  /// @return true if it was the last of its transfer
  bool credit(const transport::link_ptr& from, const transport::frame_header& header);
  /// Forgets what was on its way there.
  void link_down(const transport::link_ptr& which);
  /// Payloads that are not acknowledged to their end.
  [[nodiscard]] std::size_t size() const { return senders_.size(); }

private:
  struct sender {
    transport::link_ptr to;
    std::uint16_t flags;
    detail::slice payload;
    std::size_t offset = 0;
    std::uint64_t unacknowledged = 0;
  };
  using key = std::pair<const transport::link*, std::uint64_t>;
  static void pump(sender& s, std::uint64_t tag);
  std::map<key, sender> senders_;
};

/// Ends: payloads that are put together here. Every piece is acknowledged when it is taken.
class piece_assemblies {
public:
  /// @param idle bytes of memory that are kept for the next payloads
  explicit piece_assemblies(std::size_t idle = 0) : memory_{idle} {}
  /// Pieces of this transfer will come. @pre size > 0
  void expect(const transport::link_ptr& from, std::uint64_t tag, std::uint64_t size);
  /// Where the body of this piece belongs, so that it is received without a copy; nothing if it belongs nowhere.
  [[nodiscard]] detail::bytes place(const transport::link& from, const transport::frame_header& header) const;
  /// @return the payload once its last piece came
  /// @throws error{bad_payload} if the piece lies outside the payload
  std::optional<detail::bytes> piece(const transport::link_ptr& from, const transport::frame_header& header,
                                     const detail::bytes& body);
  void drop(const transport::link_ptr& from, std::uint64_t tag);
  /// @return the transfers that will not be completed
  std::vector<std::uint64_t> link_down(const transport::link_ptr& which);
  /// Payloads that are not complete.
  [[nodiscard]] std::size_t size() const { return assemblies_.size(); }

private:
  struct assembly {
    detail::bytes payload;
    std::uint64_t received = 0;
  };
  using key = std::pair<const transport::link*, std::uint64_t>;
  std::map<key, assembly> assemblies_;
  recycled_memory memory_;
};

/// In between: payloads that are forwarded, to one process or to several. A source may send on when the slowest of
/// its destinations has taken a piece.
class piece_relay {
public:
  struct end {
    transport::link_ptr link;
    std::uint64_t tag;
  };
  /// @param flags of the pieces, the same on both sides
  /// A task whose payload this is: its id and its engine.
  using cargo = std::vector<std::pair<std::uint64_t, int>>;
  /// @param size  of the payload
  /// Without destinations the payload is taken and thrown away.
  void open(const end& source, std::vector<end> destinations, std::uint16_t flags, std::uint64_t size,
            cargo tasks = {});
  /// @return false if there is no such transfer
  bool piece(const transport::link_ptr& from, const transport::frame_header& header, const detail::bytes& body);
  bool credit(const transport::link_ptr& from, const transport::frame_header& header);
  void abandoned(const transport::link_ptr& from, const transport::frame_header& header);
  struct loss {
    cargo tasks;          ///< whose payloads will not come
    bool results = false; ///< something on its way there did not arrive
  };
  /// Destinations of a lost source are told that the rest will not come; sources of lost destinations go on.
  loss link_down(const transport::link_ptr& which);
  /// Entries for what is under way, of both ends.
  [[nodiscard]] std::size_t size() const { return by_source_.size() + by_destination_.size(); }

private:
  struct destination {
    end to;
    std::uint64_t credits = 0; // pieces it has taken
  };
  struct route {
    end source;
    std::vector<destination> destinations;
    std::uint16_t flags = 0;
    std::uint64_t size = 0, bytes = 0, pieces = 0, granted = 0;
    cargo tasks{};
  };
  using key = std::pair<const transport::link*, std::uint64_t>;
  using routes = std::map<key, std::shared_ptr<route>>;
  void grant(route& r);
  void forget(const route& r);
  void abandon(route& r);
  routes by_source_, by_destination_;
};

} // namespace pactor
