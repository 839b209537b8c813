// The fuzzer of one target, which the build names. usage: that of libFuzzer; scripts/fuzz calls it

#include "tests/fuzz/targets.hpp"

#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  pactor::fuzz::PACTOR_FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
  return 0;
}
