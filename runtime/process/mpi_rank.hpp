#pragma once
// Which rank mpiexec gave this process: a variable of the environment, each MPI has its own.

#include <array>
#include <charconv>
#include <cstring>
#include <optional>

namespace pactor::process {

/// Open MPI's, MPICH's and its kin's, and that of PMIx, which Slurm's srun sets for either.
inline constexpr std::array mpi_rank_variables{"OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"};

/// @param variable  getenv(), or what takes its place @return nothing if mpiexec did not start this process
template <class F>
[[nodiscard]] std::optional<int> mpi_rank(const F& variable) {
  for (const auto* name : mpi_rank_variables) {
    const char* const text = variable(name);
    if (!text) continue;
    int rank = -1;
    const auto* const end = text + std::strlen(text);
    if (const auto read = std::from_chars(text, end, rank); read.ec == std::errc{} && read.ptr == end && rank >= 0)
      return rank;
  }
  return std::nullopt;
}

} // namespace pactor::process
