// The task scheduler's core, its graph of dependencies and the engines' cores under a random schedule in virtual time.
// Workers die; nodes are lost, or stand still for long, and wake up again, before or after they were given up; messages
// take as long as they like, and overtake those of other nodes; outcomes come late and twice; tasks fail, are refused,
// wait for others, are restricted to engines, are taken back; clients leave, and are slow.
//
// What must hold, each checked where it could break (the books are in watched_scheduler.cpp):
// - every task that was accepted ends exactly once, by what it came to or by a reason that is true, and is told to none
//   whose client has left; nothing is remembered of it then
// - nothing that must not run twice begins twice; what was withdrawn or timed out is not handed out any more
// - budgets: exactly `retries` errors of its own, exactly the losses allowed; of a lost engine's tasks the oldest alone
//   is blamed; and no task begins more often than its errors, refusals and losses say
// - a task runs only where it may, in the order of priority, and within one client and priority in that of submission,
//   except that what failed on an engine lets others have it
// - what waits for others begins when all is as it should be, not before, and ends as soon as it can't be any more
// - no engine is left without a task while one waits that it may run; and none idles for longer than the way there and
//   back while a node that answers has one that has not begun
// - it comes to an end
//
// A failing seed prints its trace, and runs alone with PACTOR_SEED=N.

#include "seeds.hpp"
#include "simulated_engine.hpp"
#include "watched_scheduler.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace pactor;
using namespace std::chrono_literals;
using test::chance;
using test::nanoseconds;
using test::simulated_engine;
using test::watched_scheduler;
using test::watched_task;

namespace {

constexpr std::uint32_t max_losses = 2;

/// What may happen under a seed.
struct weather {
  nanoseconds longest_way; // between scheduler and engine
  bool choosy;             // tasks fail, are refused, or are restricted to some engines
  bool hangs;              // nodes stand still
  bool depends;            // tasks wait for others
  bool clients_go;         // and are slow, and take tasks back

  static weather of(chance& c) {
    constexpr nanoseconds ways[] = {125us, 400us, 5ms};
    return {ways[c.below(3)], c.one_in(2), c.one_in(2), c.one_in(2), c.one_in(2)};
  }
  /// How long an engine may idle while another one has tasks that it has not begun: for two round trips the scheduler
  /// thinks that they begin at once, and looks again after one; then there, back and here. It may wait for each node
  /// that stands still first.
  [[nodiscard]] nanoseconds longest_idle(int still) const {
    return core::task_core::round_trip * 3 + longest_way * 3 + core::task_core::patience * still;
  }
};

class simulation {
public:
  explicit simulation(chance& c) : chance_{c}, weather_{weather::of(c)} {
    scheduler_.say = [this](const std::string& what) { say(what); };
    scheduler_.hand = [this](int e, std::uint64_t id, std::uint64_t number) {
      to_engine(e, [this, e, id, number] {
        auto& p = places_.at(e);
        p.numbers[id] = number;
        p.engine.take(id);
        begin(e);
      });
    };
    for (std::uint32_t i = 1; i <= 3; ++i) clients_.push_back(i);
    const auto count = 1 + chance_.below(6);
    for (std::size_t i = 0; i < count; ++i) join(static_cast<int>(i));
  }

  void run() {
    for (int i = 0; i < 40; ++i) time_.plan(nanoseconds{chance_.below(60'000'000)}, [this] { something(); });
    int steps = 0;
    while (time_.step([this] { scheduler_.set_time(time_.now()); })) REQUIRE(++steps < 200'000); // it comes to an end
    scheduler_.check_end();
  }

  [[nodiscard]] std::string trace() const {
    std::string text;
    for (const auto& line : trace_) text += line + "\n";
    return text;
  }

private:
  struct place {
    simulated_engine engine;
    std::map<std::uint64_t, std::uint64_t> numbers; // by id
    bool there = false;
    std::uint64_t connection = 0;         // what was sent over an earlier one is lost
    std::uint64_t life = 0;               // of the worker
    nanoseconds hung_until{0};            // nothing happens there before
    nanoseconds last_to{0}, last_from{0}; // on one connection messages keep their order
    std::optional<nanoseconds> idle_since{};
  };

  void say(const std::string& what) { trace_.push_back(std::to_string(time_.now().count() / 1000) + " us: " + what); }
  int any_engine() { return static_cast<int>(chance_.below(places_.size())); }
  nanoseconds way() {
    return 50us + nanoseconds{chance_.below(static_cast<std::size_t>((weather_.longest_way - 50us).count()))};
  }

  /// Something happens at an engine, or when its node goes on.
  void at_engine(int e, nanoseconds at, std::uint64_t connection, std::function<void()> what) {
    time_.plan(at, [this, e, connection, what = std::move(what)] {
      auto& p = places_.at(e);
      if (p.connection != connection || !p.there) return;
      if (p.hung_until > time_.now()) return at_engine(e, p.hung_until, connection, what);
      what();
      check_idle();
    });
  }
  void to_engine(int e, std::function<void()> what) {
    auto& p = places_.at(e);
    p.last_to = std::max(p.last_to, time_.now() + way());
    at_engine(e, p.last_to, p.connection, std::move(what));
  }
  void to_scheduler(int e, std::function<void()> what) {
    auto& p = places_.at(e);
    p.last_from = std::max(p.last_from, time_.now() + way());
    time_.plan(p.last_from, [this, e, connection = p.connection, what = std::move(what)] {
      if (places_.at(e).connection != connection) return;
      what();
      decide();
    });
  }

  void something() {
    switch (chance_.below(12)) {
    case 0:
      kill_worker(any_engine());
      break;
    case 1:
      lose_node(any_engine());
      break;
    case 2:
      repeat_outcomes();
      break;
    case 3:
      if (weather_.hangs) hang(any_engine());
      break;
    case 4:
      if (weather_.clients_go) trouble_with(chance_.pick(clients_));
      break;
    default:
      submit_some();
    }
    decide();
  }

  void join(int e) {
    auto& p = places_[e];
    p.engine = simulated_engine{};
    p.numbers.clear();
    p.there = true;
    ++p.life;
    scheduler_.engine_joined(e);
    say("engine " + std::to_string(e) + " joins");
    decide();
  }

  void submit_some() {
    for (auto count = 1 + chance_.below(12); count > 0; --count) {
      watched_task t;
      constexpr nanoseconds takes[] = {20us, 2ms, 2ms};
      t.client = chance_.pick(clients_);
      t.kind = static_cast<std::uint32_t>(chance_.below(3));
      t.takes = t.kind == 2 && chance_.one_in(5) ? 20ms : takes[t.kind];
      t.priority = static_cast<std::int32_t>(chance_.below(2));
      t.idempotent = !chance_.one_in(6);
      t.retries = static_cast<std::uint32_t>(chance_.below(3));
      t.kills = chance_.one_in(30);
      if (chance_.one_in(10)) t.timeout = 4ms;
      if (weather_.choosy) {
        t.fails = chance_.one_in(8);
        if (chance_.one_in(10)) t.lacking = any_engine();
        if (chance_.one_in(5))
          for (auto n = 1 + chance_.below(2); n > 0; --n) t.allowed.push_back(static_cast<int>(chance_.below(5)));
      }
      if (weather_.depends && chance_.one_in(3)) (chance_.one_in(4) ? t.follow : t.after) = parents_of(t.client);
      say("task " + std::to_string(scheduler_.submit(std::move(t))));
    }
  }

  core::task_graph::condition parents_of(std::uint32_t client) {
    core::task_graph::condition c;
    for (auto at = scheduler_.tasks().rbegin(); at != scheduler_.tasks().rend() && c.parents.size() < 3; ++at)
      if (at->second.client == client && chance_.one_in(3)) c.parents.push_back({at->first});
    c.all = chance_.one_in(2);
    c.failure = chance_.one_in(2);
    c.success = !c.failure || chance_.one_in(2);
    return c;
  }

  void decide() {
    for (const auto& r : scheduler_.decide()) {
      say("something back from engine " + std::to_string(r.engine));
      to_engine(r.engine, [this, r] {
        if (!places_.at(r.engine).engine.give_back(r.id)) return;
        to_scheduler(r.engine, [this, r] { scheduler_.lost(r.engine, r.id, false, false); });
      });
    }
    if (const auto at = scheduler_.wake_at())
      time_.plan(std::max(*at, time_.now() + 50us), [this] {
        if (const auto due = scheduler_.wake_at(); due && *due <= time_.now()) decide();
      });
    check_idle();
  }

  void begin(int e) {
    auto& p = places_.at(e);
    const auto id = p.engine.begin();
    if (!id) return;
    auto& t = scheduler_.at(p.numbers.at(*id));
    CAPTURE(p.numbers.at(*id));
    ++t.runs;
    REQUIRE((t.idempotent || t.runs <= 1 + t.refusals));
    // Those that an engine has when it is lost may have begun unseen, or end after it; each of these counts.
    REQUIRE(t.runs <= 1 + t.errors + t.refusals + t.reroutes);
    at_engine(e, time_.now() + t.takes, p.connection, [this, e, id = *id, life = p.life] {
      if (places_.at(e).life == life) done(e, id);
    });
  }

  void done(int e, std::uint64_t id) {
    auto& p = places_.at(e);
    const auto& t = scheduler_.at(p.numbers.at(id));
    if (t.kills && t.lacking != e) return kill_worker(e);
    const auto how = t.lacking == e ? watched_scheduler::outcome::refusal
                     : t.fails      ? watched_scheduler::outcome::error
                                    : watched_scheduler::outcome::result;
    p.engine.end(t.takes);
    begin(e);
    to_scheduler(e, [this, e, id, took = t.takes, how] {
      scheduler_.outcome_of(e, id, took, how);
      late_.emplace_back(e, id);
    });
  }

  void repeat_outcomes() {
    for (std::size_t i = 0; i < 5 && !late_.empty(); ++i) {
      const auto [e, id] = chance_.pick(late_);
      using enum watched_scheduler::outcome;
      const watched_scheduler::outcome all[] = {result, error, refusal, aborted};
      REQUIRE_FALSE(scheduler_.outcome_of(e, id, 1ms, all[chance_.below(4)]));
      REQUIRE_FALSE(scheduler_.lost(e, id, chance_.one_in(2), true));
    }
  }

  void kill_worker(int e) {
    auto& p = places_.at(e);
    if (!p.there) return;
    say("worker of engine " + std::to_string(e) + " dies");
    const auto loss = p.engine.lose_worker();
    ++p.life;
    to_scheduler(e, [this, e, loss] {
      scheduler_.pause_engine(e, true);
      if (loss.first) scheduler_.lost(e, *loss.first, loss.ran, true);
      for (const auto id : loss.others) scheduler_.lost(e, id, false, true);
    });
    at_engine(e, time_.now() + 1ms, p.connection, [this, e] {
      places_.at(e).engine.worker_ready();
      to_scheduler(e, [this, e] { scheduler_.pause_engine(e, false); });
      begin(e);
    });
  }

  /// The node stands still. It may be given up before it goes on.
  void hang(int e) {
    auto& p = places_.at(e);
    if (!p.there || p.hung_until > time_.now()) return;
    const nanoseconds length{chance_.below(60'000'000)};
    say("engine " + std::to_string(e) + " stands still");
    p.hung_until = time_.now() + length;
    if (chance_.one_in(2))
      time_.after(length / 2, [this, e, connection = p.connection] {
        if (places_.at(e).connection == connection) lose_node(e);
        decide();
      });
  }

  void lose_node(int e) {
    auto& p = places_.at(e);
    if (!p.there) return;
    say("the node of engine " + std::to_string(e) + " is lost");
    p.there = false;
    p.idle_since.reset();
    ++p.connection;
    for (const auto& [id, number] : p.numbers) late_.emplace_back(e, id); // it may still say what came of them
    scheduler_.engine_lost(e);
    time_.plan(std::max(p.hung_until, time_.now() + nanoseconds{chance_.below(5'000'000)}), [this, e] { join(e); });
  }

  void trouble_with(std::uint32_t& client) {
    switch (chance_.below(3)) {
    case 0: {
      say("client " + std::to_string(client) + " leaves");
      scheduler_.client_gone(client);
      client = ++last_client_;
      break;
    }
    case 1:
      say("client " + std::to_string(client) + " is slow");
      scheduler_.pause_client(client, true);
      time_.after(nanoseconds{chance_.below(10'000'000)}, [this, client] {
        scheduler_.pause_client(client, false);
        decide();
      });
      break;
    default:
      take_back(client);
    }
  }

  void take_back(std::uint32_t client) {
    std::vector<std::uint64_t> numbers;
    for (const auto& [number, t] : scheduler_.tasks())
      if (t.client == client && chance_.one_in(4)) numbers.push_back(number);
    say("client " + std::to_string(client) + " takes tasks back");
    for (const auto& r : scheduler_.withdraw(client, numbers))
      to_engine(r.engine, [this, r] {
        if (places_.at(r.engine).engine.give_back(r.id)) // what runs may end as it likes
          to_scheduler(r.engine,
                       [this, r] { scheduler_.outcome_of(r.engine, r.id, 0ns, watched_scheduler::outcome::aborted); });
      });
  }

  /// No engine idles for long while another one has tasks that it has not begun.
  void check_idle() {
    int still = 0; // now, or a moment ago
    for (const auto& [e, p] : places_) still += p.hung_until > time_.now() - 10ms && p.hung_until > 0ns ? 1 : 0;
    for (auto& [e, p] : places_) {
      const auto idle = p.there && p.hung_until <= time_.now() && p.engine.idle() && scheduler_.outstanding(e) == 0;
      if (!idle || !some_elsewhere(e))
        p.idle_since.reset();
      else if (!p.idle_since)
        p.idle_since = time_.now();
      else if (time_.now() - *p.idle_since > weather_.longest_idle(still))
        FAIL("an engine idles for " << (time_.now() - *p.idle_since).count() / 1000 << " us");
    }
  }

  /// Whether a node that answers has a task that this engine could begin.
  bool some_elsewhere(int e) {
    for (auto& [other, p] : places_) {
      if (other == e || !p.there || p.hung_until > time_.now() || !p.engine.running()) continue;
      for (const auto id : p.engine.unstarted()) {
        const auto& t = scheduler_.at(p.numbers.at(id));
        if (t.recalls < 8 && !t.withdrawn && !t.orphan && scheduler_.may_run(t, e)) return true;
      }
    }
    return false;
  }

  chance& chance_;
  weather weather_;
  test::virtual_time time_;
  watched_scheduler scheduler_{max_losses};
  std::map<int, place> places_;
  std::vector<std::uint32_t> clients_;
  std::uint32_t last_client_ = 3;
  std::vector<std::pair<int, std::uint64_t>> late_; // runs of which everything was said
  std::vector<std::string> trace_;
};

} // namespace

TEST_CASE("scheduler and engines: whatever dies, comes late or fails, every task ends once, and no engine idles") {
  test::for_seeds(2000, [](chance& c) {
    simulation s{c};
    INFO(s.trace());
    s.run();
  });
}
