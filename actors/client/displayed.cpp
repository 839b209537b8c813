// What tasks publish and display.

#include "pactor/codec.hpp"
#include "pactor/detail/submission.hpp"
#include "runtime/wire/sayings.hpp"

#include <exception>
#include <future>
#include <utility>

namespace pactor::detail {

void audience::wake() {
  if (!std::exchange(woken_, true)) wake_();
}

void audience::published(std::size_t task, const std::string& name) {
  if (what_ != interest::values) return;
  const auto [at, added] = changed_.emplace(task, name);
  if (added) order_.push_back(*at);
  wake();
}

void audience::displayed(item complete) {
  if (what_ != interest::items) return;
  items_.push_back(std::move(complete));
  wake();
}

template <class F>
void task_outputs::tell(F&& f) {
  std::erase_if(audiences_, [&](const std::weak_ptr<audience>& weak) {
    const auto a = weak.lock();
    if (a) f(*a);
    return !a;
  });
}

void task_outputs::attend(const std::shared_ptr<audience>& a) {
  for (const auto& [task, e] : entries_) {
    for (const auto& [name, v] : e.values) a->published(task, name);
    for (const auto& [number, item] : e.items)
      if (item->complete()) a->displayed(item);
  }
  audiences_.push_back(a);
}

audience::news task_outputs::take_news(audience& a) const {
  audience::news result;
  result.items = std::exchange(a.items_, {});
  for (auto& [task, name] : std::exchange(a.order_, {})) {
    const auto e = entries_.find(task);
    const auto v = e == entries_.end() ? decltype(e->second.values.end()){} : e->second.values.find(name);
    if (e == entries_.end() || v == e->second.values.end()) continue; // of a run that was lost
    result.values.push_back({task, e->second.engine, std::move(name), v->second});
  }
  a.changed_.clear();
  a.woken_ = false;
  return result;
}

void task_outputs::publish(std::size_t task, entry& e, const utterance& u) {
  e.missed_values += u.omitted;
  const auto v = wire::read_published(u.payload.text());
  if (!v) return;
  const std::string name{v->name};
  const auto cost = [&](std::size_t size) { return wire::published_cost + name.size() + size; };
  if (const auto old = e.values.find(name); old != e.values.end()) {
    e.values_size -= cost(old->second.size());
    count(-static_cast<std::ptrdiff_t>(cost(old->second.size())));
    e.values.erase(old); // it is not the latest any more, whether the new one is kept or not
  }
  const auto size = cost(v->value.size());
  if (size > wire::most_published - e.values_size || size > room()) {
    ++e.missed_values;
    return;
  }
  e.values.emplace(name, bytes::copy(v->value.data(), v->value.size()));
  e.values_size += size;
  count(static_cast<std::ptrdiff_t>(size));
  tell([&](audience& a) { a.published(task, name); });
}

void task_outputs::display(std::size_t task, entry& e, const utterance& u) {
  const auto v = wire::read_displayed(u.payload.text());
  if (!v) return;
  auto found = e.items.find(v->head.item);
  if (v->head.offset == 0) {
    if (found != e.items.end() || v->head.size > wire::most_displayed - e.items_size) return;
    e.items_size += v->head.size;
    found = e.items.emplace(v->head.item, std::make_shared<displayed_item>()).first;
    auto& item = *found->second;
    item.task = task;
    item.engine = u.engine;
    item.media_type = v->media_type;
    item.name = v->name;
    item.size = v->head.size;
  }
  // After a gap nothing more is kept: it stays incomplete.
  if (found == e.items.end() || found->second->data.size() != v->head.offset) return;
  auto& item = *found->second;
  if (v->data.size() > item.size - item.data.size() || v->data.size() > room()) return;
  if (item.data.empty() && item.size <= room()) item.data.reserve(item.size);
  item.data += v->data;
  e.items_kept += v->data.size();
  count(static_cast<std::ptrdiff_t>(v->data.size()));
  if (item.complete()) tell([&](audience& a) { a.displayed(found->second); });
}

std::map<std::string, bytes> task_outputs::published(std::size_t task) const {
  const auto i = entries_.find(task);
  return i == entries_.end() ? std::map<std::string, bytes>{} : i->second.values;
}

std::uint64_t task_outputs::unpublished(std::size_t task) const {
  const auto i = entries_.find(task);
  return i == entries_.end() ? 0 : i->second.missed_values;
}

std::vector<std::shared_ptr<const displayed_item>> task_outputs::displayed() const {
  std::vector<std::shared_ptr<const displayed_item>> all;
  for (const auto& [task, e] : entries_)
    for (const auto& [number, item] : e.items)
      all.push_back(item->complete() ? std::shared_ptr<const displayed_item>{item}
                                     : std::make_shared<const displayed_item>(*item));
  return all;
}

std::vector<std::map<std::string, value>> async_result_base::published() const {
  const auto& tasks = *state_->tasks;
  std::vector<std::map<std::string, bytes>> encoded(tasks.size());
  tasks.with_outputs([&](const task_outputs& said) {
    for (std::size_t i = 0; i < encoded.size(); ++i) encoded[i] = said.published(i);
  });
  std::vector<std::map<std::string, value>> all(encoded.size()); // decoded without the lock
  for (std::size_t i = 0; i < all.size(); ++i)
    for (const auto& [name, v] : encoded[i]) all[i].emplace(name, decode<value>(v));
  return all;
}

namespace {

/// What on_published() and on_displayed() leave behind until the last task has ended. Used in the callback thread.
struct reporter {
  std::shared_ptr<const submission> state;
  std::function<void(const audience::news&)> tell;
  std::shared_ptr<audience> ears{};
  std::promise<void> told{};
  bool ended = false;

  void report() {
    if (ended) return;
    try {
      tell(state->tasks->take_news(*ears));
    } catch (...) {
      ended = true;
      told.set_exception(std::current_exception());
    }
  }
  void finish() {
    report();
    if (!std::exchange(ended, true)) told.set_value();
  }
};

} // namespace

std::future<void> async_result_base::attend(audience::interest what,
                                            std::function<void(const audience::news&)> tell) const {
  const auto queue = state_->link->callbacks();
  auto r = std::make_shared<reporter>(reporter{state_, std::move(tell)});
  r->ears = std::make_shared<audience>(what, [queue, weak = std::weak_ptr{r}] {
    if (auto strong = weak.lock()) queue->post([strong] { strong->report(); });
  });
  auto told = r->told.get_future();
  state_->tasks->attend(r->ears);
  // As in when_done(): nothing that the observer holds may be the last owner of the session where it runs.
  state_->tasks->observe([queue, r]() mutable {
    if (!r->state->tasks->ready()) return false;
    queue->post([last = std::exchange(r, nullptr)] { last->finish(); });
    return true;
  });
  return told;
}

std::future<void> async_result_base::on_published(std::function<void(const published_value&)> f) const {
  return attend(audience::interest::values, [f = std::move(f)](const audience::news& news) {
    for (const auto& v : news.values) f({v.task, v.engine, v.name, decode<value>(v.encoded)});
  });
}

std::future<void> async_result_base::on_displayed(std::function<void(const displayed_item&)> f) const {
  return attend(audience::interest::items, [f = std::move(f)](const audience::news& news) {
    for (const auto& item : news.items) f(*item);
  });
}

std::uint64_t async_result_base::data_missed() const {
  std::uint64_t missed = 0;
  state_->tasks->with_outputs([&](const task_outputs& said) {
    for (std::size_t i = 0; i < state_->tasks->size(); ++i) missed += said.unpublished(i);
  });
  return missed;
}

std::vector<displayed_item> async_result_base::displayed() const {
  std::vector<std::shared_ptr<const displayed_item>> items;
  state_->tasks->with_outputs([&](const task_outputs& said) { items = said.displayed(); });
  std::vector<displayed_item> all; // large ones are copied without the lock
  all.reserve(items.size());
  for (const auto& item : items) all.push_back(*item);
  return all;
}

} // namespace pactor::detail
