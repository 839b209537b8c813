#pragma once
// A node's end of shipping job libraries: gets them from the controller, once for all engines, and looks whether they
// can be used here. An actor with a thread of its own: it reads and writes files, and waits for the dynamic loader.

#include "actors/messages.hpp"
#include "runtime/jobs/library_store.hpp"
#include "runtime/log.hpp"

#include <caf/actor.hpp>
#include <caf/behavior.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace pactor {

/// Without its actor. One thread at a time.
class library_keeper {
public:
  struct callbacks {
    std::function<void(const library_in_use&)> in_use; ///< to the node
    std::function<void()> settled;                     ///< to the node
    /// The jobs of a library on this host. @throws error{bad_library}
    std::function<std::vector<job_info>(const std::filesystem::path&)> inspect;
  };
  library_keeper(jobs::library_store store, log journal, callbacks out)
      : store_{std::move(store)}, journal_{std::move(journal)}, out_{std::move(out)} {}

  /// The node was welcomed, first or again: these are used, and no others.
  void listed(const libraries_listed& l);
  void frame(const frame_in& f);
  void link_down(const transport::link_ptr& which);

private:
  struct job {
    jobs::library_name library;
    bool use; ///< at once
  };
  struct fetching {
    job what;
    jobs::library_store::incoming draft;
    std::uint64_t tag = 0, asked = 0; ///< asked: for what lies before this offset
  };
  struct known {
    jobs::library_name library;
    std::optional<jobs::stored_library> file;
    bool used = false, was_used = false;
  };

  void order(const library_order& o);
  void part(const frame_in& f);
  void proceed();
  void begin(const job& j);
  [[nodiscard]] jobs::library_store::incoming receive(const jobs::library_name& l);
  void ask();
  void judge(const job& j, jobs::stored_library file);
  void unfit(const job& j, const std::string& why);
  void use(known& k, bool tell);
  void drop(const std::string& file);
  void report(const library_report& r, std::uint64_t tag = 0);
  [[nodiscard]] known* find(const std::string& hash);

  jobs::library_store store_;
  log journal_;
  callbacks out_;
  transport::link_ptr controller_;
  std::deque<job> jobs_;
  std::optional<fetching> fetching_;
  std::uint64_t last_tag_ = 0;
  std::deque<known> known_; // oldest first; held on disk: of each file name the last two, for tasks on their way
  bool settling_ = false;
};

/// The actor around it.
template <class Self>
caf::behavior library_keeper_actor(Self*, const std::shared_ptr<library_keeper>& keeper) {
  return {
      [keeper](const libraries_listed& l) { keeper->listed(l); },
      [keeper](const frame_in& f) { keeper->frame(f); },
      [keeper](const link_down& d) { keeper->link_down(d.which); },
  };
}

} // namespace pactor
