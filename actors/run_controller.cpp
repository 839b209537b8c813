#include "actors/run.hpp"

#include "actors/credentials_watch.hpp"
#include "actors/events.hpp"
#include "actors/hub.hpp"
#include "actors/scheduler_actors.hpp"
#include "actors/system.hpp"
#include "actors/transport/endpoint.hpp"
#include "runtime/core/rate_limit.hpp"
#include "runtime/log.hpp"
#include "runtime/process/signals.hpp"
#include "runtime/security/session_key.hpp"

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include <array>
#include <csignal>
#include <malloc.h>
#include <poll.h>
#include <random>
#include <unistd.h>
#include <utility>

namespace pactor {

namespace {

/// Pieces of large payloads come and go by the thousand: with glibc's defaults each is mapped, faulted in and
/// unmapped again, which costs half of the throughput.
void keep_freed_memory() {
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 128 << 20);
}

void tell_ready(int fd) {
  const char byte = 1;
  if (fd >= 0 && ::write(fd, &byte, 1) == 1) ::close(fd);
}

/// Ends them however the controller ends, also because its port is taken: brokers must not end in CAF because nobody
/// knows them any more, which corrupts memory if they have only just begun.
struct ended_at_last {
  std::array<caf::actor, 3> actors;
  explicit ended_at_last(std::array<caf::actor, 3> all) : actors{std::move(all)} {}
  ended_at_last(const ended_at_last&) = delete;
  ended_at_last& operator=(const ended_at_last&) = delete;
  ~ended_at_last() {
    for (const auto& a : actors) caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
  }
};

} // namespace

int run_controller(const controller_options& options) {
  process::shutdown_signals signals;
  process::raise_descriptor_limit();
  keep_freed_memory();
  const auto all = files::controller_file::read(options.connection_file);
  const log journal{{"controller", options.log_file, options.level}};
  const auto now = [] { return std::chrono::system_clock::now(); };
  const auto& file = all.common;
  credentials_watch credentials{options.connection_file, all, journal, now()};

  system_config config;
  caf::actor_system system{config};
  auto& middleman = system.middleman();
  const auto direct_state = std::make_shared<driven<direct_scheduler_state>>();
  const auto balanced_state = std::make_shared<driven<task_scheduler_state>>();
  const auto history = std::make_shared<core::task_history>();
  direct_state->state.limit_open({options.open_tasks, options.open_bytes});
  balanced_state->state.limit_open({options.open_tasks, options.open_bytes});
  direct_state->state.share(history);
  balanced_state->state.share(history);
  const auto ends = std::make_shared<task_ends>();
  ends->log = core::task_log{options.recent_tasks};
  direct_state->state.share(ends);
  balanced_state->state.share(ends);
  balanced_state->state.watch_ends();
  balanced_state->state.place({.scheme = core::scheme_named(options.scheduler).value_or(core::scheme::leastload),
                               .hwm = options.hwm,
                               .seed = std::random_device{}()});
  const auto before = options.incarnation > 0 ? files::roster::read(options.roster) : files::roster{};
  direct_state->state.recover(options.incarnation, before.engines, before.clients, before.lost);
  balanced_state->state.recover(options.incarnation, before.engines, before.clients, before.lost);
  const auto direct =
      middleman.spawn_broker([&](caf::io::broker* self) { return direct_scheduler(self, direct_state); });
  const auto balanced =
      middleman.spawn_broker([&](caf::io::broker* self) { return task_scheduler(self, balanced_state); });
  hub_setup setup{file.cluster_id,
                  file.nonce,
                  PACTOR_VERSION,
                  file.hosts.at(0),
                  ::getpid(),
                  journal,
                  static_cast<std::uint32_t>(options.heartbeat.count()),
                  options.incarnation,
                  all.secret,
                  before};
  setup.shipping = {options.shipping, options.library_cache, options.library_bytes};
  const auto roster = [path = options.roster](const files::roster& r) {
    if (!path.empty()) r.write(path);
  };
  const auto end_process = [] { ::kill(::getpid(), SIGTERM); }; // as if someone had stopped it
  const auto the_hub = system.spawn(
      [&](caf::event_based_actor* self) { return hub(self, setup, direct, balanced, end_process, roster); });

  controller_events events{the_hub, direct_state, balanced_state, {the_hub, direct, balanced}};
  const ended_at_last actors{{the_hub, direct, balanced}};
  transport::endpoint_options transport_options;
  transport_options.tls = credentials.tls();
  transport_options.word = security::door_word(file.nonce);
  transport_options.limits.heartbeat = options.heartbeat;
  transport_options.limits.silence = options.heartbeat * 5;
  // Anybody can come and be refused as often as he likes: the log is not his.
  transport_options.on_refused = [&journal, most = core::rate_limit{100, 5}](const std::string& address,
                                                                             const std::string& reason) mutable {
    const auto others = most.pass(std::chrono::steady_clock::now());
    if (!others) return;
    const auto more = *others > 0 ? " (and " + std::to_string(*others) + " others before)" : std::string{};
    journal.warning("controller refused " + address + ": " + reason + more);
  };
  transport_options.on_admitted = [&journal](const std::string& address, const security::certificate_info& peer) {
    journal.info("controller admits " + security::describe(peer) + " from " + address);
  };
  {
    transport::endpoint endpoint{system, std::move(transport_options), events};
    const auto port = endpoint.listen(file.hosts.at(0), file.port);
    journal.info("controller listens at " + file.hosts.at(0) + ":" + std::to_string(port));
    if (options.listening) options.listening(port);
    tell_ready(options.ready_fd);
    credentials.begin(endpoint);
    pollfd p{signals.fd(), POLLIN, 0};
    constexpr int look_interval = 500; // milliseconds
    while (!signals.take())
      if (::poll(&p, 1, look_interval) == 0) credentials.look(endpoint, now());
    journal.info("controller ends");
    caf::scoped_actor self{system};
    self->request(the_hub, std::chrono::seconds{1}, stop_cluster{}).receive([](bool) {}, [](const caf::error&) {});
  }
  return 0;
}

} // namespace pactor
