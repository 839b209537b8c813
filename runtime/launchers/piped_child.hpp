#pragma once
// A child process whose outputs are read as they come.

#include "runtime/process/child.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/process/watch_set.hpp"

#include <functional>
#include <optional>
#include <string_view>

namespace pactor::launchers {

/// Leads a process group of its own. At the end of the object's life as a process::child.
class piped_child {
public:
  using taker = std::function<void(std::string_view piece)>; ///< of an output

  piped_child() = default;
  piped_child(const piped_child&) = delete;
  piped_child& operator=(const piped_child&) = delete;
  ~piped_child() { close(); }

  /// Starts it, the first time or again after its end. @param options  but outputs and group @param watch  is readable
  /// when poll() has something; outlives this @throws error{system}
  void start(process::spawn_options options, process::watch_set& watch);
  /// Reads what lies in its outputs, without waiting for more. @return how it ended, once it did; all was read then
  [[nodiscard]] std::optional<process::exit_state> poll(const taker& out, const taker& err);
  /// Reads no more, and is not watched any longer.
  void close() noexcept;

  [[nodiscard]] process::child& process() noexcept { return child_; }
  [[nodiscard]] const process::child& process() const noexcept { return child_; }

private:
  void read(process::unique_fd& from, const taker& to);

  process::watch_set* watch_ = nullptr; // null: close() has nothing to do
  process::child child_;
  process::unique_fd out_, err_;
};

} // namespace pactor::launchers
