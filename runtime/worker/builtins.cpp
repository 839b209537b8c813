#include "runtime/worker/builtins.hpp"

#include "pactor/codec.hpp"
#include "pactor/context.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <unistd.h>

namespace pactor::worker {

namespace {

using detail::encoder;
using detail::scanner;
using detail::slice;

struct builtin_call {
  std::string_view job;
  slice arguments;
  builtin_context& engine;
  encoder& out;
};

/// Variables below this are copied out of the payload that they came in, so that they do not keep it.
constexpr std::size_t worth_keeping = std::size_t{64} << 10;

/// An own copy that lies as the original does within its 16 bytes, so that arrays in it stay aligned.
slice copy_aligned(std::string_view encoded) {
  const auto lead = reinterpret_cast<std::uintptr_t>(encoded.data()) % 16;
  auto own = detail::bytes::allocate(lead + encoded.size());
  std::memcpy(own.data() + lead, encoded.data(), encoded.size());
  const auto* at = own.data() + lead;
  return {std::move(own), at, encoded.size()};
}

void no_arguments(const builtin_call& c) {
  if (scanner{c.arguments.data, c.arguments.size}.enter_array() != 0)
    throw error{ec::signature_mismatch, std::string{c.job} + " takes no arguments"};
}

struct name_list {
  std::vector<std::string> names;
  bool single = false; ///< one name, not in an array
};

name_list read_names(const builtin_call& c) {
  const detail::message m{c.arguments.data, c.arguments.size};
  const auto& root = m.root();
  name_list list;
  try {
    const auto in_array = root.type == detail::kind::ARRAY && root.via.array.size == 1 &&
                          root.via.array.ptr[0].type == detail::kind::ARRAY;
    detail::read(in_array ? root.via.array.ptr[0] : root, list.names);
    list.single = !in_array && list.names.size() == 1;
  } catch (const error&) {
    throw error{ec::signature_mismatch, std::string{c.job} + " takes names, called with " + detail::describe(root)};
  }
  return list;
}

void ping(const builtin_call& c) {
  no_arguments(c);
  detail::write_checked(c.out, static_cast<std::int64_t>(::getpid()));
}

void push(const builtin_call& c) {
  const auto& in = c.arguments;
  scanner::first(in.data, in.size); // the whole of it is sound, so that no variable is set if one is not
  scanner at{in.data, in.size};
  if (at.enter_array() != 1) throw error{ec::signature_mismatch, "pactor.push takes one map of names to values"};
  for (auto n = at.enter_map(); n > 0; --n) {
    const auto* key = at.position();
    at.skip();
    const auto* first = at.position();
    at.skip();
    const auto name = decode<std::string>(key, static_cast<std::size_t>(first - key));
    const std::string_view encoded{first, static_cast<std::size_t>(at.position() - first)};
    const auto keep = c.arguments.own && encoded.size() >= worth_keeping;
    c.engine.space.set(name,
                       {keep ? slice{c.arguments.own, encoded.data(), encoded.size()} : copy_aligned(encoded), {}});
  }
  detail::write_checked(c.out, nullptr);
}

/// A single array is written anew, so that it is aligned where it lies now; everything else is copied.
void write_encoded(encoder& out, const char* data, std::size_t size) {
  if (static_cast<unsigned char>(*data) >= 0xc7 && static_cast<unsigned char>(*data) <= 0xd8) {
    const detail::message m{data, size};
    if (const auto block = detail::read_block(m.root())) {
      out.write_block(block->type, block->shape(), block->data, block->count * item_size(block->type));
      return;
    }
  }
  out.write(data, size);
}

void pull(const builtin_call& c) {
  const auto list = read_names(c);
  if (!list.single) detail::packer{c.out}.pack_array(detail::checked_size(list.names.size()));
  for (const auto& name : list.names) {
    const auto* v = c.engine.space.find(name);
    if (!v) throw missing_variable{"engine " + std::to_string(c.engine.engine) + " has no variable " + name};
    if (!v->native) {
      if (list.single && c.engine.refer(v->encoded)) return;
      write_encoded(c.out, v->encoded.data, v->encoded.size);
      continue;
    }
    try {
      const auto encoded = detail::encode_native(v->native.get());
      write_encoded(c.out, encoded.data(), encoded.size());
    } catch (const error& e) {
      throw error{e.code(), "variable " + name + ": " + e.what()};
    }
  }
}

void names(const builtin_call& c) {
  no_arguments(c);
  std::vector<std::string_view> all;
  all.reserve(c.engine.space.all().size());
  for (const auto& [name, v] : c.engine.space.all()) all.push_back(name);
  detail::write_checked(c.out, all);
}

void erase(const builtin_call& c) {
  const auto list = read_names(c);
  const auto erased = std::count_if(list.names.begin(), list.names.end(),
                                    [&c](const std::string& name) { return c.engine.space.erase(name); });
  detail::write_checked(c.out, static_cast<std::int64_t>(erased));
}

void clear(const builtin_call& c) {
  no_arguments(c);
  c.engine.space.clear();
  detail::write_checked(c.out, nullptr);
}

void load(const builtin_call& c) {
  std::vector<std::tuple<std::string, std::string>> jobs;
  for (const auto& path : read_names(c).names)
    for (auto& job : c.engine.load(path)) jobs.emplace_back(std::move(job.name), std::move(job.signature));
  detail::write_checked(c.out, jobs);
}

struct builtin {
  std::string_view name;
  void (*run)(const builtin_call&);
};
constexpr std::array<builtin, 7> builtins{{{"pactor.ping", &ping},
                                           {"pactor.push", &push},
                                           {"pactor.pull", &pull},
                                           {"pactor.names", &names},
                                           {"pactor.erase", &erase},
                                           {"pactor.clear", &clear},
                                           {"pactor.load", &load}}};

const builtin* find_builtin(std::string_view job) {
  if (!job.starts_with("pactor.")) return nullptr;
  const auto* const found =
      std::find_if(builtins.begin(), builtins.end(), [job](const builtin& b) { return b.name == job; });
  return found == builtins.end() ? nullptr : found;
}

} // namespace

bool is_builtin(std::string_view job) { return find_builtin(job) != nullptr; }

bool calls_builtin(const slice& payload) {
  const auto call = wire::read_call(payload.data, payload.size);
  return call && is_builtin(call->job);
}

std::vector<std::string> builtin_names() {
  std::vector<std::string> all;
  all.reserve(builtins.size());
  for (const auto& b : builtins) all.emplace_back(b.name);
  return all;
}

void run_builtin(const wire::call_view& call, const slice& payload, builtin_context& engine, encoder& out) {
  if (call.mode == wire::call_mode::map) throw error{ec::invalid_argument, std::string{call.job} + " can't be mapped"};
  find_builtin(call.job)->run({call.job, {payload.own, call.arguments, call.size}, engine, out});
}

} // namespace pactor::worker
