// A client with good credentials that sends what no client of ours would: it harms itself, and nobody else.

#include "actors/protocol.hpp"
#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/failure.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/witness.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;
using transport::frame_kind;
using wire::record_kind;

namespace {

std::string text_of(const detail::slice& s) { return std::string{s.text()}; }

/// A peer with a client's credentials, welcomed.
tls_peer member(const temporary_cluster& cluster) {
  const auto file = cluster.credentials(role::client);
  tls_peer peer{file.port, security::identity{file.certificate, file.key}};
  hello_client hello;
  hello.nonce = file.nonce;
  REQUIRE(peer.send(frame_kind::hello, text_of(encode(hello))));
  const auto answer = peer.receive();
  REQUIRE((answer && answer->is(frame_kind::welcome)));
  return peer;
}

std::string record_of(record_kind kind, std::string_view payload, std::uint64_t id = 0, int engine = -1,
                      std::uint16_t flags = 0, std::uint64_t transfer = 0) {
  wire::record r;
  r.kind = static_cast<std::uint16_t>(kind);
  r.id = id;
  r.engine = engine;
  r.flags = flags;
  r.transfer = transfer;
  r.size = static_cast<std::uint32_t>(payload.size());
  wire::batch b;
  b.add(r, payload.data());
  return text_of(b.take());
}

template <class... Args>
std::string call_of(std::string_view job, const Args&... args) {
  return text_of(detail::encode_call(job, wire::call_mode::apply, args...));
}

std::string number(std::uint64_t n) { return {reinterpret_cast<const char*>(&n), sizeof n}; }

/// A frame and the words with which its sender is cut off.
struct offence {
  frame_kind kind;
  std::string body;
  const char* words;
};

std::string reason_of(tls_peer& peer) {
  std::string words;
  while (const auto f = peer.receive())
    if (f->is(frame_kind::refused)) words = decode<refusal>(f->body.data(), f->body.size()).what;
  return words;
}

/// The outcomes that come, by number, until there are so many.
std::map<std::uint64_t, failure> failures(tls_peer& peer, std::size_t count) {
  std::map<std::uint64_t, failure> all;
  while (all.size() < count) {
    const auto f = peer.receive();
    REQUIRE_MESSAGE(f, peer.trouble());
    if (!f->is(frame_kind::outcomes)) continue;
    CHECK(wire::for_each_record(f->body.data(), f->body.size(), [&](const wire::record& r, const char* payload) {
      CHECK(r.kind == static_cast<std::uint16_t>(record_kind::failure));
      all[r.id] = detail::decode_failure(payload, r.size);
    }));
  }
  return all;
}

} // namespace

TEST_SUITE_BEGIN("security");

TEST_CASE("a member that sends what can't be read is told what was wrong, and cut off alone") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto call = call_of("nop");
  auto cut = record_of(record_kind::task, call, 1, 0);
  cut.resize(cut.size() - 16);
  const std::vector<offence> offences{
      {frame_kind::balanced_tasks, record_of(static_cast<record_kind>(77), "?"), "a malformed batch of balanced tasks"},
      {frame_kind::balanced_tasks, cut, "a malformed batch of balanced tasks"},
      {frame_kind::balanced_tasks, record_of(record_kind::task, number(1) + "?", 1, -1, wire::transferred, 3),
       "a malformed batch of balanced tasks"},
      {frame_kind::balanced_tasks, record_of(record_kind::task, number(1ULL << 40), 1, -1, wire::transferred, 3),
       "a malformed batch of balanced tasks"},
      {frame_kind::balanced_tasks, record_of(record_kind::task, number(64), 1, -1, wire::shared, 3),
       "a malformed batch of balanced tasks"},
      {frame_kind::balanced_tasks, record_of(record_kind::options, "no map") + record_of(record_kind::task, call, 1),
       "malformed payload"},
      {frame_kind::direct_tasks, record_of(record_kind::targets, "seven b"), "a malformed batch of directed tasks"},
      {frame_kind::direct_tasks, record_of(record_kind::result, "\xc0", 1, 0), "a malformed batch of directed tasks"},
      {frame_kind::direct_tasks, record_of(record_kind::task, "", 1, 0, wire::transferred, 3), "without its size"},
      {frame_kind::direct_tasks, record_of(record_kind::task, number(0), 1, 0, wire::transferred, 3),
       "impossible size"},
      {frame_kind::direct_tasks,
       record_of(record_kind::task, number(9), 1, 0, wire::transferred, 3) +
           record_of(record_kind::task, number(9), 2, 0, wire::transferred, 3),
       "the number of another"},
      {frame_kind::task_control, text_of(encode(task_control{200, 0, {1}, {}, {}})), "a malformed task_control"},
      {frame_kind::task_control, "\xdd\xff\xff\xff\xff", "malformed payload"},
      {frame_kind::task_query, text_of(encode(std::string{"a text"})), "string"},
      {frame_kind::query, text_of(encode(query{99, {}, 0})), "what this controller does not know"},
      {frame_kind::query, text_of(encode(std::string{"a text"})), "string"},
  };
  for (std::size_t i = 0; i < offences.size(); ++i) {
    const auto& o = offences[i];
    CAPTURE(i);
    auto peer = member(cluster);
    peer.send(o.kind, o.body);
    const auto reason = reason_of(peer);
    CHECK_MESSAGE(reason.find(o.words) != std::string::npos, reason);
  }
  CHECK(other.complaint() == "");
  for (const auto& e : cluster.client().status().engines) CHECK(e.restarts == 0);
  CHECK(cluster.log("controller").find("a malformed batch of balanced tasks") != std::string::npos);
}

TEST_CASE("tasks that make no sense fail by themselves, one by one") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  auto peer = member(cluster);
  std::string arguments_cut = call_of("power10", 2.0);
  arguments_cut.resize(arguments_cut.size() - 1);
  auto mode = call_of("nop");
  mode[2] = 7;
  const std::vector<std::string> calls{call_of("no such job"),
                                       call_of("power10", std::string{"two"}),
                                       call_of("power10"),
                                       arguments_cut,
                                       mode,
                                       std::string(48, '\xff'),
                                       "x",
                                       ""};
  std::string directed, balanced;
  for (std::uint64_t i = 0; i < calls.size(); ++i) {
    directed += record_of(record_kind::task, calls[i], i, 0);
    balanced += record_of(record_kind::task, calls[i], 100 + i);
  }
  directed += record_of(record_kind::task, call_of("nop"), 50, 12345);
  const std::int32_t nowhere = 12345;
  balanced += record_of(record_kind::targets, {reinterpret_cast<const char*>(&nowhere), sizeof nowhere}) +
              record_of(record_kind::task, call_of("nop"), 150);
  peer.send(frame_kind::direct_tasks, directed);
  peer.send(frame_kind::balanced_tasks, balanced, transport::balanced);
  const auto all = failures(peer, 2 * calls.size() + 2);
  CHECK(all.at(0).code == ec::unknown_job);
  CHECK(all.at(101).code == ec::signature_mismatch);
  CHECK(all.at(50).code == ec::engine_lost);
  CHECK(all.at(150).code == ec::no_engines);
  for (const auto& [id, f] : all) CHECK(f.what != "");
  CHECK(other.complaint() == "");
  for (const auto& e : cluster.client().status().engines) CHECK(e.restarts == 0);
}

TEST_CASE("a flood of one member keeps no other waiting, and ends with it") {
  const temporary_cluster cluster{2};
  constexpr std::uint64_t flood = 20'000; // tasks of a millisecond on each way
  const auto c = cluster.client();
  const auto queued = [&] {
    std::uint64_t all = 0;
    const auto status = c.status();
    for (const auto& e : status.engines) all += e.queued;
    return all + status.unassigned;
  };
  {
    auto peer = member(cluster); // which never reads
    const auto call = call_of("wait", 0.001);
    for (std::uint64_t sent = 0; sent < flood; sent += 1000) {
      std::string directed, balanced;
      for (std::uint64_t i = sent; i < sent + 1000; ++i) {
        directed += record_of(record_kind::task, call, i, 0);
        balanced += record_of(record_kind::task, call, flood + i);
      }
      REQUIRE(peer.send(frame_kind::direct_tasks, directed));
      REQUIRE(peer.send(frame_kind::balanced_tasks, balanced, transport::balanced));
    }
    REQUIRE(eventually(20s, [&] { return queued() > flood; }));
    for (long i = 0; i < 5; ++i) {
      CHECK(c[0].apply_sync<long>("identity", i) == i);
      CHECK(c.load_balanced_view().apply_sync<long>("identity", i) == i);
    }
    CHECK(queued() > flood); // hardly any of it was waited for
  }
  CHECK(eventually(20s, [&] { return queued() < 10; }));
}

TEST_SUITE_END();
