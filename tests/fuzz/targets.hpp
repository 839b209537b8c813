#pragma once
// Every decoder that takes bytes from another process, as a function that any bytes can be thrown at. The same
// functions are run by fuzzers (fuzzer.cpp, built by scripts/fuzz) and, over the corpus and mutations of it, in
// every test run (replay.cpp).

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::fuzz {

using inputs = std::vector<std::string>;

struct decoder {
  std::string_view name;
  void (*run)(std::string_view bytes); ///< returns, whatever the bytes are; ends the process if something is wrong
  inputs (*seeds)();                   ///< what our own encoders make
  std::size_t longest;                 ///< bytes of an input; longer ones show nothing new
};

[[nodiscard]] std::span<const decoder> decoders();

// transport.cpp
void handshake(std::string_view bytes);
inputs handshake_seeds();
void porch(std::string_view bytes);
inputs porch_seeds();
void stream(std::string_view bytes);
inputs stream_seeds();
// values.cpp
void payload(std::string_view bytes);
inputs payload_seeds();
void records(std::string_view bytes);
inputs records_seeds();
// frames.cpp
void frames(std::string_view bytes);
inputs frames_seeds();
void control(std::string_view bytes);
inputs control_seeds();
// schedulers.cpp
void direct_scheduler(std::string_view bytes);
inputs direct_scheduler_seeds();
void task_scheduler(std::string_view bytes);
inputs task_scheduler_seeds();
// hub.cpp
void hub(std::string_view bytes);
inputs hub_seeds();
// node.cpp
void node(std::string_view bytes);
inputs node_seeds();
void engine(std::string_view bytes);
inputs engine_seeds();
// lanes.cpp
void lanes(std::string_view bytes);
inputs lanes_seeds();
// client.cpp
void client(std::string_view bytes);
inputs client_seeds();
// worker.cpp
void worker_input(std::string_view bytes);
inputs worker_input_seeds();
void worker_output(std::string_view bytes);
inputs worker_output_seeds();
// files.cpp
void connection_file(std::string_view bytes);
inputs connection_file_seeds();
void config(std::string_view bytes);
inputs config_seeds();
void library(std::string_view bytes);
inputs library_seeds();
// text.cpp
void signature(std::string_view bytes);
inputs signature_seeds();
void certificate(std::string_view bytes);
inputs certificate_seeds();
void crash_trace(std::string_view bytes);
inputs crash_trace_seeds();
void snippet(std::string_view bytes);
inputs snippet_seeds();
void diagnostics(std::string_view bytes);
inputs diagnostics_seeds();

} // namespace pactor::fuzz
