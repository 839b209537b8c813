// A client whose controller sends whatever it likes.

#include "actors/client_core.hpp"
#include "pactor/detail/failure.hpp"
#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

namespace pactor::fuzz {

namespace {

welcome_client welcome() {
  welcome_client w;
  w.client = 1;
  w.cluster_id = "c1";
  w.nodes = {{"here", "", {2, 0}}, {"there", "", {1}}};
  return w;
}

} // namespace

void client(std::string_view bytes) {
  const auto controller = std::make_shared<peer_link>(role::controller);
  client_core core{[] {}};
  core.on_untold([] {});
  core.on_connected(controller, hello_client{protocol_version, "nonce", "here", 1});
  core.on_frame(frame_of(controller, frame_kind::welcome, encode(welcome())));
  std::vector<std::shared_ptr<detail::call>> calls;
  for (std::size_t i = 0; i < 4; ++i) {
    calls.push_back(std::make_shared<detail::call>(1, "job"));
    const detail::slice payload{bytes_of(call_of("job"))};
    if (i % 2 == 0)
      core.submit_direct(calls.back(), 0, payload, std::vector{0});
    else
      core.submit_balanced(calls.back(), 0, payload, {});
  }
  core.flush();
  script s{bytes};
  while (!s.empty() && !controller->closed) {
    const auto f = next_frame(s, controller);
    if (!f || announces_much(f->body)) break;
    if (f->header.kind == static_cast<std::uint16_t>(frame_kind::piece)) {
      auto body = core.buffer(*controller, f->header);
      require(body.size() == f->header.size, "a piece has room");
      std::memcpy(body.data(), f->body.data(), f->body.size());
      core.on_frame({controller, f->header, body});
    } else {
      core.on_frame(*f);
    }
    core.flush();
  }
  core.on_link_down("it ends");
  core.on_gone("it ends");
  for (const auto& c : calls) require(c->ready(), "every call ends when the controller is gone");
}

inputs client_seeds() {
  using wire::record_kind;
  const std::string size_of_large{"\x10\0\0\0\0\0\0\0", 8};
  inputs all;
  for (const auto kind : {record_kind::result, record_kind::failure, record_kind::partial}) {
    script_writer w;
    const auto text = kind == record_kind::result ? std::string{"\xc0"} : text_of(detail::encode_failure({}));
    for (int id = 1; id < 3; ++id) {
      write_frame(w, frame_kind::outcomes,
                  batch_of(record_of(record_kind::output, static_cast<std::uint64_t>(id), 0), "printed"));
      write_frame(w, frame_kind::outcomes, batch_of(record_of(kind, static_cast<std::uint64_t>(id), 0), text));
    }
    write_frame(w, frame_kind::outcomes, batch_of(record_of(kind, 3, 0, wire::transferred, 3), size_of_large));
    write_frame(w, frame_kind::piece, "0123456789", 0, 3);
    write_frame(w, frame_kind::piece, "012345", 0, 3, 10);
    write_frame(w, frame_kind::outcomes, batch_of(record_of(kind, 4, 0, wire::shared, 3), size_of_large));
    write_frame(w, frame_kind::abandon, {}, 0, 3);
    write_frame(w, frame_kind::credit, {}, 0, 3, 1);
    write_frame(w, frame_kind::engines, encoded(std::vector<node_place>{{"here", "", {0}}}));
    write_frame(w, frame_kind::answer, encoded(std::uint64_t{1}), 0, 1);
    write_frame(w, frame_kind::welcome, encoded(welcome()));
    write_frame(w, frame_kind::refused, encoded(refusal{3, "why"}));
    write_frame(w, frame_kind::stop);
    all.push_back(w.take());
  }
  return all;
}

} // namespace pactor::fuzz
