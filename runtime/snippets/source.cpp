#include "runtime/snippets/source.hpp"

#include "pactor/error.hpp"
#include "runtime/snippets/collector.hpp"
#include "runtime/snippets/unit.hpp"

#include <algorithm>

namespace pactor::snippets {

std::string plain_text(std::string_view code) {
  if (code.starts_with("\xef\xbb\xbf")) code.remove_prefix(3); // what some editors begin UTF-8 with
  std::string text;
  text.reserve(code.size());
  for (std::size_t i = 0; i < code.size(); ++i)
    if (code[i] != '\r' || i + 1 == code.size() || code[i + 1] != '\n') text += code[i];
  return text;
}

namespace {

bool defined(const definitions& all, std::string_view name) {
  return std::any_of(all.all().begin(), all.all().end(),
                     [name](const auto& d) { return d->scopes.empty() && d->defines(name); });
}

} // namespace

translation translate(std::string_view code, std::string_view name, const definitions& before,
                      std::span<const variable> variables) {
  if (code.size() > longest_snippet)
    throw error{ec::too_large, std::string{name} + ": code of " + std::to_string(code.size()) +
                                   " bytes: at most 1 MiB is executed; make it a job library"};
  const auto text = plain_text(code);
  const token_list tokens{text, name};
  known_names known;
  for (const auto& d : before.all())
    if (d->is_type() || d->what == definition_kind::alias) known.types.insert(d->names.begin(), d->names.end());
  for (const auto& v : variables)
    if (in_scope(v, before) && !defined(before, v.name)) known.variables.insert(v.name);
  const auto items = split(tokens, name, known);
  translation result{{}, before};
  collector collected{tokens, name, result.after};
  std::vector<item> body;
  collected.collect(items, body);
  result.text = unit_writer{tokens, name, result.after, collected, variables}.write(body);
  if (collected.program()) result.after.forget("main"); // each program has its own
  return result;
}

} // namespace pactor::snippets
