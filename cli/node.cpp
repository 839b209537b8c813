#include "actors/run.hpp"
#include "cli/cluster_choice.hpp"
#include "cli/commands.hpp"
#include "cli/configured.hpp"
#include "runtime/files/config.hpp"
#include "runtime/files/engine_keys.hpp"
#include "runtime/files/profile.hpp"
#include "runtime/process/locations.hpp"
#include "runtime/process/mpi_rank.hpp"
#include "runtime/process/processors.hpp"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace pactor::cli {
namespace {

struct node_command {
  cluster_choice cluster;
  std::string connection, name;
  std::vector<std::string> jobs, cores;
  std::vector<int> ids;
  std::optional<int> engines;
  double timeout = 10;
  double reconnect = 30;
  bool launched = false, mpi = false;
  int ready_fd = -1, lease = 0;
  std::string log_level, log_file;
  files::execute_config execute;
  files::shipping_config shipping;
  files::supervision_config supervision;
};

/// Pactor's own job libraries, the profile's, the configuration's and those of the command line.
std::vector<std::string> job_directories(const node_command& given, const files::config& config) {
  std::vector<std::string> result;
  const auto add = [&result](const std::filesystem::path& directory) {
    auto name = std::filesystem::absolute(directory).lexically_normal().string();
    if (std::find(result.begin(), result.end(), name) == result.end()) result.push_back(std::move(name));
  };
  for (const auto& one : process::default_job_directories(given.cluster.files().job_directory())) add(one);
  for (const auto& one : config.jobs) add(one);
  for (const auto& one : given.jobs) add(one);
  return result;
}

/// The connection file: one that is named, the profile's, or what comes over the standard input.
void set_connection(node_options& options, const node_command& given, const files::profile& place) {
  if (given.connection == "-") {
    options.connection = files::connection_file::read_from(STDIN_FILENO, security::role::node);
    if (given.launched) options.life_line = STDIN_FILENO;
    options.lease = std::chrono::seconds{given.lease};
    place.create();
    options.lane_directory = place.security_directory();
    return;
  }
  options.connection_file = given.connection;
  if (given.connection.empty())
    options.connection_file = place.connection_file(security::role::node, given.cluster.cluster_id).string();
  options.lane_directory = std::filesystem::path{options.connection_file}.parent_path();
}

std::vector<std::vector<int>> core_lists(const std::vector<std::string>& texts) {
  std::vector<std::vector<int>> result;
  for (const auto& one : texts) {
    result.push_back(files::core_list(one));
    if (result.back().empty())
      throw error{ec::invalid_argument, "--cores takes numbers such as 0 or 0-3,8, not " + one};
  }
  return result;
}

/// One of the engines that are to be, by the number that mpiexec gave this process.
void become_rank(node_options& options, const node_command& given) {
  const auto rank = process::mpi_rank([](const char* name) {
    return std::getenv(name); // NOLINT(concurrency-mt-unsafe): nobody changes it
  });
  if (!rank)
    throw error{ec::invalid_argument, "--mpi is for nodes that mpiexec starts: no variable of the environment tells "
                                      "the rank of this process (OMPI_COMM_WORLD_RANK, PMI_RANK, PMIX_RANK)"};
  const auto place = static_cast<std::size_t>(*rank);
  if (!given.ids.empty() && place >= given.ids.size())
    throw error{ec::invalid_argument, "mpiexec started rank " + std::to_string(*rank) + ", and there are to be " +
                                          std::to_string(given.ids.size()) + " engines only"};
  options.engines = 1;
  options.requested_ids = {given.ids.empty() ? *rank : given.ids[place]};
  if (!options.cores.empty()) options.cores = {options.cores[place % options.cores.size()]};
  options.rank = true;
  options.life_line = STDOUT_FILENO;
  options.life_line_is_output = true;
  if (given.launched) options.farewell_fd = STDOUT_FILENO;
}

int run(const node_command& given) {
  ::umask(077);
  ::signal(SIGPIPE, SIG_IGN); // NOLINT(bugprone-signal-handler): whoever reads the log may go first
  const auto place = given.cluster.files();
  // A launcher has read the configuration already, and passes what counts.
  const bool launched = given.launched;
  files::config config;
  if (!launched) {
    const auto layers = configured(given.cluster, "");
    layers.check();
    config = layers.values();
  }
  node_options options;
  set_connection(options, given, place);
  options.engines = given.engines.value_or(config.engines);
  if (options.engines == 0) options.engines = static_cast<int>(process::usable_processors());
  options.job_directories = job_directories(given, config);
  options.worker = process::find_worker().string();
  options.name = given.name;
  const auto& execute = launched ? given.execute : config.execute;
  options.execute = {execute.enabled, execute.compiler, execute.flags, (files::pactor_directory() / "cache").string(),
                     static_cast<std::uint64_t>(execute.cache_mb) << 20};
  const auto& supervision = launched ? given.supervision : config.supervision;
  options.worker_restarts = supervision.limits();
  const auto& shipping = launched ? given.shipping : config.shipping;
  options.library_cache = (files::pactor_directory() / "cache" / "jobs").string();
  options.library_bytes = static_cast<std::uint64_t>(shipping.cache_mb) << 20U;
  options.ready_fd = given.ready_fd;
  // It is closed when all is said; a standard stream stays, or another file would come in its place.
  if (given.ready_fd >= 0 && given.ready_fd <= STDERR_FILENO)
    options.ready_fd = ::fcntl(given.ready_fd, F_DUPFD_CLOEXEC, 3);
  options.log_file = given.log_file;
  options.cores = core_lists(given.cores);
  options.requested_ids = given.ids;
  options.level = parse_log_level(launched ? given.log_level : config.log_level).value_or(options.level);
  if (given.mpi) become_rank(options, given);
  // A connection file that is for this node alone has its keys; beside one that is for all lie the keys of all.
  if (!options.connection && launched)
    options.requested_keys =
        files::engine_keys::read(files::engine_keys::path_for(options.connection_file)).list(options.requested_ids);
  options.timeout = std::chrono::milliseconds{static_cast<std::int64_t>(given.timeout * 1000)};
  options.reconnect = std::chrono::milliseconds{static_cast<std::int64_t>(given.reconnect * 1000)};
  return run_node(options);
}

} // namespace

action declare_node(CLI::App& app, setting& around) {
  auto given = std::make_shared<node_command>();
  given->cluster.declare(app, around);
  app.add_option("-n,--engines", given->engines, "Number of engines; by default one for each processor that it may use")
      ->check(CLI::Range(1, 10'000));
  app.add_option("--connection", given->connection,
                 "Connection file of role node, - is the standard input; by default the profile's "
                 "security/pactor-engine.json")
      ->check([](const std::string& file) { return file == "-" ? std::string{} : CLI::ExistingFile(file); });
  app.add_option("--name", given->name, "What the cluster is to call this host; by default its host name")
      ->check([](const std::string& name) {
        return name.empty() || name.size() > 255 ? std::string{"a name has 1 to 255 characters"} : std::string{};
      });
  app.add_option("--jobs", given->jobs, "Directory with job libraries; may be given several times")
      ->check(CLI::ExistingDirectory)
      ->allow_extra_args(false);
  app.add_option("--cores", given->cores,
                 "Processor cores that an engine is bound to, such as 0 or 0-3,8; once for each engine, from the first "
                 "again if there are fewer")
      ->allow_extra_args(false);
  app.add_option("--timeout", given->timeout, "Seconds for connecting to the controller")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--reconnect", given->reconnect, "Seconds that it goes on without a controller; 0: not at all")
      ->check(CLI::Range(0.0, 1e8))
      ->capture_default_str();
  app.add_flag("--mpi", given->mpi,
               "Started by mpiexec: one engine, whose number is the rank; its jobs may call MPI. Without its worker, "
               "if that called MPI, the node ends");
  app.add_flag("--launched", given->launched, "The arguments are a launcher's, and all that counts")->group("");
  app.add_option("--lease", given->lease, "Seconds that it lives without a byte from its input; 0: for ever")
      ->group("");
  app.add_option("--log-file", given->log_file, "Where to log")->group("");
  app.add_option("--log-level", given->log_level, "The launcher's log level")->group("");
  app.add_option("--restart-intensity", given->supervision.intensity, "The launcher's supervision.intensity")
      ->group("");
  app.add_option_function<std::int64_t>(
         "--restart-period", [given](std::int64_t s) { given->supervision.period = std::chrono::seconds{s}; },
         "The launcher's supervision.period_s")
      ->group("");
  app.add_option("--execute", given->execute.enabled, "The launcher's execute.enabled")->group("");
  app.add_option("--execute-compiler", given->execute.compiler, "The launcher's execute.compiler")->group("");
  app.add_option("--execute-flag", given->execute.flags, "One of the launcher's execute.flags")
      ->allow_extra_args(false)
      ->group("");
  app.add_option("--execute-cache-mb", given->execute.cache_mb, "The launcher's execute.cache_mb")->group("");
  app.add_option("--shipping-cache-mb", given->shipping.cache_mb, "The launcher's shipping.cache_mb")->group("");
  app.add_option("--ids", given->ids, "Numbers for the engines")->delimiter(',')->group("");
  app.add_option("--ready-fd", given->ready_fd, "Where to say that it is ready")->group("");
  return [given] { return run(*given); };
}

} // namespace pactor::cli
