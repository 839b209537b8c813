#pragma once
// The controller's end of shipping job libraries: takes them from clients, keeps them on disk, and gives them to nodes.
// Part of the hub.

#include "actors/messages.hpp"
#include "runtime/core/library_rollout.hpp"
#include "runtime/jobs/library_store.hpp"
#include "runtime/log.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace pactor {

struct depot_setup {
  bool enabled = false;              ///< clients may send libraries
  std::filesystem::path directory{}; ///< where they are kept
  std::uint64_t limit = 0;           ///< bytes of all of them
};

class library_depot {
public:
  using node_key = core::library_rollout::node_key;

  /// @param before  of an earlier life of the controller; those whose content is gone are forgotten
  /// @param changed called when the cluster has others
  /// @param tick_later asks for tick() in a second
  library_depot(
      depot_setup setup, const log& journal, const std::vector<core::shipped_library>& before,
      std::function<void()> changed, std::function<void()> tick_later = [] {});

  [[nodiscard]] bool enabled() const noexcept { return setup_.enabled; }
  /// @throws error{bad_payload}
  void from_client(const frame_in& f);
  void part(const frame_in& f);
  /// @throws error{bad_payload}
  void from_node(node_key key, const frame_in& f);
  /// @return what it is welcomed with
  std::vector<wire_library> node_joins() const;
  /// It was welcomed.
  void node_joined(node_key key, const std::string& host, const transport::link_ptr& link);
  void node_gone(node_key key);
  void link_down(const transport::link_ptr& which);
  /// Nodes that say nothing are not waited for without end.
  void tick();

  /// Jobs of the libraries that a node uses.
  [[nodiscard]] jobs_answer jobs_of(node_key key) const;
  /// Whether jobs of a configured library of this file name are hidden: a client sent another build.
  [[nodiscard]] bool replaces(const std::string& file) const;
  [[nodiscard]] const std::vector<core::shipped_library>& current() const { return rollout_.current(); }

private:
  using request = core::library_rollout::request;
  struct asker {
    transport::link_ptr link;
    std::uint64_t tag;
  };
  struct upload {
    std::string by;
    std::uint64_t size; ///< that was announced
    jobs::library_store::incoming draft;
  };
  struct node {
    std::string host;
    transport::link_ptr link;
    std::map<std::string, jobs_answer> jobs; // by hash, of those that it can use
  };

  library_reply offer(const transport::link_ptr& from, const library_query& q);
  void commit(const frame_in& f, const library_query& q);
  library_reply remove(const std::string& file);
  [[nodiscard]] std::vector<library_entry> list() const;
  void send_part(const transport::link_ptr& to, std::uint64_t tag, const library_report& r);
  void carry_out(const core::library_rollout::actions& all);
  void release_unwanted();

  depot_setup setup_;
  log journal_;
  std::function<void()> changed_, tick_later_;
  bool ticking_ = false; // tick() is to come
  jobs::library_store store_;
  core::library_rollout rollout_;
  std::map<std::string, std::pair<jobs::library_name, jobs::stored_library>> kept_; // by hash
  std::map<const transport::link*, upload> uploads_;
  std::map<const transport::link*, std::string> senders_; // who says to be who, from its last offer
  std::map<request, asker> askers_;
  std::map<node_key, node> nodes_;
  request last_request_ = 0;
};

} // namespace pactor
