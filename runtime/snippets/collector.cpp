#include "runtime/snippets/collector.hpp"

#include <algorithm>

namespace pactor::snippets {

namespace {

using place = definition::place;

/// `define` and the rest of the line.
std::pair<std::string_view, std::string_view> parts_of(std::string_view line) {
  constexpr std::string_view blank = " \t";
  line.remove_prefix(std::min(line.find_first_not_of(blank, 1), line.size()));
  const auto end = std::min(line.find_first_of(" \t(<\"/", 0), line.size());
  auto rest = line.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(blank), rest.size()));
  return {line.substr(0, end), rest};
}

std::string first_word(std::string_view text) {
  const auto end = std::min(text.find_first_of(" \t(/\\\n"), text.size());
  return std::string{text.substr(0, end)};
}

std::string joined(const token_list& t, std::size_t first, std::size_t last) {
  std::string text;
  for (auto i = first; i < last; ++i) (text += t.text(i)) += ' ';
  return text;
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const auto c : name) {
    if (c == '"' || c == '\\') text += '\\';
    if (c != '\n') text += c;
  }
  return text + "\"";
}

} // namespace

std::string line_mark(const token_list& tokens, std::string_view name, std::size_t at) {
  const auto line_start = tokens.code().rfind('\n', at == 0 ? 0 : at - 1);
  const auto from = at == 0 || line_start == std::string_view::npos ? 0 : line_start + 1;
  auto text = "\n#line " + std::to_string(position_of(tokens.code(), at).line) + " " + quoted(name) + "\n";
  for (const auto c : tokens.code().substr(from, at - from)) text += c == '\t' ? '\t' : ' ';
  return text;
}

std::string line_mark(std::string_view title) { return "\n#line 1 " + quoted(title) + "\n"; }

std::string wrapper_mark(const token_list& tokens, std::size_t at) {
  return "\n#line " + std::to_string(position_of(tokens.code(), at).line) + " " + quoted(wrapper_name) + "\n";
}

void collector::collect(const std::vector<item>& items, std::vector<item>& body) {
  word_set macros;
  for (const auto& it : items) {
    if (it.kind != item_kind::directive) continue;
    const auto [what, rest] = parts_of(tokens_.text(it.first));
    redefines_macros_ =
        redefines_macros_ || what == "undef" || (what == "define" && !macros.insert(first_word(rest)).second);
  }
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& it = items[i];
    if (it.kind == item_kind::definition) {
      define(it, it.first);
    } else if (it.kind == item_kind::name_space) {
      if (!it.scope.empty()) scopes_.push_back(it.scope);
      std::vector<item> none;
      collect(it.inner, none);
      if (!it.scope.empty()) scopes_.pop_back();
    } else if (it.kind != item_kind::directive) {
      for (const auto& name : it.names) {
        state_.forget(name);
        if (!it.stays.empty()) state_.lost[name] = it.stays;
      }
      body.push_back(it);
    } else if (parts_of(tokens_.text(it.first)).first.starts_with("if")) {
      i = conditional(items, i, body);
    } else if (parts_of(tokens_.text(it.first)).first == "pragma" && i + 1 < items.size() &&
               items[i + 1].kind == item_kind::definition) {
      define(items[i + 1], it.first);
      ++i;
    } else {
      directive(it, body);
    }
  }
}

void collector::keep(std::shared_ptr<const definition> d, std::string located) {
  fresh_.emplace(d.get(), std::move(located));
  state_.add(std::move(d));
}

void collector::directive(const item& it, std::vector<item>& body) {
  const auto line = tokens_.text(it.first);
  const auto [what, rest] = parts_of(line);
  if (what == "pragma" && rest.starts_with("once")) return;
  if (what != "include" && what != "define" && what != "undef") return body.push_back(it);
  definition d;
  d.text = line;
  d.mentions = words_of(tokens_, it.first, it.last);
  const auto located = line_mark(tokens_, name_, tokens_[it.first].at) + std::string{line} + "\n";
  if (what == "include") {
    d.where = place::preamble;
    d.key = d.text;
    return keep(std::make_shared<definition>(std::move(d)), located);
  }
  const auto macro = first_word(rest);
  d.where = place::macro;
  d.key = "#define " + macro;
  d.names = {macro};
  if (redefines_macros_) body.push_back(it);
  if (what == "undef") return state_.remove_key(d.key);
  keep(std::make_shared<definition>(std::move(d)), located);
}

/// Everything from an #if to its #endif is one definition, and the same lines around what of it runs.
std::size_t collector::conditional(const std::vector<item>& items, std::size_t i, std::vector<item>& body) {
  definitions inside;
  std::vector<item> running;
  definition d;
  std::string located;
  bool defines = false, runs = false;
  int depth = 0;
  const auto first = i;
  for (; i < items.size(); ++i) {
    const auto& it = items[i];
    const auto end = tokens_.end_of(it.last - 1);
    if (it.kind == item_kind::directive) {
      const auto what = parts_of(tokens_.text(it.first)).first;
      const auto structural = what.starts_with("if") || what.starts_with("el") || what == "endif";
      depth += what.starts_with("if") ? 1 : what == "endif" ? -1 : 0;
      defines = defines || !structural;
      if (structural) running.push_back(it);
      d.text += std::string{tokens_.text(it.first)} + "\n";
      located += line_mark(tokens_, name_, tokens_[it.first].at) + std::string{tokens_.text(it.first)} + "\n";
      if (depth == 0) break;
    } else if (it.kind == item_kind::definition || it.kind == item_kind::name_space) {
      const auto text = it.kind == item_kind::definition
                            ? text_of(it, it.first)
                            : std::string{tokens_.code().substr(tokens_[it.first].at, end - tokens_[it.first].at)};
      d.names.insert(d.names.end(), it.names.begin(), it.names.end());
      d.text += text + "\n";
      located += line_mark(tokens_, name_, tokens_[it.first].at) + text + "\n";
      defines = true;
    } else {
      for (const auto& name : it.names) state_.forget(name);
      running.push_back(it);
      runs = true;
    }
  }
  if (runs) body.insert(body.end(), running.begin(), running.end());
  if (!defines) return i;
  d.where = d.names.empty() ? place::preamble : place::own;
  d.key = d.text;
  d.mentions = d.signature = words_of(tokens_, items[first].first, i < items.size() ? items[i].last : tokens_.size());
  keep(std::make_shared<definition>(std::move(d)), located);
  return i;
}

void collector::define(const item& it, std::size_t first) {
  definition d;
  d.where = it.outside ? place::global : place::own;
  d.what = it.what;
  d.names = it.names;
  d.scopes = scopes_;
  d.text = text_of(it, first);
  d.mentions = words_of(tokens_, first, it.last);
  d.signature = words_of(tokens_, first, it.body == token::none ? it.last : it.body);
  d.friends = friends_of(it);
  d.key = key_of(it);
  auto located = line_mark(tokens_, name_, tokens_[first].at) + d.text;
  if (it.implied) located.insert(0, "\nauto");
  const auto is_program = scopes_.empty() && it.what == definition_kind::function && it.names.front() == "main";
  if (it.implied) d.text.insert(0, "auto ");
  if (is_program) program_ = &it;
  keep(std::make_shared<definition>(std::move(d)), std::move(located));
}

std::string collector::text_of(const item& it, std::size_t first) const {
  const auto from = tokens_[first].at;
  std::string text{tokens_.code().substr(from, tokens_.end_of(it.last - 1) - from)};
  const auto is_program = it.what == definition_kind::function && scopes_.empty() && it.names.front() == "main" &&
                          !tokens_.is(it.first, "void");
  if (is_program) text.insert(text.size() - 1, " return 0; "); // what the language adds to the real one
  return it.terminated ? text : text + ";";
}

/// The types of parameters, without their names and defaults.
std::string collector::parameter_list(std::size_t open) const {
  const auto close = tokens_.after(open) - 1;
  std::string list;
  known_names none;
  auto from = open + 1;
  for (auto i = from; i <= close; ++i) {
    if (i == close || tokens_.is(i, ",")) {
      auto end = from;
      while (end < i && !tokens_.is(end, "=")) ++end;
      auto d = parse_declaration(tokens_, from, end, none);
      const auto& names = d.names.empty() ? d.references : d.names;
      auto name = token::none;
      for (auto at = from; at < end && d.is == declared::form::variables; ++at)
        if (tokens_.text(at) == names.front()) name = at;
      for (auto at = from; at < end; ++at)
        if (at != name) (list += tokens_.text(at)) += ' ';
      list += ',';
      from = i + 1;
    } else if (tokens_[i].match != token::none) {
      i = tokens_.after(i) - 1;
    } else if (tokens_.is_name(i)) {
      i = skip_angles(tokens_, i + 1, close) - 1;
    }
  }
  return list == "void ," ? "," : list;
}

std::string collector::key_of(const item& it) const {
  std::string scope;
  for (const auto& s : scopes_) scope += s + "{";
  const auto name = it.names.empty() ? std::string{} : it.names.front();
  switch (it.what) {
  case definition_kind::type:
  case definition_kind::alias:
    return name.empty() ? joined(tokens_, it.first, it.last) : scope + "type " + name;
  case definition_kind::forward:
    return scope + "forward " + name;
  case definition_kind::constant:
    return scope + "constant " + name;
  case definition_kind::function:
  case definition_kind::prototype: {
    auto head = it.first;
    while (head < it.parameters && tokens_.is(head, "template") && tokens_.is(head + 1, "<"))
      head = std::max(head + 1, skip_angles(tokens_, head + 1, it.parameters));
    const auto kind = it.what == definition_kind::function ? "function " : "prototype ";
    return scope + kind + joined(tokens_, it.first, head) + name + "(" + parameter_list(it.parameters);
  }
  default:
    return scope + joined(tokens_, it.first, it.body == token::none ? it.last : it.body);
  }
}

std::vector<std::string> collector::friends_of(const item& it) const {
  std::vector<std::string> friends;
  if (it.what != definition_kind::type || it.body == token::none) return friends;
  for (auto i = it.body; i < it.last; ++i) {
    if (!tokens_.is(i, "friend")) continue;
    while (i < it.last && !tokens_.is(i + 1, "(") && !tokens_.is(i, ";")) {
      if (tokens_.is(i, "operator")) {
        const auto from = ++i;
        while (i < it.last && !tokens_.is(i + 1, "(")) ++i;
        friends.push_back("operator" + std::string{tokens_.between(from, i + 1)});
        break;
      }
      ++i;
      if (tokens_.is_name(i) && tokens_.is(i + 1, "(")) friends.emplace_back(tokens_.text(i));
    }
  }
  return friends;
}

} // namespace pactor::snippets
