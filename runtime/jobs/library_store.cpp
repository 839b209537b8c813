#include "runtime/jobs/library_store.hpp"

#include "pactor/error.hpp"
#include "runtime/core/hex.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/system_error.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <span>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pactor::jobs {

namespace fs = std::filesystem;
using process::system_failure;
using process::unique_fd;

namespace {

constexpr auto incoming_folder = "incoming";
/// Drafts this old belong to nobody: a process that died.
constexpr std::chrono::hours abandoned{24};

EVP_MD_CTX* context(void* state) { return static_cast<EVP_MD_CTX*>(state); }

/// Whether the whole of an open file is this library.
bool is_whole(int fd, const library_name& l) {
  struct stat info {};
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode) || static_cast<std::uint64_t>(info.st_size) != l.size)
    return false;
  content_hash hash;
  std::vector<char> part(std::size_t{1} << 20);
  for (;;) {
    const auto n = ::read(fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    if (n == 0) return hash.hex() == l.hash;
    hash.add(part.data(), static_cast<std::size_t>(n));
  }
}

/// The library's directory, locked; nothing if it is not there, or going, or (with LOCK_NB) locked by another.
unique_fd locked(const fs::path& directory, int how) {
  unique_fd fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)};
  if (!fd || ::flock(fd.get(), how) != 0) return {};
  struct stat held {
  }, named{}; // while we waited another may have removed it, and a third made it anew
  if (::fstat(fd.get(), &held) != 0 || ::stat(directory.c_str(), &named) != 0 || held.st_dev != named.st_dev ||
      held.st_ino != named.st_ino)
    return {};
  return fd;
}
unique_fd hold(const fs::path& directory) { return locked(directory, LOCK_SH); }

struct kept {
  fs::path directory;
  std::uint64_t size;
  fs::file_time_type used;
};

std::vector<kept> all_in(const fs::path& directory) {
  std::vector<kept> all;
  std::error_code gone;
  for (fs::directory_iterator at{directory, gone}, end; !gone && at != end; at.increment(gone)) {
    if (at->path().filename() == incoming_folder) continue;
    kept k{at->path(), 0, at->last_write_time(gone)};
    std::error_code ignored;
    for (fs::directory_iterator file{at->path(), ignored}, last; !ignored && file != last; file.increment(ignored)) {
      const auto size = file->file_size(ignored);
      if (!ignored) k.size += size;
    }
    all.push_back(std::move(k));
    gone.clear();
  }
  return all;
}

/// @return false if someone holds it
bool remove_unheld(const fs::path& directory) {
  const auto alone = locked(directory, LOCK_EX | LOCK_NB);
  if (!alone) return false;
  std::error_code ignored;
  return fs::remove_all(directory, ignored) > 0;
}

} // namespace

std::string short_name(const library_name& l) { return l.file + " (" + l.hash.substr(0, 12) + ")"; }

std::optional<std::string> fault_of(const library_name& l) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '.' || c == '+';
  };
  if (!l.file.ends_with(".so") || l.file.size() > 128 || l.file.starts_with('.') ||
      !std::all_of(l.file.begin(), l.file.end(), plain))
    return "the name of a library's file must end with .so and have letters, digits, and _ - . + only, not " + l.file;
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  if (l.hash.size() != 64 || !std::all_of(l.hash.begin(), l.hash.end(), digit)) return "a malformed hash";
  if (l.size == 0) return l.file + " is empty";
  return std::nullopt;
}

content_hash::content_hash() : state_{::EVP_MD_CTX_new()} {
  if (!state_ || ::EVP_DigestInit_ex(context(state_), ::EVP_sha256(), nullptr) != 1) {
    ::EVP_MD_CTX_free(context(state_));
    throw error{ec::system, "there is no SHA-256"};
  }
}
content_hash::~content_hash() { ::EVP_MD_CTX_free(context(state_)); }
void content_hash::add(const void* data, std::size_t size) { ::EVP_DigestUpdate(context(state_), data, size); }
std::string content_hash::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  ::EVP_DigestFinal_ex(context(state_), digest.data(), &size);
  return core::hex(std::span{digest}.first(size));
}

library_name name_of_file(const fs::path& file) {
  const auto refuse = [&file](const std::string& why) -> error {
    return {ec::bad_library, file.string() + " is no job library: " + why};
  };
  // Not blocking: it may be a pipe that nobody writes to.
  const unique_fd fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!fd)
    throw refuse(errno == ENOENT ? "there is no such file"
                                 : "cannot be opened: " + std::generic_category().message(errno));
  struct stat info {};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) throw refuse("no regular file");
  library_name l{file.filename().string(), {}, 0};
  content_hash hash;
  std::vector<char> part(std::size_t{1} << 20);
  for (;;) {
    const auto n = ::read(fd.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw refuse("cannot be read: " + std::generic_category().message(errno));
    if (n == 0) break;
    hash.add(part.data(), static_cast<std::size_t>(n));
    l.size += static_cast<std::uint64_t>(n);
  }
  l.hash = hash.hex();
  return l;
}

void library_store::prepare() const { files::make_private_directory(directory_ / incoming_folder); }

std::optional<stored_library> library_store::find(const library_name& l) const {
  if (fault_of(l)) return std::nullopt;
  const auto folder = directory_ / l.hash;
  auto held = hold(folder);
  if (!held) return std::nullopt;
  auto path = folder / l.file;
  {
    const unique_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
    if (!fd) return std::nullopt;
    if (!is_whole(fd.get(), l)) {
      ::unlink(path.c_str());
      return std::nullopt;
    }
  }
  ::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0); // used now
  return stored_library{std::move(path), std::move(held)};
}

library_store::incoming::~incoming() {
  if (fd_) ::unlink(draft_.c_str());
}

void library_store::incoming::add(std::uint64_t offset, const void* data, std::size_t size) {
  if (offset != size_ || size == 0 || size > name_.size - size_)
    throw error{ec::bad_payload, "a part of " + name_.file + " that does not belong there"};
  hash_.add(data, size);
  const auto* at = static_cast<const char*>(data);
  while (size > 0) {
    const auto n = ::write(fd_.get(), at, size);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw system_failure("cannot write " + draft_.string(), errno);
    at += n;
    size -= static_cast<std::size_t>(n);
    size_ += static_cast<std::uint64_t>(n);
  }
}

library_store::incoming library_store::receive(const library_name& l) const {
  prepare();
  make_room(l);
  auto name = (directory_ / incoming_folder / (l.hash.substr(0, 16) + ".XXXXXX")).string();
  unique_fd fd{::mkostemp(name.data(), O_CLOEXEC)};
  if (!fd) throw system_failure("cannot write in " + (directory_ / incoming_folder).string(), errno);
  return {l, name, std::move(fd)};
}

stored_library library_store::finish(incoming&& in) const {
  auto one = std::move(in);
  const auto& l = one.name_;
  if (!one.complete() || one.hash_.hex() != l.hash)
    throw error{ec::bad_library, l.file + " is not what it was announced as: did it change while it was sent?"};
  const auto folder = directory_ / l.hash;
  files::make_private_directory(folder);
  auto held = hold(folder);
  if (!held) { // it was just being removed
    files::make_private_directory(folder);
    held = hold(folder);
  }
  auto path = folder / l.file;
  if (!held || ::fchmod(one.fd_.get(), 0500) != 0 || ::rename(one.draft_.c_str(), path.c_str()) != 0)
    throw system_failure("cannot keep " + path.string(), errno);
  one.fd_ = {}; // the draft is no more
  ::utimensat(AT_FDCWD, folder.c_str(), nullptr, 0);
  return {std::move(path), std::move(held)};
}

void library_store::make_room(const library_name& l) const {
  std::error_code gone;
  const auto now = fs::file_time_type::clock::now();
  for (fs::directory_iterator at{directory_ / incoming_folder, gone}, end; !gone && at != end; at.increment(gone))
    if (std::error_code ignored; at->last_write_time(ignored) < now - abandoned) fs::remove(at->path(), ignored);
  auto all = all_in(directory_);
  if (l.size > limit_) all.clear(); // nothing goes for what does not fit at all
  std::uint64_t size = l.size;
  for (const auto& k : all) size += k.size;
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.used < b.used; });
  for (const auto& k : all) {
    if (size <= limit_) return;
    if (remove_unheld(k.directory)) size -= k.size;
  }
  if (size <= limit_) return;
  throw error{ec::system, "no room for " + l.file + " (" + std::to_string(l.size >> 20U) + " MB) in " +
                              directory_.string() + ": libraries may take " + std::to_string(limit_ >> 20U) +
                              " MB there (shipping.cache_mb), and those in use leave less"};
}

} // namespace pactor::jobs
