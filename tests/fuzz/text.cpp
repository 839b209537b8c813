// Texts that come with jobs, certificates and crashes, and C++ as text.

#include "pactor/error.hpp"
#include "runtime/core/signature.hpp"
#include "runtime/core/targets.hpp"
#include "runtime/jobs/crash_report.hpp"
#include "runtime/security/certificate.hpp"
#include "runtime/security/openssl.hpp"
#include "runtime/snippets/source.hpp"
#include "tests/fuzz/script.hpp"
#include "tests/fuzz/targets.hpp"

#include <openssl/x509.h>

namespace pactor::fuzz {

void signature(std::string_view bytes) {
  script s{bytes};
  const std::string first{s.sized()}, second{s.rest()};
  static_cast<void>(core::parse_signature(first));
  static_cast<void>(core::accepts(first, second));
  static_cast<void>(core::check_call("job", first, second));
  static_cast<void>(core::check_call("job", first, second, wire::call_mode::map));
  try {
    static_cast<void>(core::resolve(core::parse_targets(second), std::vector{0, 1, 4}));
  } catch (const error&) { // told to who wrote it
  }
}

inputs signature_seeds() {
  const auto of = [](std::string_view s, std::string_view arguments) {
    return script_writer{}.sized(s).text(arguments).take();
  };
  return {of("double(double)", "(int64)"),
          of("void(map<string,vector<int64>>, tuple<int8,float>)", "(map<string,any>, tuple<int64,double>)"),
          of("ndarray<double>(span<float>, optional<bytes>, my::type)", "(ndarray<float>, nil, my::type)"),
          of("any(array<uint8>)", "1:3"),
          of("x", "-1,2"),
          of("", "::2")};
}

/// What a peer's certificate says of its role.
void certificate(std::string_view bytes) {
  const auto own = bytes_of(bytes);
  const auto* at = reinterpret_cast<const unsigned char*>(own.data());
  const security::certificate_ptr c{d2i_X509(nullptr, &at, static_cast<long>(own.size()))};
  if (c) {
    static_cast<void>(security::role_of(c.get()));
    static_cast<void>(security::describe(security::info_of(c.get())));
  }
  security::take_openssl_error();
}

/// None: keys are random, and every run is to be the same. The corpus began with those of a cluster.
inputs certificate_seeds() { return {std::string(1, '\x30')}; }

/// Files that a trace names are looked into: here there are none.
void crash_trace(std::string_view bytes) {
  std::string text{bytes};
  std::ranges::replace(text, '/', '_');
  static_cast<void>(jobs::read_crash(text));
}

inputs crash_trace_seeds() {
  return {"libfaults.so(_ZN6faults8segfaultEv+0x12)[0x7f00]\nlibfaults.so(+0x40)[0x7f01]\npactor-worker(+0x1)[0x1]\n",
          "libc.so.6(abort+0xd3)[0x7fff]\nlibx.so(main+0x0)[0x0]\n", "(((+0x[0x", "a(b+0xffffffffffffffffff)[0x1]"};
}

/// Snippets of one engine, one after the other, with variables.
void snippet(std::string_view bytes) {
  script s{bytes};
  snippets::definitions known;
  const std::vector<snippets::variable> variables{{"x", "std::vector<double>"}, {"n", "std::int64_t"}, {"u", ""}};
  while (!s.empty()) {
    const auto code = snippets::plain_text(s.sized());
    try {
      auto t = snippets::translate(code, "px", known, variables);
      known = std::move(t.after);
    } catch (const error& e) {
      require(e.code() == ec::compile_error, "what is no code is told as such");
    }
  }
}

inputs snippet_seeds() {
  const auto of = [](std::initializer_list<std::string_view> codes) {
    script_writer w;
    for (const auto c : codes) w.sized(c);
    return w.take();
  };
  return {of({"int f(int a) { return 1; }", "y = f(2); y + x[0]"}),
          of({"#define TWO 2\n#include <map>\nusing namespace std;", "struct p { int a; }; TWO"}),
          of({"template <class T> struct q { T v; }; enum class e { a, b };",
              "namespace a::b { int c = 3; } auto [i, k] = z();"}),
          of({"for (int i = 0; i < 3; ++i) { n += i; }\n// comment\nR\"x(raw)x\" \"\\\"\" 'c'"}),
          of({"#if 1\nint v = 1;\n#else\n#endif\n", "int main() { return 0; }", "[](auto a) { return a; }(1);"}),
          of({"op="})};
}

/// The compiler's words are read by the worker; a hostile snippet writes some of them.
void diagnostics(std::string_view bytes) {
  script s{bytes};
  const std::string code{s.sized()};
  const auto told = snippets::explain(s.rest(), code, "px", {}, {});
  static_cast<void>(told.size());
}

inputs diagnostics_seeds() {
  const auto of = [](std::string_view code, std::string_view output) {
    return script_writer{}.sized(code).text(output).take();
  };
  return {
      of("int x = y;\nint z;",
         "px:1:9: error: 'y' was not declared in this scope\n    1 | int x = y;\n      |         ^\n"),
      of("f(1)",
         "<pactor>:1:1: note: in expansion\npx: In function 'void pactor_body()':\npx:1:1: error: 'f' is not\n"),
      of("a", "px:1:1: fatal error: x.h: No such file or directory\ncompilation terminated.\n"),
      of("a",
         "/usr/include/c++/12/bits/stl_vector.h:1:2: error: static assertion failed\npx:1:1:   required from here\n"),
      of("a", "px:99999999999999999999:1: error: x\npx:0:0: warning:\npx:1: error")};
}

} // namespace pactor::fuzz
