#pragma once
// The user's end of a cluster: connects, and hands out the views that run jobs on it.
//
//   pactor::client c;
//   auto view = c[pactor::all];
//   std::vector<double> y = view.map_sync(power10, std::views::iota(0, 7));

#include "pactor/async_result.hpp"
#include "pactor/direct_view.hpp"
#include "pactor/error.hpp"
#include "pactor/job_descriptor.hpp"
#include "pactor/load_balanced_view.hpp"
#include "pactor/targets.hpp"
#include "pactor/value.hpp"
#include "pactor/wait.hpp"

namespace pactor {

/// A connection to a cluster. A cheap copyable handle, safe to use from any thread; the connection ends with the last
/// copy, view and async_result of it.
class client {
public:
  /// Connects to the cluster of the options' profile, or of the default one.
  /// @throws not_connected, error{refused | configuration | incompatible_version}
  explicit client(const client_options& options = {});
  /// Stands on a session that is there already.
  explicit client(std::shared_ptr<detail::session> session);

  /// Numbers of the engines, ascending; kept current by the controller.
  [[nodiscard]] std::vector<int> ids() const;
  /// How many engines there are.
  [[nodiscard]] std::size_t size() const { return ids().size(); }
  /// Waits until there are `n` engines.
  /// @throws timeout_error "9 engines not ready in 0.5 s; ready: 1", not_connected
  void wait_for_engines(std::size_t n, seconds timeout = seconds{30}) const;

  /// Every job that the cluster knows, by name.
  [[nodiscard]] std::vector<job_info> jobs() const;
  /// The engines and what they do, the controller and where it listens.
  [[nodiscard]] cluster_status status() const;

  /// The engine of this number; a negative one counts from the end. Calls on it return one result, not a list.
  /// @throws error{invalid_argument} "no engine 7: the engines are 0-3"
  [[nodiscard]] engine_view operator[](int engine) const;
  /// Several engines, by any form of targets: `c[all]` stands for those of each later moment, every other form for
  /// the engines of now. Throws as above.
  [[nodiscard]] pactor::direct_view operator[](const targets& t) const { return direct_view(t); }
  [[nodiscard]] pactor::direct_view operator[](std::initializer_list<int> engines) const {
    return direct_view(targets{engines});
  }
  [[nodiscard]] pactor::direct_view direct_view(const targets& t = all) const;
  /// Throws as operator[]. Only `all` sees engines that join later.
  [[nodiscard]] pactor::load_balanced_view load_balanced_view(const targets& t = all) const;

  /// True until the controller went away or close() was called.
  [[nodiscard]] bool connected() const;
  /// Ends the connection for all copies; the cluster goes on. What had not come back fails with not_connected.
  void close() const;

private:
  std::shared_ptr<detail::gateway> gate_;
};

} // namespace pactor
