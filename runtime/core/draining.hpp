#pragma once
// How nodes leave the cluster without losing tasks: nothing new comes to them, what they have ends, then they go.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace pactor::core {

/// Of any number of nodes at a time. Tasks are counted again and again, since only the schedulers know when one ends.
class draining {
public:
  using node_key = std::uint64_t;
  using time_point = std::chrono::steady_clock::time_point;

  enum class step : std::uint8_t {
    begin, ///< give its engines no more balanced tasks, and take back what has not started
    count, ///< ask how many tasks its engines have
    close, ///< accept no directed tasks for it any more
    leave, ///< tell it to end when everything that it has to say was heard
    force, ///< cut it off: its time is over
  };
  struct action {
    step what{};
    node_key node = 0;
    friend bool operator==(const action&, const action&) = default;
  };
  using actions = std::vector<action>;

  /// @param until  when it goes, whatever it has then; never if there is none. Again: only the time is another
  [[nodiscard]] actions begin(node_key node, std::optional<time_point> until);
  /// So many tasks it has.
  [[nodiscard]] actions counted(node_key node, std::uint64_t tasks);
  /// How it went.
  struct departure {
    bool told = false; ///< to leave: else it may come back with what it had
    std::optional<time_point> until{};
  };
  /// The node is gone. @return nothing if it was not to leave
  std::optional<departure> gone(node_key node);
  /// To be called every few moments while any().
  [[nodiscard]] actions tick(time_point now);

  [[nodiscard]] bool any() const noexcept { return !nodes_.empty(); }
  [[nodiscard]] bool drains(node_key node) const { return nodes_.count(node) > 0; }

private:
  enum class phase : std::uint8_t { emptying, closed, leaving, forced };
  struct state {
    phase at = phase::emptying;
    bool asked = true; // for the number of its tasks
    std::optional<time_point> until{};
  };
  std::map<node_key, state> nodes_;
};

} // namespace pactor::core
