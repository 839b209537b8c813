#pragma once
// Reads the parts of a shared library that its table of jobs lies in, without loading it. Every offset in the file is
// checked against the file: it may be cut short, or no library at all.
//
// boost::dll::library_info does not do for this: it reads .symtab, which stripped libraries do not have, and trusts
// all offsets.

#include "runtime/process/unique_fd.hpp"

#include <cstdint>
#include <elf.h>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::jobs {

/// An ELF shared library of this machine, open for reading.
class elf_file {
public:
  /// @throws error{bad_library} saying what the file is instead
  explicit elf_file(const std::filesystem::path& path);

  /// The content of a section; empty if there is none of this name. @throws error{bad_library}
  [[nodiscard]] std::vector<char> section(std::string_view name) const;

  /// The names of the symbols that the library exports, without those it needs. @throws error{bad_library}
  [[nodiscard]] std::vector<std::string> exported() const;

  /// The function that lies at this place in memory, counted from where the library begins; mangled, "" if that is not
  /// known. Also of functions that are not exported, unless the file was stripped. @throws error{bad_library}
  [[nodiscard]] std::string function_at(std::uint64_t address);

private:
  [[noreturn]] void refuse(const std::string& why) const;
  void read_functions();
  void read(std::uint64_t offset, void* to, std::size_t size) const;
  [[nodiscard]] std::vector<char> content(const Elf64_Shdr& section) const;
  /// The zero-terminated text at `offset`; what lies outside the table is empty.
  [[nodiscard]] static std::string_view text(const std::vector<char>& table, std::size_t offset);
  void check_header(const Elf64_Ehdr& header) const;

  std::filesystem::path path_;
  process::unique_fd file_;
  std::uint64_t size_ = 0;
  std::vector<Elf64_Shdr> sections_;
  std::vector<char> names_;
  /// A table of symbols, and their names.
  struct functions {
    std::vector<char> symbols, names;
  };
  std::optional<std::vector<functions>> functions_; // once somebody asked
};

} // namespace pactor::jobs
