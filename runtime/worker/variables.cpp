#include "runtime/worker/variables.hpp"

#include <unistd.h>

#include <utility>

namespace pactor::worker {

namespace {

// The C functions behind pactor::context. Nothing may be thrown through them.

std::int32_t find(void* state, const char* name, std::size_t size, pactor_variable* out) noexcept {
  const auto* v = static_cast<variables*>(state)->find({name, size});
  if (!v) return 0;
  out->encoded = v->native ? nullptr : v->encoded.data;
  out->encoded_size = v->native ? 0 : v->encoded.size;
  out->native = v->native ? &v->native.get() : nullptr;
  return 1;
}

std::int32_t put(void* state, const char* name, std::size_t size, const pactor_native* native) noexcept {
  try {
    auto& all = *static_cast<variables*>(state);
    const std::string key{name, size}; // before the object is ours: what fails here leaves it to the job
    all.set(key, {{}, native_object{*native}});
    return 1;
  } catch (...) {
    return 0;
  }
}

std::int32_t erase(void* state, const char* name, std::size_t size) noexcept {
  return static_cast<variables*>(state)->erase({name, size}) ? 1 : 0;
}

void names(void* state, void (*each)(void*, const char*, std::size_t), void* user) {
  for (const auto& [name, v] : static_cast<variables*>(state)->all()) each(user, name.data(), name.size());
}

} // namespace

native_object::native_object(native_object&& other) noexcept : native_{std::exchange(other.native_, pactor_native{})} {}

native_object& native_object::operator=(native_object&& other) noexcept {
  std::swap(native_, other.native_);
  return *this;
}

native_object::~native_object() {
  if (native_.object) native_.destroy(native_.object);
}

const variable* variables::find(std::string_view name) const {
  const auto found = all_.find(name);
  return found == all_.end() ? nullptr : &found->second;
}

void variables::set(std::string_view name, variable v) {
  const auto found = all_.find(name);
  if (found == all_.end())
    all_.emplace(name, std::move(v));
  else
    std::swap(found->second, v); // the old value goes when the new one is in its place
}

bool variables::erase(std::string_view name) {
  const auto found = all_.find(name);
  if (found == all_.end()) return false;
  all_.erase(found);
  return true;
}

pactor_host variables::host(int engine, const char* host_name) {
  pactor_host h{};
  h.size = sizeof h;
  h.engine = engine;
  h.pid = ::getpid();
  h.host_name = host_name;
  h.state = this;
  h.find = &worker::find;
  h.put = &put;
  h.erase = &worker::erase;
  h.names = &names;
  return h;
}

} // namespace pactor::worker
