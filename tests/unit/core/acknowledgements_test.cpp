#include "runtime/core/acknowledgements.hpp"

#include <doctest/doctest.h>

using namespace pactor::core;

TEST_SUITE("acknowledgements") {
  TEST_CASE("a frame is done with when every frame that holds something of it is acknowledged") {
    acknowledgements a;
    const int node = 0, one = 0, two = 0;
    a.received(&node);
    a.passed(&one);
    a.passed(&one);
    a.passed(&two);
    a.finished();
    a.sent(&one);
    a.received(&node); // nobody wants what it holds
    a.finished();
    CHECK(a.done(&node) == 0);
    a.acknowledged(&one, 1);
    CHECK(a.done(&node) == 0);
    a.sent(&two);
    a.acknowledged(&two, 1);
    CHECK(a.done(&node) == 2);
    CHECK_FALSE(a.due(&node, 3));
    CHECK(a.due(&node, 2) == 2);
    CHECK_FALSE(a.due(&node, 1));
  }

  TEST_CASE("several frames go in one; whoever leaves holds nothing up") {
    acknowledgements a;
    const int node = 0, other = 0, one = 0, two = 0;
    for (const auto* from : {&node, &other, &node}) {
      a.received(from);
      a.passed(&one);
      a.passed(&two);
      a.finished();
    }
    a.sent(&one);
    a.acknowledged(&one, 9); // more than there were
    CHECK(a.done(&node) == 0);
    a.source_gone(&other);
    a.destination_gone(&two);
    CHECK(a.done(&node) == 2);
    a.passed(&one); // no frame is read: nothing is held
    a.sent(&one);
    CHECK(a.done(&node) == 2);
  }

  TEST_CASE("a source with the key of one that is gone is another") {
    acknowledgements a;
    const int node = 0, one = 0;
    for (int life = 0; life < 2; ++life) {
      a.received(&node);
      a.passed(&one);
      a.finished();
      a.sent(&one);
      if (life == 0) a.source_gone(&node);
    }
    a.acknowledged(&one, 1); // what was of the first
    CHECK(a.done(&node) == 0);
    a.acknowledged(&one, 2);
    CHECK(a.done(&node) == 1);
  }
}
