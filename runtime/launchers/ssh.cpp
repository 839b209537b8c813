#include "runtime/launchers/ssh.hpp"

#include "pactor/error.hpp"
#include "runtime/launchers/carry.hpp"
#include "runtime/launchers/command.hpp"
#include "runtime/launchers/piped_child.hpp"
#include "runtime/process/watch_set.hpp"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <unistd.h>
#include <utility>

namespace pactor::launchers {

using namespace std::chrono_literals;

namespace {

constexpr auto beat = 5s;
constexpr char ready_sign = 1;
constexpr int lease_seconds = 30; // that the node lives without a beat
constexpr std::size_t most_input = 1'000'000;

class ssh_run final : public run {
public:
  ssh_run(std::string program, const order& what, const listener& heard)
      : program_{std::move(program)}, order_{what}, said_{heard}, wrote_{heard} {
    if (order_.host.copy)
      carry();
    else
      start_node("");
  }
  // Its input ends with us, and the node with its input.
  ~ssh_run() override = default;

  [[nodiscard]] int fd() const override { return watch_.fd(); }
  [[nodiscard]] std::optional<std::chrono::milliseconds> every() const override { return beat; }
  void attend() override {
    if (ended_) return;
    if (!unsent_.empty()) write_rest();
    if (const auto now = std::chrono::steady_clock::now(); in_ && unsent_.empty() && now >= next_beat_) {
      write("\n");
      next_beat_ = now + beat;
    }
    const auto state = ssh_.poll([this](std::string_view piece) { heard(piece); },
                                 [this](std::string_view piece) { wrote_.take(piece); });
    if (state) finish(*state);
  }
  [[nodiscard]] const std::optional<ending>& ended() const override { return ended_; }
  [[nodiscard]] bool ready() const override { return ready_; }
  void stop() override {
    stopping_ = true;
    if (unsent_.empty()) write("q");
    close_input(); // of a node that has not read all of it, too
    if (cargo_) ssh_.process().signal(SIGTERM);
  }
  void kill() override {
    stop();
    ssh_.process().signal(SIGTERM);
  }
  /// Only another connection could, which may not come about.
  bool signal(int) override { return false; }
  [[nodiscard]] std::string what() const override { return "ssh, process " + std::to_string(ssh_.process().pid()); }

private:
  /// Starts ssh with a command for the other host's shell. @param input  its standard input
  void start_ssh(const std::string& command, int input) {
    process::spawn_options options;
    options.executable = find_program(program_, "ssh");
    options.arguments = ssh_arguments(order_.host, order_.connection);
    options.arguments.insert(options.arguments.begin(), program_);
    options.arguments.push_back(command);
    options.standard_input = input;
    ssh_.start(std::move(options), watch_);
  }
  /// First of two connections: an archive goes in.
  void carry() {
    cargo_ = std::make_unique<cargo>(order_, order_.directory);
    auto pipe = process::make_pipe();
    process::spawn_options options;
    options.arguments = cargo_->pack_command();
    options.executable = find_program(options.arguments.front(), "ssh");
    options.own_group = true;
    options.standard_output = pipe.write.get();
    packer_ = process::spawn(options);
    start_ssh("exec sh -c " + shell_word(unpack_script(cargo_->id())), pipe.read.get());
  }
  void start_node(const std::string& carried) {
    const auto input = ssh_input(order_);
    auto in = process::make_pipe();
    start_ssh(ssh_command(order_, carried), in.read.get());
    in_ = std::move(in.write);
    ::fcntl(in_.get(), F_SETFL, O_NONBLOCK);
    write(input);
  }
  void write(std::string_view text) {
    if (!in_) return;
    if (unsent_.empty()) watch_.add_output(in_.get());
    unsent_ += text;
    write_rest();
  }
  /// What the pipe takes now; the rest when it takes more.
  void write_rest() {
    while (!unsent_.empty()) {
      const auto size = ::write(in_.get(), unsent_.data(), unsent_.size());
      if (size < 0 && errno == EINTR) continue;
      if (size < 0 && errno == EAGAIN) return;
      if (size < 0) return close_input(); // it is gone, or does not read any more: its end says why
      unsent_.erase(0, static_cast<std::size_t>(size));
    }
    watch_.remove(in_.get());
  }
  void close_input() {
    if (in_) watch_.remove(in_.get());
    in_.reset();
    unsent_.clear();
  }
  void heard(std::string_view text) {
    // The node's word that its engines are registered comes first of all.
    if (text.starts_with(ready_sign)) {
      ready_ = true;
      text.remove_prefix(1);
    }
    said_.take(text);
  }
  void finish(const process::exit_state& state) {
    ssh_.close();
    close_input();
    said_.end();
    wrote_.end();
    if (cargo_ && state.success() && !stopping_) return unpacked();
    ended_ = state.signal == 0
                 ? explain_ssh(order_.host, state.code, wrote_.last())
                 : ending{128 + state.signal, true, "ssh ended with " + process::signal_words(state.signal)};
    if (cargo_ && state.code != 255) ended_->words = "pactor can't be carried there: " + ended_->words;
    if (cargo_) ended_->reached = false;
    cargo_.reset();
  }
  void unpacked() {
    const auto id = cargo_->id();
    packer_ = {}; // it may still write what the other host has already, and complain of what goes
    cargo_.reset();
    try {
      start_node(id);
    } catch (const error& e) {
      ended_ = ending{1, false, e.what()};
    }
  }

  std::string program_;
  order order_;
  line_splitter said_, wrote_;
  std::unique_ptr<cargo> cargo_; // while it is carried there
  process::watch_set watch_;
  process::child packer_;
  piped_child ssh_;
  process::unique_fd in_;
  std::string unsent_; // input that the pipe has not taken
  std::chrono::steady_clock::time_point next_beat_ = std::chrono::steady_clock::now() + beat;
  std::optional<ending> ended_;
  bool ready_ = false, stopping_ = false;
};

} // namespace

std::unique_ptr<run> ssh_launcher::start(const order& what, listener heard) {
  return std::make_unique<ssh_run>(program_, what, heard);
}

std::vector<std::string> ssh_arguments(const files::host_config& host, const files::connection_file& controller) {
  // The user's own options come first, since ssh takes the first value that it finds.
  std::vector<std::string> result{"-T"};
  if (host.ssh_port != 0) result.insert(result.end(), {"-p", std::to_string(host.ssh_port)});
  if (!host.user.empty()) result.insert(result.end(), {"-l", host.user});
  for (const auto& one : host.ssh_options) result.insert(result.end(), {"-o", one});
  // A connection of its own, which ends with this process, and no questions.
  for (const auto* one : {"BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=10", "ServerAliveCountMax=4",
                          "ControlMaster=no", "ControlPath=none"})
    result.insert(result.end(), {"-o", one});
  if (host.tunnel) {
    const auto number = std::to_string(controller.port);
    const auto& to = controller.hosts.front();
    const auto target = to.find(':') == std::string::npos ? to : "[" + to + "]";
    result.insert(result.end(),
                  {"-o", "ExitOnForwardFailure=yes", "-R", "127.0.0.1:" + number + ":" + target + ":" + number});
  } else {
    result.insert(result.end(), {"-o", "ClearAllForwardings=yes"});
  }
  result.insert(result.end(), {"--", host.address});
  return result;
}

std::string ssh_command(const order& what, const std::string& carried) {
  auto words = node_arguments(what, what.ids);
  // Directories of this machine; what lies in them is carried to where a node looks by itself.
  if (!carried.empty()) std::erase_if(words, [](const auto& one) { return one.starts_with("--jobs="); });
  words.push_back("--connection=-");
  words.push_back("--ready-fd=1");
  words.push_back("--lease=" + std::to_string(lease_seconds));
  // `read` takes no more than its line, so that what follows is the node's.
  std::string script = R"(while IFS= read -r v && [ -n "$v" ]; do export "$v"; done; )";
  if (carried.empty())
    script += "p=" + shell_word(what.host.pactor.empty() ? "pactor" : what.host.pactor) + "; ";
  else
    script += "d=\"" + carried_directory(carried) + R"("; p="$d/bin/pactor"; )" +
              R"(export LD_LIBRARY_PATH="$d/lib/pactor/needed${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"; )" +
              R"(u="$d/.users/$(uname -n)@$$"; mkdir -p "$d/.users" && : >"$u"; )"; // unpack_script() leaves it alone
  if (!what.host.directory.empty()) script += "cd " + shell_word(what.host.directory) + " || exit 2; ";
  // Options that it does not know are those of another version, which is then told.
  script += R"("$p" )" + shell_words(words) + R"(; r=$?; [ $r = 2 ] && "$p" --version >&2; )" +
            (carried.empty() ? "" : R"(rm -f "$u"; )") + "exit $r";
  return "exec sh -c " + shell_word(script);
}

std::string ssh_input(const order& what) {
  std::string text;
  for (const auto& [name, value] : what.host.environment) text.append(name).append("=").append(value).append("\n");
  auto connection = what.connection;
  if (what.host.tunnel) connection.hosts = {"127.0.0.1"};
  text += "\n" + to_text(connection);
  if (text.size() > most_input)
    throw error{ec::configuration, "the environment of host " + what.host.name +
                                       " is too large: " + std::to_string(text.size()) +
                                       " bytes with the credentials, at most " + std::to_string(most_input)};
  return text;
}

} // namespace pactor::launchers
