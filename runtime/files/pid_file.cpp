#include "runtime/files/pid_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/json_object.hpp"
#include "runtime/process/system_error.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <limits>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace pactor::files {

namespace fs = std::filesystem;
using process::system_failure;
using process::unique_fd;

namespace {

// Open file description locks: they belong to the descriptor, and unlike flock() others can ask for them without
// taking them.
struct flock whole_file() {
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  return lock;
}

/// @return false if another process holds it
bool try_lock(int fd, const fs::path& path) {
  auto lock = whole_file();
  if (::fcntl(fd, F_OFD_SETLK, &lock) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  throw system_failure("cannot lock " + path.string(), errno);
}

bool is_locked(int fd, const fs::path& path) {
  auto lock = whole_file();
  if (::fcntl(fd, F_OFD_GETLK, &lock) != 0) throw system_failure("cannot ask for the lock of " + path.string(), errno);
  return lock.l_type != F_UNLCK;
}

bool same_file(int fd, const fs::path& path) {
  struct stat ours {};
  struct stat there {};
  return ::fstat(fd, &ours) == 0 && ::stat(path.c_str(), &there) == 0 && ours.st_ino == there.st_ino &&
         ours.st_dev == there.st_dev;
}

unique_fd open_existing(const fs::path& path, int access) {
  unique_fd fd{::open(path.c_str(), access | O_CLOEXEC)};
  if (!fd && errno != ENOENT) throw system_failure("cannot open " + path.string(), errno);
  return fd;
}

std::uint64_t start_time_of_self() {
  const auto text = read_file("/proc/self/stat");
  // The second field is the program's name in parentheses, which may contain anything; the 22nd is wanted.
  std::istringstream fields{text.substr(text.rfind(')') + 1)};
  std::string skipped;
  for (int i = 3; i < 22; ++i) fields >> skipped;
  std::uint64_t ticks = 0;
  fields >> ticks;
  return ticks;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"localhost"};
}

std::string to_text(const pid_record& record) {
  const nlohmann::ordered_json object{
      {"pid", record.pid},     {"start_time", record.start_time}, {"host", record.host},
      {"nonce", record.nonce}, {"cluster_id", record.cluster_id}, {"engines", record.engines}};
  return object.dump(2) + "\n";
}

std::optional<pid_record> from_text(const fs::path& path, std::string text) {
  constexpr auto any = std::numeric_limits<std::int64_t>::max();
  constexpr auto any_int = std::numeric_limits<int>::max();
  try {
    const json_object object{path.string(), std::move(text)};
    return pid_record{.pid = static_cast<pid_t>(object.integer("pid", 1, any_int)),
                      .start_time = static_cast<std::uint64_t>(object.integer("start_time", 0, any)),
                      .host = object.text("host"),
                      .nonce = object.text("nonce"),
                      .cluster_id = object.text("cluster_id"),
                      .engines = static_cast<int>(object.integer("engines", 0, any_int))};
  } catch (const error&) {
    return std::nullopt;
  }
}

/// A complete and locked file under a name of its own, about to become the pid file: whoever sees a pid file sees
/// it whole.
struct candidate {
  candidate(const fs::path& path, const pid_record& record) : name{path.string() + ".XXXXXX"} {
    fd.reset(::mkostemp(name.data(), O_CLOEXEC));
    if (!fd) throw system_failure("cannot write in " + path.parent_path().string(), errno);
    const auto text = to_text(record);
    if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      const int failed = errno;
      ::unlink(name.c_str());
      throw system_failure("cannot write " + path.string(), failed);
    }
    try_lock(fd.get(), path);
  }
  candidate(const candidate&) = delete;
  candidate& operator=(const candidate&) = delete;
  ~candidate() { ::unlink(name.c_str()); }
  std::string name;
  unique_fd fd;
};

[[noreturn]] void report_running(const fs::path& path, int fd) {
  std::array<char, 4096> text{};
  const auto size = ::pread(fd, text.data(), text.size(), 0);
  const auto record = from_text(path, std::string(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0));
  auto message = std::string{"the cluster runs already"};
  if (record) message += ", as process " + std::to_string(record->pid) + " on " + record->host;
  throw error{ec::already_running, message + "; stop it with: pactor stop (pid file: " + path.string() + ")"};
}

} // namespace

pid_record pid_record::self() {
  pid_record result;
  result.pid = ::getpid();
  result.start_time = start_time_of_self();
  result.host = host_name();
  return result;
}

pid_file::pid_file(fs::path path, const pid_record& record) : path_{std::move(path)} {
  candidate ours{path_, record};
  for (;;) {
    const auto stale = open_existing(path_, O_RDWR);
    if (!stale) {
      // link() and not rename(): it fails if another one came first.
      if (::link(ours.name.c_str(), path_.c_str()) == 0) break;
      if (errno != EEXIST) throw system_failure("cannot make " + path_.string(), errno);
      continue;
    }
    if (!try_lock(stale.get(), path_)) report_running(path_, stale.get());
    // Only who holds the lock of the file that has the name now may replace it.
    if (!same_file(stale.get(), path_)) continue;
    if (::rename(ours.name.c_str(), path_.c_str()) != 0)
      throw system_failure("cannot replace " + path_.string(), errno);
    replaced_stale_ = true;
    break;
  }
  lock_ = std::move(ours.fd);
}

pid_file::pid_file(pid_file&& other) noexcept
    : path_{std::move(other.path_)}, lock_{std::move(other.lock_)}, replaced_stale_{other.replaced_stale_} {}

pid_file::~pid_file() {
  // Before the lock goes, and only if nobody removed the file by hand and started another cluster.
  if (lock_ && same_file(lock_.get(), path_)) ::unlink(path_.c_str());
}

std::optional<pid_state> inspect_pid_file(const fs::path& path) {
  const auto fd = open_existing(path, O_RDONLY);
  if (!fd) return std::nullopt;
  pid_state state;
  state.running = is_locked(fd.get(), path);
  std::array<char, 4096> text{};
  const auto size = ::pread(fd.get(), text.data(), text.size(), 0);
  if (size < 0) throw system_failure("cannot read " + path.string(), errno);
  state.record = from_text(path, std::string(text.data(), static_cast<std::size_t>(size)));
  return state;
}

} // namespace pactor::files
