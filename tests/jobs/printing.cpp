// Jobs that print, in every way that a job can.

#include <pactor/job.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace printing {

void print_stream(const std::string& text) { std::cout << text << '\n'; } // not flushed
PACTOR_JOB(print_stream)

void print_stdio(const std::string& text) { std::printf("%s\n", text.c_str()); }
PACTOR_JOB(print_stdio)

void print_write(const std::string& text) {
  const auto line = text + '\n';
  static_cast<void>(::write(STDOUT_FILENO, line.data(), line.size()) == 0);
}
PACTOR_JOB(print_write)

void print_child(const std::string& text) {
  static_cast<void>(std::system(("echo '" + text + "'; echo 'not " + text + "' >&2").c_str())); // NOLINT
}
PACTOR_JOB(print_child)

void print_error(const std::string& text) {
  std::cerr << text << " by cerr\n";
  std::clog << text << " by clog\n";
  std::fprintf(stderr, "%s by stdio\n", text.c_str());
}
PACTOR_JOB(print_error)

/// Stays so: the streams of this worker have buffers of their own from then on.
void print_unsynced(const std::string& text) {
  std::ios_base::sync_with_stdio(false);
  std::cout << text << '\n';
  std::clog << text << '\n';
}
PACTOR_JOB(print_unsynced)

int print_and_return(int x) {
  std::cout << "x = " << x << '\n';
  std::cerr << "error " << x << '\n';
  return x;
}
PACTOR_JOB(print_and_return)

void print_and_throw(const std::string& text) {
  std::cout << text << '\n';
  throw std::runtime_error{"threw"};
}
PACTOR_JOB(print_and_throw)

/// Prints and takes the process along: how is "abort", "segfault", "kill", "exit", "_exit" or "overflow".
int deeper(int depth) { // NOLINT(misc-no-recursion)
  volatile char frame[4096] = {};
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : deeper(depth + 1) + frame[0]; // no stack is that deep
}
void print_and_die(const std::string& how) {
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  std::cout << "flushed" << std::endl; // NOLINT(performance-avoid-endl)
  std::cerr << "the reason: " << how << '\n';
  if (how == "kill") std::raise(SIGKILL);
  if (how == "_exit") ::_exit(3);
  std::cout << "buffered\n"; // what follows can be made to lose it
  if (how == "abort") std::abort();
  if (how == "segfault") *reinterpret_cast<volatile int*>(8) = 1; // NOLINT
  if (how == "exit") std::exit(3);                                // NOLINT(concurrency-mt-unsafe)
  if (how == "overflow") static_cast<void>(deeper(0));
}
PACTOR_JOB(print_and_die)

/// Lines `line 0`, `line 1`, ...
void print_lines(long lines, bool flush_each) {
  for (long i = 0; i < lines; ++i) {
    std::cout << "line " << i << '\n';
    if (flush_each) std::cout.flush();
  }
}
PACTOR_JOB(print_lines)

/// The same into a file.
void file_lines(const std::string& path, long lines, bool flush_each) {
  std::ofstream out{path};
  for (long i = 0; i < lines; ++i) {
    out << "line " << i << '\n';
    if (flush_each) out.flush();
  }
}
PACTOR_JOB(file_lines)

/// Prints lines until the file is there; without flushing them if told so.
void print_until_exists(const std::string& path, const std::string& text, long pause_us) {
  while (::access(path.c_str(), F_OK) != 0) {
    std::cout << text << '\n';
    if (pause_us > 0) std::this_thread::sleep_for(std::chrono::microseconds{pause_us});
  }
}
PACTOR_JOB(print_until_exists)

/// Prints one line, and runs until the file is there.
void print_and_wait(const std::string& path, const std::string& text) {
  std::cout << text << '\n';
  while (::access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
PACTOR_JOB(print_and_wait)

/// Prints one line when a file is there, makes another one, and runs until a third is there.
void print_when(const std::string& path, const std::string& text, const std::string& until) {
  while (::access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  std::cout << text << std::endl;
  std::this_thread::sleep_for(std::chrono::milliseconds{100}); // until it was sent
  std::ofstream{path + ".done"};
  while (::access(until.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
PACTOR_JOB(print_when)

/// Leaves a thread behind that prints until the file is there.
void leave_printing(const std::string& path) {
  std::thread{[path] {
    while (::access(path.c_str(), F_OK) != 0) {
      static_cast<void>(::write(STDOUT_FILENO, "left behind\n", 12) == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    }
  }}.detach();
}
PACTOR_JOB(leave_printing)

} // namespace printing
