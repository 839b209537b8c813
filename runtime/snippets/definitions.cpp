#include "runtime/snippets/definitions.hpp"

#include "runtime/snippets/sha256.hpp"

#include <algorithm>
#include <array>

namespace pactor::snippets {

namespace {

using place = definition::place;

bool contains(const std::vector<std::string>& sorted, std::string_view word) {
  return std::binary_search(sorted.begin(), sorted.end(), word);
}

bool mentions_one_of(const definition& d, const std::vector<std::string>& names) {
  return std::any_of(names.begin(), names.end(), [&d](const std::string& name) { return contains(d.mentions, name); });
}

bool is_function(const definition& d) {
  return d.what == definition_kind::function || d.what == definition_kind::prototype;
}

/// Whether a new definition takes the place of an old one.
bool replaces(const definition& now, const definition& old) {
  if (now.key == old.key) return true;
  if (now.where != place::own || old.where != place::own || now.scopes != old.scopes) return false;
  if (is_function(now) && is_function(old)) return false;                   // overloads
  if (now.is_type() && old.is_type() && now.what != old.what) return false; // a declaration and its definition
  return std::any_of(now.names.begin(), now.names.end(), [&old](const std::string& name) { return old.defines(name); });
}

} // namespace

bool definition::defines(std::string_view name) const {
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool definition::attached() const {
  return (what == definition_kind::other && names.empty()) || (!names.empty() && names.front().starts_with("operator"));
}

std::string definition::title() const {
  constexpr std::size_t longest = 40;
  auto name = names.empty() ? text.substr(0, std::min(text.find('\n'), longest)) : names.front();
  if (name.ends_with(';')) name.pop_back();
  return name + ", defined earlier";
}

void definitions::add(std::shared_ptr<const definition> d) {
  std::size_t first = all_.size();
  list kept;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (replaces(*d, *all_[i]))
      first = std::min(first, kept.size());
    else
      kept.push_back(std::move(all_[i]));
  }
  // What stands behind the one replaced and mentions it, or mentions such a one, follows the new one.
  list before, after;
  auto names = d->names;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    const auto follows = i >= first && kept[i]->where != place::preamble && mentions_one_of(*kept[i], names);
    if (follows) names.insert(names.end(), kept[i]->names.begin(), kept[i]->names.end());
    (follows ? after : before).push_back(std::move(kept[i]));
  }
  for (const auto& name : d->names) lost.erase(name);
  all_ = std::move(before);
  all_.push_back(std::move(d));
  all_.insert(all_.end(), after.begin(), after.end());
}

void definitions::forget(std::string_view name) {
  std::erase_if(all_, [name](const auto& d) {
    return d->where == place::own && d->scopes.empty() && (is_function(*d) || d->what == definition_kind::constant) &&
           d->defines(name);
  });
  if (const auto found = lost.find(name); found != lost.end()) lost.erase(found);
}

void definitions::remove_key(std::string_view key) {
  std::erase_if(all_, [key](const auto& d) { return d->key == key; });
}

bool definitions::needed(const definition& d, const word_set& words, const std::vector<bool>& selected) const {
  if (d.where == place::preamble || d.where == place::macro || d.what == definition_kind::setting) return true;
  if (std::any_of(d.names.begin(), d.names.end(), [&words](const std::string& name) { return words.contains(name); }))
    return true;
  if (!d.attached() && !is_function(d)) return false;
  bool takes_types = false; // operators, and functions that templates find by what they take
  for (std::size_t i = 0; i < all_.size(); ++i) {
    const auto& type = *all_[i];
    if (!type.is_type() || type.names.empty() || !contains(d.signature, type.names.front())) continue;
    if (selected[i]) return true;
    takes_types = true;
  }
  return d.attached() && !takes_types;
}

void definitions::select(word_set& words, std::vector<bool>& selected) const {
  const auto mention = [&words](const definition& d) {
    const auto dormant = d.where == place::macro && !d.names.empty() && !words.contains(d.names.front());
    if (!dormant) words.insert(d.mentions.begin(), d.mentions.end());
  };
  for (std::size_t known = words.size() + 1; known != words.size();) {
    known = words.size();
    bool more = true;
    while (more) {
      more = false;
      for (std::size_t i = 0; i < all_.size(); ++i) {
        if (!selected[i] && needed(*all_[i], words, selected)) selected[i] = more = true;
        if (selected[i]) mention(*all_[i]);
      }
    }
  }
}

std::string definitions::tag(const definition& type) const {
  std::set<const definition*> seen;
  std::vector<const definition*> open{&type};
  std::set<std::string> texts;
  const auto has_text = [](const definition& d) {
    return d.what == definition_kind::type || d.what == definition_kind::alias || d.what == definition_kind::constant ||
           d.where == place::macro;
  };
  bool complete = false;
  while (!open.empty()) {
    const auto& d = *open.back();
    open.pop_back();
    for (const auto& other : all_) {
      const auto self = &d == &type && other->is_type() && other->scopes == type.scopes && !type.names.empty() &&
                        other->defines(type.names.front());
      if (!has_text(*other) || (!self && !mentions_one_of(d, other->names)) || !seen.insert(other.get()).second)
        continue;
      complete = complete || self;
      texts.insert(other->text);
      open.push_back(other.get());
    }
  }
  constexpr std::size_t digits = 16;
  sha256 hash;
  for (const auto& scope : type.scopes) hash.add_field(scope);
  if (!complete) hash.add_field(type.text);
  for (const auto& text : texts) hash.add_field(text);
  return "t" + hash.hex().substr(0, digits);
}

} // namespace pactor::snippets
