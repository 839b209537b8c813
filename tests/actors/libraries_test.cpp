// Job libraries on their way: client, controller and nodes, with nothing between them but the frames.

#include "actors/library_depot.hpp"
#include "actors/library_keeper.hpp"
#include "tests/actors/fakes.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>
#include <stdlib.h>

using namespace pactor;
using namespace pactor::test;
namespace fs = std::filesystem;

namespace {

jobs::library_name name_of(const detail::bytes& content, const std::string& file = "libnum.so") {
  jobs::content_hash hash;
  hash.add(content.data(), content.size());
  return {file, hash.hex(), content.size()};
}
wire_library wire_of(const jobs::library_name& l) { return {l.file, l.hash, l.size}; }

struct directory {
  fs::path path;
  directory() {
    auto name = (fs::temp_directory_path() / "pactor-libraries-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~directory() { fs::remove_all(path); }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;
};

/// A node's libraries, with a disk of their own.
struct fake_node {
  directory disk;
  std::uint64_t key;
  fake_link_ptr to_controller = link_to(security::role::controller), to_node = link_to(security::role::node);
  std::vector<library_in_use> used;
  int settled = 0, inspected = 0;
  bool stuck = false;                       // it takes nothing, and says nothing
  std::map<std::string, std::string> unfit; // by file name
  std::uint64_t room;                       // on its disk, bytes
  library_keeper keeper{jobs::library_store{disk.path, room},
                        {},
                        {[this](const library_in_use& l) { used.push_back(l); }, [this] { ++settled; },
                         [this](const fs::path& path) {
                           ++inspected;
                           const auto file = path.filename().string();
                           if (unfit.contains(file)) throw error{ec::bad_library, unfit[file]};
                           return std::vector<job_info>{{"mean", "double(vector<double>)", file}};
                         }}};
  fake_node(std::uint64_t k, std::uint64_t bytes) : key{k}, room{bytes} {}
};

struct cluster_fixture {
  directory disk;
  int changes = 0;
  bool tick_wanted = false;
  std::vector<std::unique_ptr<fake_node>> nodes;
  fake_link_ptr client = link_to(security::role::client);
  std::optional<library_depot> depot;
  int parts = 0; // that went to nodes

  explicit cluster_fixture(bool enabled = true) { restart(enabled, {}); }
  void restart(bool enabled, std::vector<core::shipped_library> before) { // not a reference: what it replaces has it
    depot.emplace(
        depot_setup{enabled, disk.path, std::uint64_t{64} << 20}, pactor::log{}, before, [this] { ++changes; },
        [this] { tick_wanted = true; });
  }
  fake_node& join(const std::string& host, std::map<std::string, std::string> unfit = {},
                  std::uint64_t room = std::uint64_t{64} << 20) {
    auto& n = *nodes.emplace_back(std::make_unique<fake_node>(nodes.size() + 1, room));
    n.unfit = std::move(unfit);
    n.keeper.listed({n.to_controller, depot->node_joins()});
    depot->node_joined(n.key, host, n.to_node);
    settle();
    return n;
  }
  /// Lets a second after the other pass, while anybody asks for it.
  void wait(int seconds) {
    while (seconds-- > 0 && std::exchange(tick_wanted, false)) depot->tick();
  }
  /// Carries frames between controller and nodes until there are none.
  void settle() {
    for (bool any = true; any;) {
      any = false;
      for (auto& n : nodes) {
        if (n->stuck) continue;
        for (const auto& f : std::exchange(n->to_controller->sent, {})) {
          any = true;
          depot->from_node(n->key,
                           arrives(n->to_node, f.kind, detail::bytes::copy(f.body.data, f.body.size), 0, f.tag));
        }
        for (const auto& f : std::exchange(n->to_node->sent, {})) {
          any = true;
          if (f.kind == frame_kind::library_part) ++parts;
          n->keeper.frame(
              arrives(n->to_controller, f.kind, detail::bytes::copy(f.body.data, f.body.size), 0, f.tag, f.aux));
        }
        // What the node itself would say once its engines know.
        for (auto& u : n->used) {
          if (!std::exchange(u.tell, false)) continue;
          library_report told;
          told.word = static_cast<std::uint8_t>(library_word::in_use);
          told.library = {u.library.file, u.library.hash, 0};
          depot->from_node(n->key, arrives(n->to_node, frame_kind::library, encode(told)));
          any = true;
        }
      }
    }
  }
  library_reply reply() { return decode<library_reply>(client->take_one(frame_kind::answer).body); }
  library_reply offer(const jobs::library_name& l) {
    depot->from_client(arrives(
        client, frame_kind::library,
        encode(library_query{static_cast<std::uint8_t>(library_ask::offer), wire_of(l), "alice@laptop"}), 0, 1));
    return reply();
  }
  library_reply part(const detail::bytes& content, std::uint64_t at) {
    const auto size = std::min<std::uint64_t>(transport::piece_size, content.size() - at);
    depot->part(arrives(client, frame_kind::library_part, detail::bytes::copy(content.data() + at, size), 0, 2, at));
    return reply();
  }
  void commit(const jobs::library_name& l) {
    depot->from_client(arrives(client, frame_kind::library,
                               encode(library_query{static_cast<std::uint8_t>(library_ask::commit), wire_of(l), {}}), 0,
                               3));
    settle();
  }
  /// All of it. @return the answer to the commit
  library_reply push(const detail::bytes& content, const std::string& file = "libnum.so") {
    const auto l = name_of(content, file);
    if (auto offered = offer(l); !offered.why.empty()) return offered;
    for (std::uint64_t at = 0; at < content.size(); at += transport::piece_size) CHECK(part(content, at).why.empty());
    commit(l);
    return reply();
  }
};

} // namespace

TEST_SUITE("libraries") {
  TEST_CASE_FIXTURE(cluster_fixture, "a library goes to every node in parts, and is used when all have it") {
    auto& a = join("A");
    auto& b = join("B");
    CHECK(a.settled == 1);
    const auto content = pattern(5 * transport::piece_size + 17);
    const auto r = push(content);
    CHECK(r.why.empty());
    REQUIRE(r.jobs.size() == 1);
    CHECK(std::get<0>(r.jobs[0]) == "mean");
    CHECK(parts == 12);
    for (const auto* n : {&a, &b}) {
      REQUIRE(n->used.size() == 1);
      CHECK(n->used[0].library.path == (n->disk.path / name_of(content).hash / "libnum.so").string());
      CHECK(jobs::name_of_file(n->used[0].library.path) == name_of(content));
    }
    CHECK(depot->jobs_of(1).size() == 1);
    CHECK(depot->replaces("libnum.so"));
    CHECK(changes > 0);
    REQUIRE(depot->current().size() == 1);
    CHECK(depot->current()[0].origin == "alice@laptop");

    SUBCASE("the same again costs nothing") {
      CHECK_FALSE(offer(name_of(content)).wanted);
      commit(name_of(content));
      CHECK(reply().why.empty());
      CHECK(parts == 12);
    }
    SUBCASE("who joins later has it before its first task") {
      auto& late = join("C");
      CHECK(late.settled == 1);
      REQUIRE(late.used.size() == 1);
      CHECK(jobs::name_of_file(late.used[0].library.path) == name_of(content));
      CHECK(depot->jobs_of(late.key).size() == 1);
    }
    SUBCASE("a controller that takes its place still has it, and nodes need not get it again") {
      restart(true, depot->current());
      a.keeper.listed({a.to_controller, depot->node_joins()});
      depot->node_joined(a.key, "A", a.to_node);
      settle();
      CHECK(parts == 12);
      CHECK(depot->jobs_of(a.key).size() == 1);
      CHECK(a.settled == 2);
    }
    SUBCASE("it is removed") {
      depot->from_client(
          arrives(client, frame_kind::library,
                  encode(library_query{static_cast<std::uint8_t>(library_ask::remove), {"libnum.so", {}, 0}, {}})));
      settle();
      CHECK(reply().why.empty());
      CHECK(a.used.back().library.path.empty());
      CHECK(depot->jobs_of(1).empty());
      CHECK(join("C").used.empty());
    }
  }

  TEST_CASE_FIXTURE(cluster_fixture, "builds that are used no more make room for the next") {
    auto& a = join("A", {}, 5 * transport::piece_size);
    for (std::size_t build = 1; build < 5; ++build) { // the room is enough for two
      const auto content = pattern(2 * transport::piece_size + build);
      CHECK(push(content).why.empty());
      CHECK(jobs::name_of_file(a.used.back().library.path) == name_of(content));
    }
    CHECK_FALSE(push(pattern(4 * transport::piece_size), "libother.so").why.empty()); // one is in use
  }

  TEST_CASE_FIXTURE(cluster_fixture, "one host that can't use it: the reason, and the build before stays") {
    auto& a = join("A");
    auto& b = join("B");
    CHECK(push(pattern(100)).why.empty());
    b.unfit["libnum.so"] = "libnum.so needs libfoo.so.3, not found on host B";
    const auto r = push(pattern(100, 2));
    CHECK(r.code == static_cast<std::uint8_t>(ec::bad_library));
    CHECK(r.why == std::vector<std::string>{"libnum.so needs libfoo.so.3, not found on host B"});
    CHECK(a.used.size() == 1);
    CHECK(depot->current()[0].hash == name_of(pattern(100)).hash);
    b.unfit.clear();
    CHECK(push(pattern(100, 3)).why.empty());
    CHECK(a.used.back().library.hash == name_of(pattern(100, 3)).hash);
    CHECK(depot->current().size() == 1);
  }

  TEST_CASE_FIXTURE(cluster_fixture, "a host that joins and can't use it is listed, and runs what it can") {
    join("A");
    CHECK(push(pattern(100)).why.empty());
    auto& late = join("B", {{"libnum.so", "it needs libfoo.so.3"}});
    CHECK(late.settled == 1);
    CHECK(late.used.empty());
    CHECK(depot->current()[0].unfit.at("B") == "it needs libfoo.so.3");
    CHECK(depot->jobs_of(late.key).empty());
    depot->from_client(arrives(client, frame_kind::library,
                               encode(library_query{static_cast<std::uint8_t>(library_ask::list), {}, {}})));
    const auto all = decode<std::vector<library_entry>>(client->take_one(frame_kind::answer).body);
    REQUIRE(all.size() == 1);
    CHECK(all[0].unfit.size() == 1);
  }

  TEST_CASE_FIXTURE(cluster_fixture, "a host that is stuck is named, and the next library goes on") {
    auto& a = join("A");
    auto& b = join("B");
    b.stuck = true;
    const auto first = pattern(100), second = pattern(100, 2);
    CHECK(offer(name_of(first)).wanted);
    CHECK(part(first, 0).why.empty());
    commit(name_of(first));
    wait(core::library_rollout::patience - 1);
    CHECK(client->count(frame_kind::answer) == 0);
    wait(1);
    const auto r = reply();
    CHECK(r.code == static_cast<std::uint8_t>(ec::bad_library));
    CHECK(r.why == std::vector<std::string>{"host B has not answered for 30 s"});
    CHECK_FALSE(tick_wanted); // nobody is waited for
    CHECK(a.used.empty());
    b.stuck = false;
    settle(); // its answer comes, and changes nothing
    CHECK(depot->current().empty());
    CHECK(depot->jobs_of(b.key).empty());
    CHECK(push(second).why.empty());
    CHECK(b.used.back().library.hash == name_of(second).hash);
  }

  TEST_CASE("a cluster that takes none says so, whatever comes") {
    cluster_fixture c{false};
    const auto content = pattern(10);
    const auto r = c.offer(name_of(content));
    CHECK(r.code == static_cast<std::uint8_t>(ec::refused));
    CHECK(r.why.at(0).find("shipping.enabled") != std::string::npos);
    CHECK(c.part(content, 0).why.at(0).find("not offered") != std::string::npos);
    c.commit(name_of(content));
    CHECK_FALSE(c.reply().why.empty());
  }

  TEST_CASE_FIXTURE(cluster_fixture, "what makes no sense from a client is refused, and nothing is kept of it") {
    auto& n = join("A");
    const auto content = pattern(100);
    const auto l = name_of(content);
    auto traversal = l;
    traversal.file = "../../x.so";
    CHECK_FALSE(offer(traversal).why.empty());
    auto huge = l;
    huge.size = std::uint64_t{1} << 60;
    CHECK(offer(huge).why.at(0).find("shipping.cache_mb") != std::string::npos);
    CHECK(offer(l).wanted);
    CHECK_FALSE(part(content, 50).why.empty()); // out of order: it begins anew
    CHECK(offer(l).wanted);
    CHECK(part(pattern(100, 5), 0).why.empty()); // another content
    commit(l);
    CHECK(reply().why.at(0).find("not what it was announced as") != std::string::npos);
    CHECK(n.used.empty());
    CHECK(offer(l).wanted);
    depot->link_down(client);
    CHECK(fs::is_empty(disk.path / "incoming"));
    CHECK_THROWS_AS(depot->from_client(arrives(client, frame_kind::library, encode(library_query{99, {}, {}}))), error);
  }

  TEST_CASE_FIXTURE(cluster_fixture, "a node does not believe its controller's bytes, and does not wait for ever") {
    auto& n = join("A");
    const auto content = pattern(3 * transport::piece_size);
    const auto l = name_of(content);
    const auto order = [&](library_step step, std::uint64_t tag = 0) {
      n.keeper.frame(arrives(n.to_controller, frame_kind::library,
                             encode(library_order{static_cast<std::uint8_t>(step), wire_of(l), "gone"}), 0, tag));
    };
    const auto verdict = [&] {
      for (const auto& f : std::exchange(n.to_controller->sent, {}))
        if (auto r = decode<library_report>(f.body); r.word == static_cast<std::uint8_t>(library_word::verdict))
          return r.why;
      return std::string{"none"};
    };
    const auto tag = [&] { return n.to_controller->sent.at(0).tag; };
    order(library_step::stage);
    CHECK(n.to_controller->count(frame_kind::library) == 3); // within the window
    SUBCASE("another content") {
      const auto t = tag();
      const auto other = pattern(3 * transport::piece_size, 9);
      for (std::uint64_t at = 0; at < other.size(); at += transport::piece_size)
        n.keeper.frame(arrives(n.to_controller, frame_kind::library_part,
                               detail::bytes::copy(other.data() + at, transport::piece_size), 0, t, at));
      CHECK(verdict().find("not what it was announced as") != std::string::npos);
    }
    SUBCASE("a part out of order") {
      n.keeper.frame(arrives(n.to_controller, frame_kind::library_part, detail::bytes::copy("x", 1), 0, tag(), 7));
      CHECK(verdict().find("does not belong there") != std::string::npos);
    }
    SUBCASE("a controller that has it no more") {
      order(library_step::unavailable, tag());
      CHECK(verdict() == "gone");
    }
    SUBCASE("what was not asked for") {
      n.keeper.frame(arrives(n.to_controller, frame_kind::library_part, detail::bytes::copy("x", 1), 0, tag() + 1, 0));
      CHECK(verdict() == "none");
    }
    SUBCASE("a connection that is lost: nothing is left, and the next welcome begins anew") {
      n.keeper.link_down(n.to_controller);
      CHECK(fs::is_empty(n.disk.path / "incoming"));
      n.keeper.listed({n.to_controller, {wire_of(l)}});
      CHECK(n.settled == 1); // not again before it has it
      CHECK(n.to_controller->count(frame_kind::library) > 3);
    }
    CHECK(n.used.empty());
  }
}
