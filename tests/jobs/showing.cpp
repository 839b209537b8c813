// Jobs that publish values and hand back pictures and files.

#include <pactor/job.hpp>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

namespace showing {

void until_exists(const std::string& path) {
  while (::access(path.c_str(), F_OK) != 0) std::this_thread::sleep_for(std::chrono::milliseconds{1});
}

/// Publishes `step` 0, 1, ..., and what is its double, as fast as it can.
long publish_steps(pactor::context& engine, long steps) {
  for (long i = 0; i < steps; ++i) {
    engine.publish("step", i);
    engine.publish("double", std::vector<double>{2.0 * static_cast<double>(i)});
  }
  return steps;
}
PACTOR_JOB(publish_steps)

/// Publishes values up to `first`, runs until the file is there, and publishes the next one.
void publish_and_wait(pactor::context& engine, const std::string& path, long first) {
  for (long i = 0; i <= first; ++i) engine.publish("step", i);
  until_exists(path);
  engine.publish("step", first + 1);
}
PACTOR_JOB(publish_and_wait)

/// So many bytes under each of so many names.
void publish_large(pactor::context& engine, long names, long size) {
  for (long i = 0; i < names; ++i)
    engine.publish("large " + std::to_string(i), std::string(static_cast<std::size_t>(size), 'x'));
}
PACTOR_JOB(publish_large)

void publish_named(pactor::context& engine, const std::string& name) { engine.publish(name, 1); }
PACTOR_JOB(publish_named)

const std::string circle = R"(<svg xmlns="http://www.w3.org/2000/svg"><circle r="9"/></svg>)";

/// An SVG of this name; of which engine, a comment in it says.
int display_svg(pactor::context& engine, const std::string& name) {
  engine.display("image/svg+xml", circle + "<!-- " + std::to_string(engine.engine()) + " -->", name);
  return engine.engine();
}
PACTOR_JOB(display_svg)

void display_named(pactor::context& engine, const std::string& media_type, const std::string& name) {
  engine.display(media_type, std::vector<unsigned char>{'d', 'a', 't', 'a'}, name);
}
PACTOR_JOB(display_named)

/// So many items of so many bytes each, whose bytes say their place.
void display_large(pactor::context& engine, long items, long size) {
  std::string data(static_cast<std::size_t>(size), ' ');
  for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<char>(i % 251);
  for (long i = 0; i < items; ++i) engine.display("application/octet-stream", data, "item " + std::to_string(i));
}
PACTOR_JOB(display_large)

void display_and_throw(pactor::context& engine, const std::string& name) {
  engine.display("text/plain", "what there was", name);
  engine.publish("far", 7);
  throw std::runtime_error{"threw"};
}
PACTOR_JOB(display_and_throw)

void display_and_die(pactor::context& engine, const std::string& name) {
  engine.publish("far", 7);
  engine.display("text/plain", "what there was", name);
  std::raise(SIGKILL);
}
PACTOR_JOB(display_and_die)

} // namespace showing
