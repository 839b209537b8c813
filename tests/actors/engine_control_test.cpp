// Tasks that are to end, and engines that are restarted, shut down or sent a signal.

#include "tests/actors/engine_fixture.hpp"

#include "pactor/detail/failure.hpp"

using namespace pactor;
using namespace pactor::test;

namespace {

struct control_fixture : engine_fixture {
  control_fixture() { bring_up(); }
  void order(std::uint64_t id, bool directed, end_how how) {
    state->order({id, directed, how, "client 3"});
    settle();
  }
  void manage(query_kind kind, int signal = 0) {
    state->manage({static_cast<std::uint8_t>(kind), {4}, signal, "client 3"});
    settle();
  }
  worker::control_page& page() { return worker().control.page(); }
  /// The only outcome, which must be a failure.
  failure failed(bool directed) {
    const auto o = outcomes(directed);
    REQUIRE(o.size() == 1);
    REQUIRE(o[0].kind() == record_kind::failure);
    return o[0].as_failure();
  }
  static void is_back(const read_record& r, std::uint64_t id) {
    CHECK(r.kind() == record_kind::lost);
    CHECK(r.head.id == id);
    CHECK(r.head.flags == wire::unblamed);
  }
  static std::string withdrawn() {
    failure f;
    f.code = ec::aborted;
    const auto b = detail::encode_failure(f);
    return {b.data(), b.size()};
  }
  static std::string interrupted() {
    failure f;
    f.code = ec::cancelled;
    f.what = "the task was cancelled";
    f.job = "a";
    const auto b = detail::encode_failure(f);
    return {b.data(), b.size()};
  }
};

} // namespace

TEST_SUITE("engine control") {
  TEST_CASE_FIXTURE(control_fixture, "a task in the queue is taken back at once, whatever runs") {
    give(1, true, call_of("a"));
    REQUIRE(page().begin(1));
    give(2, true, call_of("a"));
    give(3, false, call_of("a"));
    order(2, true, end_how::abort);
    const auto f = failed(true);
    CHECK(f.code == ec::aborted);
    CHECK(f.what == "taken back by client 3 before it started");
    CHECK(f.engine == 4);
    order(2, true, end_how::abort); // it has ended
    CHECK(outcomes(true).empty());
    order(3, false, end_how::kill);
    CHECK(failed(false).code == ec::aborted);
    CHECK(!worker().killed);
    end(1);
    CHECK(outcomes(true).at(0).kind() == record_kind::result);
    CHECK(worker().got.size() == 1); // the others never reached it
  }

  TEST_CASE_FIXTURE(control_fixture, "what the worker has and has not begun is taken back, and ends once") {
    give(1, true, call_of("a"));
    order(1, true, end_how::abort);
    CHECK(failed(true).code == ec::aborted);
    CHECK(!page().begin(1)); // the worker sees it
    order(1, true, end_how::kill);
    CHECK(!worker().killed);
    give(2, true, call_of("a"));
    end(1, "whatever", record_kind::failure);
    CHECK(outcomes(true).empty());
    CHECK(page().begin(2));
    end(2);
    CHECK(outcomes(true).size() == 1);
  }

  TEST_CASE_FIXTURE(control_fixture, "what was taken back is not lost with its worker too") {
    give(1, true, call_of("a"));
    order(1, true, end_how::abort);
    CHECK(outcomes(true).size() == 1);
    die();
    CHECK(outcomes(true).empty());
  }

  TEST_CASE_FIXTURE(control_fixture, "what is wanted back for another engine goes back unless it has begun") {
    const auto give_back = [&](std::uint64_t id) {
      state->order({id, false, end_how::abort, "", true});
      settle();
    };
    give(1, false, call_of("a"));
    REQUIRE(page().begin(1));
    give(2, false, call_of("a")); // in the engine's queue
    give_back(2);
    auto o = outcomes(false);
    REQUIRE(o.size() == 1);
    is_back(o[0], 2);
    give_back(1); // it runs
    CHECK(outcomes(false).empty());
    end(1);
    CHECK(outcomes(false).at(0).kind() == record_kind::result);

    give(3, false, call_of("a")); // the worker has it, and has not begun it
    give_back(3);
    o = outcomes(false);
    REQUIRE(o.size() == 1);
    is_back(o[0], 3);
    CHECK(!page().begin(2));
    end(3, withdrawn(), record_kind::failure);
    CHECK(outcomes(false).empty());

    give(4, false, call_of("a")); // both at the same time: who was first only the worker knows
    page().begun = 3;
    give_back(4);
    CHECK(outcomes(false).empty());
    end(4, withdrawn(), record_kind::failure);
    o = outcomes(false);
    REQUIRE(o.size() == 1);
    is_back(o[0], 4);
  }

  TEST_CASE_FIXTURE(control_fixture,
                    "what no client has claimed goes back unless it has begun, and is asked to end if so") {
    const auto drop = [&](std::uint64_t id) {
      state->order({id, true, end_how::ask, "the restarted controller", true});
      settle();
    };
    give(1, true, call_of("a"));
    REQUIRE(page().begin(1));
    give(2, true, call_of("a")); // in the engine's queue
    drop(2);
    auto o = outcomes(true);
    REQUIRE(o.size() == 1);
    is_back(o[0], 2);
    CHECK(o[0].as_failure().code == ec::engine_lost); // should its client come yet
    CHECK(o[0].as_failure().what == "taken back by the restarted controller before it started");
    CHECK(page().cancelled == 0);
    drop(1);
    CHECK(outcomes(true).empty());
    CHECK(page().cancelled == 1);
    end(1, interrupted(), record_kind::failure);
    CHECK(failed(true).code == ec::cancelled);

    give(3, true, call_of("a")); // both at the same time: who was first only the worker knows
    page().begun = 2;
    drop(3);
    end(3, withdrawn(), record_kind::failure);
    o = outcomes(true);
    REQUIRE(o.size() == 1);
    is_back(o[0], 3);
  }

  TEST_CASE_FIXTURE(control_fixture, "an abort leaves a task alone that runs") {
    give(1, true, call_of("a"));
    REQUIRE(page().begin(1));
    order(1, true, end_how::abort);
    CHECK(page().cancelled == 0);
    end(1);
    CHECK(outcomes(true).at(0).kind() == record_kind::result);
  }

  TEST_CASE_FIXTURE(control_fixture, "a running task is asked, interrupted or killed, and says by whom") {
    give(1, true, call_of("a"));
    REQUIRE(page().begin(1));
    order(1, true, end_how::ask);
    CHECK(page().cancelled == 1);
    CHECK(page().interrupted == 0);
    CHECK(worker().interrupts == 0);
    SUBCASE("it ends when it is asked") {
      end(1, interrupted(), record_kind::failure);
      const auto f = failed(true);
      CHECK(f.code == ec::cancelled);
      CHECK(f.what == "cancelled by client 3");
      CHECK(f.job == "a");
    }
    SUBCASE("it ends with what it has") {
      end(1, "v");
      CHECK(outcomes(true).at(0).kind() == record_kind::result);
    }
    SUBCASE("it ends when it is interrupted") {
      order(1, true, end_how::interrupt);
      CHECK(page().interrupted == 1);
      CHECK(worker().interrupts == 1);
      end(1, interrupted(), record_kind::failure);
      CHECK(failed(true).what == "interrupted by client 3");
    }
    SUBCASE("it is killed, and not run again") {
      give(2, true, call_of("a"));
      give(3, false, call_of("a"));
      order(1, true, end_how::kill);
      CHECK(worker().killed == SIGKILL);
      const auto killed = workers.size();
      die(SIGKILL);
      CHECK(workers.size() == killed + 1); // at once
      const auto o = outcomes(true);
      REQUIRE(o.size() == 2);
      CHECK(o[0].kind() == record_kind::failure);
      CHECK(o[0].as_failure().code == ec::cancelled);
      CHECK(o[0].as_failure().what == "killed by client 3");
      CHECK(o[1].kind() == record_kind::lost);
      const auto elsewhere = outcomes(false);
      REQUIRE(elsewhere.size() == 1);
      CHECK(elsewhere[0].kind() == record_kind::lost);
      CHECK((elsewhere[0].head.flags & wire::started) == 0);
    }
  }

  TEST_CASE_FIXTURE(control_fixture, "workers that are killed on purpose do not count as deaths") {
    for (std::uint64_t id = 1; id <= 20; ++id) {
      give(id, true, call_of("a"));
      REQUIRE(page().begin(1));
      order(id, true, end_how::kill);
      die(SIGKILL);
      ready();
      worker().take();
    }
    CHECK(workers.size() == 21);
    CHECK(state->report().state == "idle");
  }

  TEST_CASE_FIXTURE(control_fixture, "a task that has ended does not draw its successor in") {
    give(1, true, call_of("a"));
    give(2, true, call_of("a"));
    REQUIRE(page().begin(1));
    end(1);
    outcomes(true);
    REQUIRE(page().begin(2));
    order(1, true, end_how::kill);
    CHECK(!worker().killed);
    CHECK(page().cancelled == 0);
  }

  TEST_CASE_FIXTURE(control_fixture, "a task that runs longer than its limit is asked first") {
    engine_tasks t;
    t.items.push_back({1, true, client_number, {}, detail::slice{bytes_of(call_of("a"))}, std::chrono::nanoseconds{1}});
    tell(engine, std::move(t));
    REQUIRE(page().begin(1));
    state->check_limits();
    CHECK(page().cancelled == 1);
    end(1, interrupted(), record_kind::failure);
    const auto f = failed(true);
    CHECK(f.code == ec::run_limit);
    CHECK(f.what == "it ran longer than its limit of 1e-09 s and ended when it was asked to");
  }

  TEST_CASE_FIXTURE(control_fixture, "a restart takes the worker, and what it ran is nobody's fault") {
    give(1, false, call_of("a"));
    give(2, true, call_of("a"));
    manage(query_kind::restart_engines);
    CHECK(worker().killed == SIGKILL);
    die(SIGKILL);
    CHECK(workers.size() == 2);
    const auto balanced = outcomes(false);
    REQUIRE(balanced.size() == 1);
    CHECK(balanced[0].kind() == record_kind::lost);
    CHECK((balanced[0].head.flags & wire::unblamed) != 0);
    CHECK(outcomes(true).at(0).as_failure().what.find("restarted by client 3") != std::string::npos);
  }

  TEST_CASE_FIXTURE(control_fixture, "a rank's worker that called MPI can't be replaced: its end is that of the rank") {
    std::vector<std::string> lost;
    services->rank_lost = [&](const std::string& why) { lost.push_back(why); };
    SUBCASE("it called no MPI: another one comes") {
      die();
      CHECK(workers.size() == 2);
      CHECK(lost.empty());
    }
    SUBCASE("it died") {
      page().calls_mpi.store(1);
      give(1, true, call_of("a"));
      die();
      CHECK(workers.size() == 1);
      REQUIRE(lost.size() == 1);
      CHECK(lost[0].find("MPI does not go on without it") != std::string::npos);
      CHECK(outcomes(true).at(0).as_failure().what.find("MPI does not go on without it") != std::string::npos);
    }
    SUBCASE("it was to be replaced") {
      page().calls_mpi.store(1);
      manage(query_kind::restart_engines);
      die(SIGKILL);
      CHECK(workers.size() == 1);
      REQUIRE(lost.size() == 1);
      CHECK(lost[0].find("restarted by client 3; MPI does not") != std::string::npos);
    }
    services->rank_lost = {};
  }

  TEST_CASE_FIXTURE(control_fixture,
                    "an engine whose node goes fails its tasks with the reason, and starts no worker") {
    give(1, true, call_of("a"));
    give(2, false, call_of("a"));
    state->depart("MPI ended it");
    const auto directed = outcomes(true), balanced = outcomes(false);
    CHECK(directed.at(0).as_failure().what == "engine 4 is gone: MPI ended it");
    CHECK((balanced.at(0).head.flags & wire::unblamed) != 0);
    CHECK_FALSE(workers.back()->alive);
    give(3, true, call_of("a"));
    CHECK(outcomes(true).at(0).as_failure().code == ec::engine_lost);
    tell(engine, restart_worker{});
    CHECK(workers.size() == 1);
  }

  TEST_CASE_FIXTURE(control_fixture, "an engine that is shut down says so, and takes nothing more") {
    give(1, true, call_of("a"));
    reports.clear();
    manage(query_kind::stop_engines);
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].state == "shut down");
    CHECK(!workers.back()->alive);
    CHECK(outcomes(true).at(0).as_failure().code == ec::engine_lost);
    give(2, true, call_of("a"));
    CHECK(outcomes(true).at(0).as_failure().what.find("was shut down") != std::string::npos);
    tell(engine, restart_worker{});
    CHECK(workers.size() == 1);
  }

  TEST_CASE_FIXTURE(control_fixture, "signals go to the worker; one that is held is seen") {
    manage(query_kind::signal_engines, SIGUSR1);
    CHECK(worker().killed == SIGUSR1);
    worker().killed.reset();
    manage(query_kind::signal_engines, 4711);
    CHECK(!worker().killed);
    reports.clear();
    worker().stopped = true;
    tell(engine, report_changes{});
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].state == "stopped");
  }
}
