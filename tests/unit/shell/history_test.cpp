#include "cli/shell/history.hpp"

#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

using namespace pactor::cli::shell;
using namespace pactor::test;

TEST_CASE("what is typed is there the next time, for its owner only") {
  const temporary_directory place;
  const auto file = place.path() / "history";
  {
    history h{file};
    CHECK(h.lines().empty());
    CHECK(h.add("x = 1"));
    CHECK_FALSE(h.add("x = 1")); // twice the same
    CHECK_FALSE(h.add("  "));
    CHECK_FALSE(h.add(std::string(history::longest_line + 1, 'x')));
    CHECK(h.add("y"));
  }
  using std::filesystem::perms;
  CHECK(std::filesystem::status(file).permissions() == (perms::owner_read | perms::owner_write));
  history again{file};
  CHECK(again.lines() == std::vector<std::string>{"x = 1", "y"});
  CHECK_FALSE(again.add("y"));
}

TEST_CASE("a history is bounded, the oldest lines go") {
  const temporary_directory place;
  const auto file = place.path() / "history";
  {
    std::ofstream out{file};
    for (std::size_t i = 0; i < history::most_lines + 10; ++i) out << "line " << i << '\n';
  }
  std::filesystem::permissions(file, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const history h{file};
  CHECK(h.lines().size() == history::most_lines);
  CHECK(h.lines().front() == "line 10");
  CHECK(history{file}.lines().size() == history::most_lines);
}

TEST_CASE("a history that others can read is not used, nor one that can't be written") {
  const temporary_directory place;
  const auto file = place.path() / "history";
  write_file(file, "secret\n");
  std::filesystem::permissions(file, std::filesystem::perms::all);
  history open{file};
  CHECK(open.lines().empty());
  CHECK(open.add("x"));
  CHECK(content_of(file) == "secret\n");
  history nowhere{place.path() / "no" / "history"};
  CHECK(nowhere.add("x"));
}
