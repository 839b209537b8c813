#pragma once
// What the snippets of an engine have defined: functions, types, includes.

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace pactor::snippets {

/// A definition at file scope that later snippets can use.
struct definition {
  std::string text;

  friend bool operator==(const definition&, const definition&) = default;
};

/// The definitions of one engine, in order. A value; copies share what they have in common.
class definitions {
public:
  [[nodiscard]] bool empty() const noexcept { return all_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return all_.size(); }

private:
  std::vector<std::shared_ptr<const definition>> all_;
};

} // namespace pactor::snippets
