#include "runtime/core/library_rollout.hpp"

#include <algorithm>
#include <utility>

namespace pactor::core {

namespace {

auto same_file(std::string_view file) {
  return [file](const shipped_library& l) { return l.file == file; };
}

} // namespace

const shipped_library* library_rollout::twin(const shipped_library& library) const {
  const auto other = [&](const shipped_library& l) { return l.hash == library.hash && l.file != library.file; };
  const auto a = std::find_if(current_.begin(), current_.end(), other);
  if (a != current_.end()) return &*a;
  const auto q = std::find_if(queue_.begin(), queue_.end(), [&](const auto& p) { return other(p.library); });
  return q == queue_.end() ? nullptr : &q->library;
}

std::string library_rollout::full(const shipped_library& library, std::uint64_t limit) const {
  if (queue_.size() >= most_waiting) return "too many libraries are on their way; try again in a moment";
  if (library.size > limit)
    return library.file + " is larger than all libraries that clients sent may be together, " +
           std::to_string(limit >> 20U) + " MB (shipping.cache_mb)";
  const auto* same = twin(library);
  if (same) return library.file + " is what the cluster has as " + same->file + " already";
  std::uint64_t bytes = library.size;
  std::size_t count = 1;
  for (const auto& l : current_)
    if (l.file != library.file) bytes += l.size, ++count;
  for (const auto& p : queue_)
    if (p.library.file != library.file) bytes += p.library.size, ++count;
  if (count > most_libraries)
    return "the cluster has " + std::to_string(most_libraries) + " libraries of clients already";
  if (bytes <= limit) return {};
  return library.file + " is one too many: the libraries that clients sent may take " + std::to_string(limit >> 20U) +
         " MB together (shipping.cache_mb); remove one: pactor jobs remove FILE";
}

library_rollout::actions library_rollout::push(request who, shipped_library library) {
  actions out;
  queue_.push_back({who, std::move(library)});
  if (!staging_ && !using_) start(out);
  return out;
}

void library_rollout::start(actions& out) {
  while (!queue_.empty()) {
    const auto& next = queue_.front();
    const auto known = std::find_if(current_.begin(), current_.end(), same_file(next.library.file));
    if (known == current_.end() || known->hash != next.library.hash) break;
    out.push_back({step::unchanged, 0, next.who, next.library});
    queue_.pop_front();
  }
  if (queue_.empty()) return;
  staging_ = true;
  unfit_.clear();
  for (const auto& [node, host] : nodes_) {
    waiting_for_[node] = 0;
    out.push_back({step::stage, node, 0, queue_.front().library});
  }
  advance(out);
}

/// Goes on if nobody is waited for any more.
void library_rollout::advance(actions& out) {
  while ((staging_ || using_) && waiting_for_.empty()) {
    if (staging_ && unfit_.empty()) {
      adopt(out);
      continue;
    }
    const auto& [who, library] = queue_.front();
    action told{using_ ? step::done : step::unusable, 0, who, library};
    for (const auto& [host, why] : unfit_) told.why.push_back(why);
    out.push_back(std::move(told));
    queue_.pop_front();
    staging_ = using_ = false;
    return start(out);
  }
}

void library_rollout::adopt(actions& out) {
  const auto& library = queue_.front().library;
  std::erase_if(current_, same_file(library.file));
  current_.push_back(library);
  staging_ = false;
  using_ = true;
  for (const auto& [node, host] : nodes_) {
    waiting_for_[node] = 0;
    out.push_back({step::use, node, 0, library});
  }
}

library_rollout::actions library_rollout::remove(std::string_view file) {
  actions out;
  const auto at = std::find_if(current_.begin(), current_.end(), same_file(file));
  if (at == current_.end()) return out;
  for (const auto& [node, host] : nodes_) out.push_back({step::drop, node, 0, *at});
  out.push_back({step::done, 0, 0, std::move(*at)});
  current_.erase(at);
  return out;
}

library_rollout::actions library_rollout::node_joined(node_key node, const std::string& host) {
  actions out;
  nodes_[node] = host;
  if (!staging_) return out; // what is being taken into use is among the current ones
  waiting_for_[node] = 0;
  out.push_back({step::stage, node, 0, queue_.front().library});
  return out;
}

library_rollout::actions library_rollout::node_gone(node_key node) {
  actions out;
  const auto host = nodes_.extract(node);
  if (!host) return out;
  const auto others =
      std::any_of(nodes_.begin(), nodes_.end(), [&](const auto& n) { return n.second == host.mapped(); });
  if (!others)
    for (auto& l : current_) l.unfit.erase(host.mapped());
  waiting_for_.erase(node);
  advance(out);
  return out;
}

library_rollout::actions library_rollout::verdict(node_key node, const std::string& hash, bool fit,
                                                  const std::string& why) {
  actions out;
  const auto at = nodes_.find(node);
  if (at == nodes_.end()) return out;
  if (staging_ && queue_.front().library.hash == hash) {
    if (waiting_for_.erase(node) == 0) return out;
    if (!fit) unfit_[at->second] = why;
    advance(out);
    return out;
  }
  for (auto& l : current_) {
    if (l.hash != hash) continue;
    fit ? static_cast<void>(l.unfit.erase(at->second)) : static_cast<void>(l.unfit[at->second] = why);
  }
  return out;
}

library_rollout::actions library_rollout::in_use(node_key node, const std::string& hash) {
  actions out;
  if (const auto at = nodes_.find(node); at != nodes_.end()) // it may have been given up meanwhile
    for (auto& l : current_)
      if (l.hash == hash) l.unfit.erase(at->second);
  if (!using_ || queue_.front().library.hash != hash) return out;
  waiting_for_.erase(node);
  advance(out);
  return out;
}

void library_rollout::heard_from(node_key node) {
  if (const auto at = waiting_for_.find(node); at != waiting_for_.end()) at->second = 0;
}

library_rollout::actions library_rollout::tick() {
  actions out;
  for (auto& [node, ticks] : waiting_for_) {
    if (++ticks < patience) continue;
    const auto& host = nodes_[node];
    const auto for_so_long = " for " + std::to_string(patience) + " s";
    unfit_[host] =
        staging_ ? "host " + host + " has not answered" + for_so_long
                 : "host " + host + " has it, but has not said" + for_so_long + " that its tasks use it; the others do";
    if (!using_) continue;
    for (auto& l : current_)
      if (l.hash == queue_.front().library.hash) l.unfit[host] = unfit_[host];
  }
  std::erase_if(waiting_for_, [](const auto& entry) { return entry.second >= patience; });
  advance(out);
  return out;
}

bool library_rollout::wanted(const std::string& hash) const {
  const auto is = [&hash](const shipped_library& l) { return l.hash == hash; };
  return std::any_of(current_.begin(), current_.end(), is) ||
         std::any_of(queue_.begin(), queue_.end(), [&](const pending& p) { return is(p.library); });
}

} // namespace pactor::core
