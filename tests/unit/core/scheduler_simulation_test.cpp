// The task scheduler's core and the engines' cores under a random schedule in virtual time: deaths, losses of nodes,
// errors, refusals, late and repeated outcomes. After each step what is promised must hold. A failing seed prints its
// trace, and runs alone with PACTOR_SEED=N.

#include "runtime/core/engine_core.hpp"
#include "runtime/core/task_core.hpp"
#include "seeds.hpp"

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <set>
#include <string>

using namespace pactor;
using namespace pactor::core;
using namespace std::chrono_literals;
using test::chance;

namespace {

using nanoseconds = std::chrono::nanoseconds;
constexpr nanoseconds way = 125us;
constexpr std::uint32_t max_losses = 2;
// An engine may idle for as long while another one has tasks that it has not started: until the scheduler is sure that
// they wait, the order is there, they are back, and one is here.
constexpr nanoseconds longest_idle = 3ms;

class simulation {
public:
  explicit simulation(chance& c) : chance_{c}, choosy_{c.one_in(2)} {
    const auto count = 1 + chance_.below(4);
    for (std::size_t i = 0; i < count; ++i) join(static_cast<int>(i));
  }

  void run() {
    for (int i = 0; i < 40; ++i) {
      const auto at = nanoseconds{chance_.below(60'000'000)};
      switch (chance_.below(8)) {
      case 0:
        plan(at, [this] { kill_worker(any_engine()); });
        break;
      case 1:
        plan(at, [this] { lose_node(any_engine()); });
        break;
      case 2:
        plan(at, [this] { repeat_outcome(); });
        break;
      default:
        plan(at, [this] { submit_some(); });
      }
    }
    while (!events_.empty()) {
      const auto e = events_.top();
      events_.pop();
      now_ = e.at;
      core_.set_time(task_core::time_point{now_});
      e.what();
      REQUIRE(++steps_ < 200'000); // it comes to an end
    }
    for (const auto& [number, t] : tasks_) {
      CAPTURE(number);
      REQUIRE(t.ends == 1);
    }
    REQUIRE(core_.waiting() == 0);
  }

  [[nodiscard]] std::string trace() const {
    std::string text;
    for (const auto& line : trace_) text += line + "\n";
    return text;
  }

private:
  struct event {
    nanoseconds at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const event& other) const { return at != other.at ? at > other.at : order > other.order; }
  };
  struct task {
    nanoseconds takes{};
    std::uint32_t retries = 0, errors = 0, deaths = 0, runs = 0, ends = 0;
    bool idempotent = true, fails = false, kills = false;
    int lacking = -1; // an engine that can't run it
    nanoseconds timeout{};
  };
  struct place {
    engine_core core;
    std::map<std::uint64_t, std::uint64_t> numbers; // by id
    std::deque<std::uint64_t> held;
    std::set<std::uint64_t> withdrawn;
    bool there = false, runs = false;
    std::uint64_t life = 0; // of node and worker: what an earlier one had begun is void
    std::optional<nanoseconds> idle_since{};
  };

  void plan(nanoseconds at, std::function<void()> f) { events_.push({at, ++order_, std::move(f)}); }
  void after(nanoseconds delay, std::function<void()> f) { plan(now_ + delay, std::move(f)); }
  void say(const std::string& what) { trace_.push_back(std::to_string(now_.count() / 1000) + " us: " + what); }
  int any_engine() { return static_cast<int>(chance_.below(places_.size())); }

  void join(int e) {
    auto& p = places_[e];
    p.core = engine_core{};
    p.core.worker_ready();
    p.numbers.clear();
    p.held.clear();
    p.withdrawn.clear();
    p.there = true;
    p.runs = false;
    ++p.life;
    core_.engine_joined(e);
    say("engine " + std::to_string(e) + " joins");
    decide();
  }

  void submit_some() {
    const auto kind = static_cast<std::uint32_t>(chance_.below(3));
    const nanoseconds takes[] = {20us, 2ms, 2ms};
    for (auto count = 1 + chance_.below(12); count > 0; --count) {
      const auto number = ++numbers_;
      auto& t = tasks_[number];
      t.takes = kind == 2 && chance_.one_in(5) ? 20ms : takes[kind];
      t.idempotent = !chance_.one_in(6);
      t.fails = choosy_ && chance_.one_in(10);
      t.retries = static_cast<std::uint32_t>(chance_.below(3));
      t.kills = chance_.one_in(30);
      if (choosy_ && chance_.one_in(10)) t.lacking = any_engine();
      if (chance_.one_in(10)) t.timeout = 4ms;
      REQUIRE(core_.submit({.client = 1 + static_cast<std::uint32_t>(chance_.below(3)),
                            .number = number,
                            .kind = kind,
                            .idempotent = t.idempotent,
                            .priority = static_cast<int>(chance_.below(2)),
                            .retries = t.retries,
                            .timeout = t.timeout}) == submission::accepted);
    }
    say("tasks up to " + std::to_string(numbers_));
    decide();
  }

  void ended(std::uint64_t number, const char* how) {
    say("task " + std::to_string(number) + " ends: " + how);
    REQUIRE(++tasks_.at(number).ends == 1);
  }

  void given_up(const core::given_up& g) {
    const auto& t = tasks_.at(g.task.number);
    switch (g.reason) {
    case give_up_reason::losses:
      REQUIRE(t.deaths > max_losses);
      break;
    case give_up_reason::not_idempotent:
      REQUIRE_FALSE(t.idempotent);
      break;
    case give_up_reason::timed_out:
      REQUIRE(t.timeout > 0ns);
      break;
    default:
      break;
    }
    ended(g.task.number, "given up");
  }

  void decide() {
    for (const auto& g : core_.expire()) given_up(g);
    while (const auto a = core_.next()) {
      say("task " + std::to_string(a->task.number) + " to engine " + std::to_string(a->engine));
      after(way, [this, e = a->engine, life = places_.at(a->engine).life, id = a->id, number = a->task.number] {
        arrive(e, life, id, number);
      });
    }
    for (const auto& r : core_.recalls()) {
      say("something back from engine " + std::to_string(r.engine));
      after(way, [this, r, life = places_.at(r.engine).life] { give_back(r, life); });
    }
    if (const auto at = core_.wake_at())
      plan(std::max(nanoseconds{at->time_since_epoch()}, now_ + 50us), [this] {
        if (const auto due = core_.wake_at(); due && *due <= task_core::time_point{now_}) decide();
      });
    check_idle();
  }

  /// What was sent to an earlier node never arrives; a worker that was replaced in between is another matter.
  void arrive(int e, std::uint64_t life, std::uint64_t id, std::uint64_t number) {
    auto& p = places_.at(e);
    if (!p.there || life < node_life_[e]) return;
    p.numbers[id] = number;
    REQUIRE(p.core.push({.id = id}));
    feed(e);
  }

  void feed(int e) {
    auto& p = places_.at(e);
    while (const auto t = p.core.next()) p.held.push_back(t->id);
    while (!p.runs && !p.held.empty()) {
      const auto id = p.held.front();
      if (p.withdrawn.erase(id) > 0) {
        p.held.pop_front();
        p.core.finished({id, false}, nanoseconds{-1});
        while (const auto t = p.core.next()) p.held.push_back(t->id);
        continue;
      }
      p.runs = true;
      const auto number = p.numbers.at(id);
      auto& t = tasks_.at(number);
      ++t.runs;
      REQUIRE((t.idempotent || t.runs == 1 || t.lacking >= 0)); // a refusal is no run
      REQUIRE(t.runs <= 1 + t.retries + max_losses + (t.lacking >= 0 ? 1 : 0) + unblamed_);
      after(t.takes, [this, e, id, life = p.life] { done(e, id, life); });
    }
    check_idle();
  }

  void done(int e, std::uint64_t id, std::uint64_t life) {
    auto& p = places_.at(e);
    if (!p.there || p.life != life) return;
    const auto number = p.numbers.at(id);
    auto& t = tasks_.at(number);
    if (t.kills && t.lacking != e) return kill_worker(e);
    p.runs = false;
    p.held.pop_front();
    p.core.finished({id, false}, t.takes);
    feed(e);
    after(way, [this, e, id, number, sent = node_life_[e]] {
      if (node_life_[e] != sent) return; // lost with its connection
      outcome(e, id, number);
    });
  }

  void outcome(int e, std::uint64_t id, std::uint64_t number) {
    auto& t = tasks_.at(number);
    last_outcome_ = {id, e};
    if (t.lacking == e) {
      const auto v = core_.failed(id, e, t.takes, task_core::error_kind::refused);
      if (v.told) ended(number, "refused everywhere");
    } else if (t.fails) {
      ++t.errors;
      const auto v = core_.failed(id, e, t.takes, task_core::error_kind::own);
      if (v.told) {
        REQUIRE((t.errors == t.retries + 1 || !t.idempotent));
        ended(number, "failed");
      }
    } else if (const auto o = core_.finished(id, e, t.takes)) {
      REQUIRE(o->number == number);
      ended(number, "done");
    }
    decide();
  }

  void repeat_outcome() {
    const auto [id, e] = last_outcome_;
    if (id == 0) return;
    REQUIRE_FALSE(core_.finished(id, e, 1ms));
    REQUIRE_FALSE(core_.task_lost(id, e, true));
    REQUIRE_FALSE(core_.failed(id, e, 1ms, task_core::error_kind::own).told);
  }

  void give_back(const task_core::run& r, std::uint64_t life) {
    auto& p = places_.at(r.engine);
    if (!p.there || life < node_life_[r.engine]) return;
    if (!p.core.withdraw({r.id, false})) {
      const auto at = std::find(p.held.begin(), p.held.end(), r.id);
      if (at == p.held.end() || (at == p.held.begin() && p.runs)) return;
      p.withdrawn.insert(r.id);
    }
    tell_lost(r.engine, r.id, false, false);
  }

  void tell_lost(int e, std::uint64_t id, bool started, bool blamed) {
    after(way, [this, e, id, started, blamed, sent = node_life_[e]] {
      if (node_life_[e] != sent) return;
      if (const auto g = core_.task_lost(id, e, started, blamed)) given_up(*g);
      decide();
    });
  }

  void kill_worker(int e) {
    auto& p = places_.at(e);
    if (!p.there) return;
    say("worker of engine " + std::to_string(e) + " dies");
    const auto withdrawn = std::exchange(p.withdrawn, {});
    const auto ran = p.runs;
    const auto loss = p.core.worker_lost();
    p.held.clear();
    p.runs = false;
    ++p.life;
    if (loss.executing && !withdrawn.contains(loss.executing->id)) {
      if (ran) ++tasks_.at(p.numbers.at(loss.executing->id)).deaths;
      tell_lost(e, loss.executing->id, ran, true);
    }
    for (const auto id : loss.unstarted_balanced)
      if (!withdrawn.contains(id)) tell_lost(e, id, false, true);
    after(1ms, [this, e, life = p.life] {
      if (places_.at(e).life != life || !places_.at(e).there) return;
      places_.at(e).core.worker_ready();
      feed(e);
    });
  }

  void lose_node(int e) {
    auto& p = places_.at(e);
    if (!p.there) return;
    say("the node of engine " + std::to_string(e) + " is lost");
    p.there = false;
    p.idle_since.reset();
    node_life_[e] = ++p.life + 1;
    ++unblamed_;
    for (auto& [number, t] : tasks_)
      if (t.ends == 0) ++t.deaths; // the scheduler blames the oldest of what it had
    for (const auto& g : core_.engine_lost(e)) given_up(g);
    decide();
    after(nanoseconds{chance_.below(5'000'000)}, [this, e] { join(e); });
  }

  /// No engine idles for long while another one has tasks that it has not started.
  void check_idle() {
    bool unstarted = false;
    for (auto& [e, p] : places_)
      unstarted = unstarted || (p.there && p.runs && p.core.queued() > p.withdrawn.size() + 1);
    for (auto& [e, p] : places_) {
      const auto idle = unstarted && p.there && p.core.status() == engine_status::idle && p.core.queued() == 0 &&
                        core_.outstanding(e) == 0;
      if (!idle)
        p.idle_since.reset();
      else if (!p.idle_since)
        p.idle_since = now_;
      else if (!choosy_)
        REQUIRE(now_ - *p.idle_since <= longest_idle);
    }
  }

  chance& chance_;
  bool choosy_; // there are tasks that some engines can't run, or are not to
  task_core core_{max_losses};
  std::map<int, place> places_;
  std::map<int, std::uint64_t> node_life_;
  std::map<std::uint64_t, task> tasks_;
  std::priority_queue<event> events_;
  std::vector<std::string> trace_;
  std::pair<std::uint64_t, int> last_outcome_{};
  nanoseconds now_{0};
  std::uint64_t order_ = 0, numbers_ = 0;
  std::uint32_t unblamed_ = 0;
  int steps_ = 0;
};

} // namespace

TEST_CASE("scheduler and engines: whatever dies, comes late or fails, every task ends once, and no engine idles") {
  test::for_seeds(1500, [](chance& c) {
    simulation s{c};
    INFO(s.trace());
    s.run();
  });
}
