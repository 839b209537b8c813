// Built several times under one name: which build is it that runs?
#include <pactor/job.hpp>

#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

int version() { return PACTOR_TEST_VERSION; }
PACTOR_JOB(version)

/// The same, as soon as there is such a file.
int version_once_there_is(const std::string& file) {
  while (!std::filesystem::exists(file)) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  return PACTOR_TEST_VERSION;
}
PACTOR_JOB(version_once_there_is)
