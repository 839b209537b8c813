#include "tests/support/temporary_cluster.hpp"

#include "tests/support/eventually.hpp"

#include <stdexcept>

namespace pactor::test {

using namespace std::chrono_literals;

pactor_home::~pactor_home() { kill_all(directory()); }

run_result pactor_home::pactor(const std::vector<std::string>& arguments) const {
  return pactor_beside(arguments).wait(60s);
}

background_program pactor_home::pactor_beside(const std::vector<std::string>& arguments) const {
  std::vector<std::string> argv{PACTOR_TEST_PROGRAM};
  argv.insert(argv.end(), arguments.begin(), arguments.end());
  return background_program{argv, variables()};
}

std::vector<pid_t> pactor_home::pids(const std::string& part) const {
  std::vector<pid_t> result;
  for (const auto& p : processes())
    if (p.part() == part) result.push_back(p.pid);
  return result;
}

pid_t pactor_home::pid(const std::string& part) const {
  const auto found = pids(part);
  if (found.size() != 1)
    throw std::logic_error{std::to_string(found.size()) + " processes are a " + part + " of " + describe(processes())};
  return found.front();
}

std::string pactor_home::leftovers() const {
  std::vector<process_info> left;
  eventually(15s, [&] {
    left = processes();
    return left.empty();
  });
  return describe(left);
}

temporary_cluster::temporary_cluster(cluster_options options) : options_{std::move(options)} {
  std::vector<std::string> arguments{"start", "-n", std::to_string(options_.engines), "--daemonize"};
  if (options_.test_jobs) arguments.insert(arguments.end(), {"--jobs", test_jobs().string()});
  if (!options_.cluster_id.empty()) arguments.insert(arguments.end(), {"--cluster-id", options_.cluster_id});
  arguments.insert(arguments.end(), options_.more.begin(), options_.more.end());
  if (const auto started = pactor(arguments); started.exit_code != 0)
    throw std::runtime_error{"the cluster does not start (" + std::to_string(started.exit_code) + "): " + started.err};
}

client_options temporary_cluster::connection() const {
  client_options result;
  result.connection_file = connection_file(security::role::client, options_.cluster_id);
  return result;
}

files::connection_file temporary_cluster::credentials(security::role r) const {
  return files::connection_file::read(connection_file(r, options_.cluster_id));
}

std::string temporary_cluster::log(const std::string& part) const {
  return content_of(profile().log_file(part, options_.cluster_id));
}

std::filesystem::path test_jobs() { return PACTOR_TEST_JOBS; }

int worker_pid(const pactor::client& c, int engine) { return c[engine].apply_sync<int>("getpid"); }

bool answers(const pactor::client& c, int engine) {
  return eventually(15s, [&] {
    try {
      return worker_pid(c, engine) > 0;
    } catch (const error&) {
      return false; // gone, or lost on the way
    }
  });
}

} // namespace pactor::test
