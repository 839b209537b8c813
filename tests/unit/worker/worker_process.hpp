#pragma once
// A real worker at the other end of a socketpair, and the engine's side of what they say.

#include "pactor/codec.hpp"
#include "pactor/detail/encode_call.hpp"
#include "pactor/detail/failure.hpp"
#include "runtime/process/unique_fd.hpp"
#include "runtime/wire/records.hpp"
#include "runtime/worker/input.hpp"
#include "runtime/worker/protocol.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace pactor::test {

/// One outcome, with a payload of its own.
struct answer {
  wire::record record;
  detail::slice payload;

  [[nodiscard]] bool is(wire::record_kind kind) const { return record.kind == static_cast<std::uint16_t>(kind); }
  template <class T>
  [[nodiscard]] T result() const {
    if (is(wire::record_kind::failure)) {
      const auto f = failed();
      FAIL(f.what);
    }
    REQUIRE(is(wire::record_kind::result));
    return decode<T>(payload);
  }
  [[nodiscard]] failure failed() const {
    REQUIRE(is(wire::record_kind::failure));
    return detail::decode_failure(payload);
  }
};

/// What a task printed.
struct printed_text {
  std::string out{}, err{};
  std::uint64_t omitted = 0;
};

/// What a task published or displayed: records as they came.
struct said_record {
  wire::record record;
  std::string payload;
};

class worker_process {
public:
  /// Starts it with the libraries of the tests, or others, and waits until it is ready.
  explicit worker_process(std::vector<std::string> libraries = test_libraries(),
                          snippets::compile_settings execute = {});
  ~worker_process();
  worker_process(const worker_process&) = delete;
  worker_process& operator=(const worker_process&) = delete;

  static std::vector<std::string> test_libraries();

  [[nodiscard]] pid_t pid() const { return pid_; }

  /// Adds a task to the next send(). @return its id
  std::uint64_t add(const detail::slice& payload);
  template <class... Args>
  std::uint64_t add_call(std::string_view job, const Args&... args) {
    return add(detail::encode_call(job, detail::call_mode::apply, args...));
  }
  void send();
  /// One task, its payload in a memory file, which gets a number.
  std::uint64_t send_as_file(const detail::slice& payload);
  /// Tells the worker that the file of that result is read no more.
  void recycle(std::uint64_t transfer);
  /// The numbers of the files that the worker gave back since the last call, as far as they were received.
  std::vector<std::uint64_t> take_released() { return std::exchange(released_, {}); }

  /// The next outcome; nothing if the worker has ended.
  std::optional<answer> receive();

  /// What the task of this id had printed when its outcome was received.
  [[nodiscard]] const printed_text& printed(std::uint64_t id) { return printed_[id]; }

  /// What it had published and displayed.
  [[nodiscard]] const std::vector<said_record>& said(std::uint64_t id) { return said_[id]; }

  template <class... Args>
  answer call(std::string_view job, const Args&... args) {
    return one(detail::encode_call(job, detail::call_mode::apply, args...));
  }
  template <class... Args>
  answer map(std::string_view job, const Args&... args) {
    return one(detail::encode_call(job, detail::call_mode::map, args...));
  }
  answer one(const detail::slice& payload);

  /// Closes the engine's side.
  void hang_up();
  /// Waits for its end. @return what waitpid() says
  int wait();

private:
  void write(const detail::bytes& data, int fd);
  bool take_output(worker::incoming& in);
  bool take_release(const worker::incoming& in);

  process::unique_fd socket_;
  std::optional<worker::input> in_;
  pid_t pid_ = -1;
  wire::batch batch_;
  std::uint64_t last_id_ = 0, last_file_ = 0;
  std::map<std::uint64_t, process::unique_fd> files_; // that were sent, by number
  std::vector<std::uint64_t> released_;
  std::map<std::uint64_t, printed_text> printed_;
  std::map<std::uint64_t, std::vector<said_record>> said_;
  int pipes_ = 0; ///< that it announced
};

} // namespace pactor::test
