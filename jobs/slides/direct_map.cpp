// map: a job for each element of a sequence; and which engine got which.

#include "lesson.hpp"

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    slides::show(dview.map_sync<long>("power10", std::views::iota(0, 7)),
                 {0, 1, 1024, 59049, 1048576, 9765625, 60466176});

    // The engines are processes: each prints its number, and keeps it as the variable pid.
    const auto printed = dview.apply_async<void>("slides.set_pid");
    printed.get();
    printed.display_outputs();

    // Seven elements on four engines are 2, 2, 2 and 1.
    const auto pid = dview.pull<int>("pid");
    slides::show(dview.map_sync<int>("slides.pid", std::views::iota(0, 7)),
                 {pid[0], pid[0], pid[1], pid[1], pid[2], pid[2], pid[3]});
  });
}
