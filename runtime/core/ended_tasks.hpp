#pragma once
// How the tasks of a client ended that ended last: for those that depend on them.

#include "runtime/core/owner.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

namespace pactor::core {

/// Bounded: of each client the last ones. To note one costs a store; to look for one, a walk.
class ended_tasks {
public:
  static constexpr std::size_t most = 65'536; ///< of a client

  struct end {
    bool ok = false;
    int engine = -1; ///< -1: it ran on none

    friend bool operator==(const end&, const end&) = default;
  };

  /// Those of one client.
  class list {
  public:
    void note(std::uint64_t number, const end& e) {
      const entry x{number, e.engine, e.ok};
      if (entries_.size() < most)
        entries_.push_back(x);
      else
        entries_[next_] = x;
      next_ = (next_ + 1) % most;
    }
    /// @return nothing if it has not ended, or long ago
    [[nodiscard]] std::optional<end> find(std::uint64_t number) const {
      for (auto left = entries_.size(), at = next_; left > 0; --left) { // the last one first
        at = (at == 0 ? entries_.size() : at) - 1;
        if (entries_[at].number == number) return end{entries_[at].ok, entries_[at].engine};
      }
      return std::nullopt;
    }

  private:
    struct entry {
      std::uint64_t number;
      std::int32_t engine;
      bool ok;
    };
    std::vector<entry> entries_;
    std::size_t next_ = 0;
  };

  /// Shared by all who note what a client's tasks came to.
  [[nodiscard]] std::shared_ptr<list> of(std::uint32_t client) {
    auto& l = clients_[client];
    if (!l) l = std::make_shared<list>();
    return l;
  }
  void forget(std::uint32_t client) { clients_.erase(client); }

private:
  std::unordered_map<std::uint32_t, std::shared_ptr<list>> clients_;
};

} // namespace pactor::core
