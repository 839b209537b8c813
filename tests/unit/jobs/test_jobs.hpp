#pragma once
// Calls of jobs through the C ABI, in process.

#include "pactor/codec.hpp"
#include "pactor/context.hpp"
#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/failure.hpp"
#include "pactor/detail/sink.hpp"
#include "pactor/job_abi.h"
#include "runtime/jobs/catalogue.hpp"
#include "runtime/jobs/loader.hpp"
#include "runtime/worker/variables.hpp"

#include <doctest/doctest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::test {

/// An engine without a process: libraries, a namespace and calls.
class local_engine {
public:
  explicit local_engine(std::vector<std::string> libraries) {
    for (const auto& path : libraries) catalogue_.add(path);
  }

  struct outcome {
    int kind;
    detail::bytes payload;

    template <class T>
    [[nodiscard]] T result() const {
      if (kind == PACTOR_FAILURE) {
        const auto f = failed();
        FAIL(f.what);
      }
      REQUIRE(kind == PACTOR_RESULT);
      return decode<T>(payload);
    }
    [[nodiscard]] failure failed() const {
      REQUIRE(kind == PACTOR_FAILURE);
      return detail::decode_failure(payload);
    }
  };

  template <class... Args>
  outcome call(std::string_view job, const Args&... args) {
    return run(detail::encode_call(job, detail::call_mode::apply, args...));
  }
  template <class... Args>
  outcome map(std::string_view job, const Args&... args) {
    return run(detail::encode_call(job, detail::call_mode::map, args...));
  }
  outcome run(const detail::slice& payload) {
    const auto view = detail::read_call(payload.data, payload.size);
    REQUIRE(view);
    const auto* entry = catalogue_.find(view->job);
    REQUIRE(entry != nullptr);
    auto host = space.host(3, "host-1");
    if (adjust) adjust(host);
    const pactor_call c{sizeof c,
                        static_cast<std::uint32_t>(view->mode),
                        view->job.data(),
                        view->job.size(),
                        view->arguments,
                        view->size,
                        &host};
    detail::bytes_sink sink;
    const auto kind = loader_.load(*entry)(&c, &sink);
    return {kind, sink.take()};
  }

  worker::variables space;
  std::function<void(pactor_host&)> adjust; ///< of the engine that jobs see

private:
  jobs::catalogue catalogue_;
  jobs::loader loader_;
};

template <class F>
std::string error_text(ec code, F&& f) {
  try {
    f();
  } catch (const error& e) {
    CHECK(e.code() == code);
    return e.what();
  }
  return "no error";
}

inline bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

} // namespace pactor::test
