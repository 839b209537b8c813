#pragma once
// Puts the parts of a result together, in whatever order they arrive.

#include <cstddef>
#include <utility>
#include <vector>

namespace pactor::core {

/// A countdown by index. The first value of an index counts, so that a task which ran twice is harmless.
template <class T>
class gather {
public:
  explicit gather(std::size_t size) : values_(size), here_(size, false), missing_{size} {}

  /// @return false if the index is beyond the end or was here before: the value is dropped
  bool put(std::size_t index, T value) {
    if (index >= here_.size() || here_[index]) return false;
    values_[index] = std::move(value);
    here_[index] = true;
    --missing_;
    return true;
  }

  [[nodiscard]] bool complete() const noexcept { return missing_ == 0; }
  [[nodiscard]] std::size_t missing() const noexcept { return missing_; }
  [[nodiscard]] bool has(std::size_t index) const { return index < here_.size() && here_[index]; }
  /// The values in the order of their index; default ones where none came. Leaves nothing.
  [[nodiscard]] std::vector<T> take() { return std::exchange(values_, {}); }

private:
  std::vector<T> values_;
  std::vector<bool> here_;
  std::size_t missing_;
};

} // namespace pactor::core
