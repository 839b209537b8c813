#pragma once
// Which C++ type a variable has for code that mentions it.

#include "runtime/worker/variables.hpp"

#include <string>

namespace pactor::worker {

/// As C++ source text. Of an object, its own type; of what was pushed, what it becomes at its first use: bool, numbers
/// as std::int64_t (std::uint64_t where needed) or double, std::string, std::vector<T> for arrays of one axis and lists
/// of one kind, pactor::ndarray<T>, std::map<std::string, T>, and pactor::value for everything else.
/// @return "" if the type has no name that others can write: a lambda's, one of an unnamed namespace
[[nodiscard]] const std::string& type_of(const variable& v);

} // namespace pactor::worker
