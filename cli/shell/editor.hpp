#pragma once
// A line that is typed at a terminal: edited, completed, remembered. libedit does the editing.

#include "cli/shell/completion.hpp"
#include "cli/shell/history.hpp"
#include "runtime/process/signals.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace pactor::cli::shell {

/// How a line came to its end.
struct typed_line {
  enum class ending {
    line,      ///< by the return key: `text` is what was typed
    cancelled, ///< by Ctrl-C
    end,       ///< by Ctrl-D on an empty line, or there is no terminal any more
    signal,    ///< the shell is to end: SIGTERM or SIGHUP
  };
  ending how = ending::line;
  std::string text{}; ///< UTF-8
  int signal = 0;     ///< that came
};

/// The terminal as standard input and output. Not thread-safe.
class editor {
public:
  struct callbacks {
    std::function<completion(std::string_view)> complete; ///< for a line up to the cursor
    /// Called a few times a second while nothing is typed. @return what to tell, a line; "" for nothing
    std::function<std::string()> idle;
    std::function<std::string()> prompt; ///< asked again after something was told
  };
  /// @pre signals outlive this @throws error{system} if the terminal can't be used
  editor(process::shutdown_signals& signals, callbacks c);
  ~editor();
  editor(const editor&) = delete;
  editor& operator=(const editor&) = delete;

  /// Puts a line at the end of what the arrow keys bring back.
  void remember(const std::string& line);
  /// @param colour bold prompts
  [[nodiscard]] typed_line read(bool colour);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace pactor::cli::shell
