// The first jobs of every cluster, and a model for your own: a job is a function, and PACTOR_JOB behind it.

#include <pactor/job.hpp>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace basics {

/// Does nothing: for measuring what a call costs.
void nop() {}
PACTOR_JOB(nop)

std::string hello() { return "Hello World!"; }
PACTOR_JOB(hello)

/// The process that the engine's jobs run in.
int getpid() { return ::getpid(); }
PACTOR_JOB(getpid)

double power10(double x) { return std::pow(x, 10); }
PACTOR_JOB(power10)

/// Reads the engine's variables a and b: whatever the engine's own are.
long add_ab(pactor::context& engine, long x) { return engine.get<long>("a") + engine.get<long>("b") + x; }
PACTOR_JOB(add_ab)

/// Keeps its engine busy for so many seconds, unless it is cancelled. @return the seconds that it took
double wait(pactor::context& engine, double seconds) {
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  engine.sleep_for(std::chrono::duration<double>{seconds});
  return std::chrono::duration<double>{clock::now() - start}.count();
}
PACTOR_JOB(wait)

/// Gives back any value as it is.
pactor::value identity(pactor::value v) { return v; }
PACTOR_JOB(identity)

/// A span reads the numbers where they lie in the payload: nothing is copied, however many there are.
double sum(std::span<const double> numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0.0); }
PACTOR_JOB(sum)

/// The sum over a variable that was pushed or scattered, in place too: `sum_of("x")`.
double sum_of(pactor::context& engine, const std::string& name) { return sum(engine.view<double>(name)); }
PACTOR_JOB(sum_of)

/// A matrix times a vector; several results could come in a std::tuple, a std::map or a struct with MSGPACK_DEFINE.
std::vector<double> multiply(pactor::ndarray_view<double> matrix, std::span<const double> x) {
  if (matrix.rank() != 2 || matrix.shape()[1] != x.size())
    throw std::invalid_argument{"the matrix has to have as many columns as the vector has elements"};
  std::vector<double> y(matrix.shape()[0]);
  for (std::size_t row = 0; row < y.size(); ++row)
    for (std::size_t column = 0; column < x.size(); ++column) y[row] += matrix(row, column) * x[column];
  return y;
}
PACTOR_JOB(multiply)

/// The products of the elements: for `dview.parallel(pmul)(a, b)`, which divides the arrays among the engines.
pactor::ndarray<double> pmul(pactor::ndarray_view<double> a, pactor::ndarray_view<double> b) {
  if (!std::ranges::equal(a.shape(), b.shape())) throw std::invalid_argument{"the arrays have different shapes"};
  std::vector<double> product{a.begin(), a.end()};
  for (std::size_t i = 0; i < product.size(); ++i) product[i] *= b.data()[i];
  return {{a.shape().begin(), a.shape().end()}, std::move(product)};
}
PACTOR_JOB(pmul)

} // namespace basics
