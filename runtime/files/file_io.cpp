#include "runtime/files/file_io.hpp"

#include "runtime/process/system_error.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/process/write_all.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pactor::files {

namespace fs = std::filesystem;
using process::system_failure;
using process::unique_fd;

namespace {

void write_all(int fd, std::string_view content, const fs::path& path) {
  if (!process::write_all(fd, content)) throw system_failure("cannot write " + path.string(), errno);
}

std::string read_all(int fd, const fs::path& path) {
  std::string content;
  std::array<char, 8192> part{};
  for (;;) {
    const auto count = ::read(fd, part.data(), part.size());
    if (count < 0 && errno != EINTR) throw system_failure("cannot read " + path.string(), errno);
    if (count == 0) return content;
    if (count > 0) content.append(part.data(), static_cast<std::size_t>(count));
  }
}

unique_fd open_to_read(const fs::path& path) {
  unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)}; // a named pipe must not hold us up
  if (!fd) throw system_failure("cannot read " + path.string(), errno);
  return fd;
}

/// A temporary file that is gone unless it took its final name.
class temporary {
public:
  explicit temporary(const fs::path& target) : name_{target.string() + ".XXXXXX"} {
    fd_.reset(::mkostemp(name_.data(), O_CLOEXEC)); // 0600 from the first moment
    if (!fd_) throw system_failure("cannot write in " + target.parent_path().string(), errno);
  }
  temporary(const temporary&) = delete;
  temporary& operator=(const temporary&) = delete;
  ~temporary() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }
  [[nodiscard]] int fd() const { return fd_.get(); }
  void become(const fs::path& target) {
    if (::rename(name_.c_str(), target.c_str()) != 0) throw system_failure("cannot replace " + target.string(), errno);
    name_.clear();
  }

private:
  std::string name_;
  unique_fd fd_;
};

bool trusted_owner(uid_t owner) { return owner == ::geteuid() || owner == 0; }

} // namespace

void replace_file(const fs::path& path, std::string_view content, mode_t mode) {
  temporary file{path};
  write_all(file.fd(), content, path);
  if (::fchmod(file.fd(), mode) != 0 || ::fsync(file.fd()) != 0)
    throw system_failure("cannot write " + path.string(), errno);
  file.become(path);
  // The new name itself is on the disk only when the directory is; a file system that can't do that is no error.
  const unique_fd directory{::open(path.parent_path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (directory) ::fsync(directory.get());
}

std::string read_file(const fs::path& path) { return read_all(open_to_read(path).get(), path); }

std::string read_private_file(const fs::path& path) {
  const auto fd = open_to_read(path);
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0) throw system_failure("cannot read " + path.string(), errno);
  if (!S_ISREG(info.st_mode)) throw error{ec::configuration, path.string() + " is no regular file"};
  if (!trusted_owner(info.st_uid))
    throw error{ec::configuration, path.string() + " belongs to another user (uid " + std::to_string(info.st_uid) +
                                       "), who could have put anything there; copy it and use the copy"};
  if ((info.st_mode & 077) != 0)
    throw error{ec::configuration,
                path.string() + " holds a private key but other users may access it; run: chmod 600 " + path.string()};
  return read_all(fd.get(), path);
}

void make_private_directory(const fs::path& path) {
  if (path.has_parent_path() && !file_exists(path.parent_path())) make_private_directory(path.parent_path());
  if (::mkdir(path.c_str(), 0700) == 0) return;
  if (errno != EEXIST) throw system_failure("cannot make directory " + path.string(), errno);
  struct stat info {};
  if (::stat(path.c_str(), &info) != 0) throw system_failure("cannot use directory " + path.string(), errno);
  if (!S_ISDIR(info.st_mode)) throw error{ec::system, path.string() + " is in the way: it is no directory"};
  if (!trusted_owner(info.st_uid))
    throw error{ec::configuration, "directory " + path.string() + " belongs to another user (uid " +
                                       std::to_string(info.st_uid) + "); set PACTOR_DIR to a directory of your own"};
  if ((info.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0)
    throw system_failure("cannot close directory " + path.string() + " to other users", errno);
}

bool file_exists(const fs::path& path) {
  std::error_code failed;
  const bool there = fs::exists(path, failed);
  if (failed) throw error{ec::system, "cannot look for " + path.string() + ": " + failed.message()};
  return there;
}

void remove_file(const fs::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_failure("cannot remove " + path.string(), errno);
}

} // namespace pactor::files
