// What is looked at first: the head of each frame, and the structs that control frames carry.

#include "tests/fuzz/peers.hpp"
#include "tests/fuzz/targets.hpp"

namespace pactor::fuzz {

/// A stream of headers, as one peer sends them.
void frames(std::string_view bytes) {
  script s{bytes};
  const auto peer = static_cast<role>(s.byte() % 3);
  bool welcomed = false;
  while (!s.empty()) {
    const auto h = s.number<transport::frame_header>();
    const auto objection = transport::objection(h, peer, welcomed);
    if (objection) {
      require(!objection->empty(), "an objection says why");
      continue;
    }
    require(h.size <= (welcomed ? transport::max_frame : transport::max_hello), "no frame is beyond the limit");
    const auto kind = static_cast<frame_kind>(h.kind);
    const auto control = kind == frame_kind::hello || kind == frame_kind::welcome || kind == frame_kind::refused ||
                         kind == frame_kind::ping;
    require(welcomed || control, "who is not welcome sends no work");
    require(peer != role::client || (kind != frame_kind::outcomes && kind != frame_kind::engine_report &&
                                     kind != frame_kind::held && kind != frame_kind::tasks),
            "a client is no node");
    require(peer != role::node || (kind != frame_kind::query && kind != frame_kind::direct_tasks &&
                                   kind != frame_kind::balanced_tasks && kind != frame_kind::task_control),
            "a node is no client");
    if (kind == frame_kind::hello || kind == frame_kind::welcome) welcomed = true;
  }
}

inputs frames_seeds() {
  inputs all;
  for (int peer = 0; peer < 3; ++peer) {
    script_writer w;
    w.byte(peer);
    for (int kind = 0; kind < 24; ++kind)
      w.number(transport::frame_header{static_cast<std::uint32_t>(kind % 2), static_cast<std::uint16_t>(kind)});
    w.number(transport::frame_header{0xffffffff, static_cast<std::uint16_t>(frame_kind::query)});
    all.push_back(w.take());
  }
  return all;
}

namespace {

/// What was decoded is encoded and decoded again to the same.
template <class T>
void decode_as(std::string_view bytes) {
  const auto own = bytes_of(bytes);
  tolerated([&] {
    const auto first = encode(decode<T>(own));
    require(text_of(encode(decode<T>(first))) == text_of(first), "what was decoded is encoded as it was");
  });
}

template <class... T>
void decode_nth(std::size_t n, std::string_view bytes) {
  constexpr std::array all{&decode_as<T>...};
  all[n % all.size()](bytes);
}

} // namespace

void control(std::string_view bytes) {
  script s{bytes};
  const auto which = s.byte();
  decode_nth<hello_client, hello_node, welcome_client, welcome_node, held_tasks, refusal, engine_report, query,
             engine_control, task_control, wire_options, task_query, task_list_answer, jobs_answer, status_answer,
             std::vector<node_place>, library_query, library_reply, library_order, library_report, host_answer>(
      which, s.rest());
}

inputs control_seeds() {
  hello_node n;
  n.host = "here";
  n.requested = {-1, 3};
  n.worker_pids = {1, 2};
  n.jobs = {{"add", "(int,int)->int", "libbasics.so"}};
  const node_place place{"here", "/tmp/lane", {0, 1}};
  welcome_client w;
  w.nodes = {place};
  wire_options o;
  o.label = "label";
  o.after.parents = {{7, 1, 2}};
  o.retries = 3;
  task_list_answer list;
  list.tasks.push_back({1, 2, "job", "label", 3, "finished", 1, 2, 3});
  status_answer status;
  status.engines.emplace_back("here", engine_report{0, "idle", 1, 2, 3, 4, "killed"});
  const std::vector<std::string> bodies{encoded(hello_client{protocol_version, "nonce", "here", 1, 2, "key"}),
                                        encoded(n),
                                        encoded(w),
                                        encoded(welcome_node{{1, 2}, 1000, 1, true}),
                                        encoded(held_tasks{{{1, 2, 3, 4, true}}, true, false}),
                                        encoded(refusal{3, "why"}),
                                        encoded(engine_report{0, "idle", 1, 2, 3, 4, "killed"}),
                                        encoded(query{3, {0, 1}, 9}),
                                        encoded(engine_control{3, {0, 1}, 9, "client 1"}),
                                        encoded(task_control{1, 2, {3, 4}, {5, 6}, "client 2"}),
                                        encoded(o),
                                        encoded(task_query{1, 2, 3}),
                                        encoded(list),
                                        encoded(jobs_answer{{"a", "b", "c"}}),
                                        encoded(status),
                                        encoded(std::vector<node_place>{place}),
                                        encoded(library_query{}),
                                        encoded(library_reply{}),
                                        encoded(library_order{}),
                                        encoded(library_report{}),
                                        encoded(host_answer{})};
  inputs all;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    all.push_back(static_cast<char>(i) + bodies[i]);
    all.push_back(static_cast<char>(i + 1) + bodies[i]); // as something else
  }
  return all;
}

} // namespace pactor::fuzz
