#include "runtime/files/connection_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/controller_file.hpp"
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

connection_file parse(const fs::path& path) {
  if (!file_exists(path))
    throw error{ec::not_running, "there is no connection file " + path.string() +
                                     "; start a cluster with: pactor start, or copy the file from the host that did"};
  const json_object object{path.string(), read_private_file(path)};
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
  return result;
}

} // namespace

std::string to_text(const connection_file& file) {
  const nlohmann::ordered_json object{{"version", connection_file::version},
                                      {"cluster_id", file.cluster_id},
                                      {"profile", file.profile},
                                      {"hosts", file.hosts},
                                      {"port", file.port},
                                      {"nonce", file.nonce},
                                      {"role", to_string(file.role)},
                                      {"ca", file.ca},
                                      {"certificate", file.certificate},
                                      {"key", file.key}};
  return object.dump(2) + "\n";
}

void connection_file::write(const fs::path& path) const { replace_file(path, to_text(*this)); }

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
