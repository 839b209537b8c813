#pragma once
// The direct scheduler: carries work to the engines that the client names, in order for each engine.

#include "actors/scheduler_base.hpp"
#include "runtime/core/direct_core.hpp"

namespace pactor {

class direct_scheduler_state final : public scheduler_base {
public:
  explicit direct_scheduler_state(std::function<void()> flush_later) : scheduler_base{0, std::move(flush_later)} {}

  /// What one client may have open.
  void limit_open(core::open_limits most) { core_.limit_open(most); }
  /// Accepts nothing for these any more. @pre they have nothing, or it is lost
  void close(const close_engines& c);
  [[nodiscard]] table_sizes tables() const override;

private:
  void set_life(std::uint32_t life) override { core_.set_life(life); }
  void engine_joined(int engine) override { core_.engine_joined(engine); }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> engine_lost(int engine, const failure& why) override;
  void client_gone(std::uint32_t client) override;
  [[nodiscard]] std::size_t left(int engine) const override { return core_.pending(engine); }
  void payloads_lost(const piece_relay::cargo& tasks) override;
  bool has_task(const core::owner& task) override { return core_.is_open(task); }
  void on_tasks(client_entry& from, const detail::bytes& batch) override;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> on_outcome(const wire::record& r,
                                                                    std::string_view payload) override;
  std::optional<core::task_core::running> on_output(const wire::record& r) override;
  withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) override;
  bool has_open(const core::owner& task) override { return core_.is_open(task); }
  [[nodiscard]] std::vector<core::open_task> open_tasks(std::size_t most) const override {
    return core_.open_tasks(most);
  }
  [[nodiscard]] std::size_t open() const override { return core_.pending(); }
  void log_in(core::task_log* l) override { core_.log_in(l); }
  void on_piece(const frame_in& f) override { upward_piece(f); }
  void on_credit(const frame_in& f) override { upward_credit(f); }
  void on_abandon(const frame_in& f) override { upward_abandon(f); }

  /// @param what its payload is at the node
  /// @return the task's id at the engine; nothing if it is not to be sent: the engine has it already, there is no such
  /// engine, or the client has too much open, which it is told
  std::optional<std::uint64_t> accept(const client_entry& from, const target& t, std::uint16_t flags,
                                      const core::burden& what);
  /// @param what the payload is, which all share
  std::vector<std::pair<node_entry*, std::vector<target>>> by_node(const client_entry& from, std::uint16_t flags,
                                                                   core::burden what);
  void on_task(client_entry& from, const wire::record& r, const char* payload);
  void send_to(node_entry& n, std::vector<target> targets, wire::record r, const char* payload);
  void send_options(node_entry& n) const;

  core::direct_core core_;
  std::vector<target> targets_; // of the task record that follows
};

} // namespace pactor
