#include "cli/displayed.hpp"

#include "runtime/process/unique_fd.hpp"
#include "runtime/process/write_all.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <fcntl.h>
#include <iterator>
#include <map>
#include <ostream>
#include <system_error>
#include <unistd.h>

namespace pactor::cli {

namespace {

constexpr std::size_t longest_stem = 90;
constexpr int most_numbers = 10'000;

struct known_type {
  std::string_view media_type, extension;
};
constexpr std::array known_types{
    known_type{"image/png", ".png"},         known_type{"image/jpeg", ".jpg"},
    known_type{"image/jpeg", ".jpeg"},       known_type{"image/svg+xml", ".svg"},
    known_type{"image/gif", ".gif"},         known_type{"image/webp", ".webp"},
    known_type{"image/tiff", ".tif"},        known_type{"image/tiff", ".tiff"},
    known_type{"image/bmp", ".bmp"},         known_type{"application/pdf", ".pdf"},
    known_type{"application/json", ".json"}, known_type{"application/zip", ".zip"},
    known_type{"application/gzip", ".gz"},   known_type{"application/xml", ".xml"},
    known_type{"text/html", ".html"},        known_type{"text/html", ".htm"},
    known_type{"text/csv", ".csv"},          known_type{"text/markdown", ".md"},
    known_type{"text/latex", ".tex"},        known_type{"audio/wav", ".wav"},
    known_type{"video/mp4", ".mp4"},
};

std::string lower(std::string_view text) {
  std::string result{text};
  std::ranges::transform(result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// `text/html; charset=utf-8` is text/html.
std::string essence(std::string_view media_type) {
  auto type = lower(media_type.substr(0, media_type.find(';')));
  while (type.ends_with(' ')) type.pop_back();
  return type;
}

/// One harmless character for each of the text's.
std::string harmless(std::string_view text, std::string_view more) {
  std::string result;
  for (const auto c : text) {
    const auto u = static_cast<unsigned char>(c);
    if ((u & 0xC0U) == 0x80U) continue; // not the first byte of a character
    const bool keep = u < 0x80 && (std::isalnum(u) != 0 || more.find(c) != std::string_view::npos);
    result += keep ? c : '_';
  }
  return result;
}

/// What extension a name gets; "" if it may keep its own, or has none to get.
std::string_view missing_extension(const std::string& name, const std::string& type) {
  std::string_view first;
  for (const auto& k : known_types) {
    if (k.media_type != type) continue;
    if (lower(name).ends_with(k.extension) && name.size() > k.extension.size()) return {};
    if (first.empty()) first = k.extension;
  }
  if (!first.empty()) return first;
  const auto dot = name.rfind('.'); // a type that says little: any extension will do
  if (dot != std::string::npos && dot + 1 < name.size()) return {};
  return type.starts_with("text/") ? ".txt" : ".bin";
}

/// `plot.svg`, `plot-1.svg`, ...
std::string numbered(const std::string& name, int number) {
  if (number == 0) return name;
  const auto dot = std::min(name.rfind('.'), name.size());
  return name.substr(0, dot) + "-" + std::to_string(number) + name.substr(dot);
}

std::string reason() { return std::generic_category().message(errno); }

/// Fills `item.file`, or `item.error`.
void write_new(const std::filesystem::path& directory, std::string_view data, saved_item& item) {
  const auto wanted = file_name_for(item.name, item.media_type);
  process::unique_fd file;
  std::string name;
  for (int number = 0; !file && number < most_numbers; ++number) {
    name = numbered(wanted, number);
    file = process::unique_fd{
        ::open((directory / name).c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)};
    if (!file && errno != EEXIST && errno != EINTR) break;
  }
  if (!file) {
    item.error = "cannot write " + (directory / wanted).string() + ": " + reason();
    return;
  }
  if (!process::write_all(file.get(), data)) {
    item.error = "cannot write " + (directory / name).string() + ": " + reason();
    ::unlink((directory / name).c_str()); // no half files
    return;
  }
  item.file = (directory / name).lexically_normal().string();
}

} // namespace

std::string file_name_for(std::string_view name, std::string_view media_type) {
  // What stands behind the last separator: the rest was somebody's directory.
  if (const auto slash = name.find_last_of("/\\"); slash != std::string_view::npos) name.remove_prefix(slash + 1);
  auto stem = harmless(name, ".-_+=,@");
  stem.erase(0, std::min(stem.find_first_not_of(".-"), stem.size()));
  while (stem.ends_with('.')) stem.pop_back();
  if (stem.empty()) stem = "display";
  if (stem.size() > longest_stem) { // the end says what it is
    const auto dot = stem.rfind('.');
    const auto extension = dot != std::string::npos && stem.size() - dot <= 10 ? stem.substr(dot) : std::string{};
    stem = stem.substr(0, longest_stem - extension.size()) + extension;
  }
  return stem + std::string{missing_extension(stem, essence(media_type))};
}

std::vector<saved_item> save(const std::vector<displayed_item>& items, const std::filesystem::path& directory,
                             std::ostream& log) {
  std::vector<saved_item> all;
  if (items.empty()) return all;
  std::error_code ignored; // writing says what is wrong
  std::filesystem::create_directories(directory, ignored);
  for (const auto& item : items) {
    auto& saved = all.emplace_back(saved_item{item.task, item.media_type, item.name, item.data.size()});
    const auto what = "(" + harmless(item.media_type, "/+.-_;= ") + ", " + detail::render_size(item.size) + ")";
    if (item.complete())
      write_new(directory, item.data, saved);
    else
      saved.error = file_name_for(item.name, item.media_type) + " " + what + " is not saved: only " +
                    detail::render_size(item.data.size()) + " of it arrived";
    log << "[display:" << item.engine << "] ";
    if (saved.error.empty())
      log << "saved " << saved.file << ' ' << what << '\n';
    else
      log << saved.error << '\n';
  }
  return all;
}

void saved_items::update(const std::vector<displayed_item>& items, bool ended, std::ostream& log) {
  std::vector<displayed_item> fresh;
  std::map<std::size_t, std::size_t> places;
  for (const auto& item : items) {
    const auto place = places[item.task]++;
    if (!item.complete() && !ended) continue; // the rest may be under way
    if (known_.emplace(item.task, place).second) fresh.push_back(item);
  }
  auto saved = save(fresh, directory_, log);
  std::ranges::move(saved, std::back_inserter(all_));
}

} // namespace pactor::cli
