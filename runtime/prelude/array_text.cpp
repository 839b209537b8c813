#include "runtime/prelude/array_text.hpp"

#include "pactor/prelude/text_writer.hpp"
#include "runtime/prelude/number_text.hpp"

#include <algorithm>
#include <type_traits>
#include <vector>

namespace pactor::prelude_library {

namespace {

constexpr std::size_t line_width = 100;

std::string shape_text(std::span<const std::size_t> shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i > 0 ? ", " : "") + std::to_string(shape[i]);
  return text + (shape.size() == 1 ? ",)" : ")");
}

/// What of an array is shown, in order.
class shown_part {
public:
  explicit shown_part(std::span<const std::size_t> shape) : shape_{shape} {
    std::size_t count = 1;
    for (const auto n : shape) count *= n;
    shortened_ = count > detail::shown_in_full;
  }

  [[nodiscard]] bool shortened() const noexcept { return shortened_; }
  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return shape_; }
  /// True where the middle of this axis is left out.
  [[nodiscard]] bool has_gap(std::size_t axis) const noexcept {
    return shortened_ && shape_[axis] > 2 * detail::shown_at_ends;
  }
  /// Index of the entry that stands at place `i` of those shown.
  [[nodiscard]] std::size_t index(std::size_t axis, std::size_t i) const noexcept {
    return has_gap(axis) && i >= detail::shown_at_ends ? shape_[axis] - 2 * detail::shown_at_ends + i : i;
  }
  [[nodiscard]] std::size_t entries(std::size_t axis) const noexcept {
    return has_gap(axis) ? 2 * detail::shown_at_ends : shape_[axis];
  }
  /// Calls f with the place of each element shown.
  template <class F>
  void each(F&& f, std::size_t axis = 0, std::size_t offset = 0) const {
    if (axis == shape_.size()) return f(offset);
    for (std::size_t i = 0; i < entries(axis); ++i) each(f, axis + 1, offset * shape_[axis] + index(axis, i));
  }

private:
  std::span<const std::size_t> shape_;
  bool shortened_ = false;
};

/// Puts the texts of the elements into brackets and rows.
class drawing {
public:
  drawing(const shown_part& part, const std::vector<std::string>& cells, const array_layout& layout)
      : part_{part}, cells_{cells}, layout_{layout} {}

  std::string draw() {
    text_ = layout_.head;
    indent_ = layout_.column + layout_.head.size();
    column_ = indent_;
    axis(0);
    if (const auto empty = cells_.empty(); part_.shortened() || (empty && part_.shape().size() > 1))
      text_ += (layout_.head.empty() ? " shape " : ", shape=") + shape_text(part_.shape());
    text_ += layout_.tail;
    return std::move(text_);
  }

private:
  void put(std::string_view text) {
    text_ += text;
    column_ += text.size();
  }
  void new_line(std::size_t lines, std::size_t depth) {
    text_.append(lines, '\n').append(indent_ + depth, ' ');
    column_ = indent_ + depth;
  }
  void separate(std::size_t axis, std::size_t next_size) {
    put(layout_.separator);
    const auto below = part_.shape().size() - axis - 1;
    if (below > 0)
      new_line(below, axis + 1);
    else if (column_ + 1 + next_size + layout_.separator.size() > line_width)
      new_line(1, axis + 1);
    else
      put(" ");
  }
  void axis(std::size_t a) {
    if (a == part_.shape().size()) return put(cells_[next_++]);
    if (cells_.empty()) return put("[]");
    put("[");
    for (std::size_t i = 0; i < part_.entries(a); ++i) {
      const auto size = cells_[next_].size();
      if (i > 0) separate(a, size);
      if (i == detail::shown_at_ends && part_.has_gap(a)) {
        put("...");
        separate(a, size);
      }
      axis(a + 1);
    }
    put("]");
  }

  const shown_part& part_;
  const std::vector<std::string>& cells_;
  const array_layout& layout_;
  std::string text_;
  std::size_t indent_ = 0, column_ = 0, next_ = 0;
};

template <class T>
using shown_as = std::conditional_t<std::is_floating_point_v<T>, T,
                                    std::conditional_t<std::is_signed_v<T>, std::int64_t, std::uint64_t>>;

} // namespace

std::string array_text(dtype type, const void* data, std::span<const std::size_t> shape, const array_layout& layout) {
  return detail::with_type(type, [&]<class T>() {
    const shown_part part{shape};
    std::vector<shown_as<T>> numbers;
    part.each([&](std::size_t at) { numbers.push_back(static_cast<const T*>(data)[at]); });
    return drawing{part, columns(numbers), layout}.draw();
  });
}

std::string array_text(const std::complex<double>* data, std::span<const std::size_t> shape,
                       const array_layout& layout) {
  const shown_part part{shape};
  std::vector<std::complex<double>> numbers;
  part.each([&](std::size_t at) { numbers.push_back(data[at]); });
  std::size_t count = 1;
  for (const auto n : shape) count *= n;
  const std::span all{data, count};
  if (std::all_of(all.begin(), all.end(), [](const auto& z) { return z.imag() == 0; })) {
    std::vector<double> real;
    for (const auto& z : numbers) real.push_back(z.real());
    return drawing{part, columns(real), layout}.draw();
  }
  return drawing{part, columns(numbers), layout}.draw();
}

} // namespace pactor::prelude_library
