// The worker: the process that one engine's jobs run in. It knows no network and no credentials; its engine talks to
// it over descriptor 3 (see protocol.hpp) and may kill it at any time.

#include "runtime/snippets/compiler_process.hpp"
#include "runtime/worker/announcer.hpp"
#include "runtime/worker/builtins.hpp"
#include "runtime/worker/cancellation.hpp"
#include "runtime/worker/capture.hpp"
#include "runtime/worker/crash_trace.hpp"
#include "runtime/worker/input.hpp"
#include "runtime/worker/last_words.hpp"
#include "runtime/worker/output.hpp"
#include "runtime/worker/protocol.hpp"
#include "runtime/worker/runner.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <malloc.h>
#include <string_view>
#include <sys/prctl.h>
#include <unistd.h>

namespace {

using namespace pactor;
using worker::link_kind;

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

bool is(const wire::record& r, wire::record_kind kind) { return r.kind == static_cast<std::uint16_t>(kind); }
bool is(const wire::record& r, link_kind kind) { return r.kind == static_cast<std::uint16_t>(kind); }

/// The time, nanoseconds since the epoch. When tasks follow each other at once, the end of one is the start of the
/// next: reading the clock is a good part of an empty job.
class stopwatch {
public:
  std::int64_t start(bool waited) { return waited ? last_ = now() : last_; }
  std::int64_t stop() { return last_ = now(); }

private:
  std::int64_t last_ = now();
};

/// Sends what is in `buffer` as the outcome of `task`.
void answer(worker::output& out, wire::record task, wire::record_kind kind, worker::result_buffer& buffer, bool more) {
  wire::record r;
  r.id = task.id;
  r.kind = static_cast<std::uint16_t>(kind);
  r.engine = task.engine;
  r.count = task.count;
  r.started = task.started;
  r.completed = task.completed;
  if (const auto& referred = buffer.referred()) {
    r.size = sizeof referred->part;
    r.flags = wire::shared;
    r.transfer = referred->file;
    out.add(r, &referred->part, {}, more, r.completed);
  } else if (auto file = buffer.take_file()) {
    const worker::file_part part{buffer.used, 0};
    r.size = sizeof part;
    r.flags = wire::transferred;
    r.transfer = file->number;
    out.add(r, &part, std::move(file->fd), more, r.completed);
  } else {
    r.size = static_cast<std::uint32_t>(buffer.used);
    out.add(r, buffer.data(), {}, more, r.completed);
  }
}

/// Tells the engine which files are not needed any more.
void give_back(worker::output& out, worker::incoming_files& files, std::int64_t when) {
  for (const auto id : files.take_released()) {
    wire::record r;
    r.id = id;
    r.kind = static_cast<std::uint16_t>(link_kind::release);
    out.add(r, nullptr, {}, false, when);
  }
}

/// The outcome of a task that was taken back before it began.
wire::record_kind withdrawn(worker::runner& jobs, worker::result_buffer& buffer) {
  failure f;
  f.code = ec::aborted;
  f.what = "the task was taken back before it started";
  jobs.fail(f, "", buffer);
  return wire::record_kind::failure;
}

int serve(worker::input& in, worker::output& out, worker::capture& printed, worker::announcer& said) {
  const auto first = in.next();
  if (!first || !is(first->record, link_kind::init)) return 1;
  worker::runner jobs{worker::decode_setup(first->payload.data, first->payload.size), in.files(), said};
  worker::cancellation cancellation{worker::control_fd};
  ::close(worker::control_fd); // it is mapped
  jobs.use(cancellation);
  wire::record ready;
  const auto pid = static_cast<std::uint32_t>(::getpid());
  ready.id = pid;
  ready.kind = static_cast<std::uint16_t>(link_kind::ready);
  printed.introduce();
  out.add(ready, nullptr, {}, false, now());

  worker::result_buffer buffer;
  stopwatch clock;
  while (auto task = in.next()) {
    if (is(task->record, link_kind::recycle)) buffer.recycle(task->record.id);
    if (is(task->record, link_kind::library))
      jobs.use_library(worker::decode_library(task->payload.data, task->payload.size));
    if (!is(task->record, wire::record_kind::task)) continue; // or of a later version
    task->record.count = pid;
    task->record.started = clock.start(task->waited);
    const bool prints = !worker::calls_builtin(task->payload);
    if (prints) printed.begin(task->record.id);
    said.begin(task->record.id);
    const auto kind = cancellation.begin() ? jobs.run(task->payload, buffer) : withdrawn(jobs, buffer);
    cancellation.end();
    task->record.completed = clock.stop();
    if (prints) printed.end(task->record.completed);
    said.end(task->record.completed);
    answer(out, task->record, kind, buffer, in.more());
    task->payload = {};
    give_back(out, in.files(), task->record.completed);
  }
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  if (count > 2 && std::string_view{arguments[1]} == "--compile") return snippets::guard_compiler(arguments + 2);
  // Nothing is left behind when the node goes. If it went before this line, the socket's end says so; the parent's
  // number does not, since in a container a node may be process 1 itself.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Jobs that make large results over and over find memory that is there, and not fresh pages each time.
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 128 << 20);
  // Jobs that sleep wake when they asked for it, and not 50 microseconds later.
  ::prctl(PR_SET_TIMERSLACK, 1);
  // Programs that jobs start do not hold the socket open.
  ::fcntl(worker::socket_fd, F_SETFD, FD_CLOEXEC);
  try {
    worker::input in{worker::socket_fd};
    worker::output out{worker::socket_fd};
    worker::announcer said{out};
    worker::capture printed{out};
    printed.on_look([&said] { said.release(); });
    const worker::crash_trace trace;
    trace.introduce(out);
    worker::save_last_words(printed, trace);
    int status = 1;
    try {
      status = serve(in, out, printed, said);
    } catch (const std::exception& e) {
      ::dprintf(printed.log(), "pactor-worker: %s\n", e.what());
    }
    // Neither jobs' destructors nor those of their libraries: they could hang, and nobody waits for them.
    std::fflush(nullptr);
    ::_exit(status);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "pactor-worker: %s\n", e.what());
    ::_exit(1);
  }
}
