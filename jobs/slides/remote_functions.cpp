// Remote functions: called here, they run on every engine of their view.

#include "lesson.hpp"

int main() {
  return slides::run([] {
    const pactor::client c;
    const auto dview = c[pactor::all];
    const auto getpid = dview.remote<int>("getpid");
    const auto pids = getpid.sync();
    slides::show(pids);
    for (int i = 0; i < 4; ++i)
      slides::check(c[i].apply_sync<int>("getpid") == pids[static_cast<std::size_t>(i)], "another process");

    // Hello world! again: every engine learns its rank.
    const auto n = static_cast<int>(c.size());
    for (int i = 0; i < n; ++i) c[i].push({{"npes", n}, {"myrank", i}});
    const auto hello = dview.remote<std::string>("slides.hello");
    slides::show(hello.sync(), {"Hello world from 0 out of 4 !", "Hello world from 1 out of 4 !",
                                "Hello world from 2 out of 4 !", "Hello world from 3 out of 4 !"});
  });
}
