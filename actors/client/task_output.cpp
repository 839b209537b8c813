#include "pactor/detail/task_output.hpp"

#include "runtime/wire/records.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace pactor {

std::string_view to_string(text_stream s) { return s == text_stream::out ? "stdout" : "stderr"; }

namespace detail {

std::string render_size(std::uint64_t bytes) {
  char text[32]; // NOLINT(*-avoid-c-arrays)
  const auto n = static_cast<double>(bytes);
  if (n < 1e3)
    std::snprintf(text, sizeof text, "%.0f bytes", n);
  else
    std::snprintf(text, sizeof text, "%.1f %s", n < 1e6 ? n / 1e3 : n / 1e6, n < 1e6 ? "kB" : "MB");
  return text;
}

std::string omission_note(std::uint64_t bytes) { return "\n[... " + render_size(bytes) + " not kept ...]\n"; }

std::ptrdiff_t kept_text::append(std::uint64_t omitted, std::string_view text, std::size_t room) {
  const auto before = size();
  if (omitted > 0) { // one gap, between the first part and what is whole up to the end
    cut_ += omitted + last_.size();
    last_.clear();
  }
  const auto beyond = text.size() - std::min(text.size(), room); // the budget is used up
  text.remove_suffix(beyond);
  if (cut_ == 0 && last_.empty()) {
    const auto n = std::min(text.size(), part - std::min(part, first_.size()));
    first_ += text.substr(0, n);
    text.remove_prefix(n);
  }
  last_ += text;
  cut_ += beyond;
  if (last_.size() > 2 * part || (last_.size() > part && cut_ > 0 && last_.size() > part + part / 4)) {
    const auto cut = last_.size() - part;
    last_.erase(0, cut);
    cut_ += cut;
  }
  return static_cast<std::ptrdiff_t>(size()) - static_cast<std::ptrdiff_t>(before);
}

std::string kept_text::text() const {
  const auto shown = std::min(last_.size(), part);
  const auto cut = cut_ + (last_.size() - shown);
  auto result = first_;
  if (cut > 0) result += omission_note(cut);
  result.append(last_, last_.size() - shown);
  return result;
}

void live_output::add(printed p) {
  if (size_ + p.text.size() > limit) {
    missed_ += p.text.size();
    last_missed_ = {p.task, p.engine, p.stream, {}};
    return;
  }
  size_ += p.text.size();
  queue_.push_back(std::move(p));
}

std::deque<printed> live_output::take() {
  size_ = 0;
  auto all = std::exchange(queue_, {});
  if (missed_ > 0) {
    last_missed_.text = omission_note(std::exchange(missed_, 0));
    all.push_back(std::move(last_missed_));
  }
  return all;
}

task_outputs::~task_outputs() {
  if (budget_) *budget_ -= kept_;
}

/// Null if it was said by a run that has been lost.
task_outputs::entry* task_outputs::entry_of(std::size_t task, const utterance& u) {
  auto& e = entries_[task];
  if (u.losses < e.losses) return nullptr;
  if (u.losses > e.losses) { // it runs anew: what counts is what the run said that ends it
    count(-static_cast<std::ptrdiff_t>(e.size()));
    e = entry{};
    e.losses = u.losses;
  }
  e.engine = u.engine;
  return &e;
}

/// Bytes that may still be kept of all calls.
std::size_t task_outputs::room() const {
  const std::size_t used = budget_ ? budget_->load() : 0;
  return most_kept - std::min(most_kept, used);
}

void task_outputs::count(std::ptrdiff_t grown) {
  kept_ += static_cast<std::size_t>(grown);
  if (budget_) *budget_ += static_cast<std::size_t>(grown);
}

void task_outputs::hear(std::size_t task, const utterance& u, const std::shared_ptr<output_budget>& budget) {
  if (!budget_) budget_ = budget;
  auto* e = entry_of(task, u);
  if (!e) return;
  switch (static_cast<wire::record_kind>(u.kind)) {
  case wire::record_kind::output:
    return print(task, *e, u);
  case wire::record_kind::published:
    return publish(task, *e, u);
  case wire::record_kind::displayed:
    return display(task, *e, u);
  default: // of a later version
    break;
  }
}

void task_outputs::print(std::size_t task, entry& e, const utterance& u) {
  count(e.text_of(u.stream).append(u.omitted, u.payload.text(), room()));
  if (listeners_.empty()) return;
  const auto text = (u.omitted > 0 ? omission_note(u.omitted) : std::string{}) + std::string{u.payload.text()};
  std::erase_if(listeners_, [&](const std::weak_ptr<live_output>& weak) {
    const auto listener = weak.lock();
    if (listener) listener->add({task, e.engine, u.stream, text});
    return !listener;
  });
}

std::shared_ptr<live_output> task_outputs::listen() {
  auto listener = std::make_shared<live_output>();
  for (auto& [task, e] : entries_)
    for (const auto s : {text_stream::out, text_stream::err})
      if (e.text_of(s).size() > 0) listener->add_kept({task, e.engine, s, e.text_of(s).text()});
  listeners_.push_back(listener);
  return listener;
}

std::string task_outputs::text(std::size_t task, text_stream s) const {
  const auto i = entries_.find(task);
  if (i == entries_.end()) return {};
  return s == text_stream::out ? i->second.out.text() : i->second.err.text();
}

int task_outputs::engine(std::size_t task) const {
  const auto i = entries_.find(task);
  return i == entries_.end() ? -1 : i->second.engine;
}

} // namespace detail
} // namespace pactor
