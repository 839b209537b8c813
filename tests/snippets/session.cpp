#include "session.hpp"

#include "pactor/context.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/sink.hpp"

#include <cstdio>
#include <cxxabi.h>
#include <dlfcn.h>
#include <fstream>
#include <stdexcept>
#include <stdlib.h>

namespace pactor::testing {

namespace {

/// What the command wrote, and whether it succeeded.
std::pair<bool, std::string> shell(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  if (!pipe) throw std::runtime_error{"popen failed"};
  std::string output;
  char buffer[4096];
  while (const auto n = std::fread(buffer, 1, sizeof buffer, pipe)) output.append(buffer, n);
  return {::pclose(pipe) == 0, output};
}

std::string type_of(const pactor_native& native) {
  const auto name = detail::demangled(native.type);
  for (const auto* sign : {"{", "'", "(anonymous", ")::"})
    if (name.find(sign) != std::string::npos) return {};
  return name;
}

} // namespace

compiler::compiler(std::string program) : program_{std::move(program)} {
  auto pattern = (std::filesystem::temp_directory_path() / "pactor-snippets-XXXXXX").string();
  if (!::mkdtemp(pattern.data())) throw std::runtime_error{"no temporary directory"};
  directory_ = pattern;
  // As the real header's directory, with the precompiled one in it.
  std::filesystem::create_directories(directory_ / "pactor");
  std::filesystem::copy_file(std::filesystem::path{PACTOR_INCLUDE} / "pactor/prelude.hpp",
                             directory_ / "pactor/prelude.hpp");
  const auto clang = program_.find("clang") != std::string::npos;
  const auto made =
      shell(command(clang ? "-Xclang -fpch-instantiate-templates -x c++-header pactor/prelude.hpp -o prelude.pch"
                          : "-x c++-header pactor/prelude.hpp -o pactor/prelude.hpp.gch"));
  if (!made.first) throw std::runtime_error{program_ + ": " + made.second};
}

compiler::~compiler() {
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string compiler::command(const std::string& rest) const {
  return "cd " + directory_.string() + " && LC_ALL=C " + program_ +
         " -std=c++20 -O0 -fPIC -DMSGPACK_NO_BOOST -DBOOST_DLL_USE_STD_FS -I. -I" PACTOR_INCLUDE " " + rest;
}

compiler::result compiler::compile(const std::string& unit) {
  const auto name = "unit" + std::to_string(++units_);
  std::ofstream{directory_ / (name + ".cpp")} << unit;
  const auto clang = program_.find("clang") != std::string::npos;
  const std::string own = clang ? "-include-pch prelude.pch -fno-caret-diagnostics "
                                : "-fno-diagnostics-show-caret -fdiagnostics-column-unit=byte ";
  const auto made = shell(command(own + "-shared -o " + name + ".so " + name +
                                  ".cpp -L" PACTOR_LIBRARIES " -Wl,-rpath," PACTOR_LIBRARIES " -lpactor_prelude"));
  return {made.first ? directory_ / (name + ".so") : std::filesystem::path{}, made.second};
}

std::vector<snippets::variable> session::types() const {
  std::vector<snippets::variable> all;
  for (const auto& [name, v] : space_.all())
    all.push_back({name, v.native ? type_of(v.native.get()) : pushed_.at(name)});
  return all;
}

executed session::run(std::string_view code) {
  executed e;
  try {
    const auto variables = types();
    const auto unit = snippets::translate(code, "px", definitions_, variables);
    auto& entry = entries_[unit.text];
    if (!entry) {
      ++compiled_;
      const auto made = compiler_.compile(unit.text);
      if (made.library.empty())
        throw error{ec::compile_error, snippets::explain(made.output, code, "px", definitions_, variables)};
      void* library = ::dlopen(made.library.c_str(), RTLD_NOW | RTLD_LOCAL);
      if (!library) throw std::runtime_error{::dlerror()};
      entry = reinterpret_cast<pactor_job_entry>(::dlsym(library, "pactor_snippet"));
    }
    definitions_ = unit.after;
    return call(entry);
  } catch (const error& failed) {
    e.error = failed.what();
    e.code = failed.code();
  }
  return e;
}

executed session::call(pactor_job_entry entry) {
  const auto host = space_.host(0, "here");
  const pactor_call c{sizeof c, PACTOR_APPLY, "pactor.execute", 14, "\x90", 1, &host};
  detail::bytes_sink sink;
  const auto outcome = entry(&c, &sink);
  const auto encoded = sink.take();
  executed e;
  if (outcome == PACTOR_RESULT) {
    const auto r = decode<value>(encoded.data(), encoded.size());
    e.has_result = r.find("has_result")->as<bool>();
    e.text = r.find("text")->as<std::string>();
    e.type = r.find("type")->as<std::string>();
    e.result = *r.find("value");
  } else {
    const auto f = detail::decode_failure(encoded.data(), encoded.size());
    e.error = (f.type.empty() ? "" : f.type + ": ") + f.what;
    e.code = f.code;
  }
  return e;
}

} // namespace pactor::testing
