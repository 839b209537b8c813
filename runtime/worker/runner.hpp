#pragma once
// Runs one call after the other: finds the job, calls it, and has its outcome in a buffer.

#include "pactor/error.hpp"
#include "runtime/jobs/catalogue.hpp"
#include "runtime/jobs/loader.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/announcer.hpp"
#include "runtime/worker/cancellation.hpp"
#include "runtime/worker/executor.hpp"
#include "runtime/worker/incoming_files.hpp"
#include "runtime/worker/protocol.hpp"
#include "runtime/worker/result_buffer.hpp"
#include "runtime/worker/variables.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::worker {

class runner {
public:
  /// @param files  where large payloads lie
  /// @param said   takes what jobs publish and display
  runner(setup s, incoming_files& files, announcer& said);
  runner(const runner&) = delete;
  runner& operator=(const runner&) = delete;

  /// Runs a call; its encoded outcome is in `out`. Lets no exception out. @return result, failure or partial
  wire::record_kind run(const detail::slice& payload, result_buffer& out) noexcept;

  /// Calls from now on use this build of a library that a client sent, or none of it.
  void use_library(const shipped_library& l);

  /// Jobs can ask from now on whether they are to end. @pre `c` lives as long as this
  void use(cancellation& c) noexcept {
    c.offer(host_);
    cancellation_ = &c;
  }

  /// An outcome that says why there is no other.
  void fail(failure f, std::string_view job, result_buffer& out) noexcept;

private:
  pactor_job_entry entry(std::string_view job);
  void note_mpi() noexcept;
  void read_libraries();
  void add_library(const std::string& path);
  void take_library(const shipped_library& l);
  void verify(const std::string& path);
  [[noreturn]] void unknown(std::string_view job) const;
  wire::record_kind run_code(const wire::call_view& call, result_buffer& out);
  wire::record_kind run_job(const wire::call_view& call, const detail::slice& payload, result_buffer& out);

  setup setup_;
  incoming_files& files_;
  variables space_;
  pactor_host host_;
  jobs::catalogue catalogue_;
  jobs::loader loader_;
  cancellation* cancellation_ = nullptr;
  jobs::text_map<pactor_job_entry> entries_; ///< of jobs that were called before
  std::unique_ptr<executor> executor_;       ///< from the first code on
  jobs::text_map<std::string> unverified_;   ///< hashes of libraries that were sent, by path, until they are loaded
  bool libraries_read_ = false;
  std::vector<std::string> unreadable_; ///< what is wrong with libraries that could not be read
};

} // namespace pactor::worker
