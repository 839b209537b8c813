#include "pactor/error.hpp"
#include "runtime/security/authority.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using namespace pactor;
using namespace std::chrono_literals;
using security::authority;
using security::role;
using security::validity;

namespace {

const security::time_point now{std::chrono::seconds{1'800'000'000}};
constexpr std::chrono::hours day{24};

std::string complaint(const auto& f) {
  try {
    f();
  } catch (const error& e) {
    return e.what();
  }
  return "";
}

struct register_fixture {
  authority all{"c1", "0011aabb", now};

  security::certificate_info issue(role r, const std::string& name, std::chrono::seconds length = 30 * day) {
    return security::info_of(all.issue(r, name, validity::from(now, length), now).certificate);
  }
  std::string state(const std::string& serial, security::time_point at) {
    const auto one = std::ranges::find(all.issued(), serial, &security::issued_certificate::serial);
    REQUIRE(one != all.issued().end());
    return all.state_of(*one, at);
  }
};

} // namespace

TEST_SUITE("authority") {
  TEST_CASE_FIXTURE(register_fixture, "what is issued is registered as the certificate says it") {
    const auto anna = issue(role::client, "anna");
    REQUIRE(all.issued().size() == 1);
    const auto& one = all.issued().front();
    CHECK(one.serial == anna.serial);
    CHECK(one.serial.size() == 32);
    CHECK(one.name == "anna");
    CHECK(anna.name == "anna");
    CHECK(anna.holder == role::client);
    CHECK(one.expires == anna.not_after);
    CHECK(anna.not_after == now + 30 * day);
    CHECK(state(anna.serial, now) == "valid");
    CHECK(state(anna.serial, now + 31 * day) == "expired");
    CHECK(security::describe(anna) == "anna (client, " + anna.serial.substr(0, 12) + ")");
  }

  TEST_CASE_FIXTURE(register_fixture, "a name is for one certificate at a time") {
    const auto first = issue(role::client, "anna", 1h);
    CHECK(complaint([&] { issue(role::node, "anna"); }).find("anna already") != std::string::npos);
    CHECK(all.free_name(role::client, now) == "client-2");
    issue(role::client, "client-2");
    CHECK(all.free_name(role::client, now) == "client-3");
    all.revoke("anna", now);
    CHECK(issue(role::client, "anna").serial != first.serial);
  }

  TEST_CASE_FIXTURE(register_fixture, "one is revoked by name, serial number or its start, and stays so") {
    const auto anna = issue(role::client, "anna"), ben = issue(role::client, "ben"), host = issue(role::node, "b");
    CHECK(all.revoked(now).empty());
    CHECK(all.revoke("anna", now).at(0).serial == anna.serial);
    CHECK(all.revoke(ben.serial, now).at(0).name == "ben");
    CHECK(all.revoke(host.serial.substr(0, 12), now).at(0).name == "b");
    CHECK(all.revoked(now).size() == 3);
    CHECK(state(anna.serial, now) == "revoked");
    CHECK(all.revoke("anna", now + 1h).at(0).revoked == now); // again is no error, and changes nothing
    CHECK(complaint([&] { all.revoke("nobody", now); }).find("no certificate has") != std::string::npos);
    CHECK(complaint([&] { all.revoke(ben.serial.substr(0, 4), now); }) != ""); // too short to be meant
    CHECK(all.revoked(now + 31 * day).empty());                                // refused anyway
  }

  TEST_CASE_FIXTURE(register_fixture, "a controller's certificate is replaced, not revoked") {
    const auto controller = issue(role::controller, "controller");
    CHECK(complaint([&] { all.revoke("controller", now); }).find("rotate --now") != std::string::npos);
    CHECK(all.revoked(now).empty());
  }

  TEST_CASE_FIXTURE(register_fixture, "rotating: both authorities are trusted for a while, and the old key is gone") {
    const auto before = issue(role::client, "client");
    const auto only = all.trusted(now);
    all.rotate(now, 2h);
    const auto after = issue(role::client, "client"); // the same name, of the next authority
    REQUIRE(all.generations().size() == 2);
    CHECK(all.generations()[0].key.empty());
    CHECK_FALSE(all.generations()[1].key.empty());
    CHECK(security::info_of(all.generations()[0].certificate).not_after == now + 2h);
    CHECK(all.trusted(now + 1h).size() > only.size() * 3 / 2);
    CHECK(all.trusted(now + 3h) == all.generations()[1].certificate);
    CHECK(state(before.serial, now + 1h).starts_with("replaced, until 2027-01-15T10:00:00Z"));
    CHECK(state(before.serial, now + 3h) == "replaced");
    CHECK(state(after.serial, now + 3h) == "valid");
    // A third one: the first keeps its end.
    all.rotate(now + 1h, 24h);
    CHECK(security::info_of(all.generations()[0].certificate).not_after == now + 2h);
    CHECK(security::info_of(all.generations()[1].certificate).not_after == now + 25h);
    // By name all of them are meant.
    CHECK(all.revoke("client", now + 1h).size() == 2);
  }

  TEST_CASE_FIXTURE(register_fixture, "a shorter overlap than one before counts for all older files") {
    const auto first = issue(role::client, "client");
    all.rotate(now, 24h);
    const auto second = issue(role::client, "client");
    all.rotate(now, 1h);
    for (const auto& one : {first, second}) {
      CHECK(state(one.serial, now + 30min) == "replaced, until 2027-01-15T09:00:00Z");
      CHECK(state(one.serial, now + 2h) == "replaced");
    }
    CHECK(all.trusted(now + 2h) == all.generations().back().certificate);
    CHECK(all.generations()[0].trusted_until == now + 1h); // its certificate still says a day
  }

  TEST_CASE_FIXTURE(register_fixture, "a full register: what is of no use makes room, and own files can be replaced") {
    std::vector<security::issued_certificate> many;
    const auto entry = [&](std::size_t i, std::chrono::seconds length) {
      return security::issued_certificate{"serial-" + std::to_string(i), "c" + std::to_string(i), role::client, now,
                                          now + length};
    };
    for (std::size_t i = 0; i < authority::most_issued; ++i) many.push_back(entry(i, i == 0 ? 1h : 30 * 24h));
    authority full{"c", "u", all.generations(), many};
    CHECK(complaint([&] { full.issue(role::client, "x", validity::from(now, 1h), now); }).find("rotate --now") !=
          std::string::npos);
    full.issue(role::client, "x", validity::from(now + 2h, 1h), now + 2h); // the first one has expired
    CHECK(full.issued().size() == authority::most_issued);
    // A file of its own that is revoked is replaced all the same.
    full.revoke("x", now + 2h);
    full.issue(role::client, "x", validity::from(now + 2h, 1h), now + 2h, authority::use::own_file);
    CHECK(full.revoked(now + 2h).size() == 1);
    full.rotate(now + 2h, 0s);
    full.issue(role::client, "y", validity::from(now + 2h, 1h), now + 2h);
    CHECK(full.issued().size() == 1);
  }

  TEST_CASE_FIXTURE(register_fixture, "rotating without an overlap trusts nothing of before") {
    issue(role::client, "client");
    const auto old = all.trusted(now);
    all.rotate(now, 1h);
    all.rotate(now, 0s);
    REQUIRE(all.generations().size() == 1);
    CHECK(all.generations()[0].number == 3);
    CHECK(all.trusted(now).find(old) == std::string::npos);
  }

  TEST_CASE_FIXTURE(register_fixture, "the register is bounded: what expired long ago is forgotten") {
    issue(role::client, "short", 1h);
    CHECK(complaint([&] { issue(role::client, "long", authority::lifetime + day); }).find("shorter") !=
          std::string::npos);
    all.issue(role::client, "later", validity::from(now + 40 * day, 1h), now + 40 * day);
    REQUIRE(all.issued().size() == 1);
    CHECK(all.issued()[0].name == "later");
  }

  TEST_CASE("who has certificates that end soon is told in time") {
    const auto info = [](std::chrono::seconds length) {
      return security::certificate_info{role::client, "c", "1", now, now + length};
    };
    CHECK(security::expiry_warning(info(365 * day), now) == "");
    CHECK(security::expiry_warning(info(365 * day), now + 350 * day) == "");
    CHECK(security::expiry_warning(info(365 * day), now + 356 * day) == "ends in 9 days, at 2028-01-15T08:00:00Z");
    CHECK(security::expiry_warning(info(day), now + 12h) == ""); // a short life is no reason
    CHECK(security::expiry_warning(info(day), now + 19h) == "ends in 5 hours, at 2027-01-16T08:00:00Z");
    CHECK(security::expiry_warning(info(day), now + 25h) == "ended at 2027-01-16T08:00:00Z");
  }
}
