#pragma once
// A job's parameters: how each is held while the job runs, and how a map's sequences are cut into elements.

#include "pactor/detail/read.hpp"

#include <concepts>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

template <class T>
inline constexpr bool is_a_span = false;
template <numeric T, std::size_t E>
inline constexpr bool is_a_span<std::span<T, E>> = E == std::dynamic_extent;

/// Holds the argument for a parameter of type P during a call.
template <class P>
class argument {
  using held = std::remove_cvref_t<P>;
  static_assert(!std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>,
                "a job gets copies of its arguments: take them by value or by reference to const");
  static_assert(!std::is_pointer_v<held>, "a job's parameter can't be a pointer: nothing would own what it points to");

public:
  void load(const object& o) { read(o, value_); }
  void assign(held v) { value_ = std::move(v); }
  P&& get() { return static_cast<P&&>(value_); }

private:
  held value_{};
};

/// Texts are read where they lie.
template <class P>
requires std::same_as<std::remove_cvref_t<P>, std::string_view>
class argument<P> {
public:
  void load(const object& o) { value_ = read_text(o); }
  std::string_view get() const { return value_; }

private:
  std::string_view value_;
};

/// Arrays are read where they lie, if they are of the right type and aligned; if not, from a copy.
template <class P, class T>
class span_argument {
public:
  void load(const object& o) {
    const auto block = read_block(o);
    const auto elements = block && block->rank == 1 ? block->template in_place<T>() : std::nullopt;
    if (elements) {
      value_ = *elements;
    } else if (sizeof(T) == 1 && o.type == kind::BIN) {
      value_ = {reinterpret_cast<const T*>(o.via.bin.ptr), o.via.bin.size};
    } else {
      read_elements<T>(
          o, [this](std::size_t n) { return copy_.resize(n), copy_.data(); }, type_name<P>());
      value_ = copy_;
    }
  }
  std::span<const T> get() const { return value_; }

private:
  std::vector<T> copy_;
  std::span<const T> value_;
};
template <class P>
requires is_a_span<std::remove_cvref_t<P>>
class argument<P> : public span_argument<std::remove_cvref_t<P>, typename std::remove_cvref_t<P>::value_type> {
  static_assert(std::is_const_v<typename std::remove_cvref_t<P>::element_type>,
                "a job reads its arguments: take a span<const T>, or a vector<T> to change a copy");
};

template <class P>
requires std::same_as<std::remove_cvref_t<P>, std::span<const std::byte>>
class argument<P> {
public:
  void load(const object& o) {
    if (o.type != kind::BIN) mismatch<std::span<const std::byte>>(o);
    value_ = {reinterpret_cast<const std::byte*>(o.via.bin.ptr), o.via.bin.size};
  }
  std::span<const std::byte> get() const { return value_; }

private:
  std::span<const std::byte> value_;
};

template <class P>
requires is_a<std::remove_cvref_t<P>, ndarray_view>
class argument<P> {
  using T = typename std::remove_cvref_t<P>::value_type;

public:
  void load(const object& o) {
    if (const auto block = read_block(o)) {
      if (const auto elements = block->template in_place<T>()) {
        value_ = {block->shape(), elements->data()};
        return;
      }
    }
    read_ndarray(o, copy_);
    value_ = copy_;
  }
  const ndarray_view<T>& get() const { return value_; }

private:
  ndarray<T> copy_;
  ndarray_view<T> value_;
};

/// A number of a block as an object of its own.
inline object number_object(const block_view& block, std::size_t i) {
  return with_type(block.type, [&]<class T>() {
    T v;
    std::memcpy(&v, block.data + i * sizeof v, sizeof v);
    object o;
    if constexpr (std::is_floating_point_v<T>) {
      o.type = kind::FLOAT64;
      o.via.f64 = v;
    } else if (v < T{}) {
      o.type = kind::NEGATIVE_INTEGER;
      o.via.i64 = static_cast<std::int64_t>(v); // NOLINT(bugprone-signed-char-misuse): a number, no character
    } else {
      o.type = kind::POSITIVE_INTEGER;
      o.via.u64 = static_cast<std::uint64_t>(v); // NOLINT(bugprone-signed-char-misuse)
    }
    return o;
  });
}

/// One parameter's sequence in a map call: an array of anything, a block of numbers, or a block with a shape, whose
/// elements are the blocks along its first dimension.
template <class P>
class sequence {
  using held = std::remove_cvref_t<P>;

public:
  /// @throws error{signature_mismatch} if the object is no sequence
  explicit sequence(const object& o) : object_{o}, block_{read_block(o)} {
    const auto rank = block_ ? block_->rank : 1;
    if (rank == 0 || (!block_ && o.type != kind::ARRAY && o.type != kind::BIN)) mismatch<std::vector<held>>(o);
    if constexpr (numeric<held>) {
      load_numbers(o);
    } else if (o.type == kind::BIN) {
      mismatch<std::vector<held>>(o);
    } else {
      size_ = block_ ? block_->dimensions[0] : o.via.array.size;
    }
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  void load(std::size_t i, argument<P>& into) {
    if constexpr (numeric<held>) {
      if (at_once_) return into.assign(numbers_.get()[i]);
    }
    if (!block_)
      into.load(object_.via.array.ptr[i]);
    else if (block_->rank == 1)
      into.load(number_object(*block_, i));
    else
      into.load(row(i));
  }

private:
  struct nothing {};

  /// All at once, unless some of them do not fit: then one by one, so that these fail alone.
  void load_numbers(const object& o) {
    if (o.type == kind::ARRAY) {
      size_ = o.via.array.size;
      return;
    }
    try {
      numbers_.load(o);
      size_ = numbers_.get().size();
      at_once_ = true;
    } catch (const error& e) {
      if (e.code() != ec::signature_mismatch || !block_ || block_->rank != 1) throw;
      size_ = block_->count;
    }
  }

  object row(std::size_t i) {
    const auto shape = block_->shape().subspan(1);
    const auto bytes_a_row = block_->count / size_ * item_size(block_->type);
    row_.truncate(0);
    row_.write_block(block_->type, shape, block_->data + i * bytes_a_row, bytes_a_row);
    object o;
    o.type = kind::EXT;
    o.via.ext.ptr = row_.data() + block_header - 1; // an ext object begins with its type
    o.via.ext.size = static_cast<std::uint32_t>(row_.size() - block_header);
    return o;
  }

  const object& object_;
  std::optional<block_view> block_;
  std::size_t size_ = 0;
  bool at_once_ = false;
  [[no_unique_address]] std::conditional_t<numeric<held>, span_argument<std::vector<held>, held>, nothing> numbers_;
  bytes_encoder row_{0};
};

} // namespace pactor::detail
