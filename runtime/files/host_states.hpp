#pragma once
// What the supervisor of a cluster knows about its hosts, in a file for `pactor status`.

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::files {

struct host_state {
  enum class phase : std::uint8_t {
    starting, ///< its node is on its way
    up,       ///< its engines are there, or find their way back
    lost,     ///< its node ended, and will be started again
    given_up, ///< it ended too often, and will not be
    ended,    ///< its engines were shut down
  };
  static constexpr std::array<std::string_view, 5> phase_names{"starting", "up", "lost", "given up", "ended"};

  std::string name, launcher;
  std::vector<int> engines; ///< their numbers
  phase now = phase::starting;
  std::string words; ///< why its node ended last; "" if it never did
  int restarts = 0;

  friend bool operator==(const host_state&, const host_state&) = default;
};

/// Replaces the file in one step. @throws error{system}
void write_host_states(const std::filesystem::path& path, const std::vector<host_state>& hosts);
/// @return nothing if there is no such file, or one that can't be understood
[[nodiscard]] std::vector<host_state> read_host_states(const std::filesystem::path& path);

} // namespace pactor::files
