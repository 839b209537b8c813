#include "pactor/client.hpp"

#include <iomanip>
#include <sstream>

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

cluster_status client::status() const { return gate_->peer()->status(); }

engine_view client::operator[](int engine) const { return {gate_, gate_->resolve(engine)}; }

direct_view client::direct_view(const targets& t) const { return {gate_, gate_->resolve(t)}; }

load_balanced_view client::load_balanced_view(const targets& t) const { return {gate_, gate_->resolve(t)}; }

bool client::connected() const { return gate_->peer()->connected(); }

void client::close() const { gate_->peer()->close(); }

} // namespace pactor
