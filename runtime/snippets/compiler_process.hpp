#pragma once
// One run of a compiler: bounded in time and memory, and ended with the task and the process that it works for.

#include "runtime/process/child.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace pactor::snippets {

/// Waits at most so long. Throws if the task that is waited for is to end.
using pause = std::function<void(std::chrono::milliseconds)>;

/// What to run.
struct compiler_call {
  std::filesystem::path guard;        ///< a program that hands `--compile ...` to guard_compiler()
  std::vector<std::string> arguments; ///< the compiler's absolute path, and what it is given
  std::filesystem::path directory;    ///< for its temporary files; what it says is left here
  std::chrono::seconds limit{120};    ///< it is killed after this
};

/// What came of it.
struct compiler_outcome {
  process::exit_state how;
  bool in_time = true;
  std::string output; ///< standard output and error, the first 256 KiB
};

/// Runs a compiler, without a shell, to its end. If `wait` throws, the compiler and what it has started are killed
/// first.
/// @throws error{system} if it can't be started
compiler_outcome run_compiler(const compiler_call& call, const pause& wait);

/// The process between: runs a compiler with limits for its memory and files, and kills all of its processes when its
/// own parent dies. @param arguments of the compiler, its path first; ends with a null @return the exit code
int guard_compiler(char** arguments);

} // namespace pactor::snippets
