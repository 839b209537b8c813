#include "runtime/jobs/library.hpp"

#include "pactor/detail/job_record.hpp"
#include "pactor/error.hpp"
#include "runtime/jobs/elf_file.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <set>
#include <string_view>
#include <system_error>

namespace pactor::jobs {

namespace {

[[noreturn]] void refuse(const std::filesystem::path& path, const std::string& why) {
  throw error{ec::bad_library, path.string() + " is no job library: " + why};
}

std::uint32_t number_at(std::string_view text, std::size_t index) {
  std::uint32_t n;
  std::memcpy(&n, text.data() + 4 * index, sizeof n);
  return n;
}

/// The version in `pactor_job_abi1_name`; nothing for other symbols.
std::optional<int> abi_version(std::string_view symbol) {
  if (!symbol.starts_with(detail::alias_prefix)) return std::nullopt;
  symbol.remove_prefix(detail::alias_prefix.size());
  int version = 0;
  const auto [end, fault] = std::from_chars(symbol.data(), symbol.data() + symbol.size(), version);
  if (fault != std::errc{} || end == symbol.data() + symbol.size() || *end != '_') return std::nullopt;
  return version;
}

/// One record of the table, without its magic. @return nothing if it is malformed
std::optional<listed_job> parse_record(std::string_view record, const std::string& library) {
  constexpr std::size_t numbers = 4; // ABI version, three sizes
  if (record.size() < 4 * numbers || number_at(record, 0) != PACTOR_JOB_ABI) return std::nullopt;
  std::array<std::string, 3> texts;
  auto rest = record.substr(4 * numbers);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto size = number_at(record, i + 1);
    if (rest.size() < size) return std::nullopt;
    texts[i] = rest.substr(0, size);
    rest.remove_prefix(size);
  }
  return listed_job{{texts[0], texts[1], library}, texts[2]};
}

std::vector<listed_job> parse_table(std::string_view table, const std::filesystem::path& path) {
  std::vector<listed_job> all;
  for (;;) {
    const auto next = table.find_first_not_of('\0');
    if (next == std::string_view::npos) return all;
    table.remove_prefix(next);
    constexpr auto head = detail::record_magic.size() + 4;
    if (table.size() < head || !table.starts_with(detail::record_magic)) refuse(path, "its table of jobs is damaged");
    const auto size = number_at(table, 1);
    table.remove_prefix(head);
    auto job = table.size() < size ? std::nullopt : parse_record(table.substr(0, size), path.filename().string());
    if (!job) refuse(path, "its table of jobs is damaged");
    all.push_back(std::move(*job));
    table.remove_prefix(size);
  }
}

/// The symbols that lead to jobs. @throws error{bad_library} if one is of another version
std::set<std::string> aliases(const elf_file& file, const std::filesystem::path& path) {
  std::set<std::string> all;
  for (auto& symbol : file.exported()) {
    const auto version = abi_version(symbol);
    if (!version) continue;
    if (*version != PACTOR_JOB_ABI)
      refuse(path, "it was built for job ABI " + std::to_string(*version) + " and this is job ABI " +
                       std::to_string(PACTOR_JOB_ABI) + "; build it again");
    all.insert(std::move(symbol));
  }
  return all;
}

} // namespace

std::vector<listed_job> read_library(const std::filesystem::path& path) {
  const elf_file file{path};
  auto symbols = aliases(file, path);
  const auto table = file.section(detail::record_section);
  auto all = parse_table({table.data(), table.size()}, path);
  if (all.empty() && symbols.empty()) refuse(path, "it has no jobs: is PACTOR_JOB missing?");
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.info.name < b.info.name; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i > 0 && all[i].info.name == all[i - 1].info.name) refuse(path, "it has two jobs named " + all[i].info.name);
    if (symbols.erase(all[i].alias) == 0)
      refuse(path, "the function of job " + all[i].info.name + " is not exported, or another job's has the same name");
  }
  return all;
}

std::vector<job_info> list_library(const std::filesystem::path& path) {
  std::vector<job_info> all;
  for (auto& job : read_library(path)) all.push_back(std::move(job.info));
  return all;
}

std::vector<std::filesystem::path> find_libraries(std::span<const std::filesystem::path> directories) {
  std::vector<std::filesystem::path> all;
  for (const auto& directory : directories) {
    std::vector<std::filesystem::path> here;
    std::error_code ignored;
    for (std::filesystem::directory_iterator at{directory, ignored}, end; at != end; at.increment(ignored))
      if (at->path().extension() == ".so" && at->is_regular_file(ignored)) here.push_back(at->path());
    std::sort(here.begin(), here.end());
    for (auto& path : here) {
      auto real = std::filesystem::weakly_canonical(path, ignored);
      if (!ignored) path = std::move(real);
      if (std::find(all.begin(), all.end(), path) == all.end()) all.push_back(std::move(path));
    }
  }
  return all;
}

std::string library_stem(const std::filesystem::path& path) {
  auto stem = path.stem().string();
  if (stem.starts_with("lib") && stem.size() > 3) stem.erase(0, 3);
  return stem;
}

} // namespace pactor::jobs
