#include "runtime/files/config.hpp"

#include "pactor/error.hpp"
#include "runtime/core/placement.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/log.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <limits>
#include <numeric>

namespace pactor::files {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

std::vector<fs::path> directories(const json& names, const fs::path& base) {
  std::vector<fs::path> result;
  for (const auto& one : names) result.push_back((base / one.get<std::string>()).lexically_normal());
  return result;
}

json names_of(const std::vector<fs::path>& directories) {
  auto names = json::array();
  for (const auto& one : directories) names.push_back(one.string());
  return names;
}

std::vector<host_config> hosts_of(const json& list, const fs::path& base) {
  std::vector<host_config> result;
  for (const auto& one : list) result.push_back(host_from(one, base));
  return result;
}

json hosts_to_json(const std::vector<host_config>& hosts) {
  auto list = json::array();
  for (const auto& one : hosts) list.push_back(to_json(one));
  return list;
}

/// An option, and how it gets into a config and out of it. @pre of set: the value is what the option takes
struct row {
  option_spec spec;
  void (*set)(config& c, const json& value, const fs::path& base);
  json (*get)(const config& c);
};

/// As option_spec has them, but known only when the program runs.
const std::array rows{
    row{{"engines", "Engines that `pactor start` starts. 0: as many as there are processors that it may use.",
         whole_option{0, 10'000}},
        [](config& c, const json& v, const fs::path&) { c.engines = v.get<int>(); },
        [](const config& c) { return json(c.engines); }},
    row{{"jobs", "Directories with job libraries, searched beside pactor's own and the profile's jobs/ directory.",
         texts_option{}},
        [](config& c, const json& v, const fs::path& base) { c.jobs = directories(v, base); },
        [](const config& c) { return names_of(c.jobs); }},
    row{{"hosts", "Hosts on which `pactor start` starts engines. None: `engines` of them on this machine.",
         objects_option{host_options(), check_hosts}},
        [](config& c, const json& v, const fs::path& base) { c.hosts = hosts_of(v, base); },
        [](const config& c) { return hosts_to_json(c.hosts); }},
    row{{"host", "Address that the controller listens on.", text_option{false}},
        [](config& c, const json& v, const fs::path&) { c.host = v.get<std::string>(); },
        [](const config& c) { return json(c.host); }},
    row{{"port", "Port that the controller listens on. 0: any free one.",
         whole_option{0, std::numeric_limits<std::uint16_t>::max()}},
        [](config& c, const json& v, const fs::path&) { c.port = v.get<std::uint16_t>(); },
        [](const config& c) { return json(c.port); }},
    row{{"heartbeat_ms", "Milliseconds between signs of life on connections that are silent otherwise.",
         whole_option{10, 3'600'000}},
        [](config& c, const json& v, const fs::path&) { c.heartbeat = std::chrono::milliseconds{v.get<int>()}; },
        [](const config& c) { return json(c.heartbeat.count()); }},
    row{{"scheduler", "How the engine of a load-balanced task is chosen.", word_option{core::scheme_names}},
        [](config& c, const json& v, const fs::path&) { c.scheduler = v.get<std::string>(); },
        [](const config& c) { return json(c.scheduler); }},
    row{{"hwm", "Load-balanced tasks that an engine has at most. 0: as many as hide the way there.",
         whole_option{0, 1'000'000}},
        [](config& c, const json& v, const fs::path&) { c.hwm = v.get<std::size_t>(); },
        [](const config& c) { return json(c.hwm); }},
    row{{"recent_tasks", "Tasks that have ended and are still listed. Those whose results are kept are listed anyway.",
         whole_option{0, 10'000}},
        [](config& c, const json& v, const fs::path&) { c.recent_tasks = v.get<std::size_t>(); },
        [](const config& c) { return json(c.recent_tasks); }},
    row{{"supervision.intensity",
         "Deaths within the period that are answered by a restart: of the controller, a node, an engine's worker.",
         whole_option{0, 1000}},
        [](config& c, const json& v, const fs::path&) { c.supervision.intensity = v.get<std::size_t>(); },
        [](const config& c) { return json(c.supervision.intensity); }},
    row{{"supervision.period_s", "Seconds in which these deaths are counted.", whole_option{1, 86'400}},
        [](config& c, const json& v, const fs::path&) { c.supervision.period = std::chrono::seconds{v.get<int>()}; },
        [](const config& c) { return json(c.supervision.period.count()); }},
    row{{"limits.open_tasks", "Tasks of one client that have not ended; more are refused.",
         whole_option{1, 100'000'000}},
        [](config& c, const json& v, const fs::path&) { c.limits.open_tasks = v.get<std::size_t>(); },
        [](const config& c) { return json(c.limits.open_tasks); }},
    row{{"limits.open_mb", "Megabytes of arguments that such tasks of one client may have.", whole_option{1, 1 << 20}},
        [](config& c, const json& v, const fs::path&) { c.limits.open_mb = v.get<std::int64_t>(); },
        [](const config& c) { return json(c.limits.open_mb); }},
    row{{"execute.enabled", "Whether engines execute C++ that clients send as text.", flag_option{}},
        [](config& c, const json& v, const fs::path&) { c.execute.enabled = v.get<bool>(); },
        [](const config& c) { return json(c.execute.enabled); }},
    row{{"execute.compiler", "The compiler: a name in PATH, or a path. \"\": clang++ if there is one, else g++.",
         text_option{}},
        [](config& c, const json& v, const fs::path&) { c.execute.compiler = v.get<std::string>(); },
        [](const config& c) { return json(c.execute.compiler); }},
    row{{"execute.flags", "Flags for the compiler, added to pactor's own.", texts_option{}},
        [](config& c, const json& v, const fs::path&) { c.execute.flags = v.get<std::vector<std::string>>(); },
        [](const config& c) { return json(c.execute.flags); }},
    row{{"execute.cache_mb", "Megabytes that compiled code may take of the disk.", whole_option{1, 1 << 20}},
        [](config& c, const json& v, const fs::path&) { c.execute.cache_mb = v.get<std::int64_t>(); },
        [](const config& c) { return json(c.execute.cache_mb); }},
    row{{"shipping.enabled", "Whether clients may send job libraries, or name others on the hosts.", flag_option{}},
        [](config& c, const json& v, const fs::path&) { c.shipping.enabled = v.get<bool>(); },
        [](const config& c) { return json(c.shipping.enabled); }},
    row{{"shipping.cache_mb", "Megabytes that these libraries may take of each host's disk.", whole_option{1, 1 << 20}},
        [](config& c, const json& v, const fs::path&) { c.shipping.cache_mb = v.get<std::int64_t>(); },
        [](const config& c) { return json(c.shipping.cache_mb); }},
    row{{"log_level", "How much the logs say.", word_option{log_level_names}},
        [](config& c, const json& v, const fs::path&) { c.log_level = v.get<std::string>(); },
        [](const config& c) { return json(c.log_level); }},
};

const auto options = [] {
  std::array<option_spec, rows.size()> specs{};
  for (std::size_t i = 0; i < rows.size(); ++i) specs[i] = rows[i].spec;
  return specs;
}();

/// The pointer of a key: `execute.compiler` is /execute/compiler.
json::json_pointer place_of(std::string_view key) {
  std::string pointer = "/" + std::string{key};
  std::replace(pointer.begin(), pointer.end(), '.', '/');
  return json::json_pointer{pointer};
}

} // namespace

int engine_count(const config& c) {
  if (c.hosts.empty()) return c.engines;
  return std::accumulate(c.hosts.begin(), c.hosts.end(), 0, [](int n, const host_config& h) { return n + h.engines; });
}

std::span<const option_spec> config_options() { return options; }

std::string environment_name(std::string_view key) {
  std::string name = "PACTOR_";
  for (const char c : key) name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return name;
}

nlohmann::ordered_json config_schema() {
  nlohmann::ordered_json schema{{"$schema", "http://json-schema.org/draft-07/schema#"},
                                {"title", "Configuration of a pactor cluster"}};
  schema.update(schema_of(options));
  // Editors are told by it which schema this is.
  schema["properties"]["$schema"] = {{"type", "string"}};
  return schema;
}

void configuration::add(const json& layer, const fs::path& base,
                        const std::function<place(const std::string& pointer)>& where) {
  std::vector<std::string> wrong;
  std::vector<place> found;
  check_options(layer, options, "", [&](const std::string& pointer, const std::string& complaint) {
    if (pointer == "/$schema") return;
    auto key = pointer.substr(1);
    std::replace(key.begin(), key.end(), '/', '.'); // as options are called
    key = complaint.starts_with("unknown key") ? "" : "\"" + key + "\" ";
    auto at = where(pointer);
    found.push_back({at.order, at.text + ": " + key + complaint});
    wrong.push_back(pointer);
  });
  std::stable_sort(found.begin(), found.end(), [](const place& a, const place& b) { return a.order < b.order; });
  for (auto& one : found) problems_.push_back(std::move(one.text));
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto at = place_of(options[i].key);
    if (!layer.contains(at)) continue;
    const auto pointer = at.to_string();
    if (std::any_of(wrong.begin(), wrong.end(),
                    [&](const auto& w) { return w == pointer || w.starts_with(pointer + "/"); }))
      continue;
    rows[i].set(values_, layer.at(at), base);
    from_.insert_or_assign(std::string{options[i].key}, where(pointer).text);
  }
}

void configuration::add_file(const fs::path& file) {
  const json_source source{file.string(), read_file(file)};
  problems_.insert(problems_.end(), source.repeated().begin(), source.repeated().end());
  add(source.value(), fs::absolute(file).parent_path(), [&source](const std::string& pointer) {
    return place{source.offset(pointer), source.where(pointer)};
  });
}

void configuration::add_file_if_present(const fs::path& file) {
  if (file_exists(file)) add_file(file);
}

void configuration::add_environment() {
  for (const auto& o : options) {
    const auto name = environment_name(o.key);
    if (const char* const text = std::getenv(name.c_str())) set(o.key, option_value(text, o.kind), name);
  }
}

void configuration::set(std::string_view key, const json& value, const std::string& from) {
  json layer;
  layer[place_of(key)] = value;
  add(layer, fs::current_path(), [&from](const auto&) { return place{0, from}; });
}

void configuration::check() const {
  if (problems_.empty()) return;
  std::string all;
  for (const auto& one : problems_) all += (all.empty() ? "" : "\n") + one;
  throw error{ec::configuration, all};
}

std::vector<configuration::origin> configuration::origins() const {
  std::vector<origin> all;
  for (std::size_t i = 0; i < options.size(); ++i) {
    const auto from = from_.find(options[i].key);
    all.push_back(
        {std::string{options[i].key}, rows[i].get(values_).dump(), from == from_.end() ? "default" : from->second});
  }
  return all;
}

config read_config(const fs::path& file) {
  configuration layers;
  layers.add_file(file);
  layers.check();
  return layers.values();
}

} // namespace pactor::files
