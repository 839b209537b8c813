#pragma once
// What the elements of a map call return, as they come.

#include "pactor/detail/failure.hpp"
#include "pactor/job_abi.h"

#include <span>
#include <utility>
#include <variant>
#include <vector>

namespace pactor::detail {

/// Results that are no numbers are encoded one by one, so that a view into an element's arguments can be returned.
template <class R>
class map_results {
public:
  map_results(encoder& out, std::size_t) : out_{out} { out_.extend(head); }

  template <class T>
  void add(const T& v) {
    const auto before = out_.size();
    try {
      write_checked(out_, v);
    } catch (...) {
      out_.truncate(before);
      throw;
    }
    ++count_;
  }

  /// @return a pactor_outcome
  std::int32_t finish(std::span<const std::pair<std::size_t, failure>> failures) {
    out_.patch(0, static_cast<char>(0xdd)); // an array with four bytes of size, most significant first
    for (std::size_t i = 1; i < head; ++i) out_.patch(i, static_cast<char>(count_ >> (8 * (head - 1 - i))));
    if (failures.empty()) return PACTOR_RESULT;
    out_.prepend(static_cast<char>(0x92)); // an array of two
    write_failures(out_, failures);
    return PACTOR_PARTIAL;
  }

private:
  static constexpr std::size_t head = 5;
  encoder& out_;
  std::uint32_t count_ = 0;
};

/// Numbers become one block.
template <class R>
requires numeric<R>
class map_results<R> {
public:
  map_results(encoder& out, std::size_t count) : out_{out} { results_.reserve(count); }
  void add(R v) { results_.push_back(v); }

  std::int32_t finish(std::span<const std::pair<std::size_t, failure>> failures) {
    const auto size = results_.size();
    const std::span shape{&size, 1};
    if (failures.empty()) {
      write_block(out_, shape, results_.data(), size);
      return PACTOR_RESULT;
    }
    *out_.extend(1) = static_cast<char>(0x92); // an array of two
    write_block(out_, shape, results_.data(), size);
    write_failures(out_, failures);
    return PACTOR_PARTIAL;
  }

private:
  encoder& out_;
  std::vector<R> results_;
};

} // namespace pactor::detail
