#include "actors/client_core.hpp"
#include "actors/events.hpp"
#include "actors/library_sender.hpp"
#include "actors/redialer.hpp"
#include "actors/system.hpp"
#include "actors/transport/endpoint.hpp"
#include "pactor/task_id.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/files/profile.hpp"
#include "runtime/jobs/library.hpp"
#include "runtime/security/session_key.hpp"
#include "runtime/security/tls_context.hpp"

#include <caf/all.hpp>
#include <caf/io/middleman.hpp>

#include <algorithm>
#include <array>
#include <thread>
#include <unistd.h>

namespace pactor::detail {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return name.data();
}

files::connection_file read_connection(const client_options& options) {
  if (!options.connection_file.empty())
    return files::connection_file::read(options.connection_file, security::role::client);
  const files::profile profile{options.profile};
  return files::connection_file::read(profile.connection_file(security::role::client, options.cluster_id),
                                      security::role::client);
}

/// A client's processes side: its actor system, its one connection and its actor.
class connected_session final : public session {
public:
  explicit connected_session(const client_options& options)
      : options_{options}, file_{read_connection(options)}, tls_{security::role::client, file_.ca, file_.certificate,
                                                                 file_.key},
        system_{config_}, core_{std::make_shared<client_core>([this] { caf::anon_send(actor_, pactor::flush{}); },
                                                              lanes(), file_.nonce)},
        actor_{spawn()}, events_{actor_, core_}, redialer_{dialling(), options.reconnect} {
    core_->limit({options_.max_pending, options_.max_pending_bytes, options_.wait_for_room},
                 [this] { return in_callback(); });
    if (options_.reconnect.count() > 0) core_->on_lost([this] { redialer_.lost(); });
    try {
      connect();
    } catch (...) {
      caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
      throw;
    }
  }
  ~connected_session() override {
    close();
    redialer_.stop();
    endpoint_.reset();
    caf::scoped_actor self{system_};
    self->send_exit(actor_, caf::exit_reason::user_shutdown);
    self->wait_for(actor_);
  }

  [[nodiscard]] std::vector<int> ids() const override { return core_->engines(); }
  [[nodiscard]] std::string host_of(int engine) const override { return core_->host_of(engine); }
  bool wait_for_engines(std::size_t n, std::chrono::milliseconds timeout) override {
    return core_->wait_for_engines(n, timeout);
  }
  std::optional<job_info> find_job(const std::string& name) override {
    if (auto known = look_up(name)) return known;
    jobs(); // a library may have come since
    return look_up(name);
  }
  std::vector<job_info> jobs() override {
    std::vector<job_info> all;
    for (auto& [name, signature, library] : decode<jobs_answer>(core_->ask(query_kind::jobs, options_.timeout)))
      all.push_back({std::move(name), std::move(signature), std::move(library)});
    const std::lock_guard lock{mutex_};
    jobs_ = all;
    return all;
  }
  cluster_status status() override {
    auto a = decode<status_answer>(core_->ask(query_kind::status, options_.timeout));
    cluster_status s{std::move(a.cluster_id),
                     std::move(a.version),
                     link()->peer_address(),
                     a.controller_pid,
                     {},
                     a.clients,
                     a.unassigned,
                     a.controller_restarts};
    for (auto& [host, r] : a.engines)
      s.engines.push_back({r.engine, std::move(host), r.pid, std::move(r.state), r.queued, r.completed, r.restarts,
                           std::move(r.last_loss)});
    return s;
  }
  bytes large_memory(std::size_t size) override { return core_->large_memory(size); }
  void submit_direct(const std::shared_ptr<call>& c, std::size_t first, const slice& payload,
                     std::span<const int> targets) override {
    core_->submit_direct(c, first, payload, targets);
  }
  void submit_balanced(const std::shared_ptr<call>& c, std::size_t index, const slice& payload,
                       std::span<const int> allowed) override {
    core_->submit_balanced(c, index, payload, allowed);
  }
  [[nodiscard]] std::uint32_t number() const override { return core_->number(); }
  void end_tasks(std::span<const std::uint64_t> ids, end_how how) override {
    core_->end_tasks({static_cast<std::uint8_t>(how), 0, {ids.begin(), ids.end()}});
  }
  std::size_t end_tasks(std::uint32_t client, std::span<const std::uint64_t> ids, end_how how) override {
    return core_->end_tasks({static_cast<std::uint8_t>(how), client, {ids.begin(), ids.end()}}, options_.timeout);
  }
  std::size_t order_engines(engine_order what, std::span<const int> engines, int signal) override {
    const query q{static_cast<std::uint8_t>(what), {engines.begin(), engines.end()}, signal};
    return decode<std::uint64_t>(core_->ask(q, options_.timeout));
  }
  void fetch(const std::shared_ptr<call>& c, std::uint32_t client, std::uint64_t number) override {
    core_->fetch(c, client, number);
  }
  task_list list_tasks() override {
    const auto time = [](std::int64_t t) {
      return listed_task::time_point{std::chrono::duration_cast<clock::duration>(std::chrono::nanoseconds{t})};
    };
    task_list list;
    auto answer = core_->list_tasks(options_.timeout);
    for (auto& t : answer.tasks)
      list.tasks.push_back({to_string(task_id{t.client, t.number}), std::move(t.job), std::move(t.label), t.engine,
                            std::move(t.state), time(t.submitted), time(t.started), time(t.completed), t.kept});
    list.forgotten = answer.forgotten;
    list.unlisted = answer.unlisted;
    return list;
  }
  std::vector<job_info> send_library(const std::filesystem::path& library, std::chrono::milliseconds timeout) override {
    return pactor::send_library(*core_, library, options_.timeout, timeout);
  }
  void remove_library(const std::string& file) override {
    pactor::remove_library(*core_, file, options_.timeout);
    jobs(); // what is known here may be gone
  }
  std::vector<shipped_library> shipped_libraries() override {
    return pactor::shipped_libraries(*core_, options_.timeout);
  }
  std::vector<int> start_engines(const std::string& host, std::uint32_t count) override {
    query q;
    q.kind = static_cast<std::uint8_t>(query_kind::start_engines);
    q.host = host;
    q.count = count;
    return ask_host(q);
  }
  std::vector<int> drain_host(const std::string& host, std::optional<std::chrono::milliseconds> limit) override {
    query q;
    q.kind = static_cast<std::uint8_t>(query_kind::drain_host);
    q.host = host;
    if (limit) q.timeout_ms = limit->count();
    return ask_host(q);
  }
  void stop_cluster() override {
    try {
      core_->ask(query_kind::stop_cluster, options_.timeout);
    } catch (const not_connected&) { // it was faster than its answer
    }
  }
  [[nodiscard]] bool connected() const override { return core_->connected(); }
  void close() override {
    core_->closing();
    if (const auto open = link())
      open->in_loop([](transport::link& l) {
        l.send(transport::frame_kind::stop);
        l.close("this client closed it");
      });
    caf::anon_send(actor_, controller_gone{"this client closed it"}); // also while there is no connection
  }

private:
  std::vector<int> ask_host(const query& q) {
    auto a = decode<host_answer>(core_->ask(q, options_.timeout));
    if (a.later) throw error{ec::would_block, "hosts are coming back to a new controller; try again in a moment"};
    if (!a.why.empty()) throw error{ec::invalid_argument, a.why};
    return std::move(a.engines);
  }

  /// Called in the I/O thread.
  client_lanes::open_function lanes() {
    if (!options_.shared_memory) return {};
    return [this](const std::string& path, lane_events& events) -> std::unique_ptr<lane> {
      auto socket = connect_lane(path);
      if (!socket) return nullptr;
      auto& loop = dynamic_cast<default_multiplexer&>(system_.middleman().backend());
      return std::make_unique<lane_socket>(loop, std::move(socket), events);
    };
  }

  caf::actor spawn() {
    hello_client hello;
    hello.nonce = file_.nonce;
    hello.host = host_name();
    hello.pid = ::getpid();
    return system_.middleman().spawn_broker(
        [this, hello](caf::io::broker* self) { return pactor::client(self, core_, hello); });
  }

  void connect() {
    const auto deadline = std::chrono::steady_clock::now() + options_.timeout;
    transport::endpoint_options transport_options;
    transport_options.tls = tls_.get();
    transport_options.word = security::door_word(file_.nonce);
    endpoint_ = std::make_unique<transport::endpoint>(system_, std::move(transport_options), events_);
    connected(dial(deadline));
    core_->wait_for_welcome(deadline);
  }

  /// A controller that died is back within a moment: a first refusal is no answer.
  transport::link_ptr dial(std::chrono::steady_clock::time_point deadline) {
    constexpr std::chrono::milliseconds patience{500}, pause{20};
    const auto until = std::min(deadline, std::chrono::steady_clock::now() + patience);
    for (;;) {
      try {
        return endpoint_->connect(file_.hosts, file_.port, deadline);
      } catch (const not_connected&) {
        if (std::chrono::steady_clock::now() + pause >= until) throw;
      }
      std::this_thread::sleep_for(pause);
    }
  }

  void connected(const transport::link_ptr& link) {
    {
      const std::lock_guard lock{mutex_};
      link_ = link;
    }
    caf::anon_send(actor_, client_connected{link});
  }
  transport::link_ptr link() const {
    const std::lock_guard lock{mutex_};
    return link_;
  }
  redialer::callbacks dialling() {
    redialer::callbacks out;
    out.dial = [this](redialer::clock::time_point deadline) {
      const auto file = read_connection(options_);
      if (file.nonce != file_.nonce) throw error{ec::not_running, "the cluster was started anew"};
      if (file.certificate != file_.certificate || file.ca != file_.ca) renew(file);
      return endpoint_->connect(file.hosts, file.port, deadline);
    };
    out.back = [this](const transport::link_ptr& link) { connected(link); };
    out.gone = [this](const std::string& reason) { caf::anon_send(actor_, controller_gone{reason}); };
    return out;
  }

  /// Credentials were rotated: the file has others since. In the redialer's thread, the only one that connects then.
  void renew(const files::connection_file& file) {
    security::tls_context next{security::role::client, file.ca, file.certificate, file.key};
    endpoint_->use(next.get());
    tls_ = std::move(next);
    file_.ca = file.ca;
    file_.certificate = file.certificate;
  }

  std::optional<job_info> look_up(const std::string& name) const {
    const std::lock_guard lock{mutex_};
    for (const auto& j : jobs_)
      if (j.name == name || jobs::library_stem(j.library) + "/" + j.name == name) return j;
    return std::nullopt;
  }

  client_options options_;
  files::connection_file file_;
  security::tls_context tls_;
  system_config config_;
  caf::actor_system system_;
  std::shared_ptr<client_core> core_;
  caf::actor actor_;
  client_events events_;
  std::unique_ptr<transport::endpoint> endpoint_;
  transport::link_ptr link_;
  mutable std::mutex mutex_;
  std::vector<job_info> jobs_;
  redialer redialer_; // last: it uses the others
};

} // namespace

std::shared_ptr<session> open_session(const client_options& options) {
  return std::make_shared<connected_session>(options);
}

} // namespace pactor::detail
