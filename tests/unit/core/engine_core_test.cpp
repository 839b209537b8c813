#include "runtime/core/engine_core.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <map>
#include <utility>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;
using test::chance;
using ids = std::vector<std::uint64_t>;

namespace {

constexpr bool directed = true, balanced = false;

void push(engine_core& core, std::uint64_t id, bool is_directed, bool ready = true, std::uint32_t kind = 0) {
  REQUIRE(core.push({.id = id, .directed = is_directed, .ready = ready, .kind = kind}));
}

ids drain(engine_core& core) {
  ids result;
  while (const auto t = core.next()) result.push_back(t->id);
  return result;
}

/// An engine whose worker is ready and whose tasks are known to be short.
engine_core quick() {
  engine_core core;
  core.worker_ready();
  push(core, 0, balanced);
  REQUIRE(core.next());
  REQUIRE(core.finished({0, balanced}, 1us));
  return core;
}

detail::slice payload(std::size_t size) { return detail::bytes::allocate(size); }

} // namespace

TEST_SUITE("engine_core") {
  TEST_CASE("its states and their names") {
    engine_core core;
    CHECK(to_string(core.status()) == "starting");
    core.worker_ready();
    CHECK(to_string(core.status()) == "idle");
    push(core, 1, directed);
    CHECK(core.next());
    CHECK(to_string(core.status()) == "busy");
    CHECK(core.worker_lost().executing == task_ref{1, directed});
    CHECK(to_string(core.status()) == "restarting");
    core.worker_ready();
    CHECK(core.status() == engine_status::idle);
    CHECK(core.restarts() == 1);
    (void)core.worker_lost();
    (void)core.give_up();
    CHECK(to_string(core.status()) == "given up");
    core.worker_ready();
    CHECK(core.status() == engine_status::given_up);
    CHECK(core.restarts() == 1);
    CHECK_FALSE(core.push({.id = 1}));
  }

  TEST_CASE("tasks wait for the worker") {
    engine_core core;
    push(core, 1, directed);
    CHECK(drain(core).empty());
    CHECK(core.queued() == 1);
    core.worker_ready();
    CHECK(drain(core) == ids{1});
    CHECK(core.queued() == 1);
    CHECK(core.held() == 1);
    CHECK(core.finished({1, directed}, 1us));
    CHECK(core.queued() == 0);
    CHECK(core.completed() == 1);
  }

  TEST_CASE("a task is handed over with its payload") {
    engine_core core;
    core.worker_ready();
    REQUIRE(core.push({.id = 1, .payload = payload(5)}));
    CHECK(core.next()->payload.size == 5);
    REQUIRE(core.push({.id = 2, .ready = false}));
    CHECK(core.finished({1, balanced}, 1us));
    core.set_ready({2, balanced}, payload(9));
    CHECK(core.next()->payload.size == 9);
  }

  TEST_CASE("directed and balanced tasks run in the order they came") {
    auto core = quick();
    push(core, 1, directed);
    push(core, 2, balanced);
    push(core, 3, directed);
    CHECK(drain(core) == ids{1, 2, 3});
  }

  TEST_CASE("clients take turns, each with its tasks in order: many of one keep no other waiting") {
    auto core = quick();
    const auto of = [&core](std::uint32_t client, std::uint64_t id, bool is_directed = true, bool ready = true) {
      REQUIRE(core.push({.id = id, .directed = is_directed, .ready = ready, .owner = {client, id}}));
    };
    for (std::uint64_t id = 1; id <= 30; ++id) of(1, id);
    of(2, 101);
    of(2, 102, balanced);
    of(3, 201, directed, false); // keeps back client 3 alone
    of(3, 202);
    CHECK(core.queued() == 34);
    auto order = drain(core);
    REQUIRE(order.size() == 32);
    CHECK(ids(order.begin(), order.begin() + 5) == ids{1, 101, 2, 102, 3});
    CHECK(std::is_sorted(order.begin() + 4, order.end()));
    of(1, 31, directed, false);
    of(1, 32);
    CHECK(core.take_incomplete() ==
          std::vector<task_ref>{{32, directed}, {31, directed}, {202, directed}, {201, directed}});
    CHECK(core.queued() == 32);
    for (std::uint32_t client = 4; client < 40; ++client) of(client, client, balanced);
    CHECK(core.take_back(2) == ids{38, 39});
    CHECK(core.owner_of({7, balanced}) == owner{7, 7});
    CHECK(core.withdraw({7, balanced}));
    CHECK_FALSE(core.withdraw({7, balanced}));
    CHECK(drain(core).size() == 32);
  }

  TEST_CASE("the same id may be a directed and a balanced task's") {
    auto core = quick();
    push(core, 5, directed);
    push(core, 5, balanced);
    CHECK(drain(core) == ids{5, 5});
    CHECK(core.finished({5, balanced}, 1us));
    CHECK(core.executing() == task_ref{5, directed});
    CHECK_FALSE(core.finished({5, balanced}, 1us));
    CHECK(core.finished({5, directed}, 1us));
  }

  TEST_CASE("a directed task whose payload is on the way holds back directed ones only") {
    auto core = quick();
    push(core, 1, directed, false);
    push(core, 2, directed);
    push(core, 3, balanced);
    CHECK(drain(core) == ids{3});
    core.set_ready({1, balanced}); // another task
    CHECK(drain(core).empty());
    core.set_ready({1, directed});
    CHECK(drain(core) == ids{1, 2});
  }

  TEST_CASE("a balanced task whose payload is on the way holds back nothing") {
    auto core = quick();
    push(core, 1, balanced, false);
    push(core, 2, balanced);
    push(core, 3, directed);
    CHECK(drain(core) == ids{2, 3});
    core.set_ready({1, balanced});
    CHECK(drain(core) == ids{1});
  }

  TEST_CASE("the worker holds one unknown or long task, and many short ones") {
    engine_core core;
    core.worker_ready();
    for (std::uint64_t i = 0; i < 100; ++i) push(core, i, balanced, true, 7);
    CHECK(drain(core) == ids{0});
    CHECK(core.finished({0, balanced}, 1us));
    CHECK(drain(core).size() == 64);
    CHECK(core.held() == 64);
    CHECK(core.finished({1, balanced}, 1s));
    CHECK(drain(core).size() == 1); // there was room for one, and now for none of this length
    CHECK(core.finished({2, balanced}, 1s));
    CHECK(drain(core).empty());
  }

  TEST_CASE("of tasks of some milliseconds the worker has the next when one ends") {
    engine_core core;
    core.worker_ready();
    for (std::uint64_t i = 0; i < 9; ++i) push(core, i, balanced, true, 7);
    CHECK(drain(core) == ids{0});
    CHECK(core.finished({0, balanced}, 26ms));
    CHECK(drain(core) == ids{1, 2});
  }

  TEST_CASE("the worker holds few bytes, but always one task") {
    auto core = quick();
    for (std::uint64_t i = 1; i < 9; ++i) REQUIRE(core.push({.id = i, .payload = payload(3 << 20)}));
    CHECK(drain(core) == ids{1});
    CHECK(core.finished({1, balanced}, 1us));
    CHECK(drain(core) == ids{2});
    REQUIRE(core.push({.id = 9, .payload = payload(9 << 20)}));
    CHECK(core.withdraw({3, balanced}));
    for (std::uint64_t i = 4; i < 9; ++i) CHECK(core.withdraw({i, balanced}));
    CHECK(core.finished({2, balanced}, 1us));
    CHECK(drain(core) == ids{9});
  }

  TEST_CASE("what the worker has ended or lost makes room") {
    auto core = quick();
    const auto push_four = [&](std::uint64_t first) {
      for (auto id = first; id < first + 4; ++id) REQUIRE(core.push({.id = id, .payload = payload(1 << 20)}));
    };
    push_four(1);
    CHECK(drain(core).size() == 4);
    for (std::uint64_t id = 1; id < 5; ++id) CHECK(core.finished({id, balanced}, 1us));
    push_four(5);
    CHECK(drain(core).size() == 4);
    (void)core.worker_lost();
    core.worker_ready();
    push_four(9);
    CHECK(drain(core).size() == 4);
    (void)core.worker_lost();
    core.worker_ready();
    for (std::uint64_t id = 20; id < 120; ++id) push(core, id, balanced);
    CHECK(drain(core).size() == 64);
    (void)core.worker_lost();
    core.worker_ready();
    for (std::uint64_t id = 120; id < 220; ++id) push(core, id, balanced);
    CHECK(drain(core).size() == 64);
  }

  TEST_CASE("an unknown or repeated outcome is nothing") {
    auto core = quick();
    push(core, 1, balanced);
    CHECK_FALSE(core.finished({1, balanced}, 1us));
    CHECK(drain(core) == ids{1});
    CHECK(core.finished({1, balanced}, 1us));
    CHECK_FALSE(core.finished({1, balanced}, 1us));
    CHECK(core.completed() == 2);
  }

  TEST_CASE("tasks can be taken back until the worker has them") {
    engine_core core;
    core.worker_ready();
    push(core, 1, balanced);
    push(core, 2, directed);
    push(core, 3, balanced);
    push(core, 4, balanced, false);
    push(core, 5, balanced);
    CHECK(drain(core) == ids{1});
    CHECK(core.take_back(2) == ids{4, 5});
    CHECK(core.take_back(9) == ids{3});
    CHECK(core.take_back(9).empty());
    push(core, 6, balanced, false);
    CHECK(core.take_back(1) == ids{6});
    push(core, 7, balanced, false);
    CHECK(core.withdraw({7, balanced}));
    push(core, 8, balanced);
    CHECK(core.finished({1, balanced}, 1us));
    CHECK(core.next()->id == 2);
    CHECK(core.next()->id == 8);
    CHECK_FALSE(core.withdraw({1, balanced}));
    CHECK_FALSE(core.withdraw({2, balanced}));
    CHECK_FALSE(core.withdraw({2, directed}));
    push(core, 9, directed);
    CHECK(core.withdraw({9, directed}));
    CHECK(core.queued() == 2);
  }

  TEST_CASE("many tasks are taken out in one pass, the others keep their order") {
    engine_core core;
    core.worker_ready();
    for (std::uint64_t id = 1; id <= 20; ++id) {
      push(core, id, directed);
      push(core, id, balanced, id % 5 != 0);
    }
    CHECK(drain(core) == ids{1});
    std::vector<std::uint64_t> even{99, 1}; // nobody's, and one that the worker has
    for (std::uint64_t id = 20; id >= 2; id -= 2) even.push_back(id);
    const auto out = core.withdraw(even, directed);
    CHECK(out.size() == 10);
    CHECK(out.front().task == task_ref{2, directed});
    CHECK(core.withdraw(even, balanced).size() == 11);
    CHECK(core.withdraw(even, balanced).empty());
    CHECK(core.queued() == 1 + 9 + 9);
    CHECK(core.finished({1, directed}, 5s));
    ids rest;
    while (const auto t = core.next()) {
      if (t->directed) rest.push_back(t->id);
      CHECK(core.finished({t->id, t->directed}, 5s));
    }
    CHECK(rest == ids{3, 5, 7, 9, 11, 13, 15, 17, 19});
    CHECK(core.queued() == 2); // those whose payload is not here
    core.set_ready({5, balanced});
    CHECK(core.next()->id == 5);
  }

  TEST_CASE("a task that was taken back before its payload came holds up no other") {
    auto core = quick();
    push(core, 1, balanced, false);
    CHECK(core.take_back(1) == ids{1});
    push(core, 2, balanced);
    CHECK(drain(core) == ids{2});
  }

  TEST_CASE("a dead worker leaves the task it ran, and those that had not started") {
    auto core = quick();
    for (std::uint64_t i = 1; i <= 4; ++i) push(core, i, i % 2 == 1);
    CHECK(drain(core).size() == 4);
    push(core, 5, directed, false);
    push(core, 6, balanced, false);
    const auto loss = core.worker_lost();
    CHECK(loss.executing == task_ref{1, directed});
    CHECK(loss.unstarted_directed == ids{3, 5});
    CHECK(loss.unstarted_balanced == ids{2, 4, 6});
    CHECK(core.queued() == 0);
    CHECK_FALSE(core.finished({1, directed}, 1us));
  }

  TEST_CASE("after a loss the next worker gets what comes then") {
    auto core = quick();
    push(core, 1, balanced);
    CHECK(drain(core) == ids{1});
    (void)core.worker_lost();
    push(core, 2, balanced);
    CHECK(drain(core).empty());
    core.worker_ready();
    CHECK(drain(core) == ids{2});
  }

  TEST_CASE("directed tasks outlive workers that die before they are ready, until the engine is given up") {
    engine_core core;
    push(core, 1, directed);
    push(core, 2, balanced);
    auto loss = core.worker_lost();
    CHECK_FALSE(loss.executing);
    CHECK(loss.unstarted_directed.empty());
    CHECK(loss.unstarted_balanced == ids{2});
    push(core, 3, directed);
    push(core, 4, balanced);
    loss = core.give_up();
    CHECK(loss.unstarted_directed == ids{1, 3});
    CHECK(loss.unstarted_balanced == ids{4});
    CHECK(core.queued() == 0);
  }

  TEST_CASE("in any order of events tasks run once and in order, and none is forgotten") {
    test::for_seeds(3000, [](chance& c) {
      engine_core core;
      enum class place : std::uint8_t { queued, held, out };
      struct task {
        place where = place::queued;
        bool ready = true;
        std::size_t size = 0;
        std::uint32_t client = 0;
      };
      std::map<std::pair<bool, std::uint64_t>, task> all; // by directed, id
      std::vector<task_ref> held;
      std::uint64_t number = 0;
      std::map<std::uint32_t, std::uint64_t> last_directed; // by client
      bool up = false;
      const auto leave = [&](const ids& which, bool is_directed, std::optional<place> from) {
        std::map<std::uint32_t, std::uint64_t> before; // of the same client: in order
        for (const auto id : which) {
          auto& t = all.at({is_directed, id});
          REQUIRE(id > std::exchange(before[t.client], id));
          REQUIRE(t.where != place::out);
          if (from) REQUIRE(t.where == *from);
          t.where = place::out;
        }
      };
      for (int step = 0; step < 80; ++step) {
        switch (c.below(10)) {
        case 0:
          core.worker_ready();
          up = true;
          break;
        case 1: {
          if (!c.one_in(4)) break;
          const auto loss = core.worker_lost();
          REQUIRE(loss.executing.has_value() == !held.empty());
          if (loss.executing) {
            REQUIRE(*loss.executing == held.front());
            all.at({held.front().directed, held.front().id}).where = place::out;
          }
          held.clear();
          leave(loss.unstarted_directed, true, std::nullopt);
          for (const auto id : loss.unstarted_balanced) leave({id}, false, std::nullopt);
          for (const auto& [key, t] : all) REQUIRE((t.where == place::out || (!up && key.first)));
          up = false;
          break;
        }
        case 2:
          for (auto& [key, t] : all)
            if (t.where == place::queued && c.one_in(2)) {
              core.set_ready({key.second, key.first});
              t.ready = true;
            }
          break;
        case 3:
          leave(core.take_back(c.below(3)), false, place::queued);
          break;
        case 4:
        case 5:
          if (held.empty()) break;
          REQUIRE(core.finished(held.front(), c.one_in(3) ? 2ms : 1us));
          all.at({held.front().directed, held.front().id}).where = place::out;
          held.erase(held.begin());
          break;
        default: {
          const auto is_directed = c.one_in(2);
          const task t{place::queued, !c.one_in(3), c.one_in(4) ? std::size_t{3} << 20 : 8,
                       static_cast<std::uint32_t>(c.below(3))};
          all.emplace(std::pair{is_directed, ++number}, t);
          REQUIRE(core.push({.id = number,
                             .directed = is_directed,
                             .ready = t.ready,
                             .kind = static_cast<std::uint32_t>(c.below(2)),
                             .payload = {{}, nullptr, t.size},
                             .owner = {t.client, number}}));
        }
        }
        while (const auto t = core.next()) {
          REQUIRE(up);
          auto& known = all.at({t->directed, t->id});
          REQUIRE(known.where == place::queued);
          REQUIRE(known.ready);
          known.where = place::held;
          held.push_back({t->id, t->directed});
          if (!t->directed) continue;
          auto& last = last_directed[t->owner.client];
          REQUIRE(t->id > last);
          last = t->id;
        }
        std::size_t bytes = 0, queued = 0;
        for (const auto& [key, t] : all) {
          bytes += t.where == place::held ? t.size : 0;
          queued += t.where != place::out ? 1 : 0;
        }
        REQUIRE(core.queued() == queued);
        REQUIRE(core.held() == held.size());
        REQUIRE(held.size() <= 64);
        REQUIRE((bytes <= engine_core::most_bytes_held || held.size() == 1));
      }
    });
  }

  TEST_CASE("what a worker holds is numbered from 1, for each worker anew") {
    engine_core core;
    core.worker_ready();
    for (std::uint64_t id : {5, 6}) REQUIRE(core.push({.id = id, .directed = true, .kind = 1}));
    CHECK(core.ordinal_of({5, true}) == 0);
    REQUIRE(core.next());
    CHECK(core.ordinal_of({5, true}) == 1);
    CHECK(core.ordinal_of({5, false}) == 0);
    CHECK(core.finished({5, true}, std::chrono::nanoseconds{-1}));
    REQUIRE(core.next());
    CHECK(core.ordinal_of({6, true}) == 2);
    (void)core.worker_lost();
    core.worker_ready();
    REQUIRE(core.push({.id = 7, .directed = true, .kind = 1}));
    REQUIRE(core.next());
    CHECK(core.ordinal_of({7, true}) == 1);
  }

  TEST_CASE("an engine that is shut down leaves everything and takes nothing more") {
    engine_core core;
    core.worker_ready();
    REQUIRE(core.push({.id = 1, .directed = true}));
    REQUIRE(core.push({.id = 2, .directed = true}));
    REQUIRE(core.next());
    const auto left = core.shut_down();
    CHECK(left.executing == task_ref{1, true});
    CHECK(left.unstarted_directed == std::vector<std::uint64_t>{2});
    CHECK(to_string(core.status()) == "shut down");
    CHECK_FALSE(core.push({.id = 3}));
    core.worker_ready();
    CHECK(core.status() == engine_status::shut_down);
  }
}
