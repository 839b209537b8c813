#include "runtime/files/authority_file.hpp"
#include "runtime/files/file_io.hpp"
#include "tests/unit/files/scratch_directory.hpp"

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;

TEST_CASE("an authority comes back as it was written, for its owner only") {
  const scratch_directory scratch;
  const auto path = scratch.path() / "a.json";
  const security::time_point now{std::chrono::seconds{1'800'000'000}};
  security::authority a{"c1", "0011aabb", now};
  static_cast<void>(a.issue(role::client, "anna", security::validity::from(now, 1h), now));
  a.revoke("anna", now + 1min);
  a.rotate(now, 2h);
  static_cast<void>(a.issue(role::node, "b", security::validity::from(now, 24h), now));
  files::write_authority(path, a);
  CHECK(mode_of(path) == 0600);
  auto b = files::read_authority(path);
  CHECK(b.trusted(now) == a.trusted(now));
  CHECK(b.revoked(now) == a.revoked(now));
  REQUIRE(b.issued().size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(b.issued()[i].serial == a.issued()[i].serial);
    CHECK(b.state_of(b.issued()[i], now) == a.state_of(a.issued()[i], now));
    CHECK(b.issued()[i].expires == a.issued()[i].expires);
  }
  CHECK_NOTHROW(static_cast<void>(b.issue(role::client, "c", security::validity::from(now, 1h), now)));

  REQUIRE(::chmod(path.c_str(), 0640) == 0);
  CHECK(error_of([&] { return files::read_authority(path); }).first == ec::configuration);
  CHECK(error_of([&] { return files::read_authority(scratch.path() / "none"); }).first == ec::not_running);
}

TEST_CASE("what is said of a damaged file holds nothing of its keys") {
  const scratch_directory scratch;
  const security::time_point now{std::chrono::seconds{1'800'000'000}};
  files::write_authority(scratch.path() / "a.json", security::authority{"", "0011aabb", now});
  auto text = files::read_file(scratch.path() / "a.json");
  const auto key = text.find("BEGIN PRIVATE KEY");
  REQUIRE(key != std::string::npos);
  const auto secret = text.substr(key + 30, 40);
  text.insert(key + 80, "\n");
  const auto [code, words] = error_of([&] { return files::read_authority(scratch.write("a.json", text)); });
  CHECK(code == ec::configuration);
  CHECK(words.find(secret) == std::string::npos);
  CHECK(words.find("damaged") != std::string::npos);
}
