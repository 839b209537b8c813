#pragma once
// Inputs in a text file, one a line, so that a corpus is one file that can be read and compared.

#include "tests/fuzz/targets.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace pactor::fuzz {

/// Printable bytes stand for themselves, others as `\x1b`.
[[nodiscard]] std::string escaped(std::string_view bytes);
/// @throws std::runtime_error for text that escaped() does not make
[[nodiscard]] std::string unescaped(std::string_view line);

/// The inputs of a file; none if there is no such file.
[[nodiscard]] inputs read_corpus(const std::filesystem::path& file);
void write_corpus(const std::filesystem::path& file, const inputs& all);

} // namespace pactor::fuzz
