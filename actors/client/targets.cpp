#include "pactor/targets.hpp"

#include "runtime/core/targets.hpp"

#include <algorithm>
#include <ostream>
#include <type_traits>

namespace pactor {

namespace {

/// Calls f with whichever form it is.
template <class... F>
struct overload : F... {
  using F::operator()...;
};
template <class... F>
overload(F...) -> overload<F...>;

core::target_spec spec_of(const auto& form) {
  return std::visit(overload{
                        [](all_engines) -> core::target_spec { return core::every_engine{}; },
                        [](const std::vector<int>& engines) -> core::target_spec { return engines; },
                        [](const slice& s) -> core::target_spec {
                          return core::position_slice{s.start, s.stop, s.step};
                        },
                        [](const std::string& text) { return core::parse_targets(text); },
                    },
                    form);
}

std::ostream& print(std::ostream& out, const slice& s) {
  if (s.start) out << *s.start;
  out << ':';
  if (s.stop) out << *s.stop;
  if (s.step != 1) out << ':' << s.step;
  return out;
}

} // namespace

bool targets::lazy() const { return std::holds_alternative<core::every_engine>(spec_of(form_)); }

targets::numbers targets::resolve(std::span<const int> engines) const { return core::resolve(spec_of(form_), engines); }

std::ostream& operator<<(std::ostream& out, const targets& t) {
  std::visit(overload{
                 [&](all_engines) { out << "all"; },
                 [&](const targets::numbers& engines) {
                   for (std::size_t i = 0; i < engines.size(); ++i) out << (i > 0 ? "," : "") << engines[i];
                 },
                 [&](const slice& s) { print(out, s); },
                 [&](const std::string& text) { out << text; },
             },
             t.form_);
  return out;
}

} // namespace pactor
