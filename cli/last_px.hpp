#pragma once
// The tasks of the last `pactor px --no-block`, for `pactor pxresult`: a file in the profile's directory, which
// also says to which start of the cluster they belong.

#include "cli/cluster_choice.hpp"

#include <string>
#include <vector>

namespace pactor::cli {

/// @throws error{system}, error{not_running}
void remember_px(const cluster_choice& cluster, const std::vector<std::string>& tasks);
/// @throws exit_error if there was none, or the cluster was started anew since; error{...} if a file can't be
/// understood
[[nodiscard]] std::vector<std::string> last_px(const cluster_choice& cluster);

} // namespace pactor::cli
