#include "actors/client_lanes.hpp"
#include "actors/node_lanes.hpp"
#include "actors/system.hpp"
#include "tests/actors/fake_lane.hpp"
#include "tests/actors/transport_fixture.hpp"

#include <doctest/doctest.h>

#include <caf/actor_system.hpp>
#include <caf/io/middleman.hpp>

#include <condition_variable>
#include <filesystem>
#include <future>
#include <map>
#include <mutex>
#include <sys/socket.h>
#include <sys/un.h>

using namespace pactor;
using namespace pactor::test;

namespace {

const std::string nonce = "0123456789abcdef0123456789abcdef";

struct node_end {
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::string>> settled;
  node_lanes lanes{nonce};

  node_end() {
    lanes.on_settled([this](std::uint32_t client, std::uint64_t handle, const std::string& trouble) {
      settled.emplace_back(client, handle, trouble);
    });
  }
  std::shared_ptr<lane_log> stranger() {
    auto log = std::make_shared<lane_log>();
    lanes.admit([&log](lane_events& events) {
      log->events = &events;
      return std::make_unique<fake_lane>(log);
    });
    return log;
  }
  std::shared_ptr<lane_log> client(std::uint32_t number) {
    auto log = stranger();
    log->say_hello(number, nonce);
    REQUIRE(log->sent.size() == 1);
    CHECK(log->take()[0].kind() == lane_kind::welcome);
    return log;
  }
};

struct client_end {
  int wakes = 0;
  std::map<std::string, std::shared_ptr<lane_log>> nodes; // those of this host
  client_lanes lanes{[this](const std::string& path, lane_events& events) -> std::unique_ptr<lane> {
                       if (!nodes.contains(path)) return nullptr;
                       nodes[path] = std::make_shared<lane_log>();
                       nodes[path]->events = &events;
                       return std::make_unique<fake_lane>(nodes[path]);
                     },
                     nonce, [this] { ++wakes; }};

  lane_log& node(const std::string& path, const std::vector<int>& engines) {
    nodes[path] = nullptr;
    places.push_back({"here", path, engines});
    lanes.set_places(7, places);
    REQUIRE(nodes[path]);
    return *nodes[path];
  }
  lane_log& welcome(const std::string& path, const std::vector<int>& engines) {
    auto& log = node(path, engines);
    CHECK(log.take()[0].message.client == 7);
    log.say(lane_kind::welcome);
    return log;
  }
  detail::slice payload(const std::string& text) {
    auto memory = lanes.allocate(text.size());
    REQUIRE(memory.size() >= text.size());
    text.copy(memory.data(), text.size());
    memory.shrink(text.size());
    return detail::slice{std::move(memory)};
  }
  std::vector<node_place> places;
};

} // namespace

TEST_SUITE("node lanes") {
  TEST_CASE_FIXTURE(node_end, "nobody gets in without the start's nonce, or with a number that is taken") {
    auto wrong = stranger();
    wrong->say_hello(1, "f" + nonce.substr(1));
    CHECK_FALSE(wrong->alive);
    auto rude = stranger();
    rude->say(lane_kind::payload, 1, file_of("x"), 0, 1);
    CHECK_FALSE(rude->alive);
    const auto first = client(1);
    auto second = stranger();
    second->say_hello(1, nonce);
    CHECK_FALSE(second->alive);
    CHECK(first->alive);
    CHECK(lanes.reaches(1));
    CHECK_FALSE(lanes.reaches(2));
  }

  TEST_CASE_FIXTURE(node_end, "a payload that came is there for the task that names it, and is released once") {
    const auto c = client(1);
    c->say(lane_kind::payload, 5, file_of("..payload"), 2, 7);
    auto file = lanes.claim(1, 5, 7);
    REQUIRE(file->complete());
    CHECK(read_file(file->fd(), file->offset(), file->size()) == "payload");
    CHECK(settled.empty());
    c->say(lane_kind::drop, 5);
    CHECK(c->sent.empty()); // a worker may still read it
    file.reset();
    REQUIRE(c->sent.size() == 1);
    CHECK(c->sent[0].kind() == lane_kind::release);
    CHECK(c->sent[0].message.handle == 5);
  }

  TEST_CASE_FIXTURE(node_end, "a task that is faster than its payload waits for it") {
    const auto c = client(1);
    const auto file = lanes.claim(1, 5, 7);
    CHECK_FALSE(file->complete());
    CHECK(lanes.claim(1, 5, 7) == file);
    c->say(lane_kind::payload, 5, file_of("payload"), 0, 7);
    REQUIRE(settled.size() == 1);
    CHECK(settled[0] == std::tuple{1U, std::uint64_t{5}, std::string{}});
    CHECK(file->complete());
  }

  TEST_CASE_FIXTURE(node_end, "a payload that can't be what was announced ends its task in words") {
    const auto c = client(1);
    const auto claimed = [&](std::uint64_t handle) { return lanes.claim(1, handle, 7); };
    const auto a = claimed(1), b = claimed(2), d = claimed(3);
    c->say(lane_kind::payload, 1, file_of("payload"), 0, 6);       // another size
    c->say(lane_kind::payload, 2, file_of("payload", true), 0, 7); // can shrink under the reader
    c->say(lane_kind::payload, 3, file_of("payload"), 1, 7);       // ends behind the file
    REQUIRE(settled.size() == 3);
    for (const auto& [client, handle, trouble] : settled) CHECK_FALSE(trouble.empty());
    CHECK_FALSE(a->complete());
    CHECK_THROWS_AS((void)lanes.claim(2, 1, 7), error);
    c->say(lane_kind::payload, 9, file_of("payload"), 0, 7);
    CHECK_THROWS_AS((void)lanes.claim(1, 9, 8), error);
  }

  TEST_CASE_FIXTURE(node_end, "a lost client takes along what was still to come, not what is here") {
    const auto c = client(1);
    c->say(lane_kind::payload, 4, file_of("payload"), 0, 7);
    const auto here = lanes.claim(1, 4, 7), awaited = lanes.claim(1, 5, 7);
    c->events->lane_closed();
    CHECK_FALSE(c->alive);
    REQUIRE(settled.size() == 1);
    CHECK(std::get<1>(settled[0]) == 5);
    CHECK(read_file(here->fd(), 0, 7) == "payload");
    CHECK_FALSE(lanes.reaches(1));
    client(1); // the number is free again
  }

  TEST_CASE_FIXTURE(node_end, "a task whose client gave it up stops waiting") {
    const auto c = client(1);
    const auto awaited = lanes.claim(1, 5, 7);
    c->say(lane_kind::drop, 5);
    REQUIRE(settled.size() == 1);
    CHECK_FALSE(std::get<2>(settled[0]).empty());
  }

  TEST_CASE_FIXTURE(node_end, "a result is kept until the client released it") {
    const auto c = client(1);
    const auto file = file_of("..result");
    auto keep = std::make_shared<int>(1);
    const std::weak_ptr<int> kept = keep;
    const auto handle = lanes.send(1, file.get(), 2, 6, std::move(keep));
    REQUIRE(c->sent.size() == 1);
    const auto& m = c->sent[0].message;
    CHECK(m.handle == handle);
    CHECK(read_file(c->sent[0].file.get(), m.offset, m.size) == "result");
    CHECK_FALSE(kept.expired());
    c->say(lane_kind::release, handle);
    CHECK(kept.expired());
  }
}

TEST_SUITE("client lanes") {
  TEST_CASE_FIXTURE(client_end, "there is no shared memory before a node of this host said welcome") {
    CHECK(lanes.allocate(100).empty());
    lanes.set_places(7, {{"there", "/not/here", {0}}, {"plain", "", {1}}});
    CHECK(lanes.allocate(100).empty());
    auto& n = node("/a", {2});
    REQUIRE(n.sent.size() == 1);
    CHECK(n.sent[0].kind() == lane_kind::hello);
    CHECK(std::string(n.sent[0].message.nonce.data(), 32) == nonce);
    CHECK(lanes.allocate(100).empty());
    n.say(lane_kind::welcome);
    CHECK(lanes.allocate(100).size() >= 100);
  }

  TEST_CASE_FIXTURE(client_end, "a payload goes once to each node, and its memory is used again when all released it") {
    auto& a = welcome("/a", {0, 1});
    auto& b = welcome("/b", {2});
    auto p = payload("payload");
    const auto* const memory = p.data;
    const auto handle = lanes.offer(p, std::vector{0, 1, 2});
    REQUIRE(handle);
    p = {};
    lanes.flush();
    for (auto* n : {&a, &b}) {
      REQUIRE(n->sent.size() == 1);
      const auto& m = n->sent[0].message;
      CHECK(n->sent[0].kind() == lane_kind::payload);
      CHECK(m.handle == *handle);
      CHECK(read_file(n->sent[0].file.get(), m.offset, m.size) == "payload");
      n->sent.clear();
    }
    for (int i = 0; i < 2; ++i) lanes.task_ended(*handle);
    CHECK(wakes == 0);
    lanes.task_ended(*handle);
    CHECK(wakes > 0);
    lanes.flush();
    CHECK(a.take()[0].kind() == lane_kind::drop);
    a.say(lane_kind::release, *handle);
    const auto other = payload("other");
    CHECK(other.data != memory); // b reads it still
    b.say(lane_kind::release, *handle);
    CHECK(payload("next").data == memory);
  }

  TEST_CASE_FIXTURE(client_end, "what not all engines can read goes the other way") {
    welcome("/a", {0});
    const auto p = payload("payload");
    CHECK_FALSE(lanes.offer(p, std::vector{0, 9}));
    const detail::slice plain{detail::bytes::copy("payload", 7)};
    CHECK_FALSE(lanes.offer(plain, std::vector{0}));
    CHECK(lanes.offer(p, std::vector{0}));
  }

  TEST_CASE_FIXTURE(client_end, "results are found by their handle, whichever comes first, and released when read") {
    auto& n = welcome("/a", {3});
    std::vector<std::string> got;
    std::optional<detail::bytes> last;
    const auto take = [&](std::optional<detail::bytes> b) {
      got.push_back(b ? std::string(b->data(), b->size()) : "lost");
      last = std::move(b);
    };
    n.say(lane_kind::payload, 1, file_of("..first"), 2, 5);
    CHECK(got.empty());
    lanes.await(3, 1, 5, take);
    lanes.await(3, 2, 6, take);
    CHECK(got == std::vector<std::string>{"first"});
    CHECK(n.sent.empty());
    n.say(lane_kind::payload, 2, file_of("second"), 0, 6);
    CHECK(got.back() == "second"); // replaces the first, which is released then
    lanes.flush();
    REQUIRE(n.sent.size() == 1);
    CHECK(n.sent[0].kind() == lane_kind::release);
    CHECK(n.sent[0].message.handle == 1);
    lanes.await(3, 5, 7, take);
    n.say(lane_kind::payload, 5, file_of("short"), 0, 5);
    CHECK(got.back() == "lost");
    lanes.await(4, 1, 1, take); // an engine of no lane
    CHECK(got.size() == 4);
    CHECK(got.back() == "lost");
  }

  TEST_CASE_FIXTURE(client_end, "with its lane, results on the way are lost; the next notice opens it anew") {
    auto& n = welcome("/a", {3});
    bool lost = false;
    lanes.await(3, 1, 5, [&](const std::optional<detail::bytes>& b) { lost = !b; });
    n.events->lane_closed();
    CHECK(lost);
    CHECK(lanes.allocate(10).empty());
    lanes.set_places(7, places);
    nodes["/a"]->say(lane_kind::welcome);
    CHECK_FALSE(lanes.allocate(10).empty());
  }
}

TEST_SUITE("shared memory") {
  TEST_CASE("idle memory is kept up to a limit, the largest first") {
    shared_memory memory{{.idle = std::size_t{6} << 20}};
    auto one = memory.allocate(1), four = memory.allocate(std::size_t{4} << 20), three = memory.allocate(3 << 20);
    CHECK(memory.idle() == 0);
    one = four = three = {};
    CHECK(memory.idle() <= std::size_t{6} << 20);
    CHECK(memory.idle() >= std::size_t{4} << 20);
    const auto again = memory.allocate(std::size_t{4} << 20);
    CHECK(memory.idle() < std::size_t{4} << 20);
  }

  TEST_CASE("no more is in use than may be") {
    shared_memory memory{{.in_use = 2}};
    auto one = memory.allocate(1);
    const auto two = memory.allocate(1);
    CHECK(memory.allocate(1).empty());
    one = {};
    CHECK_FALSE(memory.allocate(1).empty());
    CHECK(memory.allocate(SIZE_MAX).empty());
  }

  TEST_CASE("bytes know where they lie") {
    shared_memory memory;
    const auto a = memory.allocate(100), b = memory.allocate(100);
    const auto place = memory.find(b.data() + 10);
    REQUIRE(place);
    CHECK(place->offset == 10);
    b.data()[10] = 'x';
    CHECK(read_file(place->fd, 10, 1) == "x");
    CHECK(memory.find(a.data())->fd != place->fd);
    const std::string elsewhere = "no";
    CHECK_FALSE(memory.find(elsewhere.data()));
  }
}

TEST_SUITE("lane sockets") {
  TEST_CASE("messages and files cross, the end is noticed, and nothing is left in the directory") {
    struct peer final : lane_events {
      void lane_said(const lane_message& m, process::unique_fd file) override {
        const std::lock_guard held{mutex};
        said.emplace_back(m.handle, file ? read_file(file.get(), 0, 4) : "");
        changed.notify_all();
      }
      void lane_closed() override {
        const std::lock_guard held{mutex};
        closed = true;
        changed.notify_all();
      }
      bool wait(const std::function<bool()>& enough) {
        std::unique_lock lock{mutex};
        return changed.wait_until(lock, soon(), enough);
      }
      std::mutex mutex;
      std::condition_variable changed;
      std::vector<std::pair<std::uint64_t, std::string>> said;
      bool closed = false;
    };
    // A path that is too long for a socket's address.
    const auto root = std::filesystem::temp_directory_path() / ("pactor-lanes-" + std::to_string(::getpid()));
    const auto directory = root / std::string(120, 'd');
    std::filesystem::create_directories(directory);
    system_config config;
    caf::actor_system system{config};
    auto& loop = dynamic_cast<default_multiplexer&>(system.middleman().backend());
    const auto in_loop = [&loop](const std::function<void()>& f) {
      std::promise<void> done;
      loop.post([&] {
        f();
        done.set_value();
      });
      done.get_future().wait();
    };
    std::unique_ptr<lane_listener> listener;
    std::unique_ptr<lane_socket> server, client;
    peer at_node, at_client;
    in_loop([&] {
      listener = std::make_unique<lane_listener>(loop, directory.string(), [&](process::unique_fd fd) {
        server = std::make_unique<lane_socket>(loop, std::move(fd), at_node);
        lane_message m;
        m.handle = 1;
        server->send(m, -1);
      });
      auto fd = connect_lane(listener->path());
      REQUIRE(fd);
      client = std::make_unique<lane_socket>(loop, std::move(fd), at_client);
    });
    CHECK(at_client.wait([&] { return at_client.said.size() == 1; }));
    constexpr std::uint64_t many = 2'000; // more than the socket's buffer takes
    in_loop([&] {
      const auto file = file_of("file");
      for (std::uint64_t i = 0; i < many; ++i) {
        lane_message m;
        m.handle = i;
        client->send(m, i % 100 == 0 ? file.get() : -1);
      }
    });
    CHECK(at_node.wait([&] { return at_node.said.size() == many; }));
    for (std::uint64_t i = 0; i < many; ++i)
      CHECK(at_node.said[i] == std::pair{i, std::string{i % 100 == 0 ? "file" : ""}});
    in_loop([&] { client.reset(); });
    CHECK(at_node.wait([&] { return at_node.closed; }));
    in_loop([&] {
      server.reset();
      listener.reset();
    });
    CHECK(std::filesystem::is_empty(directory));
    CHECK_FALSE(connect_lane((directory / "lane-1.sock").string()));
    std::filesystem::remove_all(root);
  }

  TEST_CASE("a node removes the sockets of nodes that were killed, and no others") {
    const auto directory = std::filesystem::temp_directory_path() / ("pactor-stale-" + std::to_string(::getpid()));
    std::filesystem::create_directories(directory);
    const auto bind_at = [&](const std::string& name) {
      process::unique_fd fd{::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
      sockaddr_un address{};
      address.sun_family = AF_UNIX;
      const auto path = (directory / name).string();
      REQUIRE(path.size() < sizeof address.sun_path);
      path.copy(address.sun_path, path.size());
      REQUIRE(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
      REQUIRE(::listen(fd.get(), 1) == 0);
      return fd;
    };
    const auto prefix = lane_listener::file_prefix();
    bind_at(prefix + "1.sock"); // closed again: a dead node's
    bind_at("lane-elsewhere-1.sock");
    const auto living = bind_at(prefix + "2.sock"), other = bind_at("other.sock");
    system_config config;
    caf::actor_system system{config};
    auto& loop = dynamic_cast<default_multiplexer&>(system.middleman().backend());
    std::promise<void> done;
    loop.post([&] {
      const lane_listener cleans{loop, directory.string(), [](const process::unique_fd&) {}};
      done.set_value();
    });
    done.get_future().wait();
    CHECK_FALSE(std::filesystem::exists(directory / (prefix + "1.sock")));
    CHECK(std::filesystem::exists(directory / (prefix + "2.sock")));
    CHECK(std::filesystem::exists(directory / "lane-elsewhere-1.sock"));
    CHECK(std::filesystem::exists(directory / "other.sock"));
    std::filesystem::remove_all(directory);
  }
}
