#pragma once
// Which engines a view addresses: the forms in which users say it.

#include "pactor/error.hpp"

#include <concepts>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pactor {

/// All engines, looked up anew at each call: also those that join later.
struct all_engines {
  friend bool operator==(all_engines, all_engines) = default;
};
inline constexpr all_engines all{};

/// Positions in the ascending list of engines, as in Python: `slice(1, 3)` is the second and the third, `slice({}, 3)`
/// the first three, `slice(-2)` the last two, `slice({}, {}, 2)` every other one. Positions, not engine numbers.
struct slice {
  std::optional<int> start, stop;
  int step = 1;

  constexpr explicit slice(std::optional<int> from, std::optional<int> to = std::nullopt, int by = 1)
      : start{from}, stop{to}, step{by} {}
  friend bool operator==(const slice&, const slice&) = default;
};

/// The engines of a view as the user named them. Converts from every form: `2` and `-1` (the last), `{0, 2}`,
/// `slice(1, 3)`, `"::2"`, `"0,2"`, `"all"`, `all`.
class targets {
public:
  using numbers = std::vector<int>;

  // NOLINTBEGIN(google-explicit-constructor): the forms stand for the targets themselves
  targets(all_engines) {}
  targets(int engine) : form_{numbers{engine}} {}
  targets(std::initializer_list<int> engines) : form_{numbers{engines}} {}
  targets(numbers engines) : form_{std::move(engines)} {}
  targets(const slice& positions) : form_{positions} {}
  targets(const char* text) : form_{std::string{text}} {}
  targets(std::string_view text) : form_{std::string{text}} {}
  targets(std::string text) : form_{std::move(text)} {}
  // NOLINTEND(google-explicit-constructor)

  /// True for `all` and "all": resolved at each call.
  [[nodiscard]] bool lazy() const;

  /// The numbers of the engines meant, out of `engines` (ascending), in the order named.
  /// @throws error{invalid_argument} for a malformed form, an engine named twice, and one that is not there: "no engine
  /// 7: the engines are 0-3"; no_engines if there are none, or a slice selects none
  [[nodiscard]] numbers resolve(std::span<const int> engines) const;

  friend bool operator==(const targets&, const targets&) = default;
  /// As on the command line: `all`, `0,2`, `1:3`.
  friend std::ostream& operator<<(std::ostream& out, const targets& t);

private:
  std::variant<all_engines, numbers, slice, std::string> form_;
};

} // namespace pactor
