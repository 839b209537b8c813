#pragma once
// A client's end of shipping job libraries.

#include "actors/client_core.hpp"
#include "pactor/detail/session.hpp"
#include "pactor/job_info.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace pactor {

/// Sends a library of this machine, if the controller does not have it, and has every host use it.
/// @param patience with each answer of the controller
/// @param timeout  for all of it, above all for the hosts
/// @return its jobs @throws error with what is in the way, not_connected, timeout_error
std::vector<job_info> send_library(client_core& core, const std::filesystem::path& library,
                                   std::chrono::milliseconds patience, std::chrono::milliseconds timeout);
void remove_library(client_core& core, const std::string& file, std::chrono::milliseconds patience);
[[nodiscard]] std::vector<shipped_library> shipped_libraries(client_core& core, std::chrono::milliseconds patience);

} // namespace pactor
