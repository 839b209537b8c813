#pragma once
// What a node that is a rank of an MPI program says on its standard output, which mpiexec carries to who started that:
// a byte each.

namespace pactor::launchers {

inline constexpr char rank_ready = 1; ///< its engine is registered
inline constexpr char rank_left = 4;  ///< it ended in order: its engine was shut down, or the cluster was

} // namespace pactor::launchers
