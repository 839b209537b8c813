#pragma once
// Connections that were accepted and not looked at yet: each costs work, so they come in one after the other.

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace pactor::transport {

/// Visitors by the host that they come from. Hosts take turns, so that one that sends many keeps no other waiting.
template <class Visitor>
class waiting_room {
public:
  explicit waiting_room(std::size_t places) : places_{places} {}

  /// @return who has to go for it, if it is full: the first of the host that has most
  std::optional<Visitor> add(std::string_view host, Visitor v) {
    auto at = std::find_if(hosts_.begin(), hosts_.end(), [host](const auto& h) { return h.name == host; });
    if (at == hosts_.end()) {
      hosts_.push_back(crowd{std::string{host}, {}});
      at = hosts_.end() - 1;
    }
    at->visitors.push_back(std::move(v));
    if (++size_ <= places_) return std::nullopt;
    const auto less = [](const auto& a, const auto& b) { return a.visitors.size() < b.visitors.size(); };
    return take(static_cast<std::size_t>(std::max_element(hosts_.begin(), hosts_.end(), less) - hosts_.begin()));
  }
  /// The next one; nothing if there is none.
  std::optional<Visitor> next() {
    if (hosts_.empty()) return std::nullopt;
    if (turn_ >= hosts_.size()) turn_ = 0;
    const auto before = hosts_.size();
    auto result = take(turn_);
    if (hosts_.size() == before) ++turn_;
    return result;
  }
  /// The first for which `is` holds; nothing if there is none.
  template <class Predicate>
  std::optional<Visitor> extract(Predicate is) {
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      const auto& from = hosts_[i].visitors;
      const auto v = std::find_if(from.begin(), from.end(), is);
      if (v != from.end()) return take(i, static_cast<std::size_t>(v - from.begin()));
    }
    return std::nullopt;
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
  struct crowd {
    std::string name;
    std::deque<Visitor> visitors; // never empty
  };
  std::optional<Visitor> take(std::size_t i, std::size_t which = 0) {
    auto& from = hosts_[i].visitors;
    const auto at = from.begin() + static_cast<std::ptrdiff_t>(which);
    std::optional<Visitor> result{std::move(*at)};
    from.erase(at);
    --size_;
    if (!from.empty()) return result;
    hosts_.erase(hosts_.begin() + static_cast<std::ptrdiff_t>(i));
    if (i < turn_) --turn_;
    return result;
  }

  std::size_t places_, size_ = 0, turn_ = 0;
  std::deque<crowd> hosts_;
};

} // namespace pactor::transport
