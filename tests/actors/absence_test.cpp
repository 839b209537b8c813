// What the schedulers do for clients that are cut off, and come back to the same life of their controller.

#include "actors/direct_scheduler.hpp"
#include "actors/hub.hpp"
#include "actors/task_scheduler.hpp"
#include "runtime/security/session_key.hpp"
#include "tests/actors/scheduler_fixture.hpp"

#include <algorithm>

using namespace pactor;
using namespace pactor::test;

namespace {

template <class State, std::uint16_t Flags>
struct interrupted_clients : scheduler_fixture<State, Flags> {
  std::vector<std::pair<client_absent, std::chrono::milliseconds>> absent;
  fake_link_ptr n;
  int untold = 0;

  interrupted_clients() {
    this->state.on_absent([this](const client_absent& a, std::chrono::milliseconds d) { absent.emplace_back(a, d); });
    this->state.on_untold([this] { ++untold; });
    n = this->node({0});
  }
  /// The client is here again, and hands in what it has open.
  fake_link_ptr returns(std::uint32_t number) {
    auto link = link_to(security::role::client);
    this->state.join(client_joined{number, link, true});
    return link;
  }
  void resumes(const fake_link_ptr& client) {
    this->state.frame(arrives(client, frame_kind::resume, {}, Flags));
    this->flush();
  }
  void nothing_left() const {
    for (const auto& [name, size] : this->state.tables()) {
      CAPTURE(name);
      CHECK(size == 0);
    }
  }
};
using balanced = interrupted_clients<task_scheduler_state, transport::balanced>;
using direct = interrupted_clients<direct_scheduler_state, 0>;

batch_writer task(std::uint64_t number, int engine, std::uint16_t flags = 0, bool idempotent = true) {
  batch_writer b;
  if (!idempotent) b.options({.idempotent = false});
  b.task(number, engine, call_of("job"), flags);
  return b;
}

} // namespace

TEST_SUITE("absence") {
  TEST_CASE_FIXTURE(direct, "what ends while its client is cut off is told when it can be, and nothing runs again") {
    auto c = client(1);
    for (const std::uint64_t number : {7, 8, 9}) submit(c, task(number, 0));
    const auto run = tasks(n);
    REQUIRE(run.size() == 3);
    outcomes(n, batch_writer{}.outcome(record_kind::result, run[0].head.id, 0, "lost on its way"));
    CHECK(results(c).size() == 1);
    lose(c);
    outcomes(n, batch_writer{}.outcome(record_kind::result, run[1].head.id, 0, "kept"));
    c = returns(1);
    CHECK(c->count(frame_kind::outcomes) == 0); // it is not welcomed yet
    for (const std::uint64_t number : {7, 8, 9}) submit(c, task(number, 0, wire::again));
    submit(c, task(10, 0, wire::again)); // the connection broke before it was here
    resumes(c);
    const auto further = tasks(n);
    REQUIRE(further.size() == 1);
    CHECK(further[0].head.started == 10);
    const auto got = results(c);
    REQUIRE(got.size() == 2);
    CHECK(got[0].payload == "lost on its way");
    CHECK(got[1].payload == "kept");
    outcomes(n, batch_writer{}
                    .outcome(record_kind::result, run[2].head.id, 0, "x")
                    .outcome(record_kind::result, further[0].head.id, 0, "y"));
    CHECK(results(c).size() == 2);
    // What the client did not acknowledge, nodes keep for the next life of the controller.
    state.tell_nodes();
    CHECK(n->count(frame_kind::acknowledge) == 0);
    state.frame(arrives(c, frame_kind::acknowledge, {}, 0, 0, 2));
    flush();
    CHECK(untold == 1);
    state.tell_nodes();
    CHECK(n->take_one(frame_kind::acknowledge).aux == 3);
    nothing_left();
  }

  TEST_CASE_FIXTURE(balanced, "nothing more is begun for a client whose connection broke, until it is back") {
    auto c = client(1);
    submit(c, task(7, -1));
    submit(c, task(8, -1));
    auto run = tasks(n);
    REQUIRE(run.size() == 1);
    lose(c);
    outcomes(n, batch_writer{}.outcome(record_kind::result, run[0].head.id, 0, "x"));
    CHECK(tasks(n).empty());
    c = returns(1);
    flush();
    run = tasks(n);
    REQUIRE(run.size() == 1);
    submit(c, task(7, -1, wire::again));
    submit(c, task(8, -1, wire::again));
    resumes(c);
    CHECK(tasks(n).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, run[0].head.id, 0, "y"));
    CHECK(results(c).size() == 2);
  }

  TEST_CASE_FIXTURE(balanced, "who is not back in time is forgotten; what may have run then is not run twice") {
    auto c = client(1);
    submit(c, task(7, -1, 0, false));
    const auto run = tasks(n);
    lose(c);
    REQUIRE(absent.size() == 1);
    CHECK(absent[0].second == broken_time);
    state.end_absence_of(absent[0].first);
    outcomes(n, batch_writer{}.outcome(record_kind::result, run.at(0).head.id, 0, "x"));
    nothing_left();
    c = returns(1);
    submit(c, task(7, -1, wire::again, false));
    submit(c, task(8, -1, wire::again));
    resumes(c);
    CHECK(tasks(n).size() == 1); // one that may run again
    const auto got = results(c);
    REQUIRE(got.size() == 1);
    CHECK(got[0].head.id == 7);
    CHECK(got[0].as_failure().code == ec::engine_lost);
  }

  TEST_CASE_FIXTURE(balanced, "a kept task whose arguments were on their way when the connection broke comes again") {
    constexpr std::size_t size = transport::piece_size + 1;
    const auto keep = [&](std::uint16_t flags) {
      batch_writer b;
      b.options({.keep = true, .job = "job"}).large_task(7, -1, 5, size, flags);
      return b;
    };
    auto c = client(1);
    const auto other = client(2);
    submit(c, keep(0));
    state.frame(arrives(other, frame_kind::task_query, encode(task_query{1, 7, 9})));
    lose(c);
    CHECK(results(other).at(0).as_failure().code == ec::not_connected); // nothing is there for it to wait for
    c = returns(1);
    submit(c, keep(wire::again));
    resumes(c);
    const auto whole = pattern(size);
    for (std::size_t at = 0; at < size; at += transport::piece_size) {
      const auto part = std::min(transport::piece_size, size - at);
      state.frame(
          arrives(c, frame_kind::piece, detail::bytes::copy(whole.data() + at, part), transport::balanced, 5, at));
    }
    flush();
    const auto run = tasks(n);
    REQUIRE(run.size() == 2); // its options, and itself
    CHECK(results(c).empty());
    outcomes(n, batch_writer{}.outcome(record_kind::result, run[1].head.id, 0, "x"));
    CHECK(results(c).at(0).payload == "x");
  }

  TEST_CASE_FIXTURE(balanced, "an end of the wait that comes when the client is back means nothing") {
    auto c = client(1);
    submit(c, task(7, -1));
    const auto run = tasks(n);
    lose(c);
    c = returns(1);
    resumes(c);
    state.end_absence_of(absent.at(0).first);
    outcomes(n, batch_writer{}.outcome(record_kind::result, run.at(0).head.id, 0, "x"));
    CHECK(results(c).size() == 1);
  }

  TEST_CASE_FIXTURE(balanced, "who says that it leaves is forgotten at once") {
    const auto c = client(1);
    submit(c, task(7, -1));
    submit(c, task(8, -1));
    state.frame(arrives(c, frame_kind::stop));
    lose(c);
    CHECK(absent.empty());
    CHECK(state.waiting() == 0);
  }

  TEST_CASE("a client gets its number again, also if the end of its connection was not noticed yet") {
    std::vector<client_joined> joined;
    std::vector<transport::link_ptr> gone;
    hub_setup setup{"c1", "right", "0.1.0", "127.0.0.1:4000", 42, {}};
    setup.secret = "secret";
    hub_state::callbacks out{[&](const client_joined& c) { joined.push_back(c); }, [](const node_joined&) {},
                             [](const engine_available&) {}, [](const std::function<void(std::uint64_t)>&) {}};
    out.gone = [&](const struct link_down& d) { gone.push_back(d.which); };
    hub_state hub{setup, std::move(out)};
    const auto first = link_to(security::role::client), second = link_to(security::role::client);
    hello_client hello{protocol_version, "right", "here", 1};
    hub.frame(arrives(first, frame_kind::hello, encode(hello)));
    const auto w = decode<welcome_client>(first->take_one(frame_kind::welcome).body);
    hello.number = w.client;
    hello.key = w.key;
    hub.frame(arrives(second, frame_kind::hello, encode(hello)));
    CHECK(decode<welcome_client>(second->take_one(frame_kind::welcome).body).client == w.client);
    REQUIRE(joined.size() == 2);
    CHECK_FALSE(joined[0].again);
    CHECK(joined[1].again);
    CHECK(gone == std::vector<transport::link_ptr>{first});
    CHECK(first->closed);
  }
}
