#include "pactor/detail/join.hpp"

#include "runtime/core/targets.hpp"

#include <cstring>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace pactor::detail {

namespace {

/// What an element is, as far as it matters for whether it stands beside others.
std::string kind_of(const value& v) {
  if (v.is_number()) return "number";
  if (v.is_map()) return "map";
  const auto* block = v.get_if<any_array>();
  // A list of numbers travels as an array, an empty one does not.
  return v.is_array() || (block && block->shape().size() == 1) ? "list" : v.type_name();
}

/// The one kind of all elements; nothing if there are none or several kinds.
std::optional<std::string> common_kind(std::span<const value> elements) {
  std::set<std::string> kinds;
  for (const auto& v : elements) kinds.insert(kind_of(v));
  return kinds.size() == 1 ? std::optional{*kinds.begin()} : std::nullopt;
}

bool is_sequence(const object& o) {
  if (o.type == kind::ARRAY) return true;
  const auto block = read_block(o);
  return block && block->rank == 1;
}

/// All parts are arrays of one type: one array, by one copy. Else nothing.
std::optional<any_array> join_blocks(const submission& s, const std::deque<message>& parts) {
  std::vector<block_view> blocks;
  std::vector<std::vector<std::size_t>> shapes;
  for (const auto& m : parts) {
    const auto block = read_block(m.root());
    if (!block || block->rank == 0 || (!blocks.empty() && block->type != blocks.front().type)) return std::nullopt;
    blocks.push_back(*block);
    const auto shape = block->shape();
    shapes.emplace_back(shape.begin(), shape.end());
  }
  if (blocks.empty()) return std::nullopt;
  const row_joiner rows{shapes};
  const auto row_bytes = rows.row_size() * item_size(blocks.front().type);
  auto all = bytes::allocate(rows.shape()[0] * row_bytes);
  auto* out = all.data();
  rows.each_run(s.distribution, [&](std::size_t part, std::size_t row, std::size_t count) {
    const auto size = count * row_bytes;
    if (size == 0) return;
    std::memcpy(out, blocks[part].data + row * row_bytes, size);
    out += size;
  });
  return any_array{blocks.front().type, rows.shape(), std::move(all)};
}

std::optional<binary> join_binary(const submission& s, const std::deque<message>& parts) {
  if (std::ranges::any_of(parts, [](const message& m) { return m.root().type != kind::BIN; })) return std::nullopt;
  std::vector<binary> pieces(parts.size());
  for (std::size_t i = 0; i < parts.size(); ++i) read_bytes(parts[i].root(), pieces[i]);
  if (s.distribution == distribution::round_robin) return interleave(std::move(pieces));
  binary all;
  for (const auto& p : pieces) all.insert(all.end(), p.begin(), p.end());
  return all;
}

} // namespace

row_joiner::row_joiner(const std::vector<std::vector<std::size_t>>& parts) : rows_(parts.size()), shape_{0} {
  const auto elements = [](const std::vector<std::size_t>& shape) {
    std::size_t count = 0;
    return count_elements(shape, count) ? count : 0;
  };
  // The fullest one says what the others have to be like; one that is empty may have any shape.
  const std::vector<std::size_t>* model = nullptr;
  for (const auto& p : parts)
    if (!model || p.size() > model->size() || (p.size() == model->size() && elements(*model) == 0)) model = &p;
  if (!model) return;
  shape_ = *model;
  shape_[0] = 0;
  const std::vector<std::size_t> row(model->begin() + 1, model->end());
  for (const auto n : row) row_size_ *= n;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto& p = parts[i];
    if (p.size() == model->size() && std::ranges::equal(std::span{p}.subspan(1), row))
      rows_[i] = p[0];
    else if (p == row)
      rows_[i] = 1;
    else if (elements(p) > 0)
      throw error{ec::signature_mismatch, "arrays of different shapes"};
    shape_[0] += rows_[i];
  }
}

void raise_unequal(const submission& s, std::string_view wanted, const std::deque<message>& parts) {
  std::vector<std::pair<std::string, std::set<int>>> kinds; // in the order in which they come up
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto what = describe(parts[i].root());
    if (const auto block = read_block(parts[i].root()); block && block->rank != 1) {
      std::string shape;
      for (const auto n : block->shape()) shape += (shape.empty() ? "" : "x") + std::to_string(n);
      what += " of " + shape;
    }
    auto known = std::ranges::find(kinds, what, &decltype(kinds)::value_type::first);
    if (known == kinds.end()) known = kinds.emplace(known, std::move(what), std::set<int>{});
    known->second.insert(s.tasks->at(i).engine);
  }
  std::string all;
  for (const auto& [what, engines] : kinds)
    all += (all.empty() ? "" : "; ") + std::string{engines.size() == 1 ? "engine " : "engines "} +
           core::engine_list(std::vector<int>(engines.begin(), engines.end())) + ": " + what;
  failure f;
  f.code = ec::signature_mismatch;
  f.job = s.job->name;
  f.what = (s.subject.empty() ? "the results of " + f.job : s.subject) + " can't be put together as " +
           (wanted == type_name<value>() ? "one sequence" : std::string{wanted}) + ": " + all;
  throw signature_mismatch{std::move(f)};
}

value join_values(const submission& s, const std::deque<message>& parts) {
  if (auto array = join_blocks(s, parts)) return std::move(*array);
  if (auto bytes = join_binary(s, parts)) return std::move(*bytes);
  std::vector<std::vector<value>> pieces;
  std::set<std::string> kinds;
  for (const auto& m : parts) {
    auto v = read_value(m.root());
    pieces.push_back(is_sequence(m.root()) ? elements_of(std::move(v)) : std::vector{std::move(v)});
    if (auto kind = common_kind(pieces.back())) kinds.insert(std::move(*kind));
  }
  if (kinds.size() > 1) throw error{ec::signature_mismatch, "parts of different kinds"};
  if (s.distribution == distribution::round_robin) return interleave(std::move(pieces));
  value::array all;
  for (auto& p : pieces) all.insert(all.end(), std::make_move_iterator(p.begin()), std::make_move_iterator(p.end()));
  return all;
}

} // namespace pactor::detail
