#include "actors/output_gate.hpp"

#include "runtime/wire/sayings.hpp"

namespace pactor {

using wire::record_kind;

void output_gate::pass(outbox& out, wire::record r, const char* payload, bool full) {
  const bool slow = full || out.link()->unsent() > most_waiting;
  switch (static_cast<record_kind>(r.kind)) {
  case record_kind::output:
    return pass_output(out, r, payload, slow);
  case record_kind::published:
    return pass_published(out, r, payload, slow);
  case record_kind::displayed:
    return pass_displayed(out, r, payload, full);
  default: // of a later version
    if (!slow) out.add(r, payload);
  }
}

void output_gate::pass_output(outbox& out, wire::record r, const char* payload, bool slow) {
  const key k{r.id, stream_of(r)};
  if (slow) {
    omitted_[k] += r.size + r.transfer;
    return;
  }
  if (!omitted_.empty()) {
    if (const auto i = omitted_.find(k); i != omitted_.end()) {
      r.transfer += i->second;
      omitted_.erase(i);
    }
  }
  out.add(r, payload);
}

void output_gate::pass_published(outbox& out, const wire::record& r, const char* payload, bool slow) {
  if (slow) return keep(r, {payload, r.size});
  if (!kept_.empty()) release(out, r.id, r.engine);
  out.add(r, payload);
}

void output_gate::pass_displayed(outbox& out, wire::record r, const char* payload, bool full) {
  if (full || out.link()->unsent() > most_waiting_displayed) {
    const auto item = wire::read_displayed({payload, r.size});
    if (!item || item->head.offset > 0) return;
    r.size = static_cast<std::uint32_t>(item->front);
  }
  out.add(r, payload);
}

void output_gate::keep(const wire::record& r, std::string_view payload) {
  const auto v = wire::read_published(payload);
  auto& task = kept_[r.id];
  if (task.losses != r.count) { // it runs anew
    forget_values(task);
    task.losses = r.count;
  }
  task.missed += r.transfer;
  if (!v) return; // what another gate left out
  if (const auto old = task.values.find(v->name); old != task.values.end()) {
    kept_size_ -= old->second.payload.size();
    task.values.erase(old);
  }
  if (payload.size() > most_kept - kept_size_) {
    ++task.missed;
    return;
  }
  kept_size_ += payload.size();
  auto& entry = task.values.emplace(std::string{v->name}, kept_value{r, std::string{payload}}).first->second;
  entry.record.transfer = 0;
}

void output_gate::forget_values(kept_values& task) {
  for (const auto& [name, v] : task.values) kept_size_ -= v.payload.size();
  task = {};
}

/// What was kept of a task passes now.
void output_gate::release(outbox& out, std::uint64_t id, int engine) {
  const auto i = kept_.find(id);
  if (i == kept_.end()) return;
  for (const auto& [name, v] : i->second.values) out.add(v.record, v.payload.data());
  if (i->second.missed > 0) {
    wire::record r;
    r.id = id;
    r.kind = static_cast<std::uint16_t>(record_kind::published);
    r.engine = engine;
    r.count = i->second.losses;
    r.transfer = i->second.missed;
    out.add(r, nullptr);
  }
  forget_values(i->second);
  kept_.erase(i);
}

void output_gate::tell(outbox& out, std::uint64_t id, int engine) {
  release(out, id, engine);
  for (const bool errors : {false, true}) {
    const auto stream = wire::stream_flags(errors);
    const auto i = omitted_.find({id, stream});
    if (i == omitted_.end()) continue;
    wire::record r;
    r.id = id;
    r.kind = static_cast<std::uint16_t>(record_kind::output);
    r.flags = stream;
    r.engine = engine;
    r.transfer = i->second;
    omitted_.erase(i);
    out.add(r, nullptr);
  }
}

} // namespace pactor
