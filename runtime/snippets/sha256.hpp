#pragma once
// SHA-256, since the worker is not to load a library of cryptography for it.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace pactor::snippets {

/// Takes any number of parts.
class sha256 {
public:
  void add(std::string_view part);
  /// A part whose end is part of what is hashed: `a`, `bc` and `ab`, `c` differ.
  void add_field(std::string_view part);
  /// 64 hexadecimal digits. Call once.
  [[nodiscard]] std::string hex();

private:
  void block(const unsigned char* at);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> rest_{};
  std::size_t filled_ = 0;
  std::uint64_t size_ = 0;
};

} // namespace pactor::snippets
