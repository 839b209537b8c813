#pragma once
// What a snippet consists of at its top level: definitions, declarations, statements, and an expression at the end.

#include "runtime/snippets/lexer.hpp"

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

enum class item_kind : std::uint8_t {
  directive,   ///< one preprocessor line
  name_space,  ///< `namespace a { ... }`: its items stand in `inner`
  definition,  ///< of a function, type or constant: for file scope
  creation,    ///< `NAME = EXPR` with a new name, or `auto NAME = EXPR`
  declaration, ///< of local variables
  statement,   ///< anything else that runs
  expression,  ///< the last item, without a semicolon: the result
};

enum class definition_kind : std::uint8_t {
  type,     ///< class or enumeration, also templates of classes
  forward,  ///< `struct point;`
  function, ///< with a body, also templates of functions
  prototype,
  alias,    ///< of a type or namespace, concepts
  setting,  ///< `using namespace a;`, `using a::b;`: in force for all that follows
  constant, ///< `constexpr` variables, variables of namespaces, lambdas that capture nothing
  other,    ///< specialisations, instantiations, members of classes defined outside of them, `extern "C"`
};

struct item {
  item_kind kind = item_kind::statement;
  std::size_t first = 0, last = 0; ///< tokens [first, last)
  bool terminated = true;          ///< has its semicolon or closing brace

  /// creation, declaration: what it declares and the namespace is to keep; definition: what it defines
  std::vector<std::string> names;
  std::size_t initializer = 0; ///< creation: the first token of its expression
  bool implied = false;        ///< creation: without `auto`
  std::string stays;           ///< declaration: why its names stay in the snippet; "" if they don't

  definition_kind what = definition_kind::other;
  std::size_t parameters = token::none; ///< definition of a function: the `(` of its parameters
  std::size_t body = token::none;       ///< definition: its `{`
  bool outside = false;                 ///< definition: of a name in another namespace, so at global scope
  std::string scope;                    ///< name_space: what stands before its `{`; "" without a name
  std::vector<item> inner;
};

/// What names stand for already, where the text alone does not tell.
struct known_names {
  std::set<std::string, std::less<>> variables;
  std::set<std::string, std::less<>> types;
};

/// Cuts a snippet into items. Names that it declares are added to `known`.
/// @throws error{compile_error} for a `return` outside of functions
[[nodiscard]] std::vector<item> split(const token_list& tokens, std::string_view name, known_names& known);

/// Behind the `>` that closes the `<` at token i; i if it opens no template arguments.
[[nodiscard]] std::size_t skip_angles(const token_list& tokens, std::size_t i, std::size_t last);

/// What a declaration of variables or functions declares.
struct declared {
  enum class form : std::uint8_t { none, variables, prototype, member };
  form is = form::none;
  std::vector<std::string> names; ///< those that are objects, not references
  std::vector<std::string> references;
  std::size_t parameters = token::none;          ///< prototype
  std::size_t initializer = token::none;         ///< of a single variable: behind its `=`
  bool is_constexpr = false, plain_auto = false; ///< plain_auto: `auto NAME = ...`, `const auto NAME = ...` and no more
  bool is_const = false, is_extern = false;
};
/// Reads tokens [first, last), without the semicolon, as a declaration.
[[nodiscard]] declared parse_declaration(const token_list& tokens, std::size_t first, std::size_t last,
                                         const known_names& known);

/// Behind a lambda expression that begins at token i; i if there is none.
[[nodiscard]] std::size_t skip_lambda(const token_list& tokens, std::size_t i, std::size_t last);

} // namespace pactor::snippets
