#pragma once
// What PACTOR_JOB makes of a function: an entry of the C ABI, and its line in the library's table of jobs.

#include "pactor/context.hpp"
#include "pactor/detail/argument.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/map_results.hpp"
#include "pactor/detail/sink.hpp"
#include "pactor/job_abi.h"

#include <string>
#include <tuple>
#include <utility>
#include <variant>
#include <vector>

namespace pactor::detail {

template <class F>
struct function_traits;
template <class R, class... A>
struct function_traits<R (*)(A...)> {
  using result = std::decay_t<R>;
  using signature = R(A...);
  using parameters = std::tuple<A...>;
  static constexpr bool with_context = false;
};
template <class R, class... A>
struct function_traits<R (*)(context&, A...)> : function_traits<R (*)(A...)> {
  static constexpr bool with_context = true;
};
template <class R, class... A>
struct function_traits<R (*)(A...) noexcept> : function_traits<R (*)(A...)> {};

/// Ends a map whose task was cancelled, at next to no cost while nobody does that.
class cancellation_watch {
public:
  explicit cancellation_watch(const pactor_host& host) noexcept
      : bell_{has_control(host) ? host.bell : nullptr}, heard_{bell_ ? *bell_ - 1 : 0} {}

  /// @throws interrupted
  void between_elements(const context& engine) {
    if (!bell_ || *bell_ == heard_) return;
    heard_ = *bell_;
    engine.check_cancelled();
  }

private:
  const volatile std::uint32_t* bell_;
  std::uint32_t heard_;
};

/// The job's entry. Decoding, calling and encoding happen here, inside the library, with the library's own types.
template <auto Fn>
class job_entry {
  using traits = function_traits<decltype(Fn)>;
  using result = typename traits::result;
  using parameters = typename traits::parameters;
  static constexpr auto arity = std::tuple_size_v<parameters>;
  using indices = std::make_index_sequence<arity>;
  template <std::size_t I>
  using parameter = std::tuple_element_t<I, parameters>;
  static_assert(std::is_void_v<result> || encodable<result>,
                "the result of a job must be encodable: see pactor/codec.hpp, or give it MSGPACK_DEFINE");

public:
  static std::int32_t run(const pactor_call* call, pactor_sink* sink) noexcept {
    return into_sink(
        *sink,
        [call](encoder& out) {
          return call->mode == PACTOR_MAP ? map(*call, out, indices{}) : apply(*call, out, indices{});
        },
        [call](failure& f) { complete(f, *call); });
  }

private:
  static void complete(failure& f, const pactor_call& call) {
    f.job.assign(call.job, call.job_size);
    f.host = call.host->host_name;
    f.engine = call.host->engine;
    f.pid = call.host->pid;
  }

  /// `power10 is double(double), called with (string): why`
  [[noreturn]] static void wrong_arguments(const pactor_call& call, const object& given, const std::string& why) {
    std::string types;
    if (given.type == kind::ARRAY)
      for (const auto& o : std::span{given.via.array.ptr, given.via.array.size})
        types += (types.empty() ? "" : ", ") + describe(o);
    auto text = std::string{call.job, call.job_size} + " is " +
                std::string{signature_of<typename traits::signature>()} +
                (call.mode == PACTOR_MAP ? ", mapped over (" : ", called with (") + types + ")";
    if (!why.empty()) text += ": " + why;
    throw error{ec::signature_mismatch, text};
  }

  /// Runs `load`, which reads arguments; what does not fit is told with both signatures.
  template <class Load>
  static auto load_arguments(const pactor_call& call, const object& given, Load&& load) {
    if (given.type != kind::ARRAY || given.via.array.size != arity) wrong_arguments(call, given, "");
    try {
      return load();
    } catch (const error& e) {
      if (e.code() != ec::signature_mismatch) throw;
      wrong_arguments(call, given, e.what());
    }
  }

  template <std::size_t... I>
  static decltype(auto) invoke(context& engine, std::tuple<argument<parameter<I>>...>& arguments) {
    if constexpr (traits::with_context)
      return Fn(engine, std::get<I>(arguments).get()...);
    else {
      static_cast<void>(engine);
      return Fn(std::get<I>(arguments).get()...);
    }
  }

  template <std::size_t... I>
  static std::int32_t apply(const pactor_call& call, encoder& out, std::index_sequence<I...>) {
    const message m{call.arguments, call.arguments_size};
    std::tuple<argument<parameter<I>>...> arguments;
    load_arguments(call, m.root(), [&] { (std::get<I>(arguments).load(m.root().via.array.ptr[I]), ...); });
    context engine{*call.host};
    if constexpr (std::is_void_v<result>) {
      invoke<I...>(engine, arguments);
      write_checked(out, nullptr);
    } else {
      write_checked(out, static_cast<const result&>(invoke<I...>(engine, arguments)));
    }
    return PACTOR_RESULT;
  }

  static std::int32_t map(const pactor_call&, encoder&, std::index_sequence<>) {
    throw error{ec::invalid_argument, "a job without parameters can't be mapped"};
  }
  template <std::size_t... I>
  static std::int32_t map(const pactor_call& call, encoder& out, std::index_sequence<I...>) requires(sizeof...(I) > 0) {
    const message m{call.arguments, call.arguments_size};
    auto sequences = load_arguments(
        call, m.root(), [&m] { return std::tuple<sequence<parameter<I>>...>{m.root().via.array.ptr[I]...}; });
    const auto count = common_size({std::get<I>(sequences).size()...});
    map_results<result> results{out, count};
    std::vector<std::pair<std::size_t, failure>> failures;
    context engine{*call.host};
    cancellation_watch watch{*call.host};
    for (std::size_t i = 0; i < count; ++i) {
      watch.between_elements(engine);
      try {
        std::tuple<argument<parameter<I>>...> arguments;
        (std::get<I>(sequences).load(i, std::get<I>(arguments)), ...);
        if constexpr (std::is_void_v<result>) {
          invoke<I...>(engine, arguments);
          results.add(std::monostate{});
        } else {
          results.add(invoke<I...>(engine, arguments));
        }
      } catch (const interrupted&) { // the map's end, not that of one element
        throw;
      } catch (...) {
        failures.emplace_back(i, current_failure());
        complete(failures.back().second, call);
      }
    }
    return results.finish(failures);
  }

  static std::size_t common_size(std::initializer_list<std::size_t> sizes) {
    for (const auto size : sizes)
      if (size != *sizes.begin())
        throw error{ec::invalid_argument, "the sequences of a map are of unequal length: " +
                                              std::to_string(*sizes.begin()) + " and " + std::to_string(size)};
    return *sizes.begin();
  }
};

} // namespace pactor::detail
