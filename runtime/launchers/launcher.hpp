#pragma once
// Getting engines onto hosts. A launcher knows one way to do it, ssh or a batch system; the supervisor (`pactor start`)
// decides when to start, what to do about an end, and when to stop.
//
// A new launcher is a file pair here and a line in make_launcher(); what it runs in the end is always
//
//     pactor node --connection FILE ...     or     pactor node --connection - ... < FILE
//
// with the arguments of node_arguments(). It gets everything by value in an `order`, keeps no state outside of what
// start() returns, and runs in one thread, which must not be held up: what takes longer than some milliseconds goes
// on in a child process that attend() looks after.

#include "runtime/files/connection_file.hpp"
#include "runtime/files/host_config.hpp"
#include "runtime/log.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::launchers {

/// What is to run, and with what.
struct order {
  files::host_config host;               ///< sound; host.engines of them
  std::vector<int> ids;                  ///< numbers that the engines ask for, one each, ascending
  std::vector<std::string> arguments;    ///< of `pactor node`, beside what node_arguments() adds
  files::connection_file connection;     ///< of role node; holds a key: never in arguments, logs or the environment
  std::filesystem::path connection_path; ///< where it lies on this machine, 0600
  std::filesystem::path directory;       ///< private to this user, for what has to be written (scripts); may be shared
  std::filesystem::path log_file;        ///< for the node's log, where it runs on this machine
  std::string cluster;                   ///< profile, or profile-ID: for the names of jobs
  int attempt = 0;                       ///< how often it was started before
};

/// How a run ended.
struct ending {
  int code = 0;        ///< exit code of `pactor node`; 0 is in order, 128 + n a signal
  bool reached = true; ///< false: no node was ever started, the way there is what failed
  std::string words{}; ///< why, for a person, without the host's name: "permission denied (publickey)"
};

/// One order being carried out. Movable things only behind its pointer; one thread.
class run {
public:
  run() = default;
  run(const run&) = delete;
  run& operator=(const run&) = delete;
  /// Ends what still runs, at once and without waiting for it; nothing may stay behind on the host.
  virtual ~run() = default;

  /// Readable when attend() has something to do; -1 if nothing can be watched. May change with each attend().
  [[nodiscard]] virtual int fd() const = 0;
  /// attend() is to be called at least this often beside; nothing if the descriptor says all.
  [[nodiscard]] virtual std::optional<std::chrono::milliseconds> every() const { return std::nullopt; }
  /// Takes what happened: output goes to the listener, an end is noticed. Does not wait.
  virtual void attend() = 0;
  /// Set once it ended, and never again changed; then there is nothing left on the host.
  [[nodiscard]] virtual const std::optional<ending>& ended() const = 0;
  /// True once the launcher knows that the engines are registered. Not every launcher learns it: the controller's
  /// word counts.
  [[nodiscard]] virtual bool ready() const { return false; }
  /// Asks it to end in order, which ended() tells later. More than once is fine.
  virtual void stop() = 0;
  /// Ends it at once, wherever it runs, if stop() did not help. ended() may still take a moment.
  virtual void kill() = 0;
  /// Sends a signal to the node. @return false if that can't be done
  virtual bool signal(int number) = 0;
  /// What was started, for messages: "process 4711", "job 17.head".
  [[nodiscard]] virtual std::string what() const = 0;
};

/// What a node says, line by line: `level` is info if the line does not tell.
using listener = std::function<void(log_level level, std::string_view line)>;

class launcher {
public:
  launcher() = default;
  launcher(const launcher&) = delete;
  launcher& operator=(const launcher&) = delete;
  virtual ~launcher() = default;

  /// Begins; failures of the other host come as an ending.
  /// @throws error{system, configuration} for what is wrong on this one
  [[nodiscard]] virtual std::unique_ptr<run> start(const order& what, listener heard) = 0;
};

/// @param kind  host_config::launcher @throws error{configuration} if there is no such launcher
[[nodiscard]] std::unique_ptr<launcher> make_launcher(const std::string& kind);

/// The arguments of `pactor` for a node with these of the order's engines: `node --ids=4,5 -n2 --jobs=... --cores=...`
/// and the order's own. The connection is for the launcher to add.
/// @param ids  of one node: all of the order's, or a part of them for each of several nodes
[[nodiscard]] std::vector<std::string> node_arguments(const order& what, std::span<const int> ids);

/// One word for a shell (sh, also what csh and fish take), quoted if it has to be.
[[nodiscard]] std::string shell_word(std::string_view text);
[[nodiscard]] std::string shell_words(std::span<const std::string> words);

/// Splits what comes in pieces into lines for a listener; takes a log line of a node apart
/// (`2026-11-23T02:56:52.123Z [node] info: text`).
class line_splitter {
public:
  explicit line_splitter(listener heard) : heard_{std::move(heard)} {}
  void take(std::string_view piece);
  /// What came without a line's end is a line, too.
  void end();
  /// The last lines, for a message; at most 2000 bytes.
  [[nodiscard]] const std::string& last() const noexcept { return last_; }

private:
  void line(std::string_view text);
  listener heard_;
  std::string open_, last_;
};

} // namespace pactor::launchers
