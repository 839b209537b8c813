#pragma once
// A client without its actor, and a controller that only remembers.

#include "actors/client_core.hpp"
#include "pactor/async_result.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/wait.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/support/eventually.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace pactor::test {

using call_ptr = std::shared_ptr<detail::call>;

/// A client without its actor; its controller is a list.
struct client_fixture {
  std::atomic<int> flushes{0};
  client_core core;
  fake_link_ptr controller = link_to(security::role::controller);

  explicit client_fixture(client_lanes::open_function open = {})
      : core{[this] { ++flushes; }, std::move(open), "nonce"} {
    core.on_connected(controller, hello_client{protocol_version, "nonce", "here", 1});
    welcome_client w;
    w.client = 1;
    w.cluster_id = "c1";
    w.nodes = {{"here", "", {2, 0}}, {"there", "", {1}}};
    get(frame_kind::welcome, encode(w));
  }
  void get(frame_kind kind, detail::bytes body = {}, std::uint16_t flags = 0, std::uint64_t tag = 0,
           std::uint64_t aux = 0) {
    core.on_frame(arrives(controller, kind, std::move(body), flags, tag, aux));
  }
  static call_ptr call(std::size_t tasks = 1) { return std::make_shared<detail::call>(tasks, "job"); }
  call_ptr submit(int engine, const std::string& payload = "call") {
    auto c = call();
    core.submit_direct(c, 0, detail::slice{bytes_of(payload)}, std::vector{engine});
    return c;
  }
  /// What a task that waits for room says of its parent, once `ends` made room: 0 open, 1 succeeded, 2 failed.
  template <class F>
  int known_of_parent(const call_ptr& parent, F ends) {
    std::atomic<bool> waits{false};
    core.limit({.tasks = 1}, asked(waits));
    task_options o;
    o.after = {result_of(parent)};
    const auto late = std::make_shared<detail::call>(1, "job", std::make_shared<const task_options>(o));
    std::jthread submitter{[&] { core.submit_balanced(late, 0, detail::slice{bytes_of("x")}, {}); }};
    REQUIRE(eventually(std::chrono::seconds{10}, [&] { return waits.load(); }));
    ends();
    submitter.join();
    const auto records = sent(frame_kind::balanced_tasks);
    REQUIRE(records.size() == 2);
    const auto& body = records[0].payload;
    return decode<wire_options>(body.data(), body.size()).after.parents.at(0).state;
  }
  /// For limit(): sets `waits` when somebody finds no room, who then waits.
  static std::function<bool()> asked(std::atomic<bool>& waits) {
    return [&waits] {
      waits = true;
      return false;
    };
  }
  /// The first task of a call has a result.
  void end(const call_ptr& c, int engine = 0) {
    get(frame_kind::outcomes, batch_writer{}.outcome(record_kind::result, c->ids[0], engine, "x").take());
  }
  static async_result<value> result_of(const call_ptr& c) {
    return async_result<value>{std::make_shared<detail::submission>(detail::submission{c, nullptr, nullptr, {}})};
  }
  std::vector<read_record> sent(frame_kind kind) {
    core.flush();
    return records(controller->take(kind));
  }
};

inline std::string text_of(const call_ptr& c, std::size_t index = 0) {
  return std::string{c->at(index).payload.text()};
}
inline failure failure_of(const call_ptr& c, std::size_t index = 0) {
  REQUIRE(c->ready(index));
  CHECK(c->at(index).kind == static_cast<std::uint16_t>(record_kind::failure));
  return detail::decode_failure(c->at(index).payload);
}

} // namespace pactor::test
