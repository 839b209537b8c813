// A cluster's certificates while it works: made, revoked, replaced, expired; and where keys never are.

#include "actors/protocol.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/security/certificate.hpp"
#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/raw_peer.hpp"
#include "tests/support/temporary_cluster.hpp"
#include "tests/support/witness.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <sys/resource.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;
using security::role;
using transport::frame_kind;

namespace {

/// A client with a connection file of its own.
client_options with(const std::filesystem::path& file, std::chrono::milliseconds reconnect = 30s) {
  client_options options;
  options.connection_file = file;
  options.reconnect = reconnect;
  return options;
}

/// What a client with this file is told; "" if it is let in.
std::string told(const std::filesystem::path& file) {
  try {
    const client c{with(file)};
    return c[0].apply_sync<std::string>("hello") == "Hello World!" ? "" : "a wrong answer";
  } catch (const error& e) {
    return e.what();
  }
}

nlohmann::json listed(const pactor_home& home) {
  const auto all = home.pactor({"credentials", "list", "--json"});
  REQUIRE(all.exit_code == 0);
  return nlohmann::json::parse(all.out);
}

std::string state_of(const pactor_home& home, const std::string& name) {
  std::string states;
  for (const auto& one : listed(home))
    if (one["name"] == name) states += (states.empty() ? "" : " ") + one["state"].get<std::string>();
  return states;
}

/// Makes a file and reads it.
std::filesystem::path made(const pactor_home& home, const std::string& holder, const std::string& name,
                           const std::vector<std::string>& more = {}) {
  const auto file = home.directory() / (name + ".json");
  std::vector<std::string> command{"credentials", "new", "--role", holder, "--name", name, "-o", file.string()};
  command.insert(command.end(), more.begin(), more.end());
  const auto done = home.pactor(command);
  REQUIRE_MESSAGE(done.exit_code == 0, done.err);
  return file;
}

security::identity identity_in(const std::filesystem::path& file) {
  const auto all = files::connection_file::read(file);
  return {all.certificate, all.key};
}

std::string text_of(const detail::bytes& b) { return {b.data(), b.size()}; }

} // namespace

TEST_SUITE_BEGIN("credentials");

TEST_CASE("a person's own file works until it is revoked: then its connections end, and no others") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto anna = made(cluster, "client", "anna"), ben = made(cluster, "client", "ben", {"--valid", "30d"});
  CHECK(told(anna) == "");
  CHECK(state_of(cluster, "anna") == "valid");
  CHECK(cluster.pactor({"credentials", "new", "--role", "client", "--name", "anna", "-o", "x.json"}).exit_code == 2);
  CHECK(cluster.pactor({"credentials", "new", "--role", "client", "-o", ben.string()}).exit_code == 2); // is there
  const auto shown = cluster.pactor({"credentials", "show", ben.string()});
  CHECK(shown.exit_code == 0);
  CHECK(contains(shown.out, "ben (client, "));
  CHECK_FALSE(contains(shown.out, "KEY"));

  const client mine{with(anna, 0s)}, theirs{with(ben)};
  const auto revoked = cluster.pactor({"credentials", "revoke", "anna"});
  CHECK_MESSAGE(revoked.exit_code == 0, revoked.err);
  CHECK(contains(revoked.err, "revoked anna (client, "));
  CHECK(contains(revoked.err, "1 connection was ended"));
  CHECK(eventually(15s, [&] { return !mine.connected(); }));
  CHECK(contains(told(anna), "was revoked"));
  CHECK(contains(cluster.log("controller"), "controller admits anna (client, "));
  CHECK(theirs[0].apply_sync<std::string>("hello") == "Hello World!");
  CHECK(state_of(cluster, "anna") == "revoked");

  // It stays so, whatever becomes of the controller.
  const auto before = cluster.pid("controller");
  ::kill(before, SIGKILL);
  REQUIRE(eventually(15s, [&] {
    const auto now = cluster.pids("controller");
    return now.size() == 1 && now[0] != before && told(ben) == "";
  }));
  CHECK(contains(told(anna), "was revoked"));
  CHECK(theirs[0].apply_sync<std::string>("hello") == "Hello World!");
  CHECK(other.complaint() == "");
  CHECK(cluster.pactor({"credentials", "revoke", "nobody"}).exit_code == 2);
  CHECK(cluster.pactor({"credentials", "revoke", "controller"}).exit_code == 2);
}

TEST_CASE("revoking the profile's own files gives it new ones; copies of the old are of no use") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  c[0].push("kept", 5).get();
  const auto stolen_client = cluster.directory() / "stolen-client.json",
             stolen_node = cluster.directory() / "node.json";
  std::filesystem::copy_file(cluster.connection_file(role::client), stolen_client);
  std::filesystem::copy_file(cluster.connection_file(role::node), stolen_node);
  const auto revoked =
      cluster.pactor({"credentials", "revoke", stolen_client.string(), cluster.connection_file(role::node).string()});
  CHECK_MESSAGE(revoked.exit_code == 0, revoked.err);
  CHECK(contains(revoked.err, "2 connections were ended"));
  CHECK(contains(told(stolen_client), "was revoked"));
  const auto joined = cluster.pactor({"node", "-n", "1", "--connection", stolen_node.string()});
  CHECK(joined.exit_code == 13);
  CHECK(contains(joined.err, "was revoked"));
  // Node and client come back with the new ones, the engine with its variables.
  REQUIRE(eventually(15s, [&] { return c.connected() && c.size() == 1; }));
  CHECK(answers(c, 0));
  CHECK(c[0].pull<int>("kept") == 5);
  CHECK(cluster.pactor({"status"}).exit_code == 0);
  CHECK(state_of(cluster, "client") == "revoked valid");
}

TEST_CASE("all credentials are replaced while work goes on") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto old = cluster.directory() / "old.json";
  std::filesystem::copy_file(cluster.connection_file(role::client), old);
  const auto c = cluster.client();
  c[0].push("kept", 7).get();
  const auto go = cluster.directory() / "go";
  const auto open = c[1].apply_async<void>("until_exists", go.string());

  const auto rotated = cluster.pactor({"credentials", "rotate", "--overlap", "1h"});
  CHECK_MESSAGE(rotated.exit_code == 0, rotated.err);
  CHECK(contains(rotated.err, "0 connections were ended"));
  write_file(go, "");
  CHECK_NOTHROW(open.get(30s));
  CHECK(told(old) == ""); // for an hour
  CHECK(told(cluster.connection_file(role::client)) == "");
  CHECK(identity_in(old).certificate != identity_in(cluster.connection_file(role::client)).certificate);
  CHECK(state_of(cluster, "client").starts_with("replaced, until "));
  CHECK(told(made(cluster, "client", "anna")) == "");
  // Everyone comes back to the next controller with what is there now.
  const auto before = cluster.pid("controller");
  ::kill(before, SIGKILL);
  CHECK(answers(c, 0));
  CHECK(cluster.pid("controller") != before);
  CHECK(c[0].pull<int>("kept") == 7);
  CHECK(other.complaint() == "");

  const auto now = cluster.pactor({"credentials", "rotate", "--now"});
  CHECK_MESSAGE(now.exit_code == 0, now.err);
  CHECK(told(old) != "");
  CHECK(contains(told(cluster.directory() / "anna.json"), "refused"));
  REQUIRE(eventually(15s, [&] { return told(cluster.connection_file(role::client)) == ""; }));
  CHECK(eventually(15s, [&] { return c.connected() && c.size() == 2; }));
  CHECK(answers(c, 0));
  CHECK(c[0].pull<int>("kept") == 7);
}

TEST_CASE("what makes no sense, or can't be written, leaves everything as it was") {
  const temporary_cluster cluster{1};
  const auto before = listed(cluster);
  const auto refused = [&](const std::vector<std::string>& words, int exit_code, const std::string& why) {
    const auto said = cluster.pactor(words);
    CHECK(said.exit_code == exit_code);
    CHECK(contains(said.err, why));
  };
  refused({"credentials", "rotate", "--overlap", "99999d"}, 2, "36500d is the most");
  refused({"credentials", "rotate", "--overlap", "1h", "--now"}, 2, "--now");
  refused({"credentials", "new", "--role", "client", "--valid", "99999d", "-o", "x.json"}, 2, "36500d is the most");
  CHECK(listed(cluster) == before);

  // Nobody has their keys: they are refused.
  refused({"credentials", "new", "--role", "client", "--name", "anna", "-o", "/no/where.json"}, 16, "/no");
  const auto full = run(
      {"/bin/sh", "-c", "exec \"$0\" credentials new --role client --name bert -o - >/dev/full", PACTOR_TEST_PROGRAM},
      {{"PACTOR_DIR", cluster.directory().string()}});
  CHECK(full.exit_code == 16);
  CHECK(contains(full.err, "standard output"));
  for (const auto& one : listed(cluster))
    if (one["name"] == "anna" || one["name"] == "bert") CHECK(!one["revoked"].is_null());
  CHECK(listed(cluster).size() == before.size() + 2);
  CHECK(told(cluster.connection_file(role::client)) == "");
}

TEST_CASE("a shorter overlap counts for the files of an earlier rotation too: at its end they are refused in words") {
  const temporary_cluster cluster{1};
  const auto oldest = cluster.directory() / "oldest.json", older = cluster.directory() / "older.json";
  std::filesystem::copy_file(cluster.connection_file(role::client), oldest);
  REQUIRE(cluster.pactor({"credentials", "rotate", "--overlap", "1h"}).exit_code == 0);
  std::filesystem::copy_file(cluster.connection_file(role::client), older);
  const client c{with(oldest, 10s)};
  REQUIRE(cluster.pactor({"credentials", "rotate", "--overlap", "8s"}).exit_code == 0);
  CHECK(told(older) == "");
  for (const auto& file : {oldest, older}) {
    REQUIRE(eventually(15s, [&] { return told(file) != ""; }));
    CHECK(contains(told(file), "refused"));
  }
  CHECK(told(cluster.connection_file(role::client)) == "");
  CHECK(answers(c, 0)); // it had come in before
}

TEST_CASE("what has expired is refused in words, and its connections end; a status warns before") {
  const temporary_cluster cluster{1};
  witness other{cluster};
  const auto soon = made(cluster, "client", "soon", {"--valid", "60s"});
  const pactor_home home;
  files::make_private_directory(home.connection_file(role::client).parent_path());
  std::filesystem::copy_file(soon, home.connection_file(role::client));
  const auto status = home.pactor({"status"});
  CHECK(status.exit_code == 0);
  CHECK(contains(status.err, "warning: the certificate soon (client, "));
  CHECK(nlohmann::json::parse(home.pactor({"status", "--json"}).out)["warnings"].size() == 1);
  CHECK(nlohmann::json::parse(cluster.pactor({"status", "--json"}).out)["warnings"].empty());

  const auto brief = made(cluster, "client", "brief", {"--valid", "6s"});
  const client c{with(brief, 0s)};
  CHECK(c[0].apply_sync<std::string>("hello") == "Hello World!");
  CHECK(eventually(15s, [&] { return !c.connected(); }));
  CHECK(contains(told(brief), "expired"));
  CHECK(contains(cluster.log("controller"), "its certificate brief (client, "));
  CHECK(cluster.pactor({"credentials", "show", brief.string()}).exit_code == 13);
  CHECK(other.complaint() == "");
}

TEST_CASE("a node's certificate neither submits nor shuts down, a client's is no engine: whatever they send") {
  const temporary_cluster cluster{2};
  witness other{cluster};
  const auto port = cluster.port();
  // A node that was made for another host.
  const auto node = made(cluster, "node", "host-b");
  const auto answer = [&](frame_kind kind, const std::string& body, std::uint16_t flags) {
    tls_peer peer{port, identity_in(node)};
    hello_node hello;
    hello.nonce = files::connection_file::read(node).nonce;
    hello.host = "elsewhere";
    peer.send(frame_kind::hello, text_of(encode(hello)));
    std::string words;
    auto f = peer.receive();
    REQUIRE(f);
    CHECK(f->is(frame_kind::welcome));
    peer.send(kind, body, flags);
    while ((f = peer.receive()))
      if (f->is(frame_kind::refused)) words = decode<refusal>(f->body.data(), f->body.size()).what;
    return words;
  };
  const auto stop = text_of(encode(query{static_cast<std::uint8_t>(query_kind::stop_cluster)}));
  CHECK(contains(answer(frame_kind::query, stop, 0), "which a node may not send"));
  task_control kill;
  kill.how = static_cast<std::uint8_t>(end_how::kill);
  kill.tasks = {1, 2, 3};
  for (const auto& [kind, body] : std::vector<std::pair<frame_kind, std::string>>{
           {frame_kind::direct_tasks, std::string(64, 'x')},
           {frame_kind::balanced_tasks, std::string(64, 'x')},
           {frame_kind::task_control, text_of(encode(kill))},
           {frame_kind::task_query, text_of(encode(task_query{1, 1, 1}))},
           {frame_kind::engine_control, text_of(encode(engine_control{3, {0}, 9}))},
           {frame_kind::stop, ""},
           {frame_kind::acknowledge, ""},
           {frame_kind::resume, ""}})
    CHECK(contains(answer(kind, body, 0), "which a node may not send"));
  CHECK(contains(answer(frame_kind::piece, "task", 0), "flags 0"));
  // Results of an engine that is not its own.
  wire::record forged;
  forged.id = 1;
  forged.kind = static_cast<std::uint16_t>(wire::record_kind::result);
  forged.engine = 0;
  const std::string batch{reinterpret_cast<const char*>(&forged), sizeof forged};
  CHECK(contains(answer(frame_kind::outcomes, batch, 0), "another node's"));
  CHECK(contains(answer(frame_kind::outcomes, batch, transport::balanced), "another node's"));
  CHECK(other.complaint() == "");
  CHECK(cluster.client().status().engines.size() == 2);
}

TEST_CASE("messages of the actor library are none here: no actor can be named, linked, killed or spawned") {
  const temporary_cluster cluster{1};
  witness other{cluster};
  const auto file = cluster.credentials(role::client);
  // Its header: operation, flags, size of the payload, a number, and the ids of two actors.
  const auto header = [](std::uint8_t operation, std::uint32_t size, std::uint64_t from, std::uint64_t to) {
    std::string bytes(32, '\0');
    bytes[0] = static_cast<char>(operation);
    std::memcpy(bytes.data() + 4, &size, sizeof size);
    std::memcpy(bytes.data() + 16, &from, sizeof from);
    std::memcpy(bytes.data() + 24, &to, sizeof to);
    return bytes + std::string(std::min(size, 64U), 'x');
  };
  for (const bool welcomed : {false, true})
    for (std::uint8_t operation = 0; operation < 8; ++operation) // handshakes, messages, monitors, ends
      for (const std::uint32_t size : {0U, 48U, 0xffff'fff0U}) {
        tls_peer peer{file.port, identity_in(cluster.connection_file(role::client))};
        hello_client hello;
        hello.nonce = file.nonce;
        if (welcomed) {
          peer.send(frame_kind::hello, text_of(encode(hello)));
          const auto f = peer.receive();
          REQUIRE((f && f->is(frame_kind::welcome)));
        }
        peer.write(header(operation, size, 1, 1 + operation % 2)); // spawn server, configuration server
        std::string words;
        while (const auto f = peer.receive())
          if (f->is(frame_kind::refused)) words = decode<refusal>(f->body.data(), f->body.size()).what;
        CHECK(contains(words, "which a client may not send"));
      }
  CHECK(other.complaint() == "");
}

TEST_CASE("keys are in no core dump, environment or command line, and workers have none") {
  const pactor_home home;
  const environment hidden{{"PACTOR_DIR", home.directory().string()}, {"PACTOR_CORE_DUMPS", "0"}};
  // In a directory of the test's own, where a dump would lie.
  const auto begin = [&](std::vector<std::string> arguments, const environment& variables) {
    std::vector<std::string> command{
        "/bin/sh", "-c", R"(cd "$1" && shift && exec "$@")", "sh", home.directory(), PACTOR_TEST_PROGRAM};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return background_program{command, variables};
  };
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  const auto dumped = [&](const background_program& p) {
    REQUIRE(::prlimit(p.pid(), RLIMIT_CORE, &unlimited, nullptr) == 0);
    const auto end = process::open_pidfd(p.pid());
    siginfo_t how{};
    p.signal(SIGABRT);
    REQUIRE(::waitid(P_PIDFD, static_cast<id_t>(end.get()), &how, WEXITED | WNOWAIT) == 0);
    return process::decode(how).core_dumped;
  };
  rlimit own{};
  ::getrlimit(RLIMIT_CORE, &own);
  if (own.rlim_max != RLIM_INFINITY && ::geteuid() != 0) {
    MESSAGE("skipped: core dumps are not allowed here");
    return;
  }
  auto controller = begin({"controller"}, hidden);
  const auto file = home.connection_file(role::node);
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(home.connection_file(role::client)); })); // the last
  auto node = begin({"node", "-n", "1", "--jobs", test_jobs().string()}, hidden);
  const client c{with(home.connection_file(role::client))};
  c.wait_for_engines(1);
  const auto worker = worker_pid(c, 0);
  // A worker has no connection and none of the files.
  const auto secret = files::connection_file::read(file).key.substr(40, 40);
  for (const auto& entry : std::filesystem::directory_iterator{"/proc/" + std::to_string(worker) + "/fd"}) {
    std::error_code gone;
    const auto target = std::filesystem::read_symlink(entry.path(), gone).string();
    CHECK_FALSE(contains(target, "security"));
    CHECK_FALSE(contains(target, "inet"));
  }
  for (const auto* what : {"environ", "cmdline"})
    CHECK_FALSE(contains(content_of("/proc/" + std::to_string(worker) + "/" + what), secret));
  CHECK_FALSE(dumped(node));
  CHECK_FALSE(dumped(controller));
  // That says something only if dumps are possible here at all.
  const pactor_home open;
  auto other = begin({"controller"}, open.variables());
  REQUIRE(eventually(15s, [&] { return std::filesystem::exists(open.connection_file(role::node)); }));
  if (!dumped(other)) MESSAGE("skipped: this system makes no core dumps");
}

TEST_SUITE_END();
