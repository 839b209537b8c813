// Both ends of a lane, with another process at the other end that says what it likes and hands over any file.

#include "actors/client_lanes.hpp"
#include "actors/node_lanes.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace pactor::fuzz {

namespace {

constexpr std::string_view nonce = "0123456789abcdef0123456789abcdef";
constexpr int file_size = 8192;

/// A lane that tells whether its user still has it.
class deaf_lane final : public lane {
public:
  explicit deaf_lane(bool& open) : open_{open} { open_ = true; }
  ~deaf_lane() override { open_ = false; }
  void send(const lane_message&, int) override {}

private:
  bool& open_;
};

/// A file that may be what it should be, or can shrink, or is none.
process::unique_fd file_of(int what) {
  static const auto sealed = [] {
    process::unique_fd f{::memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    static_cast<void>(::ftruncate(f.get(), file_size));
    ::fcntl(f.get(), F_ADD_SEALS, F_SEAL_SHRINK);
    return f;
  }();
  static const auto loose = [] {
    process::unique_fd f{::memfd_create("fuzz", MFD_CLOEXEC)};
    static_cast<void>(::ftruncate(f.get(), file_size));
    return f;
  }();
  if (what % 4 == 0) return {};
  if (what % 4 == 3) return process::unique_fd{::open("/dev/null", O_RDONLY | O_CLOEXEC)};
  return process::unique_fd{::fcntl(what % 4 == 1 ? sealed.get() : loose.get(), F_DUPFD_CLOEXEC, 0)};
}

lane_message message_of(script& s) {
  lane_message m;
  m.kind = s.byte();
  m.client = s.byte();
  m.handle = s.byte();
  m.offset = s.number<std::uint64_t>();
  m.size = s.number<std::uint64_t>();
  nonce.copy(m.nonce.data(), m.nonce.size());
  if (m.client == 0xff) m.nonce[0] = 0;
  return m;
}

void say_to_node(script& s) {
  std::array<bool, 2> open{}; // as the socket does, an end that was closed is not used again
  node_lanes lanes{std::string{nonce}};
  int settled = 0;
  lanes.on_settled([&](std::uint32_t, std::uint64_t, const std::string&) { ++settled; });
  std::vector<lane_events*> ends;
  std::vector<node_lanes::file_ptr> files;
  for (auto& o : open)
    lanes.admit([&](lane_events& e) {
      ends.push_back(&e);
      return std::make_unique<deaf_lane>(o);
    });
  while (!s.empty()) {
    const auto what = s.byte();
    const std::size_t who = what & 1U;
    const auto m = message_of(s);
    if ((what & 0x40) != 0) {
      tolerated([&] { files.push_back(lanes.claim(m.client, m.handle, m.size)); });
      continue;
    }
    if (open[who]) ends[who]->lane_said(m, file_of(what >> 1));
  }
  for (std::size_t who = 0; who < 2; ++who)
    if (open[who]) ends[who]->lane_closed();
  for (const auto& f : files)
    if (f->complete() && f->size() > 0) require(f->offset() + f->size() <= file_size, "a payload lies in its file");
}

void say_to_client(script& s) {
  lane_events* end = nullptr;
  bool open = false;
  client_lanes lanes{[&](const std::string&, lane_events& e) {
                       end = &e;
                       return std::make_unique<deaf_lane>(open);
                     },
                     std::string{nonce}, [] {}};
  lanes.set_places(1, {{"here", "/lane", {0, 1}}});
  std::vector<detail::bytes> results;
  const auto arrived = [&](std::optional<detail::bytes> b) {
    if (b) results.push_back(std::move(*b));
  };
  while (!s.empty() && open) {
    const auto what = s.byte();
    const auto m = message_of(s);
    if ((what & 0x40) != 0) {
      lanes.await(m.client % 3, m.handle, m.size, arrived);
    } else {
      end->lane_said(m, file_of(what >> 1));
    }
  }
  for (const auto& r : results)
    if (!r.empty()) static_cast<void>(std::string_view{r.data(), r.size()}.find('x'));
  lanes.flush();
  lanes.close();
}

} // namespace

void lanes(std::string_view bytes) {
  script s{bytes};
  (s.byte() & 1) != 0 ? say_to_node(s) : say_to_client(s);
}

inputs lanes_seeds() {
  const auto say = [](script_writer& w, int what, lane_kind kind, int client, int handle, std::uint64_t offset,
                      std::uint64_t size) {
    w.byte(what).byte(static_cast<int>(kind)).byte(client).byte(handle).number(offset).number(size);
  };
  script_writer node;
  node.byte(1);
  say(node, 0, lane_kind::hello, 1, 0, 0, 0);
  say(node, 2, lane_kind::payload, 1, 3, 16, 100);
  say(node, 0x40, lane_kind::payload, 1, 3, 0, 100);
  say(node, 0x40, lane_kind::payload, 1, 4, 0, 50);
  say(node, 2, lane_kind::payload, 1, 4, 16, 50);
  say(node, 0, lane_kind::release, 1, 1, 0, 0);
  say(node, 0, lane_kind::drop, 1, 3, 0, 0);
  say(node, 1, lane_kind::hello, 0xff, 0, 0, 0);
  script_writer client;
  client.byte(0);
  say(client, 0, lane_kind::welcome, 0, 0, 0, 0);
  say(client, 2, lane_kind::payload, 0, 1, 8, 100);
  say(client, 0x40, lane_kind::payload, 0, 1, 0, 100);
  say(client, 0x40, lane_kind::payload, 1, 2, 0, 50);
  say(client, 2, lane_kind::payload, 0, 2, 4096, 50);
  say(client, 0, lane_kind::release, 0, 1, 0, 0);
  say(client, 4, lane_kind::payload, 0, 3, 0, 50);
  return {node.take(), client.take()};
}

} // namespace pactor::fuzz
