#pragma once
// Writing into a sink of the C ABI, and being one.

#include "pactor/detail/compiled.hpp"
#include "pactor/detail/encoder.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/error.hpp"
#include "pactor/job_abi.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <string>
#include <typeinfo>

namespace pactor::detail {

/// An encoder over the worker's memory.
class sink_encoder : public encoder {
public:
  explicit sink_encoder(pactor_sink& sink) noexcept : encoder{sink.state, sink.grow} {}
};

/// A sink for this process's own use.
class bytes_sink : public pactor_sink {
public:
  bytes_sink() noexcept : pactor_sink{} {
    size = sizeof(pactor_sink);
    state = this;
    grow = &grow_buffer;
  }
  bytes_sink(const bytes_sink&) = delete;
  bytes_sink& operator=(const bytes_sink&) = delete;
  [[nodiscard]] bytes take() {
    buffer_.shrink(used);
    return std::move(buffer_);
  }

private:
  static char* grow_buffer(void* state, std::size_t used, std::size_t wanted, std::size_t* capacity) noexcept {
    auto& self = *static_cast<bytes_sink*>(state);
    try {
      *capacity = std::max(wanted, 2 * used + 64);
      auto grown = bytes::allocate(*capacity);
      if (used > 0) std::memcpy(grown.data(), self.buffer_.data(), used);
      self.buffer_ = std::move(grown);
      return self.buffer_.data();
    } catch (...) {
      return nullptr;
    }
  }
  bytes buffer_;
};

PACTOR_INLINE std::string demangled(const char* mangled);

/// What the exception in flight says. @pre called in a catch block
PACTOR_INLINE failure current_failure();

/// Runs body(encoder&), which returns a pactor_outcome, and lets nothing out: an exception becomes a failure, to which
/// complete(failure&) adds where it happened.
template <class Body, class Complete>
std::int32_t into_sink(pactor_sink& sink, Body&& body, Complete&& complete) noexcept {
  sink_encoder out{sink};
  std::int32_t outcome = PACTOR_FAILURE;
  try {
    outcome = body(static_cast<encoder&>(out));
  } catch (...) {
    try {
      auto f = current_failure();
      complete(f);
      out.truncate(0);
      write_failure(out, f);
    } catch (...) {
      out.truncate(0); // no memory even for the words: an empty failure is one too
    }
  }
  sink.used = out.size();
  return outcome;
}
template <class Body>
std::int32_t into_sink(pactor_sink& sink, Body&& body) noexcept {
  return into_sink(sink, std::forward<Body>(body), [](failure&) {});
}

#ifdef PACTOR_BODIES
PACTOR_INLINE std::string demangled(const char* mangled) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> text{abi::__cxa_demangle(mangled, nullptr, nullptr, &status),
                                                         &std::free};
  return text ? text.get() : mangled;
}

PACTOR_INLINE failure current_failure() {
  failure f;
  try {
    throw;
  } catch (const error& e) {
    f.code = e.code();
    if (f.code == ec::remote_error) f.type = "pactor::error";
    f.what = e.what();
  } catch (const std::exception& e) {
    f.type = demangled(typeid(e).name());
    f.what = e.what();
  } catch (...) {
    const auto* type = abi::__cxa_current_exception_type();
    f.type = type ? demangled(type->name()) : "unknown";
    f.what = "an exception that is no std::exception";
  }
  return f;
}
#endif

} // namespace pactor::detail
