#include "runtime/snippets/source.hpp"

#include "pactor/detail/plain_type.hpp"
#include "pactor/error.hpp"
#include "runtime/snippets/collector.hpp"
#include "runtime/snippets/unit.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>

namespace pactor::snippets {

namespace {

constexpr std::size_t most_errors = 5, most_notes = 3, longest_message = 600, longest_output = 4096;
constexpr std::string_view earlier = ", defined earlier";

/// A line of the form `file:line:column: kind: what`.
struct message {
  std::string_view file;
  position at{0, 0};
  std::string_view kind; ///< error, note, warning, or required: what g++ says of templates
  std::string what;
};

struct report {
  message error;
  bool located = false;    ///< in the user's code
  std::string_view header; ///< where else it is
  std::vector<message> notes;
};

std::string_view take_number(std::string_view text, std::size_t& number) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return {};
  const auto digits = text.substr(colon + 1);
  const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return read.ec == std::errc{} && read.ptr == digits.data() + digits.size() ? text.substr(0, colon)
                                                                             : std::string_view{};
}

/// The message as the user's code would have it: names without what was written around them, plain quotes.
std::string readable(std::string_view what) {
  auto text = detail::plain_type(what);
  const auto replace = [&text](std::string_view from, std::string_view to) {
    for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
      text.replace(at, from.size(), to);
  };
  replace("\xe2\x80\x98", "'");
  replace("\xe2\x80\x99", "'");
  replace("pactor_new_", "");
  if (text.size() > longest_message) text = text.substr(0, longest_message) + " ...";
  return text;
}

std::optional<message> parse(std::string_view line) {
  constexpr std::string_view kinds[] = {": fatal error: ", ": error: ", ": note: ", ": warning: ", ":   required from"};
  for (const auto kind : kinds) {
    const auto at = line.find(kind);
    if (at == std::string_view::npos) continue;
    message m;
    std::size_t first = 0, second = 0;
    const auto one = take_number(line.substr(0, at), first);
    if (one.empty()) continue;
    const auto two = take_number(one, second);
    m.file = two.empty() ? one : two;
    m.at = two.empty() ? position{first, 0} : position{second, first};
    m.kind = kind.find("error") != std::string_view::npos      ? "error"
             : kind.find("note") != std::string_view::npos     ? "note"
             : kind.find("required") != std::string_view::npos ? "required"
                                                               : "warning";
    m.what = readable(line.substr(at + kind.size()));
    return m;
  }
  return std::nullopt;
}

class explainer {
public:
  explainer(std::string_view code, std::string_view name, const definitions& before,
            std::span<const variable> variables)
      : code_{code}, name_{name}, before_{before}, variables_{variables} {}

  std::string run(std::string_view output) {
    read(output);
    const auto anywhere = std::any_of(reports_.begin(), reports_.end(), [](const report& r) { return r.located; });
    if (anywhere) std::erase_if(reports_, [](const report& r) { return !r.located; }); // the others follow from these
    // Templates fail in many places of their headers for one of the user's.
    std::set<std::pair<std::size_t, std::size_t>> seen;
    std::erase_if(reports_, [&seen](const report& r) {
      const auto first = seen.emplace(r.error.at.line, r.error.at.column).second;
      return !r.header.empty() && !first;
    });
    if (reports_.empty()) return raw(output);
    std::string text;
    for (std::size_t i = 0; i < reports_.size() && i < most_errors; ++i) write(text, reports_[i]);
    if (reports_.size() > most_errors)
      text += "\nand " + std::to_string(reports_.size() - most_errors) + " more errors";
    return text;
  }

private:
  [[nodiscard]] bool is_users(std::string_view file) const { return file == name_ || file.ends_with(earlier); }

  void read(std::string_view output) {
    std::optional<message> required;
    while (!output.empty()) {
      const auto end = std::min(output.find('\n'), output.size());
      auto m = parse(output.substr(0, end));
      output.remove_prefix(std::min(end + 1, output.size()));
      if (!m) continue;
      const auto users = is_users(m->file);
      if (m->kind == "required") {
        if (users) required = std::move(m);
      } else if (m->kind == "error") {
        begin(std::move(*m), users, required);
        required.reset();
      } else if (m->kind == "note" && users && !reports_.empty()) {
        note(std::move(*m));
      }
    }
  }

  void begin(message m, bool users, const std::optional<message>& required) {
    report r;
    r.located = users;
    if (!users && m.file != wrapper_name) r.header = m.file.substr(m.file.rfind('/') + 1);
    r.error = std::move(m);
    if (!users && required) locate(r, *required);
    reports_.push_back(std::move(r));
  }
  static void locate(report& r, const message& where) {
    r.located = true;
    r.error.file = where.file;
    r.error.at = where.at;
  }

  void note(message m) {
    auto& r = reports_.back();
    const auto instantiated = m.what.starts_with("in instantiation of");
    if (instantiated && !r.located) locate(r, m);
    if (!instantiated && r.notes.size() < most_notes) r.notes.push_back(std::move(m));
  }

  void write(std::string& text, const report& r) const {
    if (!text.empty()) text += '\n';
    auto what = r.error.what;
    if (!r.header.empty()) what += " [in " + std::string{r.header} + "]";
    text += place(r.error, "error", what);
    for (const auto& n : r.notes) text += '\n' + place(n, "note", n.what);
    if (const auto why = hint(r.error.what); !why.empty()) text += "\n" + std::string{name_} + ": note: " + why;
  }

  [[nodiscard]] std::string place(const message& m, std::string_view kind, std::string_view what) const {
    if (m.file == name_) return diagnostic(code_, name_, m.at, kind, what);
    if (m.file == wrapper_name) return diagnostic(code_, name_, {m.at.line, 0}, kind, what);
    for (const auto& d : before_.all())
      if (m.file == d->title() &&
          m.at.line <= 1 + static_cast<std::size_t>(std::count(d->text.begin(), d->text.end(), '\n')))
        return diagnostic(d->text, m.file, m.at, kind, what);
    return std::string{name_} + ": " + std::string{kind} + ": " + std::string{what};
  }

  /// Why a name that was expected is not there.
  [[nodiscard]] std::string hint(std::string_view what) const {
    if (what.find("not declared") == std::string_view::npos &&
        what.find("undeclared identifier") == std::string_view::npos)
      return {};
    const auto from = what.find('\'');
    const auto to = what.find('\'', from + 1);
    if (to == std::string_view::npos) return {};
    const auto missing = what.substr(from + 1, to - from - 1);
    if (const auto found = before_.lost.find(missing); found != before_.lost.end())
      return std::string{missing} + " was declared earlier, but " + found->second;
    for (const auto& v : variables_)
      if (v.name == missing && !in_scope(v, before_))
        return "there is a variable " + v.name + ", but " +
               (v.type.find("px::t") == std::string::npos ? "its type has no name that code can use"
                                                          : "it is of an earlier " + detail::plain_type(v.type));
    return made_here(missing);
  }

  [[nodiscard]] std::string made_here(std::string_view missing) const {
    try {
      const token_list tokens{code_, name_};
      known_names known;
      for (const auto& it : split(tokens, name_, known))
        if ((it.kind == item_kind::creation || it.kind == item_kind::declaration) &&
            std::find(it.names.begin(), it.names.end(), missing) != it.names.end())
          return "functions and blocks see a variable from the next snippet on; " + std::string{missing} +
                 " is made by this one";
    } catch (const error&) { // then the code has other faults
    }
    return {};
  }

  /// No error that could be read: all that was said.
  [[nodiscard]] std::string raw(std::string_view output) const {
    while (output.ends_with('\n')) output.remove_suffix(1);
    const auto text = detail::plain_type(output.substr(0, longest_output));
    return std::string{name_} + ": error: the compiler failed" + (text.empty() ? "" : ":\n" + text);
  }

  std::string_view code_, name_;
  const definitions& before_;
  std::span<const variable> variables_;
  std::vector<report> reports_;
};

} // namespace

std::string explain(std::string_view compiler_output, std::string_view code, std::string_view name,
                    const definitions& before, std::span<const variable> variables) {
  const auto text = plain_text(code);
  return explainer{text, name, before, variables}.run(compiler_output);
}

} // namespace pactor::snippets
