#pragma once
// What `pactor shell` knows from one line to the next, and how it runs what was typed.

#include "cli/command.hpp"
#include "cli/setting.hpp"
#include "cli/shell/completion.hpp"
#include "cli/shell/reader.hpp"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::cli::shell {

/// The setting of all commands of one shell: they share its connection, and its targets unless they say others.
class session : public setting {
public:
  /// @param interactive somebody types at a terminal
  session(cluster_choice cluster, std::string targets, bool interactive);

  [[nodiscard]] const cluster_choice* cluster() const override { return &cluster_; }
  /// The shell's client; connects if there is none, or the cluster was started anew.
  [[nodiscard]] client connect(const cluster_choice& cluster, std::optional<seconds> patience = {}) override;
  [[nodiscard]] client connect() { return connect(cluster_); }
  [[nodiscard]] call_defaults defaults() const override { return defaults_; }
  [[nodiscard]] seconds kill_window() const override { return seconds{2}; }

  /// Runs it, and tells what went wrong. @return the exit code
  int run(const statement& s);
  /// Runs C++ on the engines. @param options as they are written behind `px`
  int run_code(std::string_view options, std::string_view code);
  /// Runs a command with its words.
  int run_command(const command& c, std::vector<std::string> words);
  /// Runs a line that is a command, without its percent sign.
  int run_line(std::string_view line);

  [[nodiscard]] call_defaults& defaults() noexcept { return defaults_; }
  /// Options that each px gets in front of its own.
  std::vector<std::string> px_options;
  [[nodiscard]] reader& input() noexcept { return input_; }
  [[nodiscard]] bool interactive() const noexcept { return interactive_; }
  void end() noexcept { ended_ = true; }
  [[nodiscard]] bool ended() const noexcept { return ended_; }
  /// True if Ctrl-C came while something ran.
  [[nodiscard]] bool interrupted() const noexcept { return interrupted_; }

  /// `pactor[4]> `, of a statement that goes on `      ...> `.
  [[nodiscard]] std::string prompt() const;
  /// What happened to the cluster since it was asked last; "" for nothing.
  [[nodiscard]] std::string news();
  /// What the word at the end of a line may become.
  [[nodiscard]] completion complete(std::string_view line);

private:
  int dispatch(const statement& s);
  name_sources names();
  void note_identifiers(std::string_view code);
  std::vector<std::string> variables();
  void take_signals();

  cluster_choice cluster_;
  call_defaults defaults_;
  const bool interactive_;
  reader input_;
  std::optional<client> client_;
  std::set<std::string> identifiers_;
  std::vector<std::string> variables_; ///< as they were known last
  std::size_t engines_told_ = 0;
  bool ended_ = false, interrupted_ = false, end_told_ = false;
};

} // namespace pactor::cli::shell
