#include "cli/hosts.hpp"

#include "pactor/error.hpp"
#include "runtime/files/engine_keys.hpp"
#include "runtime/files/file_io.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace pactor::cli {

using std::chrono::steady_clock;

supervised_host::supervised_host(launchers::order what, core::restart_policy::limits restarts, log out)
    : order_{std::move(what)}, log_{std::move(out)}, launcher_{launchers::make_launcher(order_.host.launcher)},
      restarts_{restarts} {}

std::string supervised_host::prefix() const { return order_.host.name.empty() ? "" : order_.host.name + ": "; }

std::string supervised_host::engines() const {
  const auto n = order_.host.engines;
  auto text = std::to_string(n) + (n == 1 ? " engine" : " engines");
  if (order_.host.name.empty()) return text;
  return text + " on " + order_.host.name + " (" + order_.host.launcher + ")";
}

void supervised_host::become(state s) {
  state_ = s;
  ++changes_;
}

void supervised_host::start(const files::connection_file& connection) {
  connect_by(connection);
  log_.info("Starting " + engines());
  begin();
}

/// With what shows that the engines' numbers are this node's.
void supervised_host::connect_by(files::connection_file connection) {
  const auto all = files::engine_keys::read(files::engine_keys::path_for(order_.connection_path));
  connection.engine_keys = all.list(order_.ids);
  order_.connection = std::move(connection);
}

/// Credentials may have been rotated since.
void supervised_host::renew_connection() {
  try {
    connect_by(files::connection_file::read(order_.connection_path, security::role::node));
  } catch (const error&) { // it goes on with what it has
    return;
  }
}

void supervised_host::begin() {
  restart_at_.reset();
  become(state::starting);
  try {
    run_ = launcher_->start(
        order_, [this](log_level level, std::string_view line) { log_.write(level, prefix() + std::string{line}); });
    ++order_.attempt;
  } catch (const error& e) { // attend() tells it
    run_.reset();
    last_ = {1, false, e.what()};
    restart_at_ = steady_clock::now();
  }
}

void supervised_host::attend(time_point now, bool restarts) {
  looked_ = now;
  if (run_) {
    run_->attend();
    if (state_ == state::starting && run_->ready()) became_ready();
    if (run_->ended() && (state_ == state::starting || state_ == state::up)) {
      last_ = *run_->ended();
      ended(now, restarts);
    }
  } else if (state_ == state::starting && restart_at_) { // it could not even be begun
    ended(now, restarts);
  }
  if (restarts && restart_at_ && *restart_at_ <= now) {
    log_.info("Starting " + engines() + " again");
    renew_connection();
    begin();
  }
}

void supervised_host::became_ready() {
  become(state::up);
  restarts_.up();
  const auto n = order_.host.engines;
  const auto count = std::to_string(n) + (n == 1 ? " engine" : " engines");
  if (std::exchange(was_up_, true))
    log_.info((order_.host.name.empty() ? "The node" : order_.host.name) + " is back with " + count);
  else if (!order_.host.name.empty())
    log_.info(order_.host.name + " has " + count);
}

void supervised_host::ended(time_point now, bool restarts) {
  restart_at_.reset();
  if (stopping_) {
    become(state::ended);
  } else if (!restarts) {
    become(state::given_up);
    if (!order_.host.name.empty()) log_.error(failure());
  } else if (last_.code == 0) {
    log_.info(prefix() + "The node ended: its engines were shut down");
    become(state::ended);
  } else {
    decide(now);
  }
}

void supervised_host::decide(time_point now) {
  const auto decision = restarts_.ended(now, last_.reached, chance_);
  if (std::holds_alternative<core::give_up>(decision)) {
    log_.error(prefix() + "The node ended " + std::to_string(restarts_.recent()) +
               " times in a short while, giving up");
    become(state::given_up);
    return;
  }
  if (last_.reached)
    log_.warning(prefix() + "The node ended with " + last_.words + "; its engines start again with empty namespaces");
  else
    log_.warning(prefix() + last_.words + "; it is tried again");
  const auto* later = std::get_if<core::wait>(&decision);
  restart_at_ = later ? now + std::chrono::ceil<steady_clock::duration>(later->delay) : now;
  become(state::lost);
}

std::optional<supervised_host::time_point> supervised_host::due(time_point now) const {
  auto next = restart_at_;
  if (running())
    if (const auto every = run_->every())
      next = std::min(next.value_or(time_point::max()), std::min(looked_, now) + *every);
  return next;
}

void supervised_host::stop() {
  stopping_ = true;
  restart_at_.reset();
  if (running()) run_->stop();
}

void supervised_host::kill() {
  if (!running()) return;
  log_.warning("Killing the node" + (order_.host.name.empty() ? "" : " of " + order_.host.name));
  run_->kill();
}

void supervised_host::confirm() {
  if (state_ == state::starting) became_ready();
}

std::string supervised_host::failure() const {
  if (order_.host.name.empty()) return "the node ended with " + last_.words;
  return order_.host.name + ": " + (last_.reached ? "the node ended with " : "") + last_.words;
}

files::host_state supervised_host::record() const {
  return {order_.host.name, order_.host.launcher, order_.ids, state_, last_.words, std::max(0, order_.attempt - 1)};
}

hosts::hosts(std::vector<launchers::order> orders, core::restart_policy::limits restarts, const log& out,
             std::filesystem::path states)
    : states_{std::move(states)} {
  for (auto& one : orders) all_.emplace_back(std::move(one), restarts, out);
}

hosts::~hosts() {
  std::error_code ignored;
  std::filesystem::remove(states_, ignored);
}

std::vector<int> hosts::engines() const {
  std::vector<int> all;
  for (const auto& one : all_) all.insert(all.end(), one.order().ids.begin(), one.order().ids.end());
  return all;
}

void hosts::start(const files::connection_file& connection) {
  for (auto& one : all_) one.start(connection);
  write_states();
}

void hosts::attend(bool restarts) {
  for (auto& one : all_) one.attend(steady_clock::now(), restarts);
  write_states();
}

void hosts::watch(std::vector<pollfd>& entries) const {
  for (const auto& one : all_) entries.push_back({one.fd(), POLLIN, 0});
}

std::optional<hosts::time_point> hosts::due() const {
  std::optional<time_point> next;
  const auto now = steady_clock::now();
  for (const auto& one : all_)
    if (const auto t = one.due(now)) next = std::min(next.value_or(time_point::max()), *t);
  return next;
}

void hosts::stop() {
  for (auto& one : all_) one.stop();
}

void hosts::kill() {
  for (auto& one : all_) one.kill();
}

void hosts::confirm() {
  for (auto& one : all_) one.confirm();
  write_states();
}

bool hosts::any_running() const {
  return std::any_of(all_.begin(), all_.end(), [](const auto& one) { return one.running(); });
}

bool hosts::settled() const {
  return std::none_of(all_.begin(), all_.end(),
                      [](const auto& one) { return one.now() == supervised_host::state::starting; });
}

std::vector<const supervised_host*> hosts::failed() const {
  std::vector<const supervised_host*> result;
  for (const auto& one : all_)
    if (one.now() == supervised_host::state::given_up) result.push_back(&one);
  return result;
}

bool hosts::all_given_up() const { return failed().size() == all_.size(); }

void hosts::write_states() {
  unsigned changes = 0;
  for (const auto& one : all_) changes += one.changes();
  if (std::exchange(written_, changes) == changes) return;
  std::vector<files::host_state> records;
  for (const auto& one : all_)
    if (!one.order().host.name.empty()) records.push_back(one.record());
  if (!records.empty()) files::write_host_states(states_, records);
}

} // namespace pactor::cli
