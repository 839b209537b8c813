#include "runtime/files/connection_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/files/json_object.hpp"
#include "runtime/process/system_error.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace pactor::files {

namespace fs = std::filesystem;
using security::role;

namespace {

std::string pem(const json_object& object, std::string_view key) {
  auto text = object.text(key);
  if (!text.starts_with("-----BEGIN ")) object.reject(key, "must be PEM text, which starts with -----BEGIN");
  return text;
}

void check_version(const json_object& object, const std::string& name) {
  const auto found = object.integer("version", 0, std::numeric_limits<int>::max());
  if (found == connection_file::version) return;
  throw error{ec::incompatible_version, name + " has format version " + std::to_string(found) +
                                            ", this pactor reads version " + std::to_string(connection_file::version) +
                                            "; use the pactor that started the cluster"};
}

std::string text_of(const fs::path& path) {
  if (!file_exists(path))
    throw error{ec::not_running, "there is no connection file " + path.string() +
                                     "; start a cluster with: pactor start, or copy the file from the host that did"};
  return read_private_file(path);
}

connection_file from_text(const std::string& name, std::string text) {
  const json_object object{name, std::move(text)};
  check_version(object, name);
  connection_file result;
  result.cluster_id = object.text("cluster_id");
  result.profile = object.text("profile");
  result.hosts = object.texts("hosts");
  if (result.hosts.empty()) object.reject("hosts", "must name at least one host");
  result.port = static_cast<std::uint16_t>(object.integer("port", 0, std::numeric_limits<std::uint16_t>::max()));
  result.nonce = object.text("nonce");
  const auto found = security::role_named(object.text("role"));
  if (!found) object.reject("role", "must be \"controller\", \"node\" or \"client\"");
  result.role = *found;
  result.ca = pem(object, "ca");
  result.certificate = pem(object, "certificate");
  result.key = pem(object, "key");
  if (object.has("engine_keys")) result.engine_keys = object.texts("engine_keys");
  if (result.port == 0 && result.role != role::controller)
    throw error{ec::not_running, "the cluster of " + name + " is still starting: it has no port yet"};
  return result;
}

void require_role(const connection_file& file, const std::string& name, role expected) {
  if (file.role == expected) return;
  throw error{ec::configuration, name + " is for the role " + std::string{to_string(file.role)} + ", not " +
                                     std::string{to_string(expected)}};
}

/// Where an object ends in text that comes in pieces.
class object_end {
public:
  /// @return true for the last character of the object
  bool take(char c) {
    if (in_string_) {
      if (c == '"' && !escaped_) in_string_ = false;
      escaped_ = c == '\\' && !escaped_;
      return false;
    }
    in_string_ = c == '"';
    if (c == '{') ++depth_;
    return c == '}' && --depth_ <= 0;
  }

private:
  int depth_ = 0;
  bool in_string_ = false, escaped_ = false;
};

/// One byte more, so that nothing is taken that is somebody else's. @return false at the end
bool read_byte(int fd, char& c) {
  constexpr int patience_ms = 10'000;
  for (;;) {
    pollfd entry{fd, POLLIN, 0};
    const int ready = ::poll(&entry, 1, patience_ms);
    if (ready == 0) throw error{ec::not_running, "no connection file came over the standard input"};
    if (ready < 0) continue;
    const auto size = ::read(fd, &c, 1);
    if (size >= 0) return size == 1;
    if (errno != EINTR && errno != EAGAIN) throw process::system_failure("cannot read the standard input", errno);
  }
}

} // namespace

std::string to_text(const connection_file& file) {
  nlohmann::ordered_json object{{"version", connection_file::version},
                                {"cluster_id", file.cluster_id},
                                {"profile", file.profile},
                                {"hosts", file.hosts},
                                {"port", file.port},
                                {"nonce", file.nonce},
                                {"role", to_string(file.role)},
                                {"ca", file.ca},
                                {"certificate", file.certificate},
                                {"key", file.key}};
  if (!file.engine_keys.empty()) object["engine_keys"] = file.engine_keys;
  return object.dump(2) + "\n";
}

void connection_file::write(const fs::path& path) const { replace_file(path, to_text(*this)); }

connection_file connection_file::parse(const std::string& name, std::string text, security::role expected) {
  auto result = from_text(name, std::move(text));
  require_role(result, name, expected);
  return result;
}

connection_file connection_file::read_from(int fd, security::role expected) {
  constexpr std::size_t largest = 1 << 20;
  std::string text;
  object_end end;
  for (char c = 0; text.size() < largest && read_byte(fd, c);) {
    text += c;
    if (end.take(c)) return parse("the standard input", std::move(text), expected);
  }
  throw error{ec::not_running,
              "the standard input holds no connection file: it ended after " + std::to_string(text.size()) + " bytes"};
}

connection_file connection_file::read(const fs::path& path) { return from_text(path.string(), text_of(path)); }

connection_file connection_file::read(const fs::path& path, security::role expected) {
  auto result = read(path);
  require_role(result, path.string(), expected);
  return result;
}

} // namespace pactor::files
