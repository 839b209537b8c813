// Jobs with parameters and results of every kind, and jobs that use the namespace.

#include <pactor/job.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace types {

struct point {
  double x = 0, y = 0;
  std::vector<double> weights;
  MSGPACK_DEFINE_MAP(x, y, weights)
};
point mirror(const point& p) { return {-p.x, -p.y, p.weights}; }
PACTOR_JOB(mirror)

std::tuple<std::int64_t, std::string> swap_pair(const std::tuple<std::string, std::int64_t>& p) {
  return {std::get<1>(p), std::get<0>(p)};
}
PACTOR_JOB(swap_pair)

std::optional<double> root(std::optional<double> x) { return x && *x >= 0 ? x : std::nullopt; }
PACTOR_JOB(root)

std::map<std::string, std::size_t> lengths(const std::vector<std::string>& words) {
  std::map<std::string, std::size_t> result;
  for (const auto& word : words) result[word] = word.size();
  return result;
}
PACTOR_JOB(lengths)

pactor::ndarray<double> transposed(pactor::ndarray_view<double> m) {
  pactor::ndarray<double> t{{m.shape()[1], m.shape()[0]}};
  for (std::size_t i = 0; i < m.shape()[0]; ++i)
    for (std::size_t j = 0; j < m.shape()[1]; ++j) t(j, i) = m(i, j);
  return t;
}
PACTOR_JOB(transposed)

/// Where the elements that the job saw lie: for tests that nothing was copied.
std::uint64_t address(std::span<const double> v) { return reinterpret_cast<std::uintptr_t>(v.data()); }
PACTOR_JOB(address)

double sum(std::span<const double> v) { return std::accumulate(v.begin(), v.end(), 0.0); }
PACTOR_JOB_AS(sum, "stats.sum")

std::string repeat(std::string_view text, std::uint8_t times) {
  std::string result;
  for (; times > 0; --times) result += text;
  return result;
}
PACTOR_JOB(repeat)

/// A view into the argument as the result.
std::string_view first_word(std::string_view text) { return text.substr(0, text.find(' ')); }
PACTOR_JOB(first_word)

bool is_even(std::int64_t n) { return n % 2 == 0; }
PACTOR_JOB(is_even)

void nothing(int) {}
PACTOR_JOB(nothing)

double distance(double a, double b) { return b - a; }
PACTOR_JOB(distance)

int engine_number(pactor::context& engine) { return engine.engine(); }
PACTOR_JOB(engine_number)

/// Counts its calls in the namespace.
long count_up(pactor::context& engine) {
  if (!engine.contains("count")) engine.set("count", 0L);
  return ++engine.ref<long>("count");
}
PACTOR_JOB(count_up)

/// No one can encode this.
struct machine {
  std::unique_ptr<int> state;
};
void make_machine(pactor::context& engine, int state) { engine.set("machine", machine{std::make_unique<int>(state)}); }
PACTOR_JOB(make_machine)
int run_machine(pactor::context& engine) { return ++*engine.ref<machine>("machine").state; }
PACTOR_JOB(run_machine)

/// Whether a variable was read in place, and its sum.
std::tuple<double, bool> view_sum(pactor::context& engine, const std::string& name) {
  const auto first = engine.view<double>(name);
  const auto again = engine.view<double>(name);
  return {sum(first), first.data() == again.data()};
}
PACTOR_JOB(view_sum)

void append(pactor::context& engine, const std::string& name, double x) {
  engine.ref<std::vector<double>>(name).push_back(x);
}
PACTOR_JOB(append)

double read_double(pactor::context& engine, const std::string& name) { return engine.get<double>(name); }
PACTOR_JOB(read_double)

} // namespace types
