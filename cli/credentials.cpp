#include "cli/credentials.hpp"

#include "cli/credential_store.hpp"
#include "cli/exit_status.hpp"
#include "cli/invoke.hpp"
#include "cli/setting.hpp"
#include "cli/table.hpp"
#include "runtime/files/file_io.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <charconv>
#include <iostream>
#include <memory>
#include <unistd.h>

namespace pactor::cli {
namespace {

using security::role;
using clock = std::chrono::system_clock;

struct credentials_command {
  cluster_choice cluster;
  std::string role_name, name, valid = "365d", overlap = "24h", output, file;
  std::vector<std::string> which;
  bool json = false, now = false;
  double timeout = 10;
  [[nodiscard]] std::chrono::milliseconds patience() const {
    return std::chrono::milliseconds{static_cast<std::int64_t>(timeout * 1000)};
  }
};

/// `30d`, `12h`, `90m`, `45s`
std::chrono::seconds parse_length(const std::string& text) {
  constexpr std::array<std::pair<char, std::chrono::seconds>, 4> units{{{'d', std::chrono::hours{24}},
                                                                        {'h', std::chrono::hours{1}},
                                                                        {'m', std::chrono::minutes{1}},
                                                                        {'s', std::chrono::seconds{1}}}};
  std::int64_t n = 0;
  const auto* const last = text.data() + text.size();
  const auto [end, fault] = std::from_chars(text.data(), last, n);
  // Points in time end in the year 2262.
  constexpr std::chrono::seconds most = std::chrono::hours{24} * 36'500;
  if (fault == std::errc{} && end + 1 == last && n >= 0)
    for (const auto& [letter, length] : units)
      if (*end == letter && n <= most / length) return n * length;
  if (fault == std::errc{} && end + 1 == last && n > 0 && std::string_view{"dhms"}.find(*end) != std::string_view::npos)
    throw exit_error{exit_status::usage, "'" + text + "' is too long: 36500d is the most"};
  throw exit_error{exit_status::usage, "'" + text + "' is no time: it is a number with d, h, m or s, for example 30d"};
}

void say(const std::string& text) { std::cerr << text << '\n'; }

std::string described(const security::issued_certificate& one) {
  return one.name + " (" + std::string{to_string(one.holder)} + ", " + security::short_serial(one.serial) + ")";
}

/// What a change led to. @return the exit code
int tell_change(const credential_store::change& change) {
  for (const auto& file : change.written) say("wrote " + file.string());
  if (change.ended) {
    say(std::to_string(*change.ended) + (*change.ended == 1 ? " connection was" : " connections were") + " ended");
    return code(exit_status::done);
  }
  throw exit_error{exit_status::timed_out, "the files are changed, but the controller has not said that it uses them; "
                                           "it will when it runs, see its log"};
}

int list(const credentials_command& given) {
  const credential_store store{given.cluster};
  const auto now = clock::now();
  auto all = nlohmann::ordered_json::array();
  table text{{"NAME", "ROLE", "SERIAL", "ISSUED", "EXPIRES", "STATE"}};
  for (const auto& one : store.authority().issued()) {
    const auto state = store.authority().state_of(one, now);
    const std::string holder{to_string(one.holder)};
    all.push_back(
        {{"name", one.name},
         {"role", holder},
         {"serial", one.serial},
         {"issued", security::utc(one.issued)},
         {"expires", security::utc(one.expires)},
         {"revoked", one.revoked ? nlohmann::ordered_json(security::utc(*one.revoked)) : nlohmann::ordered_json()},
         {"state", state}});
    text.add({one.name, holder, security::short_serial(one.serial), security::utc(one.issued),
              security::utc(one.expires), state});
  }
  if (given.json)
    std::cout << all.dump(2) << '\n';
  else
    text.print(std::cout, colour_wanted());
  return code(exit_status::done);
}

int show(const credentials_command& given) {
  const auto file = files::connection_file::read(given.file);
  const auto info = security::info_of(file.certificate);
  const auto fault = security::explain_certificate(file.certificate, clock::now());
  if (given.json) {
    const nlohmann::ordered_json all{{"name", info.name},     {"role", to_string(file.role)},
                                     {"serial", info.serial}, {"expires", security::utc(info.not_after)},
                                     {"hosts", file.hosts},   {"port", file.port},
                                     {"fault", fault}};
    std::cout << all.dump(2) << '\n';
  } else {
    std::cout << security::describe(info) << ", valid until " << security::utc(info.not_after) << ", for "
              << file.hosts.front() << ':' << file.port << '\n';
  }
  if (!fault.empty()) throw exit_error{exit_status::refused, fault};
  return code(exit_status::done);
}

void print_whole(const std::string& text) {
  std::cout << text << std::flush;
  if (!std::cout) throw exit_error{exit_status::system_refused, "standard output can't be written"};
}

int make(const credentials_command& given) {
  const auto length = parse_length(given.valid);
  if (length.count() == 0) throw exit_error{exit_status::usage, "a certificate is to be valid for some time"};
  const bool printed = given.output == "-";
  if (printed && ::isatty(STDOUT_FILENO) != 0)
    throw exit_error{exit_status::usage, "a private key is not for the terminal: give a file, or a pipe"};
  if (!printed && files::file_exists(given.output))
    throw exit_error{exit_status::usage, given.output + " is there already; remove it, or choose another name"};
  credential_store store{given.cluster};
  const auto file = store.make(given.role_name == "node" ? role::node : role::client, given.name, length, clock::now());
  const auto info = security::info_of(file.certificate);
  try {
    if (printed)
      print_whole(to_text(file));
    else
      file.write(given.output);
  } catch (const std::exception&) { // nobody has its key
    store.revoke({info.serial}, clock::now(), given.patience());
    throw;
  }
  say("made " + security::describe(info) + ", valid until " + security::utc(info.not_after));
  return code(exit_status::done);
}

int revoke(const credentials_command& given) {
  credential_store store{given.cluster};
  const auto change = store.revoke(given.which, clock::now(), given.patience());
  for (const auto& one : change.revoked) say("revoked " + described(one));
  return tell_change(change);
}

int rotate(const credentials_command& given) {
  const auto overlap = given.now ? std::chrono::seconds{0} : parse_length(given.overlap);
  credential_store store{given.cluster};
  const auto start = clock::now();
  const auto change = store.rotate(overlap, start, given.patience());
  say(overlap.count() > 0 ? "made a new authority; older files are good until " + security::utc(start + overlap)
                          : std::string{"made a new authority; older files are good for nothing any more"});
  for (const auto& g : store.authority().generations())
    if (g.trusted_until + std::chrono::seconds{1} < start + overlap)
      say("files that were replaced before are good until " + security::utc(g.trusted_until) + ", as was said then");
  return tell_change(change);
}

CLI::App* add(CLI::App& app, credentials_command& given, const setting& around, const char* name, const char* help) {
  auto* sub = app.add_subcommand(name, help);
  given.cluster.declare(*sub, around);
  return sub;
}

void declare_timeout(CLI::App& app, credentials_command& given) {
  app.add_option("--timeout", given.timeout, "Seconds to wait until the controller follows")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
}

} // namespace

std::vector<std::string> credential_warnings(const cluster_choice& cluster) {
  constexpr std::size_t most = 20;
  const auto now = clock::now();
  const auto place = cluster.files();
  std::vector<std::string> all;
  const auto look_at = [&](const security::certificate_info& info) {
    const auto words = security::expiry_warning(info, now);
    if (!words.empty() && all.size() < most)
      all.push_back("the certificate " + security::describe(info) + " " + words +
                    "; pactor credentials makes new ones, on the host that started the cluster");
  };
  try {
    const auto path = files::authority_path(place, cluster.cluster_id);
    if (!files::file_exists(path)) { // of another host
      const auto own = files::connection_file::read(place.connection_file(role::client, cluster.cluster_id));
      look_at(security::info_of(own.certificate));
      return all;
    }
    const auto authority = files::read_authority(path);
    for (const auto& one : authority.issued())
      if (authority.state_of(one, now) == "valid") look_at({one.holder, one.name, one.serial, one.issued, one.expires});
  } catch (const error& e) { // a status is no place to fail for that
    all.emplace_back(e.what());
  }
  return all;
}

action declare_credentials(CLI::App& app, setting& around) {
  const auto given = std::make_shared<credentials_command>();
  app.require_subcommand(1);
  auto* listed = add(app, *given, around, "list", "List every certificate of the cluster");
  listed->add_flag("--json", given->json, "Print JSON");
  auto* shown = app.add_subcommand("show", "Show whose a connection file is");
  shown->add_option("FILE", given->file, "The file")->required()->check(CLI::ExistingFile);
  shown->add_flag("--json", given->json, "Print JSON");
  auto* made = add(app, *given, around, "new", "Make a connection file with a certificate of its own");
  made->add_option("--role", given->role_name, "client or node")
      ->required()
      ->check(CLI::IsMember(std::vector<std::string>{"client", "node"}));
  made->add_option("--name", given->name, "Whose it is, for revoking; by default client-2 or the like");
  made->add_option("--valid", given->valid, "How long it holds: 30d, 12h, 90m")->capture_default_str();
  made->add_option("-o,--output", given->output, "The file; - is standard output")->required();
  auto* revoked = add(app, *given, around, "revoke", "Refuse certificates from now on, and end their connections");
  revoked->add_option("WHICH", given->which, "A name, a serial number or its start, or a connection file")->required();
  declare_timeout(*revoked, *given);
  auto* rotated = add(app, *given, around, "rotate", "Replace the authority and all certificates while work goes on");
  auto* overlap = rotated->add_option("--overlap", given->overlap, "How long older files are good for: 7d, 12h");
  overlap->capture_default_str();
  rotated->add_flag("--now", given->now, "Older files are good no longer, and their connections end")
      ->excludes(overlap);
  declare_timeout(*rotated, *given);
  return [=] {
    if (listed->parsed()) return list(*given);
    if (shown->parsed()) return show(*given);
    if (made->parsed()) return make(*given);
    return revoked->parsed() ? revoke(*given) : rotate(*given);
  };
}

} // namespace pactor::cli
