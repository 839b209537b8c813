#pragma once
// A value of any type, for callers that do not know C++ types: the CLI, dynamic pulls, jobs that take `any`.

#include "pactor/detail/bytes.hpp"
#include "pactor/detail/compiled.hpp"
#include "pactor/ndarray.hpp"
#include "pactor/signature.hpp"

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace pactor {

/// Raw bytes.
using binary = std::vector<std::byte>;

/// A numeric array of any element type. Copies share the elements, which nothing changes.
class any_array {
public:
  /// @pre `data` has as many elements as the shape says
  PACTOR_INLINE any_array(dtype type, std::vector<std::size_t> shape, detail::bytes data);
  template <numeric T>
  any_array(const ndarray<T>& array) // NOLINT(google-explicit-constructor)
      : type_{dtype_of<T>()},
        shape_(array.shape().begin(), array.shape().end()), data_{detail::bytes::copy(array.data(),
                                                                                      array.size() * sizeof(T))} {}

  [[nodiscard]] dtype type() const noexcept { return type_; }
  [[nodiscard]] std::span<const std::size_t> shape() const noexcept { return shape_; }
  [[nodiscard]] std::size_t rank() const noexcept { return shape_.size(); }
  /// Number of elements.
  [[nodiscard]] std::size_t size() const noexcept { return data_.size() / item_size(type_); }
  [[nodiscard]] const char* data() const noexcept { return data_.data(); }
  [[nodiscard]] std::size_t size_bytes() const noexcept { return data_.size(); }
  /// The elements. @throws error{signature_mismatch} if T is another type
  template <numeric T>
  [[nodiscard]] std::span<const T> values() const {
    if (type_ != dtype_of<T>())
      throw error{ec::signature_mismatch, "an array of " + std::string{to_string(type_)} + " read as one of " +
                                              std::string{to_string(dtype_of<T>())}};
    return {reinterpret_cast<const T*>(data_.data()), size()};
  }

  friend bool operator==(const any_array& a, const any_array& b) { return a.equals(b); }

private:
  [[nodiscard]] PACTOR_INLINE bool equals(const any_array& other) const noexcept;

  dtype type_;
  std::vector<std::size_t> shape_;
  detail::bytes data_;
};

/// A value of any type. Integers are int64 wherever they fit, so that equal numbers compare equal.
class value {
public:
  using array = std::vector<value>;
  using map = std::vector<std::pair<value, value>>; ///< in the order in which it was written

  PACTOR_INLINE value() noexcept;
  PACTOR_INLINE value(const value& other);
  PACTOR_INLINE value(value&& other) noexcept;
  PACTOR_INLINE value& operator=(const value& other);
  PACTOR_INLINE value& operator=(value&& other) noexcept;
  PACTOR_INLINE ~value();
  PACTOR_INLINE value(std::nullptr_t) noexcept; // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(bool b) noexcept;         // NOLINT(google-explicit-constructor)
  template <std::integral I>
  requires numeric<I> value(I i) { // NOLINT(google-explicit-constructor)
    if constexpr (std::is_unsigned_v<I> && sizeof(I) == 8) {
      if (i > static_cast<I>(std::numeric_limits<std::int64_t>::max())) {
        data_ = static_cast<std::uint64_t>(i);
        return;
      }
    }
    data_ = static_cast<std::int64_t>(i);
  }
  template <std::floating_point F>
  value(F f) : data_{static_cast<double>(f)} {} // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(std::string s) noexcept;  // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(std::string_view s);      // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(const char* s);           // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(binary b) noexcept;       // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(array a) noexcept;        // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(map m) noexcept;          // NOLINT(google-explicit-constructor)
  PACTOR_INLINE value(any_array a) noexcept;    // NOLINT(google-explicit-constructor)
  template <numeric T>
  value(const ndarray<T>& a) : data_{any_array{a}} {} // NOLINT(google-explicit-constructor)
  /// One block, as the vector itself would travel.
  template <numeric T>
  requires(!detail::byte_like<T>) value(const std::vector<T>& v) // NOLINT(google-explicit-constructor)
      : data_{any_array{dtype_of<T>(), {v.size()}, detail::bytes::copy(v.data(), v.size() * sizeof(T))}} {}

  [[nodiscard]] PACTOR_INLINE bool is_nil() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_bool() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_integer() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_double() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_number() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_string() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_binary() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_array() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_map() const noexcept;
  [[nodiscard]] PACTOR_INLINE bool is_ndarray() const noexcept;

  /// The value if it is exactly of type T (std::monostate, bool, std::int64_t, std::uint64_t, double, std::string,
  /// binary, array, map, any_array), else null.
  template <class T>
  [[nodiscard]] const T* get_if() const noexcept {
    return std::get_if<T>(&data_);
  }
  template <class T>
  [[nodiscard]] T* get_if() noexcept {
    return std::get_if<T>(&data_);
  }
  /// Calls f with the value as one of the types that get_if() names.
  template <class F>
  decltype(auto) visit(F&& f) const {
    return std::visit(std::forward<F>(f), data_);
  }

  /// The value converted to T as a job's argument would be.
  /// @throws error{signature_mismatch} naming both if it does not fit. Defined in codec.hpp.
  template <class T>
  [[nodiscard]] T as() const;

  /// The entry of a map; null if this is no map or has none.
  [[nodiscard]] PACTOR_INLINE const value* find(std::string_view key) const noexcept;

  /// Its type as in signatures: `int64`, `vector<double>`, `map<string,any>`.
  [[nodiscard]] PACTOR_INLINE std::string type_name() const;

  friend bool operator==(const value& a, const value& b) { return a.equals(b); }

private:
  [[nodiscard]] PACTOR_INLINE bool equals(const value& other) const;

  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, binary, array, map, any_array>
      data_;
};

namespace detail {

/// `vector<int64>` if all types are the same, else `tuple<int64,string>`; long ones are cut short.
template <class Range, class Name>
std::string sequence_type(const Range& items, Name&& name) {
  constexpr std::size_t shown = 8;
  std::string all, first;
  bool same = true;
  std::size_t n = 0;
  for (const auto& item : items) {
    const auto type = name(item);
    if (n == 0) first = type;
    same = same && type == first;
    if (n < shown) all += (n > 0 ? "," : "") + type;
    ++n;
  }
  if (n == 0) return "vector<any>";
  if (same) return "vector<" + first + ">";
  return n <= shown ? "tuple<" + all + ">" : "vector<any>";
}

/// The common type, or `any`.
template <class Range, class Name>
std::string common_type(const Range& items, Name&& name) {
  std::string common;
  for (const auto& item : items) {
    auto type = name(item);
    if (common.empty())
      common = std::move(type);
    else if (common != type)
      return "any";
  }
  return common.empty() ? "any" : common;
}

PACTOR_INLINE std::string array_type(dtype type, std::size_t rank);

} // namespace detail

/// The types of a call's arguments, in parentheses: `(double, vector<int64>)`.
PACTOR_INLINE std::string argument_types(std::span<const value> arguments);

} // namespace pactor

#ifdef PACTOR_BODIES
namespace pactor {

PACTOR_INLINE any_array::any_array(dtype type, std::vector<std::size_t> shape, detail::bytes data)
    : type_{type}, shape_{std::move(shape)}, data_{std::move(data)} {}

PACTOR_INLINE bool any_array::equals(const any_array& other) const noexcept {
  return type_ == other.type_ && shape_ == other.shape_ && data_.size() == other.data_.size() &&
         (data_.empty() || std::memcmp(data_.data(), other.data_.data(), data_.size()) == 0);
}

PACTOR_INLINE value::value() noexcept = default;
PACTOR_INLINE value::value(const value& other) = default;
PACTOR_INLINE value::value(value&& other) noexcept = default;
PACTOR_INLINE value& value::operator=(const value& other) = default;
PACTOR_INLINE value& value::operator=(value&& other) noexcept = default;
PACTOR_INLINE value::~value() = default;
PACTOR_INLINE value::value(std::nullptr_t) noexcept {}
PACTOR_INLINE value::value(bool b) noexcept : data_{b} {}
PACTOR_INLINE value::value(std::string s) noexcept : data_{std::move(s)} {}
PACTOR_INLINE value::value(std::string_view s) : data_{std::string{s}} {}
PACTOR_INLINE value::value(const char* s) : data_{std::string{s}} {}
PACTOR_INLINE value::value(binary b) noexcept : data_{std::move(b)} {}
PACTOR_INLINE value::value(array a) noexcept : data_{std::move(a)} {}
PACTOR_INLINE value::value(map m) noexcept : data_{std::move(m)} {}
PACTOR_INLINE value::value(any_array a) noexcept : data_{std::move(a)} {}

PACTOR_INLINE bool value::is_nil() const noexcept { return std::holds_alternative<std::monostate>(data_); }
PACTOR_INLINE bool value::is_bool() const noexcept { return std::holds_alternative<bool>(data_); }
PACTOR_INLINE bool value::is_double() const noexcept { return std::holds_alternative<double>(data_); }
PACTOR_INLINE bool value::is_string() const noexcept { return std::holds_alternative<std::string>(data_); }
PACTOR_INLINE bool value::is_binary() const noexcept { return std::holds_alternative<binary>(data_); }
PACTOR_INLINE bool value::is_array() const noexcept { return std::holds_alternative<array>(data_); }
PACTOR_INLINE bool value::is_map() const noexcept { return std::holds_alternative<map>(data_); }
PACTOR_INLINE bool value::is_ndarray() const noexcept { return std::holds_alternative<any_array>(data_); }
PACTOR_INLINE bool value::is_integer() const noexcept {
  return std::holds_alternative<std::int64_t>(data_) || std::holds_alternative<std::uint64_t>(data_);
}
PACTOR_INLINE bool value::is_number() const noexcept { return is_integer() || is_double(); }

PACTOR_INLINE const value* value::find(std::string_view key) const noexcept {
  const auto* entries = get_if<map>();
  if (!entries) return nullptr;
  const auto found = std::find_if(entries->begin(), entries->end(), [key](const auto& entry) {
    const auto* name = entry.first.template get_if<std::string>();
    return name && *name == key;
  });
  return found == entries->end() ? nullptr : &found->second;
}

PACTOR_INLINE bool value::equals(const value& other) const { return data_ == other.data_; }

PACTOR_INLINE std::string detail::array_type(dtype type, std::size_t rank) {
  return (rank == 1 ? "vector<" : "ndarray<") + std::string{to_string(type)} + ">";
}

PACTOR_INLINE std::string value::type_name() const {
  static constexpr auto name = [](const value& v) { return v.type_name(); };
  struct {
    std::string operator()(std::monostate) const { return "nil"; }
    std::string operator()(bool) const { return "bool"; }
    std::string operator()(std::int64_t) const { return "int64"; }
    std::string operator()(std::uint64_t) const { return "uint64"; }
    std::string operator()(double) const { return "double"; }
    std::string operator()(const std::string&) const { return "string"; }
    std::string operator()(const binary&) const { return "bytes"; }
    std::string operator()(const array& a) const { return detail::sequence_type(a, name); }
    std::string operator()(const map& m) const {
      return "map<" + detail::common_type(m, [](const auto& entry) { return entry.first.type_name(); }) + "," +
             detail::common_type(m, [](const auto& entry) { return entry.second.type_name(); }) + ">";
    }
    std::string operator()(const any_array& a) const { return detail::array_type(a.type(), a.rank()); }
  } text;
  return std::visit(text, data_);
}

PACTOR_INLINE std::string argument_types(std::span<const value> arguments) {
  std::string text = "(";
  for (const auto& argument : arguments) text += (text.size() > 1 ? ", " : "") + argument.type_name();
  return text + ")";
}

} // namespace pactor
#endif // PACTOR_BODIES
