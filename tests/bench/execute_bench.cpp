// How long code as text takes on 4 engines: the first time, beside the compiler alone; the second time, beside an
// empty job; and a loop, beside the same loop in a program.
//
//   pactor_execute_bench PACTOR [COMPILER...]   where PACTOR is the program to start the cluster with

#include "pactor/client.hpp"
#include "tests/bench/cluster.hpp"
#include "tests/bench/sample.hpp"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;
using bench::row;
using bench::sample;
using bench::seconds_since;
using bench::steady;
using bench::text;

template <class F>
double timed(F&& f) {
  const auto begin = steady::now();
  f();
  return seconds_since(begin);
}

void run(const std::string& command) {
  if (std::system(command.c_str()) == 0) return;
  std::fprintf(stderr, "%s failed\n", command.c_str());
  std::exit(1);
}

/// A directory of its own, removed at the end.
class directory {
public:
  directory() : path_{fs::temp_directory_path() / ("pactor-execute-bench-" + std::to_string(::getpid()))} {
    fs::create_directories(path_);
  }
  directory(const directory&) = delete;
  directory& operator=(const directory&) = delete;
  ~directory() { fs::remove_all(path_); }
  [[nodiscard]] std::string file(const std::string& name, const std::string& content) const {
    std::ofstream{path_ / name} << content;
    return (path_ / name).string();
  }
  [[nodiscard]] std::string file(const std::string& name) const { return (path_ / name).string(); }

private:
  fs::path path_;
};

/// The compiler alone, on a library of one line.
double compiler_alone(const std::string& compiler, const directory& place, int round) {
  const auto source = place.file("line.cpp", "#include <iostream>\n#include <vector>\n"
                                             "extern \"C\" void f(std::vector<double>& x) { std::cout << x.size() + " +
                                                 std::to_string(round) + " << std::endl; }\n");
  return timed([&] { run(compiler + " -std=c++20 -O2 -fPIC -shared -o " + place.file("line.so") + " " + source); });
}

void first_and_second_use(const pactor::client& c, const std::string& compiler, const directory& place) {
  const auto view = c[pactor::all];
  view.push("x", std::vector<double>(1000, 0.5)).get();
  view.execute("1").get(); // the header
  sample first, second, apply, alone;
  for (int round = 0; round < 7; ++round) {
    alone.add(compiler_alone(compiler, place, round));
    const auto code = "y = sum(x) + " + std::to_string(round);
    first.add(timed([&] { view.execute(code).get(); }));
    for (int i = 0; i < 20; ++i) {
      second.add(timed([&] { view.execute(code).get(); }));
      apply.add(timed([&] { view.apply_sync<void>("nop"); }));
    }
  }
  row(compiler + ": first use on 4 engines, median", first.median(), "s",
      text("best %.3f; the compiler alone, vector and iostream: %.3f", first.least(), alone.median()));
  row(compiler + ": second use, over an apply", 1e3 * (second.median() - apply.median()), "ms",
      text("%.3f and %.3f", 1e3 * second.median(), 1e3 * apply.median()));
}

/// The slides' loop of 10^8 rounds, which the compiler must not see through.
void loop(const pactor::client& c, const std::string& compiler, const directory& place) {
  const std::string body = "double s = 0; for (long i = 0; i < 100'000'000; ++i) s += 1.0 / (1 + i);";
  const auto source =
      place.file("loop.cpp", "#include <cstdio>\nint main() { " + body + " std::printf(\"%f\", s); }\n");
  run(compiler + " -std=c++20 -O2 -o " + place.file("loop") + " " + source);
  c[0].execute(body + " s").get();
  sample here, there;
  for (int round = 0; round < 5; ++round) {
    here.add(timed([&] { run(place.file("loop") + " >/dev/null"); }));
    there.add(timed([&] { c[0].execute(body + " s").get(); }));
  }
  row(compiler + ": a loop of 10^8, beside a program", there.least() / here.least(), "times",
      text("%.3f and %.3f s", there.least(), here.least()));
}

} // namespace

int main(int count, char** arguments) {
  if (count < 2) {
    std::fprintf(stderr, "usage: %s PACTOR [COMPILER...]\n", arguments[0]);
    return 2;
  }
  std::vector<std::string> compilers(arguments + 2, arguments + count);
  if (compilers.empty()) compilers = {"clang++", "g++"};
  for (const auto& compiler : compilers) {
    const directory place;
    const auto config = place.file("config.json", "{\"execute\": {\"compiler\": \"" + compiler + "\"}}");
    const bench::cluster cluster{arguments[1], {}, bench::engines, "--config " + config};
    const pactor::client c;
    const auto header = timed([&] { c[pactor::all].execute("0").get(); });
    row(compiler + ": the very first, with the header", header, "s");
    first_and_second_use(c, compiler, place);
    loop(c, compiler, place);
  }
}
