#pragma once
// A cluster of a test's own: real processes, in a directory of its own, at a port that was free.

#include "pactor/client.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/files/profile.hpp"
#include "tests/support/processes.hpp"
#include "tests/support/run.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace pactor::test {

/// A pactor directory, and pactor commands in it. Whatever they leave behind is killed and removed in the end.
class pactor_home {
public:
  pactor_home() = default;
  pactor_home(const pactor_home&) = delete;
  pactor_home& operator=(const pactor_home&) = delete;
  ~pactor_home();

  [[nodiscard]] const std::filesystem::path& directory() const noexcept { return directory_.path(); }
  [[nodiscard]] environment variables() const { return {{"PACTOR_DIR", directory().string()}}; }
  [[nodiscard]] files::profile profile(const std::string& name = "default") const {
    return files::profile{name, directory()};
  }
  [[nodiscard]] std::filesystem::path connection_file(security::role r, const std::string& cluster_id = "") const {
    return profile().connection_file(r, cluster_id);
  }

  /// Runs `pactor ARGUMENTS...` to its end.
  run_result pactor(const std::vector<std::string>& arguments) const;
  /// Starts it beside the test.
  [[nodiscard]] background_program pactor_beside(const std::vector<std::string>& arguments) const;

  /// The processes of all clusters here.
  [[nodiscard]] std::vector<process_info> processes() const { return processes_of(directory()); }
  /// Those that are `controller`, `node`, `worker`, ...
  [[nodiscard]] std::vector<pid_t> pids(const std::string& part) const;
  /// The one of a kind; throws if there is none, or more than one.
  [[nodiscard]] pid_t pid(const std::string& part) const;
  /// Waits until no process is left. @return what is left nevertheless, "" if nothing
  [[nodiscard]] std::string leftovers() const;

private:
  temporary_directory directory_;
};

struct cluster_options {
  int engines = 2;
  bool test_jobs = true; ///< with tests/jobs
  std::string cluster_id{};
  std::vector<std::string> more{}; ///< further arguments of `pactor start`
};

/// A running cluster. Throws if it does not start.
class temporary_cluster : public pactor_home {
public:
  explicit temporary_cluster(cluster_options options = {});
  explicit temporary_cluster(int engines) : temporary_cluster{cluster_options{.engines = engines}} {}

  [[nodiscard]] client_options connection() const;
  [[nodiscard]] pactor::client client() const { return pactor::client{connection()}; }
  /// What the connection file of a role says.
  [[nodiscard]] files::connection_file credentials(security::role r) const;
  [[nodiscard]] std::uint16_t port() const { return credentials(security::role::client).port; }
  /// The content of a log: `controller`, `node`, `start`.
  [[nodiscard]] std::string log(const std::string& part) const;

private:
  cluster_options options_;
};

/// Where tests/jobs lie.
[[nodiscard]] std::filesystem::path test_jobs();
/// The number of an engine's worker process, from the engine itself.
[[nodiscard]] int worker_pid(const pactor::client& c, int engine);
/// Waits until an engine that lost its worker answers again. @return whether it does
[[nodiscard]] bool answers(const pactor::client& c, int engine);

} // namespace pactor::test
