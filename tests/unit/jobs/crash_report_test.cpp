#include "runtime/jobs/crash_report.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace pactor::jobs;

TEST_CASE("a stack is read down to where the worker calls the job, with names as people write them") {
  const auto r = read_crash("/lib/x86_64-linux-gnu/libc.so.6(abort+0xd3)[0x7f1]\n"
                            "/jobs/libown.so(_ZN3own4sinkEi+0x10) [0x7f2]\n"
                            "no frame at all\n"
                            "/jobs/libown.so(+0x7fffffffffff) [0x7f3]\n"
                            "/opt/libexec/pactor-worker(+0x123) [0x7f4]\n"
                            "/jobs/libown.so(never+0x10) [0x7f5]");
  CHECK(r.function == "own::sink(int)");
  CHECK(r.backtrace == "abort (libc.so.6)\nown::sink(int) (libown.so)\n? (libown.so)");
}

TEST_CASE("of code as text, what the user wrote is named") {
  const auto r = read_crash("/c/1.so(_ZN2px1fEPi+0x1)[0x1]\n/c/1.so(_ZN2pxL11pactor_bodyERN6pactor6detail11snippet_runE"
                            "+0x2)[0x2]\n/c/1.so(_ZN6pactor6detail11snippet_run5enterERS1_RK11pactor_host+0x3)[0x3]\n");
  CHECK(r.function == "f(int*)");
  CHECK(r.backtrace == "f(int*) (1.so)\nthe code (1.so)");
}

TEST_CASE("the handler's own frames are left out; what is no trace gives none") {
  CHECK(read_crash("/w/pactor-worker(+0x1) [0x1]\n/jobs/libown.so(f+0x1) [0x2]\n").backtrace == "f (libown.so)");
  for (const auto* text : {"", "\n\n\n", "x(y", "(a+0x1) [0x2]", ")(", "x) [0x1]"}) {
    CHECK(read_crash(text).backtrace.empty());
    CHECK(read_crash(text).function.empty());
  }
  std::string endless;
  for (int i = 0; i < 10'000; ++i) endless += "/jobs/lib.so(" + std::string(1000, 'x') + "+0x1) [0x1]\n";
  CHECK(read_crash(endless).backtrace.size() < 8'000);
}
