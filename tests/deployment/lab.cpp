#include "tests/deployment/lab.hpp"

#include "tests/support/eventually.hpp"

#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

namespace pactor::test {

using namespace std::chrono_literals;

namespace {

constexpr const char* ssh_server = "/usr/sbin/sshd";

void must(const std::vector<std::string>& argv) {
  const auto done = run(argv, {}, 20s);
  if (done.exit_code == 0) return;
  std::string text = "failed:";
  for (const auto& one : argv) text += " " + one;
  throw std::runtime_error{text + ": " + done.err};
}

std::vector<std::string> in_space(const std::string& space, std::vector<std::string> argv) {
  argv.insert(argv.begin(), {"ip", "netns", "exec", space});
  return argv;
}

void make_key(const std::filesystem::path& file) {
  must({"/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file.string()});
}

bool listens(const std::string& space, const std::string& address) {
  return run(in_space(space, {"/bin/sh", "-c", "ss -Hltn src " + address + ":2222 | grep -q 2222"})).exit_code == 0;
}

} // namespace

std::string no_lab_because() {
  if (::geteuid() != 0) return "network namespaces need root";
  for (const auto* program : {ssh_server, "/usr/bin/ssh", "/usr/bin/ssh-keygen"})
    if (::access(program, X_OK) != 0) return std::string{"there is no "} + program;
  const auto name = "pactor-" + std::to_string(::getpid()) + "-probe";
  const auto made = run({"/bin/sh", "-c", "ip netns add " + name + " && ip netns exec " + name + " ip link set lo up"});
  run({"/bin/sh", "-c", "ip netns del " + name});
  return made.exit_code == 0 ? "" : "network namespaces can't be made: " + made.err;
}

lab::lab(int hosts) : hosts_{hosts} {
  try {
    std::filesystem::create_directories("/run/sshd"); // the server wants it
    make_network();
    make_key(directory_.path() / "id");
    for (int i = 1; i <= hosts_; ++i) add_host(i);
    write_known_hosts();
    // The system's ssh, but with a configuration of the test's own: it never looks for one in HOME.
    std::string config = "Host *\n  User root\n  Port 2222\n  IdentitiesOnly yes\n  GlobalKnownHostsFile /dev/null\n"
                         "  IdentityFile " +
                         (directory_.path() / "id").string() + "\n  UserKnownHostsFile " +
                         (directory_.path() / "known_hosts").string() + "\n";
    for (int i = 1; i <= hosts_; ++i) config += "Host " + name(i) + "\n  HostName " + address(i) + "\n";
    write_file(directory_.path() / "config", config);
    std::filesystem::create_directories(directory_.path() / "bin");
    const auto ssh = directory_.path() / "bin/ssh";
    write_file(ssh, "#!/bin/sh\nexec /usr/bin/ssh -F " + (directory_.path() / "config").string() + " \"$@\"\n");
    std::filesystem::permissions(ssh, std::filesystem::perms::owner_all);
    for (int i = 1; i <= hosts_; ++i)
      if (!eventually(10s, [&] { return listens(space(i), address(i)); }))
        throw std::runtime_error{"no ssh server on " + name(i) + ": " +
                                 servers_[static_cast<std::size_t>(i) - 1].err()};
  } catch (...) {
    for (int i = 0; i <= hosts_; ++i) run({"/bin/sh", "-c", "ip netns del " + space(i)});
    throw;
  }
}

lab::~lab() {
  kill_all(home_.directory());
  for (int i = 1; i <= hosts_; ++i) kill_all(pactor_dir(i));
  for (int i = 0; i <= hosts_; ++i)
    run({"/bin/sh", "-c", "kill -9 $(ip netns pids $0) 2>/dev/null; ip netns del $0", space(i)});
}

std::string lab::space(int host) const { return "pactor-" + std::to_string(::getpid()) + "-" + name(host); }

void lab::make_network() const {
  const auto head = space(0);
  must({"/bin/sh", "-ec", R"(
ip netns add $0
ip -n $0 link set lo up
ip -n $0 link add bridge type bridge
ip -n $0 addr add 10.77.0.1/24 dev bridge
ip -n $0 link set bridge up)",
        head});
  for (int i = 1; i <= hosts_; ++i)
    must({"/bin/sh", "-ec", R"(
ip netns add $1
ip -n $1 link set lo up
ip -n $0 link add $2 type veth peer name eth netns $1
ip -n $0 link set $2 master bridge up
ip -n $1 addr add $3/24 dev eth
ip -n $1 link set eth up)",
          head, space(i), name(i), address(i)});
}

void lab::add_host(int host) {
  const auto place = directory(host);
  std::filesystem::create_directories(place);
  make_key(place / "key");
  const auto words = content_of(place / "key.pub");
  keys_.push_back(words.substr(0, words.rfind(" test")));
  std::filesystem::copy_file(directory_.path() / "id.pub", place / "authorized_keys");
  // Jobs of the tests, as a host's own profile would have them.
  const auto jobs = pactor_dir(host) / "profile_default/jobs";
  std::filesystem::create_directories(jobs);
  for (const auto& file : std::filesystem::directory_iterator{test_jobs()})
    if (file.path().stem() == "libothers") std::filesystem::create_symlink(file.path(), jobs / file.path().filename());
  const auto bin = std::filesystem::path{PACTOR_TEST_PROGRAM}.parent_path().string();
  write_file(place / "config", "ListenAddress " + address(host) + ":2222\nHostKey " + (place / "key").string() +
                                   "\nAuthorizedKeysFile " + (place / "authorized_keys").string() +
                                   "\nPidFile none\nUsePAM no\nStrictModes no\nPasswordAuthentication no\n"
                                   "PermitRootLogin prohibit-password\nSetEnv PATH=" +
                                   bin + ":/usr/bin:/bin PACTOR_DIR=" + pactor_dir(host).string() + "\n");
  servers_.emplace_back(in_space(space(host), {ssh_server, "-D", "-e", "-f", (place / "config").string()}));
}

void lab::write_known_hosts() const {
  std::string text;
  for (int i = 1; i <= hosts_; ++i)
    if (const auto& key = keys_[static_cast<std::size_t>(i) - 1]; !key.empty())
      text += "[" + address(i) + "]:2222 " + key + "\n";
  write_file(directory_.path() / "known_hosts", text);
}

void lab::forget_key(int host) {
  keys_[static_cast<std::size_t>(host) - 1].clear();
  write_known_hosts();
}

void lab::mistake_key(int host) {
  const auto other = content_of(directory_.path() / "id.pub");
  keys_[static_cast<std::size_t>(host) - 1] = other.substr(0, other.rfind(" test"));
  write_known_hosts();
}

environment lab::variables() const {
  auto result = home_.variables();
  const char* const path = std::getenv("PATH"); // NOLINT(concurrency-mt-unsafe): nobody changes it
  result.emplace_back("PATH", (directory_.path() / "bin").string() + ":" + (path ? path : "/usr/bin:/bin"));
  return result;
}

background_program lab::pactor_beside(const std::vector<std::string>& arguments) const {
  auto argv = arguments;
  argv.insert(argv.begin(), PACTOR_TEST_PROGRAM);
  return background_program{in_space(space(0), argv), variables()};
}

run_result lab::pactor(const std::vector<std::string>& arguments) const { return pactor_beside(arguments).wait(60s); }

run_result lab::run_on_head(const std::vector<std::string>& argv) const {
  return run(in_space(space(0), argv), variables());
}

run_result lab::run_on(int host, const std::vector<std::string>& argv) const {
  return run(in_space(space(host), argv), {{"PACTOR_DIR", pactor_dir(host).string()}});
}

void lab::cut(int host) const { must({"/bin/sh", "-ec", "ip -n $0 link set $1 down", space(0), name(host)}); }
void lab::join(int host) const { must({"/bin/sh", "-ec", "ip -n $0 link set $1 up", space(0), name(host)}); }

std::string lab::leftovers() const {
  auto left = home_.leftovers();
  for (int i = 1; i <= hosts_; ++i) eventually(15s, [&] { return processes(i).empty(); });
  for (int i = 1; i <= hosts_; ++i) left += describe(processes(i));
  return left;
}

std::filesystem::path lab::write(const std::string& file, const std::string& content) const {
  const auto path = directory_.path() / file;
  write_file(path, content);
  return path;
}

} // namespace pactor::test
