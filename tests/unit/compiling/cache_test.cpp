#include "tests/support/eventually.hpp"
#include "tests/unit/compiling/compiling_fixture.hpp"

#include <csignal>
#include <future>
#include <spawn.h>
#include <sys/wait.h>

using namespace pactor;
using namespace pactor::test;
using namespace std::chrono_literals;

TEST_SUITE_BEGIN("compiling");

TEST_CASE("a text is compiled once, with either compiler, and its header once") {
  for (const std::string real : {"clang++", "g++"}) {
    CAPTURE(real);
    const compiling c{real};
    CHECK(c.run(unit("answer")) == 42);
    CHECK(c.calls() == 1);
    CHECK(c.run(unit("answer")) == 42); // another worker
    CHECK(c.calls() == 1);
    CHECK(c.run(unit("answer + 1")) == 43);
    CHECK(c.calls() == 2);
    CHECK(c.count("headers") == 1);
    CHECK(mode_of(c.scratch.path() / "cache") == 0700);
    CHECK(std::filesystem::is_empty(c.scratch.path() / "cache/work"));
  }
}

TEST_CASE("of several that want a text at once, one compiles it and the others wait, also if it does not compile") {
  const compiling c;
  std::vector<std::future<int>> all;
  for (int i = 0; i < 4; ++i) all.push_back(std::async(std::launch::async, [&] { return c.run(unit("answer")); }));
  for (auto& one : all) CHECK(one.get() == 42);
  CHECK(c.calls() == 1);
  std::vector<std::future<std::string>> wrong;
  for (int i = 0; i < 4; ++i)
    wrong.push_back(std::async(std::launch::async, [&] { return c.rejection(unit("unknown_name")); }));
  for (auto& one : wrong) CHECK(one.get().find("unknown_name") != std::string::npos);
  CHECK(c.calls() <= 3); // who comes late tries again
}

TEST_CASE("another compiler, other flags, or changed headers make another library") {
  compiling c;
  CHECK(c.run(unit("answer")) == 42);
  c.settings.flags = {"-DMORE=1"};
  CHECK(c.run(unit("answer + MORE")) == 43);
  c.scratch.write("include/pactor/prelude.hpp", "#pragma once\nconstexpr int answer = 4321;\n");
  CHECK(c.run(unit("answer")) == 4321);
  CHECK(c.count("headers") == 3);
  c.settings.compiler = "g++";
  CHECK(c.run(unit("answer")) == 4321);
}

TEST_CASE("a file that the text includes is noticed when it changes") {
  const compiling c;
  const auto header = c.scratch.write("mine.hpp", "constexpr int mine = 1;\n");
  const auto text = unit("mine", "#include \"" + header.string() + "\"");
  std::filesystem::last_write_time(header, std::filesystem::file_time_type::clock::now() - 1h);
  snippets::library_cache cache{c.settings, c.places};
  const auto first = std::get<snippets::library_cache::library>(cache.get(text, &compiling::patient));
  REQUIRE(first.sources.size() == 1);
  CHECK(first.sources.front().current());
  CHECK(compiling::call(first.file) == 1);
  CHECK(compiling::run(cache, text) == 1);
  CHECK(c.calls() == 1);
  c.scratch.write("mine.hpp", "constexpr int mine = 22;\n");
  CHECK(!first.sources.front().current());
  CHECK(compiling::run(cache, text) == 22);
}

TEST_CASE("flags may name places from the working directory on") {
  compiling c;
  struct working_directory {
    std::filesystem::path before = std::filesystem::current_path();
    ~working_directory() { std::filesystem::current_path(before); }
  } const restored;
  for (const std::string project : {"one", "two"}) {
    std::filesystem::create_directories(c.scratch.path() / project / "include");
    const auto header = c.scratch.write(project + "/include/mine.hpp", "constexpr auto mine = \"" + project + "\";\n");
    std::filesystem::last_write_time(header, std::filesystem::file_time_type::clock::now() - 1h);
  }
  c.settings.flags = {"-Iinclude"};
  const auto text = unit("mine[0]", "#include \"mine.hpp\"");
  for (const std::string project : {"one", "two", "one"}) {
    std::filesystem::current_path(c.scratch.path() / project);
    CHECK(c.run(text) == project.front());
  }
  CHECK(c.calls() == 2);
  c.scratch.write("one/include/mine.hpp", "constexpr auto mine = \"changed\";\n");
  CHECK(c.run(text) == 'c');
}

TEST_CASE("what is damaged or not ours is compiled anew") {
  const compiling c;
  const auto file = c.library_of(unit("answer"));
  const auto size = std::filesystem::file_size(file);
  for (const auto& damage : std::vector<std::function<void()>>{
           [&] { std::filesystem::resize_file(file, size / 2); }, [&] { std::ofstream{file} << "no library"; },
           [&] { std::filesystem::remove(file); },
           [&] {
             for (const auto& e : std::filesystem::directory_iterator{c.scratch.path() / "cache/entry"})
               std::ofstream{e.path()} << "pactor cache 1\n../../etc/passwd\nend\n";
           },
           [&] {
             for (const auto& e : std::filesystem::directory_iterator{c.scratch.path() / "cache/entry"})
               std::filesystem::resize_file(e.path(), 20);
           }}) {
    const auto before = c.calls();
    damage();
    CHECK(c.run(unit("answer")) == 42);
    CHECK(c.calls() == before + 1);
  }
}

TEST_CASE("a precompiled header that can't be made, or is not valid any more, is done without") {
  compiling c;
  c.use_script("case \"$*\" in *c++-header*) exit 1;; esac\nexec clang++ \"$@\"\n");
  CHECK(c.run(unit("answer")) == 42);
  // The compiler itself refuses it.
  c.use_script("case \"$*\" in *-include-pch*) echo 'fatal error: malformed or corrupted PCH file' >&2; exit 1;; esac\n"
               "exec clang++ \"$@\"\n");
  CHECK(c.run(unit("answer + 1")) == 43);
  // It is made anew by the next who comes.
  compiling damaged;
  CHECK(damaged.run(unit("1")) == 1);
  for (const auto& e : std::filesystem::directory_iterator{damaged.scratch.path() / "cache/file"})
    if (e.path().extension() == ".pch") {
      std::fstream middle{e.path(), std::ios::in | std::ios::out | std::ios::binary};
      middle.seekp(static_cast<std::streamoff>(e.file_size() / 2));
      const std::string rubbish(e.file_size() > 16 << 20 ? 4 << 20 : e.file_size() / 4, 'x');
      middle << rubbish;
    }
  CHECK(damaged.run(unit("2")) == 2);
  CHECK(damaged.run(unit("3")) == 3);
  CHECK(damaged.count("headers") >= 1);
}

TEST_CASE("what was not used for the longest time goes when the cache is full") {
  compiling c;
  const auto old = c.library_of(unit("1"));
  const auto files = [&] {
    std::uint64_t size = 0;
    for (const auto& e : std::filesystem::directory_iterator{c.scratch.path() / "cache/file"}) {
      size += e.file_size();
      std::filesystem::last_write_time(e.path(), std::filesystem::file_time_type::clock::now() - 1h);
    }
    return size;
  };
  const auto library = std::filesystem::file_size(old);
  CHECK(c.run(unit("100")) == 100);
  c.settings.cache_bytes = files() + 2 * library; // with the header, which is in use
  for (int i = 2; i < 8; ++i) {
    CHECK(c.run(unit("100")) == 100);
    CHECK(c.run(unit(std::to_string(i))) == i);
    files();
  }
  CHECK(!std::filesystem::exists(old));
  CHECK(files() <= c.settings.cache_bytes + library);
  // What is used stays, however old it is.
  CHECK(c.calls() == 8);
  CHECK(c.count("headers") == 1);
  const auto count = [&](const char* part) {
    return std::distance(std::filesystem::directory_iterator{c.scratch.path() / "cache" / part}, {});
  };
  CHECK(count("entry") == count("file"));
}

TEST_CASE("what others could have written is not used, and the cache is closed to them") {
  const compiling c;
  const auto file = c.library_of(unit("answer"));
  std::filesystem::permissions(file, std::filesystem::perms{0662});
  CHECK(c.run(unit("answer")) == 42);
  CHECK(c.calls() == 2);
  for (const auto& e : std::filesystem::directory_iterator{c.scratch.path() / "cache/entry"})
    std::filesystem::permissions(e.path(), std::filesystem::perms{0606});
  CHECK(c.run(unit("answer")) == 42);
  CHECK(c.calls() == 3);
  std::filesystem::permissions(c.scratch.path() / "cache", std::filesystem::perms{0777});
  CHECK(c.run(unit("answer + 1")) == 43);
  CHECK(std::filesystem::status(c.scratch.path() / "cache").permissions() == std::filesystem::perms{0700});
}

TEST_CASE("what the compiler says comes back, bounded, and it runs without a shell") {
  compiling c;
  CHECK(c.rejection(unit("unknown_name")).find("unknown_name") != std::string::npos);
  c.use_script("case \"$*\" in *--version*) exit 0;; esac\nyes 'error: much' | head -c 1000000\nexit 1\n");
  CHECK(c.rejection(unit("1")).size() == 256 << 10);
  c.use_script("case \"$*\" in *--version*) exit 0;; esac\nkill -9 $$\n");
  CHECK(c.rejection(unit("1")) == "the compiler was ended by signal 9 (Killed)\n");
  compiling odd;
  odd.settings.flags = {"-DTEXT=\"$(touch " + (odd.scratch.path() / "shell").string() + "); 'x'\""};
  CHECK(odd.run(unit("sizeof TEXT > 1")) == 1);
  CHECK(!std::filesystem::exists(odd.scratch.path() / "shell"));
}

TEST_CASE("no compiler, no room and no rights are said with what to do") {
  compiling c;
  CHECK(snippets::find_compiler("", "/usr/bin:/bin").filename() == "clang++");
  CHECK(error_of([] { static_cast<void>(snippets::find_compiler("", "/nowhere")); }).second ==
        "code can't be executed: this host has no C++ compiler in PATH; install clang or g++, or name one as "
        "execute.compiler in the configuration");
  c.settings.compiler = "/nowhere/g++";
  CHECK(c.failure(unit("1")) ==
        std::pair{ec::system, std::string{"the compiler that is configured is not there: /nowhere/g++ "
                                          "(execute.compiler; \"\" takes clang++ or g++)"}});
  c.settings.compiler = "no-such-compiler";
  CHECK(c.failure(unit("1")).second.find("is not in PATH: no-such-compiler") != std::string::npos);
  c.use_script("case \"$*\" in *--version*) exit 0;; esac\n"
               "echo 'fatal error: error writing to /tmp/x.s: No space left on device' >&2; exit 1\n");
  const auto full = c.failure(unit("1"));
  CHECK(full.first == ec::system);
  CHECK(full.second.starts_with("no space left for compiled code in " + c.settings.cache + ": fatal error:"));
  compiling blocked;
  blocked.scratch.write("cache", "in the way");
  const auto [code, what] = blocked.failure(unit("1"));
  CHECK(code == ec::system);
  CHECK(what.find(blocked.settings.cache) != std::string::npos);
}

TEST_CASE("a compiler ends when nobody waits for it any more") {
  compiling c;
  const auto pids = c.scratch.path() / "pids";
  c.use_script("case \"$*\" in *--version*) exit 0;; *c++-header*) exit 1;; esac\nsleep 3600 & echo $! >>" +
               pids.string() + ".new; mv " + pids.string() + ".new " + pids.string() + "; wait\n");
  snippets::library_cache cache{c.settings, c.places};
  struct enough {};
  const auto wait = [&](std::chrono::milliseconds) {
    if (std::filesystem::exists(pids)) throw enough{};
  };
  CHECK_THROWS_AS(static_cast<void>(cache.get(unit("1"), wait)), enough);
  std::ifstream in{pids};
  pid_t sleeper = 0;
  in >> sleeper;
  REQUIRE(sleeper > 1);
  CHECK(eventually(10s, [&] { return ::kill(sleeper, 0) != 0; }));
  CHECK(std::filesystem::is_empty(c.scratch.path() / "cache/work"));
}

TEST_CASE("the compiler ends also if the process that guards it is killed") {
  compiling c;
  const auto pids = c.scratch.path() / "pids";
  c.use_script("case \"$*\" in *--version*) exit 0;; *c++-header*) exit 1;; esac\nsleep 3600 & echo $! $PPID >" +
               pids.string() + ".new; mv " + pids.string() + ".new " + pids.string() + "; wait\n");
  pid_t sleeper = 0, guard = 0;
  snippets::library_cache cache{c.settings, c.places};
  const auto wait = [&](std::chrono::milliseconds) {
    if (guard == 0 && std::ifstream{pids} >> sleeper >> guard) ::kill(guard, SIGKILL);
  };
  const auto made = cache.get(unit("1"), wait);
  REQUIRE(std::holds_alternative<snippets::library_cache::rejected>(made));
  CHECK(std::get<snippets::library_cache::rejected>(made).output.find("the compiler failed with signal 9") == 0);
  REQUIRE(sleeper > 1);
  CHECK(eventually(10s, [&] { return ::kill(sleeper, 0) != 0; }));
}

TEST_CASE("the work of a process that was killed is taken over, and cleaned up") {
  const compiling c;
  CHECK(c.run(unit("1")) == 1); // the directories are there
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  pid_t gone = 0;
  std::string name = "/bin/true";
  std::array<char*, 2> arguments{name.data(), nullptr};
  REQUIRE(::posix_spawn(&gone, name.c_str(), nullptr, nullptr, arguments.data(), environ) == 0);
  REQUIRE(::waitpid(gone, nullptr, 0) == gone);
  const auto left = c.scratch.path() / "cache/work" / (std::string{host.data()} + "." + std::to_string(gone) + ".0");
  std::filesystem::create_directories(left / "x");
  CHECK(c.run(unit("2")) == 2);
  CHECK(!std::filesystem::exists(left));
}

TEST_SUITE_END();
