#include "runtime/jobs/crash_report.hpp"

#include "pactor/detail/plain_type.hpp"
#include "pactor/detail/sink.hpp"
#include "pactor/error.hpp"
#include "runtime/jobs/elf_file.hpp"

#include <array>
#include <charconv>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

namespace pactor::jobs {

namespace {

constexpr std::size_t most_frames = 16, longest_name = 160, most_lines = 64;

std::string readable(const std::string& name) {
  if (!name.starts_with("_Z")) return name.substr(0, longest_name); // `f` would be a float
  auto result = detail::demangled(name.c_str());
  if (result.starts_with("px::pactor_body(")) return "the code";
  result = detail::plain_type(result);
  if (result.size() > longest_name) {
    result.resize(longest_name);
    result += "...";
  }
  return result;
}

/// Libraries with their tables, read once each.
class symbol_files {
public:
  /// @param faulty the function that was running; of the others the stack has where a call returns to, which is behind
  /// the call, and perhaps no more in the function
  std::string function_at(const std::string& path, std::string_view offset, bool faulty) {
    std::uint64_t address = 0;
    if (!offset.starts_with("+0x")) return {};
    offset.remove_prefix(3);
    const auto end = offset.data() + offset.size();
    if (std::from_chars(offset.data(), end, address, 16).ptr != end) return {};
    try {
      auto& file = files_[path];
      if (!file) file = std::make_unique<elf_file>(path);
      return file->function_at(faulty || address == 0 ? address : address - 1);
    } catch (const error&) {
      return {};
    }
  }

private:
  std::map<std::string, std::unique_ptr<elf_file>> files_;
};

struct frame {
  std::string path, function;
};

/// `path(symbol+0x1) [0x2]`
std::optional<frame> read_frame(std::string_view line, symbol_files& files, bool faulty) {
  const auto open = line.rfind('('), close = line.rfind(')');
  if (open == std::string_view::npos || close == std::string_view::npos || close < open || open == 0 ||
      (!line.substr(close).starts_with(")[0x") && !line.substr(close).starts_with(") [0x")))
    return std::nullopt;
  frame f;
  f.path = line.substr(0, open);
  const auto place = line.substr(open + 1, close - open - 1);
  const auto plus = place.rfind('+');
  auto name = plus == std::string_view::npos ? std::string{} : std::string{place.substr(0, plus)};
  if (name.empty()) name = files.function_at(f.path, place, faulty);
  f.function = readable(name);
  return f;
}

bool is_system(std::string_view file) {
  constexpr std::array<std::string_view, 6> names{"libc.",       "libstdc++.", "libgcc_s.",
                                                  "libpthread.", "ld-linux",   "libm."};
  for (const auto name : names)
    if (file.starts_with(name)) return true;
  return false;
}

} // namespace

crash_report read_crash(std::string_view trace, std::string_view worker) {
  crash_report report;
  symbol_files files;
  std::size_t frames = 0, lines = 0;
  while (!trace.empty() && frames < most_frames && lines++ < most_lines) {
    const auto end = trace.find('\n');
    const auto f = read_frame(trace.substr(0, end), files, frames == 0);
    trace.remove_prefix(end == std::string_view::npos ? trace.size() : end + 1);
    if (!f) continue;
    const auto file = std::filesystem::path{f->path}.filename().string();
    if (file == worker) {
      if (frames == 0) continue; // the handler's
      break;
    }
    if (frames > 0 && f->function.starts_with("pactor::detail::snippet_run::")) break; // what runs code as text
    if (report.function.empty() && !is_system(file)) report.function = f->function;
    report.backtrace += (frames++ == 0 ? "" : "\n") + (f->function.empty() ? "?" : f->function) + " (" + file + ")";
  }
  return report;
}

} // namespace pactor::jobs
