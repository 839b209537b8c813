#pragma once
// What the long-lived processes say: sentences with subject, verb and object, one a line, in UTC.

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace pactor {

enum class log_level : std::uint8_t { trace, debug, info, warning, error, off };
inline constexpr std::array<std::string_view, 6> log_level_names{"trace", "debug", "info", "warning", "error", "off"};

/// @return nothing for a word that is no level
[[nodiscard]] std::optional<log_level> parse_log_level(std::string_view word);

/// Where a log goes and how much of it.
struct log_options {
  std::string component{};           ///< in brackets on every line: "controller", "pactor start"
  std::filesystem::path file{};      ///< "" is standard error
  log_level level = log_level::info; ///< less important lines are dropped
  bool show_level = true;            ///< false for what a person reads on a terminal
  std::size_t max_size = 10u << 20;  ///< bytes of one file; then it becomes FILE.1 and a new one begins
  std::size_t old_files = 3;         ///< kept beside the current one
};

/// A log. Copies share it. Thread-safe. A default-constructed one drops everything.
///
///     2026-11-23T02:56:52.123Z [controller] info: hub lost engine 3, restarts it
class log {
public:
  log() = default;
  /// @throws error{system} if the file can't be written
  explicit log(const log_options& options);

  void debug(std::string_view sentence) const { write(log_level::debug, sentence); }
  void info(std::string_view sentence) const { write(log_level::info, sentence); }
  void warning(std::string_view sentence) const { write(log_level::warning, sentence); }
  void error(std::string_view sentence) const { write(log_level::error, sentence); }
  void write(log_level level, std::string_view sentence) const;

private:
  std::shared_ptr<spdlog::logger> logger_;
};

} // namespace pactor
