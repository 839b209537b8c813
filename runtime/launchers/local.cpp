#include "runtime/launchers/local.hpp"

#include "pactor/error.hpp"
#include "runtime/launchers/part.hpp"
#include "runtime/process/watch_set.hpp"

#include <csignal>
#include <utility>

namespace pactor::launchers {
namespace {

std::vector<std::string> arguments_of(const order& what) {
  auto result = node_arguments(what, what.ids);
  // It dies with this process, which ends it or gives it a controller again.
  result.push_back("--reconnect=31536000");
  result.push_back("--connection=" + what.connection_path.string());
  result.push_back("--log-file=" + what.log_file.string());
  return result;
}

/// What the system would call a program that is not there.
const order& with_directory(const order& what) {
  if (!what.host.directory.empty() && !std::filesystem::is_directory(what.host.directory))
    throw error{ec::configuration, "there is no directory " + what.host.directory};
  return what;
}

class local_run final : public run {
public:
  explicit local_run(const order& what)
      : node_{"node",
              arguments_of(with_directory(what)),
              std::filesystem::path{what.log_file}.replace_extension(".out"),
              {what.host.directory, {what.host.environment.begin(), what.host.environment.end()}, what.host.pactor}} {
    node_.start();
    watch_.add(node_.pidfd());
    watch_.add(node_.ready_fd());
  }

  [[nodiscard]] int fd() const override { return watch_.fd(); }
  void attend() override {
    // It says that it is ready by one byte, and closes the pipe then, or by its end.
    if (const int fd = node_.ready_fd(); process::watch_set::readable(fd)) {
      watch_.remove(fd);
      if (node_.listen()) {
        ready_ = true;
        watch_.add(fd);
      }
    }
    if (ended_) return;
    if (const auto state = node_.process().poll()) finish(*state);
  }
  [[nodiscard]] const std::optional<ending>& ended() const override { return ended_; }
  [[nodiscard]] bool ready() const override { return ready_; }
  void stop() override { signal(SIGTERM); }
  void kill() override { signal(SIGKILL); }
  bool signal(int number) override { return node_.process().signal(number); }
  [[nodiscard]] std::string what() const override { return "process " + std::to_string(node_.process().pid()); }

private:
  void finish(const process::exit_state& state) {
    watch_.remove(node_.process().pidfd());
    ending e;
    e.code = state.signal == 0 ? state.code : 128 + state.signal;
    e.words = state.words();
    if (const auto words = node_.last_words(); !words.empty()) e.words += ": " + words;
    ended_ = std::move(e);
  }

  part node_;
  process::watch_set watch_;
  std::optional<ending> ended_;
  bool ready_ = false;
};

} // namespace

std::unique_ptr<run> local_launcher::start(const order& what, listener) { return std::make_unique<local_run>(what); }

} // namespace pactor::launchers
