#include "runtime/worker/runner.hpp"

#include "pactor/detail/failure.hpp"
#include "pactor/detail/sink.hpp"
#include "runtime/core/near_names.hpp"
#include "runtime/snippets/sha256.hpp"
#include "runtime/worker/builtins.hpp"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace pactor::worker {

runner::runner(setup s, incoming_files& files, announcer& said)
    : setup_{std::move(s)}, files_{files}, host_{space_.host(setup_.engine, setup_.host.c_str())} {
  said.attach(host_);
}

void runner::add_library(const std::string& path) {
  catalogue_.add(path);
  entries_.clear(); // it may be a newer build of one that is known
}

void runner::use_library(const shipped_library& l) {
  if (libraries_read_) return take_library(l);
  std::erase_if(setup_.shipped, [&l](const auto& each) { return each.file == l.file; });
  setup_.shipped.push_back(l);
}

void runner::take_library(const shipped_library& l) {
  try {
    if (l.path.empty()) {
      catalogue_.remove(l.file);
      entries_.clear();
      for (const auto& path : setup_.libraries) // a configured one of this name is to be seen again
        if (std::filesystem::path{path}.filename() == l.file) add_library(path);
      return;
    }
    add_library(l.path);
    unverified_.insert_or_assign(l.path, l.hash);
  } catch (const error& e) {
    unreadable_.emplace_back(e.what());
  }
}

/// The engine's host has checked it when it came; what became of it since shows now.
void runner::verify(const std::string& path) {
  const auto expected = unverified_.find(path);
  if (expected == unverified_.end()) return;
  const process::unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  snippets::sha256 hash;
  std::vector<char> part(std::size_t{1} << 18);
  for (ssize_t n = 1; fd && n != 0;) {
    n = ::read(fd.get(), part.data(), part.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) hash.add({part.data(), static_cast<std::size_t>(n)});
  }
  if (!fd || hash.hex() != expected->second)
    throw error{ec::bad_library, path + " is not what was sent any more: its content has changed, or it is gone; " +
                                     "restart the engine, and send the library again"};
  unverified_.erase(expected);
}

/// At the first call that is no builtin: an engine that only keeps variables stays small.
void runner::read_libraries() {
  if (std::exchange(libraries_read_, true)) return;
  for (const auto& path : setup_.libraries) {
    try {
      add_library(path);
    } catch (const error& e) {
      unreadable_.emplace_back(e.what());
    }
  }
  for (const auto& l : std::exchange(setup_.shipped, {})) take_library(l);
}

pactor_job_entry runner::entry(std::string_view job) {
  if (const auto known = entries_.find(job); known != entries_.end()) return known->second;
  read_libraries();
  const auto* found = catalogue_.find(job);
  if (!found) unknown(job);
  if (!unverified_.empty()) verify(found->path.string());
  auto* const loaded = loader_.load(*found);
  if (loader_.calls_mpi()) note_mpi();
  return entries_.emplace(std::string{job}, loaded).first->second;
}

/// Before the first line of it runs: whatever becomes of the process, its engine knows.
void runner::note_mpi() noexcept {
  if (cancellation_) cancellation_->note_mpi();
}

void runner::unknown(std::string_view job) const {
  auto known = catalogue_.names();
  known.emplace_back(execute_job);
  for (auto& name : builtin_names()) known.push_back(std::move(name));
  std::string near;
  for (const auto& name : core::near_names(job, known)) near += (near.empty() ? "; did you mean " : " or ") + name;
  auto text = "no job is named " + std::string{job} + (near.empty() ? "" : near + "?");
  for (const auto& problem : unreadable_) text += "\n" + problem;
  throw error{ec::unknown_job, text};
}

/// A job like those of libraries: it prints, can be cancelled, and fails like one.
wire::record_kind runner::run_code(const wire::call_view& call, result_buffer& out) {
  if (!executor_) executor_ = std::make_unique<executor>(setup_.execute, space_, host_, [this] { note_mpi(); });
  const auto outcome = executor_->run(call, out);
  if ((outcome != PACTOR_RESULT && outcome != PACTOR_FAILURE) || out.used == 0) throw std::bad_alloc{};
  return static_cast<wire::record_kind>(outcome);
}

wire::record_kind runner::run_job(const wire::call_view& call, const detail::slice& payload, result_buffer& out) {
  if (is_builtin(call.job)) {
    detail::sink_encoder encoder{out};
    builtin_context engine{space_, setup_.engine,
                           [this](const std::string& path) {
                             if (!setup_.may_load)
                               throw error{ec::refused, "this cluster has only its configured job libraries: "
                                                        "\"shipping.enabled\" is false in its configuration"};
                             read_libraries();
                             add_library(path);
                             return jobs::list_library(path);
                           },
                           [this, &out](const detail::slice& encoded) {
                             const auto place = encoded.size > file_limit ? files_.find(encoded.data) : std::nullopt;
                             if (place) out.refer(place->id, {encoded.size, place->offset});
                             return place.has_value();
                           }};
    run_builtin(call, payload, engine, encoder);
    out.used = encoder.size();
    return wire::record_kind::result;
  }
  if (call.job == execute_job) return run_code(call, out);
  const pactor_call c{sizeof(pactor_call),
                      static_cast<std::uint32_t>(call.mode),
                      call.job.data(),
                      call.job.size(),
                      call.arguments,
                      call.size,
                      &host_};
  const auto outcome = entry(call.job)(&c, &out);
  if (outcome < PACTOR_RESULT || outcome > PACTOR_PARTIAL || out.used == 0) throw std::bad_alloc{};
  return static_cast<wire::record_kind>(outcome);
}

wire::record_kind runner::run(const detail::slice& payload, result_buffer& out) noexcept {
  out.clear();
  const auto call = wire::read_call(payload.data, payload.size);
  try {
    if (!call) throw error{ec::bad_payload, "malformed payload: it is no call"};
    return run_job(*call, payload, out);
  } catch (...) {
    fail(detail::current_failure(), call ? call->job : "", out);
    return wire::record_kind::failure;
  }
}

void runner::fail(failure f, std::string_view job, result_buffer& out) noexcept {
  f.engine = host_.engine;
  f.pid = host_.pid;
  out.clear();
  detail::into_sink(out, [&](detail::encoder& encoder) {
    f.job = job;
    f.host = setup_.host;
    detail::write_failure(encoder, f);
    return PACTOR_FAILURE;
  });
}

} // namespace pactor::worker
