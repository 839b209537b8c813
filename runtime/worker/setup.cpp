#include "pactor/codec.hpp"
#include "runtime/worker/protocol.hpp"

#include <tuple>

namespace pactor::worker {

detail::bytes encode_setup(const setup& s) {
  const auto& e = s.execute;
  return encode(std::tie(s.engine, s.host, s.libraries, e.enabled, e.compiler, e.flags, e.cache, e.cache_bytes));
}

setup decode_setup(const char* data, std::size_t size) {
  using texts = std::vector<std::string>;
  auto [engine, host, libraries, enabled, compiler, flags, cache, cache_bytes] =
      decode<std::tuple<int, std::string, texts, bool, std::string, texts, std::string, std::uint64_t>>(data, size);
  return {engine,
          std::move(host),
          std::move(libraries),
          {enabled, std::move(compiler), std::move(flags), std::move(cache), cache_bytes}};
}

} // namespace pactor::worker
