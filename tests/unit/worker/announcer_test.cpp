// What jobs publish and display, as their engine sees it.

#include "runtime/wire/sayings.hpp"
#include "tests/unit/worker/worker_process.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace pactor;
using test::worker_process;

namespace {

/// The last value of each name, in the order in which they came.
std::map<std::string, value> latest(const std::vector<test::said_record>& said) {
  std::map<std::string, value> all;
  for (const auto& s : said) {
    REQUIRE(s.record.kind == static_cast<std::uint16_t>(wire::record_kind::published));
    const auto v = wire::read_published(s.payload);
    REQUIRE(v);
    all[std::string{v->name}] = decode<value>(v->value.data(), v->value.size());
  }
  return all;
}

std::vector<wire::displayed_view> parts(const std::vector<test::said_record>& said) {
  std::vector<wire::displayed_view> all;
  for (const auto& s : said) {
    REQUIRE(s.record.kind == static_cast<std::uint16_t>(wire::record_kind::displayed));
    const auto v = wire::read_displayed(s.payload);
    REQUIRE(v);
    all.push_back(*v);
  }
  return all;
}

} // namespace

TEST_CASE("what a job publishes comes before its outcome, the last value of each name always") {
  worker_process w{{PACTOR_TEST_SHOWING}};
  const auto a = w.call("publish_steps", 20'000L);
  CHECK(a.result<long>() == 20'000);
  const auto& said = w.said(a.record.id);
  CHECK(said.size() < 20'000); // most were replaced by later ones before they left
  const auto last = latest(said);
  CHECK(last.at("step").as<long>() == 19'999);
  CHECK(last.at("double").as<std::vector<double>>() == std::vector<double>{39'998});
}

TEST_CASE("a task can't publish more than its limit, and the next one starts afresh") {
  worker_process w{{PACTOR_TEST_SHOWING}};
  for (int again = 0; again < 2; ++again) {
    const auto most = w.call("publish_large", 3L, 300'000L);
    most.result<void>();
    CHECK(latest(w.said(most.record.id)).size() == 3);
    const auto beyond = w.call("publish_large", 4L, 300'000L).failed();
    CHECK(beyond.code == ec::too_large);
    CHECK(beyond.what.find("can't publish large 3 of 300") != std::string::npos);
  }
  for (const auto& name : {std::string{}, std::string(256, 'x')})
    CHECK(w.call("publish_named", name).failed().code == ec::invalid_argument);
  w.call("publish_named", std::string(255, 'x')).result<void>();
}

TEST_CASE("what a job displays comes in parts, with its name and type in the first") {
  worker_process w{{PACTOR_TEST_SHOWING}};
  const auto small = w.call("display_svg", "plot");
  const auto one = parts(w.said(small.record.id));
  REQUIRE(one.size() == 1);
  CHECK(one[0].name == "plot");
  CHECK(one[0].media_type == "image/svg+xml");
  CHECK(one[0].data.starts_with("<svg "));
  CHECK(one[0].head.size == one[0].data.size());

  const auto large = w.call("display_large", 2L, 1'200'000L);
  large.result<void>();
  const auto all = parts(w.said(large.record.id));
  REQUIRE(all.size() == 6);
  std::string data;
  for (std::size_t i = 3; i < 6; ++i) {
    CHECK(all[i].head.item == 1);
    CHECK(all[i].head.offset == data.size());
    CHECK(all[i].head.size == 1'200'000);
    CHECK(all[i].name == (i == 3 ? "item 1" : ""));
    data += all[i].data;
  }
  REQUIRE(data.size() == 1'200'000);
  CHECK(data[1'000'003] == static_cast<char>(1'000'003 % 251));
}

TEST_CASE("a task can't display more than its limits, and the job is told") {
  worker_process w{{PACTOR_TEST_SHOWING}};
  for (int again = 0; again < 2; ++again) {
    w.call("display_large", 2L, 8L << 20).result<void>();
    const auto beyond = w.call("display_large", 3L, 8L << 20).failed();
    CHECK(beyond.code == ec::too_large);
    CHECK(beyond.what.find("can't display item 2 of 8388608 bytes: a task has at most 16 MiB and 1000 items") !=
          std::string::npos);
  }
  w.call("display_large", 1000L, 0L).result<void>();
  CHECK(w.call("display_large", 1001L, 0L).failed().code == ec::too_large);
  CHECK(w.call("display_named", "", "name").failed().code == ec::invalid_argument);
  CHECK(w.call("display_named", "text/plain", std::string(256, 'x')).failed().code == ec::invalid_argument);
}
