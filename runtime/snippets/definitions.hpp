#pragma once
// What the snippets of an engine have defined: functions, types, constants, macros, includes.

#include "runtime/snippets/items.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::snippets {

using word_set = std::set<std::string, std::less<>>;

/// A definition at file scope that later snippets can use.
struct definition {
  enum class place : std::uint8_t {
    own,      ///< the user's namespace
    global,   ///< the global namespace: specialisations of the library's templates
    preamble, ///< an #include, or what is to stand before one
    macro,    ///< a #define or #undef
  };
  place where = place::own;
  definition_kind what = definition_kind::other;
  std::string key;                 ///< a later definition with this key replaces it
  std::vector<std::string> names;  ///< that it defines
  std::vector<std::string> scopes; ///< the namespaces that it stands in, as they are opened: `namespace a`
  std::string text;
  std::vector<std::string> mentions;  ///< the words in it, sorted
  std::vector<std::string> signature; ///< those before its body
  std::vector<std::string> friends;   ///< of a type: functions that it declares as friends

  [[nodiscard]] bool defines(std::string_view name) const;
  /// Whether it is found by what it takes rather than by its name.
  [[nodiscard]] bool attached() const;
  /// What diagnostics call it: `area, defined earlier`.
  [[nodiscard]] std::string title() const;
  [[nodiscard]] bool is_type() const { return what == definition_kind::type || what == definition_kind::forward; }
};

/// The definitions of one engine, in the order in which they compile. A value; copies share what they have in common.
class definitions {
public:
  using list = std::vector<std::shared_ptr<const definition>>;

  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }
  [[nodiscard]] const list& all() const noexcept { return all_; }

  /// Adds it, in place of what it replaces. Definitions that mention a replaced one come behind the new one.
  void add(std::shared_ptr<const definition> d);
  /// Removes functions and constants of this name: a variable takes it.
  void forget(std::string_view name);
  void remove_key(std::string_view key);

  /// Which are needed for a code that mentions `words`: those that it mentions, what they mention, and so on. What is
  /// in force for all code always is. Words of those needed are added to `words`.
  /// @param selected one entry a definition; those that are needed in any case are true already
  void select(word_set& words, std::vector<bool>& selected) const;

  /// The name of the inline namespace that a type stands in: another one if the type, or one that it consists of,
  /// has another text. So objects of a type are never taken for those of a later one by the same name.
  [[nodiscard]] std::string tag(const definition& type) const;

  /// Names that an earlier snippet declared and could not keep, and why.
  std::map<std::string, std::string, std::less<>> lost;

private:
  [[nodiscard]] bool needed(const definition& d, const word_set& words, const std::vector<bool>& selected) const;
  list all_;
};

} // namespace pactor::snippets
