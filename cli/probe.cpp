#include "cli/probe.hpp"

#include "pactor/codec.hpp"
#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/failure.hpp"
#include "runtime/wire/records.hpp"

#include <memory>
#include <string>
#include <utility>

namespace pactor::cli {
namespace {

using std::chrono::steady_clock;

void ask_each(detail::session& session, steady_clock::time_point deadline) {
  const auto engines = session.ids();
  const auto call = std::make_shared<detail::call>(engines.size(), "pactor.ping");
  session.submit_direct(call, 0, detail::encode_call(call->job(), detail::call_mode::apply), engines);
  if (!call->wait_until(deadline))
    throw timeout_error{std::to_string(call->size() - call->done()) + " of " + std::to_string(call->size()) +
                        " engines registered but do not answer"};
  for (std::size_t i = 0; i < call->size(); ++i)
    if (call->at(i).kind != static_cast<std::uint16_t>(wire::record_kind::result))
      throw error{ec::engine_lost, "engine " + std::to_string(engines[i]) +
                                       " can't run jobs: " + detail::decode_failure(call->at(i).payload).what};
}

void ask(const client_options& options, int engines, std::chrono::milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  const auto session = detail::open_session(options);
  if (!session->wait_for_engines(static_cast<std::size_t>(engines), limit))
    throw timeout_error{"only " + std::to_string(session->ids().size()) + " of " + std::to_string(engines) +
                        " engines registered in time"};
  ask_each(*session, deadline);
  session->close();
}

} // namespace

probe::probe(client_options options, int engines, std::chrono::milliseconds limit) : done_{process::make_pipe()} {
  options.reconnect = std::chrono::milliseconds{0}; // a start that goes wrong is to fail
  thread_ = std::thread{[this, options = std::move(options), engines, limit] {
    try {
      ask(options, engines, limit);
    } catch (...) {
      failure_ = std::current_exception();
    }
    done_.write.reset();
  }};
}

probe::~probe() {
  if (thread_.joinable()) thread_.join();
}

void probe::check() {
  thread_.join();
  if (failure_) std::rethrow_exception(failure_);
}

} // namespace pactor::cli
