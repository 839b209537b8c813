#pragma once
// Sorts the items of a snippet into what goes to file scope and what goes into the function that runs.

#include "runtime/snippets/definitions.hpp"
#include "runtime/snippets/items.hpp"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

/// `#line` and blanks, so that what follows has the line and column of `at` in the user's code.
[[nodiscard]] std::string line_mark(const token_list& tokens, std::string_view name, std::size_t at);
/// The same for a definition of an earlier snippet.
[[nodiscard]] std::string line_mark(std::string_view title);
/// `#line` for what is written around the user's code: diagnostics of it are taken to be about that line.
[[nodiscard]] std::string wrapper_mark(const token_list& tokens, std::size_t at);
/// The file name of wrapper_mark().
inline constexpr std::string_view wrapper_name = "<pactor>";

/// What a snippet adds to an engine.
class collector {
public:
  collector(const token_list& tokens, std::string_view name, definitions& state)
      : tokens_{tokens}, name_{name}, state_{state} {}

  /// @param body gets the items that run, and the directives among them
  void collect(const std::vector<item>& items, std::vector<item>& body);

  /// How a definition of this snippet is written, with its place in the user's code; null for those of earlier ones.
  [[nodiscard]] const std::string* fresh(const definition* d) const {
    const auto found = fresh_.find(d);
    return found == fresh_.end() ? nullptr : &found->second;
  }
  /// The definition of main in this snippet, if it is a program.
  [[nodiscard]] const item* program() const noexcept { return program_; }

private:
  void define(const item& it, std::size_t first);
  void directive(const item& it, std::vector<item>& body);
  std::size_t conditional(const std::vector<item>& items, std::size_t i, std::vector<item>& body);
  [[nodiscard]] std::string key_of(const item& it) const;
  [[nodiscard]] std::string parameter_list(std::size_t open) const;
  [[nodiscard]] std::string text_of(const item& it, std::size_t first) const;
  [[nodiscard]] std::vector<std::string> friends_of(const item& it) const;
  void keep(std::shared_ptr<const definition> d, std::string located);

  const token_list& tokens_;
  std::string_view name_;
  definitions& state_;
  std::vector<std::string> scopes_;
  std::map<const definition*, std::string> fresh_;
  const item* program_ = nullptr;
  bool redefines_macros_ = false;
};

} // namespace pactor::snippets
