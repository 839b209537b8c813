#include "runtime/files/host_states.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace pactor::files {

using nlohmann::json;

void write_host_states(const std::filesystem::path& path, const std::vector<host_state>& hosts) {
  auto list = json::array();
  for (const auto& one : hosts)
    list.push_back({{"name", one.name},
                    {"launcher", one.launcher},
                    {"engines", one.engines},
                    {"state", host_state::phase_names[static_cast<std::size_t>(one.now)]},
                    {"words", one.words},
                    {"restarts", one.restarts}});
  replace_file(path, list.dump(2, ' ', false, json::error_handler_t::replace) + "\n");
}

std::vector<host_state> read_host_states(const std::filesystem::path& path) {
  std::vector<host_state> result;
  try {
    if (!file_exists(path)) return {};
    for (const auto& one : json::parse(read_file(path))) {
      host_state state;
      state.name = one.at("name").get<std::string>();
      state.launcher = one.at("launcher").get<std::string>();
      state.engines = one.at("engines").get<std::vector<int>>();
      state.words = one.at("words").get<std::string>();
      state.restarts = one.at("restarts").get<int>();
      const auto& names = host_state::phase_names;
      const auto phase = std::find(names.begin(), names.end(), one.at("state").get<std::string>());
      if (phase == names.end()) return {};
      state.now = static_cast<host_state::phase>(phase - names.begin());
      result.push_back(std::move(state));
    }
  } catch (const json::exception&) {
    return {};
  } catch (const error&) { // it may just have gone
    return {};
  }
  return result;
}

} // namespace pactor::files
