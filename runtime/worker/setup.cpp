#include "pactor/codec.hpp"
#include "runtime/worker/protocol.hpp"

#include <tuple>

namespace pactor::worker {

namespace {
using library_tuple = std::tuple<std::string, std::string, std::string>;
} // namespace

detail::bytes encode_library(const shipped_library& l) { return encode(std::tie(l.file, l.hash, l.path)); }

shipped_library decode_library(const char* data, std::size_t size) {
  auto [file, hash, path] = decode<library_tuple>(data, size);
  return {std::move(file), std::move(hash), std::move(path)};
}

detail::bytes encode_setup(const setup& s) {
  const auto& e = s.execute;
  std::vector<library_tuple> shipped;
  for (const auto& l : s.shipped) shipped.emplace_back(l.file, l.hash, l.path);
  return encode(std::tie(s.engine, s.host, s.libraries, e.enabled, e.compiler, e.flags, e.cache, e.cache_bytes, shipped,
                         s.may_load));
}

setup decode_setup(const char* data, std::size_t size) {
  using texts = std::vector<std::string>;
  auto [engine, host, libraries, enabled, compiler, flags, cache, cache_bytes, shipped, may_load] =
      decode<std::tuple<int, std::string, texts, bool, std::string, texts, std::string, std::uint64_t,
                        std::vector<library_tuple>, bool>>(data, size);
  setup s{engine,
          std::move(host),
          std::move(libraries),
          {enabled, std::move(compiler), std::move(flags), std::move(cache), cache_bytes},
          {},
          may_load};
  for (auto& [file, hash, path] : shipped) s.shipped.push_back({std::move(file), std::move(hash), std::move(path)});
  return s;
}

} // namespace pactor::worker
