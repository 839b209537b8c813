#include "cli/shell/history.hpp"

#include "cli/shell/words.hpp"
#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/unique_fd.hpp"

#include <algorithm>
#include <cstddef>
#include <fcntl.h>
#include <iterator>

namespace pactor::cli::shell {

namespace {

std::vector<std::string> split_lines(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.empty() && line.size() <= history::longest_line) lines.emplace_back(line);
  }
  return lines;
}

} // namespace

history::history(std::filesystem::path file) : file_{std::move(file)} {
  try {
    if (!files::file_exists(file_)) return;
    const auto content = files::read_private_file(file_);
    lines_ = split_lines(content);
    if (lines_.size() > most_lines)
      lines_.erase(lines_.begin(), lines_.end() - static_cast<std::ptrdiff_t>(most_lines));
    std::size_t bytes = 0;
    auto first = lines_.end();
    while (first != lines_.begin() && bytes + std::prev(first)->size() < most_bytes) bytes += (--first)->size() + 1;
    lines_.erase(lines_.begin(), first);
    std::string kept;
    for (const auto& line : lines_) kept += line + '\n';
    if (kept.size() < content.size()) files::replace_file(file_, kept);
  } catch (const error&) {
    file_.clear();
  }
  if (!lines_.empty()) last_ = lines_.back();
}

bool history::add(std::string_view line) {
  if (trimmed(line).empty() || line.size() > longest_line || line == last_ || line.find('\n') != line.npos)
    return false;
  last_ = line;
  if (file_.empty()) return true;
  const process::unique_fd out{
      ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  const auto text = last_ + '\n';
  if (out) (void)!::write(out.get(), text.data(), text.size()); // in one piece, so that shells don't mix their lines
  return true;
}

} // namespace pactor::cli::shell
