#include "runtime/snippets/unit.hpp"

#include "pactor/error.hpp"

#include <algorithm>

namespace pactor::snippets {

namespace {

using place = definition::place;

constexpr std::string_view user_namespace = "px";

/// The words of a type's text, and apart from them the tags in it.
void words_of_type(std::string_view type, word_set& words, std::vector<std::string>& tags) {
  const token_list tokens{type, "type"};
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens.is_name(i)) continue;
    const auto word = tokens.text(i);
    const auto in_user_namespace = i >= 2 && tokens.is(i - 1, "::") && tokens.is(i - 2, user_namespace);
    if (in_user_namespace && word.size() == 17 && word.front() == 't' &&
        word.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos)
      tags.emplace_back(word);
    else
      words.emplace(word);
  }
}

} // namespace

bool in_scope(const variable& v, const definitions& state) {
  if (v.type.empty() || !is_identifier(v.name) || v.type.find_first_of("{}$'\"\\#;`") != std::string::npos)
    return false;
  if (v.type.find("(anonymous") != std::string::npos) return false;
  word_set words;
  std::vector<std::string> tags;
  try {
    words_of_type(v.type, words, tags);
  } catch (const error&) {
    return false;
  }
  const auto known = [&state](const std::string& tag) {
    return std::any_of(state.all().begin(), state.all().end(),
                       [&](const auto& d) { return d->is_type() && state.tag(*d) == tag; });
  };
  return std::all_of(tags.begin(), tags.end(), known);
}

std::string unit_writer::write(const std::vector<item>& body) {
  select();
  preamble();
  file_scope();
  body_function(body);
  entry();
  return std::move(text_);
}

/// Which definitions and variables the unit needs.
void unit_writer::select() {
  const auto& all = state_.all();
  selected_.assign(all.size(), false);
  auto& words = words_;
  for (auto& word : words_of(tokens_, 0, tokens_.size())) words.insert(std::move(word));
  for (std::size_t i = 0; i < all.size(); ++i) selected_[i] = collected_.fresh(all[i].get()) != nullptr;
  std::map<std::string, const variable*, std::less<>> candidates;
  for (const auto& v : variables_) {
    const auto defined = [&v](const auto& d) {
      return d->scopes.empty() && d->where == place::own && d->defines(v.name);
    };
    if (std::none_of(all.begin(), all.end(), defined)) candidates.emplace(v.name, &v);
  }
  std::map<const variable*, word_set> type_words;
  for (auto more = true; more;) {
    more = false;
    state_.select(words, selected_);
    for (auto c = candidates.begin(); c != candidates.end();) {
      if (!words.contains(c->first)) {
        ++c;
        continue;
      }
      if (in_scope(*c->second, state_)) {
        std::vector<std::string> tags;
        words_of_type(c->second->type, type_words[c->second], tags);
        words.insert(type_words[c->second].begin(), type_words[c->second].end());
        bound_.emplace(c->first, bound{c->second});
        more = true;
      }
      c = candidates.erase(c);
    }
  }
  for (auto& [name, b] : bound_)
    for (std::size_t i = 0; i < all.size(); ++i)
      for (const auto& n : all[i]->names)
        if (selected_[i] && (all[i]->is_type() || all[i]->what == definition_kind::alias) &&
            type_words[b.of].contains(n))
          b.behind = i + 1;
}

void unit_writer::preamble() {
  text_ = "#include \"pactor/prelude.hpp\"\n";
  const auto& all = state_.all();
  for (std::size_t i = 0; i < all.size(); ++i)
    if (all[i]->where == place::preamble) preamble_end_ = i + 1;
  for (std::size_t i = 0; i < preamble_end_; ++i)
    if (all[i]->where == place::preamble || all[i]->where == place::macro) write_definition(i);
  wrapper(0);
  text_ += "using namespace std;\nusing namespace pactor;\nusing namespace pactor::prelude;\n#pragma GCC visibility "
           "push(hidden)\n";
}

void unit_writer::open_user_namespace(bool open) {
  if (open != user_namespace_open_) text_ += open ? "\nnamespace " + std::string{user_namespace} + " {\n" : "\n}\n";
  user_namespace_open_ = open;
}

void unit_writer::file_scope() {
  const auto& all = state_.all();
  word_set scopes;
  open_user_namespace(true);
  for (std::size_t i = 0; i < all.size(); ++i) { // so that each can be named, whatever of it is needed
    std::string opened, closed;
    bool named = selected_[i];
    for (const auto& scope : all[i]->scopes) {
      opened += scope + " { ";
      closed += "} ";
      const token_list words{scope, "namespace"};
      named = named || words_.contains(words.text(words.size() - 1));
    }
    if (!opened.empty() && named && scopes.insert(opened).second) text_ += opened + closed + "\n";
  }
  for (std::size_t i = 0; i <= all.size(); ++i) {
    for (auto& [name, b] : bound_)
      if (!b.written && b.behind <= i) write_variable(b);
    if (i == all.size() || !selected_[i] || all[i]->where == place::preamble) continue;
    if (all[i]->where == place::macro && i < preamble_end_) continue;
    write_definition(i);
  }
}

void unit_writer::write_variable(bound& b) {
  b.written = true;
  open_user_namespace(true);
  wrapper(0);
  const auto& name = b.of->name;
  text_ += "static pactor::detail::binding<" + b.of->type + "> pactor_bound_" + name + ";\nstatic auto& [" + name +
           "] = pactor_bound_" + name + ".place.bound;\n";
}

/// The namespaces that a definition stands in, also those that are not written by the user.
std::vector<std::string> unit_writer::enclosing(const definition& d) const {
  auto scopes = d.scopes;
  if (d.is_type()) {
    scopes.push_back("inline namespace " + state_.tag(d));
  } else if (d.what == definition_kind::function || d.what == definition_kind::prototype) {
    for (const auto& type : state_.all()) { // a friend belongs to the namespace of the class
      const auto befriended = std::any_of(d.names.begin(), d.names.end(), [&type](const std::string& name) {
        return std::find(type->friends.begin(), type->friends.end(), name) != type->friends.end();
      });
      if (!befriended || type->scopes != d.scopes) continue;
      if (std::none_of(type->names.begin(), type->names.end(), [&d](const std::string& name) {
            return std::find(d.signature.begin(), d.signature.end(), name) != d.signature.end();
          }))
        continue;
      scopes.push_back("inline namespace " + state_.tag(*type));
      break;
    }
  }
  return scopes;
}

void unit_writer::write_definition(std::size_t i) {
  const auto& d = *state_.all()[i];
  const auto* fresh = collected_.fresh(&d);
  const auto directive = d.where == place::preamble || d.where == place::macro;
  std::size_t opened = 0;
  if (d.where == place::global) {
    open_user_namespace(false);
    text_ += "using namespace " + std::string{user_namespace} + ";\n";
  } else if (!directive) {
    open_user_namespace(true);
    for (const auto& scope : enclosing(d)) {
      text_ += scope + " {\n";
      ++opened;
    }
  }
  if (d.where == place::macro) text_ += "\n#undef " + d.names.front() + "\n";
  if (fresh) {
    text_ += *fresh;
  } else {
    text_ += line_mark(d.title()) + d.text;
  }
  wrapper(0);
  text_ += std::string(opened, '}') + (opened > 0 ? "\n" : "");
}

void unit_writer::body_function(const std::vector<item>& body) {
  open_user_namespace(true);
  wrapper(0);
  text_ += "static void pactor_bind([[maybe_unused]] pactor::detail::snippet_run& pactor_run) {\n";
  for (const auto& [name, b] : bound_) text_ += "pactor_bound_" + name + ".bind(pactor_run, \"" + name + "\");\n";
  text_ += "}\nstatic void pactor_body([[maybe_unused]] pactor::detail::snippet_run& pactor_run) {\n";
  for (const auto& it : body) body_item(it);
  wrapper(tokens_.size() > 0 ? tokens_.end_of(tokens_.size() - 1) - 1 : 0);
  if (collected_.program()) text_ += "pactor_run.program(&main);\n";
  text_ += "}\n";
}

void unit_writer::body_item(const item& it) {
  const auto at = tokens_[it.first].at;
  switch (it.kind) {
  case item_kind::creation:
    return creation(it);
  case item_kind::declaration:
    return declaration(it);
  case item_kind::expression:
    wrapper(at);
    text_ += "pactor_run.result((";
    mark(at);
    text_ += code_of(it.first, it.last);
    wrapper(at);
    text_ += ", pactor::detail::snippet_end{}));\n";
    return;
  default:
    mark(at);
    text_ += code_of(it.first, it.last);
    text_ += it.terminated ? "\n" : ";\n";
  }
}

void unit_writer::creation(const item& it) {
  const auto& name = it.names.front();
  const auto at = tokens_[it.first].at;
  wrapper(at);
  text_ += "auto pactor_new_" + name + " =";
  const auto none = it.initializer >= tokens_.size(); // `x =` at the very end: for the compiler to refuse
  mark(none ? tokens_.end_of(it.last - 1) : tokens_[it.initializer].at);
  text_ += code_of(it.initializer, it.last - (tokens_.is(it.last - 1, ";") ? 1U : 0U));
  wrapper(at);
  text_ += "; auto& " + name + " = pactor_run.create" + (it.implied ? "_implied" : "") + "(\"" + name +
           "\", pactor_new_" + name;
  if (bound_.contains(name)) text_ += ", pactor_bound_" + name;
  text_ += ");\n";
}

void unit_writer::declaration(const item& it) {
  const auto at = tokens_[it.first].at;
  wrapper(at);
  if (it.implied) text_ += "auto";
  text_ += it.scope; // the type of the objects, if it was defined in the same line
  mark(at);
  std::string code{code_of(it.first, it.last)};
  for (auto i = it.first; i < it.last && tokens_.is(i, token_kind::word) && !tokens_.is_name(i); ++i)
    if (tokens_.is(i, "static") || tokens_.is(i, "thread_local") || tokens_.is(i, "inline") || tokens_.is(i, "extern"))
      std::fill_n(code.begin() + static_cast<std::ptrdiff_t>(tokens_[i].at - at), tokens_[i].size, ' ');
  text_ += code + (it.terminated ? "" : ";");
  wrapper(at);
  if (!it.stays.empty()) return;
  for (const auto& name : it.names)
    text_ += "pactor::detail::keeper<decltype(" + name + ")> pactor_keep_" + name + "{pactor_run, \"" + name + "\", " +
             name + "};\n";
}

void unit_writer::entry() {
  open_user_namespace(false);
  wrapper(0);
  text_ += "#pragma GCC visibility pop\n"
           "extern \"C\" __attribute__((visibility(\"default\"))) std::int32_t pactor_snippet(const pactor_call* "
           "pactor_the_call, pactor_sink* pactor_the_sink) noexcept {\n"
           "return pactor::detail::snippet_run::run(pactor_the_call, pactor_the_sink, &px::pactor_bind, "
           "&px::pactor_body);\n}\n";
}

} // namespace pactor::snippets
