// Jobs that go wrong, and some that tests need for timing and size.

#include <pactor/job.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace faults {

void throw_std(const std::string& what) { throw std::runtime_error{what}; }
PACTOR_JOB(throw_std)

void throw_int() { throw 42; } // NOLINT(misc-throw-by-value-catch-by-reference,hicpp-exception-baseclass)
PACTOR_JOB(throw_int)

/// Half of the elements of a map fail.
double throw_odd(int x) {
  if (x % 2 != 0) throw std::domain_error{std::to_string(x) + " is odd"};
  return x * 0.5;
}
PACTOR_JOB(throw_odd)

void abort() { std::abort(); }
PACTOR_JOB(abort)

void exit0() { std::exit(0); } // NOLINT(concurrency-mt-unsafe)
PACTOR_JOB(exit0)

void segfault() { std::raise(SIGSEGV); }
PACTOR_JOB(segfault)

/// std::terminate(), which no job can be kept from.
void throw_in_thread() {
  std::thread{[] { throw std::runtime_error{"nobody catches this"}; }}.join();
}
PACTOR_JOB(throw_in_thread)

int deeper(int depth) { // NOLINT(misc-no-recursion)
  volatile char frame[4096] = {};
  frame[0] = static_cast<char>(depth);
  return depth < 0 ? 0 : deeper(depth + 1) + frame[0]; // no stack is that deep
}
int stack_overflow() { return deeper(0); }
PACTOR_JOB(stack_overflow)

void close_fds() {
  for (int fd = 0; fd < 1024; ++fd) ::close(fd);
}
PACTOR_JOB(close_fds)

void never_returns() {
  for (;;) std::this_thread::sleep_for(std::chrono::hours{1});
}
PACTOR_JOB(never_returns)

/// Computes for so many microseconds.
void spin(long microseconds) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::microseconds{microseconds};
  while (std::chrono::steady_clock::now() < end) {
  }
}
PACTOR_JOB(spin)

pactor::value echo(pactor::value v) { return v; }
PACTOR_JOB(echo)

/// 0, 1, ... n-1
std::vector<double> big(std::size_t n) {
  std::vector<double> all(n);
  for (std::size_t i = 0; i < n; ++i) all[i] = static_cast<double>(i);
  return all;
}
PACTOR_JOB(big)

/// Waits by pactor's means, for so many seconds or until it is cancelled.
void doze(pactor::context& engine, double seconds) { engine.sleep_for(std::chrono::duration<double>{seconds}); }
PACTOR_JOB(doze)

/// Computes until it is asked to end. @return true
bool until_cancelled(pactor::context& engine) {
  while (!engine.cancelled()) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return true;
}
PACTOR_JOB(until_cancelled)

/// Never asks.
void deaf() {
  const std::atomic<bool> enough{false};
  while (!enough) {
  }
}
PACTOR_JOB(deaf)

/// Leaves a trace of having run.
void touch(const std::string& path) { std::ofstream{path} << "ran"; }
PACTOR_JOB(touch)

/// @return x, after a millisecond
long slowly(pactor::context& engine, long x) {
  engine.sleep_for(std::chrono::milliseconds{1});
  return x;
}
PACTOR_JOB(slowly)

/// Leaves a trace of its own, and fails if there is one: it ran before.
void once(const std::string& path) {
  if (std::ifstream{path}) throw std::runtime_error{path + " ran twice"};
  std::ofstream{path} << "ran";
}
PACTOR_JOB(once)

/// An element that takes its time, and does not ask.
int slow_element(int x) {
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  return x;
}
PACTOR_JOB(slow_element)

/// Writes a line into a file that others write into too. @return 3 * id + 1
std::int64_t note(const std::string& path, std::int64_t id) {
  std::ofstream{path, std::ios::app} << std::to_string(id) + "\n"; // at once: a line is never cut
  std::this_thread::sleep_for(std::chrono::milliseconds{id % 4});
  return 3 * id + 1;
}
PACTOR_JOB(note)

/// Fails so many times; the file counts them. @return how often it has run then
long fail_times(const std::string& path, long times) {
  std::ofstream{path, std::ios::app} << "1\n";
  std::ifstream in{path};
  long ran = 0;
  for (long one = 0; in >> one;) ++ran;
  if (ran <= times) throw std::runtime_error{"failed " + std::to_string(ran) + " times"};
  return ran;
}
PACTOR_JOB(fail_times)

/// Needs an engine of this number.
int only_on(pactor::context& engine, int wanted) {
  if (engine.engine() != wanted) throw pactor::unmet_dependency{"not on engine " + std::to_string(engine.engine())};
  return wanted;
}
PACTOR_JOB(only_on)

/// Leaves a trace of having run, then waits for a file.
void note_until(const std::string& trace, const std::string& path) {
  std::ofstream{trace, std::ios::app} << "1\n";
  while (::access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
PACTOR_JOB(note_until)

/// Runs until the file is there: a job that ends when the test says so.
void until_exists(const std::string& path) {
  while (::access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}
PACTOR_JOB(until_exists)

} // namespace faults
