#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/json.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>

namespace pactor::cli {

namespace {

struct jobs_command {
  cluster_choice cluster;
  bool as_json = false;
  std::vector<std::string> files;
  std::string file;
  double timeout = 300;
};

std::string utc(std::chrono::system_clock::time_point t) {
  const auto seconds = std::chrono::system_clock::to_time_t(t);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::ostringstream text;
  text << std::put_time(&parts, "%Y-%m-%dT%H:%M:%SZ");
  return text.str();
}

std::string size_text(std::uint64_t bytes) {
  constexpr std::uint64_t kilo = 1024;
  return bytes < kilo * kilo ? std::to_string((bytes + kilo - 1) / kilo) + " KB"
                             : std::to_string(bytes / kilo / kilo) + " MB";
}

using libraries = std::map<std::string, shipped_library>; // by file name

void print_table(const std::vector<job_info>& jobs, const libraries& sent) {
  std::size_t name = 0, signature = 0;
  for (const auto& job : jobs) {
    name = std::max(name, job.name.size());
    signature = std::max(signature, job.signature.size());
  }
  std::cout << std::left;
  for (const auto& job : jobs) {
    std::cout << std::setw(static_cast<int>(name)) << job.name << "  " << std::setw(static_cast<int>(signature))
              << job.signature << "  " << job.library;
    if (const auto l = sent.find(job.library); l != sent.end())
      std::cout << "  " << l->second.hash.substr(0, 12) << " from " << l->second.origin;
    std::cout << '\n';
  }
}

void print_json(const std::vector<job_info>& jobs, const libraries& sent) {
  auto list = json::array();
  for (const auto& job : jobs) {
    list.push_back({{"name", job.name}, {"signature", job.signature}, {"library", job.library}});
    if (const auto l = sent.find(job.library); l != sent.end())
      list.back().update({{"hash", l->second.hash}, {"origin", l->second.origin}});
  }
  std::cout << to_line(list) << '\n';
}

int list(const jobs_command& command, const client& c) {
  auto jobs = c.jobs();
  std::ranges::sort(jobs, {}, &job_info::name);
  libraries sent;
  for (auto& l : c.libraries()) sent.insert_or_assign(l.file, l);
  command.as_json ? print_json(jobs, sent) : print_table(jobs, sent);
  return code(exit_status::done);
}

int push(const jobs_command& command, const client& c) {
  auto all = json::array();
  for (const auto& file : command.files) {
    const auto names = c.import_library(file, seconds{command.timeout});
    const auto base = std::filesystem::path{file}.filename().string();
    if (command.as_json) {
      all.push_back({{"library", base}, {"jobs", names}});
      continue;
    }
    std::cout << base << ": ";
    if (names.empty()) std::cout << "kept for the first engines that join";
    for (std::size_t i = 0; i < names.size(); ++i) std::cout << (i == 0 ? "" : ", ") << names[i];
    std::cout << '\n' << std::flush;
  }
  if (command.as_json) std::cout << to_line(all) << '\n';
  return code(exit_status::done);
}

int sent(const jobs_command& command, const client& c) {
  auto all = json::array();
  table text{{"LIBRARY", "HASH", "SIZE", "FROM", "SINCE", "NOT ON"}};
  for (const auto& l : c.libraries()) {
    std::string unfit;
    for (const auto& [host, why] : l.unfit) unfit += (unfit.empty() ? "" : "; ") + why;
    all.push_back({{"library", l.file},
                   {"hash", l.hash},
                   {"size", l.size},
                   {"origin", l.origin},
                   {"since", utc(l.since)},
                   {"unfit", l.unfit}});
    text.add({l.file, l.hash.substr(0, 12), size_text(l.size), l.origin, utc(l.since), unfit});
  }
  if (command.as_json)
    std::cout << to_line(all) << '\n';
  else
    text.print(std::cout, colour_wanted());
  return code(exit_status::done);
}

/// Adds a subcommand, with the options that all have.
CLI::App* add(CLI::App& app, jobs_command& command, const setting& around, const char* name, const char* help) {
  auto* sub = app.add_subcommand(name, help);
  command.cluster.declare(*sub, around);
  return sub;
}

} // namespace

action declare_jobs(CLI::App& app, setting& around) {
  const auto command = std::make_shared<jobs_command>();
  command->cluster.declare(app, around);
  app.add_flag("--json", command->as_json, "Print the list as JSON");
  app.require_subcommand(0, 1);
  auto* push_libraries = add(app, *command, around, "push", "Send job libraries of this machine to every host");
  push_libraries->add_option("FILE", command->files, "Job libraries")->required();
  push_libraries->add_option("--timeout", command->timeout, "Seconds until every host must use it")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  push_libraries->add_flag("--json", command->as_json, "Print the jobs of each as JSON");
  auto* list_sent = add(app, *command, around, "sent", "List the libraries that clients have sent");
  list_sent->add_flag("--json", command->as_json, "Print the list as JSON");
  auto* remove = add(app, *command, around, "remove", "Have engines use a library that was sent no more");
  remove->add_option("FILE", command->file, "Its file name: libnum.so")->required();
  return [command, push_libraries, list_sent, remove, &around] {
    const auto c = around.connect(command->cluster);
    if (push_libraries->parsed()) return push(*command, c);
    if (list_sent->parsed()) return sent(*command, c);
    if (!remove->parsed()) return list(*command, c);
    c.remove_library(command->file);
    return code(exit_status::done);
  };
}

} // namespace pactor::cli
