#include "tests/fuzz/targets.hpp"

#include <array>

namespace pactor::fuzz {

std::span<const decoder> decoders() {
  static constexpr std::array all{
      decoder{"handshake", handshake, handshake_seeds, 512},
      decoder{"porch", porch, porch_seeds, 192},
      decoder{"stream", stream, stream_seeds, 256},
      decoder{"frames", frames, frames_seeds, 128},
      decoder{"control", control, control_seeds, 256},
      decoder{"payload", payload, payload_seeds, 256},
      decoder{"records", records, records_seeds, 512},
      decoder{"signature", signature, signature_seeds, 128},
      decoder{"certificate", certificate, certificate_seeds, 768},
      decoder{"hub", hub, hub_seeds, 768},
      decoder{"direct_scheduler", direct_scheduler, direct_scheduler_seeds, 768},
      decoder{"task_scheduler", task_scheduler, task_scheduler_seeds, 768},
      decoder{"node", node, node_seeds, 768},
      decoder{"engine", engine, engine_seeds, 512},
      decoder{"lanes", lanes, lanes_seeds, 384},
      decoder{"client", client, client_seeds, 1024},
      decoder{"worker_input", worker_input, worker_input_seeds, 384},
      decoder{"worker_output", worker_output, worker_output_seeds, 384},
      decoder{"connection_file", connection_file, connection_file_seeds, 768},
      decoder{"config", config, config_seeds, 384},
      decoder{"library", library, library_seeds, 1024},
      decoder{"crash_trace", crash_trace, crash_trace_seeds, 256},
      decoder{"snippet", snippet, snippet_seeds, 256},
      decoder{"diagnostics", diagnostics, diagnostics_seeds, 512},
  };
  return all;
}

} // namespace pactor::fuzz
