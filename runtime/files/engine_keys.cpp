#include "runtime/files/engine_keys.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/security/session_key.hpp"

#include <nlohmann/json.hpp>

namespace pactor::files {

engine_keys engine_keys::of(std::string_view secret, std::span<const int> engines) {
  engine_keys all;
  for (const auto e : engines) all.keys[e] = security::engine_key(secret, e);
  return all;
}

std::filesystem::path engine_keys::path_for(const std::filesystem::path& connection_file) {
  auto path = connection_file;
  path += ".keys";
  return path;
}

engine_keys engine_keys::read(const std::filesystem::path& path) {
  try {
    if (!file_exists(path)) return {};
    return {nlohmann::json::parse(read_private_file(path)).get<std::map<int, std::string>>()};
  } catch (const nlohmann::json::exception&) {
    return {};
  } catch (const error&) {
    return {};
  }
}

void engine_keys::write(const std::filesystem::path& path) const {
  replace_file(path, nlohmann::json(keys).dump() + "\n");
}

std::vector<std::string> engine_keys::list(std::span<const int> engines) const {
  std::vector<std::string> all;
  for (const auto e : engines) {
    const auto key = keys.find(e);
    all.push_back(key == keys.end() ? std::string{} : key->second);
  }
  return all;
}

} // namespace pactor::files
