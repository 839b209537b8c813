#pragma once
// What the views of one client share: its session, and which calls were found right before.

#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/map_source.hpp"
#include "pactor/detail/session.hpp"
#include "pactor/distribution.hpp"
#include "pactor/signature.hpp"
#include "pactor/targets.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace pactor::detail {

/// `(double, vector<int64>)`
template <class... Args>
inline constexpr auto arguments_text = fixed_text{"("} + join(fixed_text{", "}, text_of<Args>...) + fixed_text{")"};

/// The engines of one view: fixed numbers, or whoever is there at each call.
struct engine_set {
  bool lazy = true;
  std::vector<int> numbers; ///< fixed
};

/// From this size on, in bytes, memory that is shared with engines is worth its administration.
inline constexpr std::size_t large_payload = std::size_t{32} << 10;

/// Null for the defaults, so that calls with them cost nothing more.
inline std::shared_ptr<const task_options> shared_options(const task_options& options) {
  return options == task_options{} ? nullptr : std::make_shared<const task_options>(options);
}

/// @throws error{invalid_argument} for numbers that make no sense
void check_options(const task_options& o);
/// For a load-balanced view of this client. @throws also invalid_dependency
void check_balanced_options(const task_options& o, const std::shared_ptr<const session>& client);
/// For a direct view. @throws error{invalid_argument} also for what only a load-balanced one can do
void check_direct_options(const task_options& o);

/// What elements of maps took lately, by job. Thread-safe.
class element_times {
public:
  /// @param all of so many elements
  void note(const std::string& job, std::chrono::duration<double> all, std::size_t elements);
  /// The mean of the job's last map; nothing if there was none.
  [[nodiscard]] std::optional<std::chrono::duration<double>> of(const std::string& job) const;

private:
  static constexpr std::size_t most = 10'000; ///< jobs
  mutable std::mutex mutex_;
  std::unordered_map<std::string, std::chrono::duration<double>> known_;
};

/// Thread-safe.
class gateway {
public:
  explicit gateway(std::shared_ptr<session> s) : session_{std::move(s)} {}

  [[nodiscard]] const std::shared_ptr<session>& peer() const noexcept { return session_; }

  /// Names the engines that `t` means now. @throws as targets::resolve
  [[nodiscard]] engine_set resolve(const targets& t) const;
  /// The engines that a directed call of `job` goes to now.
  /// @throws no_engines; engine_lost if a fixed one is gone
  [[nodiscard]] std::vector<int> reach(const engine_set& engines, std::string_view job) const;
  /// The engines that a balanced call of `job` may go to now; empty is all.
  /// @throws engine_lost if the set is fixed and none of it is there
  [[nodiscard]] std::vector<int> allow(const engine_set& engines, std::string_view job) const;

  /// A directed call's payload; a large one in memory that engines of this host read in place.
  template <class... Args>
  slice encode(std::string_view job, call_mode mode, const Args&... args) const {
    const auto size = call_bytes(job, args...);
    return encode_call_in(size > large_payload ? session_->large_memory(size) : bytes{}, job, mode, args...);
  }

  /// The job of this name, once it is sure that `Args` fit it. Costs one look-up from the second time on.
  /// @throws unknown_job, signature_mismatch: nothing was sent then
  template <class... Args>
  std::shared_ptr<const job_info> check(std::string_view job) {
    return check_once(job, arguments_text<Args...>.view());
  }
  /// The same with the types in a tuple.
  template <class... Args>
  std::shared_ptr<const job_info> check_elements(const std::tuple<Args...>*, std::string_view job) {
    return check<Args...>(job);
  }
  /// The same for arguments whose types are known only now; asked anew each time.
  std::shared_ptr<const job_info> check_now(std::string_view job, std::string_view types) const;

  /// Jobs of a library that engines were told to load: they can be called from now on, by this client.
  void know(const std::vector<job_info>& jobs);

  /// Where the tasks of a load-balanced map begin, then `n`. @param chunk elements of each; 0 is automatic, by what
  /// elements of this job took in the last map
  [[nodiscard]] std::vector<std::size_t> chunks(const std::string& job, std::size_t n, std::size_t chunk,
                                                std::size_t engines) const;
  /// Remembers for chunks() what these tasks take, once they have ended.
  void learn(const call& tasks, const std::vector<std::size_t>& starts) const;

  /// @throws error{invalid_argument} for a number that is no signal
  void signal_engines(std::span<const int> engines, int number) const;

private:
  struct checked_call {
    std::string job;
    const char* types;
  };
  struct checked_call_view {
    std::string_view job;
    const char* types;
  };
  struct hash {
    using is_transparent = void;
    std::size_t operator()(const auto& key) const {
      return std::hash<std::string_view>{}(key.job) ^ std::hash<const char*>{}(key.types);
    }
  };
  struct equal {
    using is_transparent = void;
    bool operator()(const auto& a, const auto& b) const { return a.types == b.types && a.job == b.job; }
  };

  /// @param types lives as long as the program: its address is its identity
  std::shared_ptr<const job_info> check_once(std::string_view job, std::string_view types);

  /// The job of this name; nothing if there is none.
  [[nodiscard]] std::optional<job_info> find(std::string_view job) const;

  std::shared_ptr<session> session_;
  std::unordered_map<std::string, job_info> imported_; ///< by name
  std::shared_ptr<element_times> times_ = std::make_shared<element_times>();
  mutable std::shared_mutex mutex_;
  std::unordered_map<checked_call, std::shared_ptr<const job_info>, hash, equal> checked_;
};

/// Where the parts of a map begin: contiguous, the first `n % parts` one longer, none empty; then `n` itself.
[[nodiscard]] std::vector<std::size_t> split_evenly(std::size_t n, std::size_t parts);
/// The same for parts of `chunk` elements. 0 is automatic: four parts an engine, so that one that is slow or late
/// costs little and the overhead of a task is shared by many elements.
[[nodiscard]] std::vector<std::size_t> split_chunks(std::size_t n, std::size_t chunk, std::size_t engines);
/// One part an engine, empty ones included.
[[nodiscard]] std::vector<stretch> split(std::size_t n, std::size_t parts, distribution d);
/// The length that all sequences of a call have. @throws error{invalid_argument} naming the lengths
std::size_t common_length(std::span<const std::size_t> lengths);
/// The same for those of these sources that are divided.
template <class... Source>
std::size_t common_length_of(const Source&... source) {
  static_assert((dividing<Source> || ...), "there is no sequence to divide");
  std::vector<std::size_t> lengths;
  const auto add = [&lengths]<class S>(const S& s) {
    if constexpr (dividing<S>) lengths.push_back(s.size());
  };
  (add(source), ...);
  return common_length(lengths);
}

} // namespace pactor::detail
