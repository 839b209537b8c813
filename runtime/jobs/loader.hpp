#pragma once
// Brings job libraries into this process. For the worker only: whatever runs in a library runs from here on.

#include "pactor/job_abi.h"
#include "runtime/jobs/catalogue.hpp"

#include <filesystem>
#include <map>

#include <boost/dll/shared_library.hpp>

namespace pactor::jobs {

/// Exported by every MPI.
inline constexpr const char* mpi_symbol = "MPI_Init";

/// Loads libraries at the first use of one of their jobs, apart from each other (RTLD_LOCAL) and with all that they
/// need (RTLD_NOW: a missing symbol shows now, not in the middle of a job). They are never unloaded: objects in the
/// namespace run their code until the process ends.
class loader {
public:
  /// The entry of a job. @throws error{bad_library} if its library can't be loaded
  pactor_job_entry load(const catalogue::entry& job);
  /// Whether a library that was loaded, or one that it needs, is an MPI.
  [[nodiscard]] bool calls_mpi() const noexcept { return calls_mpi_; }

private:
  const boost::dll::shared_library& library(const std::filesystem::path& path);
  std::map<std::filesystem::path, boost::dll::shared_library> libraries_;
  bool calls_mpi_ = false;
};

} // namespace pactor::jobs
