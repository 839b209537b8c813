#pragma once
// From a snippet, as it was typed, to a C++ translation unit that runs it in an engine's namespace; and from what the
// compiler says of that back to the snippet. Text in, text out: no compiler, no files, no processes.

#include "runtime/snippets/definitions.hpp"
#include "runtime/snippets/limits.hpp"

#include <span>
#include <string>
#include <string_view>

namespace pactor::snippets {

/// A variable of the engine's namespace.
struct variable {
  std::string name;
  std::string type; ///< as C++ source text; "" if it can't be spelled
};

struct translation {
  std::string text;  ///< the whole translation unit; the same text makes the same library
  definitions after; ///< the engine's definitions once the unit has been compiled
};

/// Makes a translation unit of a snippet. It exports `pactor_snippet`, a pactor_job_entry that takes no arguments and
/// whose result is what detail::snippet_result encodes (pactor/detail/snippet.hpp).
/// @param name what diagnostics call the snippet: `px`, or a file's name
/// @param before what earlier snippets of this engine defined
/// @param variables those that the engine has now
/// @throws error{compile_error} what can be said without a compiler (unbalanced brackets): with line, column, caret;
/// error{too_large}
[[nodiscard]] translation translate(std::string_view code, std::string_view name, const definitions& before,
                                    std::span<const variable> variables);

/// The code as it is compiled: without a byte order mark, with newlines alone.
[[nodiscard]] std::string plain_text(std::string_view code);

/// What the compiler said of such a unit, in terms of the user's code: `px:3:7: error: ...`, the line, a caret; notes
/// kept short; nothing of what was written around the code.
/// @param compiler_output of g++ or clang++, without colours; g++ with -fdiagnostics-column-unit=byte
/// @param variables as for translate(): says of those that are not in scope why
[[nodiscard]] std::string explain(std::string_view compiler_output, std::string_view code, std::string_view name,
                                  const definitions& before, std::span<const variable> variables = {});

} // namespace pactor::snippets
