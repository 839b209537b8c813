#pragma once
// An engine's namespace: variables as they were pushed, and objects that jobs made.

#include "pactor/detail/bytes.hpp"
#include "pactor/job_abi.h"

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::worker {

/// An object that a job left, destroyed by the code of the library that made it.
class native_object {
public:
  native_object() noexcept = default;
  explicit native_object(const pactor_native& native) noexcept : native_{native} {}
  native_object(native_object&& other) noexcept;
  native_object& operator=(native_object&& other) noexcept;
  native_object(const native_object&) = delete;
  native_object& operator=(const native_object&) = delete;
  ~native_object();

  explicit operator bool() const noexcept { return native_.object != nullptr; }
  [[nodiscard]] const pactor_native& get() const noexcept { return native_; }

private:
  pactor_native native_{};
};

/// Encoded or native, one of them.
struct variable {
  detail::slice encoded;
  native_object native;
  mutable std::string type{}; ///< what type_of() said, once it was asked
};

class variables {
public:
  using table = std::map<std::string, variable, std::less<>>;

  /// Null if there is none.
  [[nodiscard]] const variable* find(std::string_view name) const;
  void set(std::string_view name, variable v);
  /// @return false if there was none
  bool erase(std::string_view name);
  void clear() noexcept { all_.clear(); }
  [[nodiscard]] const table& all() const noexcept { return all_; }

  /// What jobs see. Valid as long as this object stays where it is.
  [[nodiscard]] pactor_host host(int engine, const char* host_name);

private:
  table all_;
};

} // namespace pactor::worker
