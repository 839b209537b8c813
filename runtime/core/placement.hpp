#pragma once
// Which engine gets a task.

#include "runtime/core/task_parts.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace pactor::core {

/// How the engine is chosen among those that have room.
enum class scheme : std::uint8_t {
  leastload,   ///< the one with the least work; of equals the one that waited longest
  lru,         ///< the one that waited longest
  plainrandom, ///< any
  twobin,      ///< of two drawn at random the one that waited longer
  weighted,    ///< of two drawn at random, the idler the likelier, the one with less work
};
inline constexpr std::array<std::string_view, 5> scheme_names{"leastload", "lru", "plainrandom", "twobin", "weighted"};
[[nodiscard]] constexpr std::string_view to_string(scheme s) { return scheme_names[static_cast<std::size_t>(s)]; }
/// @return nothing for what is no scheme
[[nodiscard]] std::optional<scheme> scheme_named(std::string_view name);

/// Knows the load of each engine. The default scheme costs a logarithm of the engines, the others a look at each.
class placement {
public:
  struct options {
    core::scheme scheme = core::scheme::leastload;
    std::size_t hwm = 0;    ///< tasks an engine may have; 0: as many as hide the way there
    std::uint64_t seed = 1; ///< of the schemes with chance
  };
  /// @param target of work that an engine is given ahead
  placement(options o, std::int64_t target) noexcept : options_{o}, target_{target}, random_{o.seed | 1} {}

  void add(parts::engine& e);
  void remove(const parts::engine& e);
  /// Its work changed, or it was paused or resumed.
  void update(parts::engine& e) {
    count(e);
    ranks_.update(e.place, rank_of(e));
  }
  /// It is given a task now.
  void use(parts::engine& e) { e.used = ++uses_; }

  [[nodiscard]] bool has_room(const parts::engine& e) const noexcept {
    if (e.paused || e.draining || (e.robbed && e.count > 0)) return false;
    return options_.hwm > 0 ? e.count < options_.hwm : e.work < target_;
  }
  /// Whether any engine may have room.
  [[nodiscard]] bool any_room() const noexcept { return !ranks_.empty() && ranks_.front().engine->roomy; }
  /// Engines without a task that could have one.
  [[nodiscard]] std::size_t idle() const noexcept { return idle_; }
  /// How often an engine got room that had none before: who found none need not look again until this changes.
  [[nodiscard]] std::uint64_t openings() const noexcept { return openings_; }
  /// Chooses for a task that only these may run. @return null if none of them has room
  [[nodiscard]] parts::engine* choose(std::span<parts::engine* const> among);
  /// The same among all engines. @pre any_room()
  [[nodiscard]] parts::engine* choose();
  /// Chooses among those that `suits` takes. @return null if none of them has room
  template <class F>
  [[nodiscard]] parts::engine* choose_if(F&& suits) {
    roomy_.clear();
    for (const auto& r : ranks_.all())
      if (r.engine->roomy && suits(*r.engine)) roomy_.push_back(r.engine);
    return pick(roomy_);
  }

private:
  [[nodiscard]] parts::engine* pick(std::span<parts::engine* const> roomy);
  [[nodiscard]] std::size_t draw(std::size_t count);
  [[nodiscard]] std::size_t draw_idle(std::span<parts::engine* const> roomy);
  [[nodiscard]] parts::rank rank_of(parts::engine& e) const;
  void count(parts::engine& e);

  options options_;
  std::int64_t target_;
  std::uint64_t random_;
  std::uint64_t uses_ = 0;
  std::uint64_t openings_ = 1;
  std::size_t idle_ = 0;
  indexed_heap<parts::rank> ranks_;
  std::vector<parts::engine*> roomy_; // used again and again
};

} // namespace pactor::core
