// Slurm: sbatch, squeue, scancel.

#include "runtime/launchers/batch.hpp"

#include <array>

namespace pactor::launchers {
namespace {

using phase = job_state::phase;

constexpr std::string_view slurm_template = R"(#!/bin/sh
#SBATCH --job-name=@name@
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=@engines@
#SBATCH --output=/dev/null
@options@
@command@
)";

struct known_state {
  std::string_view name;
  phase now;
  std::string_view words;
};

/// What is not here counts as running.
constexpr std::array states{known_state{"PENDING", phase::waiting, ""},
                            known_state{"CONFIGURING", phase::waiting, "its host is made ready"},
                            known_state{"REQUEUED", phase::waiting, "it was put into the queue again"},
                            known_state{"COMPLETED", phase::over, ""},
                            known_state{"FAILED", phase::over, ""},
                            known_state{"CANCELLED", phase::over, "cancelled"},
                            known_state{"TIMEOUT", phase::over, "at its time limit"},
                            known_state{"DEADLINE", phase::over, "at its deadline"},
                            known_state{"NODE_FAIL", phase::over, "on a host that failed"},
                            known_state{"BOOT_FAIL", phase::over, "on a host that failed to boot"},
                            known_state{"OUT_OF_MEMORY", phase::over, "out of memory"},
                            known_state{"PREEMPTED", phase::over, "preempted by another job"},
                            known_state{"REVOKED", phase::over, "moved to another cluster"}};

class slurm_system final : public batch_system {
public:
  [[nodiscard]] std::string_view name() const override { return "Slurm"; }
  [[nodiscard]] std::string_view script_template() const override { return slurm_template; }
  [[nodiscard]] std::string option_line(const std::string& setting, const std::string& value) const override {
    const std::string option = setting == "queue" ? "--partition=" : setting == "options" ? "" : "--" + setting + "=";
    return "#SBATCH " + option + value;
  }
  [[nodiscard]] std::vector<std::string> submit(const std::string& script) const override {
    return {"sbatch", "--parsable", script};
  }
  [[nodiscard]] std::vector<std::string> look(const std::string& job) const override {
    return of("squeue", job, {"--noheader", "--states=all", "--format=%T|%r", "--jobs=" + number(job)});
  }
  // A full one: the shell, too, which waits for the node.
  [[nodiscard]] std::vector<std::string> cancel(const std::string& job) const override {
    return of("scancel", job, {number(job)});
  }
  [[nodiscard]] std::vector<std::string> kill(const std::string& job) const override { return signal(job, 9); }
  [[nodiscard]] std::vector<std::string> signal(const std::string& job, int signal) const override {
    return of("scancel", job, {"--full", "--signal=" + std::to_string(signal), number(job)});
  }
  /// `17`, or `17;cluster`.
  [[nodiscard]] std::string job_of(std::string_view said) const override {
    while (said.ends_with('\n')) said.remove_suffix(1);
    if (const auto line = said.rfind('\n'); line != std::string_view::npos) said.remove_prefix(line + 1);
    const auto digits = said.substr(0, said.find(';'));
    return digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos ? "" : std::string{said};
  }
  [[nodiscard]] std::optional<job_state> state_of(const command::result& said) const override {
    // It is forgotten some minutes after its end.
    if (said.code != 0 && said.err.find("Invalid job id") != std::string::npos) return job_state{};
    if (said.code != 0) return std::nullopt;
    std::string_view line = said.out; // the last one: of another cluster its name comes first
    while (line.ends_with('\n')) line.remove_suffix(1);
    if (const auto at = line.rfind('\n'); at != std::string_view::npos) line.remove_prefix(at + 1);
    if (line.find('|') == std::string_view::npos) return job_state{};
    const auto state = line.substr(0, line.find('|')), reason = line.substr(line.find('|') + 1);
    for (const auto& one : states) {
      if (one.name != state) continue;
      job_state result{one.now, std::string{one.words}};
      if (one.now == phase::waiting && one.words.empty() && reason != "None") result.words = reason;
      return result;
    }
    return job_state{phase::running};
  }

private:
  static std::string number(const std::string& job) { return job.substr(0, job.find(';')); }
  static std::vector<std::string> of(const char* program, const std::string& job, std::vector<std::string> words) {
    if (const auto at = job.find(';'); at != std::string::npos) words.insert(words.begin(), "-M" + job.substr(at + 1));
    words.insert(words.begin(), program);
    return words;
  }
};

} // namespace

std::unique_ptr<const batch_system> slurm() { return std::make_unique<slurm_system>(); }

} // namespace pactor::launchers
