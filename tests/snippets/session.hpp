#pragma once
// An engine's namespace and what its snippets defined, without the engine: snippets are translated, compiled with a
// real compiler, loaded and run in this process.

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "runtime/snippets/cache.hpp"
#include "runtime/snippets/source.hpp"
#include "runtime/worker/variables.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::testing {

/// Compiles as engines do, with this compiler, but does not optimise. What it has made goes with the process.
[[nodiscard]] snippets::library_cache& cache_of(const std::string& program);

struct executed {
  bool has_result = false;
  std::string text, type;
  value result;
  std::string error; ///< what was wrong: of the compiler, or thrown by the snippet
  ec code = ec::remote_error;
};

class session {
public:
  explicit session(snippets::library_cache& cache) : cache_{cache} {}

  executed run(std::string_view code);
  /// As a client would: encoded.
  template <class T>
  void push(const std::string& name, const T& v) {
    space_.set(name, {detail::slice{encode(v)}, {}});
  }
  /// The variable as it would be pulled. @throws missing_variable
  template <class T>
  T get(const std::string& name) {
    const auto host = space_.host(0, "here");
    return context{host}.get<T>(name);
  }
  [[nodiscard]] bool has(std::string_view name) const { return space_.find(name) != nullptr; }
  /// How often a unit was compiled.
  [[nodiscard]] int compiled() const noexcept { return compiled_; }

private:
  [[nodiscard]] std::vector<snippets::variable> types() const;
  executed call(pactor_job_entry entry);

  snippets::library_cache& cache_;
  worker::variables space_;
  snippets::definitions definitions_;
  std::map<std::string, pactor_job_entry> entries_; ///< by text
  int compiled_ = 0;
};

} // namespace pactor::testing
