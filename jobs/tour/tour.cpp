// A tour of pactor: what a cluster is for, one step after the other, and a model for programs of your own. Start four
// engines with `pactor start -n 4`, then run `pactor-tour`. Every line that it prints is also checked: it ends with 1
// if one is not what it should be.

#include <pactor/client.hpp>

#include <CLI/CLI.hpp>

#include <chrono>
#include <iomanip>
#include <iostream>
#include <numeric>
#include <ranges>
#include <sstream>
#include <string>
#include <vector>

using namespace std::chrono_literals;

// The jobs of the tour stand in jobs/basics/basics.cpp. A descriptor has a job's name and its types, so that the
// compiler checks the calls; without one a job is called by its name, and the call says what comes back.
namespace jobs {
constexpr pactor::job<std::string()> hello{"hello"};
constexpr pactor::job<double(double)> power10{"power10"};
constexpr pactor::job<long(long)> add_ab{"add_ab"};
constexpr pactor::job<double(double)> wait{"wait"};
} // namespace jobs

namespace {

/// As Python prints it.
template <class T>
std::string show(const T& x) {
  std::ostringstream out;
  out << std::boolalpha << std::setprecision(15) << x;
  return out.str();
}
template <class T>
std::string show(const std::vector<T>& list) {
  std::string text;
  for (const auto& x : list) text += (text.empty() ? "" : ", ") + show(x);
  return "[" + text + "]";
}

/// Prints the steps and counts those that went wrong.
class guide {
public:
  void chapter(const char* title) { std::cout << '\n' << title << '\n'; }

  template <class T>
  void step(const char* code, const T& got, const T& expected) {
    std::cout << "  " << code << "\n    " << show(got) << '\n';
    if (got == expected) return;
    std::cout << "    WRONG: should be " << show(expected) << '\n';
    ++wrong_;
  }

  [[nodiscard]] int wrong() const { return wrong_; }

private:
  int wrong_ = 0;
};

/// The same from every engine.
template <class T>
std::vector<T> each(const pactor::client& c, const T& x) {
  return std::vector<T>(c.size(), x);
}

void meet_the_engines(guide& tour, const pactor::client& c) {
  tour.chapter("The engines have numbers; a view of all of them runs a job on each");
  std::vector<int> numbers(c.size());
  std::iota(numbers.begin(), numbers.end(), 0);
  tour.step("c.ids()", c.ids(), numbers);
  const auto dview = c[pactor::all];
  tour.step("dview.apply_sync(hello)", dview.apply_sync(jobs::hello), each<std::string>(c, "Hello World!"));
  tour.step("c[-1].apply_sync(hello)", c[-1].apply_sync(jobs::hello), std::string{"Hello World!"});
  tour.step("c[\"::2\"].targets().size()", c["::2"].targets().size(), (c.size() + 1) / 2);
}

void map_a_range(guide& tour, const pactor::client& c) {
  tour.chapter("map calls a job once for each element, and puts the results together in order");
  const auto dview = c[pactor::all];
  const auto y = dview.map_sync(jobs::power10, std::views::iota(0, 7));
  tour.step("dview.map_sync(power10, iota(0, 7))", y,
            std::vector<double>{0, 1, 1024, 59049, 1048576, 9765625, 60466176});

  tour.chapter("Who ran what? The elements go to the engines in contiguous parts: 7 on 4 are 2, 2, 2 and 1");
  // Each engine runs its jobs in a process of its own, which we know again by its number.
  const auto pids = dview.apply_sync<int>("getpid");
  std::vector<int> expected;
  for (std::size_t i = 0; i < pids.size(); ++i)
    expected.insert(expected.end(), 7 / pids.size() + (i < 7 % pids.size() ? 1 : 0), pids[i]);
  const auto ran = dview.map_async(jobs::power10, std::views::iota(0, 7));
  ran.wait();
  std::vector<int> who;
  for (const auto engine : ran.element_engine_ids()) who.push_back(c[engine].apply_sync<int>("getpid"));
  tour.step("the process of each element", who, expected);
}

void use_variables(guide& tour, const pactor::client& c) {
  tour.chapter("Every engine has variables, which jobs read: add_ab(x) is a + b + x");
  auto dview = c[pactor::all];
  dview["a"] = 6;
  dview["b"] = 7;
  const auto result = dview.apply(jobs::add_ab, 27); // an async_result: the call is on its way
  tour.step("dview.apply(add_ab, 27).get()", result.get(), each(c, 40L));
  dview.set_block(true); // from now on apply() waits
  tour.step("dview.apply(add_ab, 27).ready(), blocking", dview.apply(jobs::add_ab, 27).ready(), true);
}

void move_values(guide& tour, const pactor::client& c) {
  tour.chapter("push and pull move values between here and the engines");
  const auto dview = c[pactor::all];
  dview.push({{"a", 1.03234}, {"b", 3453}}).get();
  tour.step("dview.pull<double>(\"a\")", dview.pull<double>("a"), each(c, 1.03234));
  tour.step("dview.on(0).pull<int>(\"b\")", dview.on(0).pull<int>("b"), 3453);
  tour.step("c[0].pull<int>(\"b\")", c[0].pull<int>("b"), 3453);
  const std::vector<double> v{0.5, 1.5, 2.5};
  dview["v"] = v;
  tour.step("dview.pull<std::vector<double>>(\"v\")", dview.pull<std::vector<double>>("v"), each(c, v));
  tour.step("dview.apply_sync<double>(\"sum_of\", \"v\")", dview.apply_sync<double>("sum_of", "v"), each(c, 4.5));
}

void do_not_wait(guide& tour, const pactor::client& c) {
  tour.chapter("A call that takes its time does not keep us: wait(t) sleeps t seconds on its engine");
  const auto dview = c[pactor::all];
  const auto ar = dview.apply_async(jobs::wait, 0.5);
  tour.step("ar.ready()", ar.ready(), false);
  tour.step("ar", show(ar), std::string{"<async_result(wait): pending>"});
  tour.step("ar.wait(1ms)", ar.wait(1ms), false);
  bool slept = true;
  for (const auto t : ar.get()) slept = slept && t >= 0.5;
  tour.step("all of ar.get() >= 0.5", slept, true);
  tour.step("ar", show(ar), std::string{"<async_result(wait): finished>"});
}

void make_mistakes(guide& tour, const pactor::client& c) {
  tour.chapter("A mistake is found before anything is sent");
  try {
    (void)c[pactor::all].apply_async<double>("powr10", 2.0);
    tour.step("dview.apply_async(\"powr10\", 2)", false, true);
  } catch (const pactor::unknown_job& e) {
    tour.step("dview.apply_async(\"powr10\", 2)", e.info().what,
              std::string{"no job \"powr10\"; did you mean power10?"});
  }
}

void balance_the_load(guide& tour, const pactor::client& c) {
  tour.chapter("A load-balanced view leaves the choice of the engine to the scheduler");
  const auto lview = c.load_balanced_view();
  const auto y = lview.map_sync<long>("identity", std::views::iota(0, 3200));
  tour.step("sum of lview.map_sync(identity, iota(0, 3200))", std::accumulate(y.begin(), y.end(), 0L), 5118400L);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"A tour of pactor, on a cluster that runs already"};
  pactor::client_options options;
  app.add_option("--profile", options.profile, "Profile of the cluster")->capture_default_str();
  app.add_option("--cluster-id", options.cluster_id, "Id of the cluster in its profile");
  app.add_option("--connection", options.connection_file, "The client's connection file");
  CLI11_PARSE(app, argc, argv);
  try {
    const pactor::client c{options};
    c.wait_for_engines(1);
    guide tour;
    meet_the_engines(tour, c);
    map_a_range(tour, c);
    use_variables(tour, c);
    move_values(tour, c);
    do_not_wait(tour, c);
    make_mistakes(tour, c);
    balance_the_load(tour, c);
    std::cout << '\n' << (tour.wrong() == 0 ? "All as it should be." : "Not all is as it should be.") << '\n';
    return tour.wrong() == 0 ? 0 : 1;
  } catch (const pactor::error& e) {
    std::cerr << "pactor-tour: " << e.what() << '\n';
    return 1;
  }
}
