#include "runtime/worker/executor.hpp"

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "runtime/jobs/loader.hpp"
#include "runtime/process/locations.hpp"
#include "runtime/snippets/sha256.hpp"
#include "runtime/snippets/source.hpp"
#include "runtime/worker/variable_types.hpp"

#include <algorithm>
#include <dlfcn.h>
#include <tuple>
#include <utility>

namespace pactor::worker {

namespace {

snippets::compiler_places places() {
  const auto worker = process::executable_path();
  return {worker, process::include_directory(worker), process::prelude_library(worker)};
}

/// Never unloaded.
pactor_job_entry load_entry(const std::filesystem::path& file, const std::function<void()>& mpi) {
  void* library = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (!library) throw error{ec::bad_library, std::string{"compiled code can't be loaded: "} + ::dlerror()};
  void* entry = ::dlsym(library, "pactor_snippet");
  if (!entry) throw error{ec::bad_library, "compiled code has no entry: " + file.string()};
  if (mpi && ::dlsym(library, jobs::mpi_symbol)) mpi();
  return reinterpret_cast<pactor_job_entry>(entry);
}

} // namespace

executor::executor(const snippets::compile_settings& settings, const variables& space, const pactor_host& host,
                   std::function<void()> mpi)
    : enabled_{settings.enabled}, space_{space}, host_{host}, mpi_{std::move(mpi)}, cache_{settings, places()} {}

executor::snippet executor::read_snippet(const wire::call_view& call) {
  constexpr std::size_t longest_name = 4096;
  if (call.mode != wire::call_mode::apply) throw error{ec::invalid_argument, "pactor.execute can't be mapped"};
  snippet s;
  try {
    std::tie(s.code, s.name) = decode<std::tuple<std::string, std::string>>(call.arguments, call.size);
  } catch (const error&) {
    throw error{ec::signature_mismatch, "pactor.execute takes two texts: code, and a name for it"};
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < ' '; };
  if (s.name.empty() || s.name.size() > longest_name || std::any_of(s.name.begin(), s.name.end(), control))
    throw error{ec::invalid_argument, "code's name has 1 to 4096 bytes and no control characters"};
  return s;
}

std::vector<snippets::variable> executor::typed_variables() const {
  std::vector<snippets::variable> all;
  all.reserve(space_.all().size());
  for (const auto& [name, v] : space_.all()) all.push_back({name, type_of(v)});
  return all;
}

/// Ends with the task.
void executor::wait(std::chrono::milliseconds time) const {
  const context engine{host_};
  if (time.count() > 0)
    engine.sleep_for(time);
  else
    engine.check_cancelled();
}

executor::loaded executor::load(const std::string& unit, const snippet& s) {
  const snippets::pause pause = [this](std::chrono::milliseconds time) { wait(time); };
  for (int attempt = 0;; ++attempt) {
    auto made = cache_.get(unit, pause);
    if (const auto* rejected = std::get_if<snippets::library_cache::rejected>(&made))
      throw error{ec::compile_error,
                  snippets::explain(rejected->output, s.code, s.name, definitions_, typed_variables())};
    auto& library = std::get<snippets::library_cache::library>(made);
    try {
      return {load_entry(library.file, mpi_), std::move(library.sources)};
    } catch (const error&) {
      constexpr int patience = 2;
      std::error_code ignored;
      if (attempt == patience || std::filesystem::exists(library.file, ignored)) throw;
      // Another worker took it out of the cache this moment.
    }
  }
}

pactor_job_entry executor::entry(const std::string& unit, const snippet& s) {
  snippets::sha256 hash;
  hash.add(unit);
  auto key = hash.hex();
  if (const auto known = loaded_.find(key); known != loaded_.end()) {
    const auto& from = known->second.sources;
    if (std::all_of(from.begin(), from.end(), [](const auto& one) { return one.current(); }))
      return known->second.entry;
  }
  return loaded_.insert_or_assign(std::move(key), load(unit, s)).first->second.entry;
}

/// The result is a small map: one entry more at its end, so that nothing in it moves.
void executor::add_count(pactor_sink& out) const {
  constexpr unsigned char small_map = 0x80, longest = 0x8e;
  detail::bytes_encoder added{16};
  detail::packer p{added};
  p.pack(std::string{"count"});
  p.pack(count_);
  const auto text = added.take();
  std::size_t capacity = 0;
  auto* data = out.grow(out.state, out.used, out.used + text.size(), &capacity);
  if (!data) throw std::bad_alloc{};
  auto& head = reinterpret_cast<unsigned char&>(*data);
  if (head < small_map || head > longest) throw error{ec::bad_library, "compiled code gave no result"};
  ++head;
  std::copy_n(text.data(), text.size(), data + out.used);
  out.used += text.size();
}

std::int32_t executor::run(const wire::call_view& call, pactor_sink& out) {
  const auto s = read_snippet(call);
  if (!enabled_)
    throw error{ec::refused, "this host executes no code: \"execute.enabled\" is false in its configuration"};
  ++count_;
  const auto translated = snippets::translate(s.code, s.name, definitions_, typed_variables());
  const auto run = entry(translated.text, s);
  definitions_ = translated.after; // also if it fails now: that it compiles is known
  constexpr char no_arguments = '\x90';
  const pactor_call c{sizeof c, PACTOR_APPLY, execute_job.data(), execute_job.size(), &no_arguments, 1, &host_};
  const auto outcome = run(&c, &out);
  if (outcome == PACTOR_RESULT && out.used > 0) add_count(out);
  return outcome;
}

} // namespace pactor::worker
