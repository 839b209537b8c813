#include "cli/credential_store.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/names.hpp"
#include "runtime/files/pid_file.hpp"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

namespace pactor::cli {

using files::connection_file;
using security::role;

namespace {

const cluster_choice& running(const cluster_choice& cluster) {
  const auto state = files::inspect_pid_file(cluster.files().pid_file(cluster.cluster_id));
  if (!state || !state->running)
    throw error{ec::not_running, describe(cluster) +
                                     " does not run here, and its credentials end with it; this command "
                                     "is for the host and the user that started it"};
  return cluster;
}

/// A name, a serial number, or the serial number in a connection file.
std::string what_is_meant(const std::string& which) {
  if (which.find('/') == std::string::npos && !which.ends_with(".json")) return which;
  return security::info_of(connection_file::read(which).certificate).serial;
}

} // namespace

credential_store::credential_store(const cluster_choice& cluster)
    : cluster_{running(cluster)}, lock_{cluster.files().security_directory()},
      authority_{files::read_authority(files::authority_path(cluster.files(), cluster.cluster_id))},
      controller_{files::controller_file::read(path(role::controller))},
      node_{connection_file::read(path(role::node), role::node)}, client_{connection_file::read(path(role::client),
                                                                                                role::client)} {}

std::filesystem::path credential_store::path(role r) const {
  return cluster_.files().connection_file(r, cluster_.cluster_id);
}

std::filesystem::path credential_store::authority_path() const {
  return files::authority_path(cluster_.files(), cluster_.cluster_id);
}

connection_file credential_store::make(role holder, std::string name, std::chrono::seconds length, time_point now) {
  if (name.empty()) name = authority_.free_name(holder, now);
  files::check_name("name", name);
  auto made = authority_.issue(holder, name, security::validity::from(now, length), now);
  files::write_authority(authority_path(), authority_);
  auto file = holder == role::node ? node_ : client_;
  file.ca = authority_.trusted(now);
  file.certificate = std::move(made.certificate);
  file.key = std::move(made.key);
  return file;
}

/// The profile's own file of a role gets a new certificate.
void credential_store::renew(connection_file& file, time_point now) {
  auto made = authority_.issue(file.role, std::string{to_string(file.role)}, security::validity::from(now), now,
                               security::authority::use::own_file);
  file.ca = authority_.trusted(now);
  file.certificate = std::move(made.certificate);
  file.key = std::move(made.key);
}

credential_store::change credential_store::revoke(const std::vector<std::string>& which, time_point now,
                                                  std::chrono::milliseconds patience) {
  change result;
  for (const auto& one : which) {
    auto found = authority_.revoke(what_is_meant(one), now);
    result.revoked.insert(result.revoked.end(), found.begin(), found.end());
  }
  std::vector<connection_file*> renewed;
  for (auto* file : {&node_, &client_}) {
    const auto serial = security::info_of(file->certificate).serial;
    if (std::ranges::find(result.revoked, serial, &security::issued_certificate::serial) == result.revoked.end())
      continue;
    renew(*file, now);
    renewed.push_back(file);
  }
  files::write_authority(authority_path(), authority_);
  // Before the connections end: who comes back at once is to find the new files.
  for (const auto* file : renewed) {
    file->write(path(file->role));
    result.written.push_back(path(file->role));
  }
  result.ended = publish(now, patience);
  return result;
}

credential_store::change credential_store::rotate(std::chrono::seconds overlap, time_point now,
                                                  std::chrono::milliseconds patience) {
  change result;
  if (overlap.count() <= 0) // their connections end, too
    for (const auto& one : authority_.issued())
      if (one.holder != role::controller && !one.revoked && now <= one.expires) {
        authority_.revoke(one.serial, now);
        result.revoked.push_back(one);
      }
  authority_.rotate(now, overlap);
  std::erase_if(controller_.earlier, [&](const auto& e) { return overlap.count() <= 0 || e.until <= now; });
  const time_point end = std::chrono::floor<std::chrono::seconds>(now + overlap);
  for (auto& e : controller_.earlier) e.until = std::min(e.until, end);
  if (overlap.count() > 0) controller_.earlier.push_back({controller_.common.certificate, controller_.common.key, end});
  for (auto* file : {&controller_.common, &node_, &client_}) renew(*file, now);
  files::write_authority(authority_path(), authority_);
  result.ended = publish(now, patience); // before anybody shows the new certificates
  for (const auto* file : {&node_, &client_}) {
    file->write(path(file->role));
    result.written.push_back(path(file->role));
  }
  return result;
}

std::optional<std::size_t> credential_store::publish(time_point now, std::chrono::milliseconds patience) {
  controller_.common.ca = authority_.trusted(now);
  controller_.revoked = authority_.revoked(now);
  controller_.replaced.clear();
  const auto& authorities = authority_.generations();
  for (auto g = authorities.begin(); g != authorities.end() - 1; ++g)
    controller_.replaced.push_back({g->certificate, g->trusted_until});
  const auto revision = ++controller_.revision;
  controller_.write(path(role::controller));
  const auto applied = files::applied_revision::path_for(path(role::controller));
  constexpr std::chrono::milliseconds pause{20};
  for (const auto deadline = std::chrono::steady_clock::now() + patience; std::chrono::steady_clock::now() < deadline;
       std::this_thread::sleep_for(pause))
    if (const auto said = files::applied_revision::read(applied); said.revision >= revision) return said.ended;
  return std::nullopt;
}

} // namespace pactor::cli
