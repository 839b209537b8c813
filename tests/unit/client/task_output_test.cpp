#include "pactor/detail/task_output.hpp"

#include "pactor/detail/session.hpp"
#include "runtime/wire/records.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pactor;
using namespace pactor::detail;

namespace {

constexpr auto unlimited = kept_text::part * 100;

utterance says(std::string_view text, std::uint32_t losses = 0, std::uint64_t omitted = 0) {
  utterance u;
  u.kind = static_cast<std::uint16_t>(wire::record_kind::output);
  u.engine = 4;
  u.losses = losses;
  u.omitted = omitted;
  u.payload = bytes::copy(text.data(), text.size());
  return u;
}

} // namespace

TEST_CASE("of a long text the first and the last part are kept, and the cut is told") {
  kept_text t;
  const std::string chunk(std::size_t{64} << 10, 'x');
  t.append(0, "first\n", unlimited);
  for (int i = 0; i < 160; ++i) { // 10 MiB
    t.append(0, chunk, unlimited);
    CHECK(t.size() <= 3 * kept_text::part + chunk.size());
  }
  t.append(0, "\nlast", unlimited);
  const auto text = t.text();
  CHECK(text.starts_with("first\n"));
  CHECK(text.ends_with("x\nlast"));
  CHECK(text.find("\n[... 6.3 MB not kept ...]\n") == kept_text::part);
  CHECK(text.size() < 2 * kept_text::part + 100);
}

TEST_CASE("what fits is kept whole, also a little more than the two parts need") {
  kept_text t;
  const std::string all(2 * kept_text::part, 'y');
  t.append(0, all, unlimited);
  CHECK(t.text() == all);
}

TEST_CASE("what was left out before is one gap, with what is cut here") {
  kept_text t;
  t.append(0, "start", unlimited);
  t.append(1'000, "middle", unlimited);
  CHECK(t.text() == "start\n[... 1.0 kB not kept ...]\nmiddle");
  t.append(2'000'000, "end", unlimited);
  CHECK(t.text() == "start\n[... 2.0 MB not kept ...]\nend");
}

TEST_CASE("all calls of a client share what may be kept") {
  const auto budget = std::make_shared<output_budget>(task_outputs::most_kept - 3);
  {
    task_outputs said;
    said.hear(0, says("12345"), budget);
    CHECK(said.text(0, text_stream::out) == "123\n[... 2 bytes not kept ...]\n");
    CHECK(*budget == task_outputs::most_kept);
    said.hear(1, says("6"), budget);
    CHECK(said.text(1, text_stream::out) == "\n[... 1 bytes not kept ...]\n");
  }
  CHECK(*budget == task_outputs::most_kept - 3); // a call that is gone gives its part back
}

TEST_CASE("a task that runs again after a loss has the output of its last run") {
  task_outputs said;
  const auto budget = std::make_shared<output_budget>(0);
  said.hear(0, says("first run"), budget);
  said.hear(0, says("second", 1), budget);
  said.hear(0, says(" run", 1), budget);
  CHECK(said.text(0, text_stream::out) == "second run");
  CHECK(*budget == 10);
  CHECK(said.engine(0) == 4);
}

TEST_CASE("who listens gets what was there and what comes; who is slow misses something, and is told") {
  call c{2, "job"};
  const auto budget = std::make_shared<output_budget>(0);
  c.hear(1, says("before"), budget);
  const auto listener = c.listen();
  c.hear(0, says("after"), budget);
  auto news = c.take_output(*listener);
  REQUIRE(news.size() == 2);
  CHECK(news[0].text == "before");
  CHECK(news[0].task == 1);
  CHECK(news[1].text == "after");
  const std::string megabyte(1'000'000, 'x');
  for (int i = 0; i < 20; ++i) c.hear(0, says(megabyte), budget);
  news = c.take_output(*listener);
  CHECK(news.size() == 9);
  CHECK(news.back().text == "\n[... 12.0 MB not kept ...]\n");
}
