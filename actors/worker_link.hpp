#pragma once
// An engine's hold on its worker: starts it, talks to it over the socketpair, and learns how it ended.

#include "pactor/detail/bytes.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/control_page.hpp"

#include <caf/fwd.hpp>

#include <filesystem>
#include <functional>
#include <memory>

namespace pactor {

/// What a worker does, told in the I/O thread.
class worker_events {
public:
  virtual ~worker_events() = default;
  /// A record came; `payload` is valid during the call. With record_flag::transferred `file` has the payload.
  virtual void worker_said(const wire::record& r, const char* payload, process::unique_fd file) = 0;
  /// All records that could be read now were.
  virtual void turn_ended() = 0;
  /// The process is gone. Called once; the link is of no use any more.
  virtual void worker_ended(const process::exit_state& how) = 0;
};

/// A running worker. Tests put a fake in its place.
class worker_link {
public:
  worker_link() = default;
  worker_link(const worker_link&) = delete;
  worker_link& operator=(const worker_link&) = delete;
  /// Kills the worker if it still runs; nothing is reported any more.
  virtual ~worker_link() = default;

  virtual void send(const wire::record& r, const void* payload) = 0;
  /// The same, with a descriptor, which is duplicated.
  virtual void send_file(const wire::record& r, const void* payload, int fd) = 0;
  /// Hands what was sent to the kernel.
  virtual void flush() = 0;
  [[nodiscard]] virtual int pid() const = 0;
  virtual void kill(int signal) = 0;
  /// What it reads while a job runs.
  [[nodiscard]] virtual const worker::control_memory& control() const = 0;
  /// A SIGINT for the task that the control page names, and for no other.
  virtual void interrupt() = 0;
  /// A SIGSTOP holds it.
  [[nodiscard]] virtual bool stopped() const = 0;
};

/// Starts a worker, watched by the system's multiplexer. I/O thread only.
/// @param cores  that it is bound to; none: those of the node
/// @param rank   it is an MPI process, which jobs see (pactor/mpi.hpp); it gets the descriptor by which MPICH's talk to
///               mpiexec
/// @throws error{system} if it can't be started
std::unique_ptr<worker_link> start_worker_process(caf::actor_system& system, const std::filesystem::path& executable,
                                                  worker_events& events, const std::vector<int>& cores = {},
                                                  bool rank = false);

} // namespace pactor
