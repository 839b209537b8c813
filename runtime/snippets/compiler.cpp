#include "runtime/snippets/compiler.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/child.hpp"
#include "runtime/process/programs.hpp"
#include "runtime/snippets/sha256.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <unistd.h>

namespace pactor::snippets {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view unit_name = "snippet.cpp", library_name = "snippet.so", sources_name = "sources";

std::string variable(const char* name) {
  const char* value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): nothing in a worker sets any
  return value ? value : "";
}

/// The files of a rule for make: `target: a b\ c \`.
std::vector<fs::path> prerequisites(std::string_view rule) {
  std::vector<fs::path> result;
  const auto colon = rule.find(": ");
  if (colon == std::string_view::npos) return result;
  std::string name;
  const auto add = [&] {
    if (!name.empty()) result.emplace_back(std::exchange(name, {}));
  };
  for (auto i = colon + 1; i < rule.size(); ++i) {
    const char c = rule[i];
    const char next = i + 1 < rule.size() ? rule[i + 1] : '\0';
    if (c == '\\' && next == '\n') {
      add();
      ++i;
    } else if ((c == '\\' && (next == ' ' || next == '#')) || (c == '$' && next == '$')) {
      name += next;
      ++i;
    } else if (c == ' ' || c == '\n') {
      add();
    } else {
      name += c;
    }
  }
  add();
  return result;
}

/// A file that changed while it was read: nobody knows which of the two was. It never counts as current.
void forget_changed(std::vector<source_file>& sources, std::chrono::system_clock::time_point since) {
  constexpr std::chrono::milliseconds coarse{10}; // as the times of files are
  const auto latest = std::chrono::nanoseconds{(since - coarse).time_since_epoch()}.count();
  for (auto& s : sources)
    if (s.modified >= latest) s.modified = -1;
}

/// What was read beside the files in `place`, which go with it.
std::vector<source_file> sources_of(const fs::path& place) {
  std::vector<source_file> result;
  for (const auto& named : prerequisites(files::read_file(place / sources_name))) {
    std::error_code nowhere;
    const auto path = fs::absolute(named, nowhere).lexically_normal(); // the compiler's working directory is ours
    const auto kind = path.extension();
    if (!nowhere && path.parent_path() != place && kind != ".pch" && kind != ".gch")
      result.push_back(source_file::now(path));
  }
  return result;
}

/// Whether a flag, or a flag's argument, may name a place from the working directory on. Better once too often.
bool may_be_relative(std::string_view flag) {
  constexpr std::array<std::string_view, 10> prefixes{"-I",         "-L",       "-B",       "-isystem",   "-iquote",
                                                      "-idirafter", "-include", "-imacros", "--sysroot=", "-isysroot"};
  for (const auto prefix : prefixes)
    if (flag.starts_with(prefix)) flag = flag.substr(prefix.size());
  return !flag.empty() && flag.front() != '/' && flag.front() != '-';
}

bool has_relative_part(std::string_view search_path) {
  for (std::size_t from = 0; from < search_path.size();) {
    const auto end = std::min(search_path.find(':', from), search_path.size());
    if (search_path[from] != '/') return true;
    from = end + 1;
  }
  return search_path.ends_with(':'); // an empty part is the working directory
}

bool is_below(const fs::path& path, const fs::path& directory) {
  return std::mismatch(directory.begin(), directory.end(), path.begin(), path.end()).first == directory.end();
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// It is perhaps not the code's fault, but that of a damaged precompiled header.
bool blames_header(const compiler_outcome& o) {
  return o.how.code >= 128 || contains(o.output, "recompiled header") || contains(o.output, "PCH") ||
         contains(o.output, ".pch") || contains(o.output, ".gch");
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

} // namespace

fs::path find_compiler(const std::string& configured, std::string_view search_path) {
  if (configured.find('/') != std::string::npos) {
    if (process::is_program(configured)) return configured;
    throw error{ec::system, "the compiler that is configured is not there: " + configured +
                                " (execute.compiler; \"\" takes clang++ or g++)"};
  }
  if (!configured.empty()) {
    if (auto found = process::find_program(configured, search_path); !found.empty()) return found;
    throw error{ec::system, "the compiler that is configured is not in PATH: " + configured +
                                " (execute.compiler; \"\" takes clang++ or g++)"};
  }
  for (const auto* name : {"clang++", "g++", "c++"})
    if (auto found = process::find_program(name, search_path); !found.empty()) return found;
  throw error{ec::system,
              "code can't be executed: this host has no C++ compiler in PATH; install clang or g++, or name "
              "one as execute.compiler in the configuration"};
}

compiler::compiler(compile_settings settings, compiler_places places, cache_store& store)
    : settings_{std::move(settings)}, places_{std::move(places)}, store_{store} {}

compiler_outcome compiler::run(std::vector<std::string> arguments, const fs::path& place, const pause& wait) const {
  arguments.insert(arguments.begin(), tools_ ? tools_->path.string() : seen_.path.string());
  auto outcome = run_compiler({places_.guard, std::move(arguments), place}, wait);
  if (!outcome.in_time) throw error{ec::system, "the compiler took more than 120 s for it, and was ended"};
  if (outcome.how.success()) return outcome;
  if (outcome.how.code == 127) throw error{ec::system, "the compiler does not run: " + first_line(outcome.output)};
  if (contains(outcome.output, "No space left on device") || contains(outcome.output, "Disk quota exceeded"))
    throw error{ec::system, "no space left for compiled code in " + store_.directory().string() + ": " +
                                first_line(outcome.output)};
  return outcome;
}

void compiler::require_places() const {
  for (const auto& file : {places_.include / "pactor/prelude.hpp", places_.library}) {
    std::error_code absent;
    if (!file.empty() && !fs::exists(file, absent))
      throw error{ec::system, "code can't be compiled: " + file.string() + " is not there; install all of pactor"};
  }
}

const toolchain& compiler::tools(const pause& wait) {
  const auto path = find_compiler(settings_.compiler, variable("PATH"));
  auto now = source_file::now(path);
  if (tools_ && now == seen_) return *tools_;
  tools_.reset();
  require_places();
  seen_ = now;
  sha256 hash;
  for (const auto& part :
       {std::string{"compiler"}, path.string(), std::to_string(now.size), std::to_string(now.modified)})
    hash.add_field(part);
  const auto key = hash.hex();
  auto known = store_.find(key);
  if (!known) {
    const auto held = store_.lock(key, wait);
    known = store_.find(key);
    if (!known) {
      const auto place = store_.work();
      const auto said = run({"--version"}, place.path(), wait);
      known = store_.put(key, place.write("compiler.txt", first_line(said.output)), {now});
    }
  }
  toolchain t;
  t.path = path;
  t.id = key + files::read_file(known->file);
  t.clang = contains(t.id, "clang");
  t.lld = !process::find_program("ld.lld", variable("PATH")).empty();
  return tools_.emplace(std::move(t));
}

std::vector<std::string> compiler::common_arguments() const {
  // The system's own directory keeps its place in the order, on which #include_next counts. A loop without an end is
  // one until it is ended from outside: without that flag clang makes nothing of it, and what comes next runs.
  std::vector<std::string> all{"-std=c++20",
                               "-O2",
                               "-fPIC",
                               "-fvisibility-inlines-hidden",
                               "-fno-finite-loops",
                               places_.include == "/usr/include" ? "-I" : "-isystem",
                               places_.include.string()};
  if (!places_.library.empty()) all.emplace_back("-DPACTOR_COMPILED"); // the library has what is not compiled each time
  // Nothing is unique to the process, and nobody else's functions take the place of the code's own.
  if (tools_->clang)
    all.insert(all.end(), {"-fno-color-diagnostics", "-ferror-limit=20"});
  else
    all.insert(all.end(), {"-fno-gnu-unique", "-fno-semantic-interposition", "-fdiagnostics-color=never",
                           "-fdiagnostics-column-unit=byte", "-fmax-errors=20"});
  all.insert(all.end(), settings_.flags.begin(), settings_.flags.end());
  return all;
}

std::optional<cache_store::found> compiler::header(const pause& wait) {
  tools(wait);
  sha256 hash;
  hash.add_field("header 1");
  add_surroundings(hash);
  const auto key = hash.hex();
  if (key == unusable_header_) return std::nullopt;
  header_key_ = key;
  if (auto known = store_.find(key)) return known;
  const auto held = store_.lock(key, wait);
  if (auto known = store_.find(key)) return known;
  auto made = make_header(key, wait);
  if (!made) unusable_header_ = key;
  return made;
}

std::optional<cache_store::found> compiler::make_header(const std::string& key, const pause& wait) {
  const auto place = store_.work();
  auto arguments = common_arguments();
  auto source = places_.include / "pactor/prelude.hpp";
  auto made = place.path() / "header.pch";
  if (tools_->clang) {
    arguments.emplace_back("-fpch-instantiate-templates");
  } else {
    // Through a file of its own: g++ does not heed `#pragma once` in the file that it precompiles.
    made.replace_extension(".gch");
    source = place.write("header.hpp", "#include \"pactor/prelude.hpp\"\n");
  }
  arguments.insert(arguments.end(), {"-x", "c++-header", source.string(), "-MD", "-MF",
                                     (place.path() / sources_name).string(), "-o", made.string()});
  const auto begun = std::chrono::system_clock::now();
  if (!run(std::move(arguments), place.path(), wait).how.success()) return std::nullopt;
  auto sources = sources_of(place.path());
  forget_changed(sources, begun);
  return store_.put(key, made, sources);
}

/// The compiler, and all that tells it where files are.
void compiler::add_surroundings(sha256& hash) const {
  hash.add_field(tools_->id);
  for (const auto& one : common_arguments()) hash.add_field(one);
  bool relative = std::any_of(settings_.flags.begin(), settings_.flags.end(), &may_be_relative);
  for (const auto* name : {"CPATH", "CPLUS_INCLUDE_PATH", "LIBRARY_PATH"}) {
    const auto places = variable(name);
    hash.add_field(places);
    relative = relative || has_relative_part(places);
  }
  std::error_code nowhere;
  if (relative) hash.add_field(fs::current_path(nowhere).string());
}

std::string compiler::identity(const std::optional<cache_store::found>& header) const {
  sha256 hash;
  add_surroundings(hash);
  hash.add_field(places_.library.string());
  // Made for the very processor: not for another one that shares the cache.
  if (std::any_of(settings_.flags.begin(), settings_.flags.end(),
                  [](const auto& f) { return contains(f, "native"); })) {
    std::array<char, 256> host{};
    ::gethostname(host.data(), host.size() - 1);
    hash.add_field(host.data());
  }
  if (header)
    for (const auto& s : header->sources) {
      hash.add_field(s.path.string());
      hash.add_field(std::to_string(s.size) + " " + std::to_string(s.modified));
    }
  return hash.hex();
}

compiler::result compiler::compile(std::string_view text, const work_directory& work,
                                   const std::optional<cache_store::found>& header, const pause& wait) {
  const auto& place = work.path();
  const auto unit = work.write(unit_name, text);
  auto arguments = common_arguments();
  if (header) {
    auto file = header->file;
    if (!tools_->clang) file.replace_extension(); // g++ adds it
    arguments.insert(arguments.end(), {tools_->clang ? "-include-pch" : "-include", file.string()});
  }
  const auto own_linker = [](const std::string& f) { return f.starts_with("-fuse-ld"); };
  if (tools_->lld && std::none_of(settings_.flags.begin(), settings_.flags.end(), own_linker))
    arguments.emplace_back("-fuse-ld=lld");
  result r;
  r.library = place / library_name;
  arguments.insert(arguments.end(), {"-shared", "-Wl,-z,defs", header ? "-MMD" : "-MD", "-MF",
                                     (place / sources_name).string(), "-o", r.library.string(), unit.string()});
  if (!places_.library.empty())
    arguments.insert(arguments.end(),
                     {places_.library.string(), "-Wl,-rpath," + places_.library.parent_path().string()});
  const auto begun = std::chrono::system_clock::now();
  auto outcome = run(std::move(arguments), place, wait);
  if (!outcome.how.success() && header && blames_header(outcome)) {
    auto without = compile(text, work, std::nullopt, wait);
    if (without.done) { // for others to make it anew
      store_.remove(header_key_);
      unusable_header_ = header_key_;
    }
    return without;
  }
  r.done = outcome.how.success();
  r.output = std::move(outcome.output);
  if (r.done) {
    r.sources = sources_of(place);
    // Its own sources are pactor's headers, which the library's key depends on.
    if (header) std::erase_if(r.sources, [&](const auto& s) { return is_below(s.path, places_.include); });
    forget_changed(r.sources, begun);
  } else if (outcome.how.code >= 128) {
    r.output += "the compiler was ended by " + process::signal_words(outcome.how.code - 128) + "\n";
  } else if (r.output.empty()) {
    r.output = "the compiler failed with " + outcome.how.words() + "\n";
  }
  return r;
}

} // namespace pactor::snippets
