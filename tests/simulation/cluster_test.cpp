// A whole cluster under a random schedule in virtual time: the real states of hub, schedulers, nodes with several
// engines, and clients, between simulated connections, workers, and a launcher that restarts what dies within its
// intensity. The controller dies, also while everyone comes back from the death before; nodes and workers die; nodes
// and clients stand still, are cut off, and come back before or after they were given up; connections break; clients
// come, leave and are killed; tasks fail, kill their workers, depend on others and are taken back. Messages take as
// long as they like and overtake those of other connections, never those of their own.
//
// What must hold, each checked where it could break:
// - every task that a client handed in ends there, by a result of its own or by a failure that is true
// - nothing that must not run twice begins twice: directed tasks, and those that are not idempotent; directed ones of a
//   client begin on their engine in the order in which they were handed in
// - while nothing is lost but the controller, or a client's connection, every task has its result, and none runs again
//   but for an error of its own; budgets of errors and losses are kept
// - a task begins after those that it depends on
// - no engine idles while a task waits
// - it comes to an end, and then nothing is remembered of any task, in whichever process
//
// A failing seed prints its trace, and the command that runs it alone; PACTOR_SEEDS=N tries so many.

#include "tests/simulation/cluster.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace std::chrono_literals;
using test::chance;
using test::simulated_cluster;
using test::weather;

// Supervision: within their intensity what dies is started again, and all goes on; beyond it is given up.
TEST_CASE("a controller or node that dies too often: the cluster is given up, and everything open ends") {
  test::for_seeds(20, [](chance& c) {
    weather w{};
    w.longest_way = 1ms;
    const bool of_node = c.one_in(2);
    simulated_cluster s{c, w};
    if (of_node) s.disturb();
    INFO(s.trace());
    const auto deaths = 1 + c.below(9);
    for (std::size_t i = 1; i <= deaths; ++i)
      s.net.plan(i * 6s, [&] { of_node ? s.node_ended(0) : s.kill_controller(); }); // it is back by then
    s.run(40, 55s);
    REQUIRE(s.over() == (deaths > 5));
  });
}

TEST_CASE("a worker that dies too often: its engine is given up, and no other") {
  test::for_seeds(20, [](chance& c) {
    weather w{};
    w.longest_way = 1ms;
    simulated_cluster s{c, w};
    s.disturb();
    INFO(s.trace());
    const auto deaths = 1 + c.below(8);
    for (std::size_t i = 1; i <= deaths; ++i) s.net.plan(i * 6s, [&] { s.node(0).kill_worker(0); });
    s.run(40, 55s);
    REQUIRE((s.node(0).state_of(0) == "given up") == (deaths > 5));
    REQUIRE(s.node(0).state_of(1) == "idle");
  });
}

TEST_CASE("a cluster: whatever dies, stands still, or is cut off, every task ends once, and nothing is left of it") {
  test::for_seeds(2000, [](chance& c) {
    simulated_cluster s{c, weather::of(c)};
    INFO(s.trace());
    s.run(30 + c.below(40), 15s);
  });
}
