#include "runtime/snippets/source.hpp"

#include "pactor/error.hpp"

namespace pactor::snippets {

translation translate(std::string_view, std::string_view name, const definitions&, std::span<const variable>) {
  throw error{ec::compile_error, std::string{name} + ": snippets can't be translated yet"};
}

std::string explain(std::string_view compiler_output, std::string_view, std::string_view, const definitions&) {
  return std::string{compiler_output};
}

} // namespace pactor::snippets
