// What tasks publish and display, as the client keeps it and the command line saves it.

#include "cli/displayed.hpp"
#include "pactor/codec.hpp"
#include "pactor/detail/task_output.hpp"
#include "runtime/wire/sayings.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

using namespace pactor;
using namespace pactor::detail;

namespace {

utterance says(wire::record_kind kind, const bytes& payload, std::uint32_t losses = 0) {
  utterance u;
  u.kind = static_cast<std::uint16_t>(kind);
  u.engine = 4;
  u.losses = losses;
  u.payload = payload;
  return u;
}

utterance publishes(std::string_view name, std::string_view encoded, std::uint32_t losses = 0) {
  return says(wire::record_kind::published, wire::write_published(name, encoded), losses);
}

utterance displays(std::uint32_t item, std::uint64_t size, std::uint64_t offset, std::string_view part,
                   std::string_view name = "plot", std::string_view type = "image/png", std::uint32_t losses = 0) {
  wire::displayed_head h;
  h.item = item;
  h.size = size;
  h.offset = offset;
  if (offset == 0) {
    h.name = static_cast<std::uint32_t>(name.size());
    h.media_type = static_cast<std::uint32_t>(type.size());
  }
  return says(wire::record_kind::displayed, wire::write_displayed(h, name, type, part), losses);
}

struct said_fixture {
  std::shared_ptr<output_budget> budget = std::make_shared<output_budget>(0);
  task_outputs said;
  void hear(const utterance& u, std::size_t task = 0) { said.hear(task, u, budget); }
  [[nodiscard]] std::string text(const std::string& name) {
    const auto all = said.published(0);
    const auto i = all.find(name);
    return i == all.end() ? "none" : std::string{i->second.data(), i->second.size()};
  }
};

std::string content(const std::filesystem::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST_SUITE_BEGIN("displayed");

TEST_CASE_FIXTURE(said_fixture, "of what a task publishes the latest value of each name counts") {
  hear(publishes("a", "1"));
  hear(publishes("b", "2"));
  hear(publishes("a", "3"));
  CHECK(text("a") == "3");
  CHECK(text("b") == "2");
  CHECK(said.published(1).empty());
  CHECK(said.unpublished(0) == 0);
  auto gap = says(wire::record_kind::published, {});
  gap.omitted = 5;
  hear(gap);
  CHECK(said.unpublished(0) == 5);
}

TEST_CASE_FIXTURE(said_fixture,
                  "what is too much is not kept, and counted; the value before it is not the latest then") {
  const std::string half(600'000, 'x');
  hear(publishes("a", half));
  hear(publishes("b", "small"));
  hear(publishes("b", half));
  CHECK(text("a") == half);
  CHECK(text("b") == "none");
  CHECK(said.unpublished(0) == 1);
  hear(publishes("a", "small"));
  hear(publishes("b", half));
  CHECK(text("b") == half);
  CHECK(*budget < 700'000);
  *budget += task_outputs::most_kept;
  hear(publishes("c", "no room in all calls"));
  CHECK(text("c") == "none");
  *budget -= task_outputs::most_kept;
}

TEST_CASE_FIXTURE(said_fixture, "a displayed item is put together from its parts; a gap leaves it incomplete") {
  hear(displays(0, 6, 0, "abc"));
  REQUIRE(said.displayed().size() == 1);
  CHECK_FALSE(said.displayed()[0]->complete());
  hear(displays(0, 6, 3, "def"));
  hear(displays(1, 9, 0, "abc", "other", "text/plain"));
  hear(displays(1, 9, 6, "ghi"));
  hear(displays(2, 0, 0, "", "empty"));
  hear(displays(0, 1, 0, "z"), 7);
  const auto all = said.displayed();
  REQUIRE(all.size() == 4);
  CHECK(all[0]->complete());
  CHECK(all[0]->data == "abcdef");
  CHECK(all[0]->name == "plot");
  CHECK(all[0]->media_type == "image/png");
  CHECK(all[0]->engine == 4);
  CHECK_FALSE(all[1]->complete());
  CHECK(all[1]->data == "abc");
  CHECK(all[2]->complete());
  CHECK(all[3]->task == 7);
  CHECK(*budget == 10);
}

TEST_CASE_FIXTURE(said_fixture, "of a task that runs again after a loss only its last run counts") {
  hear(publishes("a", "first"));
  hear(displays(0, 6, 0, "first"));
  hear(publishes("b", "second", 1));
  hear(displays(0, 6, 0, "second", "plot", "image/png", 1));
  hear(publishes("a", "late"));
  CHECK(text("a") == "none");
  CHECK(text("b") == "second");
  REQUIRE(said.displayed().size() == 1);
  CHECK(said.displayed()[0]->data == "second");
}

TEST_CASE_FIXTURE(said_fixture, "what makes no sense is not believed") {
  const auto raw = [&](wire::record_kind kind, std::string_view payload) {
    hear(says(kind, bytes::copy(payload.data(), payload.size())));
  };
  raw(wire::record_kind::published, "");
  raw(wire::record_kind::published, "short");
  raw(wire::record_kind::published, std::string(64, '\xff'));
  raw(wire::record_kind::displayed, "short");
  raw(wire::record_kind::displayed, std::string(64, '\xff'));
  hear(displays(0, 5, 0, "too long for its size"));
  hear(displays(0, wire::most_displayed + 1, 0, "x"));
  hear(displays(wire::most_items, 5, 0, "12345"));
  hear(displays(0, 5, 2, "of no item"));
  hear(displays(0, 5, 0, "12345", "no type", ""));
  CHECK(said.published(0).empty());
  CHECK(said.displayed().empty());
  for (std::uint32_t i = 0; i < 20; ++i) hear(displays(i, wire::most_displayed / 4, 0, "x"));
  CHECK(said.displayed().size() == 4); // what a task may display in all
  CHECK(*budget == 4);
}

TEST_CASE("a displayed item is saved under a harmless name that fits what it is") {
  using cli::file_name_for;
  CHECK(file_name_for("plot.svg", "image/svg+xml") == "plot.svg");
  CHECK(file_name_for("plot", "image/svg+xml") == "plot.svg");
  CHECK(file_name_for("", "image/png") == "display.png");
  CHECK(file_name_for("photo.JPEG", "image/jpeg") == "photo.JPEG");
  CHECK(file_name_for("run.log", "text/plain; charset=utf-8") == "run.log");
  CHECK(file_name_for("notes", "text/plain") == "notes.txt");
  CHECK(file_name_for("blob", "made/up") == "blob.bin");
  CHECK(file_name_for("page", "text/html; charset=utf-8") == "page.html");
  CHECK(file_name_for("evil.sh", "image/png") == "evil.sh.png");
  CHECK(file_name_for("../../etc/passwd", "text/plain") == "passwd.txt");
  CHECK(file_name_for("/", "image/png") == "display.png");
  CHECK(file_name_for("..", "image/png") == "display.png");
  CHECK(file_name_for("a\\..\\b.png", "image/png") == "b.png");
  CHECK(file_name_for(".bashrc", "text/plain") == "bashrc.txt");
  CHECK(file_name_for("-rf", "text/plain") == "rf.txt");
  CHECK(file_name_for(".png", "image/png") == "png.png");
  CHECK(file_name_for("two words;\x1b[31m$(x).png", "image/png") == "two_words___31m__x_.png");
  CHECK(file_name_for(std::string{"a\0b.png", 7}, "image/png") == "a_b.png");
  CHECK(file_name_for("H\xc3\xa4user.png", "image/png") == "H_user.png");
  const auto longest = file_name_for(std::string(250, 'x') + ".png", "image/png");
  CHECK(longest == std::string(86, 'x') + ".png");
  CHECK(file_name_for(std::string(250, '.') + std::string(250, 'y'), "application/x").size() <= 100);
}

TEST_CASE("saving never writes over anything, and tells what is not whole") {
  const test::scratch_directory directory;
  const auto to = directory.path() / "made";
  std::vector<displayed_item> items{{0, 3, "image/svg+xml", "plot", "first", 5},
                                    {1, 4, "image/svg+xml", "plot.svg", "second", 6},
                                    {1, 4, "image/png", "part", "beg", 1200}};
  std::ostringstream log;
  const auto saved = cli::save(items, to, log);
  CHECK(content(to / "plot.svg") == "first");
  CHECK(content(to / "plot-1.svg") == "second");
  REQUIRE(saved.size() == 3);
  CHECK(saved[1].file == (to / "plot-1.svg").string());
  CHECK(saved[2].file.empty());
  CHECK(log.str() == "[display:3] saved " + (to / "plot.svg").string() + " (image/svg+xml, 5 bytes)\n" +
                         "[display:4] saved " + (to / "plot-1.svg").string() + " (image/svg+xml, 6 bytes)\n" +
                         "[display:4] part.png (image/png, 1.2 kB) is not saved: only 3 bytes of it arrived\n");
  // A link that stands there already is not followed.
  std::filesystem::create_symlink(directory.path() / "target", to / "link.svg");
  items = {{0, 3, "image/svg+xml", "link", "third", 5}};
  CHECK(cli::save(items, to, log).at(0).file == (to / "link-1.svg").string());
  CHECK_FALSE(std::filesystem::exists(directory.path() / "target"));
  // Nowhere to write to.
  const auto refused = cli::save(items, to / "plot.svg", log);
  CHECK(refused.at(0).file.empty());
  CHECK(refused.at(0).error.find("Not a directory") != std::string::npos);
}

TEST_SUITE_END();

TEST_CASE_FIXTURE(said_fixture, "what is displayed is saved once, when it is whole, or will never be") {
  const test::scratch_directory directory;
  cli::saved_items saved{directory.path()};
  std::ostringstream log;
  const auto look = [&](bool ended) {
    std::vector<displayed_item> items;
    for (const auto& item : said.displayed()) items.push_back(*item);
    saved.update(items, ended, log);
    return saved.all().size();
  };
  hear(displays(0, 3, 0, "abc"));
  hear(displays(1, 6, 0, "abc"));
  hear(displays(2, 6, 0, "abc"));
  CHECK(look(false) == 1);
  hear(displays(1, 6, 3, "def"));
  hear(displays(0, 3, 0, "xyz"), 7);
  CHECK(look(false) == 3);
  CHECK(look(false) == 3);
  CHECK(look(true) == 4);
  CHECK(look(true) == 4);
  CHECK(saved.all()[1].task + saved.all()[2].task == 7);
  CHECK(saved.all()[3].error != "");
  CHECK(content(directory.path() / "plot.png") == "abc");
  CHECK(std::distance(std::filesystem::directory_iterator{directory.path()}, {}) == 3);
}
