#pragma once
// One job as catalogues, clients and the CLI show it.

#include <string>

namespace pactor {

/// One job as the cluster knows it.
struct job_info {
  std::string name;
  std::string signature; ///< `double(double)`
  std::string library;   ///< file name of the library that defines it, without directory

  friend bool operator==(const job_info&, const job_info&) = default;
};

} // namespace pactor
