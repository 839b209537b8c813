#include "cli/commands.hpp"
#include "cli/table.hpp"
#include "runtime/files/pid_file.hpp"
#include "runtime/files/profile.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace pactor::cli {
namespace {

struct row {
  std::string profile, cluster_id;
  bool running = false;
  int engines = 0;
  pid_t pid = 0;
  std::string host;
};

std::vector<row> all_clusters() {
  std::vector<row> rows;
  for (const auto& profile : files::all_profiles())
    for (const auto& id : profile.cluster_ids()) {
      const auto state = files::inspect_pid_file(profile.pid_file(id));
      if (!state) continue; // stopped just now
      const auto record = state->record.value_or(files::pid_record{});
      rows.push_back({profile.name(), id, state->running, record.engines, record.pid, record.host});
    }
  return rows;
}

void print_json(const std::vector<row>& rows) {
  auto all = nlohmann::ordered_json::array();
  for (const auto& one : rows)
    all.push_back({{"profile", one.profile},
                   {"cluster_id", one.cluster_id},
                   {"running", one.running},
                   {"engines", one.engines},
                   {"launcher", "local"},
                   {"host", one.host},
                   {"pid", one.pid}});
  std::cout << all.dump(2) << '\n';
}

void print_table(const std::vector<row>& rows) {
  table text{{"PROFILE", "CLUSTER ID", "RUNNING", "ENGINES", "LAUNCHER"}};
  for (const auto& one : rows)
    text.add({one.profile, "'" + one.cluster_id + "'", one.running ? "True" : "False", std::to_string(one.engines),
              "Local"});
  text.print(std::cout, colour_wanted());
}

} // namespace

action declare_list(CLI::App& app, setting& /*around*/) {
  auto as_json = std::make_shared<bool>(false);
  app.add_flag("--json", *as_json, "Print JSON");
  return [as_json] {
    const auto rows = all_clusters();
    *as_json ? print_json(rows) : print_table(rows);
    return 0;
  };
}

} // namespace pactor::cli
