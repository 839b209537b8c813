#include "runtime/worker/record_reader.hpp"

#include <doctest/doctest.h>
#include <string>
#include <vector>

using namespace pactor;
using worker::record_reader;

namespace {

std::string text_of(std::uint64_t id, std::string_view payload, int flags = 0) {
  wire::record r;
  r.id = id;
  r.size = static_cast<std::uint32_t>(payload.size());
  r.flags = static_cast<std::uint16_t>(flags);
  wire::batch b;
  b.add(r, payload.data());
  const auto all = b.take();
  return {all.data(), all.size()};
}

void say(record_reader& to, std::string_view text) {
  while (!text.empty()) {
    const auto n = text.copy(to.room().data(), to.room().size());
    to.came(n);
    text.remove_prefix(n);
  }
}

/// What is read as `id:payload`, each.
std::vector<std::string> heard(record_reader& from, bool& sound) {
  std::vector<std::string> all;
  sound = from.take([&all](const wire::record& r, const char* payload, const process::unique_fd&) {
    all.push_back(std::to_string(r.id) + ":" + std::string{payload, r.size});
    return true;
  });
  return all;
}

} // namespace

TEST_CASE("records are heard whole, however they come") {
  const auto text = text_of(1, "one") + text_of(2, std::string(300, 'x')) + text_of(3, "");
  for (std::size_t part = 1; part < text.size(); part += 7) {
    record_reader reader{64};
    std::vector<std::string> all;
    bool sound = true;
    for (std::size_t at = 0; at < text.size(); at += part) {
      say(reader, std::string_view{text}.substr(at, part));
      for (auto& one : heard(reader, sound)) all.push_back(std::move(one));
      REQUIRE(sound);
    }
    CHECK(all == std::vector<std::string>{"1:one", "2:" + std::string(300, 'x'), "3:"});
  }
}

TEST_CASE("a record that no worker makes is the last that is read") {
  record_reader reader;
  bool sound = true;
  auto wrong = text_of(2, "");
  const std::uint32_t much = worker::inline_limit + 1;
  std::memcpy(wrong.data() + offsetof(wire::record, size), &much, sizeof much);
  say(reader, text_of(1, "one") + wrong);
  CHECK(heard(reader, sound) == std::vector<std::string>{"1:one"});
  CHECK_FALSE(sound);
  say(reader, text_of(3, "three"));
  CHECK(heard(reader, sound).empty());
  CHECK_FALSE(sound);
}

TEST_CASE("descriptors that no record announces do not pile up") {
  record_reader reader;
  bool sound = true;
  for (int i = 0; i < 1000 && sound; ++i) {
    say(reader, text_of(1, "one"));
    reader.came(process::unique_fd{});
    heard(reader, sound);
  }
  CHECK_FALSE(sound);

  record_reader good;
  for (int i = 0; i < 1000; ++i) {
    good.came(process::unique_fd{});
    say(good, text_of(1, "one", wire::transferred));
    heard(good, sound);
    REQUIRE(sound);
  }
}
