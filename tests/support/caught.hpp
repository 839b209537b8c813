#pragma once
// An exception, to look at.

#include <doctest/doctest.h>

#include <exception>
#include <optional>
#include <string>

namespace pactor::test {

/// What `f` throws; nothing, and a failed check, if that is not an E.
template <class E, class F>
std::optional<E> caught(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e;
  } catch (const std::exception& other) {
    FAIL_CHECK("another exception: " << other.what());
    return std::nullopt;
  }
  FAIL_CHECK("no exception");
  return std::nullopt;
}

inline bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

} // namespace pactor::test
