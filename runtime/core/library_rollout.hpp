#pragma once
// Which job libraries of clients a cluster has, and how a new build of one takes over: on all hosts or on none.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::core {

/// A library that a client sent.
struct shipped_library {
  std::string file; ///< file name: libraries of one name are builds of one library
  std::string hash;
  std::uint64_t size = 0;
  std::string origin;                       ///< who sent it, for people: `alice@laptop`
  std::int64_t since = 0;                   ///< seconds since the epoch
  std::map<std::string, std::string> unfit; ///< hosts that joined later and can't use it, and why

  friend bool operator==(const shipped_library&, const shipped_library&) = default;
};

/// Takes one library after the other. First every node gets it and says whether it can use it (stage); if all can, all
/// do (use); if one can't, nothing has changed. A node that joins gets what the cluster has.
/// One that says nothing for too long is waited for no more.
class library_rollout {
public:
  using node_key = std::uint64_t;
  using request = std::uint64_t;
  /// Libraries that wait for their turn.
  static constexpr std::size_t most_waiting = 64;
  static constexpr std::size_t most_libraries = 1'000;
  /// Ticks of silence after which a node that is waited for counts as one that can't.
  static constexpr int patience = 30;

  /// What is to be told.
  enum class step : std::uint8_t {
    stage,     ///< to a node: get it, and say whether it can be used
    use,       ///< to a node: tasks use it from now on; say when they do
    drop,      ///< to a node: tasks use it no more
    done,      ///< to who asked: every node uses it, but those that `why` names
    unusable,  ///< to who asked: nothing has changed; `why` says it of each host
    unchanged, ///< to who asked: the cluster uses it already
  };
  struct action {
    step what{};
    node_key node = 0;
    request who = 0;
    shipped_library library{};
    std::vector<std::string> why{};
  };
  using actions = std::vector<action>;

  /// @param current  of an earlier life of the controller
  explicit library_rollout(std::vector<shipped_library> current = {}) : current_{std::move(current)} {}

  /// A library that the controller has is to be used. @pre !full(library)
  [[nodiscard]] actions push(request who, shipped_library library);
  /// Why there is no room for one more; "" if there is. @param limit of the bytes of all
  [[nodiscard]] std::string full(const shipped_library& library, std::uint64_t limit) const;
  /// Tasks are to use it no more. @return nothing if there is none of this file name
  [[nodiscard]] actions remove(std::string_view file);
  /// A node joined; it was told of current().
  [[nodiscard]] actions node_joined(node_key node, const std::string& host);
  [[nodiscard]] actions node_gone(node_key node);
  /// A node has a library, and can use it or not.
  [[nodiscard]] actions verdict(node_key node, const std::string& hash, bool fit, const std::string& why);
  /// The tasks of a node use it.
  [[nodiscard]] actions in_use(node_key node, const std::string& hash);

  /// A node works at it: it asked for a part, say.
  void heard_from(node_key node);
  /// Time goes on: to be called once a second while waiting().
  [[nodiscard]] actions tick();
  [[nodiscard]] bool waiting() const noexcept { return !waiting_for_.empty(); }

  /// In the order in which they came: of jobs of one name in several libraries the call must say which.
  [[nodiscard]] const std::vector<shipped_library>& current() const noexcept { return current_; }
  /// Whether the controller is to keep it for nodes.
  [[nodiscard]] bool wanted(const std::string& hash) const;

private:
  struct pending {
    request who;
    shipped_library library;
  };
  /// The same content under another name, which hosts, that know libraries by content, would take for it; or null
  [[nodiscard]] const shipped_library* twin(const shipped_library& library) const;
  void start(actions& out);
  void advance(actions& out);
  void adopt(actions& out);

  std::vector<shipped_library> current_;
  std::map<node_key, std::string> nodes_; // and their hosts
  std::deque<pending> queue_;             // the first one is under way
  bool staging_ = false, using_ = false;
  std::map<node_key, int> waiting_for_;      // and for how many ticks it has said nothing
  std::map<std::string, std::string> unfit_; // of the first: hosts, and why
};

} // namespace pactor::core
