#pragma once
// Engines on another host, started by the system's `ssh`, which knows the user's configuration, agents and known
// hosts. It asks nothing (BatchMode) and never lowers how host keys are checked.
//
// What is secret goes over its standard input, on the other side too: the environment, the connection file. After
// that a byte comes every few seconds, and `q` if it is to end; the node also ends when the input does, or when nothing
// came for half a minute. So it outlives neither this process nor the connection, whatever happens to either.

#include "runtime/launchers/launcher.hpp"

namespace pactor::launchers {

class ssh_launcher final : public launcher {
public:
  /// @param program  in PATH, or a path
  explicit ssh_launcher(std::string program = "ssh") : program_{std::move(program)} {}
  [[nodiscard]] std::unique_ptr<run> start(const order& what, listener heard) override;

private:
  std::string program_;
};

/// The arguments of ssh in front of the command: options, then the address.
/// @param controller  to whose first address the tunnel leads, if the host has one
[[nodiscard]] std::vector<std::string> ssh_arguments(const files::host_config& host,
                                                     const files::connection_file& controller);
/// What the other host's shell is to do: reads variables from its input up to an empty line, then runs the node.
/// @param carried  id of the cargo whose program it is; "" if none was carried
[[nodiscard]] std::string ssh_command(const order& what, const std::string& carried = "");
/// What goes in: variables, an empty line, the connection file. @throws error{configuration} if it is too much
[[nodiscard]] std::string ssh_input(const order& what);

/// Why ssh or the command failed, in words for a person who can do something about it.
/// @param code  that ssh exited with; 255 is its own @param said  what came on standard error
[[nodiscard]] ending explain_ssh(const files::host_config& host, int code, const std::string& said);

} // namespace pactor::launchers
