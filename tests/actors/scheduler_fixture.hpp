#pragma once
// A scheduler without its actor, and peers around it that only remember.

#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace pactor::test {

/// @tparam State direct_scheduler_state or task_scheduler_state
template <class State, std::uint16_t Flags>
class scheduler_fixture {
public:
  fake_link_ptr client(std::uint32_t number) {
    auto link = link_to(security::role::client);
    state.join(client_joined{number, link});
    return link;
  }
  fake_link_ptr node(const std::vector<int>& engines) {
    auto link = link_to(security::role::node);
    state.join(node_joined{"here", link, engines});
    flush();
    return link;
  }
  /// Tasks of a client, and what follows from them.
  void submit(const fake_link_ptr& from, batch_writer& tasks) {
    const auto kind = Flags == 0 ? frame_kind::direct_tasks : frame_kind::balanced_tasks;
    state.frame(arrives(from, kind, tasks.take(), Flags));
    flush();
  }
  void submit(const fake_link_ptr& from, batch_writer&& tasks) { submit(from, tasks); }
  /// Outcomes that a node sends.
  void outcomes(const fake_link_ptr& from, batch_writer& batch) {
    state.frame(arrives(from, frame_kind::outcomes, batch.take(), Flags));
    flush();
  }
  void outcomes(const fake_link_ptr& from, batch_writer&& batch) { outcomes(from, batch); }
  void lose(const fake_link_ptr& which) {
    state.link_down({which, "cut"});
    flush();
  }
  void flush() {
    if (std::exchange(flushes, 0) > 0) state.flush();
  }
  /// The tasks that a node got.
  static std::vector<read_record> tasks(const fake_link_ptr& node) { return records(node->take(frame_kind::tasks)); }
  /// The outcomes that a client got.
  static std::vector<read_record> results(const fake_link_ptr& client) {
    return records(client->take(frame_kind::outcomes));
  }

  int flushes = 0;
  State state{[this] { ++flushes; }};
};

} // namespace pactor::test
