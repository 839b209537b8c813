#pragma once
// Engines by a batch system: a script is submitted, and its job watched by asking for it now and then. What differs
// between systems is a `batch_system`, of which each has a file: slurm.cpp, pbs.cpp.
//
// The script, what the node says and how it ended are files in the order's directory, which has to be shared with the
// host where the job runs, as the connection file has to be. No key is in the script. The node ends when it has been
// without a controller for half a minute, so that nothing stays behind even if nobody can cancel the job.

#include "runtime/launchers/command.hpp"
#include "runtime/launchers/launcher.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor::launchers {

/// What a batch system says of a job.
struct job_state {
  enum class phase { waiting, running, over };
  phase now = phase::over;
  std::string words{}; ///< of one that waits: why; of one that is over: how, behind "job 17": "cancelled". Or nothing
  friend bool operator==(const job_state&, const job_state&) = default;
};

class batch_system {
public:
  batch_system() = default;
  batch_system(const batch_system&) = delete;
  batch_system& operator=(const batch_system&) = delete;
  virtual ~batch_system() = default;

  [[nodiscard]] virtual std::string_view name() const = 0;
  /// Of the script, if the host has none of its own.
  [[nodiscard]] virtual std::string_view script_template() const = 0;
  /// A line of the script for each setting that there is.
  /// @pre all are of queue, account, time, options, and one line
  [[nodiscard]] virtual std::string option_line(const std::string& setting, const std::string& value) const = 0;
  /// Commands, each with its program first.
  [[nodiscard]] virtual std::vector<std::string> submit(const std::string& script) const = 0;
  [[nodiscard]] virtual std::vector<std::string> look(const std::string& job) const = 0;
  [[nodiscard]] virtual std::vector<std::string> cancel(const std::string& job) const = 0;
  [[nodiscard]] virtual std::vector<std::string> kill(const std::string& job) const = 0;
  [[nodiscard]] virtual std::vector<std::string> signal(const std::string& job, int number) const = 0;
  /// The job's id in what submit() said. @return "" if there is none
  [[nodiscard]] virtual std::string job_of(std::string_view said) const = 0;
  /// What look() said. @return nothing if it could not be told
  [[nodiscard]] virtual std::optional<job_state> state_of(const command::result& said) const = 0;
};

/// The files of a job, and of a try to run it.
struct job_files {
  std::string script, output, ready, exit;
};

class batch_launcher final : public launcher {
public:
  explicit batch_launcher(std::unique_ptr<const batch_system> system) : system_{std::move(system)} {}
  /// @throws error{configuration} for settings that do not exist, or a template that can't be read
  [[nodiscard]] std::unique_ptr<run> start(const order& what, listener heard) override;

private:
  std::shared_ptr<const batch_system> system_;
};

[[nodiscard]] std::unique_ptr<const batch_system> slurm();
[[nodiscard]] std::unique_ptr<const batch_system> pbs();

/// The script of a job. @throws error{configuration}
[[nodiscard]] std::string batch_script(const batch_system& system, const order& what, const job_files& files);
/// `pactor-lab-head`: what jobs are called.
[[nodiscard]] std::string job_name(const order& what);
/// How a script begins that starts a node: files are private, and the host's environment is set.
[[nodiscard]] std::string script_head(const order& what);

} // namespace pactor::launchers
