#include "runtime/worker/announcer.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace pactor::worker {

namespace {

std::int64_t system_now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// The C functions behind pactor::context. Nothing may be thrown through them.

std::int32_t publish_value(void* speaker, const char* name, std::size_t name_size, const char* encoded,
                           std::size_t size) noexcept {
  try {
    return static_cast<announcer*>(speaker)->publish({name, name_size}, {encoded, size});
  } catch (...) {
    return PACTOR_SAID_NO_MEMORY;
  }
}

std::int32_t display_item(void* speaker, const char* media_type, std::size_t media_type_size, const char* name,
                          std::size_t name_size, const char* data, std::size_t size) noexcept {
  try {
    return static_cast<announcer*>(speaker)->display({media_type, media_type_size}, {name, name_size}, {data, size});
  } catch (...) {
    return PACTOR_SAID_NO_MEMORY;
  }
}

} // namespace

void announcer::attach(pactor_host& host) noexcept {
  host.speaker = this;
  host.publish = &publish_value;
  host.display = &display_item;
}

auto announcer::sender(std::int64_t now, bool more) {
  return [this, now, more](std::string_view name, std::string_view value) {
    say(publisher_, wire::record_kind::published, wire::write_published(name, value), more, now);
  };
}

pactor_said announcer::publish(std::string_view name, std::string_view encoded) {
  if (name.empty() || name.size() > wire::longest_name || encoded.empty()) return PACTOR_SAID_BAD_NAME;
  const std::lock_guard held{mutex_};
  spoke_ = true;
  publisher_ = task_;
  return limiter_.add(name, encoded, steady::now(), sender(system_now(), false)) ? PACTOR_SAID : PACTOR_SAID_TOO_MUCH;
}

pactor_said announcer::display(std::string_view media_type, std::string_view name, std::string_view data) {
  if (media_type.empty() || media_type.size() > wire::longest_name || name.size() > wire::longest_name)
    return PACTOR_SAID_BAD_NAME;
  const std::lock_guard held{mutex_};
  if (items_ == wire::most_items || data.size() > wire::most_displayed - displayed_) return PACTOR_SAID_TOO_MUCH;
  spoke_ = true;
  displayed_ += data.size();
  wire::displayed_head head;
  head.item = items_++;
  head.name = static_cast<std::uint32_t>(name.size());
  head.media_type = static_cast<std::uint32_t>(media_type.size());
  head.size = data.size();
  do {
    const auto part = data.substr(0, wire::displayed_part);
    data.remove_prefix(part.size());
    say(task_, wire::record_kind::displayed, wire::write_displayed(head, name, media_type, part), !data.empty(),
        system_now());
    head.offset += part.size();
    head.name = head.media_type = 0;
  } while (!data.empty());
  return PACTOR_SAID;
}

void announcer::release() {
  const std::lock_guard held{mutex_};
  if (limiter_.waiting() > 0) limiter_.release(steady::now(), sender(system_now(), false));
}

void announcer::finish(std::int64_t now) {
  const std::lock_guard held{mutex_};
  limiter_.finish(steady::now(), sender(now, true));
  displayed_ = 0;
  items_ = 0;
  spoke_ = false;
}

void announcer::say(std::uint64_t task, wire::record_kind kind, const detail::bytes& payload, bool more,
                    std::int64_t now) {
  wire::record r;
  r.id = task;
  r.kind = static_cast<std::uint16_t>(kind);
  r.size = static_cast<std::uint32_t>(payload.size());
  out_.add(r, payload.data(), {}, more, now);
}

} // namespace pactor::worker
