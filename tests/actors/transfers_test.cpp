#include "actors/transfers.hpp"

#include "pactor/error.hpp"
#include "tests/actors/fakes.hpp"
#include "tests/unit/core/seeds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <deque>
#include <functional>
#include <map>

using namespace pactor;
using namespace pactor::test;
using transport::frame_header;
using transport::piece_size;
using transport::piece_window;

namespace {

/// One side of a connection: what it sends waits until the network delivers it.
class wire_end final : public transport::link {
public:
  using link::send;
  void send(frame_header h, detail::slice body) override {
    if (!cut) queue.emplace_back(h, std::move(body));
  }
  void close(const std::string&) override {}
  [[nodiscard]] std::size_t unsent() const override { return 0; }
  [[nodiscard]] security::role peer_role() const override { return security::role::node; }
  [[nodiscard]] const std::string& peer_address() const override { return address_; }
  void welcome_peer() override {}
  void in_loop(std::function<void(transport::link&)> f) override { f(*this); }
  void send_now(frame_header h, detail::slice body) override { send(h, std::move(body)); }

  std::deque<std::pair<frame_header, detail::slice>> queue;
  bool cut = false;

private:
  std::string address_;
};
using wire_end_ptr = std::shared_ptr<wire_end>;

/// A process and its connection to the relay.
struct peer {
  wire_end_ptr relays = std::make_shared<wire_end>(), own = std::make_shared<wire_end>();
  piece_senders senders;
  piece_assemblies assemblies;
};

struct flow {
  std::size_t source, destination;
  std::uint64_t tag;        // at the destination
  std::size_t offset, size; // of the payload in the common bytes
  int arrived = 0, told = 0;
};

/// Sources, a relay and destinations; chance decides what is delivered next and what breaks.
class network {
public:
  network(chance& c, std::size_t sources, std::size_t destinations)
      : chance_{c}, sources_(sources), destinations_(destinations) {}

  void start_transfer() {
    const auto s = chance_.below(sources_.size());
    auto& from = sources_[s];
    if (from.own->cut) return;
    const auto size = 1 + chance_.below(12) * piece_size + chance_.below(3) * (piece_size - 1);
    const auto offset = chance_.below(64);
    const auto tag = ++tags_;
    std::vector<piece_relay::end> to;
    for (std::size_t d = 0; d < destinations_.size(); ++d) {
      if (destinations_[d].own->cut || chance_.one_in(3)) continue;
      const auto their_tag = ++tags_;
      to.push_back({destinations_[d].relays, their_tag});
      destinations_[d].assemblies.expect(destinations_[d].own, their_tag, size);
      flows_.push_back({s, d, their_tag, offset, size});
    }
    const auto flags = static_cast<std::uint16_t>(chance_.below(4));
    relay_.open({from.relays, tag}, std::move(to), flags, size);
    from.senders.start(from.own, tag, flags, detail::slice{common()}.sub(offset, size));
  }

  /// Delivers one frame of some connection. @return false if nothing is under way
  bool step() {
    std::vector<std::function<void()>> possible;
    for (auto& p : sources_) {
      if (!p.own->queue.empty()) possible.emplace_back([&] { to_relay(p); });
      if (!p.relays->queue.empty()) possible.emplace_back([&] { to_source(p); });
    }
    for (std::size_t d = 0; d < destinations_.size(); ++d) {
      auto& p = destinations_[d];
      if (!p.own->queue.empty()) possible.emplace_back([&] { to_relay(p); });
      // The first destination is slow.
      if (!p.relays->queue.empty() && (d > 0 || possible.empty() || chance_.one_in(10)))
        possible.emplace_back([this, d] { to_destination(d); });
    }
    if (possible.empty()) return false;
    chance_.pick(possible)();
    return true;
  }

  void cut_something() {
    if (chance_.one_in(2)) {
      auto& p = chance_.pick(sources_);
      cut(p);
      p.senders.link_down(p.own);
    } else {
      const auto d = chance_.below(destinations_.size());
      auto& p = destinations_[d];
      cut(p);
      for (const auto tag : p.assemblies.link_down(p.own)) ++flow_of(d, tag).told;
    }
  }

  void check_end() {
    for (const auto& f : flows_) {
      CAPTURE(f.tag);
      CHECK(f.arrived + f.told == 1);
      if (!sources_[f.source].own->cut && !destinations_[f.destination].own->cut) CHECK(f.arrived == 1);
    }
    CHECK(relay_.size() == 0);
    for (const auto& p : sources_) CHECK(p.senders.size() == 0);
    for (const auto& p : destinations_) CHECK(p.assemblies.size() == 0);
  }

private:
  static const detail::bytes& common() {
    static const auto all = pattern(14 * piece_size);
    return all;
  }
  flow& flow_of(std::size_t destination, std::uint64_t tag) {
    const auto i = std::find_if(flows_.begin(), flows_.end(),
                                [&](const flow& f) { return f.destination == destination && f.tag == tag; });
    REQUIRE(i != flows_.end());
    return *i;
  }
  static auto pop(const wire_end_ptr& from) {
    auto f = std::move(from->queue.front());
    from->queue.pop_front();
    return f;
  }
  void cut(peer& p) {
    p.own->cut = p.relays->cut = true;
    p.own->queue.clear();
    p.relays->queue.clear();
    relay_.link_down(p.relays);
  }
  void to_relay(peer& p) {
    const auto [h, body] = pop(p.own);
    if (static_cast<frame_kind>(h.kind) == frame_kind::credit) {
      relay_.credit(p.relays, h);
      return;
    }
    CHECK(static_cast<frame_kind>(h.kind) == frame_kind::piece);
    CHECK(relay_.piece(p.relays, h, detail::bytes::copy(body.data, body.size)));
    check_windows();
  }
  /// What no one acknowledged, between a relay and its destinations, is bounded.
  void check_windows() const {
    for (const auto& p : destinations_) {
      std::map<std::uint64_t, std::size_t> waiting;
      for (const auto& [h, body] : p.relays->queue)
        if (static_cast<frame_kind>(h.kind) == frame_kind::piece) ++waiting[h.tag];
      for (const auto& [tag, count] : waiting) CHECK(count <= piece_window);
    }
    for (const auto& p : sources_) {
      std::map<std::uint64_t, std::size_t> waiting;
      for (const auto& [h, body] : p.own->queue) ++waiting[h.tag];
      for (const auto& [tag, count] : waiting) CHECK(count <= piece_window);
    }
  }
  static void to_source(peer& p) {
    const auto [h, body] = pop(p.relays);
    CHECK(static_cast<frame_kind>(h.kind) == frame_kind::credit);
    p.senders.credit(p.own, h);
  }
  void to_destination(std::size_t d) {
    auto& p = destinations_[d];
    const auto [h, body] = pop(p.relays);
    auto& f = flow_of(d, h.tag);
    if (static_cast<frame_kind>(h.kind) == frame_kind::abandon) {
      // It may come after the last piece: then it is nothing.
      const auto before = p.assemblies.size();
      p.assemblies.drop(p.own, h.tag);
      if (p.assemblies.size() < before) ++f.told;
      return;
    }
    if (const auto whole = p.assemblies.piece(p.own, h, detail::bytes::copy(body.data, body.size))) {
      ++f.arrived;
      CHECK(whole->size() == f.size);
      CHECK(std::memcmp(whole->data(), common().data() + f.offset, f.size) == 0);
    }
  }

  chance& chance_;
  std::vector<peer> sources_, destinations_;
  piece_relay relay_;
  std::vector<flow> flows_;
  std::uint64_t tags_ = 0;
};

frame_header header(std::uint64_t tag, std::uint64_t aux) {
  frame_header h;
  h.tag = tag;
  h.aux = aux;
  return h;
}

} // namespace

TEST_SUITE("transfers") {
  TEST_CASE("every payload arrives whole and once") {
    for_seeds(15, [](chance& c) {
      network n{c, 1 + c.below(3), 1 + c.below(4)};
      for (int i = 0; i < 6; ++i) {
        n.start_transfer();
        for (auto steps = c.below(30); steps > 0; --steps) n.step();
      }
      while (n.step()) {
      }
      n.check_end();
    });
  }

  TEST_CASE("whatever breaks, every payload arrives or its end is told, and nothing is left behind") {
    for_seeds(40, [](chance& c) {
      network n{c, 1 + c.below(3), 1 + c.below(4)};
      for (int i = 0; i < 6; ++i) {
        n.start_transfer();
        for (auto steps = c.below(40); steps > 0; --steps) n.step();
        if (c.one_in(2)) n.cut_something();
      }
      while (n.step()) {
      }
      n.check_end();
    });
  }

  TEST_CASE("a destination that acknowledges nothing holds up its own payload, and no other") {
    const auto source = std::make_shared<wire_end>(), slow = std::make_shared<wire_end>(),
               fast = std::make_shared<wire_end>();
    piece_relay relay;
    const auto piece = detail::bytes::allocate(piece_size);
    relay.open({source, 1}, {{slow, 10}}, 0, 100 * piece_size);
    relay.open({source, 2}, {{fast, 20}}, 0, 3 * piece_size);
    for (std::uint64_t i = 0; i < piece_window; ++i) relay.piece(source, header(1, i * piece_size), piece);
    for (std::uint64_t i = 0; i < 3; ++i) {
      relay.piece(source, header(2, i * piece_size), piece);
      relay.credit(fast, header(20, 1));
    }
    CHECK(source->queue.size() == 3);
    for (const auto& [h, body] : source->queue) CHECK(h.tag == 2);
    CHECK(relay.size() == 2); // the slow one
  }

  TEST_CASE("pieces and credits of transfers that nobody knows are nothing") {
    const auto a = std::make_shared<wire_end>();
    piece_relay relay;
    CHECK_FALSE(relay.piece(a, header(1, 0), pattern(5)));
    CHECK_FALSE(relay.credit(a, header(1, 1)));
    relay.abandoned(a, header(1, 0));
    piece_senders senders;
    senders.credit(a, header(1, 1));
    piece_assemblies assemblies;
    CHECK_FALSE(assemblies.piece(a, header(1, 0), pattern(5)));
    CHECK(a->queue.size() == 1); // acknowledged all the same, so that the sender comes to its end
  }

  TEST_CASE("more credit than pieces opens no larger window") {
    const auto a = std::make_shared<wire_end>();
    piece_senders senders;
    senders.start(a, 1, 0, detail::slice{detail::bytes::allocate(40 * piece_size)});
    CHECK(a->queue.size() == piece_window);
    senders.credit(a, header(1, 1'000'000));
    CHECK(a->queue.size() == 2 * piece_window);
  }

  TEST_CASE("a piece out of order or outside its payload is refused") {
    const auto a = std::make_shared<wire_end>();
    piece_assemblies assemblies;
    assemblies.expect(a, 1, 10);
    CHECK_THROWS_AS(assemblies.piece(a, header(1, 3), pattern(5)), error);
    CHECK_THROWS_AS(assemblies.piece(a, header(1, 0), pattern(11)), error);
    CHECK_FALSE(assemblies.piece(a, header(1, 0), pattern(5)));
    CHECK_THROWS_AS(assemblies.piece(a, header(1, 0), pattern(5)), error);
    CHECK(assemblies.piece(a, header(1, 5), pattern(5)));
    CHECK(assemblies.size() == 0);
  }

  TEST_CASE("transfers of two connections may have the same tag") {
    const auto a = std::make_shared<wire_end>(), b = std::make_shared<wire_end>();
    piece_assemblies assemblies;
    assemblies.expect(a, 1, 3);
    assemblies.expect(b, 1, 3);
    CHECK(assemblies.link_down(a) == std::vector<std::uint64_t>{1});
    CHECK(assemblies.piece(b, header(1, 0), pattern(3)));
  }

  TEST_CASE("what went on wholly is under way until it has arrived, also if its source is gone") {
    const auto from = std::make_shared<wire_end>(), to = std::make_shared<wire_end>();
    piece_relay relay;
    relay.open({from, 1}, {{to, 2}}, 0, 3);
    CHECK(relay.piece(from, header(1, 0), pattern(3)));
    CHECK_FALSE(relay.link_down(from).results);
    CHECK(relay.link_down(to).results);
    CHECK(relay.size() == 0);
  }

  TEST_CASE("memory of large payloads is used again when nobody reads it, up to a limit") {
    constexpr std::size_t mib = std::size_t{1} << 20;
    recycled_memory memory{10 * mib};
    auto first = memory.allocate(8 * mib);
    const auto* const where = first.data();
    auto second = first;
    first = {};
    CHECK(memory.idle() == 0);
    second = {};
    CHECK(memory.idle() == 8 * mib);
    CHECK(memory.allocate(mib).data() != where); // far too large for this
    CHECK(memory.idle() == 9 * mib);
    first = memory.allocate(7 * mib);
    CHECK(first.data() == where);
    CHECK(first.size() == 7 * mib);
    CHECK(memory.idle() == mib);
    second = memory.allocate(6 * mib);
    first = {};
    second = {};
    CHECK(memory.idle() <= 10 * mib);
    CHECK(memory.allocate(10).size() == 10);
  }
}
