#include "tests/unit/client/fake_session.hpp"

#include <doctest/doctest.h>

#include <list>
#include <ranges>
#include <set>
#include <sstream>
#include <thread>

using namespace pactor;
using pactor::test::client_of;
using pactor::test::fake_session;

namespace {

constexpr job<double(double)> power10{"power10"};
constexpr job<long(long, long)> add{"add"};
constexpr job<long(long)> refuse_odd{"refuse_odd"};

std::shared_ptr<fake_session> cluster(int engines = 4) { return std::make_shared<fake_session>(engines); }

/// Counts how many of its numbers were looked at.
auto counting(int& read) {
  return std::views::iota(0) | std::views::transform([&read](int i) { return ++read, i; });
}

} // namespace

TEST_SUITE("lazy map") {
  TEST_CASE("an endless input is read as results are taken, in order") {
    const auto s = cluster();
    const auto c = client_of(s);
    int read = 0;
    std::vector<double> first;
    for (const auto y : c[all].imap(power10, counting(read))) {
      first.push_back(y);
      if (first.size() == 3) break;
    }
    CHECK(first == std::vector<double>{0, 1, 1024});
    CHECK(read <= 3 + 8);
    auto balanced = c.load_balanced_view().imap<long>("identity", std::views::iota(0));
    for (long i = 0; i < 100; ++i) CHECK(balanced.next()->value() == i);
  }

  TEST_CASE("nothing is read or sent before somebody asks") {
    const auto s = cluster();
    int read = 0;
    auto results = client_of(s)[all].imap(power10, counting(read));
    CHECK(read == 0);
    CHECK(s->seen.empty());
    CHECK_THROWS_AS((void)client_of(s)[all].imap<double>("powr10", std::views::iota(0)), unknown_job);
    CHECK_THROWS_AS((void)client_of(s)[all].imap<double>("power10", std::vector<std::string>{"a"}), signature_mismatch);
  }

  TEST_CASE("no more tasks are open than was said") {
    const auto s = cluster();
    const auto view = client_of(s).load_balanced_view();
    s->hold();
    auto results = view.imap(power10, std::views::iota(0), {.max_outstanding = 3});
    std::thread engine{[&] {
      while (s->held_back() < 3) std::this_thread::yield();
      s->run(0);
    }};
    CHECK(results.next()->value() == 0);
    engine.join();
    CHECK(s->seen.size() == 3);
    CHECK(results.outstanding() == 2);
  }

  TEST_CASE("a direct view's engines take turns") {
    const auto s = cluster(3);
    auto results = client_of(s)[all].imap<long>("identity", std::views::iota(0, 7));
    while (results.next()) {
    }
    std::vector<int> engines;
    for (const auto& task : s->seen) engines.push_back(task.engine);
    CHECK(engines == std::vector{0, 1, 2, 0, 1, 2, 0});
  }

  TEST_CASE("unordered results come as they arrive") {
    const auto s = cluster();
    s->hold();
    auto results = client_of(s).load_balanced_view().imap<long>("identity", std::views::iota(0, 4),
                                                                {.ordered = false, .max_outstanding = 4});
    std::thread engine{[&] {
      while (s->held_back() < 4) std::this_thread::yield();
      s->run(2);
      s->run(2);
      s->run(0);
      s->run(0);
    }};
    std::vector<long> order;
    for (const auto x : results) order.push_back(x);
    engine.join();
    CHECK(order == std::vector{2L, 3L, 0L, 1L});
  }

  TEST_CASE("a failed element is raised where it stands, its neighbours and successors stay") {
    const auto s = cluster();
    for (const std::size_t chunk : {1, 2, 3}) {
      auto results = client_of(s)[all].with({.chunksize = chunk}).imap(refuse_odd, std::views::iota(0, 5));
      for (long i = 0; i < 5; ++i) {
        const auto r = results.next();
        REQUIRE(r);
        CHECK(r->has_value() == (i % 2 == 0));
        if (*r) CHECK(r->value() == i);
      }
      CHECK_FALSE(results.next());
    }
    auto results = client_of(s)[all].imap(refuse_odd, std::vector{0, 1, 2});
    auto at = results.begin();
    CHECK(*at == 0);
    ++at;
    CHECK_THROWS_AS(*at, remote_error);
    ++at;
    CHECK(*at == 2);
    ++at;
    CHECK(at == results.end());
  }

  TEST_CASE("several sequences end with the shortest; empty ones at once") {
    const auto c = client_of(cluster());
    std::vector<long> sums;
    for (const auto x : c[all].imap(add, std::views::iota(0), std::list{10, 20, 30})) sums.push_back(x);
    CHECK(sums == std::vector{10L, 21L, 32L});
    CHECK_FALSE(c[all].imap(power10, std::vector<double>{}).next());
    CHECK_FALSE(c.load_balanced_view().imap(power10, std::vector<double>{}, {.ordered = false}).next());
  }

  TEST_CASE("input that is read once is read no further than wanted") {
    const auto c = client_of(cluster(1));
    std::istringstream text{"1 2 3 x"};
    auto results = c[0].imap(power10, std::views::istream<int>(text), {.max_outstanding = 1});
    CHECK(results.next()->value() == 1);
    int two = 0; // nobody has read it yet
    text >> two;
    CHECK(two == 2);
    CHECK(results.next()->value() == 59049);
    CHECK_FALSE(results.next());
  }

  TEST_CASE("what the input throws is raised behind the results before it") {
    const auto c = client_of(cluster());
    for (const std::size_t chunk : {1, 4}) {
      const auto broken = std::views::iota(0) | std::views::transform([](int i) {
                            if (i == 2) throw std::out_of_range{"no more"};
                            return i;
                          });
      auto results = c[all].with({.chunksize = chunk}).imap(power10, broken);
      CHECK(results.next()->value() == 0);
      CHECK(results.next()->value() == 1);
      CHECK_THROWS_AS((void)results.next(), std::out_of_range);
      CHECK_FALSE(results.next());
    }
  }

  TEST_CASE("cancelled, it ends after what was sent") {
    const auto s = cluster(2);
    auto results = client_of(s)[all].imap(power10, std::views::iota(0), {.max_outstanding = 5});
    CHECK(results.next()->value() == 0);
    results.cancel();
    int left = 0;
    while (results.next()) ++left;
    CHECK(left == 4);
    CHECK(s->seen.size() == 5);
  }

  TEST_CASE("an engine that is lost while it goes on is named, after the results before") {
    const auto s = cluster(2);
    auto results = client_of(s)[{0, 1}].imap(power10, std::views::iota(0), {.max_outstanding = 2});
    CHECK(results.next()->value() == 0);
    s->remove_engine(1);
    CHECK(results.next()->value() == 1);
    CHECK_THROWS_AS((void)results.next(), engine_lost);
  }
}
