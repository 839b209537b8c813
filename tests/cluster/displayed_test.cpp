// What jobs publish while they run, and the pictures and files that they hand back.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/terminal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

namespace {

std::string name_of(std::size_t i) { return "item " + std::to_string(i); }

bool is_pattern(const std::string& data) {
  for (std::size_t i = 0; i < data.size(); ++i)
    if (data[i] != static_cast<char>(i % 251)) return false;
  return true;
}

} // namespace

TEST_SUITE_BEGIN("displayed");

TEST_CASE("what a job publishes is seen while it runs, and the latest value counts") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go";
  // The last value is seen although the job published many at once and then says nothing for long.
  const auto r = c[0].apply_async<void>("publish_and_wait", go.string(), 50'000L);
  const auto b = c.load_balanced_view("1").apply_async<void>("publish_and_wait", go.string(), 3L);
  const auto step = [](const auto& result) {
    const auto data = result.data();
    const auto i = data.find("step");
    return i == data.end() ? -1L : i->second.template as<long>();
  };
  CHECK(eventually(15s, [&] { return step(r) == 50'000 && step(b) == 3; }));
  CHECK_FALSE(r.ready());
  CHECK_FALSE(b.ready());
  write_file(go, "");
  r.get();
  b.get();
  CHECK(step(r) == 50'001);
  CHECK(step(b) == 4);
  CHECK(r.data_missed() == 0);
}

TEST_CASE("what a job publishes and displays is told as it comes") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto go = cluster.directory() / "go";
  const auto r = c[0].apply_async<void>("publish_and_wait", go.string(), 3L);
  std::atomic<long> latest{-1};
  auto told = r.on_published([&](const published_value& v) {
    CHECK(v.name == "step");
    CHECK(v.engine == 0);
    latest = v.value.as<long>();
  });
  CHECK(eventually(15s, [&] { return latest == 3; }));
  CHECK_FALSE(r.ready());
  write_file(go, "");
  told.get();
  CHECK(latest == 4);

  const auto shown = c.load_balanced_view().apply_async<void>("display_large", 3L, 4L << 20);
  std::vector<std::string> names; // of the callback thread until it is told everything
  shown
      .on_displayed([&](const displayed_item& item) {
        CHECK(item.complete());
        CHECK(is_pattern(item.data));
        names.push_back(item.name);
      })
      .get();
  CHECK(names == std::vector<std::string>{name_of(0), name_of(1), name_of(2)});
}

TEST_CASE("each engine's values keep apart, in target order") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto r = c[targets{std::vector<int>{1, 0}}].apply_async<long>("publish_steps", 5L);
  r.get();
  const auto data = r.data();
  REQUIRE(data.size() == 2);
  for (const auto& of_engine : data) {
    CHECK(of_engine.size() == 2);
    CHECK(of_engine.at("double").as<std::vector<double>>() == std::vector<double>{8});
  }
  const auto beyond = caught<error>([&] { c[0].apply_sync<void>("publish_large", 2L, 800'000L); });
  REQUIRE(beyond);
  CHECK(beyond->code() == ec::too_large);
}

TEST_CASE("what jobs display comes with engine, name and type, large or small") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto svg = c[all].apply_async<int>("display_svg", "plot");
  svg.get();
  const auto pictures = svg.displayed();
  REQUIRE(pictures.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(pictures[i].task == i);
    CHECK(pictures[i].engine == static_cast<int>(i));
    CHECK(pictures[i].name == "plot");
    CHECK(pictures[i].media_type == "image/svg+xml");
    CHECK(pictures[i].complete());
    CHECK(contains(pictures[i].data, "<!-- " + std::to_string(i) + " -->"));
  }
  // All that a task may display, on all engines at a time, through both schedulers.
  const auto direct = c[all].apply_async<void>("display_large", 4L, 4L << 20);
  const auto balanced = c.load_balanced_view().apply_async<void>("display_large", 16L, 1L << 20);
  direct.get();
  balanced.get();
  for (const auto& items : {direct.displayed(), balanced.displayed()}) {
    CHECK(items.size() == (items.front().size == 4 << 20 ? 8 : 16));
    std::size_t wrong = 0;
    for (const auto& item : items)
      if (!item.complete() || !is_pattern(item.data)) ++wrong;
    CHECK(wrong == 0);
    CHECK(items[3].name == name_of(3));
  }
}

TEST_CASE("what a job that failed or died has published and displayed is there") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto threw = c[0].apply_async<void>("display_and_throw", "notes");
  CHECK_THROWS_AS(threw.get(), remote_error);
  CHECK(threw.data().at("far").as<int>() == 7);
  REQUIRE(threw.displayed().size() == 1);
  CHECK(threw.displayed()[0].data == "what there was");
  const auto died = c[0].apply_async<void>("display_and_die", "notes");
  CHECK_THROWS_AS(died.get(), engine_lost);
  CHECK(died.data().at("far").as<int>() == 7);
  REQUIRE(died.displayed().size() == 1);
  CHECK(died.displayed()[0].complete());
}

TEST_CASE("the command line saves what jobs display, and says so") {
  const temporary_cluster cluster{2};
  const auto directory = cluster.directory() / "saved";
  const auto save = "--save=" + directory.string();
  const auto path = [&](const std::string& name) { return (directory / name).string(); };
  const auto lines = cluster.pactor({"apply", "display_svg", "plot", save});
  CHECK(lines.exit_code == 0);
  CHECK(lines.out == "[0] 0\n[1] 1\n");
  CHECK(contains(lines.err, "[display:0] saved " + path("plot.svg") + " (image/svg+xml, 7"));
  CHECK(contains(lines.err, "[display:1] saved " + path("plot-1.svg") + " (image/svg+xml, 7"));
  CHECK(contains(content_of(path("plot.svg")), "<!-- 0 -->"));
  CHECK(contains(content_of(path("plot-1.svg")), "<!-- 1 -->"));

  const auto data = cluster.pactor({"apply", "display_svg", "plot", save, "--targets", "1", "--json"});
  CHECK(data.exit_code == 0);
  CHECK(contains(data.out, R"("displayed":[{"media_type":"image/svg+xml","name":"plot","size":7)"));
  CHECK(contains(data.out, "\"file\":\"" + path("plot-2.svg") + "\""));

  const auto mapped = cluster.pactor({"map", "display_svg", R"(["a","b","c"])", save, "--balanced"});
  CHECK(mapped.exit_code == 0);
  for (const std::string name : {"a.svg", "b.svg", "c.svg"}) CHECK(contains(mapped.err, "saved " + path(name) + " ("));
  const auto failed = cluster.pactor({"apply", "display_and_throw", "notes", save, "--targets", "0"});
  CHECK(failed.exit_code == 1);
  CHECK(content_of(path("notes.txt")) == "what there was");
}

TEST_CASE("a terminal that can shows pictures, whatever goes wrong with that") {
  const temporary_cluster cluster{1};
  const auto bin = cluster.directory() / "bin";
  std::filesystem::create_directories(bin);
  const auto converter = bin / "rsvg-convert";
  const auto use = [&](const std::string& script) {
    write_file(converter, "#!/bin/sh\n" + script);
    std::filesystem::permissions(converter, std::filesystem::perms::owner_all);
  };
  const auto show = [&](const std::string& temporary) {
    auto variables = cluster.variables();
    variables.insert(variables.end(), {{"TERM", "xterm-kitty"},
                                       {"TMUX", ""},
                                       {"NO_COLOR", "1"},
                                       {"TMPDIR", temporary},
                                       {"PATH", bin.string() + ":/usr/bin:/bin"}});
    terminal shown{
        {PACTOR_TEST_PROGRAM, "apply", "display_svg", "plot", "--save", (cluster.directory() / "p").string()},
        variables};
    auto text = shown.until("[0] 0\n");
    CHECK(shown.wait() == 0);
    return text.substr(text.find('\n') + 1); // behind `saved ...`
  };
  const auto there = std::filesystem::temp_directory_path().string();
  // As it is called: rsvg-convert --format=png --output FILE -- FILE
  use("test \"$1 $2 $4\" = '--format=png --output --' && grep -q '<svg' \"$5\" && printf png > \"$3\"\n");
  CHECK(show(there) == "Ga=T,f=100,q=2,m=0;cG5n\n");
  CHECK(show("/no/such/directory") == "");
  use("exit 1\n");
  CHECK(show(there) == "");
}

TEST_CASE("a job's name for what it displays reaches no other directory, and no file that is there") {
  const temporary_cluster cluster{1};
  const auto directory = cluster.directory() / "saved";
  const auto show = [&](const std::string& name) {
    const auto r = cluster.pactor({"apply", "display_named", "text/plain", name, "--save=" + directory.string()});
    CHECK(r.exit_code == 0);
  };
  for (const std::string name : {"../outside.txt", "/tmp/outside.txt", ".hidden", "..", "outside.txt"}) show(name);
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator{directory})
    names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  CHECK(names ==
        std::vector<std::string>{"display.txt", "hidden.txt", "outside-1.txt", "outside-2.txt", "outside.txt"});
  CHECK_FALSE(std::filesystem::exists(cluster.directory() / "outside.txt"));
  const auto nowhere =
      cluster.pactor({"apply", "display_named", "text/plain", "x", "--save=" + (directory / "display.txt").string()});
  CHECK(nowhere.exit_code == 1);
  CHECK(contains(nowhere.err, "Not a directory"));
  CHECK(nowhere.out == "[0] null\n");
}

TEST_SUITE_END();
