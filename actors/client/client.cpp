#include "pactor/client.hpp"

#include <algorithm>
#include <iomanip>
#include <optional>
#include <set>
#include <sstream>
#include <thread>

namespace pactor {

client::client(std::shared_ptr<detail::session> session)
    : gate_{std::make_shared<detail::gateway>(std::move(session))} {}

std::vector<int> client::ids() const { return gate_->peer()->ids(); }

void client::wait_for_engines(std::size_t n, seconds timeout) const {
  // Beyond this a wait has no end for practical purposes, and session counts in milliseconds.
  constexpr seconds longest{std::chrono::hours{24 * 365}};
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(std::clamp(timeout, seconds{0}, longest));
  if (gate_->peer()->wait_for_engines(n, limit)) return;
  std::ostringstream text;
  text << n << (n == 1 ? " engine" : " engines") << " not ready in " << timeout.count() << " s; ready: " << size();
  throw timeout_error{text.str()};
}

std::vector<job_info> client::jobs() const { return gate_->peer()->jobs(); }

std::vector<std::string> client::import_library(const std::filesystem::path& library, seconds timeout) const {
  const auto jobs = gate_->peer()->send_library(
      library, std::chrono::ceil<std::chrono::milliseconds>(std::min(timeout, seconds{1e9})));
  gate_->know(jobs); // calls that were checked before may have other signatures now
  std::vector<std::string> names;
  names.reserve(jobs.size());
  for (const auto& job : jobs) names.push_back(job.name);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<int> client::start_engines(const std::string& host, int n) const {
  if (n < 1) throw error{ec::invalid_argument, "start_engines() starts at least one"};
  return gate_->peer()->start_engines(host, static_cast<std::uint32_t>(n));
}

std::vector<int> client::drain(const std::string& host, seconds limit) const {
  using clock = std::chrono::steady_clock;
  const auto deadline =
      limit < no_limit ? std::optional{clock::now() + std::chrono::ceil<clock::duration>(limit)} : std::nullopt;
  constexpr std::chrono::milliseconds look{50};
  constexpr int looks = 20;
  const auto ask = [&]() -> std::vector<int> {
    if (!deadline) return gate_->peer()->drain_host(host, std::nullopt);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - clock::now());
    return gate_->peer()->drain_host(host, std::max(left, std::chrono::milliseconds{0}));
  };
  auto leaving = ask();
  for (int i = 1;; ++i) {
    bool there = false;
    for (const auto& e : status().engines) there = there || std::ranges::find(leaving, e.id) != leaving.end();
    // Those that are not there may have been cut off only; and a controller that was restarted has forgotten it.
    if (!there || i % looks == 0) {
      try {
        ask();
      } catch (const error& e) {
        if (e.code() == ec::invalid_argument) return leaving;
        if (e.code() != ec::would_block) throw;
      }
    }
    std::this_thread::sleep_for(look);
  }
}

std::vector<int> client::engines_of(const std::string& host) const {
  std::vector<int> found;
  std::set<std::string> hosts;
  const auto there = ids();
  for (const auto& e : status().engines) {
    if (!std::ranges::binary_search(there, e.id)) continue; // it has ended, or is leaving
    hosts.insert(e.host);
    if (e.host == host) found.push_back(e.id);
  }
  if (!found.empty()) return found;
  std::string text;
  for (const auto& h : hosts) text += (text.empty() ? "" : ", ") + h;
  throw error{ec::invalid_argument, "no engines on host " + host + "; " +
                                        (hosts.empty() ? "there are none at all" : "there are some on " + text)};
}

queue_status client::queue_status(const targets& t) const {
  const auto wanted = direct_view(t).targets();
  const auto s = status();
  pactor::queue_status result;
  result.unassigned = s.unassigned;
  for (const auto& e : s.engines) {
    if (std::ranges::find(wanted, e.id) == wanted.end()) continue;
    const std::uint64_t running = e.queued > 0 && (e.state == "busy" || e.state == "stopped") ? 1 : 0;
    result.engines[e.id] = {e.queued - running, running, e.completed, e.queued};
  }
  return result;
}

std::size_t client::end_tasks(const std::vector<std::string>& tasks, end_how how) const {
  std::map<std::uint32_t, std::vector<std::uint64_t>> by_client;
  for (const auto& text : tasks) {
    const auto id = parse_task_id(text);
    by_client[id.client].push_back(id.number);
  }
  std::size_t known = 0;
  for (const auto& [number, ids] : by_client) known += gate_->peer()->end_tasks(number, ids, how);
  return known;
}

std::shared_ptr<const detail::submission> client::fetch(const std::string& task) const {
  const auto id = parse_task_id(task);
  auto tasks = std::make_shared<detail::call>(1, "task " + task);
  gate_->peer()->fetch(tasks, id.client, id.number);
  auto job = std::make_shared<const job_info>(job_info{tasks->job(), {}, {}});
  return std::make_shared<detail::submission>(detail::submission{std::move(tasks), gate_->peer(), std::move(job), {}});
}

void client::shutdown() const { gate_->peer()->stop_cluster(); }

cluster_status client::status() const { return gate_->peer()->status(); }

engine_view client::operator[](int engine) const { return {gate_, gate_->resolve(engine)}; }

direct_view client::direct_view(const targets& t) const { return {gate_, gate_->resolve(t)}; }

load_balanced_view client::load_balanced_view(const targets& t) const { return {gate_, gate_->resolve(t)}; }

bool client::connected() const { return gate_->peer()->connected(); }

void client::close() const { gate_->peer()->close(); }

} // namespace pactor
