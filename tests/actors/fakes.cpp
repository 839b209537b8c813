#include "tests/actors/fakes.hpp"

#include "pactor/detail/failure.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>

namespace pactor::test {

std::vector<sent_frame> fake_link::take(frame_kind kind) {
  std::vector<sent_frame> result;
  for (auto& f : sent)
    if (f.kind == kind) result.push_back(f);
  std::erase_if(sent, [&](const sent_frame& f) { return f.kind == kind; });
  return result;
}

sent_frame fake_link::take_one(frame_kind kind) {
  auto all = take(kind);
  REQUIRE(all.size() == 1);
  return all.front();
}

std::size_t fake_link::count(frame_kind kind) const {
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const sent_frame& f) { return f.kind == kind; }));
}

frame_in arrives(const fake_link_ptr& from, frame_kind kind, detail::bytes body, std::uint16_t flags, std::uint64_t tag,
                 std::uint64_t aux) {
  transport::frame_header h;
  h.size = static_cast<std::uint32_t>(body.size());
  h.kind = static_cast<std::uint16_t>(kind);
  h.flags = flags;
  h.tag = tag;
  h.aux = aux;
  return {from, h, std::move(body)};
}

failure read_record::as_failure() const { return detail::decode_failure(payload.data(), payload.size()); }

std::vector<target> read_record::as_targets() const {
  std::vector<target> result(payload.size() / sizeof(target));
  std::memcpy(result.data(), payload.data(), result.size() * sizeof(target));
  return result;
}

std::vector<read_record> records(const detail::slice& batch) {
  std::vector<read_record> result;
  REQUIRE(wire::for_each_record(batch.data, batch.size, [&](const wire::record& r, const char* payload) {
    result.push_back({r, std::string(payload, r.size)});
  }));
  return result;
}

std::vector<read_record> records(const std::vector<sent_frame>& frames) {
  std::vector<read_record> result;
  for (const auto& f : frames)
    for (auto& r : records(f.body)) result.push_back(std::move(r));
  return result;
}

std::string call_of(std::string_view job, std::string_view arguments) {
  std::string text(wire::call_head_size(job), '\0');
  wire::write_call_head(text.data(), job, wire::call_mode::apply);
  text += arguments;
  return text;
}

detail::bytes pattern(std::size_t size, std::uint32_t seed) {
  auto result = detail::bytes::allocate(size);
  std::uint32_t state = seed * 2'654'435'761U + 1;
  for (std::size_t i = 0; i < size; ++i) {
    state = state * 1'664'525U + 1'013'904'223U;
    result.data()[i] = static_cast<char>(state >> 24);
  }
  return result;
}

batch_writer& batch_writer::task(std::uint64_t id, int engine, std::string_view payload, std::uint16_t flags) {
  wire::record r;
  r.flags = flags;
  r.id = id;
  r.kind = static_cast<std::uint16_t>(record_kind::task);
  r.engine = engine;
  r.size = static_cast<std::uint32_t>(payload.size());
  batch_.add(r, payload.data());
  return *this;
}

batch_writer& batch_writer::large_task(std::uint64_t id, int engine, std::uint64_t transfer, std::uint64_t size,
                                       std::uint16_t flags) {
  wire::record r;
  r.id = id;
  r.kind = static_cast<std::uint16_t>(record_kind::task);
  r.flags = static_cast<std::uint16_t>(wire::transferred | flags);
  r.engine = engine;
  r.size = sizeof size;
  r.transfer = transfer;
  batch_.add(r, &size);
  return *this;
}

batch_writer& batch_writer::shared_task(std::uint64_t id, int engine, std::uint32_t client, std::uint64_t handle,
                                        std::uint64_t size) {
  wire::record r;
  r.id = id;
  r.size = sizeof size;
  r.kind = static_cast<std::uint16_t>(record_kind::task);
  r.flags = wire::shared;
  r.engine = engine;
  r.count = client;
  r.transfer = handle;
  batch_.add(r, &size);
  return *this;
}

batch_writer& batch_writer::shared_result(std::uint64_t id, int engine, std::uint64_t handle, std::uint64_t size) {
  wire::record r;
  r.id = id;
  r.size = sizeof size;
  r.kind = static_cast<std::uint16_t>(record_kind::result);
  r.flags = wire::shared;
  r.engine = engine;
  r.transfer = handle;
  batch_.add(r, &size);
  return *this;
}

batch_writer& batch_writer::options(const wire_options& o) {
  const auto body = encode(o);
  wire::record r;
  r.kind = static_cast<std::uint16_t>(record_kind::options);
  r.size = static_cast<std::uint32_t>(body.size());
  batch_.add(r, body.data());
  return *this;
}

batch_writer& batch_writer::targets(const std::vector<target>& list) {
  wire::record r;
  r.kind = static_cast<std::uint16_t>(record_kind::targets);
  r.size = static_cast<std::uint32_t>(list.size() * sizeof(target));
  batch_.add(r, list.data());
  return *this;
}

batch_writer& batch_writer::allowed(const std::vector<std::int32_t>& engines) {
  wire::record r;
  r.kind = static_cast<std::uint16_t>(record_kind::targets);
  r.size = static_cast<std::uint32_t>(engines.size() * sizeof(std::int32_t));
  batch_.add(r, engines.data());
  return *this;
}

batch_writer& batch_writer::outcome(record_kind kind, std::uint64_t id, int engine, std::string_view payload,
                                    std::uint16_t flags, std::chrono::nanoseconds took) {
  wire::record r;
  r.id = id;
  r.kind = static_cast<std::uint16_t>(kind);
  r.flags = flags;
  r.engine = engine;
  r.size = static_cast<std::uint32_t>(payload.size());
  r.started = 1'000;
  r.completed = 1'000 + took.count();
  batch_.add(r, payload.data());
  return *this;
}

batch_writer& batch_writer::lost(std::uint64_t id, int engine, bool started, const std::string& why) {
  failure f;
  f.code = ec::engine_lost;
  f.engine = engine;
  f.what = why;
  const auto body = detail::encode_failure(f);
  return outcome(record_kind::lost, id, engine, {body.data(), body.size()},
                 started ? std::uint16_t{wire::started} : std::uint16_t{0});
}

batch_writer& batch_writer::large_result(std::uint64_t id, int engine, std::uint64_t transfer, std::uint64_t size) {
  wire::record r;
  r.id = id;
  r.kind = static_cast<std::uint16_t>(record_kind::result);
  r.flags = wire::transferred;
  r.engine = engine;
  r.size = sizeof size;
  r.transfer = transfer;
  batch_.add(r, &size);
  return *this;
}

} // namespace pactor::test
