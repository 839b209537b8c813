#pragma once
// MPI between the engines that mpiexec started ("launcher": "mpi"), for job libraries that link an MPI: in CMake
// find_package(MPI COMPONENTS C) and MPI::MPI_C. Pactor itself does not.

#include "pactor/error.hpp"

// Of the C++ bindings that some have, nothing is used.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <cstdlib>

namespace pactor {

/// All engines of the set that mpiexec started: ranks have the order of the engines' numbers. Begins with MPI at the
/// first call, for which MPI waits for all of them: give such a job to the whole set, by a direct view.
/// An engine whose worker ended after this takes its whole set along, which then starts again.
/// @throws error{configuration} if mpiexec did not start this engine
inline MPI_Comm mpi_world() {
  int begun = 0;
  MPI_Initialized(&begun);
  if (begun != 0) return MPI_COMM_WORLD;
  // What mpiexec tells its processes others may have inherited, too.
  if (!std::getenv("PACTOR_MPI")) // NOLINT(concurrency-mt-unsafe): nobody changes it
    throw error{ec::configuration, "this engine can't call MPI, since mpiexec did not start it: give its host "
                                   "\"launcher\": \"mpi\" in the cluster's configuration"};
  int provided = 0;
  MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &provided); // jobs run in one thread
  return MPI_COMM_WORLD;
}

} // namespace pactor
