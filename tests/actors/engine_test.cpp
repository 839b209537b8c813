#include "tests/actors/engine_fixture.hpp"

#include "pactor/detail/failure.hpp"

#include <array>

using namespace pactor;
using namespace pactor::test;
using std::chrono::milliseconds;

namespace {

worker::setup setup_in(const read_record& r) { return worker::decode_setup(r.payload.data(), r.payload.size()); }

} // namespace

TEST_SUITE("engine") {
  TEST_CASE_FIXTURE(engine_fixture, "it starts a worker at once, and introduces itself when it has a number") {
    REQUIRE(workers.size() == 1);
    CHECK(worker().got.empty());
    assign(4);
    const auto got = worker().take();
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.kind == static_cast<std::uint16_t>(worker::link_kind::init));
    CHECK(setup_in(got[0]).engine == 4);
    CHECK(setup_in(got[0]).host == "here");
    CHECK(setup_in(got[0]).libraries == std::vector<std::string>{"/jobs/a.so"});
    CHECK(worker().flushes > 0);
    assign(4);
    CHECK(worker().got.empty());
  }

  TEST_CASE_FIXTURE(engine_fixture, "tasks wait until the worker is ready") {
    assign(4);
    worker().take();
    give(1, true, call_of("a"));
    CHECK(worker().got.empty());
    ready();
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].state == "idle");
    CHECK(reports[0].engine == 4);
    CHECK(reports[0].pid == 101);
    const auto got = worker().take();
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.id == 1);
    CHECK(got[0].payload == call_of("a"));
  }

  TEST_CASE_FIXTURE(engine_fixture,
                    "what the running task prints leaves before its outcome; what another prints does not") {
    bring_up();
    give(1, true, call_of("a"));
    end(2, "of no task that runs", record_kind::output);
    end(1, "printed", record_kind::output);
    end(1, "published", record_kind::published);
    end(1, "displayed", record_kind::displayed);
    end(2, "of no task that runs", record_kind::displayed);
    end(1, "value");
    const auto d = outcomes(true);
    REQUIRE(d.size() == 4);
    CHECK(d[0].kind() == record_kind::output);
    CHECK(d[0].head.engine == 4);
    CHECK(d[0].payload == "printed");
    CHECK(d[1].kind() == record_kind::published);
    CHECK(d[2].payload == "displayed");
    CHECK(d[2].head.engine == 4);
    CHECK(d[3].payload == "value");
    CHECK_FALSE(worker().killed);
  }

  TEST_CASE_FIXTURE(engine_fixture,
                    "what a dead worker left in its pipes is sent, and its last errors are in the failure") {
    assign(4);
    std::array<int, 2> pipe{};
    REQUIRE(::pipe(pipe.data()) == 0);
    wire::record announced;
    announced.kind = static_cast<std::uint16_t>(worker::link_kind::stream);
    announced.flags = wire::transferred | wire::error_stream;
    worker().events->worker_said(announced, nullptr, process::unique_fd{pipe[0]});
    ready();
    give(1, true, call_of("a"));
    REQUIRE(::write(pipe[1], "last words\n", 11) == 11);
    die();
    ::close(pipe[1]);
    const auto d = outcomes(true);
    REQUIRE(d.size() == 2);
    CHECK(d[0].kind() == record_kind::output);
    CHECK(d[0].head.flags == wire::error_stream);
    CHECK(d[0].payload == "last words\n");
    CHECK(d[1].as_failure().what.ends_with("; it had written to standard error:\nlast words"));
  }

  TEST_CASE_FIXTURE(engine_fixture, "an outcome leaves with the engine's number, through its scheduler's outbox") {
    bring_up();
    give(1, true, call_of("a"));
    give(1, false, call_of("a"));
    end(1, "first");
    CHECK(flushes_at_once == 0); // more is to come soon
    CHECK(flushes == 1);
    end(1, "second", record_kind::failure);
    CHECK(flushes_at_once == 1); // the last one does not wait
    const auto d = outcomes(true), b = outcomes(false);
    REQUIRE(d.size() == 1);
    CHECK(d[0].payload == "first");
    CHECK(d[0].head.engine == 4);
    CHECK(d[0].head.started == 5);
    CHECK(d[0].head.completed == 6);
    REQUIRE(b.size() == 1);
    CHECK(b[0].payload == "second");
    CHECK(b[0].kind() == record_kind::failure);
  }

  TEST_CASE_FIXTURE(engine_fixture, "directed and balanced tasks run in the order they came") {
    bring_up();
    std::vector<std::pair<bool, std::uint64_t>> sent;
    for (std::uint64_t i = 0; i < 30; ++i) {
      const bool directed = i % 3 != 0;
      give(i, directed, call_of("a", std::to_string(i)));
    }
    std::vector<std::uint64_t> order;
    while (!worker().got.empty()) {
      for (const auto& r : worker().take()) {
        order.push_back(r.head.id);
        end(r.head.id);
      }
    }
    REQUIRE(order.size() == 30);
    CHECK(std::is_sorted(order.begin(), order.end()));
  }

  TEST_CASE_FIXTURE(engine_fixture, "outcomes of many tasks wait for one frame") {
    bring_up();
    for (std::uint64_t i = 0; i < 10; ++i) give(i, true, call_of("a"));
    while (!worker().got.empty())
      for (const auto& r : worker().take()) end(r.head.id);
    CHECK(controller->count(frame_kind::outcomes) == 0);
    services->direct->send();
    CHECK(records(controller->take_one(frame_kind::outcomes).body).size() == 10);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a worker that dies: the task that ran has started, the others have not") {
    bring_up();
    for (std::uint64_t i = 1; i <= 3; ++i) give(i, true, call_of("crash"));
    for (std::uint64_t i = 1; i <= 2; ++i) give(i, false, call_of("other"));
    die();
    const auto d = outcomes(true), b = outcomes(false);
    REQUIRE(d.size() == 3);
    for (const auto& r : d) {
      CHECK(r.kind() == record_kind::lost);
      CHECK(r.head.engine == 4);
    }
    CHECK((d[0].head.flags & wire::started) != 0);
    CHECK((d[1].head.flags & wire::started) == 0);
    const auto f = d[0].as_failure();
    CHECK(f.code == ec::engine_lost);
    CHECK(f.job == "crash");
    CHECK(f.signal == SIGSEGV);
    CHECK(f.pid == 101);
    CHECK(f.host == "here");
    CHECK(f.what.find("signal 11") != std::string::npos);
    CHECK(d[1].as_failure().what.find("had not started") != std::string::npos);
    REQUIRE(b.size() == 2);
    for (const auto& r : b) CHECK((r.head.flags & wire::started) == 0);

    REQUIRE(workers.size() == 2); // at once
    CHECK_FALSE(workers[0]->alive);
    CHECK(reports.back().state == "restarting");
    CHECK(reports.back().last_loss.find("signal 11") != std::string::npos);
    CHECK(setup_in(worker().take().at(0)).engine == 4);
    ready();
    CHECK(reports.back().state == "idle");
    CHECK(reports.back().restarts == 1);
    give(9, true, call_of("a"));
    CHECK(worker().take().size() == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "after the first restart it waits, longer each time, and gives up in the end") {
    bring_up();
    die();
    REQUIRE(workers.size() == 2);
    for (std::size_t deaths = 2; deaths <= 5; ++deaths) {
      CAPTURE(deaths);
      die();
      CHECK(workers.size() == deaths);
      advance(milliseconds{24}); // the least wait is half of 50 ms
      CHECK(workers.size() == deaths);
      advance(milliseconds{25 << deaths});
      CHECK(workers.size() == deaths + 1);
    }
    give(1, true, call_of("a"));
    give(1, false, call_of("a"));
    die();
    advance(std::chrono::minutes{2});
    CHECK(workers.size() == 6);
    CHECK(reports.back().state == "given up");
    const auto d = outcomes(true), b = outcomes(false);
    REQUIRE(d.size() == 1);
    CHECK(d[0].as_failure().what.find("given up") != std::string::npos);
    CHECK(b.size() == 1);

    give(2, true, call_of("a")); // refused, at once
    const auto late = outcomes(true);
    REQUIRE(late.size() == 1);
    CHECK(late[0].head.id == 2);
    CHECK(late[0].as_failure().code == ec::engine_lost);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a worker that can't be started counts as one that died") {
    assign(4);
    broken = true;
    die();
    for (int i = 0; i < 10; ++i) advance(std::chrono::seconds{6});
    CHECK(workers.size() == 1);
    CHECK(reports.back().state == "given up");
    CHECK(reports.back().last_loss.find("no such executable") != std::string::npos);
  }

  TEST_CASE_FIXTURE(engine_fixture, "directed tasks outlive a worker that was never ready") {
    assign(4);
    give(1, true, call_of("a"));
    die();
    CHECK(outcomes(true).empty());
    ready();
    CHECK(worker().got.back().head.id == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "want of memory is named for a kill that the kernel counted, once, and no other") {
    bring_up();
    std::uint64_t id = 0;
    const auto named = [&](int signal) {
      give(++id, true, call_of("a"));
      die(signal);
      const auto o = outcomes(true);
      REQUIRE(o.size() == 1);
      const auto told = o[0].as_failure().what.find("for want of memory") != std::string::npos;
      CHECK((reports.back().last_loss.find("for want of memory") != std::string::npos) == told);
      advance(std::chrono::seconds{1}); // until there is a new worker
      ready();
      return told;
    };
    SUBCASE("those before the first worker are nobody's here") { CHECK_FALSE(named(SIGKILL)); }
    SUBCASE("each explains one death") {
      ++*oom_kills;
      CHECK(named(SIGKILL));
      CHECK_FALSE(named(SIGKILL));
      ++*oom_kills;
      CHECK(named(SIGKILL));
    }
    SUBCASE("a crash is none") {
      ++*oom_kills;
      CHECK_FALSE(named(SIGSEGV));
    }
    SUBCASE("where nobody counts nothing is guessed") {
      oom_kills = std::nullopt;
      CHECK_FALSE(named(SIGKILL));
    }
  }

  TEST_CASE_FIXTURE(engine_fixture, "a job that writes into the engine's socket costs its worker, nothing else") {
    bring_up();
    give(1, true, call_of("a"));
    end(77);
    CHECK(worker().killed == SIGKILL);
    CHECK(outcomes(true).empty());
  }

  TEST_CASE_FIXTURE(engine_fixture, "a large payload goes to the worker as a file once it is complete") {
    bring_up();
    auto file = std::make_shared<memory_file>(3, services->memory);
    give(1, true, "", file);
    give(2, true, call_of("after"));
    give(3, false, call_of("balanced"));
    auto got = worker().take();
    REQUIRE(got.size() == 1); // directed tasks keep their order, balanced ones pass
    CHECK(got[0].head.id == 3);
    end(3);
    file->append("abc", 3);
    tell(engine, transfer_ended{1, true, true});
    got = worker().take();
    REQUIRE_FALSE(got.empty());
    CHECK(got[0].head.id == 1);
    CHECK((got[0].head.flags & wire::transferred) != 0);
    CHECK(worker().files == 1);
    end(1);
    CHECK(file.use_count() > 1); // the worker may have kept it as a variable
    release(got[0].head.transfer);
    CHECK(file.use_count() == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a large payload that never comes: its task ends, the next one runs") {
    bring_up();
    give(1, true, "", std::make_shared<memory_file>(3, services->memory));
    give(2, true, call_of("after"));
    SUBCASE("for lack of memory") {
      tell(engine, transfer_ended{1, true, false, "no memory"});
      const auto r = outcomes(true);
      REQUIRE(r.size() == 1);
      CHECK(r[0].head.id == 1);
      CHECK(r[0].as_failure().code == ec::system);
      CHECK(r[0].as_failure().what == "no memory");
    }
    SUBCASE("nobody waits for it any more") { tell(engine, transfer_ended{1, true, false}); }
    give(3, true, call_of("and another"));
    const auto got = worker().take();
    REQUIRE_FALSE(got.empty());
    CHECK(got[0].head.id == 2);
  }

  // engine_state::transfer() does not feed the worker after it withdrew a task: those behind it wait for another event.
  TEST_CASE_FIXTURE(engine_fixture, "the tasks behind one that was withdrawn go on without another event") {
    bring_up();
    give(1, true, "", std::make_shared<memory_file>(3, services->memory));
    give(2, true, call_of("after"));
    tell(engine, transfer_ended{1, true, false});
    CHECK(worker().take().size() == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a large result leaves as pieces, after the record that announces it") {
    bring_up();
    give(1, false, call_of("a"));
    const auto size = transport::piece_size * 2 + 5;
    const auto payload = pattern(size);
    end_large(1, {size, 0}, file_of({payload.data(), payload.size()}));
    REQUIRE(controller->sent.size() == 4);
    CHECK(controller->sent[0].kind == frame_kind::outcomes);
    const auto head = records(controller->sent[0].body).at(0);
    CHECK((head.head.flags & wire::transferred) != 0);
    std::string got;
    for (const auto& p : controller->take(frame_kind::piece)) {
      CHECK(p.tag == head.head.transfer);
      CHECK(p.flags == (transport::upward | transport::balanced));
      got.append(p.body.text());
    }
    CHECK(got == std::string(payload.data(), size));
  }

  TEST_CASE_FIXTURE(engine_fixture, "a result in a file that a record can hold travels in the record") {
    bring_up();
    give(1, true, call_of("a"));
    end_large(1, {3, 2}, file_of("..abc"));
    const auto o = outcomes(true);
    REQUIRE(o.size() == 1);
    CHECK(o[0].head.flags == 0);
    CHECK(o[0].payload == "abc");
    CHECK(controller->count(frame_kind::piece) == 0);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a result whose file is not what it says is a failure of its task") {
    bring_up();
    give(1, true, call_of("a"));
    const auto file = file_of("0123456789");
    SUBCASE("too small") { end_large(1, {11, 0}, process::unique_fd{::dup(file.get())}); }
    SUBCASE("behind its end") { end_large(1, {10, 1}, process::unique_fd{::dup(file.get())}); }
    SUBCASE("an end that overflows") { end_large(1, {10, UINT64_MAX - 5}, process::unique_fd{::dup(file.get())}); }
    SUBCASE("can shrink") { end_large(1, {3, 0}, file_of("abc", true)); }
    SUBCASE("none") { end_large(1, {11, 0}, {}); }
    SUBCASE("one that it was never given") { end_large(1, {10, 0}, {}, 5); }
    const auto o = outcomes(true);
    REQUIRE(o.size() == 1);
    CHECK(o[0].kind() == record_kind::failure);
    CHECK(o[0].as_failure().code == ec::bad_payload);
    give(2, true, call_of("a"));
    CHECK(worker().got.back().head.id == 2);
  }

  TEST_CASE_FIXTURE(engine_fixture,
                    "a result is sent from the file that the worker was given, though it let go of it") {
    bring_up();
    auto file = std::make_shared<memory_file>(6, services->memory);
    file->append("abcdef", 6);
    give(1, true, "", file);
    const auto number = worker().take().at(0).head.transfer;
    end(1);
    give(2, true, call_of("pull"));
    std::shared_ptr<lane_log> log;
    SUBCASE("by the lane to a client of this host") {
      log = lane_of_client();
      end_large(2, {3, 2}, {}, number);
      release(number);
      const auto r = outcomes(true).at(1);
      CHECK(r.head.flags == wire::shared);
      CHECK(r.payload == std::string("\3\0\0\0\0\0\0\0", 8));
      const auto sent = log->take();
      REQUIRE(sent.size() == 1);
      CHECK(sent[0].message.handle == r.head.transfer);
      CHECK(read_file(sent[0].file.get(), sent[0].message.offset, sent[0].message.size) == "cde");
      CHECK(file.use_count() == 2);
      log->say(lane_kind::release, r.head.transfer);
    }
    SUBCASE("over the controller to any other") {
      end_large(2, {3, 2}, {}, number);
      release(number);
      CHECK(outcomes(true).at(1).payload == "cde");
    }
    CHECK(file.use_count() == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "a worker is told when the file of its result is read no more, if it still lives") {
    bring_up();
    const auto log = lane_of_client();
    for (const std::uint64_t id : {1U, 2U}) {
      give(id, true, call_of("a"));
      worker().take();
      end_large(id, {3, 0}, file_of("abc"), 0, 40 + id);
    }
    const auto sent = outcomes(true);
    CHECK(worker().take().empty());
    log->say(lane_kind::release, sent.at(0).head.transfer);
    const auto got = worker().take();
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.kind == static_cast<std::uint16_t>(worker::link_kind::recycle));
    CHECK(got[0].head.id == 41);
    die();
    log->say(lane_kind::release, sent.at(1).head.transfer);
    for (const auto& r : worker().take()) CHECK(r.head.kind != static_cast<std::uint16_t>(worker::link_kind::recycle));
  }

  TEST_CASE_FIXTURE(engine_fixture, "a dead worker reads no files any more") {
    bring_up();
    auto file = std::make_shared<memory_file>(1, services->memory);
    file->append("a", 1);
    give(1, true, "", file);
    CHECK(file.use_count() == 2);
    die();
    CHECK(file.use_count() == 1);
  }

  TEST_CASE_FIXTURE(engine_fixture, "counters are reported when they changed, and only then") {
    bring_up();
    reports.clear();
    tell(engine, report_changes{});
    CHECK(reports.empty());
    give(1, true, call_of("a"));
    tell(engine, report_changes{});
    tell(engine, report_changes{});
    REQUIRE(reports.size() == 1);
    CHECK(reports[0].queued == 1);
    CHECK(reports[0].state == "busy");
    end(1);
    tell(engine, report_changes{});
    REQUIRE(reports.size() == 2);
    CHECK(reports[1].completed == 1);
    CHECK(reports[1].queued == 0);
  }

  TEST_CASE_FIXTURE(engine_fixture, "it takes its worker with it when it ends") {
    bring_up();
    caf::anon_send_exit(engine, caf::exit_reason::user_shutdown);
    settle();
    CHECK_FALSE(worker().alive);
    CHECK(workers.size() == 1);
  }
}
