#include "runtime/snippets/cache_store.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/system_error.hpp"
#include "runtime/process/write_all.hpp"
#include "runtime/snippets/sha256.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pactor::snippets {

namespace fs = std::filesystem;
using process::system_failure;
using process::unique_fd;

namespace {

constexpr std::string_view heading = "pactor cache 1\n", ending = "end\n";
/// Larger files are known by their size, beginning and end: they are precompiled headers, and hashing one takes longer
/// than compiling with it.
constexpr std::uint64_t hashed_whole = std::uint64_t{8} << 20, hashed_part = std::uint64_t{64} << 10;
/// Files this young are not removed: someone may be about to open them.
constexpr auto in_use = std::chrono::seconds{30};

std::int64_t nanoseconds(const timespec& t) { return std::int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec; }

void hash_part(sha256& hash, int fd, std::uint64_t from, std::uint64_t size) {
  std::array<char, 65536> part{};
  while (size > 0) {
    const auto count = ::pread(fd, part.data(), std::min<std::uint64_t>(size, part.size()), static_cast<off_t>(from));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    hash.add({part.data(), static_cast<std::size_t>(count)});
    from += static_cast<std::uint64_t>(count);
    size -= static_cast<std::uint64_t>(count);
  }
}

/// Nobody else could have written it: it is going to be executed.
bool is_own(const struct stat& info) { return info.st_uid == ::geteuid() && (info.st_mode & 022) == 0; }

/// What a file's content is known by; "" if it can't be read, or may be another user's.
std::string content_name(const fs::path& file) {
  const unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  struct stat info {};
  if (!fd || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode) || !is_own(info)) return {};
  const auto size = static_cast<std::uint64_t>(info.st_size);
  sha256 hash;
  hash.add(std::to_string(size) + ":");
  if (size <= hashed_whole) {
    hash_part(hash, fd.get(), 0, size);
  } else {
    hash_part(hash, fd.get(), 0, hashed_part);
    hash_part(hash, fd.get(), size - hashed_part, hashed_part);
  }
  return hash.hex();
}

/// Takes a number and the character behind it. @return false if there is none
template <class T>
bool take_number(std::string_view& text, T& number, char end) {
  const auto [at, wrong] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (wrong != std::errc{} || at == text.data() + text.size() || *at != end) return false;
  text.remove_prefix(static_cast<std::size_t>(at - text.data()) + 1);
  return true;
}

std::string write_entry(const std::string& file, const std::vector<source_file>& sources) {
  std::string text{heading};
  text += file + "\n";
  for (const auto& s : sources)
    if (s.path.string().find('\n') == std::string::npos)
      text += std::to_string(s.size) + " " + std::to_string(s.modified) + " " + s.path.string() + "\n";
  return text.append(ending);
}

struct entry {
  std::string file;
  std::vector<source_file> sources;
};

/// Nothing if it is no entry, or not a whole one.
std::optional<entry> read_entry(std::string_view text) {
  if (!text.starts_with(heading) || !text.ends_with(ending)) return std::nullopt;
  text.remove_prefix(heading.size());
  text.remove_suffix(ending.size());
  const auto line_end = text.find('\n');
  if (line_end == std::string_view::npos) return std::nullopt;
  entry e;
  e.file = text.substr(0, line_end);
  if (e.file.empty() || e.file.find('/') != std::string::npos) return std::nullopt;
  text.remove_prefix(line_end + 1);
  while (!text.empty()) {
    source_file s;
    if (!take_number(text, s.size, ' ') || !take_number(text, s.modified, ' ')) return std::nullopt;
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    s.path = text.substr(0, end);
    text.remove_prefix(end + 1);
    e.sources.push_back(std::move(s));
  }
  return e;
}

std::string host_prefix() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return std::string{name.data()} + ".";
}

} // namespace

source_file source_file::now(const fs::path& path) {
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) return {path, 0, 0};
  return {path, static_cast<std::uint64_t>(info.st_size), nanoseconds(info.st_mtim)};
}

work_directory::~work_directory() {
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

fs::path work_directory::write(std::string_view name, std::string_view text) const {
  auto file = path_ / name;
  const unique_fd fd{::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (!fd || !process::write_all(fd.get(), text)) throw system_failure("cannot write " + file.string(), errno);
  return file;
}

cache_store::cache_store(fs::path directory, std::uint64_t limit) : directory_{std::move(directory)}, limit_{limit} {}

void cache_store::prepare() const {
  files::make_private_directory(directory_);
  for (const auto* part : {"entry", "file", "lock", "work"}) files::make_private_directory(directory_ / part);
}

std::optional<cache_store::found> cache_store::find(const std::string& key) const {
  const auto path = directory_ / "entry" / key;
  std::optional<entry> e;
  struct stat info {};
  try {
    if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode) || !is_own(info)) return std::nullopt;
    e = read_entry(files::read_file(path));
  } catch (const error&) {
    return std::nullopt; // it went this moment
  }
  if (!e) return std::nullopt;
  const auto file = directory_ / "file" / e->file;
  if (content_name(file) != fs::path{e->file}.stem()) return std::nullopt;
  if (!std::all_of(e->sources.begin(), e->sources.end(), [](const auto& s) { return s.current(); }))
    return std::nullopt;
  const std::chrono::system_clock::time_point made{std::chrono::duration_cast<std::chrono::system_clock::duration>(
      std::chrono::nanoseconds{nanoseconds(info.st_ctim)})};
  ::utimensat(AT_FDCWD, file.c_str(), nullptr, 0); // used now
  return found{file, std::move(e->sources), made};
}

cache_store::found cache_store::put(const std::string& key, const fs::path& made,
                                    const std::vector<source_file>& sources) {
  const auto name = content_name(made);
  if (name.empty()) throw error{ec::system, "cannot read " + made.string() + ", which was just made"};
  const auto file = name + made.extension().string();
  const auto target = directory_ / "file" / file;
  if (::chmod(made.c_str(), 0600) != 0 || ::rename(made.c_str(), target.c_str()) != 0)
    throw system_failure("cannot keep compiled code as " + target.string(), errno);
  ::utimensat(AT_FDCWD, target.c_str(), nullptr, 0);
  const work_directory place = work();
  // Not synchronised with the disk: what a power failure damages is made again.
  const auto draft = place.write("entry", write_entry(file, sources));
  if (::rename(draft.c_str(), (directory_ / "entry" / key).c_str()) != 0)
    throw system_failure("cannot write in " + directory_.string(), errno);
  make_room(target);
  return {target, sources, std::chrono::system_clock::now()};
}

void cache_store::remove(const std::string& key) const {
  std::error_code ignored;
  fs::remove(directory_ / "entry" / key, ignored);
}

void cache_store::make_room(const fs::path& kept) const {
  struct kept_file {
    fs::path path;
    std::uint64_t size;
    fs::file_time_type used;
  };
  std::vector<kept_file> all;
  std::uint64_t size = 0;
  std::error_code gone;
  for (fs::directory_iterator at{directory_ / "file", gone}, end; !gone && at != end; at.increment(gone)) {
    const kept_file f{at->path(), at->file_size(gone), at->last_write_time(gone)};
    if (gone) continue;
    size += f.size;
    all.push_back(f);
  }
  if (size <= limit_) return;
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
  const auto young = fs::file_time_type::clock::now() - in_use;
  for (const auto& f : all) {
    if (size <= limit_ - limit_ / 10) break;
    if (f.path == kept || f.used > young) continue;
    if (fs::remove(f.path, gone)) size -= f.size;
  }
  remove_empty_entries();
}

/// Those whose file is no more: finding one does not touch it, so that its own age says nothing.
void cache_store::remove_empty_entries() const {
  std::error_code gone;
  for (fs::directory_iterator at{directory_ / "entry", gone}, end; !gone && at != end; at.increment(gone)) {
    std::optional<entry> e;
    try {
      e = read_entry(files::read_file(at->path()));
    } catch (const error&) {
      continue; // it went this moment
    }
    std::error_code ignored;
    if (!e || !fs::exists(directory_ / "file" / e->file, ignored)) fs::remove(at->path(), ignored);
  }
}

unique_fd cache_store::lock(const std::string& key, const pause& wait) const {
  prepare();
  const auto path = directory_ / "lock" / key.substr(0, 2);
  unique_fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd) throw system_failure("cannot write in " + directory_.string(), errno);
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) throw system_failure("cannot lock " + path.string(), errno);
    wait(std::chrono::milliseconds{2});
  }
  return fd;
}

work_directory cache_store::work() {
  prepare();
  if (next_work_ == 0) remove_abandoned_work();
  for (;;) {
    auto path = directory_ / "work" / (host_prefix() + std::to_string(::getpid()) + "." + std::to_string(next_work_++));
    if (::mkdir(path.c_str(), 0700) == 0) return work_directory{std::move(path)};
    if (errno != EEXIST) throw system_failure("cannot make directory " + path.string(), errno);
  }
}

/// Of processes of this host that are no more.
void cache_store::remove_abandoned_work() const {
  const auto host = host_prefix();
  std::error_code gone;
  for (fs::directory_iterator at{directory_ / "work", gone}, end; !gone && at != end; at.increment(gone)) {
    const auto name = at->path().filename().string();
    if (!name.starts_with(host)) continue;
    auto rest = std::string_view{name}.substr(host.size());
    pid_t pid = 0;
    if (!take_number(rest, pid, '.') || pid <= 0 || ::kill(pid, 0) == 0 || errno != ESRCH) continue;
    std::error_code ignored;
    fs::remove_all(at->path(), ignored);
  }
}

} // namespace pactor::snippets
