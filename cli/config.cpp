#include "cli/commands.hpp"
#include "cli/configured.hpp"
#include "cli/table.hpp"

#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>
#include <string>

namespace pactor::cli {
namespace {

struct config_command {
  cluster_choice cluster;
  std::string file;
  bool json = false;
};

/// A list of objects is shown with a row for each option of each.
void add_rows(table& text, const files::configuration::origin& o) {
  const auto value = nlohmann::json::parse(o.value);
  if (!value.is_array() || value.empty() || !value.front().is_object()) return text.add({o.key, o.value, o.from});
  for (std::size_t i = 0; i < value.size(); ++i)
    for (const auto& [key, member] : value[i].items())
      text.add({o.key + "/" + std::to_string(i) + "/" + key, member.dump(), o.from});
}

int show(const config_command& given) {
  const auto layers = configured(given.cluster, given.file);
  const auto options = layers.origins();
  if (given.json) {
    auto all = nlohmann::ordered_json::object();
    for (const auto& o : options) all[o.key] = {{"value", nlohmann::json::parse(o.value)}, {"from", o.from}};
    std::cout << all.dump(2) << '\n';
  } else {
    table text{{"OPTION", "VALUE", "FROM"}};
    for (const auto& o : options) add_rows(text, o);
    text.print(std::cout, colour_wanted());
  }
  layers.check();
  return 0;
}

int check(const config_command& given) {
  files::configuration layers;
  layers.add_file(given.file);
  layers.check();
  std::cout << given.file << " is sound\n";
  return 0;
}

int schema() {
  std::cout << files::config_schema().dump(2) << '\n';
  return 0;
}

} // namespace

action declare_config(CLI::App& app, setting& around) {
  auto given = std::make_shared<config_command>();
  auto* const shown = app.add_subcommand("show", "Print every option, its value, and where it comes from");
  given->cluster.declare(*shown, around);
  shown->add_option("--config", given->file, "The cluster's configuration; goes before the profile's config.json")
      ->check(CLI::ExistingFile);
  shown->add_flag("--json", given->json, "Print JSON");
  auto* const checked = app.add_subcommand("check", "Name every mistake in a configuration file");
  checked->add_option("file", given->file, "The file")->required()->check(CLI::ExistingFile);
  auto* const printed = app.add_subcommand("schema", "Print the JSON schema of configuration files, for editors");
  app.require_subcommand(1);
  return [given, shown, printed] {
    if (shown->parsed()) return show(*given);
    return printed->parsed() ? schema() : check(*given);
  };
}

} // namespace pactor::cli
