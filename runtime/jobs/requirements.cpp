#include "runtime/jobs/requirements.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/jobs/library.hpp"
#include "runtime/process/child.hpp"

#include <elf.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

namespace pactor::jobs {

namespace fs = std::filesystem;

namespace {

constexpr std::chrono::seconds patience{10};

/// The loader that this program was started by; "" if it names none.
std::string loader() {
  const process::unique_fd self{::open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  Elf64_Ehdr head{};
  if (!self || ::pread(self.get(), &head, sizeof head, 0) != sizeof head) return {};
  for (unsigned i = 0; i < head.e_phnum; ++i) {
    Elf64_Phdr part{};
    const auto at = head.e_phoff + std::uint64_t{i} * sizeof part;
    if (::pread(self.get(), &part, sizeof part, static_cast<off_t>(at)) != sizeof part) return {};
    if (part.p_type != PT_INTERP || part.p_filesz > 4096) continue;
    std::string path(part.p_filesz, '\0');
    if (::pread(self.get(), path.data(), path.size(), static_cast<off_t>(part.p_offset)) < 0) return {};
    path.resize(std::strlen(path.c_str()));
    return path;
  }
  return {};
}

/// What the loader would load, as `ldd` says it; nothing if it can't be asked.
std::string loader_list(const fs::path& library, const fs::path& scratch) {
  const auto program = loader();
  if (program.empty()) return {};
  auto name = (scratch / "needs.XXXXXX").string();
  const process::unique_fd fd{::mkostemp(name.data(), O_CLOEXEC)};
  if (!fd) return {};
  std::string text;
  try {
    process::spawn_options options;
    options.executable = program;
    options.arguments = {program, library.string()};
    options.environment = {{"LD_TRACE_LOADED_OBJECTS", "1"}}; // all that is missing; --list ends with the first
    options.output = name;
    auto listing = process::spawn(options);
    if (listing.wait_for(patience)) text = files::read_file(name);
  } catch (const error&) { // the worker will say what is missing
  }
  ::unlink(name.c_str());
  constexpr std::size_t most = std::size_t{64} << 10;
  if (text.size() > most) text.resize(most);
  return text;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// "GLIBC_2.38" of: /lib/libc.so.6: version `GLIBC_2.38' not found (required by ./libnum.so)
std::string version_missing(std::string_view line) {
  const auto open = line.find("version `"), close = line.find("' not found");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open + 9) return {};
  auto file = line.substr(0, open);
  while (file.ends_with(' ') || file.ends_with(':')) file.remove_suffix(1);
  if (const auto colon = file.rfind(": "); colon != std::string_view::npos) file.remove_prefix(colon + 2);
  if (const auto slash = file.rfind('/'); slash != std::string_view::npos) file.remove_prefix(slash + 1);
  return std::string{line.substr(open + 9, close - open - 9)} + " of " + std::string{file};
}

} // namespace

std::string unmet_needs(std::string_view list, const fs::path& library, std::string_view host) {
  const auto here = std::string{host};
  std::string files, versions, other;
  const auto add = [](std::string& to, std::string_view what) {
    if (to.find(what) == std::string::npos) to += (to.empty() ? "" : ", ") + std::string{what};
  };
  while (!list.empty()) {
    const auto end = std::min(list.find('\n'), list.size());
    const auto line = trimmed(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (const auto arrow = line.find(" => not found"); arrow != std::string_view::npos)
      add(files, line.substr(0, arrow));
    else if (const auto missing = version_missing(line); !missing.empty())
      add(versions, missing);
    else if (line.find("error while loading shared libraries") != std::string_view::npos ||
             line.find("cannot open shared object") != std::string_view::npos)
      add(other, line);
  }
  if (!files.empty()) return "needs " + files + ", not found on host " + here;
  if (!versions.empty())
    return "needs " + versions + ", which host " + here +
           " does not have: it was built on a newer system; build it on " + "one like the host's";
  if (other.empty()) return {};
  if (const auto at = other.find(library.string()); at != std::string::npos)
    other.replace(at, library.string().size(), library.filename().string());
  return "can't be loaded on host " + here + ": " + other;
}

std::vector<job_info> inspect(const fs::path& library, std::string_view host, const fs::path& scratch) {
  const auto file = library.filename().string();
  std::vector<job_info> all;
  try {
    all = list_library(library);
  } catch (const error& e) { // without the path, which means nothing to who sent it
    std::string what = e.what();
    if (what.starts_with(library.string())) what.replace(0, library.string().size(), file);
    throw error{ec::bad_library, what + " (host " + std::string{host} + ")"};
  }
  if (const auto unmet = unmet_needs(loader_list(library, scratch), library, host); !unmet.empty())
    throw error{ec::bad_library, file + " " + unmet};
  return all;
}

} // namespace pactor::jobs
