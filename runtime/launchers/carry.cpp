#include "runtime/launchers/carry.hpp"

#include "pactor/error.hpp"
#include "runtime/core/hex.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/jobs/library.hpp"
#include "runtime/process/locations.hpp"

#include <algorithm>
#include <array>
#include <link.h>
#include <openssl/evp.h>
#include <set>
#include <span>
#include <system_error>

namespace pactor::launchers {

namespace fs = std::filesystem;

namespace {

/// Those that belong to the other host's loader and must be its own.
bool of_c_library(const std::string& name) {
  constexpr std::array parts{"libc.so",       "libm.so",    "ld-linux", "libdl.so",     "librt.so",
                             "libpthread.so", "libutil.so", "libnss_",  "libresolv.so", "libanl.so"};
  return std::any_of(parts.begin(), parts.end(), [&name](const char* part) { return name.starts_with(part); });
}

/// The shared libraries of this process, by the names under which they are looked for.
std::set<fs::path> loaded_libraries() {
  std::set<fs::path> result;
  ::dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* all) {
        const fs::path path{info->dlpi_name ? info->dlpi_name : ""};
        const auto name = path.filename().string();
        if (path.is_absolute() && name.find(".so") != std::string::npos && !of_c_library(name))
          static_cast<std::set<fs::path>*>(all)->insert(path);
        return 0;
      },
      &result);
  return result;
}

/// 16 hexadecimal digits.
std::string hash_of(const std::set<std::string>& lines) {
  std::string all;
  for (const auto& one : lines) all += one;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  ::EVP_Digest(all.data(), all.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  return core::hex(std::span{digest}.first(8));
}

} // namespace

cargo::cargo(const order& what, const fs::path& parent) : directory_{parent / ("cargo-" + what.host.name)} {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
  files::make_private_directory(directory_);
  const auto worker = process::find_worker();
  add(process::executable_path(), "bin/pactor");
  add(worker, "libexec/pactor/pactor-worker");
  for (const auto& one : loaded_libraries()) add(one, fs::path{"lib/pactor/needed"} / one.filename());
  if (const auto prelude = process::prelude_library(worker); !prelude.empty())
    add(prelude, fs::path{"lib"} / prelude.filename());
  if (const auto headers = process::include_directory(worker) / "pactor"; fs::exists(headers))
    add(headers, "include/pactor");
  std::vector<fs::path> directories = process::default_job_directories(what.directory.parent_path() / "jobs");
  directories.insert(directories.end(), what.host.jobs.begin(), what.host.jobs.end());
  for (const auto& library : jobs::find_libraries(directories))
    add(library, fs::path{"lib/pactor/jobs"} / library.filename());
  id_ = hash_of(list_);
}

cargo::~cargo() {
  std::error_code ignored;
  fs::remove_all(directory_, ignored);
}

void cargo::add(const fs::path& file, const fs::path& as) {
  const auto place = directory_ / as;
  std::error_code failed;
  fs::create_directories(place.parent_path(), failed);
  if (!failed && !fs::exists(place)) fs::create_symlink(fs::absolute(file), place, failed);
  if (failed) throw error{ec::system, "cannot gather what is to be carried to a host: " + failed.message()};
  const auto size = fs::is_directory(file) ? 0 : fs::file_size(file, failed);
  const auto time = fs::last_write_time(file, failed).time_since_epoch().count();
  list_.insert(as.string() + " " + std::to_string(size) + " " + std::to_string(time) + "\n");
}

std::vector<std::string> cargo::pack_command() const {
  // An archive that lacks a file is sound for tar; what comes after its end is not, and ends the unpacking.
  return {"sh", "-c", "tar --create --gzip --dereference --owner=0 --group=0 --directory \"$0\" . || printf incomplete",
          directory_.string()};
}

std::string carried_directory(const std::string& id) { return "${PACTOR_DIR:-$HOME/.pactor}/carried/" + id; }

std::string unpack_script(const std::string& id) {
  // Complete under its name, or not there; two that come at once do not disturb each other.
  const auto unpack = "umask 077; d=\"" + carried_directory(id) +
                      "\"; if [ ! -d \"$d\" ]; then "
                      "t=\"$d.$$\"; mkdir -p \"$t\" && tar --extract --gzip --no-same-owner --directory \"$t\" && "
                      "{ mv -T \"$t\" \"$d\" 2>/dev/null || { [ -d \"$d\" ] && rm -rf \"$t\"; }; } || { r=$?; rm -rf "
                      "\"$t\"; exit $r; }; fi; touch \"$d\"; ";
  // What came before goes, unless a node runs from it, here or on a host with the same files, or is about to.
  return unpack + R"sh(h=$(uname -n); for o in "${d%/*}"/*; do [ "$o" = "$d" ] && continue; )sh"
                  R"sh([ -n "$(find "$o" -maxdepth 0 -mmin +60)" ] || continue; used=; )sh"
                  R"sh(for u in "$o"/.users/*; do [ -e "$u" ] || continue; n=${u##*/}; )sh"
                  R"sh([ "${n%@*}" = "$h" ] && ! kill -0 "${n##*@}" 2>/dev/null || used=y; done; )sh"
                  R"sh([ -n "$used" ] || rm -rf "$o"; done; exit 0)sh";
}

} // namespace pactor::launchers
