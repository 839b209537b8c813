#include "runtime/jobs/elf_file.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace pactor::jobs {

namespace {

#if defined(__x86_64__)
constexpr Elf64_Half this_machine = EM_X86_64;
#elif defined(__aarch64__)
constexpr Elf64_Half this_machine = EM_AARCH64;
#else
#error "name this machine's ELF number here"
#endif

/// The machine of an ELF header, for people.
std::string machine_name(Elf64_Half machine) {
  switch (machine) {
  case EM_X86_64:
    return "x86_64";
  case EM_AARCH64:
    return "aarch64";
  case EM_386:
    return "i386";
  case EM_ARM:
    return "arm";
  case EM_PPC64:
    return "ppc64";
  case EM_RISCV:
    return "riscv";
  case EM_S390:
    return "s390";
  default:
    return "ELF machine " + std::to_string(machine);
  }
}

std::string system_text(int number) { return std::generic_category().message(number); }

} // namespace

elf_file::elf_file(const std::filesystem::path& path)
    // Not blocking: the path may name a pipe that nobody writes to.
    : path_{path}, file_{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)} {
  if (!file_) refuse(errno == ENOENT ? "there is no such file" : "cannot be opened: " + system_text(errno));
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0) refuse("cannot be read: " + system_text(errno));
  if (!S_ISREG(status.st_mode)) refuse("no regular file");
  size_ = static_cast<std::uint64_t>(status.st_size);

  Elf64_Ehdr header{};
  if (size_ < EI_NIDENT) refuse("no ELF file");
  read(0, header.e_ident, EI_NIDENT);
  if (std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) refuse("no ELF file");
  if (header.e_ident[EI_CLASS] != ELFCLASS64) refuse("made for another machine: it is not 64-bit");
  read(0, &header, sizeof header);
  check_header(header);
  if (header.e_shnum == 0 || header.e_shentsize != sizeof(Elf64_Shdr)) refuse("it has no sections");
  if (header.e_shoff > size_ || (size_ - header.e_shoff) / sizeof(Elf64_Shdr) < header.e_shnum)
    refuse("it is cut short");
  sections_.resize(header.e_shnum);
  read(header.e_shoff, sections_.data(), sections_.size() * sizeof(Elf64_Shdr));
  if (header.e_shstrndx >= sections_.size()) refuse("its sections have no names");
  names_ = content(sections_[header.e_shstrndx]);
}

void elf_file::check_header(const Elf64_Ehdr& header) const {
  if (header.e_ident[EI_DATA] != ELFDATA2LSB || header.e_machine != this_machine)
    refuse("made for another machine: " + machine_name(header.e_machine) + ", and this one is " +
           machine_name(this_machine));
  if (header.e_type != ET_DYN) refuse("no shared library");
}

void elf_file::refuse(const std::string& why) const {
  throw error{ec::bad_library, path_.string() + " is no job library: " + why};
}

void elf_file::read(std::uint64_t offset, void* to, std::size_t size) const {
  if (offset > size_ || size_ - offset < size) refuse("it is cut short");
  auto* at = static_cast<char*>(to);
  while (size > 0) {
    const auto n = ::pread(file_.get(), at, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) refuse("cannot be read: " + system_text(errno));
    if (n == 0) refuse("it is cut short"); // it has shrunk since
    at += n;
    offset += static_cast<std::uint64_t>(n);
    size -= static_cast<std::size_t>(n);
  }
}

std::vector<char> elf_file::content(const Elf64_Shdr& section) const {
  if (section.sh_type == SHT_NOBITS) return {};
  if (section.sh_offset > size_ || size_ - section.sh_offset < section.sh_size) refuse("it is cut short");
  std::vector<char> all(section.sh_size);
  read(section.sh_offset, all.data(), all.size());
  return all;
}

std::string_view elf_file::text(const std::vector<char>& table, std::size_t offset) {
  if (offset >= table.size()) return {};
  const std::string_view rest{table.data() + offset, table.size() - offset};
  const auto end = rest.find('\0');
  return end == std::string_view::npos ? std::string_view{} : rest.substr(0, end);
}

std::vector<char> elf_file::section(std::string_view name) const {
  const auto found = std::find_if(sections_.begin(), sections_.end(),
                                  [&](const Elf64_Shdr& s) { return text(names_, s.sh_name) == name; });
  return found == sections_.end() ? std::vector<char>{} : content(*found);
}

void elf_file::read_functions() {
  constexpr std::uint64_t most = std::uint64_t{256} << 20; // of a table, in bytes
  functions_.emplace();
  for (const auto& section : sections_) {
    if ((section.sh_type != SHT_SYMTAB && section.sh_type != SHT_DYNSYM) || section.sh_link >= sections_.size() ||
        section.sh_size > most || sections_[section.sh_link].sh_size > most)
      continue;
    functions_->push_back({content(section), content(sections_[section.sh_link])});
  }
}

std::string elf_file::function_at(std::uint64_t address) {
  if (!functions_) read_functions();
  for (const auto& [symbols, names] : *functions_) {
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, symbols.data() + at, sizeof symbol);
      if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_shndx == SHN_UNDEF || address < symbol.st_value ||
          address - symbol.st_value >= symbol.st_size)
        continue;
      if (const auto name = text(names, symbol.st_name); !name.empty()) return std::string{name};
    }
  }
  return {};
}

std::vector<std::string> elf_file::exported() const {
  std::vector<std::string> all;
  for (const auto& section : sections_) {
    if (section.sh_type != SHT_DYNSYM) continue;
    if (section.sh_link >= sections_.size()) refuse("its symbols have no names");
    const auto names = content(sections_[section.sh_link]);
    const auto symbols = content(section);
    for (std::size_t at = 0; at + sizeof(Elf64_Sym) <= symbols.size(); at += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, symbols.data() + at, sizeof symbol);
      const auto name = text(names, symbol.st_name);
      if (symbol.st_shndx != SHN_UNDEF && !name.empty()) all.emplace_back(name);
    }
  }
  return all;
}

} // namespace pactor::jobs
