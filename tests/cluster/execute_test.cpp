// C++ that comes as text: it runs in the engines' namespaces, what it defines stays, and its results are values.

#include "tests/support/caught.hpp"
#include "tests/support/eventually.hpp"
#include "tests/support/temporary_cluster.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <fstream>
#include <numeric>
#include <string>
#include <vector>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("execute");

TEST_CASE("variables are in scope by their own types, as references, and new ones come to be") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto view = c[all];
  view.push({{"a", 6}, {"b", 7}}).get();
  view.execute("c = a + b;").get();
  CHECK(view.pull<int>("c") == std::vector{13, 13});
  c["::2"].execute("c = a - b").get(); // the slides' even engines
  CHECK(view.pull<int>("c") == std::vector{-1, 13});

  std::vector<double> numbers(8);
  std::iota(numbers.begin(), numbers.end(), 0.0);
  view.scatter("x", numbers).get();
  view.execute("y = sum(x)").get();
  CHECK(view.gather<double>("y") == std::vector{6.0, 22.0});
  view.execute("x[0] = 100; x.push_back(1);").get(); // a std::vector<double>, and the variable itself
  CHECK(view.pull<std::vector<double>>("x").front() == std::vector{100.0, 1.0, 2.0, 3.0, 1.0});

  // Whatever type: it stays what it is.
  view.execute("auto z = std::map<int, std::string>{{1, \"one\"}}; int k = 3; std::vector<double> v(10), w{1, 2};")
      .get();
  CHECK(c[0].execute("z.at(1)").get().result == value{"one"});
  CHECK(c[0].execute("k += 1; k").get().result == value{4});
  CHECK(c[0].execute("v.size() + w.size()").get().result == value{12});
  CHECK(c[0].execute("static_assert(std::is_same_v<decltype(k), int&>); 1").get().result == value{1});
  CHECK(c[0].names() == std::vector<std::string>{"a", "b", "c", "k", "v", "w", "x", "y", "z"});
}

TEST_CASE("the last expression is the result, with its text, its type, and the engine's count") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto first = c[all].execute("1 + 1").get();
  REQUIRE(first.size() == 2);
  for (const auto& e : first) {
    CHECK(e.count == 1);
    CHECK(e.has_result);
    CHECK(e.result == value{2});
    CHECK(e.text == "2");
    CHECK(e.type == "int32");
  }
  c[0].execute("int k = 1;").get();
  const auto second = c[all].execute("std::vector<double>{1, 2.5}").get();
  CHECK(second[0].count == 3);
  CHECK(second[1].count == 2);
  CHECK(second[1].result.as<std::vector<double>>() == std::vector{1.0, 2.5});
  const auto nothing = c[0].execute("1 + 1;").get();
  CHECK(!nothing.has_result);
  CHECK(nothing.text.empty());
  CHECK(nothing.result.is_nil());
  // What can't travel is still shown.
  const auto pointer = c[0].execute("std::make_unique<int>(3)").get();
  CHECK(pointer.has_result);
  CHECK(pointer.result.is_nil());
  CHECK(contains(pointer.type, "unique_ptr"));
  // A result of any size.
  CHECK(c[1].execute("std::vector<double>(300'000, 0.5)").get().result.as<std::vector<double>>().size() == 300'000);
  CHECK(c.load_balanced_view().execute("6 * 7").get().result == value{42});
}

TEST_CASE("functions, types, includes and using stay for what follows") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto view = c[all];
  view.execute("#include <numbers>\nusing std::numbers::pi;\ndouble area(double r) { return pi * r * r; }").get();
  CHECK(c[1].execute("area(2)").get().result.as<double>() == doctest::Approx(12.566370614));
  view.execute("struct point { double x, y; double norm() const { return std::hypot(x, y); } };\npoint p{3, 4};").get();
  CHECK(c[0].execute("p.norm()").get().result.as<double>() == 5);
  view.execute("double scaled(double f) { p.x *= f; return p.norm(); }").get(); // a function sees the namespace
  CHECK(c[0].execute("scaled(0)").get().result.as<double>() == 4);
  CHECK(c[1].execute("p.x").get().result.as<double>() == 3);
  view.execute("double area(double r) { return r; }").get(); // in place of the earlier one
  CHECK(c[0].execute("area(2)").get().result.as<double>() == 2);
  view.execute("template <class T> T twice(T x) { return x + x; }").get();
  CHECK(c[0].execute("twice(std::string{\"ab\"})").get().text == "\"abab\"");
}

TEST_CASE("code of one snippet finds the engine while another one runs") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all].execute("std::function<int()> f = [n = 1] { return engine() + n; };").get();
  CHECK(c[1].execute("f()").get().result == value{2});
  c[all]
      .execute("struct base { virtual ~base() = default; virtual int number() = 0; };\n"
               "struct derived : base { int number() override { return here().engine(); } };\n"
               "std::shared_ptr<base> p = std::make_shared<derived>();")
      .get();
  CHECK(c[1].execute("sleep(0); p->number()").get().result == value{1});
}

TEST_CASE("the manual's examples of the prelude run as they stand there") {
  std::ifstream manual{PACTOR_TEST_DOCS "/prelude.md"};
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  int examples = 0;
  std::string line, code;
  for (bool within = false; std::getline(manual, line);) {
    if (!within) {
      within = line == "```cpp";
    } else if (line != "```") {
      code += line + "\n";
    } else {
      CAPTURE(code);
      CHECK_NOTHROW(c[0].execute(code).get());
      ++examples;
      code.clear();
      within = false;
    }
  }
  CHECK(examples == 2);
}

TEST_CASE("a file is executed like a text") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  const auto file = cluster.directory() / "code.cpp";
  write_file(file, "int answer() { return 42; }\nint kept = answer();\nkept\n");
  CHECK(c[0].run(file).get().result == value{42});
  CHECK(c[0].pull<int>("kept") == 42);
  write_file(file, "int fine = 1;\nint wrong = fin;\n");
  const auto e = caught<compile_error>([&] { c[0].run(file).get(); });
  REQUIRE(e);
  CHECK(e->info().what.starts_with(file.string() + ":2:13: error: "));
}

TEST_CASE("output, displayed files, published values and task options are those of any job") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  const auto r = c[all].execute("std::cout << \"hello\" << std::endl; std::fprintf(stderr, \"oops\\n\");");
  r.get();
  CHECK(r.stdout_() == std::vector<std::string>{"hello\n", "hello\n"});
  CHECK(r.stderr_().front() == "oops\n");
  const auto kept = c[0].with(task_options{.keep = true}).execute("40 + 2");
  kept.get();
  CHECK(c.get_result<executed>(kept.names().front()).get().result == value{42});
  const auto go = (cluster.directory() / "go").string();
  const auto shown = c[all].execute("#include <filesystem>\nhere().publish(\"step\", engine() + 1);\n"
                                    "here().display(\"text/plain\", \"of \" + std::to_string(engine()), \"note\");\n"
                                    "while (!std::filesystem::exists(\"" +
                                    go + "\")) sleep(0.001);\nhere().publish(\"step\", 10 * (engine() + 1));");
  const auto step = [&](std::size_t i) {
    const auto data = shown.data();
    const auto found = data.at(i).find("step");
    return found == data.at(i).end() ? 0 : found->second.as<int>();
  };
  CHECK(eventually(60s, [&] { return step(0) == 1 && step(1) == 2; }));
  CHECK_FALSE(shown.ready());
  write_file(go, "");
  shown.get();
  CHECK(step(1) == 20);
  const auto items = shown.displayed();
  REQUIRE(items.size() == 2);
  CHECK(items[1].engine == 1);
  CHECK(items[1].name == "note");
  CHECK(items[1].data == "of 1");
}

TEST_CASE("code that runs is cancelled, at once where it sleeps, and ends at its limit") {
  const temporary_cluster cluster{1};
  const auto c = cluster.client();
  c[0].push({{"k", 1}, {"on", false}}).get();
  const auto pid = worker_pid(c, 0);
  const auto limit = task_options{.run_limit = 300ms}; // of code that is compiled by then
  const std::string doze = "std::cout << \"asleep\" << std::endl; sleep(3600);";
  const auto cancelled = c[0].execute(doze);
  REQUIRE(eventually(60s, [&] { return contains(cancelled.stdout_(), "asleep"); }));
  cancelled.cancel();
  CHECK(caught<task_cancelled>([&] { cancelled.get(15s); }));
  const auto limited = c[0].with(limit).execute(doze);
  CHECK(caught<run_limit_exceeded>([&] { limited.get(15s); }));
  CHECK(limited.stdout_() == "asleep\n");
  CHECK(worker_pid(c, 0) == pid);
  CHECK(c[0].pull<int>("k") == 1);
  // Who does not ask is killed.
  const std::string deaf = "volatile bool& busy = on; std::cout << \"awake\" << std::endl; while (busy) {}";
  c[0].execute(deaf).get();
  c[0].push({{"on", true}}).get();
  const auto killed = c[0].with(limit).execute(deaf);
  CHECK(caught<run_limit_exceeded>([&] { killed.get(15s); }));
  CHECK(killed.stdout_() == "awake\n");
  CHECK(answers(c, 0));
  CHECK(worker_pid(c, 0) != pid);
}

TEST_CASE("an exception, a signal and an exit are failures like those of any job; the namespace survives what it can") {
  const temporary_cluster cluster{2};
  const auto c = cluster.client();
  c[all].execute("int k = 1;").get();
  const auto thrown =
      caught<remote_error>([&] { c[0].execute("k = 2; int more = 5; throw std::runtime_error{\"too bad\"};").get(); });
  REQUIRE(thrown);
  CHECK(thrown->info().type == "std::runtime_error");
  CHECK(thrown->info().what == "too bad");
  CHECK(thrown->info().engine == 0);
  CHECK(c[0].execute("k + more").get().result == value{7});

  const auto pid = worker_pid(c, 0);
  const auto crash = caught<engine_lost>([&] { c[0].execute("int* nowhere = nullptr; *nowhere = k;").get(); });
  REQUIRE(crash);
  CHECK(crash->info().signal == SIGSEGV);
  CHECK(contains(crash->what(), "engine 0"));
  CHECK(answers(c, 0));
  CHECK(worker_pid(c, 0) != pid);
  CHECK(caught<compile_error>([&] { c[0].execute("k").get(); })); // its variables are gone
  CHECK(c[0].execute("1").get().count == 2);                      // and it counts anew
  CHECK(c[1].execute("k").get().result == value{1});              // others are as they were
  const auto exit = caught<engine_lost>([&] { c[1].execute("std::_Exit(3);").get(); });
  CHECK((exit && exit->info().exit_code == 3));
}

TEST_SUITE_END();
