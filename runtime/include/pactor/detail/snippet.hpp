#pragma once
// What the translation unit of a snippet is written with: variables of the engine's namespace in scope by name, new
// ones that outlive the snippet, and its result.

#include "pactor/context.hpp"
#include "pactor/detail/plain_type.hpp"
#include "pactor/detail/sink.hpp"
#include "pactor/job_abi.h"
#include "pactor/prelude/current.hpp"
#include "pactor/prelude/format.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace pactor::detail {

/// An enumeration anywhere in a type: msgpack takes only those that it was told of, and fails to compile at others.
template <class T>
inline constexpr bool holds_enum = std::is_enum_v<T>;
template <template <class...> class Template, class... A>
inline constexpr bool holds_enum<Template<A...>> = (holds_enum<A> || ...);
template <class T>
concept snippet_encodable = encodable<T> && !holds_enum<std::remove_cvref_t<T>>;

/// What follows the result's expression, which may be void, behind a comma.
struct snippet_end {};
template <class T>
struct snippet_value {
  T&& v;
};
template <class T>
snippet_value<T> operator,(T&& v, snippet_end) noexcept {
  return {std::forward<T>(v)};
}

/// describe_native() of types with enumerations in them too.
template <class T>
pactor_native describe_any_object(T& object) noexcept {
  if constexpr (!holds_enum<T>) {
    return describe_native(object);
  } else {
    static constexpr auto name = text_of<T>;
    return {sizeof(pactor_native),
            typeid(T).name(),
            name.data,
            sizeof(T),
            &object,
            [](void* o) { const std::unique_ptr<T> owner{static_cast<T*>(o)}; },
            [](const void* o, pactor_sink* sink) {
              return into_sink(*sink, [o](encoder& out) -> std::int32_t {
                if constexpr (std::is_enum_v<T>)
                  write_checked(out, static_cast<std::underlying_type_t<T>>(*static_cast<const T*>(o)));
                else
                  throw error{ec::signature_mismatch,
                              "an object of type " + type_title<T>() + " has no encoding and stays on its engine"};
                return PACTOR_RESULT;
              });
            }};
  }
}

template <class T>
pactor_native describe_object(T& object) noexcept {
  return describe_any_object(object);
}

/// Hands an object to the engine's namespace. @throws std::bad_alloc
template <class T>
T& put_object(const pactor_host& host, std::string_view name, std::unique_ptr<T> object) {
  const auto native = describe_object(*object);
  if (!host.put(host.state, name.data(), name.size(), &native)) throw std::bad_alloc{};
  return *object.release();
}

/// Moves an object there. @throws std::bad_alloc
template <class T>
T& put_moved(const pactor_host& host, std::string_view name, T& v) {
  return put_object(host, name, std::make_unique<T>(std::move(v)));
}

class snippet_run;

/// A variable of the namespace, at file scope. A structured binding names `place.bound.object`, so that the name is
/// the object of the present run.
template <class T>
struct binding {
  struct reference {
    T& object;
  };
  union storage {
    constexpr storage() noexcept : none{} {}
    char none;
    reference bound;
  };
  storage place;
  using type = T;

  void bind(snippet_run& run, std::string_view name);
};

/// One run of a snippet.
class snippet_run {
public:
  snippet_run(const snippet_run&) = delete;
  snippet_run& operator=(const snippet_run&) = delete;

  using step = void (*)(snippet_run&);
  /// The entry of a snippet's library.
  static std::int32_t run(const pactor_call* call, pactor_sink* sink, step bind, step body) noexcept {
    return run(call, sink, &enter, bind, body);
  }

  [[nodiscard]] const pactor_host& host() const noexcept { return host_; }

  /// A variable as the C++ object that it is; one that was pushed becomes a T now.
  /// @throws missing_variable, error{signature_mismatch}
  template <class T>
  T& variable(std::string_view name) {
    return any_variable<T>(name);
  }
  template <class T>
  T& any_variable(std::string_view name) {
    pactor_variable v{sizeof v, nullptr, 0, nullptr};
    if (!host_.find(host_.state, name.data(), name.size(), &v))
      throw missing_variable{"engine " + std::to_string(host_.engine) + " has no variable " + std::string{name}};
    if (v.native) {
      if (auto* object = native_cast<T>(*v.native)) return *object;
      throw error{ec::signature_mismatch, "variable " + std::string{name} + " is a " + plain_type(v.native->name) +
                                              " and no " + type_title<T>()};
    }
    if constexpr (snippet_encodable<T>)
      return put_object(host_, name, std::make_unique<T>(decode<T>(v.encoded, v.encoded_size)));
    else
      throw error{ec::signature_mismatch, "variable " + std::string{name} + " is no " + type_title<T>()};
  }

  /// Makes a new variable. @return it; what can't be moved stays where it is, until the snippet ends
  template <class T>
  decltype(auto) create(std::string_view name, T& v) {
    if constexpr (!is_a<T, std::initializer_list> && std::is_move_constructible_v<T>)
      return put_moved(host_, name, v);
    else
      return place(
          name, v, [&](auto object) -> auto& { return put_object(host_, name, std::move(object)); });
  }
  /// The same in place of a variable that is in scope. It goes on being valid: it is assigned to, or replaced when the
  /// snippet has ended.
  template <class T, class Old>
  decltype(auto) create(std::string_view name, T& v, binding<Old>& old) {
    if constexpr (std::is_same_v<T, Old> && std::is_move_assignable_v<T>) {
      return old.place.bound.object = std::move(v), (old.place.bound.object);
    } else {
      return place(
          name, v, [&](auto object) -> auto& { return later(name, std::move(object)); });
    }
  }
  /// Of `name = expression`: texts become strings, as those are that are pushed.
  template <class T, class... Old>
  decltype(auto) create_implied(std::string_view name, T& v, Old&... old) {
    if constexpr (std::is_convertible_v<T, const char*> && std::is_pointer_v<T>) {
      std::string text{v};
      return create(name, text, old...);
    } else {
      return create(name, v, old...);
    }
  }

  /// A declared variable at the end of its life in the snippet. Lets nothing out: finish() tells.
  template <class T>
  void keep(std::string_view name, T& v) noexcept {
    try {
      if constexpr (std::is_const_v<T>)
        put_object(host_, name, std::make_unique<std::remove_const_t<T>>(std::move(v)));
      else
        put_moved(host_, name, v);
    } catch (...) {
      not_kept_ = name;
    }
  }
  template <class T, std::size_t N>
  void keep_array(std::string_view name, T (&elements)[N]) noexcept {
    std::array<std::remove_const_t<T>, N> all{};
    std::move(std::begin(elements), std::end(elements), all.begin());
    keep(name, all);
  }

  void result(snippet_end) noexcept {} // of a void expression
  template <class T>
  void result(snippet_value<T> r) {
    using type = std::remove_cvref_t<T>;
    if constexpr (!std::is_convertible_v<T, const std::ios_base&>) write_result<type>(r.v);
  }

  /// Runs a program's main. @throws std::runtime_error if it fails
  PACTOR_PRELUDE_API void program(int (*main)());
  PACTOR_PRELUDE_API void program(int (*main)(int, char**));
  PACTOR_PRELUDE_API void program(int (*main)(int, const char**));
  PACTOR_PRELUDE_API void program(void (*main)());

private:
  snippet_run(const pactor_call& call, encoder& out);
  ~snippet_run();
  using inner = void (*)(snippet_run&, const pactor_host&, step, step);
  /// Everything of a run that need not be compiled with each snippet.
  PACTOR_PRELUDE_API static std::int32_t run(const pactor_call* call, pactor_sink* sink, inner steps, step bind,
                                             step body) noexcept;
  static void enter(snippet_run& run, const pactor_host& host, step bind, step body) {
    context engine{host};
    const prelude::use_context here{engine};
    bind(run);
    const finisher last{run};
    body(run);
  }

  /// Replaces variables when the snippet has ended, also by an exception.
  struct finisher {
    snippet_run& run;
    ~finisher() { run.replace_variables(); }
  };
  struct replacement {
    std::string name;
    pactor_native native;
  };

  template <class T, class Put>
  decltype(auto) place(std::string_view, T& v, Put&& put) {
    if constexpr (is_a<T, std::initializer_list>)
      return put(std::make_unique<std::vector<typename T::value_type>>(v));
    else if constexpr (std::is_move_constructible_v<T>)
      return put(std::make_unique<T>(std::move(v)));
    else
      return (v);
  }

  template <class T>
  T& later(std::string_view name, std::unique_ptr<T> object) {
    replacements_.push_back({std::string{name}, describe_object(*object)});
    return *object.release();
  }
  PACTOR_PRELUDE_API void replace_variables() noexcept;

  template <class T>
  void write_result(const T& v) {
    write_any_result(v);
  }
  template <class T>
  void write_any_result(const T& v) {
    const auto text = pactor::prelude::repr(v);
    head(true, text, type_title<T>());
    const auto size = out_.size();
    try {
      if constexpr (std::is_enum_v<T>)
        return write_checked(out_, static_cast<std::underlying_type_t<T>>(v));
      else if constexpr (snippet_encodable<T> && !std::is_pointer_v<T>)
        return write_checked(out_, v);
    } catch (const error&) { // too large: its text is there
      out_.truncate(size);
    }
    write_checked(out_, nullptr);
  }

  PACTOR_PRELUDE_API void head(bool has_result, std::string_view text, std::string_view type);
  PACTOR_PRELUDE_API void finish();

  const pactor_host& host_;
  encoder& out_;
  std::vector<replacement> replacements_;
  std::string_view not_kept_;
  bool written_ = false;
};

// What everyday types need is compiled into the library: with each snippet it would take most of the time.
#define PACTOR_EVERYDAY_TYPES(EACH)                                                                                    \
  EACH(bool)                                                                                                           \
  EACH(int)                                                                                                            \
  EACH(std::int64_t)                                                                                                   \
  EACH(std::uint64_t)                                                                                                  \
  EACH(double)                                                                                                         \
  EACH(std::string)                                                                                                    \
  EACH(std::vector<int>)                                                                                               \
  EACH(std::vector<std::int64_t>)                                                                                      \
  EACH(std::vector<double>)                                                                                            \
  EACH(std::vector<std::string>)                                                                                       \
  EACH(ndarray<double>)                                                                                                \
  EACH(ndarray<std::int64_t>)                                                                                          \
  EACH(value)
#define PACTOR_DECLARE_EVERYDAY(...)                                                                                   \
  template <>                                                                                                          \
  PACTOR_PRELUDE_API __VA_ARGS__& snippet_run::variable<__VA_ARGS__>(std::string_view name);                           \
  template <>                                                                                                          \
  PACTOR_PRELUDE_API void snippet_run::write_result<__VA_ARGS__>(const __VA_ARGS__& v);                                \
  template <>                                                                                                          \
  PACTOR_PRELUDE_API pactor_native describe_object<__VA_ARGS__>(__VA_ARGS__ & object) noexcept;                        \
  template <>                                                                                                          \
  PACTOR_PRELUDE_API __VA_ARGS__& put_moved<__VA_ARGS__>(const pactor_host& host, std::string_view name,               \
                                                         __VA_ARGS__& v);
PACTOR_EVERYDAY_TYPES(PACTOR_DECLARE_EVERYDAY)
#undef PACTOR_DECLARE_EVERYDAY

template <class T>
void binding<T>::bind(snippet_run& run, std::string_view name) {
  std::construct_at(&place.bound, reference{run.template variable<T>(name)});
}

/// Moves a declared variable into the namespace when its scope ends. References, functions, and what can't be moved
/// stay where they are.
template <class T>
class keeper {
public:
  keeper(snippet_run& run, std::string_view name, T& v) noexcept : run_{run}, name_{name}, variable_{v} {}
  keeper(const keeper&) = delete;
  keeper& operator=(const keeper&) = delete;
  ~keeper() {
    using element = std::remove_extent_t<T>;
    if constexpr (std::is_bounded_array_v<T>) {
      if constexpr (!std::is_array_v<element> && std::is_default_constructible_v<element> &&
                    std::is_move_assignable_v<std::remove_const_t<element>>)
        run_.keep_array(name_, variable_);
    } else if constexpr (std::is_move_constructible_v<std::remove_const_t<T>> &&
                         std::is_constructible_v<std::remove_const_t<T>, T&&>) {
      run_.keep(name_, variable_);
    }
  }

private:
  snippet_run& run_;
  std::string_view name_;
  T& variable_;
};
template <class T>
class keeper<T&> {
public:
  keeper(snippet_run&, std::string_view, T&) noexcept {}
};
template <class T>
class keeper<T&&> {
public:
  keeper(snippet_run&, std::string_view, T&) noexcept {}
};
template <class R, class... A>
class keeper<R(A...)> {
public:
  keeper(snippet_run&, std::string_view, R (&)(A...)) noexcept {}
};

} // namespace pactor::detail
