#include "runtime/snippets/cache.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/snippets/sha256.hpp"

namespace pactor::snippets {

library_cache::library_cache(const compile_settings& settings, const compiler_places& places)
    : store_{settings.cache, settings.cache_bytes}, compiler_{settings, places, store_} {}

std::variant<library_cache::library, library_cache::rejected> library_cache::get(std::string_view text,
                                                                                 const pause& wait) {
  const auto begun = std::chrono::system_clock::now();
  compiler_.tools(wait);
  const auto header = compiler_.header(wait);
  sha256 hash;
  hash.add_field("library 1");
  hash.add_field(compiler_.identity(header));
  hash.add_field(text);
  const auto key = hash.hex();
  if (auto known = store_.find(key)) return library{known->file, std::move(known->sources)};
  const auto held = store_.lock(key, wait);
  if (auto known = store_.find(key)) return library{known->file, std::move(known->sources)};
  // Who waited while the text was compiled in vain need not try again.
  if (const auto failed = store_.find(key + "-rejected"); failed && failed->made > begun)
    return rejected{files::read_file(failed->file)};
  return compile(text, key, header, wait);
}

std::variant<library_cache::library, library_cache::rejected>
library_cache::compile(std::string_view text, const std::string& key, const std::optional<cache_store::found>& header,
                       const pause& wait) {
  const auto place = store_.work();
  auto compiled = compiler_.compile(text, place, header, wait);
  if (compiled.done) {
    auto kept = store_.put(key, compiled.library, compiled.sources);
    return library{std::move(kept.file), std::move(kept.sources)};
  }
  store_.put(key + "-rejected", place.write("output.txt", compiled.output), {});
  return rejected{std::move(compiled.output)};
}

} // namespace pactor::snippets
