#pragma once
// An engine's namespace and what its snippets defined, without the engine: snippets are translated, compiled with a
// real compiler, loaded and run in this process.

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "runtime/snippets/source.hpp"
#include "runtime/worker/variables.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::testing {

/// A compiler with its precompiled header, made once, in a directory that goes with it.
class compiler {
public:
  explicit compiler(std::string program);
  compiler(const compiler&) = delete;
  compiler& operator=(const compiler&) = delete;
  ~compiler();

  struct result {
    std::filesystem::path library; ///< empty if it failed
    std::string output;
  };
  result compile(const std::string& unit);
  [[nodiscard]] const std::string& program() const noexcept { return program_; }

private:
  [[nodiscard]] std::string command(const std::string& rest) const;
  std::string program_;
  std::filesystem::path directory_;
  int units_ = 0;
};

struct executed {
  bool has_result = false;
  std::string text, type;
  value result;
  std::string error; ///< what was wrong: of the compiler, or thrown by the snippet
  ec code = ec::remote_error;
};

class session {
public:
  explicit session(compiler& c) : compiler_{c} {}

  executed run(std::string_view code);
  /// As a client would: encoded.
  template <class T>
  void push(const std::string& name, const T& v, const std::string& type) {
    space_.set(name, {detail::slice{encode(v)}, {}});
    pushed_[name] = type;
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

  compiler& compiler_;
  worker::variables space_;
  snippets::definitions definitions_;
  std::map<std::string, std::string> pushed_;
  std::map<std::string, pactor_job_entry> entries_; ///< by text
  int compiled_ = 0;
};

} // namespace pactor::testing
