#pragma once
// How a lost node is told of: the same to who looks at the cluster and to whose tasks end with it.

#include <string>

namespace pactor {

/// @param reason  why the connection to the engine's node ended
[[nodiscard]] inline std::string words_of_lost_node(int engine, const std::string& reason) {
  return "the node of engine " + std::to_string(engine) + " is gone: " + reason;
}

} // namespace pactor
