// Files that come from elsewhere: connection files from other hosts, configurations from people, job libraries from
// clients.

#include "pactor/error.hpp"
#include "runtime/files/config.hpp"
#include "runtime/files/connection_file.hpp"
#include "runtime/files/roster.hpp"
#include "runtime/jobs/elf_file.hpp"
#include "runtime/jobs/library.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/fuzz/targets.hpp"

#include <elf.h>
#include <filesystem>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace pactor::fuzz {

namespace {

/// A file in memory with this content; there is one of them.
std::filesystem::path file_with(std::string_view content) {
  static const int fd = ::memfd_create("fuzz", MFD_CLOEXEC);
  ::fchmod(fd, 0600);
  require(::ftruncate(fd, 0) == 0 &&
              ::pwrite(fd, content.data(), content.size(), 0) == static_cast<ssize_t>(content.size()),
          "there is memory");
  return "/proc/self/fd/" + std::to_string(fd);
}

/// f() returns, or says in its own words what is wrong.
template <class F>
void explained(F&& f) {
  try {
    f();
  } catch (const error& e) {
    require(*e.what() != '\0', "an error says what is wrong");
  }
}

} // namespace

void connection_file(std::string_view bytes) {
  const auto file = file_with(bytes);
  explained([&] { static_cast<void>(files::connection_file::read(file)); });
  static_cast<void>(files::roster::read(file));
}

inputs connection_file_seeds() {
  const auto of = [](std::string_view role, std::string_view port) {
    return R"({"version": 1, "cluster_id": "", "profile": "default", "hosts": ["127.0.0.1"], "port": )" +
           std::string{port} + R"(, "nonce": "0123456789abcdef0123456789abcdef", "role": ")" + std::string{role} +
           R"(", "ca": "-----BEGIN CERTIFICATE-----", "certificate": "-----BEGIN CERTIFICATE-----", "key": "k"})";
  };
  return {of("client", "4000"),
          of("node", "0"),
          of("controller", "0"),
          of("nobody", "-1"),
          "{}",
          "[]",
          "",
          R"({"version": 2})",
          R"({"engines": [0, 1], "clients": [3, 4]})"};
}

void config(std::string_view bytes) {
  explained([&] {
    files::configuration c;
    c.add_file(file_with(bytes));
    static_cast<void>(c.origins());
    for (const auto& p : c.problems()) require(!p.empty(), "a problem has words");
    c.check();
  });
}

inputs config_seeds() {
  return {"{}",
          "{// comment\n\"engines\": 4, /* another */ \"host\": \"0.0.0.0\", \"port\": 4000}",
          R"({"jobs": ["a", "b"], "scheduler": "leastload", "hwm": 3, "log_level": "trace", "heartbeat_ms": 100})",
          R"({"execute": {"enabled": false, "compiler": "g++", "flags": ["-O1"], "cache_mb": 10}})",
          R"({"engins": 4, "port": 70000, "execute": 3, "engines": 1, "engines": "2"})",
          "[1, 2, {\"a\": [null]}]",
          R"({"port": 41e1111})"};
}

void library(std::string_view bytes) {
  const auto file = file_with(bytes);
  explained([&] { static_cast<void>(jobs::list_library(file)); });
  explained([&] {
    jobs::elf_file elf{file};
    static_cast<void>(elf.exported());
    static_cast<void>(elf.section("boostdll"));
    static_cast<void>(elf.function_at(0x10));
  });
}

/// The smallest library: a header, two sections of names, one of jobs, one of symbols.
inputs library_seeds() {
  const std::string names{"\0.shstrtab\0boostdll\0.dynsym\0.dynstr\0", 36};
  const std::string strings{"\0job\0", 5};
  Elf64_Ehdr head{};
  std::memcpy(head.e_ident, ELFMAG, SELFMAG);
  head.e_ident[EI_CLASS] = ELFCLASS64;
  head.e_ident[EI_DATA] = ELFDATA2LSB;
  head.e_ident[EI_VERSION] = EV_CURRENT;
  head.e_type = ET_DYN;
  head.e_machine = EM_X86_64;
  head.e_version = EV_CURRENT;
  head.e_ehsize = sizeof head;
  head.e_shentsize = sizeof(Elf64_Shdr);
  head.e_shnum = 5;
  head.e_shstrndx = 1;
  head.e_shoff = sizeof head;
  const auto body = sizeof head + 5 * sizeof(Elf64_Shdr);
  std::string content;
  std::array<Elf64_Shdr, 5> sections{};
  const auto section = [&](std::size_t i, std::uint32_t name, std::uint32_t type, std::string_view text,
                           std::uint32_t link = 0, std::uint64_t entry = 0) {
    sections[i].sh_name = name;
    sections[i].sh_type = type;
    sections[i].sh_offset = body + content.size();
    sections[i].sh_size = text.size();
    sections[i].sh_link = link;
    sections[i].sh_entsize = entry;
    content += text;
  };
  std::array<Elf64_Sym, 2> symbols{};
  symbols[1].st_name = 1;
  symbols[1].st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT);
  symbols[1].st_shndx = 2;
  section(1, 1, SHT_STRTAB, names);
  section(2, 11, SHT_PROGBITS, std::string(64, 'x'));
  section(3, 20, SHT_DYNSYM, {reinterpret_cast<const char*>(symbols.data()), sizeof symbols}, 4, sizeof(Elf64_Sym));
  section(4, 28, SHT_STRTAB, strings);
  const std::string all = std::string{reinterpret_cast<const char*>(&head), sizeof head} +
                          std::string{reinterpret_cast<const char*>(sections.data()), sizeof sections} + content;
  return {all, all.substr(0, all.size() / 2),
          "\x7f"
          "ELF",
          "#!/bin/sh\n"};
}

} // namespace pactor::fuzz
