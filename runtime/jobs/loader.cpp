#include "runtime/jobs/loader.hpp"

#include "pactor/error.hpp"

#include <dlfcn.h>

#include <exception>
#include <string>
#include <system_error>

namespace pactor::jobs {

namespace {

/// Boost's text ends with that of an unrelated errno.
std::string reason(const std::exception& e) {
  std::string text = e.what();
  if (const auto end = text.find("): "); end != std::string::npos) text.resize(end + 1);
  return text;
}

} // namespace

const boost::dll::shared_library& loader::library(const std::filesystem::path& path) {
  if (const auto known = libraries_.find(path); known != libraries_.end()) return known->second;
  using mode = boost::dll::load_mode::type;
  boost::dll::shared_library loaded;
  try {
    loaded.load(path, mode::rtld_now | mode::rtld_local);
  } catch (const std::exception& e) {
    throw error{ec::bad_library, "cannot load " + path.string() + ": " + reason(e)};
  }
  // Pins it, whatever becomes of this object.
  if (void* pin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)) ::dlclose(pin);
  calls_mpi_ |= loaded.has(mpi_symbol); // looks in what it needs, too
  return libraries_.emplace(path, std::move(loaded)).first->second;
}

pactor_job_entry loader::load(const catalogue::entry& job) {
  const auto& from = library(job.path);
  if (!from.has(job.alias))
    throw error{ec::bad_library, job.path.string() + " has changed: it no longer exports job " + job.info.name};
  return from.get_alias<std::remove_pointer_t<pactor_job_entry>>(job.alias);
}

} // namespace pactor::jobs
