#pragma once
// Runs C++ that came as text: the job pactor.execute(code, name), of which every worker has one, and most never use.

#include "pactor/job_abi.h"
#include "runtime/snippets/cache.hpp"
#include "runtime/snippets/definitions.hpp"
#include "runtime/snippets/source.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/variables.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace pactor::worker {

inline constexpr std::string_view execute_job = "pactor.execute";

/// One engine's: what earlier code defined, and the libraries that it was compiled to. These stay loaded until the
/// process ends, since variables run their code.
class executor {
public:
  /// @param space, host  of the engine; live as long as this
  /// @param mpi  called when code was loaded that calls MPI
  executor(const snippets::compile_settings& settings, const variables& space, const pactor_host& host,
           std::function<void()> mpi);

  /// Compiles the code that the call holds, unless it was compiled before, and runs it. Its result has what
  /// pactor::executed has. @return as a job's entry
  /// @throws error{compile_error | refused | system | too_large | invalid_argument}, interrupted
  std::int32_t run(const wire::call_view& call, pactor_sink& out);

private:
  struct loaded {
    pactor_job_entry entry = nullptr;
    std::vector<snippets::source_file> sources;
  };
  struct snippet {
    std::string code, name;
  };

  static snippet read_snippet(const wire::call_view& call);
  [[nodiscard]] std::vector<snippets::variable> typed_variables() const;
  pactor_job_entry entry(const std::string& unit, const snippet& s);
  [[nodiscard]] loaded load(const std::string& unit, const snippet& s);
  void wait(std::chrono::milliseconds time) const;
  void add_count(pactor_sink& out) const;

  bool enabled_;
  const variables& space_;
  const pactor_host& host_;
  std::function<void()> mpi_;
  snippets::library_cache cache_;
  snippets::definitions definitions_;
  std::unordered_map<std::string, loaded> loaded_; ///< by the translation unit's hash
  int count_ = 0;
};

} // namespace pactor::worker
