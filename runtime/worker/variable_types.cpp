#include "runtime/worker/variable_types.hpp"

#include "pactor/codec.hpp"
#include "pactor/detail/sink.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

namespace pactor::worker {

namespace {

namespace kind = detail::kind;
using detail::object;

constexpr std::string_view anything = "pactor::value", integer = "std::int64_t", natural = "std::uint64_t";

std::string_view name_of(dtype d) {
  constexpr std::array<std::string_view, 11> names{"",
                                                   "std::int8_t",
                                                   "std::int16_t",
                                                   "std::int32_t",
                                                   "std::int64_t",
                                                   "std::uint8_t",
                                                   "std::uint16_t",
                                                   "std::uint32_t",
                                                   "std::uint64_t",
                                                   "float",
                                                   "double"};
  return names[static_cast<std::size_t>(d)];
}

bool is_number(std::string_view type) { return type == integer || type == natural || type == "double"; }

/// The type of a list's elements, of two of which these are.
std::string common(std::string a, const std::string& b) {
  if (a == b) return a;
  if (!is_number(a) || !is_number(b)) return std::string{anything};
  return a == "double" || b == "double" ? "double" : std::string{anything};
}

std::string type_of(const object& o);

template <class List, class Element>
std::string common_type(const List& list, Element element) {
  std::string type;
  for (const auto& entry : list) {
    auto one = type_of(element(entry));
    type = type.empty() ? std::move(one) : common(std::move(type), one);
    if (type == anything) break;
  }
  return type.empty() ? std::string{anything} : type;
}

std::string type_of_map(const object& o) {
  const std::span entries{o.via.map.ptr, o.via.map.size};
  const auto named = std::all_of(entries.begin(), entries.end(), [](const auto& e) { return e.key.type == kind::STR; });
  if (!named || entries.empty()) return std::string{anything};
  const auto type = common_type(entries, [](const auto& e) -> const object& { return e.val; });
  return "std::map<std::string, " + type + ">";
}

std::string type_of(const object& o) {
  switch (o.type) {
  case kind::BOOLEAN:
    return "bool";
  case kind::POSITIVE_INTEGER:
    return std::string{o.via.u64 > static_cast<std::uint64_t>(INT64_MAX) ? natural : integer};
  case kind::NEGATIVE_INTEGER:
    return std::string{integer};
  case kind::FLOAT32:
  case kind::FLOAT64:
    return "double";
  case kind::STR:
    return "std::string";
  case kind::ARRAY: {
    const std::span elements{o.via.array.ptr, o.via.array.size};
    const auto type = common_type(elements, [](const object& e) -> const object& { return e; });
    return type == anything ? type : "std::vector<" + type + ">";
  }
  case kind::MAP:
    return type_of_map(o);
  case kind::EXT:
    if (const auto block = detail::read_block(o); block && detail::valid(block->type))
      return (block->rank == 1 ? "std::vector<" : "pactor::ndarray<") + std::string{name_of(block->type)} + ">";
    return std::string{anything};
  default:
    return std::string{anything};
  }
}

std::string type_of(const pactor_native& native) {
  auto name = detail::demangled(native.type);
  if (name == native.type) return {}; // it is no name of a type
  // Lambdas, types in unnamed namespaces and in functions.
  for (const std::string_view sign : {"{", "'", "$", "(anonymous", ")::"})
    if (name.find(sign) != std::string::npos) return {};
  return name;
}

std::string type_of_encoded(const detail::slice& encoded) {
  try {
    const detail::message m{encoded.data, encoded.size};
    return type_of(m.root());
  } catch (const error&) {
    return std::string{anything};
  }
}

} // namespace

const std::string& type_of(const variable& v) {
  // Of a long list it takes a while, and the variable is asked at every code that is executed.
  if (v.type.empty()) v.type = v.native ? type_of(v.native.get()) : type_of_encoded(v.encoded);
  return v.type;
}

} // namespace pactor::worker
