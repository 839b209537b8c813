// What a worker reads from its engine: records over the socketpair, some with files.

#include "runtime/process/pass_descriptor.hpp"
#include "runtime/worker/input.hpp"
#include "runtime/worker/record_reader.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/fuzz/targets.hpp"

#include <array>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace pactor::fuzz {

void worker_input(std::string_view bytes) {
  static const auto file = [] {
    process::unique_fd f{::memfd_create("fuzz", MFD_CLOEXEC)};
    static_cast<void>(::ftruncate(f.get(), 8192));
    return f;
  }();
  script s{bytes};
  const auto files = s.byte() % 4;
  const auto text = s.rest();
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0, "there are sockets");
  const process::unique_fd theirs{ends[0]};
  process::unique_fd ours{ends[1]};
  for (std::size_t at = 0, part = 0; at < text.size(); ++part) {
    const auto size =
        part < static_cast<std::size_t>(files) ? std::min<std::size_t>(text.size() - at, 16) : text.size() - at;
    iovec piece{const_cast<char*>(text.data()) + at, size};
    msghdr message{};
    message.msg_iov = &piece;
    message.msg_iovlen = 1;
    process::descriptor_room room;
    if (part < static_cast<std::size_t>(files)) room.attach(message, file.get());
    if (::sendmsg(ours.get(), &message, MSG_NOSIGNAL) < 0) break;
    at += size;
  }
  ours.reset();
  worker::input in{theirs.get(), 512};
  std::vector<detail::slice> kept;
  bool going = true;
  while (going) {
    try {
      auto next = in.next();
      if (!next) break;
      if (next->payload.data) static_cast<void>(next->payload.text().find('x'));
      if (next->record.kind == static_cast<std::uint16_t>(worker::link_kind::init) && next->payload.data)
        tolerated([&] { static_cast<void>(worker::decode_setup(next->payload.data, next->payload.size)); });
      if (next->payload.own) kept.push_back(std::move(next->payload));
    } catch (const error&) { // a file that is not what was said of it
      going = false;
    }
  }
  kept.clear();
  static_cast<void>(in.files().take_released());
}

inputs worker_input_seeds() {
  const auto of = [](int kind, int flags, std::string_view payload) {
    wire::batch b;
    wire::record r;
    r.kind = static_cast<std::uint16_t>(kind);
    r.flags = static_cast<std::uint16_t>(flags);
    r.transfer = 3;
    r.size = static_cast<std::uint32_t>(payload.size());
    b.add(r, payload.data());
    return text_of(b.take());
  };
  const worker::file_part part{100, 16};
  const std::string_view part_text{reinterpret_cast<const char*>(&part), sizeof part};
  const auto init =
      of(static_cast<int>(worker::link_kind::init), 0, text_of(worker::encode_setup({4, "here", {"/jobs/a.so"}, {}})));
  const auto task = of(static_cast<int>(wire::record_kind::task), 0, "call");
  const auto large = of(static_cast<int>(wire::record_kind::task), wire::transferred, part_text);
  const auto pipe = of(static_cast<int>(worker::link_kind::stream), wire::transferred, "12345678");
  return {'\0' + init + task, '\1' + large + task, '\2' + pipe + large,
          '\0' + of(static_cast<int>(worker::link_kind::recycle), 0, ""), '\0' + large};
}

/// What an engine reads of its worker, in whatever parts.
void worker_output(std::string_view bytes) {
  script s{bytes};
  worker::record_reader reader{512};
  std::size_t sent = 0, seen = 0;
  bool sound = true;
  while (!s.empty()) {
    const auto files = s.byte();
    for (int i = 0; i < files % 24; ++i) reader.came(process::unique_fd{});
    auto part = s.text(s.byte());
    if ((files & 0x80) != 0) part = part.substr(0, part.size() & ~15U);
    const auto room = reader.room();
    require(room.size() >= part.size(), "there is room");
    part.copy(room.data(), part.size());
    reader.came(part.size());
    sent += part.size();
    const auto before = sound;
    sound = reader.take([&](const wire::record& r, const char* payload, const process::unique_fd&) {
      require(before && r.size <= worker::inline_limit, "no record is larger than a worker makes them");
      static_cast<void>(std::string_view{payload, r.size}.find('x'));
      seen += sizeof r + wire::padded(r.size);
      return (files & 0x40) == 0;
    });
    require(before || !sound, "it is not trusted again");
  }
  require(seen <= sent, "no record is made up");
}

inputs worker_output_seeds() {
  using wire::record_kind;
  const auto of = [](record_kind kind, int flags, std::uint32_t size, std::string_view payload) {
    wire::record r;
    r.kind = static_cast<std::uint16_t>(kind);
    r.flags = static_cast<std::uint16_t>(flags);
    r.size = size;
    return std::string{reinterpret_cast<const char*>(&r), sizeof r}.append(payload);
  };
  const auto small = of(record_kind::result, 0, 16, "0123456789abcdef");
  const auto with_file = of(record_kind::result, wire::transferred, 16, "0123456789abcdef");
  const auto part = [](int files, std::string_view t) {
    return script_writer{}.byte(files).byte(static_cast<int>(t.size())).text(t).take();
  };
  return {part(0, small + small), part(1, with_file) + part(23, with_file + small.substr(0, 20)),
          part(0, small.substr(0, 30)) + part(0, small.substr(30)), part(0x40, small + small) + part(0x80, small),
          part(0, of(record_kind::task, 0, worker::inline_limit + 1, "")) + part(0, small)};
}

} // namespace pactor::fuzz
