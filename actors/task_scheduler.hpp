#pragma once
// The task scheduler: carries work to the engine that it chooses, and runs it elsewhere when that engine is lost.

#include "actors/scheduler_base.hpp"
#include "runtime/core/task_core.hpp"

#include <map>

namespace pactor {

class task_scheduler_state final : public scheduler_base {
public:
  explicit task_scheduler_state(std::function<void()> flush_later)
      : scheduler_base{transport::balanced, std::move(flush_later)} {}

  /// The engine of a living node can't run tasks now, or can again.
  void available(const engine_available& e);
  [[nodiscard]] std::size_t waiting() const { return core_.waiting(); }

private:
  void engine_joined(int engine) override { core_.engine_joined(engine); }
  std::vector<std::pair<std::uint32_t, std::uint64_t>> engine_lost(int engine) override;
  void client_gone(std::uint32_t client) override;
  void on_tasks(client_entry& from, const detail::bytes& batch) override;
  std::optional<std::pair<std::uint32_t, std::uint64_t>> on_outcome(const wire::record& r,
                                                                    std::string_view payload) override;
  std::optional<core::task_core::running> on_output(const wire::record& r) override;
  withdrawal withdraw(std::uint32_t client, std::span<const std::uint64_t> numbers) override;
  void on_piece(const frame_in& f) override;
  void on_credit(const frame_in& f) override;
  void on_abandon(const frame_in& f) override;
  void before_flush() override;
  void peer_gone(const transport::link_ptr& which) override;

  /// A task whose payload is still on its way from the client: it is queued when it is here, so that it can be
  /// handed out again after a loss.
  struct upload {
    std::uint32_t client;
    std::uint64_t number;
    std::vector<int> allowed;
    detail::bytes options;
  };
  using task_key = std::pair<std::uint32_t, std::uint64_t>; // client and its number
  void submit(std::uint32_t client, std::uint64_t number, detail::slice payload, std::span<const int> allowed,
              std::uint64_t transfer_size, detail::bytes options);
  void forget(const task_key& task) {
    if (!with_options_.empty()) with_options_.erase(task);
  }
  using uploads = std::map<std::pair<const transport::link*, std::uint64_t>, upload>;
  void lose_upload(uploads::iterator u);
  void give_up(const core::given_up& g, int engine, const failure* last);

  core::task_core core_;
  std::vector<int> allowed_;                       // of the task record that follows
  std::map<task_key, detail::bytes> with_options_; // tasks that have not ended and have other options than the defaults
  uploads uploads_;
  piece_assemblies assemblies_;
  piece_senders senders_;
};

} // namespace pactor
