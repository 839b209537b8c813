// What tasks publish and display.

#include "pactor/codec.hpp"
#include "pactor/detail/submission.hpp"
#include "runtime/wire/sayings.hpp"

#include <utility>

namespace pactor::detail {

void task_outputs::publish(entry& e, const utterance& u) {
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
