#include "runtime/launchers/command.hpp"

#include "pactor/error.hpp"
#include "runtime/process/programs.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <unistd.h>
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
    : watch_{watch}, deadline_{std::chrono::steady_clock::now() + patience} {
  auto out = process::make_pipe(), err = process::make_pipe();
  process::spawn_options options;
  options.executable = words.front();
  name_ = options.executable.filename().string();
  options.arguments = std::move(words);
  options.own_group = true;
  options.standard_output = out.write.get();
  options.standard_error = err.write.get();
  child_ = process::spawn(options);
  out_ = std::move(out.read);
  err_ = std::move(err.read);
  for (const auto* fd : {&out_, &err_}) {
    ::fcntl(fd->get(), F_SETFL, O_NONBLOCK);
    watch_.add(fd->get());
  }
  watch_.add(child_.pidfd());
}

command::~command() {
  watch_.remove(child_.pidfd());
  for (const auto* fd : {&out_, &err_})
    if (*fd) watch_.remove(fd->get());
}

std::optional<command::result> command::poll() {
  if (std::chrono::steady_clock::now() >= deadline_) child_.signal(SIGKILL);
  const auto state = child_.poll(); // first, so that all of its output is there
  read(out_, result_.out);
  read(err_, result_.err);
  if (!state) return std::nullopt;
  result_.code = state->signal == 0 ? state->code : 128 + state->signal;
  return result_;
}

void command::read(process::unique_fd& from, std::string& to) {
  std::array<char, 4096> piece{};
  while (from) {
    const auto size = ::read(from.get(), piece.data(), piece.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return;
    if (size > 0) {
      if (to.size() < most_output) to.append(piece.data(), static_cast<std::size_t>(size));
      continue;
    }
    watch_.remove(from.get());
    from.reset();
  }
}

std::string command::result::words() const {
  auto text = err.find_first_not_of(" \n") != std::string::npos ? err : out;
  while (text.ends_with('\n') || text.ends_with(' ')) text.pop_back();
  if (text.size() > 2000) text.resize(2000);
  return text.empty() ? "exit code " + std::to_string(code) : text;
}

} // namespace pactor::launchers
