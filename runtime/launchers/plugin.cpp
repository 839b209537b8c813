#include "runtime/launchers/plugin.hpp"

#include "pactor/error.hpp"
#include "pactor/launcher_abi.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <dlfcn.h>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include <boost/dll/shared_library.hpp>

namespace pactor::launchers {
namespace {

error unusable(const std::filesystem::path& path, const std::string& why) {
  return error{ec::configuration, "the launcher " + path.string() + " can't be used: " + why};
}

boost::dll::shared_library loaded(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) throw unusable(path, "there is no such file");
  using mode = boost::dll::load_mode::type;
  boost::dll::shared_library library;
  try {
    library.load(path, mode::rtld_now | mode::rtld_local);
  } catch (const std::exception&) {
    // What the loader said has been taken from it already; asking again tells in its own words.
    const char* const said = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL) ? nullptr : ::dlerror();
    throw unusable(path, said ? said : "it is no shared library");
  }
  // Pins it: what it started may be running its code.
  if (void* pin = ::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE)) ::dlclose(pin);
  return library;
}

const ::pactor_launcher* functions_of(const std::filesystem::path& path) {
  const auto library = loaded(path);
  if (!library.has("pactor_launcher_abi") || !library.has("pactor_launcher_functions"))
    throw unusable(path, "it exports no functions pactor_launcher_abi and pactor_launcher_functions "
                         "(see pactor/launcher_abi.h)");
  if (const auto version = library.get<std::uint32_t()>("pactor_launcher_abi")(); version != PACTOR_LAUNCHER_ABI)
    throw unusable(path, "it was built for version " + std::to_string(version) +
                             " of pactor/launcher_abi.h, this is version " + std::to_string(PACTOR_LAUNCHER_ABI) +
                             "; build it anew");
  const auto* const f = library.get<const ::pactor_launcher*()>("pactor_launcher_functions")();
  if (!f || f->size < sizeof *f || !f->start || !f->fd || !f->every || !f->attend || !f->stop || !f->kill ||
      !f->signal || !f->what || !f->destroy)
    throw unusable(path, "it does not give all functions of pactor_launcher");
  return f;
}

/// A list for C: pointers into texts that live on, and a null one.
std::vector<const char*> pointers(const std::vector<std::string>& texts) {
  std::vector<const char*> result;
  result.reserve(texts.size() + 1);
  for (const auto& one : texts) result.push_back(one.c_str());
  result.push_back(nullptr);
  return result;
}

/// Nothing may be thrown into C.
void say(void* state, std::int32_t level, const char* text, std::size_t length) {
  constexpr std::array levels{log_level::debug, log_level::info, log_level::warning, log_level::error};
  const auto& heard = *static_cast<const listener*>(state);
  const auto which = static_cast<std::size_t>(std::clamp<std::int32_t>(level, 0, levels.size() - 1));
  try {
    if (heard && text) heard(levels[which], std::string_view{text, std::min<std::size_t>(length, 4000)});
  } catch (...) { // a line less in the log
    return;
  }
}

class plugin_run final : public run {
public:
  plugin_run(const ::pactor_launcher& f, const order& what, listener heard)
      : functions_{f}, heard_{std::make_unique<listener>(std::move(heard))} {
    auto words = node_arguments(what, what.ids);
    const auto connection = own_file(what).string(), scratch = what.directory.string();
    words.push_back("--connection=" + connection);
    std::vector<std::string> variables, settings;
    for (const auto& [name, value] : what.host.environment) variables.push_back(name + "=" + value);
    for (const auto& [name, value] : what.host.settings) settings.insert(settings.end(), {name, value});
    const auto arguments = pointers(words), environment = pointers(variables), pairs = pointers(settings);
    const ::pactor_launcher_order order{
        sizeof order,           what.host.engines,
        what.attempt,           what.cluster.c_str(),
        what.host.name.c_str(), what.host.address.c_str(),
        what.host.user.c_str(), what.host.pactor.empty() ? "pactor" : what.host.pactor.c_str(),
        arguments.data(),       connection.c_str(),
        environment.data(),     what.host.directory.c_str(),
        scratch.c_str(),        pairs.data()};
    const ::pactor_launcher_listener to{sizeof to, heard_.get(), &say};
    std::array<char, 1000> why{};
    run_ = functions_.start(&order, &to, why.data(), why.size());
    why.back() = 0;
    if (!run_) {
      remove_own_file();
      throw error{ec::system, why.front() == 0 ? "the launcher could not start it" : std::string{why.data()}};
    }
  }
  ~plugin_run() override {
    functions_.destroy(run_);
    remove_own_file();
  }

  [[nodiscard]] int fd() const override { return ended_ ? -1 : functions_.fd(run_); }
  [[nodiscard]] std::optional<std::chrono::milliseconds> every() const override {
    const auto ms = ended_ ? -1 : functions_.every(run_);
    if (ms < 0) return std::nullopt;
    return std::chrono::milliseconds{std::max(ms, 10)};
  }
  void attend() override {
    if (ended_) return;
    ::pactor_launcher_ending e{};
    e.size = sizeof e;
    const auto state = functions_.attend(run_, &e);
    if (state == PACTOR_LAUNCHER_READY) ready_ = true;
    if (state != PACTOR_LAUNCHER_ENDED) return;
    e.words[sizeof e.words - 1] = 0;
    ended_ = ending{e.code, e.unreached == 0, static_cast<const char*>(e.words)};
    if (ended_->words.empty()) ended_->words = "exit code " + std::to_string(e.code);
  }
  [[nodiscard]] const std::optional<ending>& ended() const override { return ended_; }
  [[nodiscard]] bool ready() const override { return ready_; }
  void stop() override {
    if (!ended_) functions_.stop(run_);
  }
  void kill() override {
    if (!ended_) functions_.kill(run_);
  }
  bool signal(int number) override { return !ended_ && functions_.signal(run_, number) != 0; }
  [[nodiscard]] std::string what() const override {
    const char* const text = functions_.what(run_);
    return text ? text : "a run of a plug-in";
  }

private:
  /// The node's own connection file: it may go to a host that sees no other files of this one. The run before removes
  /// its own when this one has begun.
  std::filesystem::path own_file(const order& what) {
    if (what.connection.engine_keys.empty() || what.ids.empty()) return what.connection_path;
    own_file_ = what.directory / (what.cluster + "-node-" + std::to_string(what.ids.front()) + "-" +
                                  std::to_string(what.attempt) + ".json");
    what.connection.write(own_file_);
    return own_file_;
  }
  void remove_own_file() const noexcept {
    std::error_code ignored;
    if (!own_file_.empty()) std::filesystem::remove(own_file_, ignored);
  }

  std::filesystem::path own_file_;
  const ::pactor_launcher& functions_;
  std::unique_ptr<listener> heard_; // the plug-in knows where it is
  void* run_ = nullptr;
  std::optional<ending> ended_;
  bool ready_ = false;
};

} // namespace

plugin_launcher::plugin_launcher(const std::filesystem::path& path) : path_{path}, functions_{functions_of(path)} {}

std::unique_ptr<run> plugin_launcher::start(const order& what, listener heard) {
  return std::make_unique<plugin_run>(*functions_, what, std::move(heard));
}

} // namespace pactor::launchers
