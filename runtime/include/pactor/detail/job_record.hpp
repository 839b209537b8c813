#pragma once
// One job's line in its library's table: constant data in an ELF section of its own, so that a library's jobs can be
// listed from its file, without running anything of it.

#include "pactor/detail/fixed_text.hpp"
#include "pactor/job_abi.h"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pactor::detail {

/// The section of the table. Its records: the magic, u32 size of all that follows it, u32 ABI version, u32 sizes of
/// name, signature and alias, then these three texts. Between records there may be zeros.
inline constexpr std::string_view record_section = "pactor_info";
inline constexpr std::string_view record_magic = "PJOB";
inline constexpr std::size_t record_numbers = 20;
/// In front of the version in the name of every alias.
inline constexpr std::string_view alias_prefix = "pactor_job_abi";

constexpr fixed_text<4> little_endian(std::size_t v) {
  fixed_text<4> text;
  for (std::size_t i = 0; i < 4; ++i) text.data[i] = static_cast<char>(v >> (8 * i));
  return text;
}

template <std::size_t N, std::size_t S, std::size_t A>
constexpr auto job_record(const fixed_text<N>& name, const fixed_text<S>& signature, const fixed_text<A>& alias) {
  return fixed_text{"PJOB"} + little_endian(record_numbers - 4 + N + S + A) + little_endian(PACTOR_JOB_ABI) +
         little_endian(N) + little_endian(S) + little_endian(A) + name + signature + alias;
}

} // namespace pactor::detail
