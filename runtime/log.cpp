#include "runtime/log.hpp"

#include "pactor/error.hpp"

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>

namespace pactor {
namespace {

spdlog::level::level_enum native(log_level level) {
  switch (level) {
  case log_level::trace:
    return spdlog::level::trace;
  case log_level::debug:
    return spdlog::level::debug;
  case log_level::info:
    return spdlog::level::info;
  case log_level::warning:
    return spdlog::level::warn;
  case log_level::error:
    return spdlog::level::err;
  case log_level::off:
    break;
  }
  return spdlog::level::off;
}

spdlog::sink_ptr open_sink(const log_options& options) {
  if (options.file.empty()) return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  try {
    return std::make_shared<spdlog::sinks::rotating_file_sink_mt>(options.file.string(), options.max_size,
                                                                  options.old_files);
  } catch (const spdlog::spdlog_ex& e) {
    throw error{ec::system, "cannot write log file " + options.file.string() + ": " + e.what()};
  }
}

} // namespace

std::optional<log_level> parse_log_level(std::string_view word) {
  const auto found = std::find(log_level_names.begin(), log_level_names.end(), word);
  if (found == log_level_names.end()) return std::nullopt;
  return static_cast<log_level>(found - log_level_names.begin());
}

log::log(const log_options& options)
    : logger_{std::make_shared<spdlog::logger>(options.component, open_sink(options))} {
  const auto* pattern = options.show_level ? "%Y-%m-%dT%H:%M:%S.%eZ [%n] %l: %v" : "%Y-%m-%dT%H:%M:%S.%eZ [%n] %v";
  logger_->set_formatter(std::make_unique<spdlog::pattern_formatter>(pattern, spdlog::pattern_time_type::utc));
  logger_->set_level(native(options.level));
  logger_->flush_on(spdlog::level::info); // a killed process must not take its last words along
}

void log::write(log_level level, std::string_view sentence) const {
  if (logger_) logger_->log(native(level), spdlog::string_view_t{sentence.data(), sentence.size()});
}

} // namespace pactor
