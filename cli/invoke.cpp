#include "cli/invoke.hpp"

#include "cli/exit_status.hpp"
#include "cli/style.hpp"
#include "runtime/core/near_names.hpp"

#include <iostream>
#include <poll.h>
#include <unistd.h>

namespace pactor::cli {

std::string did_you_mean(std::string_view word, const std::vector<std::string>& known) {
  const auto near = core::near_names(word, known);
  return near.empty() ? std::string{} : "; did you mean " + near.front() + "?";
}

std::string no_such_command(std::string_view word, const std::vector<std::string>& known) {
  return "there is no command '" + std::string{word} + "'" + did_you_mean(word, known);
}

std::string complaint(const CLI::App& command, const CLI::ParseError& e) {
  std::string text = e.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&e) == nullptr) return text;
  std::vector<std::string> options;
  for (const auto* option : command.get_options())
    for (const auto& name : option->get_lnames()) options.push_back("--" + name);
  for (const auto& word : command.remaining())
    if (word.starts_with("--")) text += did_you_mean(word.substr(0, word.find('=')), options);
  return text;
}

void tell(std::string_view name, std::string_view text) {
  if (!text.empty()) std::cerr << styled_error(style::error, std::string{name} + ":") << ' ' << text << '\n';
}

namespace {

/// Who reads it may have heard enough; a full disk is another matter.
bool output_is_lost() {
  std::cout.flush();
  pollfd reader{STDOUT_FILENO, 0, 0};
  return !std::cout && (::poll(&reader, 1, 0) < 1 || (reader.revents & POLLERR) == 0);
}

} // namespace

int perform(const std::string& name, const action& run) {
  try {
    const auto status = run();
    if (status != code(exit_status::done) || !output_is_lost()) return status;
    throw exit_error{exit_status::system_refused, "standard output can't be written: what it said is not whole"};
  } catch (const std::exception& e) {
    const auto [status, text] = verdict_of(e);
    tell(name, text);
    return code(status);
  }
}

} // namespace pactor::cli
