#include "pactor/codec.hpp"
#include "runtime/worker/protocol.hpp"

#include <tuple>

namespace pactor::worker {

detail::bytes encode_setup(const setup& s) { return encode(std::tie(s.engine, s.host, s.libraries)); }

setup decode_setup(const char* data, std::size_t size) {
  auto [engine, host, libraries] = decode<std::tuple<int, std::string, std::vector<std::string>>>(data, size);
  return {engine, std::move(host), std::move(libraries)};
}

} // namespace pactor::worker
