#pragma once
// The hub's list of nodes and engines: who has which number.

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace pactor::core {

/// What a node says of one of its engines.
struct engine_condition {
  std::string state = "starting"; ///< as engine_status is spelt
  int pid = 0;                    ///< of its worker
  std::uint32_t restarts = 0;
  std::uint64_t queued = 0;
  std::uint64_t completed = 0;
  std::string last_loss{};

  friend bool operator==(const engine_condition&, const engine_condition&) = default;
};

struct engine_entry {
  int id = -1;
  std::uint64_t node = 0;
  std::string host;
  engine_condition condition;
};

/// Numbers engines. A number that was given out goes to no other engine in this run, except to one that asks for it
/// while it is free: an engine that was cut off comes back under its own.
class engine_table {
public:
  /// Numbers above this are not honoured: they would leave none to give out.
  static constexpr int highest_request = 1'000'000;

  /// @param next  number to begin with, for example the one after the last of an earlier run
  explicit engine_table(int next = 0) noexcept : next_{next} {}

  /// @param requested  one an engine: the number it had before, or -1
  /// @param pids  of the workers, as many or none
  /// @return one number an engine; nothing if the node is known already
  [[nodiscard]] std::vector<int> node_joined(std::uint64_t node, const std::string& host,
                                             std::span<const int> requested, std::span<const int> pids = {});
  /// A known node gets further engines. @return their numbers; nothing if the node is not known
  [[nodiscard]] std::vector<int> engines_added(std::uint64_t node, std::size_t count);
  /// @return the engines that went with it, ascending
  std::vector<int> node_gone(std::uint64_t node);
  /// @return false if the node has no such engine: nothing is changed
  bool set_condition(std::uint64_t node, int engine, engine_condition c);

  [[nodiscard]] const engine_entry* find(int engine) const;
  /// Ascending.
  [[nodiscard]] std::vector<int> ids() const;
  /// By ascending number.
  [[nodiscard]] std::vector<engine_entry> list() const;
  [[nodiscard]] std::size_t size() const noexcept { return engines_.size(); }
  [[nodiscard]] int next() const noexcept { return next_; }

private:
  std::map<int, engine_entry> engines_;
  std::map<std::uint64_t, std::vector<int>> nodes_;
  int next_;
};

} // namespace pactor::core
