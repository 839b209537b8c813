#include "runtime/files/controller_file.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"

#include <nlohmann/json.hpp>

#include <utility>

namespace pactor::files {

namespace fs = std::filesystem;
using std::chrono::system_clock;

void controller_file::write(const fs::path& path) const {
  auto all = nlohmann::ordered_json::parse(to_text(common));
  auto list = nlohmann::ordered_json::array();
  for (const auto& e : earlier)
    list.push_back({{"certificate", e.certificate}, {"key", e.key}, {"until", system_clock::to_time_t(e.until)}});
  all["secret"] = secret;
  all["revision"] = revision;
  all["revoked"] = revoked;
  all["earlier"] = std::move(list);
  auto authorities = nlohmann::ordered_json::array();
  for (const auto& r : replaced)
    authorities.push_back({{"certificate", r.certificate}, {"until", system_clock::to_time_t(r.until)}});
  all["replaced"] = std::move(authorities);
  replace_file(path, all.dump(2) + "\n");
}

controller_file controller_file::read(const fs::path& path) {
  controller_file file;
  file.common = connection_file::read(path, security::role::controller);
  try {
    const auto all = nlohmann::json::parse(read_private_file(path), nullptr, true, true);
    file.secret = all.at("secret").get<std::string>();
    file.revision = all.at("revision").get<std::int64_t>();
    file.revoked = all.at("revoked").get<std::vector<std::string>>();
    for (const auto& e : all.at("earlier"))
      file.earlier.push_back({e.at("certificate").get<std::string>(), e.at("key").get<std::string>(),
                              system_clock::from_time_t(e.at("until").get<std::int64_t>())});
    for (const auto& r : all.at("replaced"))
      file.replaced.push_back(
          {r.at("certificate").get<std::string>(), system_clock::from_time_t(r.at("until").get<std::int64_t>())});
  } catch (const nlohmann::json::exception&) { // its words may hold a part of a key
    throw error{ec::configuration, path.string() + " is damaged: what it says of other credentials makes no sense"};
  }
  return file;
}

void applied_revision::write(const fs::path& path) const {
  replace_file(path, nlohmann::json{{"revision", revision}, {"ended", ended}}.dump() + "\n");
}

applied_revision applied_revision::read(const fs::path& path) {
  if (!file_exists(path)) return {};
  try {
    const auto all = nlohmann::json::parse(read_private_file(path));
    return {all.at("revision").get<std::int64_t>(), all.at("ended").get<std::size_t>()};
  } catch (const nlohmann::json::exception&) {
    return {};
  }
}

} // namespace pactor::files
