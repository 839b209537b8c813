#include "runtime/core/task_history.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pactor;
using namespace pactor::core;

namespace {

task_history::entry entry_of(std::uint32_t client, std::uint64_t number) { return {{client, number}, "job", "", 1}; }

kept_outcome outcome_of(std::size_t size) {
  const std::string text(size, 'x');
  kept_outcome o;
  o.kind = 3;
  o.payload = detail::bytes::copy(text.data(), text.size());
  return o;
}

} // namespace

TEST_SUITE("task_history") {
  TEST_CASE("what never came wholly is forgotten, and known under a new key when it comes") {
    task_history h;
    const auto key = h.open(entry_of(3, 17));
    h.wait(key, {3, 17});
    CHECK(h.withdraw(key) == std::vector<owner>{{3, 17}});
    CHECK(!h.find({3, 17}));
    CHECK(h.all().empty());
    CHECK(h.withdraw(key).empty());
    const auto again = h.open(entry_of(3, 17));
    CHECK(again != key);
    CHECK(h.find({3, 17}) == again);
    h.end(again, outcome_of(4));
    CHECK(h.withdraw(again).empty()); // it has ended
    CHECK(h.find({3, 17}) == again);
  }

  TEST_CASE("a task is found by its client's number, and tells who waited when it ends") {
    task_history h;
    const auto key = h.open(entry_of(3, 17));
    CHECK(h.find({3, 17}) == key);
    CHECK(!h.find({4, 17}));
    h.wait(key, {3, 17});
    h.wait(key, {5, 1});
    h.wait(key, {6, 1});
    h.client_gone(6);
    CHECK(h.end(key, outcome_of(4)) == std::vector<owner>{{3, 17}, {5, 1}});
    CHECK(h.at(key)->outcome->payload.size == 4);
    CHECK(h.end(key, outcome_of(9)).empty()); // once
    CHECK(h.at(key)->outcome->payload.size == 4);
    CHECK(h.end(77, outcome_of(9)).empty());
  }

  TEST_CASE("of those that ended the oldest are forgotten") {
    task_history h{{.tasks = 2, .bytes = 1000}};
    const auto open = h.open(entry_of(1, 0));
    std::uint64_t last = 0;
    for (std::uint64_t i = 1; i <= 5; ++i) {
      last = h.open(entry_of(1, i));
      h.end(last, outcome_of(1));
      h.trim();
    }
    CHECK(h.all().size() == 3);
    CHECK(h.forgotten() == 3);
    CHECK(h.at(open));
    CHECK(h.at(last));
    CHECK(!h.find({1, 3}));
    CHECK(h.find({1, 4}));
  }

  TEST_CASE("outcomes that take too much memory are dropped, the oldest first") {
    task_history h{{.tasks = 10, .bytes = 100}};
    const auto a = h.open(entry_of(1, 1)), b = h.open(entry_of(1, 2));
    h.end(a, outcome_of(60));
    h.trim();
    CHECK(!h.at(a)->dropped);
    h.end(b, outcome_of(60));
    h.trim();
    CHECK(h.at(a)->dropped);
    CHECK(h.at(a)->outcome->payload.size == 0);
    CHECK(!h.at(b)->dropped);
    CHECK(h.forgotten() == 0);
    const auto c = h.open(entry_of(1, 3));
    h.end(c, outcome_of(500)); // too large by itself
    h.trim();
    CHECK(h.at(c)->dropped);
  }
}
