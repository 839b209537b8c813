#include "runtime/snippets/items.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace pactor::snippets {

namespace {

constexpr std::array<std::string_view, 15> fundamental{"void",     "bool",    "char",    "short",  "int",
                                                       "long",     "float",   "double",  "signed", "unsigned",
                                                       "char16_t", "char8_t", "wchar_t", "auto",   "char32_t"};
constexpr std::array<std::string_view, 9> specifiers{"const",  "constexpr",    "constinit", "static",  "volatile",
                                                     "inline", "thread_local", "extern",    "register"};
constexpr std::array<std::string_view, 4> class_keys{"struct", "class", "union", "enum"};

bool one_of(std::string_view word, auto&& words) { return std::find(words.begin(), words.end(), word) != words.end(); }

class declaration_parser {
public:
  declaration_parser(const token_list& t, std::size_t first, std::size_t last, const known_names& known)
      : t_{t}, at_{first}, last_{last}, known_{known} {}

  declared run() {
    if (!type() || at_ >= last_) return {};
    const auto after_type = at_;
    do {
      if (!declarator()) return {};
    } while (at_ < last_ && t_.is(at_, ",") && ++at_ < last_);
    if (at_ < last_ && result_.is != declared::form::prototype && result_.is != declared::form::member) return {};
    if (result_.is == declared::form::none) return {};
    result_.plain_auto = only_auto_ && t_.is_name(after_type) && t_.is(after_type + 1, "=") && declarators_ == 1;
    if (declarators_ > 1) result_.initializer = token::none;
    return std::move(result_);
  }

private:
  [[nodiscard]] bool is(std::string_view what) const { return at_ < last_ && t_.is(at_, what); }
  [[nodiscard]] std::string_view text() const { return at_ < last_ ? t_.text(at_) : std::string_view{}; }

  bool specifier() {
    const auto word = text();
    if (!one_of(word, specifiers)) return false;
    result_.is_constexpr = result_.is_constexpr || word == "constexpr";
    result_.is_const = result_.is_const || word == "const";
    result_.is_extern = result_.is_extern || word == "extern";
    ++at_;
    return true;
  }

  /// A name with its namespaces and template arguments.
  bool qualified_name() {
    if (is("::")) ++at_;
    while (t_.is_name(at_) && at_ < last_) {
      ++at_;
      at_ = skip_angles(t_, at_, last_);
      if (!is("::")) return true;
      ++at_;
      if (is("template")) ++at_;
    }
    return false;
  }

  bool type() {
    bool found = false;
    only_auto_ = true;
    for (; at_ < last_;) {
      const auto word = text();
      if (t_.is(at_, "[") && t_.is(at_ + 1, "[")) {
        at_ = t_.after(at_);
      } else if (specifier()) {
        only_auto_ = only_auto_ && (word == "const");
      } else if (one_of(word, fundamental)) {
        only_auto_ = only_auto_ && word == "auto";
        is_auto_ = is_auto_ || word == "auto";
        found = true;
        ++at_;
      } else if (word == "decltype" && t_.is(at_ + 1, "(")) {
        only_auto_ = false;
        found = true;
        at_ = t_.after(at_ + 1);
      } else if (!found && (one_of(word, class_keys) || word == "typename")) {
        only_auto_ = false;
        ++at_;
        if (!qualified_name()) return false;
        found = true;
      } else if (!found && (t_.is_name(at_) || word == "::")) {
        only_auto_ = false;
        const auto from = at_;
        if (!qualified_name()) return false;
        if (is("auto")) { // a concept in front
          ++at_;
          is_auto_ = true;
        }
        const auto alone = at_ == from + 1 || t_.is(from + 1, "<");
        if (alone && known_.variables.contains(t_.text(from)) && !known_.types.contains(t_.text(from))) return false;
        found = true;
      } else {
        break;
      }
    }
    return found;
  }

  /// @return whether there was a reference among them
  bool pointers() {
    bool reference = false;
    while (is("*") || is("&") || is("&&") || is("const") || is("volatile")) {
      reference = reference || is("&") || is("&&");
      ++at_;
    }
    return reference;
  }

  bool declarator() {
    ++declarators_;
    const auto reference = pointers();
    if (is("[") && is_auto_) return structured_binding(reference);
    if (is("(")) return pointer_to_function();
    if (is("operator")) return function_name();
    if (!t_.is_name(at_) || at_ >= last_) return false;
    const auto first = at_;
    if (!qualified_name()) return is("~") || is("operator") ? function_name() : false;
    if (at_ > first + 1) { // a member of a class, or a specialisation
      if (!is("(") && !is("=") && !is("{") && at_ != last_) return false;
      result_.is = declared::form::member;
      at_ = last_;
      return true;
    }
    return variable(std::string{t_.text(first)}, reference);
  }

  bool function_name() {
    result_.is = declared::form::member;
    at_ = last_;
    return true;
  }

  bool structured_binding(bool reference) {
    const auto close = t_.after(at_) - 1;
    for (++at_; at_ < close; ++at_)
      if (t_.is_name(at_)) (reference ? result_.references : result_.names).emplace_back(t_.text(at_));
    at_ = close + 1;
    result_.is = declared::form::variables;
    if (!is("=") && !is("{") && !is("(")) return false;
    at_ = last_;
    return true;
  }

  /// `(*name)(...)`, `(&name)[3]`
  bool pointer_to_function() {
    const auto close = t_.after(at_) - 1;
    ++at_;
    if (!is("*") && !is("&")) return false;
    const auto reference = pointers();
    if (!t_.is_name(at_) || (at_ + 1 != close && !t_.is(at_ + 1, "["))) return false;
    const std::string name{t_.text(at_)};
    at_ = close + 1;
    if (!is("(") && !is("[")) return false;
    at_ = t_.after(at_);
    return initialised(name, reference);
  }

  bool variable(std::string name, bool reference) {
    while (is("[")) at_ = t_.after(at_);
    if (is("(") && declarators_ == 1 && parameters(at_)) return prototype(std::move(name));
    return initialised(std::move(name), reference);
  }

  bool prototype(std::string name) {
    result_.parameters = at_;
    result_.is = declared::form::prototype;
    result_.names = {std::move(name)};
    at_ = last_;
    return true;
  }

  bool initialised(std::string name, bool reference) {
    (reference ? result_.references : result_.names).push_back(std::move(name));
    result_.is = declared::form::variables;
    if (is("(") || is("{")) {
      at_ = t_.after(at_);
    } else if (is("=")) {
      result_.initializer = ++at_;
      while (at_ < last_ && !is(",")) {
        if (t_[at_].match != token::none)
          at_ = t_.after(at_) - 1;
        else if (t_.is_name(at_))
          if (const auto after = skip_angles(t_, at_ + 1, last_);
              t_.is(after, "(") || t_.is(after, "{") || t_.is(after, "::"))
            at_ = after - 1;
        ++at_;
      }
    }
    return at_ >= last_ || is(",");
  }

  /// Whether the parentheses at token `open` hold parameters of a function rather than arguments of a constructor.
  [[nodiscard]] bool parameters(std::size_t open) const {
    const auto close = t_.after(open) - 1;
    auto from = open + 1;
    if (from == close) return true;
    for (auto i = from; i <= close; ++i) {
      if (i == close || t_.is(i, ",")) {
        if (!parameter(from, i)) return false;
        from = i + 1;
      } else if (t_[i].match != token::none) {
        i = t_.after(i) - 1;
      } else if (t_.is_name(i)) {
        i = skip_angles(t_, i + 1, close) - 1;
      }
    }
    return true;
  }

  [[nodiscard]] bool parameter(std::size_t first, std::size_t last) const {
    if (t_.is(first, "...")) return true;
    declaration_parser p{t_, first, last, known_};
    if (!p.type()) return false;
    const auto by_keyword = !t_.is_name(first) && !t_.is(first, "::");
    if (p.at_ >= last) return by_keyword || known_.types.contains(t_.text(first)) || t_.is(last - 1, ">");
    const auto named_type = p.at_;
    p.pointers();
    if (p.at_ >= last) return true;
    if (p.is("...")) return true;
    if (p.is("(")) return by_keyword || t_.is(p.at_ + 1, "*") || t_.is(p.at_ + 1, "&");
    const auto is_value = p.at_ > named_type && known_.variables.contains(t_.text(p.at_)); // a * b
    return t_.is_name(p.at_) && !is_value && (p.at_ + 1 >= last || t_.is(p.at_ + 1, "=") || t_.is(p.at_ + 1, "["));
  }

  const token_list& t_;
  std::size_t at_, last_;
  const known_names& known_;
  declared result_;
  bool only_auto_ = false, is_auto_ = false;
  int declarators_ = 0;
};

} // namespace

std::size_t skip_angles(const token_list& t, std::size_t i, std::size_t last) {
  if (!t.is(i, "<")) return i;
  const auto defaults = i > 0 && t.is(i - 1, "template"); // its parameters can have some
  int depth = 0;
  for (auto at = i; at < last; ++at) {
    if (t.is(at, "<"))
      ++depth;
    else if (t.is(at, ">") && --depth == 0)
      return at + 1;
    else if (t.is(at, ";") || t.is(at, "||") || t.is(at, "<<") || t.is(at, "}") || (t.is(at, "=") && !defaults))
      return i;
    else if (t.is(at, "&&") && !t.is(at + 1, ">") && !t.is(at + 1, ",") && !t.is(at + 1, ")"))
      return i;
    else if (t[at].match != token::none && t[at].match > at)
      at = t[at].match;
    else if (t[at].match != token::none)
      return i; // a bracket closes that was open before
  }
  return i;
}

std::size_t skip_lambda(const token_list& t, std::size_t i, std::size_t last) {
  if (!t.is(i, "[") || t[i].match == token::none) return i;
  auto at = skip_angles(t, t.after(i), last);
  bool parameters = false;
  for (; at < last && !t.is(at, "{"); ++at) {
    if (t.is(at, ";") || t.is(at, ",") || t.is(at, "=")) return i;
    if (t.is(at, "(") || t.is(at, "[")) {
      parameters = true;
      at = t.after(at) - 1;
    } else if (!parameters) {
      return i;
    }
  }
  return at < last && t[at].match != token::none ? t.after(at) : i;
}

declared parse_declaration(const token_list& t, std::size_t first, std::size_t last, const known_names& known) {
  return declaration_parser{t, first, last, known}.run();
}

} // namespace pactor::snippets
