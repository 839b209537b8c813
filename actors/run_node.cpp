#include "actors/run.hpp"

#include "actors/events.hpp"
#include "actors/library_keeper.hpp"
#include "actors/node.hpp"
#include "actors/system.hpp"
#include "actors/transport/endpoint.hpp"
#include "runtime/core/reconnecting.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/jobs/catalogue.hpp"
#include "runtime/jobs/library.hpp"
#include "runtime/jobs/requirements.hpp"
#include "runtime/launchers/rank_signs.hpp"
#include "runtime/log.hpp"
#include "runtime/process/signals.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/security/session_key.hpp"
#include "runtime/security/tls_context.hpp"

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <array>
#include <future>
#include <malloc.h>
#include <poll.h>
#include <random>
#include <sys/eventfd.h>
#include <unistd.h>
#include <utility>

namespace pactor {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

/// The libraries that can be used; those that can't are named in the log, and everything lives on.
jobs::catalogue load_catalogue(const std::vector<std::string>& directories, std::vector<std::string>& libraries,
                               const log& journal) {
  jobs::catalogue result;
  const std::vector<std::filesystem::path> paths{directories.begin(), directories.end()};
  for (const auto& path : jobs::find_libraries(paths)) {
    try {
      result.add(path);
      libraries.push_back(std::filesystem::absolute(path));
    } catch (const error& e) {
      journal.warning(std::string{"node leaves a library out: "} + e.what());
    }
  }
  return result;
}

/// Whoever started the node holds the other end, and writes there now and then.
class life_line {
public:
  using clock = std::chrono::steady_clock;
  life_line(int fd, bool output, std::chrono::seconds lease)
      : fd_{fd}, output_{output}, lease_{lease}, heard_{clock::now()} {}

  [[nodiscard]] pollfd watched() const noexcept {
    return {fd_, static_cast<short>(output_ ? 0 : POLLIN), 0}; // an error is always told
  }
  /// When it is given up, if nothing comes until then.
  [[nodiscard]] std::optional<clock::time_point> deadline() const {
    if (fd_ < 0 || lease_.count() == 0) return std::nullopt;
    return heard_ + lease_;
  }
  /// @return why the node is to end. @param readable  something has come, or the end: of output always that
  std::optional<error> look(bool readable) {
    if (readable && output_) return over(ec::not_connected, "what started it is gone");
    if (readable) {
      std::array<char, 256> said{};
      const auto size = ::read(fd_, said.data(), said.size());
      if (size == 0) return over(ec::not_connected, "what started it is gone");
      heard_ = clock::now();
      if (size > 0 && std::find(said.begin(), said.begin() + size, 'q') != said.begin() + size)
        return over(ec::interrupted, "it is asked to");
    }
    if (const auto limit = deadline(); limit && clock::now() >= *limit)
      return over(ec::not_connected, "what started it has not been heard for " + std::to_string(lease_.count()) + " s");
    return std::nullopt;
  }

private:
  error over(ec code, const std::string& why) {
    fd_ = -1;
    ::alarm(10); // in case that something holds up the end: nobody is left to see it
    return error{code, why};
  }
  int fd_;
  bool output_;
  std::chrono::seconds lease_;
  clock::time_point heard_;
};

/// Why the node ends; waited for together with signals.
class ending {
public:
  explicit ending(life_line line) : fd_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)}, line_{line} {}
  void set(ec code, const std::string& reason) {
    const std::lock_guard lock{mutex_};
    code_ = code;
    reason_ = reason;
    ::eventfd_write(fd_.get(), 1);
  }
  /// The connection is gone.
  void lost(const std::string& reason) {
    const std::lock_guard lock{mutex_};
    lost_ = true;
    reason_ = reason;
    ::eventfd_write(fd_.get(), 1);
  }
  enum class event { ends, lost, time_over };
  /// Waits, at most until `deadline` if there is one.
  event wait(process::shutdown_signals& signals, std::optional<std::chrono::steady_clock::time_point> deadline = {}) {
    while (!signals.take()) {
      const auto now = std::chrono::steady_clock::now();
      if (deadline && *deadline <= now) return event::time_over;
      auto next = deadline;
      if (const auto limit = line_.deadline()) next = next ? std::min(*next, *limit) : *limit;
      int limit = -1;
      if (next)
        limit = static_cast<int>(
            std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::milliseconds>(*next - now).count()));
      std::array<pollfd, 3> p{{{fd_.get(), POLLIN, 0}, {signals.fd(), POLLIN, 0}, line_.watched()}};
      ::poll(p.data(), p.size(), limit);
      if (const auto why = line_.look(p[2].revents != 0)) set(why->code(), why->what());
      const std::lock_guard lock{mutex_};
      if (code_) return event::ends;
      eventfd_t ignored = 0;
      ::eventfd_read(fd_.get(), &ignored);
      if (std::exchange(lost_, false)) return event::lost;
    }
    return event::ends;
  }
  [[nodiscard]] std::optional<error> reason() const {
    const std::lock_guard lock{mutex_};
    if (!code_) return std::nullopt;
    return error{*code_, reason_};
  }

private:
  process::unique_fd fd_;
  life_line line_;
  mutable std::mutex mutex_;
  std::optional<ec> code_;
  std::string reason_;
  bool lost_ = false;
};

files::connection_file connection_of(const node_options& options) {
  if (options.connection) return *options.connection;
  return files::connection_file::read(options.connection_file, security::role::node);
}

/// Gets a node back to its controller. @return null if it ends
transport::link_ptr reconnect(transport::endpoint& endpoint, const node_options& options, ending& end,
                              process::shutdown_signals& signals, const log& journal,
                              std::unique_ptr<security::tls_context>& tls) {
  using clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds patience{2}; // with one attempt
  std::mt19937 chance{std::random_device{}()};
  core::reconnecting attempts{clock::now(), options.reconnect};
  std::string last = "its connection was lost";
  journal.warning("node lost the controller, and goes on without");
  while (const auto pause = attempts.next(clock::now(), chance)) {
    if (end.wait(signals, clock::now() + *pause) != ending::event::time_over) return nullptr;
    try {
      const auto file = connection_of(options);
      // Credentials may have been rotated.
      auto next = std::make_unique<security::tls_context>(security::role::node, file.ca, file.certificate, file.key);
      endpoint.use(next->get());
      tls = std::move(next);
      auto link = endpoint.connect(file.hosts, file.port, clock::now() + patience);
      journal.info("node is back at the controller");
      return link;
    } catch (const error& e) {
      last = e.what();
      if (e.code() == ec::not_running) break; // the cluster was ended
      if (e.code() == ec::refused && attempts.hopeless(clock::now())) {
        end.set(ec::refused, last);
        return nullptr;
      }
    }
  }
  end.set(ec::not_connected, "the controller did not come back: " + last);
  return nullptr;
}

} // namespace

int run_node(const node_options& options) {
  process::shutdown_signals signals;
  process::raise_descriptor_limit();
  ::mallopt(M_MMAP_THRESHOLD, 64 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 128 << 20);
  const auto file = connection_of(options);
  const log journal{{"node", options.log_file, options.level}};
  auto tls = std::make_unique<security::tls_context>(security::role::node, file.ca, file.certificate, file.key);

  auto services = std::make_shared<node_services>();
  services->host = options.name.empty() ? host_name() : options.name;
  services->execute = options.execute;
  services->worker_restarts = options.worker_restarts;
  node_setup setup;
  setup.services = services;
  const auto catalogue = load_catalogue(options.job_directories, services->libraries, journal);
  for (const auto& j : catalogue.jobs()) setup.hello.jobs.emplace_back(j.name, j.signature, j.library);
  setup.hello.host = services->host;
  setup.hello.pid = ::getpid();
  setup.hello.requested = options.requested_ids;
  setup.hello.keys = file.engine_keys.empty() ? options.requested_keys : file.engine_keys;
  setup.hello.requested.resize(static_cast<std::size_t>(options.engines), -1);

  system_config config;
  caf::actor_system system{config};
  std::random_device seeds;
  const auto engines = std::make_shared<std::vector<std::shared_ptr<engine_state>>>();
  services->start_worker = [&, engines](worker_events& events) {
    const auto at = std::find_if(engines->begin(), engines->end(), [&](const auto& e) { return e.get() == &events; });
    const auto place = static_cast<std::size_t>(at - engines->begin());
    const auto& cores = options.cores;
    return start_worker_process(system, options.worker, events,
                                cores.empty() ? std::vector<int>{} : cores[place % cores.size()],
                                options.rank && place == 0); // engines that are added later are no ranks
  };
  for (int i = 0; i < options.engines; ++i) engines->push_back(std::make_shared<engine_state>(services, seeds()));

  services->lanes = std::make_unique<node_lanes>(file.nonce);
  setup.listen = [&, &s = *services] {
    if (options.lane_directory.empty()) return std::string{};
    auto& loop = dynamic_cast<default_multiplexer&>(system.middleman().backend());
    try {
      s.listener = std::make_unique<lane_listener>(loop, options.lane_directory, [&](process::unique_fd client) {
        s.lanes->admit(
            [&](lane_events& events) { return std::make_unique<lane_socket>(loop, std::move(client), events); });
      });
      return s.listener->path();
    } catch (const error& e) { // everything goes over the controller then
      journal.warning(std::string{"node shares no memory with clients of its host: "} + e.what());
      return std::string{};
    }
  };

  ending end{life_line{options.life_line, options.life_line_is_output, options.lease}};
  auto out = tell_in_place(engines);
  out.welcomed = [&, told = false](const std::vector<int>& ids) mutable {
    if (std::exchange(told, true)) return;
    journal.info("node has engines " + std::to_string(ids.front()) + " to " + std::to_string(ids.back()));
    const char byte = 1;
    if (options.ready_fd >= 0 && ::write(options.ready_fd, &byte, 1) == 1) ::close(options.ready_fd);
  };
  out.ended = [&](ec code, const std::string& reason) { end.set(code, reason); };
  if (options.reconnect.count() > 0) out.lost = [&](const std::string& reason) { end.lost(reason); };
  const auto spawn = [&system](const std::shared_ptr<engine_state>& e) {
    return system.middleman().spawn_broker([e](caf::io::broker* self) { return engine(self, e); });
  };
  out.add_engine = [&, engines, actors = setup.engines] { // in the I/O thread, as everything of the node
    engines->push_back(std::make_shared<engine_state>(services, seeds()));
    actors->push_back(spawn(engines->back()));
  };
  const auto libraries = std::make_shared<caf::actor>();
  out.libraries = [libraries](const libraries_listed& l) { caf::anon_send(*libraries, l); };
  const auto state = std::make_shared<node_state>(services, file.nonce, std::move(out));
  setup.state = state;
  if (options.rank)
    services->rank_lost = [s = std::weak_ptr{state}](const std::string& why) {
      if (const auto node = s.lock()) node->depart(ec::engine_lost, why);
    };
  services->flush_later = services->flush_now = [] {}; // until there is a node
  services->report = [](const engine_report&) {};
  for (const auto& e : *engines) setup.engines->push_back(spawn(e));
  const auto the_node =
      system.middleman().spawn_broker([&](caf::io::broker* self) { return node(self, std::move(setup)); });
  library_keeper::callbacks kept;
  kept.in_use = [the_node](const library_in_use& l) { caf::anon_send(the_node, l); };
  kept.settled = [the_node] { caf::anon_send(the_node, libraries_settled{}); };
  kept.inspect = [host = services->host, scratch = options.library_cache](const std::filesystem::path& library) {
    return jobs::inspect(library, host, scratch);
  };
  const auto keeper = std::make_shared<library_keeper>(
      jobs::library_store{options.library_cache, options.library_bytes}, journal, std::move(kept));
  *libraries = system.spawn<caf::detached>(
      [keeper](caf::event_based_actor* self) { return library_keeper_actor(self, keeper); });
  node_events events{the_node, *libraries, state};
  bool signalled = false;
  const auto finish = [&] {
    if (options.rank && !end.reason()) {
      constexpr std::chrono::milliseconds patience{500}; // MPI's is short
      signalled = true;
      caf::anon_send(the_node, depart_node{ec::interrupted, "MPI ended its process, as it does with all if one dies"});
      end.wait(signals, std::chrono::steady_clock::now() + patience);
    }
    caf::anon_send(the_node, stop_node{});
    caf::anon_send_exit(*libraries, caf::exit_reason::user_shutdown);
    caf::scoped_actor self{system};
    self->wait_for(the_node);
  };
  // They hold the node, which holds them; and the system does not end before what it holds.
  const auto let_go = [&] {
    services->flush_now = services->flush_later = {};
    services->report = {};
  };
  try {
    transport::endpoint_options transport_options;
    transport_options.tls = tls->get();
    transport_options.word = security::door_word(file.nonce);
    transport::endpoint endpoint{system, std::move(transport_options), events};
    auto link = endpoint.connect(file.hosts, file.port, std::chrono::steady_clock::now() + options.timeout);
    while (link) {
      caf::anon_send(the_node, controller_connected{link});
      link =
          end.wait(signals) == ending::event::lost ? reconnect(endpoint, options, end, signals, journal, tls) : nullptr;
    }
    finish();
  } catch (...) {
    finish();
    let_go();
    throw;
  }
  let_go();
  const auto why = end.reason();
  if (options.farewell_fd >= 0 && !signalled && why && why->code() == ec::interrupted)
    if (::write(options.farewell_fd, &launchers::rank_left, 1) != 1) journal.debug("nobody hears that the node ends");
  journal.info(why ? std::string{"node ends: "} + why->what() : std::string{"node ends"});
  if (why && why->code() != ec::interrupted) throw error{*why};
  return 0;
}

} // namespace pactor
