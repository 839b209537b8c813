// Jobs that call MPI between the engines of a set: give them to all of it at once, by a direct view.

#include <pactor/job.hpp>
#include <pactor/mpi.hpp>

#include <algorithm>
#include <numeric>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace mpi_jobs {

struct place {
  int rank = 0, size = 0;
};

place place_in(MPI_Comm world) {
  place p;
  MPI_Comm_rank(world, &p.rank);
  MPI_Comm_size(world, &p.size);
  return p;
}

/// The engine's rank, and how many there are.
std::tuple<int, int> mpi_place() {
  const auto [rank, size] = place_in(pactor::mpi_world());
  return {rank, size};
}
PACTOR_JOB(mpi_place)

/// The sum over a variable that was scattered: each engine adds its own part, and gets the whole.
double mpi_sum(pactor::context& engine, const std::string& name) {
  const auto numbers = engine.view<double>(name);
  const double mine = std::accumulate(numbers.begin(), numbers.end(), 0.0);
  double all = 0;
  MPI_Allreduce(&mine, &all, 1, MPI_DOUBLE, MPI_SUM, pactor::mpi_world());
  return all;
}
PACTOR_JOB(mpi_sum)

/// Heat in a rod whose ends keep their temperature: `steps` steps of the explicit scheme on a variable that was
/// scattered, each engine its part, with the neighbours' temperatures at its borders.
void mpi_heat(pactor::context& engine, const std::string& name, int steps, double k) {
  const auto world = pactor::mpi_world();
  const auto [rank, size] = place_in(world);
  auto& mine = engine.ref<std::vector<double>>(name);
  // Whether all have one: an engine that gave up alone would leave the others waiting.
  int empty = mine.empty() ? 1 : 0, any_empty = 0;
  MPI_Allreduce(&empty, &any_empty, 1, MPI_INT, MPI_MAX, world);
  if (any_empty != 0) throw std::invalid_argument{"every engine has to have a part of the rod"};
  const int left = rank > 0 ? rank - 1 : MPI_PROC_NULL, right = rank + 1 < size ? rank + 1 : MPI_PROC_NULL;
  const auto n = mine.size();
  std::vector<double> now(n + 2), next;
  std::copy(mine.begin(), mine.end(), now.begin() + 1);
  for (int step = 0; step < steps; ++step) {
    MPI_Sendrecv(&now[1], 1, MPI_DOUBLE, left, 0, &now[n + 1], 1, MPI_DOUBLE, right, 0, world, MPI_STATUS_IGNORE);
    MPI_Sendrecv(&now[n], 1, MPI_DOUBLE, right, 1, &now[0], 1, MPI_DOUBLE, left, 1, world, MPI_STATUS_IGNORE);
    next = now;
    for (std::size_t i = rank == 0 ? 2 : 1; i < n + (right == MPI_PROC_NULL ? 0U : 1U); ++i)
      next[i] = now[i] + k * (now[i - 1] - 2 * now[i] + now[i + 1]);
    std::swap(now, next);
  }
  std::copy(now.begin() + 1, now.end() - 1, mine.begin());
}
PACTOR_JOB(mpi_heat)

} // namespace mpi_jobs
