#pragma once
// The engine that a job runs on, as the job sees it.

#include "pactor/codec.hpp"
#include "pactor/detail/compiled.hpp"
#include "pactor/detail/native.hpp"
#include "pactor/error.hpp"
#include "pactor/job_abi.h"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <ranges>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace pactor {

/// A job read a variable that the engine's namespace does not have.
class missing_variable : public error {
public:
  explicit missing_variable(const std::string& what) : error{ec::missing_variable, what} {}
};

namespace detail {

/// Whether the worker knows about cancellation: those of an earlier version, and tests, may not.
inline bool has_control(const pactor_host& host) noexcept {
  return host.size >= offsetof(pactor_host, sleep) + sizeof(host.sleep) && host.sleep;
}

} // namespace detail

/// Someone ended the running task: thrown where a job checks, or waits by pactor's own means. A job lets it pass, after
/// whatever it has to put in order.
class interrupted : public error {
public:
  explicit interrupted(const std::string& what) : error{ec::cancelled, what} {}
};

/// The optional first parameter of a job: its engine and the engine's variables. Valid during the call, in the job's
/// own thread only.
class context {
public:
  explicit context(const pactor_host& host) noexcept : host_{host} {}

  /// The engine's number.
  [[nodiscard]] int engine() const noexcept { return host_.engine; }
  /// The name of the host that the engine runs on.
  [[nodiscard]] std::string_view host() const noexcept { return host_.host_name; }

  /// A copy of a variable, converted as a job's argument would be if it is of another type.
  /// @throws missing_variable, error{signature_mismatch}
  template <class T>
  [[nodiscard]] T get(std::string_view name) const {
    const auto v = find(name);
    if (!v.native) return decoded<T>(v.encoded, v.encoded_size);
    if (const auto* object = detail::native_cast<T>(*v.native)) {
      if constexpr (std::copy_constructible<T>) return *object;
    }
    const auto encoded = detail::encode_native(*v.native);
    return decoded<T>(encoded.data(), encoded.size());
  }

  /// The variable itself, to read and to change. One that was pushed is decoded at the first use and stays a T from
  /// then on. Valid until the variable is set, erased or pushed again.
  /// @throws missing_variable, error{signature_mismatch} also if a job made it an object of another type
  template <class T>
  [[nodiscard]] T& ref(std::string_view name) {
    const auto v = find(name);
    if (!v.native) return set(name, decoded<T>(v.encoded, v.encoded_size));
    if (auto* object = detail::native_cast<T>(*v.native)) return *object;
    throw error{ec::signature_mismatch,
                "variable " + std::string{name} + " is a " + v.native->name + " and no " + std::string{type_name<T>()}};
  }

  /// The elements of an array variable where they lie: a pushed array is not copied. One that was pushed as something
  /// else, such as a list of numbers, becomes a vector first. Valid as long as a ref().
  /// @throws missing_variable, error{signature_mismatch}
  template <numeric T>
  [[nodiscard]] std::span<const T> view(std::string_view name) {
    const auto v = find(name);
    if (!v.native) {
      const detail::message m{v.encoded, v.encoded_size};
      if (const auto block = detail::read_block(m.root()))
        if (const auto elements = block->in_place<T>()) return *elements;
      if (const auto block = detail::read_block(m.root()); block && block->rank != 1)
        return std::as_const(ref<ndarray<T>>(name)).values();
      return ref<std::vector<T>>(name);
    }
    if (const auto* array = detail::native_cast<ndarray<T>>(*v.native)) return array->values();
    return ref<std::vector<T>>(name);
  }

  /// Makes `v` a variable, as the C++ object that it is; it is encoded when someone pulls it. @return the variable
  template <class T>
  std::decay_t<T>& set(std::string_view name, T&& v) {
    using object_type = std::decay_t<T>;
    auto object = std::make_unique<object_type>(std::forward<T>(v));
    const auto native = detail::describe_native(*object);
    if (!host_.put(host_.state, name.data(), name.size(), &native)) throw std::bad_alloc{};
    return *object.release(); // the namespace owns it now
  }

  [[nodiscard]] bool contains(std::string_view name) const {
    pactor_variable v{sizeof v, nullptr, 0, nullptr};
    return host_.find(host_.state, name.data(), name.size(), &v) != 0;
  }

  /// @return false if there was none
  bool erase(std::string_view name) { return host_.erase(host_.state, name.data(), name.size()) != 0; }

  /// The names of all variables, sorted.
  [[nodiscard]] PACTOR_INLINE std::vector<std::string> names() const;

  /// Whether this task is to end: someone cancelled it, or it ran longer than its limit. Costs a few nanoseconds; a
  /// job that runs long asks now and then, and returns what it has.
  [[nodiscard]] bool cancelled() const noexcept { return cancellation() != PACTOR_GO_ON; }
  /// The same for jobs that have nothing to return then. @throws interrupted
  void check_cancelled() const { end_if(cancellation()); }
  /// Waits, unless the task is to end. Use it rather than std::this_thread::sleep_for: that can't be cancelled.
  /// @throws interrupted
  template <class Rep, class Period>
  void sleep_for(std::chrono::duration<Rep, Period> time) const {
    constexpr std::chrono::duration<double> longest{std::chrono::hours{24 * 365 * 100}};
    const auto limited = std::min<std::chrono::duration<double>>(time, longest);
    if (!detail::has_control(host_)) return std::this_thread::sleep_for(time);
    end_if(host_.sleep(host_.control, std::chrono::duration_cast<std::chrono::nanoseconds>(limited).count()));
  }

  /// Tells whoever called the job a value while it runs: of each name the latest, by async_result::data(). Costs
  /// little as often as it is done; faster than 256 KiB a second, values are replaced before they are sent. The last
  /// value of each name arrives when the task ends.
  /// @param name 1 to 255 bytes
  /// @throws error{too_large} if the task's latest values are more than 1 MiB together, error{invalid_argument}
  template <encodable T>
  void publish(std::string_view name, const T& v) {
    if (!speaks()) refuse("publish values");
    const auto encoded = encode(v);
    const auto said = host_.publish(host_.speaker, name.data(), name.size(), encoded.data(), encoded.size());
    if (said != PACTOR_SAID) not_said(said, "publish", name, encoded.size(), "1 MiB of the latest values");
  }

  /// Hands a picture or file to whoever called the job: async_result::displayed(), `pactor apply --save`.
  /// @param media_type such as `image/svg+xml`; 1 to 255 bytes
  /// @param data its bytes; 16 MiB and 1000 items in all a task
  /// @param name to save it under, at most 255 bytes; may be ""
  /// @throws error{too_large}, error{invalid_argument}
  PACTOR_INLINE void display(std::string_view media_type, std::string_view data, std::string_view name = {});
  /// The same of bytes in any contiguous range: `std::vector<unsigned char>`, `std::span<const std::byte>`.
  template <std::ranges::contiguous_range R>
  requires(sizeof(std::ranges::range_value_t<R>) == 1 &&
           !std::convertible_to<const R&, std::string_view>) void display(std::string_view media_type, const R& data,
                                                                          std::string_view name = {}) {
    display(media_type,
            std::string_view{reinterpret_cast<const char*>(std::ranges::data(data)), std::ranges::size(data)}, name);
  }

private:
  [[nodiscard]] std::int32_t cancellation() const noexcept {
    return detail::has_control(host_) ? host_.cancelled(host_.control) : PACTOR_GO_ON;
  }
  PACTOR_INLINE static void end_if(std::int32_t cancellation);
  [[nodiscard]] bool speaks() const noexcept {
    return host_.size >= offsetof(pactor_host, display) + sizeof host_.display && host_.publish && host_.display;
  }
  [[noreturn]] PACTOR_INLINE static void refuse(const std::string& what);
  [[noreturn]] PACTOR_INLINE static void not_said(std::int32_t said, const std::string& verb, std::string_view name,
                                                  std::size_t size, const std::string& limit);
  template <class T>
  static T decoded(const char* data, std::size_t size) {
    if constexpr (encodable<T>)
      return decode<T>(data, size);
    else
      throw error{ec::signature_mismatch,
                  decode<value>(data, size).type_name() + " does not fit in " + std::string{type_name<T>()}};
  }
  [[nodiscard]] PACTOR_INLINE pactor_variable find(std::string_view name) const;
  const pactor_host& host_;
};

#ifdef PACTOR_BODIES
PACTOR_INLINE std::vector<std::string> context::names() const {
  std::vector<std::string> all;
  host_.names(
      host_.state,
      [](void* user, const char* name, std::size_t size) {
        static_cast<std::vector<std::string>*>(user)->emplace_back(name, size);
      },
      &all);
  return all;
}

PACTOR_INLINE void context::display(std::string_view media_type, std::string_view data, std::string_view name) {
  if (!speaks()) refuse("display anything");
  const auto said = host_.display(host_.speaker, media_type.data(), media_type.size(), name.data(), name.size(),
                                  data.data(), data.size());
  if (said != PACTOR_SAID)
    not_said(said, "display", name.empty() ? media_type : name, data.size(), "16 MiB and 1000 items");
}

PACTOR_INLINE void context::end_if(std::int32_t cancellation) {
  if (cancellation == PACTOR_CANCELLED) throw interrupted{"the task was cancelled"};
  if (cancellation == PACTOR_INTERRUPTED) throw interrupted{"the task was interrupted (SIGINT)"};
}

PACTOR_INLINE void context::refuse(const std::string& what) {
  throw error{ec::invalid_argument, "the worker is of an older pactor, in which jobs can't " + what};
}

PACTOR_INLINE void context::not_said(std::int32_t said, const std::string& verb, std::string_view name,
                                     std::size_t size, const std::string& limit) {
  if (said == PACTOR_SAID_NO_MEMORY) throw std::bad_alloc{};
  if (said == PACTOR_SAID_BAD_NAME)
    throw error{ec::invalid_argument, "can't " + verb + ": names and media types have 1 to 255 bytes"};
  throw error{ec::too_large, "can't " + verb + " " + std::string{name} + " of " + std::to_string(size) +
                                 " bytes: a task has at most " + limit +
                                 "; return it as the result, or make it a variable"};
}

PACTOR_INLINE pactor_variable context::find(std::string_view name) const {
  pactor_variable v{sizeof v, nullptr, 0, nullptr};
  if (!host_.find(host_.state, name.data(), name.size(), &v))
    throw missing_variable{"engine " + std::to_string(engine()) + " has no variable " + std::string{name}};
  return v;
}
#endif

} // namespace pactor
