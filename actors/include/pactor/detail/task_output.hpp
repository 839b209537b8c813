#pragma once
// What tasks say while they run: what they print, publish and display, as the client keeps it.

#include "pactor/detail/bytes.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pactor {

/// Where a job prints to.
enum class text_stream : std::uint8_t { out, err };
/// `stdout`, `stderr`
[[nodiscard]] std::string_view to_string(text_stream s);

/// A picture or file that a job handed back: context::display().
struct displayed_item {
  std::size_t task = 0;   ///< index of the task in its call
  int engine = -1;        ///< that it ran on
  std::string media_type; ///< `image/png`
  std::string name;       ///< that the job gave it; may be "", and is no path to trust
  std::string data;       ///< bytes
  std::uint64_t size = 0; ///< bytes that there are to come in all

  /// False while a part is on its way; of a task that has ended, if it was lost with its engine, or left out because
  /// this client was too slow or keeps too much.
  [[nodiscard]] bool complete() const noexcept { return data.size() == size; }
};

namespace detail {

/// `12.3 MB`
[[nodiscard]] std::string render_size(std::uint64_t bytes);
/// `[... 12.3 MB not kept ...]` on a line of its own.
[[nodiscard]] std::string omission_note(std::uint64_t bytes);

/// Bytes that one client keeps of all outputs.
using output_budget = std::atomic<std::size_t>;

/// The first and the last part of a text; what is cut out between them is told.
class kept_text {
public:
  /// Bytes of each part.
  static constexpr std::size_t part = std::size_t{2} << 20;

  /// @param omitted bytes that were left out before `text`
  /// @param room bytes by which it may grow; the rest is cut
  /// @return by how many bytes it grew (or, negative, shrank)
  std::ptrdiff_t append(std::uint64_t omitted, std::string_view text, std::size_t room);
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::size_t size() const noexcept { return first_.size() + last_.size(); }

private:
  std::string first_, last_;
  std::uint64_t cut_ = 0;
};

/// Something that a task says, as it came.
struct utterance {
  std::uint16_t kind = 0; ///< wire::record_kind: output, published or displayed
  text_stream stream = text_stream::out;
  int engine = -1;
  std::uint32_t losses = 0;  ///< engines that died under the task before
  std::uint64_t omitted = 0; ///< bytes, or published values, that were left out before it
  slice payload;
};

/// A piece of what is printed, for who listens.
struct printed {
  std::size_t task = 0;
  int engine = -1;
  text_stream stream = text_stream::out;
  std::string text;
};

/// What somebody who listens has not taken yet. Bounded: who is slow misses something, and is told.
class live_output {
public:
  static constexpr std::size_t limit = std::size_t{8} << 20;
  void add(printed p);
  /// Without a limit: it was there before.
  void add_kept(printed p) { queue_.push_back(std::move(p)); }
  [[nodiscard]] bool empty() const noexcept { return queue_.empty(); }
  [[nodiscard]] std::deque<printed> take();

private:
  std::deque<printed> queue_;
  std::size_t size_ = 0;
  printed last_missed_;
  std::uint64_t missed_ = 0;
};

/// Somebody who is told what tasks publish or display: knows what has come since it was told last. Of each value only
/// the latest, so that it is bounded by what is kept. Not thread-safe: see call.
class audience {
public:
  enum class interest : std::uint8_t { values, items };
  using item = std::shared_ptr<const displayed_item>;
  struct said_value {
    std::size_t task = 0;
    int engine = -1;
    std::string name;
    bytes encoded;
  };
  /// In the order that it came.
  struct news {
    std::vector<said_value> values;
    std::vector<item> items;
  };

  /// @param wake is called when there is something, and not again before it was taken; it must not wait or throw
  audience(interest what, std::function<void()> wake) : what_{what}, wake_{std::move(wake)} {}

private:
  friend class task_outputs;
  using name_of_task = std::pair<std::size_t, std::string>;
  void published(std::size_t task, const std::string& name);
  void displayed(item complete);
  void wake();

  interest what_;
  std::function<void()> wake_;
  bool woken_ = false;
  std::set<name_of_task> changed_;
  std::vector<name_of_task> order_; // of what has changed
  std::vector<item> items_;
};

/// Of all tasks of a call. Not thread-safe: see call.
class task_outputs {
public:
  /// What is kept of all calls of a client, at most.
  static constexpr std::size_t most_kept = std::size_t{256} << 20;

  task_outputs() = default;
  task_outputs(const task_outputs&) = delete;
  task_outputs& operator=(const task_outputs&) = delete;
  ~task_outputs();

  /// @param budget of the client; shared by all its calls
  void hear(std::size_t task, const utterance& u, const std::shared_ptr<output_budget>& budget);
  /// Everything printed from now on, and before that what is kept so far.
  [[nodiscard]] std::shared_ptr<live_output> listen();
  /// From now on `a` is told, also of what is kept so far.
  void attend(const std::shared_ptr<audience>& a);
  /// What it has not been told yet.
  [[nodiscard]] audience::news take_news(audience& a) const;

  [[nodiscard]] std::string text(std::size_t task, text_stream s) const;
  /// The engine that a task ran on last; -1 if it has said nothing.
  [[nodiscard]] int engine(std::size_t task) const;
  /// The latest value of each name that a task has published, encoded.
  [[nodiscard]] std::map<std::string, bytes> published(std::size_t task) const;
  /// Values that it published and that did not get here, or were not kept, though no later one replaced them.
  [[nodiscard]] std::uint64_t unpublished(std::size_t task) const;
  /// What all tasks have displayed so far, in task order, each in the order of the job.
  [[nodiscard]] std::vector<std::shared_ptr<const displayed_item>> displayed() const;

private:
  struct entry {
    int engine = -1;
    std::uint32_t losses = 0;
    kept_text out, err;
    std::map<std::string, bytes> values;
    std::size_t values_size = 0;
    std::uint64_t missed_values = 0;
    std::map<std::uint32_t, std::shared_ptr<displayed_item>> items; // never changed once complete
    std::uint64_t items_size = 0;                                   // as announced
    std::size_t items_kept = 0;
    [[nodiscard]] std::size_t size() const { return out.size() + err.size() + values_size + items_kept; }
    kept_text& text_of(text_stream s) { return s == text_stream::out ? out : err; }
  };
  entry* entry_of(std::size_t task, const utterance& u);
  [[nodiscard]] std::size_t room() const;
  void publish(std::size_t task, entry& e, const utterance& u);
  void display(std::size_t task, entry& e, const utterance& u);
  void print(std::size_t task, entry& e, const utterance& u);
  void count(std::ptrdiff_t grown);
  template <class F>
  void tell(F&& f);

  std::map<std::size_t, entry> entries_;
  std::vector<std::weak_ptr<live_output>> listeners_;
  std::vector<std::weak_ptr<audience>> audiences_;
  std::shared_ptr<output_budget> budget_;
  std::size_t kept_ = 0;
};

} // namespace detail
} // namespace pactor
