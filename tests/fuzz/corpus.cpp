#include "tests/fuzz/corpus.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

namespace pactor::fuzz {

namespace {

constexpr std::string_view digits = "0123456789abcdef";

std::size_t digit(char c) {
  const auto at = digits.find(c);
  if (at == std::string_view::npos) throw std::runtime_error{"a corpus file is damaged"};
  return at;
}

} // namespace

std::string escaped(std::string_view bytes) {
  std::string line;
  for (const auto c : bytes) {
    const auto code = static_cast<unsigned char>(c);
    if (code > 0x20 && code < 0x7f && c != '\\') {
      line += c;
    } else {
      line += "\\x";
      line += digits[code >> 4];
      line += digits[code & 15];
    }
  }
  return line;
}

std::string unescaped(std::string_view line) {
  std::string bytes;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] != '\\') {
      bytes += line[i];
      continue;
    }
    if (line.size() - i < 4 || line[i + 1] != 'x') throw std::runtime_error{"a corpus file is damaged"};
    bytes += static_cast<char>(digit(line[i + 2]) << 4 | digit(line[i + 3]));
    i += 3;
  }
  return bytes;
}

inputs read_corpus(const std::filesystem::path& file) {
  inputs all;
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);) all.push_back(unescaped(line));
  return all;
}

void write_corpus(const std::filesystem::path& file, const inputs& all) {
  std::ofstream out{file};
  for (const auto& i : all) out << escaped(i) << '\n';
  if (!out.flush()) throw std::runtime_error{"can't write " + file.string()};
}

} // namespace pactor::fuzz
