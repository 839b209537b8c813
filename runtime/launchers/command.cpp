#include "runtime/launchers/command.hpp"

#include "pactor/error.hpp"
#include "runtime/process/programs.hpp"

#include <csignal>
#include <cstdlib>
#include <utility>

namespace pactor::launchers {
namespace {

using namespace std::chrono_literals;
constexpr auto patience = 30s;
constexpr std::size_t most_output = 256 << 10;

} // namespace

std::filesystem::path find_program(const std::string& name, std::string_view needed_by) {
  if (name.find('/') != std::string::npos) return name;
  const char* const search = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): nobody changes it
  auto found = process::find_program(name, search ? search : "");
  if (found.empty())
    throw error{ec::system, "there is no program " + name + " in PATH, which is needed for " + std::string{needed_by}};
  return found;
}

command::command(std::vector<std::string> words, process::watch_set& watch)
    : deadline_{std::chrono::steady_clock::now() + patience} {
  process::spawn_options options;
  options.executable = words.front();
  name_ = options.executable.filename().string();
  options.arguments = std::move(words);
  child_.start(std::move(options), watch);
}

std::optional<command::result> command::poll() {
  if (std::chrono::steady_clock::now() >= deadline_) child_.process().signal(SIGKILL);
  const auto keep = [](std::string& all) {
    return [&all](std::string_view piece) {
      if (all.size() < most_output) all.append(piece);
    };
  };
  const auto state = child_.poll(keep(result_.out), keep(result_.err));
  if (!state) return std::nullopt;
  result_.code = state->signal == 0 ? state->code : 128 + state->signal;
  return result_;
}

std::string command::result::words() const {
  auto text = err.find_first_not_of(" \n") != std::string::npos ? err : out;
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  if (text.size() > 2000) text.resize(2000);
  return text.empty() ? "exit code " + std::to_string(code) : text;
}

} // namespace pactor::launchers
