#include "pactor/detail/outcomes.hpp"

#include "runtime/wire/records.hpp"

#include <algorithm>

namespace pactor::detail {

namespace {
bool is(const outcome& o, wire::record_kind kind) { return o.kind == static_cast<std::uint16_t>(kind); }
} // namespace

bool is_result(const outcome& o) { return is(o, wire::record_kind::result); }
bool is_partial(const outcome& o) { return is(o, wire::record_kind::partial); }

const object& successes_of(const message& partial) {
  const auto& o = partial.root();
  if (o.type != kind::ARRAY || o.via.array.size != 2) bad_payload("a partial outcome of another form");
  return o.via.array.ptr[0];
}

element_failures failures_of(const message& partial) {
  const auto& list = (&successes_of(partial))[1];
  if (list.type != kind::ARRAY) bad_payload("a partial outcome of another form");
  element_failures all;
  for (const auto& entry : std::span{list.via.array.ptr, list.via.array.size}) {
    if (entry.type != kind::ARRAY || entry.via.array.size != 2) bad_payload("a partial outcome of another form");
    all.emplace_back(read_number<std::size_t>(entry.via.array.ptr[0]), read_failure(entry.via.array.ptr[1]));
  }
  std::ranges::sort(all, {}, &element_failures::value_type::first);
  return all;
}

element_failures failures_of(const outcome& o) {
  if (is_result(o)) return {};
  if (is_partial(o)) return failures_of(message{o.payload.data, o.payload.size});
  return {{0, decode_failure(o.payload)}};
}

std::vector<value> elements_of(value sequence) {
  if (auto* list = sequence.get_if<value::array>()) return std::move(*list);
  std::vector<value> all;
  if (const auto* bytes = sequence.get_if<binary>()) {
    for (const auto b : *bytes) all.emplace_back(std::to_integer<std::uint8_t>(b));
  } else if (const auto* block = sequence.get_if<any_array>(); block && block->rank() == 1) {
    with_type(block->type(), [&]<class T>() {
      for (const auto x : block->values<T>()) all.emplace_back(x);
    });
  } else {
    does_not_fit(sequence.type_name(), "vector<any>");
  }
  return all;
}

void raise_misfit(const submission& s, std::string_view wanted, const error& why) {
  failure f;
  f.code = ec::signature_mismatch;
  f.job = s.job->name;
  f.what = "the result of " + f.job + (s.job->signature.empty() ? "" : ", which is " + s.job->signature + ",") +
           " was read as " + std::string{wanted} + ": " + why.what();
  throw signature_mismatch{std::move(f)};
}

void require_count(const submission& s, std::size_t index, std::size_t results) {
  if (results == s.elements(index)) return;
  bad_payload(std::to_string(results) + " results of " + std::to_string(s.elements(index)) + " elements of " +
              s.job->name);
}

} // namespace pactor::detail
