#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/json.hpp"
#include "cli/setting.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <memory>

namespace pactor::cli {

namespace {

struct jobs_command {
  cluster_choice cluster;
  bool as_json = false;
};

void print_table(const std::vector<job_info>& jobs) {
  std::size_t name = 0, signature = 0;
  for (const auto& job : jobs) {
    name = std::max(name, job.name.size());
    signature = std::max(signature, job.signature.size());
  }
  std::cout << std::left;
  for (const auto& job : jobs)
    std::cout << std::setw(static_cast<int>(name)) << job.name << "  " << std::setw(static_cast<int>(signature))
              << job.signature << "  " << job.library << '\n';
}

void print_json(const std::vector<job_info>& jobs) {
  auto list = json::array();
  for (const auto& job : jobs)
    list.push_back({{"name", job.name}, {"signature", job.signature}, {"library", job.library}});
  std::cout << to_line(list) << '\n';
}

} // namespace

action declare_jobs(CLI::App& app, setting& around) {
  const auto command = std::make_shared<jobs_command>();
  command->cluster.declare(app, around);
  app.add_flag("--json", command->as_json, "Print the list as JSON");
  return [command, &around] {
    auto jobs = around.connect(command->cluster).jobs();
    std::ranges::sort(jobs, {}, &job_info::name);
    command->as_json ? print_json(jobs) : print_table(jobs);
    return code(exit_status::done);
  };
}

} // namespace pactor::cli
