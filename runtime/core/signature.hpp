#pragma once
// Signatures as text, and whether a call fits one: checked before anything is sent, so that a wrong call costs nothing
// and is explained where it was made.

#include "runtime/wire/records.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::core {

/// A type as it is spelt in signatures: bool, int8 to int64, uint8 to uint64, float, double, string, bytes, void, nil,
/// any, vector<T>, map<K,V>, tuple<A,...>, optional<T>, ndarray<T>, span<T>, array<T>; everything else is a user's
/// type.
struct type_spec {
  enum class form : std::uint8_t {
    any,
    boolean,
    integer,
    floating,
    text,
    bytes,
    nothing, ///< void
    nil,
    sequence, ///< of parts[0], whichever container
    map,      ///< from parts[0] to parts[1]
    tuple,    ///< of parts
    optional, ///< parts[0]
    user,
  };
  form is = form::any;
  std::string name; ///< as it was spelt, without blanks at its ends
  std::vector<type_spec> parts{};
};

struct signature {
  type_spec result;
  std::vector<type_spec> parameters;
};

/// Any text is some type; what is none of ours is the user's.
[[nodiscard]] type_spec parse_type(std::string_view text);
/// `double(double, vector<int64>)`. @return nothing if it is not of this form
[[nodiscard]] std::optional<signature> parse_signature(std::string_view text);

/// Whether an argument of this type can be read as the parameter's. Says yes where only the value can tell (numbers out
/// of range, an empty optional, elements of `any`): the worker decides then.
/// Integers go to every number, floating-point numbers to floating-point ones only; sequences of any container
/// interchange; a user's type takes itself and what a struct or an enum may travel as.
[[nodiscard]] bool accepts(const type_spec& parameter, const type_spec& argument);
[[nodiscard]] bool accepts(std::string_view parameter, std::string_view argument);

/// Checks a call before it is sent.
/// @param arguments  the types of the arguments: `(double, vector<int64>)`
/// @param mode  map: every argument is a sequence of the parameter's type
/// @return what is wrong, naming both signatures: "power10 takes double(double), was called with (string)". Nothing if
/// the call fits, or if a text is malformed, which the worker will find
[[nodiscard]] std::optional<std::string> check_call(std::string_view job, std::string_view signature,
                                                    std::string_view arguments,
                                                    wire::call_mode mode = wire::call_mode::apply);

} // namespace pactor::core
