#include "runtime/files/authority_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/system_error.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>

#include <cerrno>
#include <utility>

namespace pactor::files {

namespace fs = std::filesystem;
using nlohmann::ordered_json;
using security::time_point;

namespace {

constexpr int version = 1;

// Times are full seconds since 1970.
std::int64_t number(time_point t) { return std::chrono::system_clock::to_time_t(t); }
time_point time(const ordered_json& value) { return std::chrono::system_clock::from_time_t(value.get<std::int64_t>()); }

security::role required_role(const std::string& name) {
  if (const auto found = security::role_named(name)) return *found;
  throw error{ec::configuration, "\"" + name + "\" is no role"};
}

security::authority parse(const std::string& text) {
  const auto all = ordered_json::parse(text);
  if (all.at("version").get<int>() != version)
    throw error{ec::incompatible_version, "it is of another version of pactor; use the one that started the cluster"};
  std::vector<security::authority_generation> generations;
  for (const auto& g : all.at("authorities"))
    generations.push_back({g.at("number").get<int>(), g.at("certificate").get<std::string>(),
                           g.at("key").get<std::string>(), time(g.at("trusted_until"))});
  std::vector<security::issued_certificate> issued;
  for (const auto& i : all.at("issued")) {
    issued.push_back({i.at("serial").get<std::string>(), i.at("name").get<std::string>(),
                      required_role(i.at("role").get<std::string>()), time(i.at("issued")), time(i.at("expires")),
                      i.at("authority").get<int>()});
    if (const auto& when = i.at("revoked"); !when.is_null()) issued.back().revoked = time(when);
  }
  return {all.at("cluster_id").get<std::string>(), all.at("unique").get<std::string>(), std::move(generations),
          std::move(issued)};
}

} // namespace

fs::path authority_path(const profile& place, std::string_view cluster_id) {
  check_cluster_id(cluster_id);
  const auto id = cluster_id.empty() ? std::string{} : "-" + std::string{cluster_id};
  return place.security_directory() / ("pactor" + id + "-authority.json");
}

void write_authority(const fs::path& path, const security::authority& authority) {
  ordered_json generations = ordered_json::array();
  for (const auto& g : authority.generations())
    generations.push_back({{"number", g.number},
                           {"trusted_until", number(g.trusted_until)},
                           {"certificate", g.certificate},
                           {"key", g.key}});
  ordered_json issued = ordered_json::array();
  for (const auto& i : authority.issued())
    issued.push_back({{"serial", i.serial},
                      {"name", i.name},
                      {"role", to_string(i.holder)},
                      {"issued", number(i.issued)},
                      {"expires", number(i.expires)},
                      {"authority", i.generation},
                      {"revoked", i.revoked ? ordered_json(number(*i.revoked)) : ordered_json()}});
  const ordered_json all{{"version", version},
                         {"cluster_id", authority.cluster_id()},
                         {"unique", authority.unique()},
                         {"authorities", std::move(generations)},
                         {"issued", std::move(issued)}};
  replace_file(path, all.dump(2) + "\n");
}

security::authority read_authority(const fs::path& path) {
  if (!file_exists(path))
    throw error{ec::not_running, "there is no authority " + path.string() +
                                     ": it is with the process that started the cluster, on its host, while it runs"};
  try {
    return parse(read_private_file(path));
  } catch (const nlohmann::json::exception&) { // its words may hold a part of a key
    throw error{ec::configuration, path.string() + " is damaged; start the cluster again to make a new authority"};
  }
}

directory_lock::directory_lock(const fs::path& directory)
    : fd_{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)} {
  int result = fd_ ? ::flock(fd_.get(), LOCK_EX) : -1;
  while (fd_ && result != 0 && errno == EINTR) result = ::flock(fd_.get(), LOCK_EX);
  if (result != 0) throw process::system_failure("cannot lock " + directory.string(), errno);
}

} // namespace pactor::files
