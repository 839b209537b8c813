// The functions that the slides define on the way, as jobs. Those that the slides share with others stand in
// jobs/basics.

#include <pactor/job.hpp>

#include <chrono>
#include <cmath>
#include <iostream>
#include <numeric>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <vector>

namespace slides {

/// `%px pid = os.getpid()` and `%px print(pid)`.
void set_pid(pactor::context& engine) { std::cout << engine.set("pid", static_cast<int>(::getpid())) << '\n'; }
PACTOR_JOB_AS(set_pid, "slides.set_pid")

/// `lambda x: pid`, with the engine's variable.
int pid(pactor::context& engine, [[maybe_unused]] long x) { return engine.get<int>("pid"); }
PACTOR_JOB_AS(pid, "slides.pid")

/// `c = a + b`
void add(pactor::context& engine) { engine.set("c", engine.get<long>("a") + engine.get<long>("b")); }
PACTOR_JOB_AS(add, "slides.add")

/// `c = a - b`
void subtract(pactor::context& engine) { engine.set("c", engine.get<long>("a") - engine.get<long>("b")); }
PACTOR_JOB_AS(subtract, "slides.subtract")

/// Needs the variables npes and myrank.
std::string hello(pactor::context& engine) {
  return "Hello world from " + std::to_string(engine.get<int>("myrank")) + " out of " +
         std::to_string(engine.get<int>("npes")) + " !";
}
PACTOR_JOB_AS(hello, "slides.hello")

/// Two of the entries of a dictionary that was pushed.
std::tuple<int, int> dict_num(pactor::context& engine) { return {engine.get<int>("one"), engine.get<int>("ninety")}; }
PACTOR_JOB_AS(dict_num, "slides.dict_num")

/// The sum of this engine's part of c.
long local_sum(pactor::context& engine) {
  const auto c = engine.view<long>("c");
  return std::accumulate(c.begin(), c.end(), 0L);
}
PACTOR_JOB_AS(local_sum, "slides.local_sum")

/// The sum of the squared distances from mu in this engine's part of c.
double local_var_sum(pactor::context& engine, double mu) {
  double sum = 0;
  for (const auto x : engine.view<long>("c")) sum += std::pow(static_cast<double>(x) - mu, 2);
  return sum;
}
PACTOR_JOB_AS(local_var_sum, "slides.local_var_sum")

/// Waits the longer the higher its rank is, and sets a to its rank.
int eng_wait(pactor::context& engine, double seconds) {
  const auto myrank = engine.get<int>("myrank");
  std::this_thread::sleep_for(std::chrono::duration<double>{myrank * seconds});
  return engine.set("a", int{myrank});
}
PACTOR_JOB_AS(eng_wait, "slides.eng_wait")

/// `y = sum(x)`, and a loop that only takes its time.
void sum_slowly(pactor::context& engine, long loops) {
  const auto x = engine.view<long>("x");
  engine.set("y", std::accumulate(x.begin(), x.end(), 0L));
  for (long i = 0; i < loops; ++i) asm(""); // which no compiler leaves out
}
PACTOR_JOB_AS(sum_slowly, "slides.sum_slowly")

/// `10.0 * x * 4`
double times40(double x) { return 10.0 * x * 4; }
PACTOR_JOB_AS(times40, "slides.times40")

/// `print(text)`
void say(const std::string& text) { std::cout << text << '\n'; }
PACTOR_JOB_AS(say, "slides.say")

/// `a = numpy.random.rand(2, 2)`
void random_matrix(pactor::context& engine) {
  std::mt19937 generator{std::random_device{}()};
  std::uniform_real_distribution<double> between_0_and_1;
  pactor::ndarray<double> a{{2, 2}};
  for (auto& x : a) x = between_0_and_1(generator);
  engine.set("a", std::move(a));
}
PACTOR_JOB_AS(random_matrix, "slides.random_matrix")

/// `print(a)`
void print_matrix(pactor::context& engine) {
  const auto& a = engine.ref<pactor::ndarray<double>>("a");
  std::cout << "[[" << a(0, 0) << ' ' << a(0, 1) << "]\n [" << a(1, 0) << ' ' << a(1, 1) << "]]\n";
}
PACTOR_JOB_AS(print_matrix, "slides.print_matrix")

/// `numpy.linalg.eigvals(a)` of a matrix with positive elements, 2x2.
std::vector<double> eigenvalues(pactor::context& engine) {
  const auto& a = engine.ref<pactor::ndarray<double>>("a");
  const auto middle = (a(0, 0) + a(1, 1)) / 2;
  const auto root = std::sqrt(std::pow((a(0, 0) - a(1, 1)) / 2, 2) + a(0, 1) * a(1, 0));
  return {middle + root, middle - root};
}
PACTOR_JOB_AS(eigenvalues, "slides.eigenvalues")

} // namespace slides
