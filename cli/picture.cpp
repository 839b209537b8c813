#include "cli/picture.hpp"

#include "cli/json.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/programs.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iostream>
#include <unistd.h>

namespace pactor::cli {

namespace {

constexpr std::size_t largest_picture = std::size_t{16} << 20;
constexpr std::chrono::seconds conversion_limit{10};

std::string variable(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe)
  return value ? value : "";
}

/// A file that is gone at the end.
class temporary_file {
public:
  temporary_file() {
    auto text = (std::filesystem::temp_directory_path() / "pactor-picture-XXXXXX").string();
    const int fd = ::mkstemp(text.data());
    if (fd < 0) return;
    ::close(fd);
    path_ = text;
  }
  temporary_file(const temporary_file&) = delete;
  temporary_file& operator=(const temporary_file&) = delete;
  ~temporary_file() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

std::string png_of_svg(const std::string& file) {
  const auto program = process::find_program("rsvg-convert", variable("PATH"));
  const temporary_file out;
  if (program.empty() || out.path().empty()) return {};
  auto child = process::spawn({.executable = program,
                               .arguments = {"rsvg-convert", "--format=png", "--output", out.path(), "--",
                                             std::filesystem::absolute(file).string()},
                               .output = "/dev/null"});
  const auto ended = child.wait_for(conversion_limit);
  return ended && ended->success() ? files::read_file(out.path()) : std::string{};
}

std::string png_of(const saved_item& item) {
  if (!item.error.empty() || item.size > largest_picture) return {};
  if (item.media_type.starts_with("image/png")) return files::read_file(item.file);
  return item.media_type.starts_with("image/svg+xml") ? png_of_svg(item.file) : std::string{};
}

std::string escape_kitty(const std::string& base64) {
  constexpr std::size_t piece = 4096;
  std::string text;
  for (std::size_t at = 0; at < base64.size(); at += piece) {
    const bool more = at + piece < base64.size();
    text += "\x1b_G";
    if (at == 0) text += "a=T,f=100,q=2,";
    text += std::string{"m="} + (more ? '1' : '0') + ';' + base64.substr(at, piece) + "\x1b\\";
  }
  return text;
}

} // namespace

picture_protocol protocol_of(const std::function<std::string(const char*)>& variable) {
  const auto term = variable("TERM"), program = variable("TERM_PROGRAM");
  if (!variable("TMUX").empty() || term.starts_with("screen") || term.starts_with("tmux"))
    return picture_protocol::none;
  if (!variable("KITTY_WINDOW_ID").empty() || term == "xterm-kitty" || term == "xterm-ghostty" || program == "ghostty")
    return picture_protocol::kitty;
  return program == "iTerm.app" || program == "WezTerm" ? picture_protocol::iterm : picture_protocol::none;
}

std::string escape_picture(picture_protocol p, std::string_view png) {
  if (p == picture_protocol::none || png.empty()) return {};
  const auto text = base64({reinterpret_cast<const std::byte*>(png.data()), png.size()});
  if (p == picture_protocol::kitty) return escape_kitty(text) + '\n';
  return "\x1b]1337;File=inline=1;size=" + std::to_string(png.size()) + ":" + text + "\a\n";
}

void show_pictures(const std::vector<saved_item>& items) {
  if (items.empty() || ::isatty(STDOUT_FILENO) != 1) return;
  const auto protocol = protocol_of(&variable);
  if (protocol == picture_protocol::none) return;
  for (const auto& item : items) {
    try {
      if (const auto png = png_of(item); png.size() <= largest_picture)
        std::cout << escape_picture(protocol, png) << std::flush;
    } catch (const std::exception&) { // it is saved all the same, and results are to be printed
    }
  }
}

} // namespace pactor::cli
