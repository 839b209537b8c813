#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

using namespace pactor;
using namespace std::chrono_literals;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

/// What the last client was opened with.
client_options& last_options() {
  static client_options options;
  return options;
}

} // namespace

// In place of the transport's.
std::shared_ptr<detail::session> pactor::detail::open_session(const client_options& options) {
  last_options() = options;
  return std::make_shared<fake_session>();
}

TEST_SUITE("client") {
  TEST_CASE("it opens the default profile's cluster or the one that is named") {
    const client first;
    CHECK(last_options().profile == "default");
    const client second{{.profile = "hpc", .cluster_id = "night"}};
    CHECK(last_options().profile == "hpc");
    CHECK(last_options().cluster_id == "night");
  }

  TEST_CASE("copies share one connection") {
    const client c;
    const auto copy = c; // NOLINT(performance-unnecessary-copy-initialization)
    copy.close();
    CHECK_FALSE(c.connected());
  }

  TEST_CASE("ids are a copy, ascending") {
    const client c;
    auto ids = c.ids();
    CHECK(ids == std::vector{0, 1, 2, 3});
    ids.clear();
    CHECK(c.size() == 4);
  }

  TEST_CASE("waiting for engines that do not come says how many there are") {
    const auto c = client_of(std::make_shared<fake_session>(1));
    c.wait_for_engines(1, 0s);
    CHECK_THROWS_WITH_AS(c.wait_for_engines(9, 500ms), "9 engines not ready in 0.5 s; ready: 1", timeout_error);
  }

  TEST_CASE("an engine that is not there is refused when it is named") {
    const client c;
    CHECK_THROWS_WITH_AS((void)c[7], "no engine 7: the engines are 0-3", error);
    CHECK_THROWS_WITH_AS((void)c.load_balanced_view({0, 7}), "no engine 7: the engines are 0-3", error);
    CHECK_THROWS_AS((void)c["0,7"], error);
  }

  TEST_CASE("jobs are listed with signature and library") {
    const auto jobs = client{}.jobs();
    const auto power10 = std::ranges::find(jobs, "power10", &job_info::name);
    REQUIRE(power10 != jobs.end());
    CHECK(*power10 == job_info{"power10", "double(double)", "libfake.so"});
  }
}
