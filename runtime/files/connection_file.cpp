#include "runtime/files/connection_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/json_object.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <limits>
#include <optional>

namespace pactor::files {

namespace fs = std::filesystem;
using security::role;

namespace {

std::optional<role> role_named(std::string_view name) {
  for (const auto one : {role::controller, role::node, role::client})
    if (to_string(one) == name) return one;
  return std::nullopt;
}

std::string pem(const json_object& object, std::string_view key) {
  auto text = object.text(key);
  if (!text.starts_with("-----BEGIN ")) object.reject(key, "must be PEM text, which starts with -----BEGIN");
  return text;
}

void check_version(const json_object& object, const fs::path& path) {
  const auto found = object.integer("version", 0, std::numeric_limits<int>::max());
  if (found == connection_file::version) return;
  throw error{ec::incompatible_version, path.string() + " has format version " + std::to_string(found) +
                                            ", this pactor reads version " + std::to_string(connection_file::version) +
                                            "; use the pactor that started the cluster"};
}

/// What only the controller's file has.
void read_controller_part(connection_file& file, const std::string& text, const fs::path& path) try {
  const auto all = nlohmann::json::parse(text, nullptr, true, true);
  file.secret = all.value("secret", std::string{});
  file.revoked = all.value("revoked", std::vector<std::string>{});
  file.revision = all.value("revision", std::int64_t{0});
  for (const auto& e : all.value("earlier", nlohmann::json::array()))
    file.earlier.push_back({e.at("certificate").get<std::string>(), e.at("key").get<std::string>(),
                            std::chrono::system_clock::from_time_t(e.at("until").get<std::int64_t>())});
} catch (const nlohmann::json::exception&) { // its words may hold a part of a key
  throw error{ec::configuration, path.string() + " is damaged: what it says of other credentials makes no sense"};
}

connection_file parse(const fs::path& path) {
  if (!file_exists(path))
    throw error{ec::not_running, "there is no connection file " + path.string() +
                                     "; start a cluster with: pactor start, or copy the file from the host that did"};
  const auto text = read_private_file(path);
  const json_object object{path.string(), text};
  check_version(object, path);
  connection_file result;
  result.cluster_id = object.text("cluster_id");
  result.profile = object.text("profile");
  result.hosts = object.texts("hosts");
  if (result.hosts.empty()) object.reject("hosts", "must name at least one host");
  result.port = static_cast<std::uint16_t>(object.integer("port", 0, std::numeric_limits<std::uint16_t>::max()));
  result.nonce = object.text("nonce");
  const auto found = role_named(object.text("role"));
  if (!found) object.reject("role", "must be \"controller\", \"node\" or \"client\"");
  result.role = *found;
  result.ca = pem(object, "ca");
  result.certificate = pem(object, "certificate");
  result.key = pem(object, "key");
  if (result.role == role::controller) read_controller_part(result, text, path);
  return result;
}

} // namespace

void connection_file::write(const fs::path& path) const { replace_file(path, text()); }

std::string connection_file::text() const {
  nlohmann::ordered_json object{{"version", version},
                                {"cluster_id", cluster_id},
                                {"profile", profile},
                                {"hosts", hosts},
                                {"port", port},
                                {"nonce", nonce},
                                {"role", to_string(role)},
                                {"ca", ca},
                                {"certificate", certificate},
                                {"key", key}};
  if (role == security::role::controller) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& e : earlier)
      list.push_back(
          {{"certificate", e.certificate}, {"key", e.key}, {"until", std::chrono::system_clock::to_time_t(e.until)}});
    object["secret"] = secret;
    object["revision"] = revision;
    object["revoked"] = revoked;
    object["earlier"] = std::move(list);
  }
  return object.dump(2) + "\n";
}

void connection_file::write_applied(const fs::path& path, const applied& what) {
  replace_file(path, nlohmann::json{{"revision", what.revision}, {"ended", what.ended}}.dump() + "\n");
}

connection_file::applied connection_file::read_applied(const fs::path& path) {
  if (!file_exists(path)) return {};
  try {
    const auto all = nlohmann::json::parse(read_private_file(path));
    return {all.at("revision").get<std::int64_t>(), all.at("ended").get<std::size_t>()};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

connection_file connection_file::read(const fs::path& path) {
  auto result = parse(path);
  if (result.port == 0 && result.role != role::controller)
    throw error{ec::not_running, "the cluster of " + path.string() + " is still starting: it has no port yet"};
  return result;
}

connection_file connection_file::read(const fs::path& path, security::role expected) {
  auto result = read(path);
  if (result.role != expected)
    throw error{ec::configuration, path.string() + " is for the role " + std::string{to_string(result.role)} +
                                       ", not " + std::string{to_string(expected)}};
  return result;
}

} // namespace pactor::files
