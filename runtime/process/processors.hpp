#pragma once
// How much of the machine this process may use.

namespace pactor::process {

/// Processors that this process may run on: those of its affinity mask (`taskset`, a container's set of processors), not
/// all that the machine has. At least 1.
[[nodiscard]] unsigned usable_processors() noexcept;

} // namespace pactor::process
