// A worker as its engine sees it: tasks in, outcomes out.

#include "tests/unit/worker/worker_process.hpp"

#include <algorithm>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace pactor;
using test::worker_process;

namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// A path at which there is no file yet, removed at the end.
struct flag_file {
  flag_file() {
    std::string name = (std::filesystem::temp_directory_path() / "pactor-flag-XXXXXX").string();
    ::close(::mkstemp(name.data()));
    path = name;
    std::filesystem::remove(path);
  }
  ~flag_file() { std::filesystem::remove(path); }
  flag_file(const flag_file&) = delete;
  flag_file& operator=(const flag_file&) = delete;
  void raise() const { std::ofstream{path} << '\n'; }
  std::filesystem::path path;
};

} // namespace

TEST_CASE("a worker runs tasks and says when") {
  worker_process w;
  const auto a = w.call("power10", 2.0);
  CHECK(a.result<double>() == 1024);
  CHECK(a.record.engine == 3);
  CHECK(a.record.started > 1'600'000'000'000'000'000);
  CHECK(a.record.completed >= a.record.started);
  CHECK(w.call("getpid").result<int>() == w.pid());
}

TEST_CASE("tasks of one batch run in order") {
  worker_process w;
  constexpr int count = 3000;
  for (int i = 0; i < count; ++i) w.add_call("identity", i);
  w.send();
  std::int64_t last = 0;
  for (int i = 0; i < count; ++i) {
    const auto a = w.receive();
    REQUIRE(a);
    REQUIRE(a->record.id == static_cast<std::uint64_t>(i) + 1);
    REQUIRE(a->result<int>() == i);
    REQUIRE(a->record.started >= last);
    last = a->record.completed;
  }
}

TEST_CASE("a finished result does not wait for the job behind it") {
  worker_process w;
  const flag_file flag;
  w.add_call("identity", 1);
  w.add_call("identity", 2);
  w.add_call("until_exists", flag.path.string());
  w.add_call("identity", 3);
  w.send();
  for (int i = 1; i <= 2; ++i) { // they come while the third still runs, or never
    const auto a = w.receive();
    REQUIRE(a);
    CHECK(a->result<int>() == i);
  }
  CHECK_FALSE(std::filesystem::exists(flag.path));
  flag.raise();
  CHECK(w.receive()->is(wire::record_kind::result));
  CHECK(w.receive()->result<int>() == 3);
}

TEST_CASE("failures come with engine, host and process") {
  worker_process w;
  const auto f = w.call("throw_std", "boo").failed();
  CHECK(f.type == "std::runtime_error");
  CHECK(f.what == "boo");
  CHECK(f.engine == 3);
  CHECK(f.host == "host-1");
  CHECK(f.pid == w.pid());
  CHECK(w.call("power10", 2).result<double>() == 1024);
}

TEST_CASE("an unknown job is answered with near names") {
  worker_process w;
  const auto f = w.call("power01", 1.0).failed();
  CHECK(f.code == ec::unknown_job);
  CHECK(f.job == "power01");
  CHECK(has(f.what, "power10"));
}

TEST_CASE("a library that can't be read or loaded costs only its own jobs") {
  auto libraries = worker_process::test_libraries();
  libraries.insert(libraries.begin(), {PACTOR_TEST_JOBLESS, PACTOR_TEST_UNLOADABLE, "/nowhere/libgone.so"});
  worker_process w{libraries};
  CHECK(w.call("power10", 1.0).result<double>() == 1);
  const auto f = w.call("needs_it", 1).failed();
  CHECK(f.code == ec::bad_library);
  CHECK(has(f.what, "defined_nowhere"));
  CHECK(has(w.call("gone").failed().what, "/nowhere/libgone.so"));
  CHECK(w.call("power10", 2.0).result<double>() == 1024);
}

TEST_CASE("a map with failed elements is a partial outcome") {
  worker_process w;
  const auto a = w.map("throw_odd", std::vector<int>{0, 1, 2});
  REQUIRE(a.is(wire::record_kind::partial));
  const auto p = detail::decode_partial<double>(a.payload);
  CHECK(p.successes == std::vector<double>{0, 1});
  REQUIRE(p.failures.size() == 1);
  CHECK(p.failures[0].first == 1);
  CHECK(p.failures[0].second.pid == w.pid());
}

TEST_CASE("payloads that are no calls are refused and do no harm") {
  worker_process w;
  CHECK(w.one(detail::bytes::copy("abc", 3)).failed().code == ec::bad_payload);
  CHECK(w.one(detail::bytes::copy("\xff\xff\0\0\0\0\0\0abc", 11)).failed().code == ec::bad_payload);
  CHECK(w.call("power10", 2).result<double>() == 1024);
}

TEST_CASE("large results come as memory files, which are used again when nobody reads them") {
  worker_process w;
  constexpr std::size_t n = 400'000; // above the limit for inline payloads
  const auto a = w.call("big", n);
  CHECK((a.record.flags & wire::transferred) != 0);
  const auto v = a.result<std::vector<double>>();
  REQUIRE(v.size() == n);
  CHECK(v.back() == static_cast<double>(n - 1));
  // Text has no exact size in advance: the file grows while it is written.
  w.send_as_file(detail::encode_call("echo", detail::call_mode::apply, value{value::array(300'000, value{"word"})}));
  const auto received = w.receive();
  REQUIRE(received);
  const auto& words = *received;
  CHECK((words.record.flags & wire::transferred) != 0);
  CHECK(words.result<std::vector<std::string>>().size() == 300'000);
  CHECK((w.call("big", 1000).record.flags & wire::transferred) == 0);

  const auto results = [&w] { // files, not descriptors: one on its way to us may still be open there
    std::set<ino_t> files;
    for (const auto& fd : std::filesystem::directory_iterator{"/proc/" + std::to_string(w.pid()) + "/fd"}) {
      std::error_code gone;
      struct stat status {};
      if (std::filesystem::read_symlink(fd.path(), gone).string().find("pactor-result") != std::string::npos &&
          ::stat(fd.path().c_str(), &status) == 0)
        files.insert(status.st_ino);
    }
    return files.size();
  };
  const auto before = results();
  w.recycle(a.record.transfer);
  CHECK(w.call("big", n).result<std::vector<double>>() == v);
  CHECK(results() == before);
  CHECK(w.call("big", n).result<std::vector<double>>() == v);
  CHECK(results() == before + 1);
}

TEST_CASE("large arguments come as memory files and are read in place") {
  worker_process w;
  const std::vector<double> numbers(500'000, 2.0);
  w.send_as_file(detail::encode_call("stats.sum", detail::call_mode::apply, numbers));
  const auto a = w.receive();
  REQUIRE(a);
  CHECK(a->result<double>() == 1'000'000);
  static_cast<void>(w.call("pactor.ping").result<value>());
  CHECK(w.take_released() == std::vector<std::uint64_t>{1}); // nothing refers to it after the call
}

TEST_CASE("a worker ends when its engine hangs up") {
  worker_process w;
  w.hang_up();
  const auto status = w.wait();
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

TEST_CASE("an idle worker is small") {
  worker_process w;
  std::ifstream status{"/proc/" + std::to_string(w.pid()) + "/status"};
  std::string line;
  long kilobytes = 0;
  while (std::getline(status, line))
    if (line.starts_with("VmRSS:")) kilobytes = std::atol(line.c_str() + 6); // NOLINT(cert-err34-c)
  CHECK(kilobytes > 0);
#if !defined(__SANITIZE_ADDRESS__)
  CHECK(kilobytes < 5000);
#endif
}
