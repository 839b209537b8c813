#include "runtime/launchers/batch.hpp"

#include "pactor/error.hpp"
#include "runtime/files/file_io.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <fcntl.h>
#include <filesystem>
#include <poll.h>
#include <unistd.h>

namespace pactor::launchers {
namespace {

using namespace std::chrono_literals;
using std::chrono::steady_clock;

// How often the batch system is asked. It serves others, too.
constexpr steady_clock::duration first_look = 500ms, last_look = 10s, last_look_stopping = 1s;
constexpr auto last_wait = 3s; // of a run that is dropped, for its job to be cancelled

job_files files_of(const order& what) {
  const auto name = job_name(what) + "-" + std::to_string(what.attempt);
  const auto path = [&](const char* end) { return (what.directory / (name + end)).string(); };
  return {path(".job"), path(".out"), path(".ready"), path(".exit")};
}

/// What a file has from an offset on, at most 64 KB; each time opened anew, so that a shared file system looks again.
std::string tail_of(const std::string& path, std::size_t from) {
  std::string text;
  const process::unique_fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW)};
  if (!file) return text;
  text.resize(65'536);
  const auto size = ::pread(file.get(), text.data(), text.size(), static_cast<off_t>(from));
  text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return text;
}

class batch_run final : public run {
public:
  batch_run(std::shared_ptr<const batch_system> system, const order& what, listener heard)
      : system_{std::move(system)}, files_{files_of(what)}, heard_{std::move(heard)}, said_{heard_} {
    const auto script = batch_script(*system_, what, files_);
    // All of them now, so that a job that was submitted can be asked for and cancelled.
    for (const auto& words : {system_->submit(""), system_->look("0"), system_->cancel("0"), system_->signal("0", 15)})
      (void)find_program(words.front(), system_->name());
    files::replace_file(files_.script, script, 0600);
    for (const auto* one : {&files_.output, &files_.ready, &files_.exit}) files::replace_file(*one, "", 0600);
    try {
      submit_ = begin(system_->submit(files_.script));
    } catch (...) {
      remove_files();
      throw;
    }
  }
  ~batch_run() override {
    if (!ended_) {
      try {
        drop();
      } catch (...) { // the node ends without a controller
        ended_.reset();
      }
    }
    remove_files();
  }

  [[nodiscard]] int fd() const override { return watch_.fd(); }
  [[nodiscard]] std::optional<std::chrono::milliseconds> every() const override {
    return stopping_ || !ready_ ? 250ms : 1000ms;
  }
  void attend() override {
    if (ended_) return;
    try {
      attend_commands();
      if (ended_) return;
      read_files();
      if (!job_.empty() && !look_ && steady_clock::now() >= next_look_) look_ = begin(system_->look(job_));
    } catch (const error& e) { // no process could be started: later perhaps
      tell(log_level::warning, e.what());
      look_again();
    }
  }
  [[nodiscard]] const std::optional<ending>& ended() const override { return ended_; }
  [[nodiscard]] bool ready() const override { return ready_; }
  void stop() override {
    if (!std::exchange(stopping_, true)) order_job(&batch_system::cancel);
  }
  void kill() override {
    stopping_ = killed_ = true;
    order_job(&batch_system::kill);
  }
  bool signal(int number) override {
    if (job_.empty() || ended_) return false;
    aside_.push_back(begin(system_->signal(job_, number)));
    return true;
  }
  [[nodiscard]] std::string what() const override {
    return job_.empty() ? std::string{system_->name()} + ", no job yet" : "job " + job_;
  }

private:
  using command_of = std::vector<std::string> (batch_system::*)(const std::string&) const;

  std::unique_ptr<command> begin(std::vector<std::string> words) {
    words.front() = find_program(words.front(), system_->name()).string();
    return std::make_unique<command>(std::move(words), watch_);
  }
  void tell(log_level level, const std::string& text) const {
    if (heard_) heard_(level, text);
  }
  /// Or later, when the job has a number.
  void order_job(command_of words) {
    if (job_.empty() || ended_) return;
    try {
      aside_.push_back(begin((*system_.*words)(job_)));
    } catch (const error& e) {
      tell(log_level::warning, e.what());
    }
    delay_ = first_look;
    next_look_ = steady_clock::now() + delay_ / 2;
  }
  void look_again() {
    next_look_ = steady_clock::now() + delay_;
    delay_ = std::min(delay_ * 2, stopping_ ? last_look_stopping : last_look);
  }

  void attend_commands() {
    if (submit_)
      if (const auto result = submit_->poll()) submitted(*result);
    std::erase_if(aside_, [&](const auto& one) {
      const auto result = one->poll();
      // A job that just ended can't be cancelled; looking tells.
      if (result && result->code != 0) tell(log_level::info, one->name() + ": " + result->words());
      return result.has_value();
    });
    if (look_)
      if (const auto result = look_->poll()) looked(*result);
  }
  void submitted(const command::result& result) {
    const auto name = submit_->name();
    submit_.reset();
    if (result.code == 0) job_ = system_->job_of(result.out);
    if (job_.empty()) {
      ended_ = ending{1, false, name + ": " + result.words()};
      remove_files();
      return;
    }
    tell(log_level::info, "job " + job_);
    look_again();
    if (stopping_) order_job(killed_ ? &batch_system::kill : &batch_system::cancel);
  }
  void looked(const command::result& result) {
    const auto name = look_->name();
    look_.reset();
    look_again();
    const auto state = system_->state_of(result);
    if (!state) {
      if (!std::exchange(blind_, true))
        tell(log_level::warning, name + " does not tell how job " + job_ + " is: " + result.words());
      return;
    }
    blind_ = false;
    if (state->now == job_state::phase::over) return finish(*state);
    const auto text = state->now == job_state::phase::running ? "runs" : "waits: " + state->words;
    const bool says = state->now == job_state::phase::running || !state->words.empty();
    ran_ |= state->now == job_state::phase::running;
    if (says && std::exchange(told_, text) != text) tell(log_level::info, "job " + job_ + " " + text);
  }

  void read_files() {
    for (int i = 0; i < 16; ++i) { // the rest next time
      const auto text = tail_of(files_.output, read_);
      if (text.empty()) break;
      read_ += text.size();
      said_.take(text);
    }
    if (!ready_) ready_ = !tail_of(files_.ready, 0).empty();
    // It ended, which the batch system will know soon.
    if (!exit_) {
      const auto text = tail_of(files_.exit, 0);
      int code = 0;
      if (text.ends_with('\n') && std::from_chars(text.data(), text.data() + text.size(), code).ec == std::errc{}) {
        exit_ = code;
        delay_ = first_look;
        next_look_ = {};
      }
    }
  }
  void finish(const job_state& state) {
    read_files();
    said_.end();
    ending e;
    e.reached = ran_ || ready_ || exit_ || read_ > 0;
    if (stopping_) {
      e.code = exit_.value_or(0);
      e.words = "job " + job_ + " stopped";
    } else if (!state.words.empty()) {
      e.code = 1;
      e.words = "job " + job_ + " " + state.words;
    } else if (exit_) {
      e.code = *exit_;
      e.words = "exit code " + std::to_string(*exit_) + " (job " + job_ + ")";
    } else {
      e.code = 1;
      e.words = "job " + job_ + " gone from the queue";
    }
    // Of a job that the batch system ended the node has no more to say than that it ends.
    if (e.code != 0 && state.words.empty() && !said_.last().empty()) e.words += ": " + said_.last();
    ended_ = std::move(e);
    remove_files();
  }

  /// Nobody looks after it any more: it is cancelled, which takes a moment.
  void drop() {
    const auto deadline = steady_clock::now() + last_wait;
    if (!killed_) kill();
    while ((submit_ || !aside_.empty()) && steady_clock::now() < deadline) {
      pollfd entry{watch_.fd(), POLLIN, 0};
      ::poll(&entry, 1, 100);
      attend_commands();
    }
  }
  void remove_files() noexcept {
    if (std::exchange(removed_, true)) return; // a later run may have files of these names
    std::error_code ignored;
    for (const auto* one : {&files_.script, &files_.output, &files_.ready, &files_.exit})
      std::filesystem::remove(*one, ignored);
  }

  std::shared_ptr<const batch_system> system_;
  job_files files_;
  listener heard_;
  line_splitter said_;
  process::watch_set watch_;
  std::unique_ptr<command> submit_, look_;
  std::vector<std::unique_ptr<command>> aside_; // cancelling, signalling
  std::string job_, told_;
  std::size_t read_ = 0; // of its output
  steady_clock::duration delay_ = first_look;
  steady_clock::time_point next_look_{};
  std::optional<int> exit_; // as the script said
  std::optional<ending> ended_;
  bool removed_ = false, ready_ = false, ran_ = false, blind_ = false, stopping_ = false, killed_ = false;
};

} // namespace

std::unique_ptr<run> batch_launcher::start(const order& what, listener heard) {
  return std::make_unique<batch_run>(system_, what, std::move(heard));
}

} // namespace pactor::launchers
