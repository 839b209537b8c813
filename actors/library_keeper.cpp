#include "actors/library_keeper.hpp"

#include "actors/library_names.hpp"
#include "pactor/codec.hpp"

#include <algorithm>
#include <utility>

namespace pactor {

using transport::frame_kind;

namespace {

/// Parts that are asked for ahead.
constexpr std::uint64_t window = 4 * transport::piece_size;
/// Builds of one library that stay on the disk: tasks that workers have already may want the one before.
constexpr std::ptrdiff_t most_builds = 2;
constexpr std::size_t most_known = 1'000;

} // namespace

void library_keeper::report(const library_report& r, std::uint64_t tag) {
  if (!controller_) return;
  controller_->in_loop(
      [body = encode(r), tag](transport::link& l) { l.send(frame_kind::library, detail::slice{body}, tag); });
}

library_keeper::known* library_keeper::find(const std::string& hash) {
  const auto k = std::ranges::find_if(known_, [&](const known& each) { return each.library.hash == hash; });
  return k == known_.end() ? nullptr : &*k;
}

void library_keeper::listed(const libraries_listed& l) {
  controller_ = l.controller;
  jobs_.clear();
  fetching_.reset();
  std::vector<std::string> files;
  for (const auto& k : known_)
    if (k.used && std::ranges::none_of(l.libraries, [&](const auto& w) { return w.hash == k.library.hash; }))
      files.push_back(k.library.file);
  for (const auto& file : files)
    if (std::ranges::none_of(l.libraries, [&](const auto& w) { return w.file == file; })) drop(file);
  for (const auto& w : l.libraries) jobs_.push_back({name_of(w), true});
  settling_ = true;
  proceed();
}

void library_keeper::link_down(const transport::link_ptr& which) {
  if (which != controller_) return;
  controller_.reset();
  jobs_.clear();
  fetching_.reset();
}

void library_keeper::frame(const frame_in& f) {
  if (f.from != controller_) return;
  try {
    if (static_cast<frame_kind>(f.header.kind) == frame_kind::library_part) return part(f);
    const auto o = decode<library_order>(f.body);
    if (static_cast<library_step>(o.step) != library_step::unavailable) return order(o);
    if (!fetching_ || fetching_->tag != f.header.tag) return;
    const auto j = fetching_->what;
    fetching_.reset();
    unfit(j, o.why);
    proceed();
  } catch (const error& e) { // a controller that talks nonsense is none
    f.from->in_loop([why = std::string{e.what()}](transport::link& l) { l.close(why); });
  }
}

void library_keeper::order(const library_order& o) {
  switch (static_cast<library_step>(o.step)) {
  case library_step::stage:
    jobs_.push_back({name_of(o.library), false});
    return proceed();
  case library_step::use:
    if (auto* k = find(o.library.hash)) use(*k, true);
    return;
  case library_step::drop:
    return drop(o.library.file);
  default:
    return;
  }
}

void library_keeper::proceed() {
  while (!fetching_ && !jobs_.empty()) {
    const auto next = std::move(jobs_.front());
    jobs_.pop_front();
    begin(next);
  }
  if (!fetching_ && std::exchange(settling_, false)) out_.settled();
}

void library_keeper::begin(const job& j) {
  if (const auto fault = jobs::fault_of(j.library)) return unfit(j, *fault);
  try {
    if (auto there = store_.find(j.library)) return judge(j, std::move(*there));
    fetching_.emplace(fetching{j, receive(j.library), ++last_tag_});
  } catch (const error& e) {
    return unfit(j, e.what());
  }
  ask();
}

jobs::library_store::incoming library_keeper::receive(const jobs::library_name& l) {
  try {
    return store_.receive(l);
  } catch (const error&) {
    // Builds that are used no more stay for tasks that workers have already, as long as there is room.
    if (std::erase_if(known_, [](const known& k) { return k.was_used && !k.used; }) == 0) throw;
    return store_.receive(l);
  }
}

void library_keeper::ask() {
  auto& f = *fetching_;
  while (f.asked < f.what.library.size && f.asked < f.draft.size() + window) {
    library_report r;
    r.word = static_cast<std::uint8_t>(library_word::want);
    r.library = wire_of(f.what.library);
    r.offset = f.asked;
    report(r, f.tag);
    f.asked += transport::piece_size;
  }
}

void library_keeper::part(const frame_in& f) {
  if (!fetching_ || fetching_->tag != f.header.tag) return;
  const auto j = fetching_->what;
  try {
    fetching_->draft.add(f.header.aux, f.body.data(), f.body.size());
    if (!fetching_->draft.complete()) return ask();
    auto draft = std::move(fetching_->draft);
    fetching_.reset();
    judge(j, store_.finish(std::move(draft)));
  } catch (const error& e) {
    fetching_.reset();
    unfit(j, e.what());
  }
  proceed();
}

void library_keeper::judge(const job& j, jobs::stored_library file) {
  library_report r;
  try {
    for (auto& found : out_.inspect(file.path))
      r.jobs.emplace_back(std::move(found.name), std::move(found.signature), j.library.file);
  } catch (const error& e) {
    return unfit(j, e.what());
  }
  auto* k = find(j.library.hash);
  if (!k) k = &known_.emplace_back(known{j.library, {}});
  k->file = std::move(file);
  r.word = static_cast<std::uint8_t>(library_word::verdict);
  r.library = wire_of(j.library);
  report(r);
  if (j.use) use(*k, false);
}

void library_keeper::unfit(const job& j, const std::string& why) {
  journal_.warning("node can't use a job library: " + why);
  library_report r;
  r.word = static_cast<std::uint8_t>(library_word::verdict);
  r.library = wire_of(j.library);
  r.why = why.empty() ? "it can't be used" : why;
  report(r);
}

void library_keeper::use(known& k, bool tell) {
  if (!k.file) return;
  const auto library = k.library;
  const auto path = k.file->path.string();
  const auto* const moved = &k;
  auto latest = std::move(k); // to the end: the latest of its name
  std::erase_if(known_, [&](const known& each) { return &each == moved; });
  for (auto& each : known_)
    if (each.library.file == library.file) each.used = false;
  latest.used = latest.was_used = true;
  const auto same = [&](const known& each) { return each.library.file == library.file; };
  std::erase_if(known_,
                [&](const known& each) { return same(each) && !each.was_used; }); // could be used elsewhere only
  known_.push_back(std::move(latest));
  while (std::ranges::count_if(known_, same) > most_builds) known_.erase(std::ranges::find_if(known_, same));
  while (known_.size() > most_known) known_.pop_front();
  journal_.info("node uses " + short_name(library));
  out_.in_use({{library.file, library.hash, path}, tell});
}

void library_keeper::drop(const std::string& file) {
  for (auto& k : known_)
    if (k.library.file == file) k.used = false;
  out_.in_use({{file, {}, {}}, false});
}

} // namespace pactor
