#pragma once
// What an engine and its worker say to each other over their socketpair: batches of wire::record in both
// directions, and nothing else. The worker's end is descriptor 3.
//
// engine to worker:  init (first, once), task, recycle, library
// worker to engine:  stream (twice, before ready), ready (answer to init), output, result, failure, partial,
//                    release
//
// A task or outcome with record_flag::transferred has its payload in a memory file whose descriptor comes with the
// record's first byte (SCM_RIGHTS); the record's own payload is a file_part. Descriptors and the records that announce
// them come in the same order. A `transfer` is the sender's number for the file; a result with
// record_flag::shared is a part of the file of that number, which the engine has already.

#include "runtime/snippets/compiler_settings.hpp"
#include "runtime/wire/records.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace pactor::worker {

constexpr int socket_fd = 3;
/// The control page (control_page.hpp).
constexpr int control_fd = 4;

/// Kinds beside wire::record_kind::{task, result, failure, partial}.
enum class link_kind : std::uint16_t {
  init = 100,    ///< payload: encoded worker::setup
  ready = 101,   ///< payload: none; id is the worker's pid
  stream = 102,  ///< before ready, with record_flag::transferred: the descriptor is the read end of the pipe that the
                 ///< worker has as standard output (or error, with error_stream); the payload is a u64 of no meaning.
                 ///< With id trace_pipe: the pipe in which a crash leaves its stack
  release = 103, ///< payload: none; id is the number of a file that the worker reads no more
  recycle = 104, ///< payload: none; id is the `transfer` of a result whose file nobody reads any more
  library = 105, ///< payload: encoded shipped_library: tasks behind it use this build
};

/// The id of a record of kind stream; 0 of others.
constexpr std::uint64_t trace_pipe = 1;

/// Where in a memory file a payload lies, in bytes.
struct file_part {
  std::uint64_t size = 0, offset = 0;
};
static_assert(sizeof(file_part) == 16);

/// Results above this are written into memory files, which can go on to a client of the same host as they are.
constexpr std::size_t file_limit = std::size_t{32} << 10;

/// Payloads above this travel as memory files between engine and worker, and as transfers between processes.
constexpr std::size_t inline_limit = std::size_t{1} << 20;

/// A job library that a client sent.
struct shipped_library {
  std::string file; ///< its name: it takes the place of others of this name
  std::string hash; ///< of its content, SHA-256
  std::string path; ///< "": there is none of this name any more
};

/// What a worker is told before its first task.
struct setup {
  int engine = -1;  ///< its engine's number
  std::string host; ///< host name, for failures
  std::vector<std::string>
      libraries; ///< absolute paths of the job libraries, loaded at the first use of one of their jobs
  snippets::compile_settings execute{};
  std::vector<shipped_library> shipped{}; ///< in the order in which they came
  bool may_load = true;                   ///< clients may name libraries of this host (pactor.load)
};

/// As the init record carries it.
detail::bytes encode_setup(const setup& s);
/// @throws error{bad_payload | signature_mismatch}
setup decode_setup(const char* data, std::size_t size);

detail::bytes encode_library(const shipped_library& l);
/// @throws error{bad_payload | signature_mismatch}
shipped_library decode_library(const char* data, std::size_t size);

} // namespace pactor::worker
