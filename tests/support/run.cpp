#include "tests/support/run.hpp"

namespace pactor::test {

background_program::background_program(const std::vector<std::string>& argv, const environment& added) {
  // The shell gives each stream its file and then becomes the program.
  process::spawn_options options;
  options.executable = "/bin/sh";
  options.arguments = {"sh", "-c", R"(out=$1; shift; exec "$@" >"$out/out" 2>"$out/err")", "sh", output_.path()};
  options.arguments.insert(options.arguments.end(), argv.begin(), argv.end());
  options.environment = added;
  options.own_group = true;
  child_ = process::spawn(options);
}

run_result background_program::wait(std::chrono::milliseconds limit) {
  run_result result;
  if (const auto ended = child_.wait_for(limit)) {
    result.exit_code = ended->signal != 0 ? 128 + ended->signal : ended->code;
  } else {
    child_.signal(SIGKILL);
    child_.wait();
  }
  result.out = out();
  result.err = err();
  return result;
}

run_result run(const std::vector<std::string>& argv, const environment& added, std::chrono::milliseconds limit) {
  return background_program{argv, added}.wait(limit);
}

} // namespace pactor::test
