// Who does not belong to a cluster gets nothing from it, and does not disturb it.

#include "actors/protocol.hpp"
#include "runtime/files/file_io.hpp"
#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/witness.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <random>
#include <sys/stat.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;
using transport::frame_kind;

namespace {

security::identity identity_of(const files::connection_file& file) { return {file.certificate, file.key}; }

security::cluster_credentials foreign_credentials() {
  return security::make_credentials("", security::validity::from(std::chrono::system_clock::now()));
}

std::string text_of(const detail::bytes& b) { return {b.data(), b.size()}; }

template <class Hello>
std::string hello_of(const files::connection_file& file) {
  Hello hello;
  hello.nonce = file.nonce;
  hello.host = "elsewhere";
  hello.pid = 1;
  return text_of(encode(hello));
}

refusal reason_in(const received_frame& f) { return decode<refusal>(f.body.data(), f.body.size()); }

/// What the controller says before it ends the connection; "" if it says nothing.
std::string refused_with(tls_peer& peer) {
  std::string words;
  while (auto f = peer.receive())
    if (f->is(frame_kind::refused)) words = reason_in(*f).what;
  return words;
}

/// A peer with a client's credentials, welcomed.
tls_peer welcomed_client(const temporary_cluster& cluster) {
  const auto file = cluster.credentials(role::client);
  tls_peer peer{file.port, identity_of(file)};
  REQUIRE(peer.send(frame_kind::hello, hello_of<hello_client>(file)));
  const auto answer = peer.receive();
  REQUIRE((answer && answer->is(frame_kind::welcome)));
  return peer;
}

std::string random_bytes(std::size_t n, unsigned seed) {
  std::mt19937 chance{seed};
  std::string bytes(n, '\0');
  for (auto& b : bytes) b = static_cast<char>(chance());
  return bytes;
}

/// A connection file in a directory of its own, where `pactor` finds it.
void put(const pactor_home& home, files::connection_file file, const security::identity& who) {
  file.certificate = who.certificate;
  file.key = who.key;
  const auto path = home.connection_file(file.role);
  files::make_private_directory(path.parent_path());
  file.write(path);
}

} // namespace

TEST_SUITE_BEGIN("security");

TEST_CASE("what is no TLS is cut off, and nobody else notices") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto port = cluster.port();
  for (const auto& bytes :
       {std::string{"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"}, std::string{"SSH-2.0-OpenSSH_9.2\r\n"},
        std::string(4096, '\0'), std::string(4096, '\xff'), random_bytes(65'536, 1), random_bytes(1, 2),
        std::string{"\x16\x03\x01\xff\xff", 5} + random_bytes(70'000, 3)}) {
    const raw_peer peer{port};
    peer.write(bytes);
    CHECK(peer.read_to_end().has_value());
  }
  CHECK(other.complaint() == "");
  CHECK(contains(cluster.log("controller"), "controller refused 127.0.0.1:"));
}

TEST_CASE("connections that say nothing hold up nobody, and are cut off in time") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  std::vector<std::unique_ptr<raw_peer>> silent;
  for (int i = 0; i < 300; ++i) silent.push_back(std::make_unique<raw_peer>(cluster.port()));
  // New clients come in all the same.
  std::string newcomer = "none";
  try {
    newcomer = cluster.client().load_balanced_view().apply_sync<std::string>("hello");
  } catch (const error& e) {
    newcomer = e.what();
  }
  CHECK(newcomer == "Hello World!");
  for (const auto& peer : silent) CHECK(peer->read_to_end().has_value());
  CHECK(other.complaint() == "");
}

TEST_CASE("without the cluster's certificate there is not a byte to be had") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto file = cluster.credentials(role::client);
  const auto strange = foreign_credentials();
  const auto gets_nothing = [&](tls_peer peer) {
    peer.send(frame_kind::hello, hello_of<hello_client>(file));
    CHECK_FALSE(peer.receive());
    return peer.await_end();
  };
  CHECK(contains(gets_nothing({file.port, std::nullopt}), "certificate required"));
  CHECK(contains(gets_nothing({file.port, strange.client}), "unknown ca"));
  CHECK(contains(gets_nothing({file.port, strange.node}), "unknown ca"));
  // Nor for an older TLS, nor as a second controller.
  CHECK(contains(gets_nothing({file.port, identity_of(file), std::nullopt, TLS1_2_VERSION}), "protocol version"));
  CHECK(gets_nothing({file.port, identity_of(cluster.credentials(role::controller))}) != "");
  CHECK(cluster.client().status().clients == 2);
  CHECK(other.complaint() == "");
  const auto log = cluster.log("controller");
  CHECK(contains(log, "belongs to another cluster or to another start of it"));
  CHECK(contains(log, "the role controller"));
}

TEST_CASE("commands with the files of another cluster are told why they get nothing") {
  const temporary_cluster cluster{1};
  witness other{cluster};
  const pactor_home home;
  const auto strange = foreign_credentials();
  // The address and the nonce of this one, the certificates of another.
  auto file = cluster.credentials(role::client);
  put(home, file, strange.client);
  for (const auto& command : std::vector<std::vector<std::string>>{{"status"}, {"jobs"}, {"apply", "hello"}}) {
    const auto asked = home.pactor(command);
    CHECK(asked.exit_code == 13);
    CHECK(contains(asked.err, "another cluster"));
    CHECK(asked.out == "");
  }
  // Even if the other cluster's authority is believed.
  file.ca = strange.ca;
  put(home, file, identity_of(cluster.credentials(role::client)));
  CHECK(home.pactor({"status"}).exit_code == 13);

  auto node = cluster.credentials(role::node);
  put(home, node, strange.node);
  const auto joined = home.pactor({"node", "-n", "1"});
  CHECK(joined.exit_code == 13);
  CHECK(contains(joined.err, "another cluster"));
  CHECK(cluster.client().size() == 1);
  CHECK(other.complaint() == "");
}

TEST_CASE("the files of another start of the same cluster are no good any more") {
  const temporary_cluster cluster{1};
  const auto old = cluster.credentials(role::client);
  REQUIRE(cluster.pactor({"stop"}).exit_code == 0);
  REQUIRE(cluster.pactor({"start", "-n", "1", "--daemonize", "--port", std::to_string(old.port)}).exit_code == 0);
  const pactor_home home;
  put(home, old, identity_of(old));
  const auto asked = home.pactor({"status"});
  CHECK(asked.exit_code == 13);
  CHECK(contains(asked.err, "another start"));

  // And if only the nonce is old, whoever let the certificates be reused.
  auto stale = cluster.credentials(role::client);
  stale.nonce = old.nonce;
  tls_peer peer{stale.port, identity_of(stale)};
  peer.send(frame_kind::hello, hello_of<hello_client>(stale));
  CHECK(contains(refused_with(peer), "another start of this cluster"));
  put(home, stale, identity_of(stale));
  const auto again = home.pactor({"status"});
  CHECK(again.exit_code == 13);
  CHECK(contains(again.err, "another start of this cluster"));
}

TEST_CASE("a role is what the certificate says, whatever its holder says") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto client_file = cluster.credentials(role::client);
  const auto node_file = cluster.credentials(role::node);

  // A client that claims to be a node, with engines to offer.
  tls_peer posing{client_file.port, identity_of(client_file)};
  hello_node claim;
  claim.nonce = client_file.nonce;
  claim.host = "elsewhere";
  claim.requested = {0, 1, 7};
  claim.worker_pids = {1, 1, 1};
  posing.send(frame_kind::hello, text_of(encode(claim)));
  posing.send(frame_kind::engine_report, text_of(encode(engine_report{0, "given up", 1, 1, 0, 0, "forged"})));
  CHECK(contains(refused_with(posing), "which a client may not send"));
  CHECK(cluster.client().ids() == std::vector{0, 1});

  // A node that wants to know what clients may.
  tls_peer curious{node_file.port, identity_of(node_file)};
  curious.send(frame_kind::hello, hello_of<hello_node>(node_file));
  curious.send(frame_kind::query, text_of(encode(query{1})));
  CHECK(contains(refused_with(curious), "which a node may not send"));

  // A node's report on engines that are not its own counts for nothing.
  tls_peer liar{node_file.port, identity_of(node_file)};
  liar.send(frame_kind::hello, hello_of<hello_node>(node_file));
  liar.send(frame_kind::engine_report, text_of(encode(engine_report{0, "given up", 1, 9, 0, 0, "forged"})));
  const auto status = cluster.client().status();
  CHECK(status.engines.size() == 2);
  for (const auto& e : status.engines) CHECK(e.last_loss == "");
  CHECK(other.complaint() == "");
}

TEST_CASE("a member that sends what it may not is told so and cut off") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto answer = [&](transport::frame_header header, std::string_view body = {}) {
    auto peer = welcomed_client(cluster);
    peer.send(header, body);
    return refused_with(peer);
  };
  const auto header = [](frame_kind kind, std::uint32_t size) {
    return transport::frame_header{size, static_cast<std::uint16_t>(kind), 0};
  };
  for (const auto kind : {frame_kind::tasks, frame_kind::outcomes, frame_kind::engine_report, frame_kind::welcome,
                          frame_kind::refused, frame_kind::answer, frame_kind::engines}) {
    CAPTURE(static_cast<int>(kind));
    CHECK(contains(answer(header(kind, 4), "abcd"), "which a client may not send"));
  }
  CHECK(contains(answer(header(static_cast<frame_kind>(999), 0)), "kind 999"));
  CHECK(contains(answer(header(frame_kind::hello, 4), "abcd"), "may not send"));
  // Sizes are looked at before memory is taken or a body is waited for.
  CHECK(contains(answer(header(frame_kind::direct_tasks, 0xffffffff)), "4294967295 bytes, the limit is 4194304"));
  CHECK(contains(answer(header(frame_kind::ping, 0x01000000)), "with a body of 16777216 bytes"));
  CHECK(other.complaint() == "");
}

TEST_CASE("before it is welcomed a member may say hello and nothing else") {
  const temporary_cluster cluster{1};
  witness other{cluster};
  const auto file = cluster.credentials(role::client);
  const auto answer = [&](frame_kind kind, const std::string& body) {
    tls_peer peer{file.port, identity_of(file)};
    peer.send(kind, body);
    return refused_with(peer);
  };
  CHECK(contains(answer(frame_kind::query, text_of(encode(query{1}))), "before it is welcomed"));
  CHECK(contains(answer(frame_kind::direct_tasks, std::string(64, 'x')), "before it is welcomed"));
  CHECK(contains(answer(frame_kind::hello, std::string(2'000'000, 'x')), "the limit is 1048576"));
  CHECK(answer(frame_kind::hello, "") != "");
  CHECK(answer(frame_kind::hello, "This is no MessagePack.") != "");
  CHECK(answer(frame_kind::hello, random_bytes(1000, 4)) != "");
  hello_client newer;
  newer.protocol = 99;
  newer.nonce = file.nonce;
  CHECK(contains(answer(frame_kind::hello, text_of(encode(newer))), "this process 99"));
  // Nobody who stays silent stays.
  tls_peer mute{file.port, identity_of(file)};
  CHECK(mute.await_end() == "closed");
  CHECK(other.complaint() == "");
}

TEST_CASE("batches that make no sense cost their sender its connection at most") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto record_of = [](std::uint16_t kind, std::uint32_t size, std::int32_t engine) {
    wire::record r;
    r.id = 1;
    r.kind = kind;
    r.size = size;
    r.engine = engine;
    return std::string{reinterpret_cast<const char*>(&r), sizeof r};
  };
  const auto task = static_cast<std::uint16_t>(wire::record_kind::task);
  const auto targets = static_cast<std::uint16_t>(wire::record_kind::targets);
  const std::vector<std::string> batches{
      random_bytes(1000, 5),
      random_bytes(100'000, 6),
      std::string(7, '\0'),
      record_of(task, 0xffffffff, 0),
      record_of(task, 8, 0),
      record_of(task, 8, 12345) + std::string(8, 'x'),
      record_of(task, 8, -7) + std::string(8, 'x'),
      record_of(task, 8, 0) + random_bytes(8, 7),
      record_of(targets, 7, -1) + std::string(8, '\xff'),
      record_of(targets, 16, -1) + std::string(16, '\xff') + record_of(task, 8, -1) + std::string(8, 'x'),
      record_of(static_cast<std::uint16_t>(wire::record_kind::result), 8, 0) + std::string(8, 'x'),
      record_of(77, 0, 0)};
  for (const auto kind : {frame_kind::direct_tasks, frame_kind::balanced_tasks})
    for (std::size_t i = 0; i < batches.size(); ++i) {
      CAPTURE(i);
      auto peer = welcomed_client(cluster);
      peer.send(kind, batches[i]);
      CHECK(cluster.client().size() == 2);
    }
  for (const auto kind : {frame_kind::piece, frame_kind::credit, frame_kind::abandon}) {
    auto peer = welcomed_client(cluster);
    peer.send({static_cast<std::uint32_t>(kind == frame_kind::piece ? 4 : 0), static_cast<std::uint16_t>(kind), 0,
               0xdeadbeef, 0xffffffffffffffff},
              kind == frame_kind::piece ? "abcd" : "");
    CHECK(cluster.client().size() == 2);
  }
  for (const auto* body : {"", "x", "\x81\xa4kind\xcc\xff"}) {
    auto peer = welcomed_client(cluster);
    peer.send(frame_kind::query, body);
    CHECK(cluster.client().size() == 2);
  }
  CHECK(other.complaint() == "");
  CHECK(cluster.log("node").find("[node] error") == std::string::npos);
  for (const auto& e : cluster.client().status().engines) CHECK(e.restarts == 0);
}

TEST_CASE("secrets are for their owner only, and on no command line") {
  const temporary_cluster cluster{2};
  std::size_t seen = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{cluster.directory()}) {
    struct stat s {};
    REQUIRE(::stat(entry.path().c_str(), &s) == 0);
    CAPTURE(entry.path().string());
    CHECK((s.st_mode & 0777) == (entry.is_directory() ? 0700U : 0600U));
    ++seen;
  }
  CHECK(seen > 6);
  const auto controller = cluster.credentials(role::controller);
  const auto node = cluster.credentials(role::node);
  const auto client = cluster.credentials(role::client);
  CHECK(node.key != client.key);
  CHECK(controller.key != client.key);
  const auto processes = cluster.processes();
  REQUIRE(processes.size() == 5); // launcher, controller, node, two workers
  for (const auto& p : processes) {
    const auto place = std::filesystem::path{"/proc"} / std::to_string(p.pid);
    for (const auto* file : {"cmdline", "environ"}) {
      const auto text = content_of(place / file);
      CHECK_FALSE(contains(text, client.nonce));
      CHECK_FALSE(contains(text, "PRIVATE KEY"));
      for (const auto* secret : {&controller.key, &node.key, &client.key})
        CHECK_FALSE(contains(text, secret->substr(40, 40)));
    }
  }
  for (const auto* log : {"start", "controller", "node"}) CHECK_FALSE(contains(cluster.log(log), client.nonce));
}

TEST_SUITE_END();
