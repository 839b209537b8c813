#include "runtime/worker/capture.hpp"

#include "runtime/process/system_error.hpp"
#include "runtime/worker/protocol.hpp"
#include "runtime/worker/stdio_buffer.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fcntl.h>
#include <iostream>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <system_error>
#include <unistd.h>

namespace pactor::worker {

namespace {

using process::unique_fd;

constexpr std::size_t buffer_size = std::size_t{64} << 10;
constexpr std::size_t record_size = std::size_t{256} << 10;
// A user has 16384 pages for pipes before the kernel makes new ones tiny: 64 of them for each worker are no bother.
constexpr int pipe_size = 256 << 10;
// Out of the way of numbers that jobs close or count on.
constexpr int first_number = 500;
// The reader looks at a running task at least so often, since nothing tells it of text in stdio's buffer.
constexpr int look_interval = 50;
// It gathers text for so long before it reads: one that prints line by line does not wake it for every line. And what
// a dying process printed at last stays in the pipe, where its engine finds it. But one that prints a lot is not to
// wait for room: the reader looks after the first of these times, then after twice as long each.
constexpr auto gather_time = std::chrono::microseconds{4000};
constexpr auto first_look = std::chrono::microseconds{125};
constexpr int worth_reading = pipe_size / 8;
constexpr int most_rounds = 16; // of reading what comes without a pause, before it looks after other things
constexpr int idle_looks = 4;   // without a task, until it sleeps for good

/// Large, so that a job that prints a lot makes few system calls. Not touched, and so no memory, until one prints.
std::array<char, std::size_t{64} << 10> stdout_buffer; // NOLINT(*-global-variables): stdio's

std::int64_t system_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

unique_fd out_of_the_way(unique_fd fd) {
  const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, first_number);
  return moved < 0 ? std::move(fd) : unique_fd{moved};
}

void watch(int poll, int fd) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.fd = fd;
  if (::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &e) != 0) throw process::system_failure("cannot watch a pipe", errno);
}

} // namespace

capture::capture(output& out)
    : out_{out}, synced_{std::cout.rdbuf(), std::clog.rdbuf()},
      wide_synced_{std::wcout.rdbuf(), std::wclog.rdbuf()}, pid_{::getpid()} {
  log_ = unique_fd{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, first_number)};
  if (!log_) log_ = unique_fd{::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0)};
  poll_ = out_of_the_way(unique_fd{::epoll_create1(EPOLL_CLOEXEC)});
  wake_ = out_of_the_way(unique_fd{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)});
  if (!poll_ || !wake_) throw process::system_failure("cannot watch a job's output", errno);
  watch(poll_.get(), wake_.get());
  for (int i = 0; i < 2; ++i) {
    auto ends = process::make_pipe();
    if (i == 0) ::fcntl(ends.write.get(), F_SETPIPE_SZ, pipe_size); // a smaller one works as well
    auto& s = streams_.at(static_cast<std::size_t>(i));
    s.read = out_of_the_way(std::move(ends.read));
    ::fcntl(s.read.get(), F_SETFL, O_NONBLOCK);
    watch(poll_.get(), s.read.get());
    if (::dup2(ends.write.get(), STDOUT_FILENO + i) < 0)
      throw process::system_failure("cannot redirect a job's output", errno);
  }
  std::setvbuf(stdout, stdout_buffer.data(), _IOFBF, stdout_buffer.size());
}

capture::~capture() {
  stopped_ = true;
  ::eventfd_write(wake_.get(), 1);
  if (reader_.joinable()) reader_.join();
}

void capture::introduce() {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    const std::uint64_t nothing = 0;
    wire::record r;
    r.kind = static_cast<std::uint16_t>(link_kind::stream);
    r.flags = static_cast<std::uint16_t>(wire::transferred | wire::stream_flags(i == 1));
    r.size = sizeof nothing;
    out_.add(r, &nothing, unique_fd{::fcntl(streams_.at(i).read.get(), F_DUPFD_CLOEXEC, 0)}, false, system_now());
  }
}

/// Whether the task that ends has printed nothing at all.
bool capture::quiet() {
  // Streams that do not go through stdio any more have buffers of their own.
  if (std::cout.rdbuf() != synced_[0]) std::cout.flush();
  if (std::clog.rdbuf() != synced_[1]) std::clog.flush();
  if (std::wcout.rdbuf() != wide_synced_[0]) std::wcout.flush();
  if (std::wclog.rdbuf() != wide_synced_[1]) std::wclog.flush();
  if (::__fpending(stdout) > 0 || ::__fpending(stderr) > 0) return false;
  epoll_event e;
  // Each write into a pipe has put it on this list before it returned, so that nothing is overlooked.
  return ::epoll_wait(poll_.get(), &e, 1, 0) <= 0 && !touched_.load();
}

void capture::settle(std::int64_t now, bool outcome_follows) {
  if (stdout->_mode > 0) std::fflush(stdout);
  std::fflush(stderr);
  const lock held{mutex_};
  collect(now, outcome_follows, true);
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    auto& limiter = streams_.at(i).limiter;
    limiter.finish([&](std::uint64_t omitted, std::string_view text) { say(i, omitted, text, now, outcome_follows); });
    limiter.restart(steady::now());
  }
  touched_ = false;
}

/// Takes what was printed so far. @param all_of_it also if it is much @pre mutex_ is held @return bytes
std::size_t capture::collect(std::int64_t now, bool more, bool all_of_it) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<char[]>(buffer_size); // NOLINT(*-avoid-c-arrays)
  reading_ = true;
  std::size_t all = read_pipe(0, now, more); // while the job prints on
  // One that fills its buffer again and again is not held up for what is in it now.
  if (all_of_it || all < stdout_buffer.size()) {
    stream_hold hold{stdout}; // what it has buffered stands behind what it has written
    all += read_pipe(0, now, more);
    hold.take([&](std::string_view text) {
      if (task_.load() != no_task) touched_ = true;
      all += text.size();
      heard(0, text, now, more);
    });
  }
  all += read_pipe(1, now, more);
  reading_ = false;
  return all;
}

std::size_t capture::read_pipe(std::size_t index, std::int64_t now, bool more) {
  std::size_t all = 0;
  const auto fd = streams_.at(index).read.get();
  // Not to its end: somebody may write without one.
  while (all < std::size_t{2} * pipe_size && !stopped_) {
    if (task_.load() != no_task) touched_ = true; // before it is gone from the pipe: see quiet()
    const auto n = ::read(fd, buffer_.get(), buffer_size);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    heard(index, {buffer_.get(), static_cast<std::size_t>(n)}, now, more);
    all += static_cast<std::size_t>(n);
  }
  return all;
}

void capture::heard(std::size_t index, std::string_view text, std::int64_t now, bool more) {
  if (task_.load() == no_task) return write_log(text);
  streams_.at(index).limiter.add(
      text, steady::now(), [&](std::uint64_t omitted, std::string_view part) { say(index, omitted, part, now, more); });
}

void capture::say(std::size_t index, std::uint64_t omitted, std::string_view text, std::int64_t now, bool more) {
  do {
    const auto part = text.substr(0, record_size);
    text.remove_prefix(part.size());
    wire::record r;
    r.id = task_.load();
    r.kind = static_cast<std::uint16_t>(wire::record_kind::output);
    r.flags = wire::stream_flags(index == 1);
    r.size = static_cast<std::uint32_t>(part.size());
    r.transfer = std::exchange(omitted, 0);
    out_.add(r, part.data(), {}, more || !text.empty(), now);
  } while (!text.empty());
}

void capture::write_log(std::string_view text) const noexcept {
  while (!text.empty()) {
    const auto n = ::write(log_.get(), text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void capture::wake() {
  asleep_ = false;
  if (reader_.joinable()) {
    ::eventfd_write(wake_.get(), 1);
    return;
  }
  // Signals are for the job's thread.
  sigset_t all;
  sigset_t before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    reader_ = std::thread{[this] { run(); }};
  } catch (const std::system_error&) { // jobs' output goes to the log, as nobody would read the pipes
    ::dup2(log_.get(), STDOUT_FILENO);
    ::dup2(log_.get(), STDERR_FILENO);
  }
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void capture::run() {
  ::prctl(PR_SET_TIMERSLACK, 50'000); // unlike jobs, it need not wake to the microsecond
  for (int idle = 0; !stopped_;) {
    if (!wait_for_text(idle)) return;
    if (on_look_ && !stopped_) on_look_();
    if (task_.load() != no_task) gather();
    auto got = stdout_buffer.size();
    for (int round = 0; got >= stdout_buffer.size() && round < most_rounds && !stopped_; ++round) {
      const lock held{mutex_};
      if (stopped_) return;
      const auto now = system_now();
      got = collect(now, false, false);
      reading_ = true;
      for (std::size_t i = 0; i < streams_.size(); ++i)
        streams_.at(i).limiter.release(
            steady::now(), [&](std::uint64_t omitted, std::string_view text) { say(i, omitted, text, now, false); });
      reading_ = false;
    }
  }
}

/// Lets the pipes fill for a while, but not so far that a job would wait.
void capture::gather() const {
  const auto filled = [this] {
    int all = 0;
    for (const auto& s : streams_) {
      int bytes = 0;
      if (::ioctl(s.read.get(), FIONREAD, &bytes) == 0) all += bytes;
    }
    return all;
  };
  auto waited = std::chrono::microseconds{0};
  for (auto step = first_look; waited < gather_time && filled() < worth_reading && !stopped_; step *= 2) {
    step = std::min(step, gather_time - waited);
    std::this_thread::sleep_for(step);
    waited += step;
  }
}

/// Waits for something to read, or until it is time to look. @return false if the pipes are gone
bool capture::wait_for_text(int& idle) {
  std::array<epoll_event, 3> events{};
  idle = task_.load() == no_task ? idle + 1 : 0;
  auto timeout = look_interval;
  if (idle > idle_looks) {
    asleep_ = true;
    if (task_.load() == no_task) // else it started just now, and may not have seen that we sleep
      timeout = -1;
    else
      asleep_ = false;
  }
  const auto n = ::epoll_wait(poll_.get(), events.data(), static_cast<int>(events.size()), timeout);
  if (n < 0 && errno != EINTR) return false;
  for (int i = 0; i < n; ++i) {
    if (events.at(static_cast<std::size_t>(i)).data.fd != wake_.get()) continue;
    eventfd_t ignored = 0;
    ::eventfd_read(wake_.get(), &ignored);
    idle = 0;
  }
  return true;
}

void capture::close_down() noexcept {
  if (::getpid() != pid_) return; // a process that a job has forked
  try {
    std::cout.flush();
    std::fflush(stdout);
    if (task_.load() != no_task) settle(system_now(), false);
    const lock held{mutex_};
    stopped_ = true;
  } catch (...) { // there is nobody left to tell
    stopped_ = true;
  }
}

void capture::last_words() noexcept {
  if (::getpid() != pid_) return;
  stopped_ = true;
  for (int i = 0; reading_.load() && i < 100; ++i) { // the reader sends what it has
    const timespec moment{0, 1'000'000};
    ::nanosleep(&moment, nullptr);
  }
  // Nobody reads the pipe now: what does not fit is lost.
  ::fcntl(STDOUT_FILENO, F_SETFL, O_NONBLOCK);
  const auto text = buffered(stdout);
  if (text.empty() || stdout->_mode > 0) return;
  static_cast<void>(::write(STDOUT_FILENO, text.data(), text.size()) == 0);
}

} // namespace pactor::worker
