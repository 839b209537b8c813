#include "runtime/launchers/mpi.hpp"

#include "runtime/files/file_io.hpp"
#include "runtime/launchers/batch.hpp"
#include "runtime/launchers/command.hpp"
#include "runtime/launchers/piped_child.hpp"
#include "runtime/launchers/rank_signs.hpp"
#include "runtime/process/locations.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <utility>

namespace pactor::launchers {
namespace {

using namespace std::chrono_literals;
constexpr auto because = 30s;  // between the end of a rank and that of mpiexec, if it is for that
constexpr auto last_wait = 2s; // of a run that is dropped, for mpiexec to end its processes on all hosts

/// A setting, or what it is without.
std::string setting(const order& what, const char* key, const char* otherwise) {
  const auto own = what.host.settings.find(key);
  return own == what.host.settings.end() ? otherwise : own->second;
}

class mpi_run final : public run {
public:
  mpi_run(const order& what, listener heard)
      : ranks_{what.ids.size()},
        script_{(what.directory / (job_name(what) + "-" + std::to_string(what.attempt) + ".sh")).string()},
        heard_{std::move(heard)}, said_{quieter()}, wrote_{quieter()} {
    const auto words = setting(what, "mpiexec", "mpiexec");
    if (!what.host.environment.contains("PATH"))
      (void)find_program(words.substr(0, words.find(' ')), "MPI"); // else sh tells
    files::replace_file(script_, mpi_script(what, program_of(what)), 0600);
    try {
      start(what);
    } catch (...) {
      remove_script();
      throw;
    }
  }
  ~mpi_run() override {
    if (mpiexec_.process().signal(SIGTERM)) mpiexec_.process().wait_for(last_wait);
    remove_script();
  }

  [[nodiscard]] int fd() const override { return watch_.fd(); }
  void attend() override {
    if (ended_) return;
    const auto state = mpiexec_.poll(
        [this](std::string_view piece) {
          std::string text{piece};
          take_signs(text);
          said_.take(text);
        },
        [this](std::string_view piece) { wrote_.take(piece); });
    if (state) finish(*state);
  }
  [[nodiscard]] const std::optional<ending>& ended() const override { return ended_; }
  [[nodiscard]] bool ready() const override { return present_ >= ranks_; }
  void stop() override {
    stopping_ = true;
    mpiexec_.process().signal(SIGTERM);
  }
  /// The nodes see that their output leads nowhere.
  void kill() override {
    stopping_ = true;
    mpiexec_.process().signal(SIGKILL);
  }
  /// What mpiexec hands on is its own affair.
  bool signal(int) override { return false; }
  [[nodiscard]] std::string what() const override {
    return "mpiexec, process " + std::to_string(mpiexec_.process().pid());
  }

private:
  static std::string program_of(const order& what) {
    return what.host.pactor.empty() ? process::executable_path().string() : what.host.pactor;
  }
  /// Workers that are asked to end do so without MPI_Finalize(), which mpiexec has much to say about.
  listener quieter() {
    return [this](log_level level, std::string_view line) {
      if (heard_) heard_(stopping_ && level == log_level::info ? log_level::debug : level, line);
    };
  }
  void start(const order& what) {
    process::spawn_options options;
    options.executable = "/bin/sh";
    options.arguments = {"sh", "-c", mpi_command(what, script_)};
    options.environment = {what.host.environment.begin(), what.host.environment.end()};
    mpiexec_.start(std::move(options), watch_);
  }
  void take_signs(std::string& text) {
    present_ += static_cast<std::size_t>(std::erase(text, rank_ready));
    if (std::erase(text, rank_left) > 0) left_ = std::chrono::steady_clock::now();
  }
  void finish(const process::exit_state& state) {
    mpiexec_.close();
    said_.end();
    wrote_.end();
    ending e;
    e.code = state.signal == 0 ? state.code : 128 + state.signal;
    e.words = "mpiexec's " + state.words();
    e.reached = present_ > 0;
    // Whatever mpiexec thinks of a rank that leaves: it ends the others, some without a word.
    const bool in_order = left_ && std::chrono::steady_clock::now() - *left_ < because;
    if (stopping_ || in_order) {
      e.code = 0;
    } else {
      e.code = std::max(e.code, 1);
      if (const auto words = mpi_words(wrote_.last()); !words.empty()) e.words += ": " + words;
    }
    ended_ = std::move(e);
    remove_script();
  }
  void remove_script() noexcept {
    std::error_code ignored;
    std::filesystem::remove(script_, ignored);
  }

  std::size_t ranks_;
  std::size_t present_ = 0;                                   // ranks
  std::optional<std::chrono::steady_clock::time_point> left_; // when one did, last
  std::string script_;
  listener heard_;
  line_splitter said_, wrote_;
  process::watch_set watch_;
  piped_child mpiexec_;
  std::optional<ending> ended_;
  bool stopping_ = false;
};

} // namespace

std::unique_ptr<run> mpi_launcher::start(const order& what, listener heard) {
  return std::make_unique<mpi_run>(what, std::move(heard));
}

std::string mpi_script(const order& what, const std::string& program) {
  auto words = node_arguments(what, what.ids);
  words.insert(words.begin(), program);
  words.insert(words.end(), {"--mpi", "--ready-fd=1", "--connection=" + what.connection_path.string()});
  std::string text;
  // Not every mpiexec takes the environment to other hosts.
  if (const char* place = std::getenv("PACTOR_DIR")) // NOLINT(concurrency-mt-unsafe): nobody changes it
    text += "export PACTOR_DIR=" + shell_word(place) + "\n";
  text += script_head(what);
  if (!what.host.directory.empty()) text += "cd " + shell_word(what.host.directory) + " || exit 2\n";
  return text + "exec " + shell_words(words) + "\n";
}

std::string mpi_command(const order& what, const std::string& script) {
  const auto options = setting(what, "options", "");
  return "exec " + setting(what, "mpiexec", "mpiexec") + " -n " + std::to_string(what.ids.size()) +
         (options.empty() ? "" : " " + options) + " /bin/sh " + shell_word(script);
}

std::string mpi_words(std::string_view said) {
  constexpr std::string_view prefix{"pactor node: "};
  if (const auto at = said.find(prefix); at != std::string_view::npos) { // the first to go: others may follow
    const auto rest = said.substr(at + prefix.size());
    return std::string{rest.substr(0, rest.find('\n'))};
  }
  std::string words;
  while (!said.empty()) {
    auto line = said.substr(0, said.find('\n'));
    said.remove_prefix(std::min(said.size(), line.size() + 1));
    while (line.starts_with(' ')) line.remove_prefix(1);
    if (line.find_first_not_of("-=") != std::string_view::npos) words.append(words.empty() ? "" : " ").append(line);
  }
  return words;
}

} // namespace pactor::launchers
