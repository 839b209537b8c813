#include "cli/shell/editor.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cwchar>
#include <histedit.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace pactor::cli::shell {

namespace {

constexpr int idle_ms = 250;

std::wstring widen(std::string_view text) {
  std::wstring wide;
  std::mbstate_t state{};
  while (!text.empty()) {
    wchar_t c = 0;
    const auto n = std::mbrtowc(&c, text.data(), text.size(), &state);
    const bool sound = n > 0 && n <= text.size();
    if (!sound) state = {};
    wide += sound ? c : L'?';
    text.remove_prefix(sound ? n : 1);
  }
  return wide;
}

std::string narrow(std::wstring_view wide) {
  std::string text;
  std::mbstate_t state{};
  for (const auto c : wide) {
    std::array<char, MB_LEN_MAX> bytes{};
    const auto n = std::wcrtomb(bytes.data(), c, &state);
    if (n == static_cast<std::size_t>(-1))
      state = {};
    else
      text.append(bytes.data(), n);
  }
  return text;
}

bool more_is_typed() {
  pollfd p{STDIN_FILENO, POLLIN, 0};
  return ::poll(&p, 1, 0) > 0;
}

winsize terminal_size() {
  winsize size{};
  (void)::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
  return size;
}

/// True if somebody else had the terminal meanwhile, after a stop that nobody typed.
bool terminal_was_taken() {
  termios settings{};
  return ::tcgetattr(STDIN_FILENO, &settings) == 0 && (settings.c_lflag & ICANON) != 0;
}

/// In columns, as ls does.
void print_in_columns(const std::vector<std::string>& names) {
  constexpr std::size_t most = 200;
  std::size_t longest = 0;
  for (const auto& n : names) longest = std::max(longest, n.size() + 2);
  const auto size = terminal_size();
  const auto columns = std::max<std::size_t>(1, (size.ws_col > 0 ? size.ws_col : 80U) / longest);
  const auto shown = std::min(names.size(), most);
  const auto rows = (shown + columns - 1) / columns;
  std::string text = "\n";
  for (std::size_t row = 0; row < rows; ++row) {
    for (auto i = row; i < shown; i += rows) text += names[i] + std::string(longest - names[i].size(), ' ');
    text.erase(text.find_last_not_of(' ') + 1);
    text += '\n';
  }
  if (shown < names.size()) text += "... and " + std::to_string(names.size() - shown) + " more\n";
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

/// UTF-8, whatever the environment says of languages.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

} // namespace

struct editor::state {
  state(process::shutdown_signals& s, callbacks c) : signals{s}, call{std::move(c)}, size{terminal_size()} {}

  process::shutdown_signals& signals;
  callbacks call;
  winsize size;
  std::wstring prompt;
  typed_line::ending ending = typed_line::ending::end; ///< if the line does not come to its own
  int signal = 0;                                      ///< that came in its place
  std::string bytes;                                   ///< of a character that is not whole
  bool colour = false;
  std::unique_ptr<HistoryW, decltype(&::history_wend)> past{::history_winit(), &::history_wend};
  std::unique_ptr<EditLine, decltype(&::el_end)> el{nullptr, &::el_end};

  static state& of(EditLine* el) {
    void* self = nullptr;
    ::el_wget(el, EL_CLIENTDATA, &self);
    return *static_cast<state*>(self);
  }
  static wchar_t* show_prompt(EditLine* el) { return of(el).prompt.data(); }
  static int read_key(EditLine* el, wchar_t* key) {
    try {
      return of(el).next_key(*key);
    } catch (...) { // not through C
      return -1;
    }
  }
  static unsigned char complete_word(EditLine* el, wint_t /*key*/) {
    try {
      return of(el).complete();
    } catch (...) {
      return CC_ERROR;
    }
  }
  static unsigned char suspend_shell(EditLine* el, wint_t /*key*/) { return of(el).suspend(); }

  void renew_prompt() {
    const auto text = widen(call.prompt());
    prompt = colour ? L"\1\x1b[1m\1" + text + L"\1\x1b[0m\1" : text;
  }
  /// @return 1 if there is a key, -1 to end the line
  int next_key(wchar_t& key);
  int read_byte(wchar_t& key);
  void look_around();
  unsigned char complete();
  void take_terminal();
  void leave_terminal() { ::el_wset(el.get(), EL_PREP_TERM, 0); }
  unsigned char suspend();
};

/// For a line: keys come as they are typed. So does Ctrl-Z, as who is stopped by the terminal can't restore it before.
void editor::state::take_terminal() {
  ::el_wset(el.get(), EL_PREP_TERM, 1);
  termios settings{};
  if (::tcgetattr(STDIN_FILENO, &settings) != 0) return;
  settings.c_cc[VSUSP] = _POSIX_VDISABLE;
  (void)::tcsetattr(STDIN_FILENO, TCSADRAIN, &settings);
}

/// As the terminal does it for others, with its settings as they were.
unsigned char editor::state::suspend() {
  leave_terminal();
  (void)::kill(0, SIGTSTP); // until somebody has us go on
  take_terminal();
  return CC_REDISPLAY;
}

int editor::state::next_key(wchar_t& key) {
  for (;;) {
    std::array<pollfd, 2> p{{{STDIN_FILENO, POLLIN, 0}, {signals.fd(), POLLIN, 0}}};
    if (::poll(p.data(), p.size(), idle_ms) == 0) {
      look_around();
      continue;
    }
    if (const auto came = signals.take()) {
      signal = *came;
      ending = signal == SIGINT ? typed_line::ending::cancelled : typed_line::ending::signal;
      return -1;
    }
    if (p[0].revents == 0) continue;
    if (const auto n = read_byte(key); n != 0) return n;
  }
}

/// @return 0 if the character is not whole yet
int editor::state::read_byte(wchar_t& key) {
  char c = 0;
  const auto n = ::read(STDIN_FILENO, &c, 1);
  if (n < 0 && errno == EINTR) return 0;
  if (n <= 0) {
    ending = typed_line::ending::end;
    return -1;
  }
  bytes += c;
  std::mbstate_t fresh{};
  const auto whole = std::mbrtowc(&key, bytes.data(), bytes.size(), &fresh);
  if (whole == static_cast<std::size_t>(-2)) return 0;
  bytes.clear();
  if (whole == static_cast<std::size_t>(-1)) return 0; // no UTF-8: as if it were not typed
  return 1;
}

void editor::state::look_around() {
  const auto now = terminal_size();
  if (now.ws_col != size.ws_col || now.ws_row != size.ws_row) {
    size = now;
    ::el_resize(el.get());
  }
  const bool taken = terminal_was_taken();
  if (taken) {
    leave_terminal();
    take_terminal();
  }
  const auto told = call.idle();
  if (told.empty() && !taken) return;
  std::printf("\r\x1b[K%s%s", told.c_str(), told.empty() ? "" : "\n");
  std::fflush(stdout);
  renew_prompt();
  ::el_wset(el.get(), EL_REFRESH);
}

unsigned char editor::state::complete() {
  const auto* line = ::el_wline(el.get());
  const auto before = narrow({line->buffer, static_cast<std::size_t>(line->cursor - line->buffer)});
  // A tab that is pasted, or at the begin of a line, is indentation.
  if (before.find_first_not_of(" \t") == std::string::npos || more_is_typed())
    return ::el_winsertstr(el.get(), L"    ") == 0 ? CC_REFRESH : CC_ERROR;
  const auto found = call.complete(before);
  if (found.names.empty()) return CC_REFRESH_BEEP;
  const auto common = common_beginning(found.names);
  auto rest = common.substr(std::min(found.typed, common.size()));
  if (found.names.size() == 1 && found.whole) rest += ' ';
  if (!rest.empty()) return ::el_winsertstr(el.get(), widen(rest).c_str()) == 0 ? CC_REFRESH : CC_ERROR;
  if (found.names.size() == 1) return CC_NORM;
  print_in_columns(found.names);
  return CC_REDISPLAY;
}

editor::editor(process::shutdown_signals& signals, callbacks c)
    : state_{std::make_unique<state>(signals, std::move(c))} {
  use_utf8();
  auto& el = state_->el;
  el.reset(::el_init("pactor", stdin, stdout, stderr));
  if (!el || !state_->past) throw error{ec::system, "the terminal can't be used for editing"};
  HistEventW event{};
  ::history_w(state_->past.get(), &event, H_SETSIZE, static_cast<int>(history::most_lines));
  ::history_w(state_->past.get(), &event, H_SETUNIQUE, 1);
  ::el_wset(el.get(), EL_CLIENTDATA, state_.get());
  ::el_wset(el.get(), EL_EDITOR, L"emacs");
  ::el_wset(el.get(), EL_SIGNAL, 0);
  ::el_wset(el.get(), EL_PROMPT_ESC, &state::show_prompt, L'\1');
  ::el_wset(el.get(), EL_HIST, &::history_w, state_->past.get());
  ::el_wset(el.get(), EL_GETCFN, &state::read_key);
  ::el_wset(el.get(), EL_ADDFN, L"pactor-complete", L"Completes a word", &state::complete_word);
  ::el_wset(el.get(), EL_ADDFN, L"pactor-suspend", L"Stops the shell", &state::suspend_shell);
  constexpr std::array<std::array<const wchar_t*, 2>, 8> keys{{{L"^I", L"pactor-complete"},
                                                               {L"^Z", L"pactor-suspend"},
                                                               {L"^R", L"em-inc-search-prev"},
                                                               {L"\\e[3~", L"ed-delete-next-char"},
                                                               {L"\\e[1;5D", L"ed-prev-word"},
                                                               {L"\\e[1;5C", L"em-next-word"},
                                                               {L"\\e[H", L"ed-move-to-beg"},
                                                               {L"\\e[F", L"ed-move-to-end"}}};
  for (const auto& [key, command] : keys) ::el_wset(el.get(), EL_BIND, key, command, nullptr);
  ::el_source(el.get(), nullptr); // the user's .editrc
}

editor::~editor() = default;

void editor::remember(const std::string& line) {
  HistEventW event{};
  ::history_w(state_->past.get(), &event, H_ENTER, widen(line).c_str());
}

typed_line editor::read(bool colour) {
  auto& s = *state_;
  s.colour = colour;
  s.bytes.clear();
  s.ending = typed_line::ending::end;
  s.signal = 0;
  s.renew_prompt();
  ::el_resize(s.el.get());
  s.take_terminal(); // before the prompt is there: what is typed then is ours
  int count = 0;
  const auto* line = ::el_wgets(s.el.get(), &count);
  if (!line || count <= 0) {
    std::fputs(s.ending == typed_line::ending::cancelled ? "^C\n" : "\n", stdout);
    std::fflush(stdout);
    return {.how = s.ending, .signal = s.signal};
  }
  auto text = narrow({line, static_cast<std::size_t>(count)});
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  return {.text = std::move(text)};
}

} // namespace pactor::cli::shell
