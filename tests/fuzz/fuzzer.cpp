// usage: pactor_fuzz TARGET [libFuzzer's options] [DIRECTORY...]; scripts/fuzz calls it
//        pactor_fuzz --targets            their names
//        pactor_fuzz --longest TARGET     bytes of its inputs

#include "tests/fuzz/targets.hpp"

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {
const pactor::fuzz::decoder* chosen = nullptr; // NOLINT: libFuzzer calls functions without a context
}

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  constexpr const char* variable = "PACTOR_FUZZ_TARGET"; // for the processes that libFuzzer starts
  std::string_view name = *argc > 1 ? (*argv)[1] : "";
  const auto* known = std::getenv(variable);
  const bool child = name.starts_with("-") && !name.starts_with("--") && known;
  if (child) name = known;
  const std::string_view second = *argc > 2 ? (*argv)[2] : "";
  for (const auto& t : pactor::fuzz::decoders()) {
    if (t.name == name) chosen = &t;
    if (name == "--targets") std::printf("%s\n", std::string{t.name}.c_str());
    if (name == "--longest" && t.name == second) std::printf("%zu\n", t.longest);
  }
  if (name.starts_with("--")) std::exit(0);
  if (!chosen) {
    std::fputs("usage: pactor_fuzz TARGET [OPTION...] [DIRECTORY...]; --targets lists the targets\n", stderr);
    std::exit(2);
  }
  if (child) return 0;
  ::setenv(variable, (*argv)[1], 1);
  for (int i = 1; i + 1 < *argc; ++i) (*argv)[i] = (*argv)[i + 1];
  --*argc;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  chosen->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
