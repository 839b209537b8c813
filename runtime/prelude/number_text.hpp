#pragma once
// Numbers as text: alone, and in columns as numpy has them.

#include <complex>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace pactor::prelude_library {

/// Digits behind the point of numbers in containers.
inline constexpr int container_digits = 8;

/// The shortest text that reads back as this number: `1024.0`, `0.1`, `1e+16`, `nan`.
[[nodiscard]] std::string shortest(double v);
[[nodiscard]] std::string shortest(float v);
/// The same, of at most 8 digits behind the point: `0.33333333`.
[[nodiscard]] std::string rounded(double v);
[[nodiscard]] std::string rounded(float v);

/// Texts of equal width: aligned at the point, or all with an exponent if they differ too much.
[[nodiscard]] std::vector<std::string> columns(const std::vector<double>& numbers);
[[nodiscard]] std::vector<std::string> columns(const std::vector<float>& numbers);
[[nodiscard]] std::vector<std::string> columns(const std::vector<std::int64_t>& numbers);
[[nodiscard]] std::vector<std::string> columns(const std::vector<std::uint64_t>& numbers);
[[nodiscard]] std::vector<std::string> columns(const std::vector<std::complex<double>>& numbers);

} // namespace pactor::prelude_library
