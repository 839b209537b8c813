// PBS (OpenPBS, PBS Professional): qsub, qstat, qdel, qsig.

#include "runtime/launchers/batch.hpp"

namespace pactor::launchers {
namespace {

using phase = job_state::phase;

constexpr std::string_view pbs_template = R"(#!/bin/sh
#PBS -N @name@
#PBS -l select=1:ncpus=@engines@
#PBS -j oe
#PBS -o /dev/null
#PBS -r n
@options@
@command@
)";

/// The value in `    job_state = R`; "" if there is no such line.
std::string_view attribute(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const auto start = line.find_first_not_of(" \t");
    if (start == std::string_view::npos) continue;
    line.remove_prefix(start);
    if (line.starts_with(name) && line.substr(name.size()).starts_with(" = ")) return line.substr(name.size() + 3);
  }
  return {};
}

/// How a job ended that did not end by itself.
std::string words_of(std::string_view status) {
  if (status == "-29") return "at its time limit";
  if (status == "-27" || status == "-28") return "out of memory";
  if (status == "271" || status == "265") return "cancelled"; // 256 + SIGTERM, SIGKILL
  if (status == "-11" || status == "-14") return "on a host that failed";
  if (status.starts_with('-')) return "refused by its host (exit status " + std::string{status} + ")";
  return "";
}

class pbs_system final : public batch_system {
public:
  [[nodiscard]] std::string_view name() const override { return "PBS"; }
  [[nodiscard]] std::string_view script_template() const override { return pbs_template; }
  [[nodiscard]] std::string option_line(const std::string& setting, const std::string& value) const override {
    if (setting == "queue") return "#PBS -q " + value;
    if (setting == "account") return "#PBS -A " + value;
    if (setting == "time") return "#PBS -l walltime=" + value;
    return "#PBS " + value;
  }
  [[nodiscard]] std::vector<std::string> submit(const std::string& script) const override { return {"qsub", script}; }
  [[nodiscard]] std::vector<std::string> look(const std::string& job) const override { return {"qstat", "-f", job}; }
  [[nodiscard]] std::vector<std::string> cancel(const std::string& job) const override { return {"qdel", job}; }
  [[nodiscard]] std::vector<std::string> kill(const std::string& job) const override {
    return {"qdel", "-W", "force", job};
  }
  [[nodiscard]] std::vector<std::string> signal(const std::string& job, int number) const override {
    return {"qsig", "-s", std::to_string(number), job};
  }
  /// `17.head`
  [[nodiscard]] std::string job_of(std::string_view said) const override {
    while (said.ends_with('\n')) said.remove_suffix(1);
    if (const auto line = said.rfind('\n'); line != std::string_view::npos) said.remove_prefix(line + 1);
    const bool id = !said.empty() && said.front() >= '0' && said.front() <= '9' && said.find(' ') == said.npos;
    return id ? std::string{said} : "";
  }
  [[nodiscard]] std::optional<job_state> state_of(const command::result& said) const override {
    const auto has = [&](const char* text) { return said.err.find(text) != std::string::npos; };
    // One that ended is known for a while in some installations only.
    if (said.code != 0 && (has("Unknown Job") || has("has finished"))) return job_state{};
    if (said.code != 0) return std::nullopt;
    const auto state = attribute(said.out, "job_state");
    if (state.empty()) return std::nullopt;
    if (state == "F" || state == "C" || state == "X")
      return job_state{phase::over, words_of(attribute(said.out, "Exit_status"))};
    if (state == "R" || state == "E" || state == "S" || state == "U" || state == "B") return job_state{phase::running};
    return job_state{phase::waiting, std::string{attribute(said.out, "comment")}};
  }
};

} // namespace

std::unique_ptr<const batch_system> pbs() { return std::make_unique<pbs_system>(); }

} // namespace pactor::launchers
