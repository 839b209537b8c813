#include "session.hpp"

#include "pactor/context.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/sink.hpp"
#include "runtime/process/locations.hpp"
#include "runtime/worker/variable_types.hpp"
#include "tests/unit/files/scratch_directory.hpp"

#include <dlfcn.h>
#include <memory>
#include <stdexcept>
#include <thread>

namespace pactor::testing {

snippets::library_cache& cache_of(const std::string& program) {
  static const test::scratch_directory directory;
  static std::map<std::string, std::unique_ptr<snippets::library_cache>> all;
  auto& cache = all[program];
  if (!cache) {
    const std::filesystem::path worker{PACTOR_TEST_WORKER};
    snippets::compile_settings settings;
    settings.compiler = program;
    settings.flags = {"-O0"};
    settings.cache = directory.path() / "cache";
    cache = std::make_unique<snippets::library_cache>(
        settings,
        snippets::compiler_places{worker, process::include_directory(worker), process::prelude_library(worker)});
  }
  return *cache;
}

std::vector<snippets::variable> session::types() const {
  std::vector<snippets::variable> all;
  for (const auto& [name, v] : space_.all()) all.push_back({name, worker::type_of(v)});
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
      const auto made =
          cache_.get(unit.text, [](std::chrono::milliseconds time) { std::this_thread::sleep_for(time); });
      if (const auto* rejected = std::get_if<snippets::library_cache::rejected>(&made))
        throw error{ec::compile_error, snippets::explain(rejected->output, code, "px", definitions_, variables)};
      void* library = ::dlopen(std::get<snippets::library_cache::library>(made).file.c_str(), RTLD_NOW | RTLD_LOCAL);
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
