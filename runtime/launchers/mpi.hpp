#pragma once
// Engines that are the ranks of an MPI program: mpiexec starts a node for each, with one engine, whose number is the
// rank counted from the set's first. The worker inherits what MPI tells its processes, so that jobs may call MPI.
//
// Ranks live and die together: when one goes mpiexec ends the others, and the supervisor starts the whole set again.
//
// What each rank runs is a script in the order's directory, which has to be shared with the hosts that mpiexec takes,
// as the connection file has to be. It keeps the environment from the command line. A node ends when nobody reads its
// output any more, which is mpiexec's part, or when it has been without a controller for half a minute.

#include "runtime/launchers/launcher.hpp"

#include <memory>
#include <string>

namespace pactor::launchers {

class mpi_launcher final : public launcher {
public:
  [[nodiscard]] std::unique_ptr<run> start(const order& what, listener heard) override;
};

/// What each rank runs. @param program  `pactor`
[[nodiscard]] std::string mpi_script(const order& what, const std::string& program);
/// What a shell is to run: `exec mpiexec -n 4 OPTIONS /bin/sh SCRIPT`, with the host's own words for the first and the
/// options.
[[nodiscard]] std::string mpi_command(const order& what, const std::string& script);
/// Why it ended, from what mpiexec and the ranks wrote: the words of a node, else all in one line without its frame.
[[nodiscard]] std::string mpi_words(std::string_view said);

} // namespace pactor::launchers
