#include "runtime/files/profile.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/names.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>
#include <system_error>

namespace pactor::files {

namespace fs = std::filesystem;

namespace {

constexpr std::size_t longest_name = 40; // a certificate's common name holds 64 characters, and we add to it
constexpr std::string_view prefix = "profile_";

std::string with_id(std::string_view stem, std::string_view cluster_id) {
  std::string result{stem};
  if (!cluster_id.empty()) result += "-" + std::string{cluster_id};
  return result;
}

/// The part of `text` between `before` and `after`.
std::optional<std::string> between(const std::string& text, std::string_view before, std::string_view after) {
  if (text.size() < before.size() + after.size() || !text.starts_with(before) || !text.ends_with(after))
    return std::nullopt;
  return text.substr(before.size(), text.size() - before.size() - after.size());
}

} // namespace

void check_name(std::string_view what, std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  const bool good = !name.empty() && name.size() <= longest_name && name.front() != '.' && name.front() != '-' &&
                    std::all_of(name.begin(), name.end(), fits);
  if (!good)
    throw error{ec::configuration, std::string{what} + " '" + std::string{name} +
                                       "' is no name: it may have letters, digits, '.', '_' and '-', must not start "
                                       "with '.' or '-', and has at most " +
                                       std::to_string(longest_name) + " characters"};
}

fs::path pactor_directory() {
  if (const char* set = std::getenv("PACTOR_DIR"); set && *set != '\0') // NOLINT(concurrency-mt-unsafe)
    return fs::absolute(set);
  if (const char* home = std::getenv("HOME"); home && *home != '\0') // NOLINT(concurrency-mt-unsafe)
    return fs::path{home} / ".pactor";
  throw error{ec::configuration, "neither PACTOR_DIR nor HOME is set, so there is no place for pactor's files"};
}

void check_cluster_id(std::string_view cluster_id) {
  if (!cluster_id.empty()) check_name("cluster id", cluster_id);
}

profile::profile(std::string name, const fs::path& root) : name_{std::move(name)} {
  check_name("profile", name_);
  directory_ = root / (std::string{prefix} + name_);
}

fs::path profile::connection_file(security::role r, std::string_view cluster_id) const {
  check_cluster_id(cluster_id);
  const auto part = r == security::role::node ? std::string_view{"engine"} : to_string(r);
  return security_directory() / (with_id("pactor", cluster_id) + "-" + std::string{part} + ".json");
}

fs::path profile::pid_file(std::string_view cluster_id) const {
  check_cluster_id(cluster_id);
  return pid_directory() / (with_id("pactor", cluster_id) + ".pid");
}

fs::path profile::roster_file(std::string_view cluster_id) const {
  check_cluster_id(cluster_id);
  return pid_directory() / (with_id("pactor", cluster_id) + ".roster");
}

fs::path profile::host_states_file(std::string_view cluster_id) const {
  check_cluster_id(cluster_id);
  return pid_directory() / (with_id("pactor", cluster_id) + ".hosts");
}

fs::path profile::log_file(std::string_view part, std::string_view cluster_id) const {
  check_cluster_id(cluster_id);
  return log_directory() / (with_id(part, cluster_id) + ".log");
}

void profile::create() const {
  for (const auto& directory : {directory_, security_directory(), pid_directory(), log_directory(), job_directory()})
    make_private_directory(directory);
}

std::vector<std::string> profile::cluster_ids() const {
  std::vector<std::string> result;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator{pid_directory(), absent}) {
    const auto file = entry.path().filename().string();
    if (file == "pactor.pid")
      result.emplace_back();
    else if (auto id = between(file, "pactor-", ".pid"); id && !id->empty())
      result.push_back(*std::move(id));
  }
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<profile> all_profiles(const fs::path& root) {
  std::vector<profile> result;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator{root, absent}) {
    const auto name = between(entry.path().filename().string(), prefix, "");
    if (!name || !entry.is_directory(absent)) continue;
    try {
      result.emplace_back(*name, root);
    } catch (const error&) {
      continue; // not one of ours
    }
  }
  std::sort(result.begin(), result.end(), [](const auto& a, const auto& b) { return a.name() < b.name(); });
  return result;
}

} // namespace pactor::files
