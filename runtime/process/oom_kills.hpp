#pragma once
// Whether the kernel kills processes for want of memory: the evidence that tells such a death from another SIGKILL.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace pactor::process {

/// How many processes of this process's control group the kernel has killed so for, since the group exists; where
/// there is no such group, of the whole system. Nothing if neither can be read.
/// @param root where /proc and /sys are
[[nodiscard]] std::optional<std::uint64_t> oom_kills(const std::filesystem::path& root = "/");

} // namespace pactor::process
