#pragma once
// Writes the translation unit.

#include "runtime/snippets/collector.hpp"
#include "runtime/snippets/source.hpp"

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

/// Whether a variable's type can be written into a unit, and all types of the user's in it are those of `state`.
[[nodiscard]] bool in_scope(const variable& v, const definitions& state);

class unit_writer {
public:
  unit_writer(const token_list& tokens, std::string_view name, const definitions& state, const collector& collected,
              std::span<const variable> variables)
      : tokens_{tokens}, name_{name}, state_{state}, collected_{collected}, variables_{variables} {}

  /// @param body what runs, in order
  [[nodiscard]] std::string write(const std::vector<item>& body);

private:
  struct bound {
    const variable* of;
    std::size_t behind = 0; ///< definitions that its type needs: it stands behind the first so many
    bool written = false;
  };

  void select();
  void preamble();
  void file_scope();
  void write_definition(std::size_t i);
  void write_variable(bound& b);
  void open_user_namespace(bool open);
  [[nodiscard]] std::vector<std::string> enclosing(const definition& d) const;
  void body_function(const std::vector<item>& body);
  void body_item(const item& it);
  void creation(const item& it);
  void declaration(const item& it);
  void entry();
  [[nodiscard]] std::string_view code_of(std::size_t first, std::size_t last) const {
    return tokens_.between(first, last);
  }
  void mark(std::size_t at) { text_ += line_mark(tokens_, name_, at); }
  void wrapper(std::size_t at) { text_ += wrapper_mark(tokens_, at); }

  const token_list& tokens_;
  std::string_view name_;
  const definitions& state_;
  const collector& collected_;
  std::span<const variable> variables_;
  std::vector<bool> selected_;
  word_set words_;                                  ///< that the snippet and the definitions selected mention
  std::map<std::string, bound, std::less<>> bound_; ///< by name
  std::size_t preamble_end_ = 0;                    ///< definitions before this one may stand in the preamble
  bool user_namespace_open_ = false;
  std::string text_;
};

} // namespace pactor::snippets
