#include "runtime/snippets/items.hpp"

#include <algorithm>
#include <array>

namespace pactor::snippets {

namespace {

bool one_of(std::string_view word, auto&& words) { return std::find(words.begin(), words.end(), word) != words.end(); }

constexpr std::array<std::string_view, 4> class_keys{"struct", "class", "union", "enum"};
constexpr std::array<std::string_view, 7> controls{"if", "for", "while", "do", "switch", "try", "case"};
constexpr std::array<std::string_view, 4> jumps{"break", "continue", "goto", "co_return"};
/// What these namespaces get is added to the library's own.
constexpr std::array<std::string_view, 6> libraries{"std", "pactor", "msgpack", "boost", "Eigen", "__gnu_cxx"};

/// Where a simple statement, declaration or function ends, and what in it tells which it is.
struct extent {
  std::size_t end = 0;
  bool terminated = false, function = false, block = false;
  std::size_t parameters = token::none, body = token::none;
  std::size_t name = token::none; ///< a function's: the first token of its qualified name
};

class splitter {
public:
  splitter(const token_list& t, std::string_view name, known_names& known) : t_{t}, name_{name}, known_{known} {}

  std::vector<item> range(std::size_t first, std::size_t last, bool in_namespace) {
    std::vector<item> all;
    for (auto i = first; i < last;) {
      if (t_.is(i, ";")) {
        ++i;
        continue;
      }
      item it;
      it.first = i;
      one(it, last, in_namespace);
      i = std::max(it.last, i + 1);
      learn(it);
      auto objects = objects_of_class(it);
      all.push_back(std::move(it));
      if (objects.last > objects.first) {
        i = objects.last;
        learn(objects);
        all.push_back(std::move(objects));
      }
    }
    return all;
  }

private:
  // --- ends -----------------------------------------------------------------------------------------------------

  [[nodiscard]] std::size_t skip_attributes(std::size_t i) const {
    while (t_.is(i, "[") && t_.is(i + 1, "[")) i = t_.after(i);
    return i;
  }

  /// Behind `template <...> requires ...`, as often as it stands there.
  [[nodiscard]] std::size_t skip_template_heads(std::size_t i, std::size_t last) const {
    while (t_.is(i, "template") && t_.is(i + 1, "<")) {
      i = skip_angles(t_, i + 1, last);
      if (t_.is(i, "requires")) i = skip_constraint(i + 1, last);
    }
    return i;
  }

  [[nodiscard]] std::size_t skip_constraint(std::size_t i, std::size_t last) const {
    for (;; ++i) {
      if (t_.is(i, "requires")) {
        ++i;
        if (t_.is(i, "(")) i = t_.after(i);
        i = t_.is(i, "{") ? t_.after(i) : i;
      } else if (t_.is(i, "(")) {
        i = t_.after(i);
      } else {
        while (t_.is(i, "::") || t_.is_name(i)) i = t_.is_name(i) ? skip_angles(t_, i + 1, last) : i + 1;
      }
      if (!t_.is(i, "&&") && !t_.is(i, "||")) return i;
    }
  }

  /// Behind the statement that begins at token i.
  [[nodiscard]] std::size_t statement_end(std::size_t i, std::size_t last) const {
    while (i < last && t_.is(i, token_kind::directive)) ++i;
    i = skip_attributes(i);
    if (i >= last) return last;
    if (t_.is(i, "{")) return t_.after(i);
    if (t_.is(i, "if")) return if_end(i, last);
    if (t_.is(i, "for") || t_.is(i, "while") || t_.is(i, "switch")) {
      while (i < last && !t_.is(i, "(")) ++i;
      return i < last ? statement_end(t_.after(i), last) : last;
    }
    if (t_.is(i, "do")) {
      i = statement_end(i + 1, last);
      return t_.is(i, "while") ? simple(i, i, last).end : i;
    }
    if (t_.is(i, "try")) return catches_end(statement_end(i + 1, last), last);
    if (t_.is(i, "case") || t_.is(i, "default")) {
      while (i < last && !t_.is(i, ":")) ++i;
      return statement_end(i + 1, last);
    }
    if (t_.is_name(i) && t_.is(i + 1, ":")) return i + 2 < last ? statement_end(i + 2, last) : last;
    return simple(i, i, last).end;
  }

  [[nodiscard]] std::size_t if_end(std::size_t i, std::size_t last) const {
    while (i < last && !t_.is(i, "(") && !t_.is(i, "{")) ++i;
    i = statement_end(t_.is(i, "(") ? t_.after(i) : i, last);
    return t_.is(i, "else") ? statement_end(i + 1, last) : i;
  }

  [[nodiscard]] std::size_t catches_end(std::size_t i, std::size_t last) const {
    while (t_.is(i, "catch") && t_.is(i + 1, "(")) i = statement_end(t_.after(i + 1), last);
    return i;
  }

  /// Whether the token is an operator that no type has in it.
  [[nodiscard]] bool computes(std::size_t i) const {
    constexpr std::array<std::string_view, 15> in_types{"::", "*", "&", "&&", "<", ">", "~", "...",
                                                        ",",  ":", "(", "[",  "{", ";", "->"};
    return t_.is(i, token_kind::mark) ? !one_of(t_.text(i), in_types) : t_.is(i, token_kind::number);
  }

  /// @param head where it begins behind attributes and template heads
  [[nodiscard]] extent simple(std::size_t first, std::size_t head, std::size_t last) const {
    extent e;
    bool value = false, members = false; // behind a `=`; in the initializers of a constructor
    auto chain = token::none;            // where the last qualified name begins
    std::size_t i = head;
    for (; i < last; ++i) {
      if (t_.is(i, ";")) {
        e.terminated = true;
        e.end = i + 1;
        return e;
      }
      if (t_.is(i, "operator") && !value) {
        if (chain == token::none || !t_.is(i - 1, "::")) chain = i;
        i += t_.is(i + 1, "(") && t_.is(i + 2, ")") ? 2U : 0U;
        while (i + 1 < last && !t_.is(i + 1, "(") && !t_.is(i + 1, ";")) ++i;
        if (t_.is(i + 1, "(") && e.parameters == token::none) {
          e.parameters = i + 1;
          e.name = chain;
          i = t_.after(i + 1) - 1;
        }
      } else if (t_.is_name(i)) {
        if (chain == token::none || (!t_.is(i - 1, "::") && !t_.is(i - 1, "~"))) chain = i;
        if (!value) i = skip_angles(t_, i + 1, last) - 1;
      } else if (t_.is(i, "=") || (e.parameters == token::none && computes(i))) {
        value = true;
      } else if (t_.is(i, ",") && e.parameters != token::none && !members) {
        e.parameters = token::none; // of several declarators
        value = true;
      } else if (t_.is(i, ":") && e.parameters != token::none) {
        members = true;
      } else if (t_.is(i, "(") || t_.is(i, "[")) {
        const auto named = i > head && (t_.is_name(i - 1) || t_.is(i - 1, ">")) && chain != token::none;
        const auto typed = chain > head || t_.is(chain + 1, "::");
        if (t_.is(i, "(") && !value && e.parameters == token::none && named && typed) {
          e.parameters = i;
          e.name = chain;
        } else if (t_.is(i, "(") && e.parameters == token::none && (i == head || t_.is_name(i - 1))) {
          value = true; // a call, or an expression in parentheses
        }
        i = t_.after(i) - 1;
      } else if (t_.is(i, "{")) {
        const auto macro = i > first && t_.is_name(first) && t_.is(first + 1, "(") && t_.after(first + 1) == i;
        const auto member = members && (t_.is_name(i - 1) || t_.is(i - 1, ">"));
        const auto close = t_.after(i);
        if (macro || (!value && e.parameters != token::none && !member)) {
          e.function = !macro;
          e.block = macro;
          e.body = i;
          e.terminated = true;
          e.end = catches_end(close, last);
          return e;
        }
        i = close - 1;
      }
    }
    e.end = last;
    return e;
  }

  // --- kinds ----------------------------------------------------------------------------------------------------

  void one(item& it, std::size_t last, bool in_namespace) {
    const auto i = it.first;
    if (t_.is(i, token_kind::directive)) {
      it.kind = item_kind::directive;
      it.last = i + 1;
      return;
    }
    const auto head = skip_attributes(i);
    const auto word = t_.text(head);
    if (word == "return")
      refuse(t_.code(), name_, t_[head].at,
             "a return outside of a function; an expression without a semicolon at the end is the result of the code");
    if (word == "{" || one_of(word, controls) || (t_.is_name(head) && t_.is(head + 1, ":"))) {
      it.last = statement_end(head, last);
      return;
    }
    if (word == "namespace" || (word == "inline" && t_.is(head + 1, "namespace"))) return name_space(it, head, last);
    if (word == "using" || word == "typedef") return alias(it, head, last);
    if (word == "extern" && t_.is(head + 1, token_kind::text)) return linkage(it, head, last);
    if (word == "MSGPACK_ADD_ENUM" && t_.is(head + 1, "(")) { // a macro that opens a namespace
      define(it, definition_kind::other, {}, statement_end(head, last));
      it.outside = true;
      return;
    }
    const auto behind = skip_template_heads(head, last);
    if (one_of(t_.text(behind), class_keys) && class_type(it, behind, last, behind > head)) return;
    const auto e = simple(i, behind, last);
    it.last = e.end;
    it.terminated = e.terminated;
    if (e.function) return function(it, e);
    if (e.block) return;
    if (word == "template") return templated(it, behind);
    other(it, head, in_namespace);
  }

  void define(item& it, definition_kind what, std::vector<std::string> names, std::size_t end) {
    it.kind = item_kind::definition;
    it.what = what;
    it.names = std::move(names);
    it.last = end;
    it.terminated = t_.is(end - 1, ";") || t_.is(end - 1, "}");
  }

  void name_space(item& it, std::size_t head, std::size_t last) {
    auto open = head;
    while (open < last && !t_.is(open, "{") && !t_.is(open, ";") && !t_.is(open, "=")) ++open;
    if (!t_.is(open, "{"))
      return define(it, definition_kind::alias, {std::string{t_.text(head + 1)}}, statement_end(head, last));
    const auto first_name = t_.is(head, "inline") ? head + 2 : head + 1;
    if (one_of(t_.text(first_name), libraries)) {
      define(it, definition_kind::other, {}, t_.after(open));
      it.outside = true;
      return;
    }
    it.kind = item_kind::name_space;
    it.last = t_.after(open);
    if (first_name < open) it.scope = t_.between(head, open);
    it.body = open;
    it.inner = range(open + 1, it.last - 1, true);
    for (const auto& inner : it.inner) it.names.insert(it.names.end(), inner.names.begin(), inner.names.end());
  }

  void alias(item& it, std::size_t head, std::size_t last) {
    const auto end = simple(head, head, last).end;
    if (t_.is(head, "typedef")) {
      auto name = end - (t_.is(end - 1, ";") ? 2 : 1);
      if (t_.is(name, ")")) { // typedef double (*name)(double);
        for (auto i = head; i < name; ++i)
          if (t_.is(i, "(") && t_.is(i + 1, "*") && t_.is_name(i + 2)) name = i + 2;
      }
      return define(it, definition_kind::alias, {std::string{t_.text(name)}}, end);
    }
    if (t_.is_name(head + 1) && t_.is(head + 2, "="))
      return define(it, definition_kind::alias, {std::string{t_.text(head + 1)}}, end);
    define(it, definition_kind::setting, {}, end);
  }

  void linkage(item& it, std::size_t head, std::size_t last) {
    const auto end = t_.is(head + 2, "{") ? t_.after(head + 2) : statement_end(head + 2, last);
    define(it, definition_kind::other, {}, end);
    it.outside = true;
  }

  /// @return false if it is something else that begins with `struct`
  bool class_type(item& it, std::size_t key, std::size_t last, bool is_template) {
    auto i = key + 1;
    if (t_.is(key, "enum") && (t_.is(i, "class") || t_.is(i, "struct"))) ++i;
    while (t_.is(i, "alignas") || (t_.is(i, "[") && t_.is(i + 1, "[")))
      i = t_.is(i, "alignas") ? t_.after(i + 1) : t_.after(i);
    const auto name_at = i;
    bool special = false; // a specialisation, or a member of another class
    while (t_.is_name(i) || t_.is(i, "::")) {
      if (t_.is(i, "final") && (t_.is(i + 1, "{") || t_.is(i + 1, ":"))) break;
      if (t_.is(i, "::")) {
        special = true;
        ++i;
        continue;
      }
      const auto angles = skip_angles(t_, i + 1, last);
      special = special || angles > i + 1;
      i = angles;
      if (!t_.is(i, "::")) break;
    }
    std::vector<std::string> names;
    if (i > name_at && !special) names.emplace_back(t_.text(name_at));
    if (t_.is(i, ";") && i > name_at && !special) {
      define(it, definition_kind::forward, std::move(names), i + 1);
      return true;
    }
    if (t_.is(i, "final")) ++i;
    if (t_.is(i, ":"))
      while (i < last && !t_.is(i, "{") && !t_.is(i, ";")) i = t_.is(i, "(") ? t_.after(i) : i + 1;
    if (!t_.is(i, "{")) return false;
    const auto end = t_.after(i);
    if (t_.is(key, "enum") && !t_.is(key + 1, "class") && !t_.is(key + 1, "struct")) enumerators(i, names);
    const auto unnamed = i == name_at;
    if (unnamed && !t_.is(end, ";") && end < last) return false; // an object of a type without a name
    define(it, special ? definition_kind::other : definition_kind::type, std::move(names),
           t_.is(end, ";") ? end + 1 : end);
    it.terminated = t_.is(end, ";");
    it.body = i;
    it.outside = special && is_template && t_.is(name_at + 1, "::") && one_of(t_.text(name_at), libraries);
    return true;
  }

  void enumerators(std::size_t open, std::vector<std::string>& names) const {
    const auto close = t_.after(open) - 1;
    for (auto i = open + 1; i < close; ++i) {
      if (t_.is_name(i) && (t_.is(i - 1, "{") || t_.is(i - 1, ","))) names.emplace_back(t_.text(i));
      if (t_.is(i, "(") || t_.is(i, "{")) i = t_.after(i) - 1;
    }
  }

  /// `struct point { ... } a, b;`: the objects.
  [[nodiscard]] item objects_of_class(item& it) const {
    item objects;
    if (it.kind != item_kind::definition || it.what != definition_kind::type || it.terminated || it.names.empty())
      return objects;
    if (!t_.is_name(it.last) && !t_.is(it.last, "*")) return objects;
    const auto line_end = t_.code().find('\n', t_.end_of(it.last - 1));
    if (t_[it.last].at > line_end) return objects; // a new line: a semicolon was forgotten
    const auto e = simple(it.last, it.last, t_.size());
    objects.kind = item_kind::declaration;
    objects.scope = it.names.front(); // the type stands elsewhere
    objects.first = it.last;
    objects.last = e.end;
    for (auto i = objects.first; i < objects.last; ++i) {
      if (t_.is_name(i)) objects.names.emplace_back(t_.text(i));
      while (i < objects.last && !t_.is(i, ",")) i = t_[i].match != token::none ? t_.after(i) : i + 1;
    }
    return objects;
  }

  void function(item& it, const extent& e) {
    it.kind = item_kind::definition;
    it.what = definition_kind::function;
    it.parameters = e.parameters;
    it.body = e.body;
    const auto name_end = e.parameters;
    const auto qualified = t_.is(e.name + 1, "::") || t_.is(e.name, "::");
    if (t_.is(e.name, "operator")) {
      it.names = {"operator" + std::string{t_.between(e.name + 1, name_end)}};
    } else if (qualified || t_.is(name_end - 1, ">")) { // of a class, or a specialisation
      it.what = definition_kind::other;
    } else {
      it.names = {std::string{t_.text(e.name)}};
    }
  }

  void templated(item& it, std::size_t behind) {
    const auto end = it.last;
    if (t_.is(behind, "concept") || t_.is(behind, "using")) {
      define(it, definition_kind::alias, {std::string{t_.text(behind + 1)}}, end);
    } else if (behind == it.first) { // an explicit instantiation
      define(it, definition_kind::other, {}, end);
    } else {
      const auto d = parse_declaration(t_, behind, end - (it.terminated ? 1U : 0U), known_);
      const auto prototype = d.is == declared::form::prototype;
      const auto kind = prototype                           ? definition_kind::prototype
                        : d.is == declared::form::variables ? definition_kind::constant
                                                            : definition_kind::other;
      it.parameters = d.parameters;
      define(it, kind, d.names, end);
    }
  }

  void other(item& it, std::size_t head, bool in_namespace) {
    const auto stop = it.last - (it.terminated ? 1U : 0U);
    if (t_.is_name(head) && t_.is(head + 1, "=") && !in_namespace) {
      if (known_.variables.contains(t_.text(head))) return;
      it.kind = item_kind::creation;
      it.implied = true;
      return created(it, std::string{t_.text(head)}, head + 2, stop);
    }
    const auto d = parse_declaration(t_, head, stop, known_);
    if (d.is == declared::form::prototype || d.is == declared::form::member) {
      it.parameters = d.parameters;
      const auto own = d.is == declared::form::prototype;
      return define(it, own ? definition_kind::prototype : definition_kind::other, d.names, it.last);
    }
    if (d.is == declared::form::variables) return variables(it, d, stop, in_namespace);
    if (in_namespace) return define(it, definition_kind::other, {}, it.last);
    if (!it.terminated && !one_of(t_.text(head), jumps) && !assigns(head, stop)) it.kind = item_kind::expression;
  }

  /// `v[0] = 1`, `p.x = y`
  [[nodiscard]] bool assigns(std::size_t i, std::size_t last) const {
    while (i < last && !t_.is(i, "=")) i = t_[i].match != token::none ? t_.after(i) : i + 1;
    return i < last;
  }

  void variables(item& it, const declared& d, std::size_t stop, bool in_namespace) {
    const auto terminated = it.terminated;
    if (in_namespace || d.is_constexpr || (d.is_extern && d.initializer == token::none)) {
      auto names = d.names;
      names.insert(names.end(), d.references.begin(), d.references.end());
      define(it, definition_kind::constant, std::move(names), it.last);
      it.terminated = terminated;
      return;
    }
    it.kind = item_kind::declaration;
    it.names = d.names;
    if (d.plain_auto) {
      if (!d.is_const) it.kind = item_kind::creation;
      created(it, d.names.front(), d.initializer, stop);
    }
  }

  void created(item& it, std::string name, std::size_t initializer, std::size_t stop) {
    it.names = {std::move(name)};
    it.initializer = initializer;
    if (skip_lambda(t_, initializer, stop) != stop || stop == initializer) return;
    const auto terminated = it.terminated;
    if (t_.after(initializer) == initializer + 2) {
      define(it, definition_kind::constant, it.names, it.last);
      it.terminated = terminated;
      return;
    }
    it.kind = item_kind::declaration;
    it.stays = "a lambda with captures stays in its snippet; make it a std::function to keep it";
  }

  void learn(const item& it) {
    const auto defines = it.kind == item_kind::definition;
    const auto is_type =
        it.what == definition_kind::type || it.what == definition_kind::alias || it.what == definition_kind::forward;
    if (defines && is_type && !it.names.empty()) known_.types.insert(it.names.front());
    if (it.kind == item_kind::creation || it.kind == item_kind::declaration)
      known_.variables.insert(it.names.begin(), it.names.end());
    if (it.kind == item_kind::declaration && it.names.empty()) { // references are no types either
      const auto d = parse_declaration(t_, it.first, it.last - (it.terminated ? 1U : 0U), known_);
      known_.variables.insert(d.references.begin(), d.references.end());
    }
  }

  const token_list& t_;
  std::string_view name_;
  known_names& known_;
};

} // namespace

std::vector<item> split(const token_list& tokens, std::string_view name, known_names& known) {
  return splitter{tokens, name, known}.range(0, tokens.size(), false);
}

} // namespace pactor::snippets
