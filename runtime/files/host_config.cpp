#include "runtime/files/host_config.hpp"

#include "runtime/core/near_names.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <limits>
#include <set>

namespace pactor::files {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

using table = std::map<std::string, std::string>;

/// An option of a host, and how it gets into one and out of it. @pre of set: the value is what the option takes
struct row {
  option_spec spec;
  void (*set)(host_config& h, const json& value);
  json (*get)(const host_config& h);
};

constexpr std::array rows{
    row{{"name", "Name of the host in messages and logs; by default its address.", text_option{false}},
        [](host_config& h, const json& v) { h.name = v.get<std::string>(); },
        [](const host_config& h) { return json(h.name); }},
    row{{"engines", "Engines there.", whole_option{1, 10'000}},
        [](host_config& h, const json& v) { h.engines = v.get<int>(); },
        [](const host_config& h) { return json(h.engines); }},
    row{{"launcher",
         "What starts them: local, ssh, mpi, slurm, pbs, or the path of a plug-in. By default ssh if there is an "
         "address, else local.",
         text_option{false}},
        [](host_config& h, const json& v) { h.launcher = v.get<std::string>(); },
        [](const host_config& h) { return json(h.launcher); }},
    row{{"address", "Name or address that ssh connects to; by default the host's name.", text_option{false}},
        [](host_config& h, const json& v) { h.address = v.get<std::string>(); },
        [](const host_config& h) { return json(h.address); }},
    row{{"user", "User there; by default the one that ssh takes.", text_option{false}},
        [](host_config& h, const json& v) { h.user = v.get<std::string>(); },
        [](const host_config& h) { return json(h.user); }},
    row{{"ssh_port", "Port of its ssh server; by default the one that ssh takes.",
         whole_option{1, std::numeric_limits<std::uint16_t>::max()}},
        [](host_config& h, const json& v) { h.ssh_port = v.get<int>(); },
        [](const host_config& h) { return json(h.ssh_port); }},
    row{{"ssh_options", "Options of ssh as its configuration has them: \"ProxyJump=gate\".", texts_option{}},
        [](host_config& h, const json& v) { h.ssh_options = v.get<std::vector<std::string>>(); },
        [](const host_config& h) { return json(h.ssh_options); }},
    row{{"environment", "Environment variables of the engines.", table_option{}},
        [](host_config& h, const json& v) { h.environment = v.get<table>(); },
        [](const host_config& h) { return json(h.environment); }},
    row{{"directory", "Working directory of the engines.", text_option{false}},
        [](host_config& h, const json& v) { h.directory = v.get<std::string>(); },
        [](const host_config& h) { return json(h.directory); }},
    row{{"jobs", "Directories with job libraries there, beside those of pactor and of the profile.", texts_option{}},
        [](host_config& h, const json& v) { h.jobs = v.get<std::vector<std::string>>(); },
        [](const host_config& h) { return json(h.jobs); }},
    row{{"cores",
         "Processor cores that engines are bound to: for each engine a number, or numbers and ranges such as "
         "\"0-3,8\". From the first again if there are fewer than engines.",
         texts_option{}},
        [](host_config& h, const json& v) { h.cores = v.get<std::vector<std::string>>(); },
        [](const host_config& h) { return json(h.cores); }},
    row{{"pactor", "The program there; by default the pactor of the user's PATH.", text_option{false}},
        [](host_config& h, const json& v) { h.pactor = v.get<std::string>(); },
        [](const host_config& h) { return json(h.pactor); }},
    row{{"tunnel",
         "Let it reach the controller through its ssh connection, by the controller's port on its own loopback: "
         "nothing else has to be open.",
         flag_option{}},
        [](host_config& h, const json& v) { h.tunnel = v.get<bool>(); },
        [](const host_config& h) { return json(h.tunnel); }},
    row{{"copy", "Carry this pactor and the job libraries there first, for hosts that have none.", flag_option{}},
        [](host_config& h, const json& v) { h.copy = v.get<bool>(); },
        [](const host_config& h) { return json(h.copy); }},
    row{{"settings",
         "What the launcher takes beside: of a batch system queue, account, time, options and template; of mpi mpiexec "
         "and "
         "options.",
         table_option{}},
        [](host_config& h, const json& v) { h.settings = v.get<table>(); },
        [](const host_config& h) { return json(h.settings); }},
};

constexpr auto options = [] {
  std::array<option_spec, rows.size()> specs{};
  for (std::size_t i = 0; i < rows.size(); ++i) specs[i] = rows[i].spec;
  return specs;
}();

/// A member that is a string; "" if there is none.
std::string text_of(const json& host, const char* key) {
  const auto at = host.find(key);
  return at != host.end() && at->is_string() ? at->get<std::string>() : "";
}

std::string name_of(const json& host) {
  const auto name = text_of(host, "name");
  return name.empty() ? text_of(host, "address") : name;
}

bool plain(std::string_view text, std::string_view also) {
  return std::all_of(text.begin(), text.end(), [also](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || also.find(c) != std::string_view::npos;
  });
}

bool variable_name(std::string_view text) {
  return !text.empty() && std::isdigit(static_cast<unsigned char>(text.front())) == 0 && plain(text, "_");
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

/// What is wrong with an option of ssh; "" if nothing is.
std::string complaint_about_ssh_option(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == 0 || equals == std::string::npos || text.find('\n') != std::string::npos || text.front() == '-')
    return "must be KEY=VALUE as in ssh's configuration, such as \"ProxyJump=gate\"";
  // As ssh reads it.
  const auto bare = [](std::string_view word) {
    constexpr std::string_view around = " \t\"'";
    const auto first = std::min(word.find_first_not_of(around), word.size());
    return lower(std::string{word.substr(first, word.find_last_not_of(around) + 1 - first)});
  };
  const auto key = bare(text.substr(0, equals)), value = bare(text.substr(equals + 1));
  if (key.empty() || std::ranges::any_of(key, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; }))
    return "must be KEY=VALUE as in ssh's configuration, such as \"ProxyJump=gate\"";
  if (key == "stricthostkeychecking" && (value == "no" || value == "off"))
    return "would connect to any host that answers; use \"StrictHostKeyChecking=accept-new\", or connect once by hand";
  return "";
}

std::string complaint_about_launcher(const std::string& text) {
  if (text.find('/') != std::string::npos) return "";
  if (std::find(launcher_names.begin(), launcher_names.end(), text) != launcher_names.end()) return "";
  const std::vector<std::string> known{launcher_names.begin(), launcher_names.end()};
  const auto near = core::near_names(text, known);
  return "must be local, ssh, mpi, slurm, pbs or the path of a plug-in, not \"" + text + "\"" +
         (near.empty() ? "" : "; did you mean \"" + near.front() + "\"?");
}

/// Calls tell(index, text) for each string of a member that is a list.
template <class F>
void each_text(const json& host, const char* key, const F& tell) {
  const auto at = host.find(key);
  if (at == host.end() || !at->is_array()) return;
  for (std::size_t i = 0; i < at->size(); ++i)
    if ((*at)[i].is_string()) tell(std::to_string(i), (*at)[i].get<std::string>());
}

/// What a launcher takes under `settings`; nothing is said of a plug-in's.
std::vector<std::string> settings_of(std::string_view launcher) {
  if (launcher == "slurm" || launcher == "pbs") return {"queue", "account", "time", "options", "template"};
  if (launcher == "mpi") return {"mpiexec", "options"};
  return {};
}

void check_settings(const json& host, const std::string& at, const complain& tell) {
  const auto known = settings_of(text_of(host, "launcher"));
  const auto settings = host.find("settings");
  if (known.empty() || settings == host.end() || !settings->is_object()) return;
  for (const auto& [name, value] : settings->items()) {
    const auto place = pointer_to(name, at + "/settings");
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      const auto near = core::near_names(name, known);
      std::string all;
      for (const auto& one : known) all += (all.empty() ? "" : ", ") + one;
      tell(place, "is no setting of the launcher " + text_of(host, "launcher") +
                      (near.empty() ? "; there are " + all : "; did you mean \"" + near.front() + "\"?"));
    }
    const auto control = [](unsigned char c) { return std::iscntrl(c) != 0; };
    if (value.is_string() && std::ranges::any_of(value.get_ref<const std::string&>(), control))
      tell(place, "must be one line");
  }
}

/// mpiexec finds its own way to its hosts.
void check_mpi(const json& host, const std::string& at, const complain& tell) {
  if (text_of(host, "launcher") != "mpi") return;
  for (const auto* key : {"address", "user", "ssh_port", "ssh_options", "tunnel", "copy"})
    if (host.contains(key))
      tell(at + "/" + key, "is for ssh; which hosts mpiexec takes, and how, is told by its own options, such as "
                           "\"settings\": {\"options\": \"--hostfile FILE\"}");
}

void check_environment(const json& host, const std::string& at, const complain& tell) {
  const auto environment = host.find("environment");
  if (environment == host.end() || !environment->is_object()) return;
  for (const auto& [name, value] : environment->items()) {
    const auto place = pointer_to(name, at + "/environment");
    if (!variable_name(name)) tell(place, "is no name of an environment variable");
    if (value.is_string() && value.get<std::string>().find_first_of(std::string{"\n\0", 2}) != std::string::npos)
      tell(place, "must be one line");
  }
}

void check_host(const json& host, const std::string& at, const complain& tell) {
  if (name_of(host).empty() && !host.contains("name")) tell(at + "/name", "is missing");
  if (!host.contains("engines")) tell(at + "/engines", "is missing");
  // Names go into those of files and jobs; what starts with - would be an option of ssh.
  if (const auto name = text_of(host, "name"); !plain(name, "._-") || name.starts_with('-') || name.starts_with('.'))
    tell(at + "/name", "must consist of letters, digits, '.', '_' and '-', and start with a letter or digit");
  if (const auto address = text_of(host, "address"); !plain(address, "._-:%") || address.starts_with('-'))
    tell(at + "/address", "must be a host name or an address; user and ssh_port have their own keys");
  if (const auto user = text_of(host, "user"); !plain(user, "._-@+\\") || user.starts_with('-'))
    tell(at + "/user", "must be a user's name");
  if (const auto kind = text_of(host, "launcher"); !kind.empty())
    if (const auto complaint = complaint_about_launcher(kind); !complaint.empty()) tell(at + "/launcher", complaint);
  each_text(host, "ssh_options", [&](const std::string& i, const std::string& text) {
    if (text.empty()) return;
    if (const auto complaint = complaint_about_ssh_option(text); !complaint.empty())
      tell(at + "/ssh_options/" + i, complaint);
  });
  each_text(host, "cores", [&](const std::string& i, const std::string& text) {
    if (!text.empty() && core_list(text).empty())
      tell(at + "/cores/" + i, "must be numbers of cores such as \"0\" or \"0-3,8\", not \"" + text + "\"");
  });
  check_environment(host, at, tell);
  check_settings(host, at, tell);
  check_mpi(host, at, tell);
}

} // namespace

std::span<const option_spec> host_options() { return options; }

void check_hosts(const json& hosts, const std::string& pointer, const complain& tell) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    if (!hosts[i].is_object()) continue;
    const auto at = pointer + "/" + std::to_string(i);
    check_host(hosts[i], at, tell);
    const auto name = name_of(hosts[i]);
    if (!name.empty() && !names.insert(name).second)
      tell(at + (hosts[i].contains("name") ? "/name" : "/address"),
           "\"" + name + "\" is another host's, too; give each a name of its own");
  }
}

host_config host_from(const json& value, const fs::path& base) {
  host_config host;
  for (const auto& r : rows)
    if (const auto at = value.find(std::string{r.spec.key}); at != value.end()) r.set(host, *at);
  if (host.name.empty()) host.name = host.address;
  if (host.launcher.empty()) host.launcher = host.address.empty() ? "local" : "ssh";
  if (host.address.empty() && host.launcher == "ssh") host.address = host.name;
  if (host.launcher.find('/') != std::string::npos) host.launcher = (base / host.launcher).lexically_normal().string();
  if (const auto own = host.settings.find("template");
      own != host.settings.end() && (host.launcher == "slurm" || host.launcher == "pbs"))
    own->second = (base / own->second).lexically_normal().string();
  // Where nothing is shared, names are those of the other host; what is carried there comes from here.
  const bool here = host.launcher == "local" || host.launcher == "mpi";
  if (here || host.copy) {
    for (auto& one : host.jobs) one = (base / one).lexically_normal().string();
  }
  if (here) {
    if (!host.directory.empty()) host.directory = (base / host.directory).lexically_normal().string();
    if (host.pactor.find('/') != std::string::npos) host.pactor = (base / host.pactor).lexically_normal().string();
  }
  return host;
}

json to_json(const host_config& host) {
  const host_config defaults;
  json result = json::object();
  for (const auto& r : rows) {
    auto value = r.get(host);
    if (value != r.get(defaults) || r.spec.key == "engines") result[std::string{r.spec.key}] = std::move(value);
  }
  return result;
}

std::vector<int> core_list(std::string_view text) {
  constexpr int highest = 1023; // what a cpu_set_t holds
  std::set<int> found;
  while (true) {
    const auto comma = text.find(',');
    const auto part = text.substr(0, comma);
    int low = -1;
    const auto* const end = part.data() + part.size();
    auto read = std::from_chars(part.data(), end, low);
    int high = low;
    if (read.ec == std::errc{} && read.ptr != end && *read.ptr == '-') read = std::from_chars(read.ptr + 1, end, high);
    if (read.ec != std::errc{} || read.ptr != end || low < 0 || high < low || high > highest) return {};
    for (int i = low; i <= high; ++i) found.insert(i);
    if (comma == std::string_view::npos) return {found.begin(), found.end()};
    text.remove_prefix(comma + 1);
  }
}

} // namespace pactor::files
