#include "runtime/files/roster.hpp"

#include "tests/unit/files/scratch_directory.hpp"

#include <doctest/doctest.h>

#include <fstream>

using namespace pactor;

TEST_CASE("who is in the cluster is read as it was written; a damaged file names nobody") {
  const test::scratch_directory here;
  const auto path = here.path() / "roster";
  files::roster r;
  r.engines = {0, 2};
  r.clients = {7};
  r.lost = {1};
  r.libraries.push_back({"libx.so", "hash", 5, "here", 6, {}});
  r.write(path);
  CHECK(files::roster::read(path) == r);
  std::ofstream{path} << "{";
  CHECK(files::roster::read(path) == files::roster{});
  CHECK(files::roster::read(here.path() / "none") == files::roster{});
}
