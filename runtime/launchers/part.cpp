#include "runtime/launchers/part.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"
#include "runtime/process/locations.hpp"

#include <algorithm>
#include <array>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace pactor::launchers {
namespace {

constexpr int ready_number = 3; // in the child

} // namespace

part::part(std::string name, std::vector<std::string> arguments, std::filesystem::path output)
    : part{std::move(name), std::move(arguments), std::move(output), {}} {}

part::part(std::string name, std::vector<std::string> arguments, std::filesystem::path output, surroundings around)
    : name_{std::move(name)}, arguments_{std::move(arguments)}, output_{std::move(output)}, around_{std::move(around)} {
}

void part::start(const std::vector<std::string>& more) {
  std::error_code absent;
  output_start_ = std::filesystem::file_size(output_, absent);
  if (absent) output_start_ = 0;
  auto pipe = process::make_pipe();
  process::spawn_options options;
  // Not the name of the program, which an upgrade may have replaced, but the program itself.
  options.executable = around_.program.empty() ? std::filesystem::path{"/proc/self/exe"} : around_.program;
  options.arguments = {around_.program.empty() ? process::executable_path().string() : around_.program.string()};
  options.directory = around_.directory;
  options.environment = around_.environment;
  options.arguments.insert(options.arguments.end(), arguments_.begin(), arguments_.end());
  options.arguments.insert(options.arguments.end(), more.begin(), more.end());
  options.arguments.push_back("--ready-fd=" + std::to_string(ready_number));
  options.descriptors = {{pipe.write.get(), ready_number}};
  options.output = output_;
  options.own_group = true;
  heard_.clear();
  child_ = process::spawn(options);
  ready_ = std::move(pipe.read);
}

bool part::listen() {
  std::array<char, 64> text{};
  const auto size = ::read(ready_.get(), text.data(), text.size());
  if (size > 0) {
    heard_.append(text.data(), static_cast<std::size_t>(size));
    return true;
  }
  ready_.reset();
  return false;
}

std::string part::last_words() const {
  std::string text;
  try {
    text = files::read_file(output_);
  } catch (const error&) {
    return "";
  }
  text.erase(0, std::min<std::size_t>(output_start_, text.size()));
  if (text.size() > last_bytes) text.erase(0, text.size() - last_bytes);
  while (text.ends_with('\n')) text.pop_back();
  // Its own name stands in front of the sentence that we put behind ours.
  if (const auto prefix = "pactor " + name_ + ": "; text.starts_with(prefix)) text.erase(0, prefix.size());
  return text;
}

} // namespace pactor::launchers
