#include "tests/support/terminal.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <poll.h>
#include <pty.h>
#include <stdexcept>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace pactor::test {

namespace {

std::vector<std::string> environment_with(const environment& added) {
  std::vector<std::string> all;
  for (char** e = environ; *e; ++e) {
    const std::string one{*e};
    const auto name = one.substr(0, one.find('='));
    bool replaced = false;
    for (const auto& [key, value] : added) replaced = replaced || key == name;
    if (!replaced) all.push_back(one);
  }
  for (const auto& [key, value] : added) all.push_back(key + "=" + value);
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  all.reserve(texts.size() + 1);
  for (auto& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Where an escape sequence that begins at 0 ends; npos if it is not whole.
std::size_t end_of_escape(const std::string& text) {
  if (text.size() < 2) return std::string::npos;
  if (text[1] == '[') {
    const auto end = text.find_first_of("@ABCDEFGHIJKLMNOPQRSTUVWXYZ^_`abcdefghijklmnopqrstuvwxyz{|}~", 2);
    return end == std::string::npos ? end : end + 1;
  }
  return text[1] == '(' || text[1] == ')' ? (text.size() > 2 ? 3 : std::string::npos) : 2;
}

} // namespace

terminal::terminal(const std::vector<std::string>& argv, const environment& added) {
  auto arguments = argv;
  auto variables = environment_with(added);
  const auto args = pointers(arguments), env = pointers(variables);
  winsize size{24, 100, 0, 0};
  int master = -1;
  pid_ = ::forkpty(&master, nullptr, nullptr, &size);
  if (pid_ < 0) throw std::runtime_error{"forkpty: " + std::string{std::strerror(errno)}};
  if (pid_ == 0) {
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::execve(args[0], args.data(), env.data());
    ::_exit(127);
  }
  master_.reset(master);
}

terminal::~terminal() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void terminal::type(const std::string& keys) const {
  for (std::size_t at = 0; at < keys.size();) {
    const auto n = ::write(master_.get(), keys.data() + at, keys.size() - at);
    if (n <= 0) throw std::runtime_error{"nobody reads the terminal"};
    at += static_cast<std::size_t>(n);
  }
}

void terminal::add(const std::string& bytes) {
  pending_ += bytes;
  for (std::size_t at = 0; at < pending_.size();) {
    if (pending_[at] != '\x1b') {
      if (pending_[at] != '\r') screen_ += pending_[at];
      ++at;
      continue;
    }
    const auto end = end_of_escape(pending_.substr(at));
    if (end == std::string::npos) {
      pending_.erase(0, at);
      return;
    }
    at += end;
  }
  pending_.clear();
}

bool terminal::read_more(std::chrono::steady_clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now());
  pollfd p{master_.get(), POLLIN, 0};
  if (left.count() <= 0 || ::poll(&p, 1, static_cast<int>(left.count())) <= 0) return false;
  std::array<char, 4096> piece{};
  const auto n = ::read(master_.get(), piece.data(), piece.size());
  if (n <= 0) return false; // the program has closed it
  add({piece.data(), static_cast<std::size_t>(n)});
  return true;
}

std::string terminal::until(const std::string& text, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    const auto found = screen_.find(text);
    if (found != std::string::npos) {
      auto before = screen_.substr(0, found);
      screen_.erase(0, found + text.size());
      return before;
    }
    if (!read_more(deadline)) throw std::runtime_error{"the terminal does not show '" + text + "' but: " + screen_};
  }
}

bool terminal::shows(const std::string& text, std::chrono::milliseconds limit) {
  try {
    (void)until(text, limit);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

int terminal::wait(std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  for (;;) {
    int status = 0;
    // What it shows is taken: who writes to a full terminal does not end.
    (void)read_more(std::min(deadline, std::chrono::steady_clock::now() + std::chrono::milliseconds{20}));
    const auto ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      pid_ = -1;
      return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    if (std::chrono::steady_clock::now() >= deadline) return -1;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
}

} // namespace pactor::test
