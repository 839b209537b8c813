#include "runtime/launchers/ssh.hpp"

namespace pactor::launchers {
namespace {

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

std::string last_line(const std::string& text) { return text.substr(text.rfind('\n') + 1); }

/// What the node said why it ended, else the last line.
std::string last_words(const std::string& text) {
  constexpr std::string_view prefix{"pactor node: "};
  const auto at = text.rfind(prefix);
  return at == std::string::npos ? last_line(text) : text.substr(at + prefix.size());
}

/// `ssh lab1`, as the user would type it.
std::string by_hand(const files::host_config& host) {
  std::string text = "ssh ";
  if (host.ssh_port != 0) text += "-p " + std::to_string(host.ssh_port) + " ";
  for (const auto& one : host.ssh_options) text += "-o " + shell_word(one) + " ";
  return text + (host.user.empty() ? "" : host.user + "@") + host.address;
}

std::string words_for_ssh(const files::host_config& host, const std::string& said) {
  const auto address = host.address + (host.ssh_port != 0 ? " port " + std::to_string(host.ssh_port) : "");
  if (contains(said, "Could not resolve hostname"))
    return "there is no host \"" + host.address + "\": " + last_line(said);
  if (contains(said, "IDENTIFICATION HAS CHANGED"))
    return "its host key is not the one that is known: another host may pretend to be it, or it was set up anew; "
           "see: " +
           by_hand(host);
  if (contains(said, "Host key verification failed"))
    return "its host key is not known; connect once by hand and compare it: " + by_hand(host);
  if (contains(said, "Permission denied"))
    return "permission denied: " + last_line(said) +
           "; it must be possible without a password, by a key or an agent: " + by_hand(host);
  if (contains(said, "remote port forwarding failed"))
    return "the tunnel can't be made: the controller's port is taken there, or forwarding is not allowed; choose "
           "another \"port\"";
  if (contains(said, "Connection refused")) return "connection refused: no ssh server listens at " + address;
  if (contains(said, "timed out") || contains(said, "No route to host") || contains(said, "unreachable"))
    return "it can't be reached: " + last_line(said);
  return said.empty() ? "ssh failed without a word" : "ssh failed: " + last_line(said);
}

} // namespace

ending explain_ssh(const files::host_config& host, int code, const std::string& said) {
  const auto program = host.pactor.empty() ? std::string{"pactor"} : host.pactor;
  switch (code) {
  case 255:
    return {code, false, words_for_ssh(host, said)};
  case 127:
    if (const auto at = said.find("error while loading shared libraries: "); at != std::string::npos)
      return {code, false, program + " does not run there: " + last_line(said)};
    return {code, false,
            "there is no program " + program + " there (" + last_line(said) +
                "); install it, name it with \"pactor\", or have it carried there with \"copy\": true"};
  case 126:
    return {code, false, program + " can't be run there: " + last_line(said)};
  default:
    break;
  }
  auto words = "exit code " + std::to_string(code);
  if (!said.empty()) words += ": " + last_words(said);
  return {code, code != 2, words};
}

} // namespace pactor::launchers
