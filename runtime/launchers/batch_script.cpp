// What a batch system is to run.

#include "pactor/error.hpp"
#include "runtime/core/near_names.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/launchers/batch.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

namespace pactor::launchers {
namespace {

/// Those that become a line, in this order.
constexpr std::array<std::string_view, 4> options{"queue", "account", "time", "options"};

void check(const order& what) {
  const auto where = "host " + what.host.name + ": ";
  if (what.host.tunnel || what.host.copy)
    throw error{ec::configuration, where + "\"tunnel\" and \"copy\" are for ssh; a batch system's hosts reach the "
                                           "controller by its address, and have pactor"};
  std::vector<std::string> known{options.begin(), options.end()};
  known.emplace_back("template");
  for (const auto& [key, value] : what.host.settings) {
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      const auto near = core::near_names(key, known);
      throw error{ec::configuration, where + "there is no setting \"" + key + "\"; " +
                                         (near.empty() ? "there are queue, account, time, options and template"
                                                       : "did you mean \"" + near.front() + "\"?")};
    }
    const auto control = [](char c) { return std::iscntrl(static_cast<unsigned char>(c)) != 0; };
    if (std::any_of(value.begin(), value.end(), control))
      throw error{ec::configuration, where + "the setting \"" + key + "\" must be one line"};
  }
}

std::string template_of(const batch_system& system, const order& what) {
  const auto own = what.host.settings.find("template");
  if (own == what.host.settings.end()) return std::string{system.script_template()};
  std::string text;
  try {
    text = files::read_file(own->second);
  } catch (const error& e) {
    throw error{ec::configuration, "host " + what.host.name + ": the template can't be read: " + e.what()};
  }
  if (text.find("@command@") == std::string::npos)
    throw error{ec::configuration, "host " + what.host.name + ": the template " + own->second +
                                       " has no line @command@, where the node is started"};
  return text;
}

std::string option_lines(const batch_system& system, const order& what) {
  std::string result;
  for (const auto key : options)
    if (const auto at = what.host.settings.find(std::string{key}); at != what.host.settings.end())
      result += (result.empty() ? "" : "\n") + system.option_line(at->first, at->second);
  return result;
}

/// Lines of sh. The shell stays, to say how the node ended, and leaves signals to the node.
std::string command_lines(const order& what, const job_files& files) {
  auto words = node_arguments(what, what.ids);
  words.insert(words.begin(), what.host.pactor.empty() ? "pactor" : what.host.pactor);
  words.push_back("--connection=" + what.connection_path.string());
  words.emplace_back("--ready-fd=3");
  const auto exit = shell_word(files.exit);
  std::string text = script_head(what) + "exec >>" + shell_word(files.output) + " 2>&1\n";
  if (!what.host.directory.empty())
    text += "cd " + shell_word(what.host.directory) + " || { echo 2 >" + exit + "; exit 2; }\n";
  text += "trap : HUP INT TERM USR1 USR2\n";
  text += shell_words(words) + " 3>>" + shell_word(files.ready) + "\n";
  text += "code=$?\necho $code >" + exit + "\nexit $code";
  return text;
}

/// Replaces marks, not those in what they stand for.
std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string>>& marks) {
  std::string result;
  while (!text.empty()) {
    const auto mark =
        std::find_if(marks.begin(), marks.end(), [&](const auto& m) { return text.starts_with(m.first); });
    if (mark != marks.end()) {
      result += mark->second;
      text.remove_prefix(mark->first.size());
    } else {
      result += text.front();
      text.remove_prefix(1);
    }
  }
  return result;
}

} // namespace

std::string script_head(const order& what) {
  // Who starts it hands on the environment of this process, whose parent is not the node's.
  std::string text = "umask 077\nunset PACTOR_PARENT_PID\n";
  for (const auto& [name, value] : what.host.environment) text += "export " + name + "=" + shell_word(value) + "\n";
  return text;
}

std::string job_name(const order& what) {
  auto name = "pactor-" + what.cluster + "-" + what.host.name;
  for (auto& c : name)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-' && c != '_' && c != '.') c = '_';
  return name;
}

std::string batch_script(const batch_system& system, const order& what, const job_files& files) {
  check(what);
  return filled(template_of(system, what), {{"@name@", job_name(what)},
                                            {"@engines@", std::to_string(what.ids.size())},
                                            {"@options@", option_lines(system, what)},
                                            {"@command@", command_lines(what, files)}});
}

} // namespace pactor::launchers
