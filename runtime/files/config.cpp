#include "runtime/files/config.hpp"

#include "runtime/core/placement.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/json_object.hpp"
#include "runtime/log.hpp"

#include <limits>

namespace pactor::files {

namespace fs = std::filesystem;

namespace {

constexpr std::int64_t largest_cache_mb = std::int64_t{1} << 20;

std::vector<fs::path> directories(const json_object& object, const fs::path& base) {
  std::vector<fs::path> result;
  for (const auto& one : object.texts("jobs")) {
    if (one.empty()) object.reject("jobs", "has an empty name");
    result.push_back((base / one).lexically_normal()); // an absolute one replaces base
  }
  return result;
}

execute_config read_execute(const json_object& object) {
  execute_config result;
  if (object.has("execute.enabled")) result.enabled = object.flag("execute.enabled");
  if (object.has("execute.compiler")) result.compiler = object.text("execute.compiler");
  if (object.has("execute.flags")) result.flags = object.texts("execute.flags");
  if (object.has("execute.cache_mb")) result.cache_mb = object.integer("execute.cache_mb", 1, largest_cache_mb);
  return result;
}

} // namespace

config read_config(const fs::path& file) {
  const json_object object{file.string(), read_file(file)};
  object.allow_only({"engines", "jobs", "host", "port", "heartbeat_ms", "scheduler", "hwm", "log_level",
                     "execute.enabled", "execute.compiler", "execute.flags", "execute.cache_mb"});
  config result;
  if (object.has("engines")) result.engines = static_cast<int>(object.integer("engines", 0, 10'000));
  if (object.has("jobs")) result.jobs = directories(object, fs::absolute(file).parent_path());
  if (object.has("host")) result.host = object.text("host");
  if (result.host.empty()) object.reject("host", "must be an address or a name");
  if (object.has("port"))
    result.port = static_cast<std::uint16_t>(object.integer("port", 0, std::numeric_limits<std::uint16_t>::max()));
  if (object.has("heartbeat_ms"))
    result.heartbeat = std::chrono::milliseconds{object.integer("heartbeat_ms", 10, 3'600'000)};
  if (object.has("scheduler")) result.scheduler = object.text("scheduler");
  if (!core::scheme_named(result.scheduler))
    object.reject("scheduler",
                  "must be leastload, lru, plainrandom, twobin or weighted, not \"" + result.scheduler + "\"");
  if (object.has("hwm")) result.hwm = static_cast<std::size_t>(object.integer("hwm", 0, 1'000'000));
  if (object.has("log_level")) result.log_level = object.text("log_level");
  if (!parse_log_level(result.log_level))
    object.reject("log_level", "must be trace, debug, info, warning, error or off, not \"" + result.log_level + "\"");
  result.execute = read_execute(object);
  return result;
}

config read_config_if_present(const fs::path& file) { return file_exists(file) ? read_config(file) : config{}; }

} // namespace pactor::files
