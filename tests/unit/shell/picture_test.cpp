#include "cli/picture.hpp"

#include <doctest/doctest.h>

#include <map>

using namespace pactor::cli;

namespace {

picture_protocol protocol(const std::map<std::string, std::string>& environment) {
  return protocol_of([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string{} : found->second;
  });
}

} // namespace

TEST_CASE("terminals that take pictures are known by their environment") {
  CHECK(protocol({}) == picture_protocol::none);
  CHECK(protocol({{"TERM", "xterm-256color"}}) == picture_protocol::none);
  CHECK(protocol({{"TERM", "xterm-kitty"}}) == picture_protocol::kitty);
  CHECK(protocol({{"TERM", "xterm-256color"}, {"KITTY_WINDOW_ID", "1"}}) == picture_protocol::kitty);
  CHECK(protocol({{"TERM_PROGRAM", "WezTerm"}}) == picture_protocol::iterm);
  CHECK(protocol({{"TERM_PROGRAM", "iTerm.app"}}) == picture_protocol::iterm);
  CHECK(protocol({{"TERM_PROGRAM", "iTerm.app"}, {"TERM", "screen-256color"}}) == picture_protocol::none);
  CHECK(protocol({{"TERM", "xterm-kitty"}, {"TMUX", "/tmp/x"}}) == picture_protocol::none);
}

TEST_CASE("pictures are written as the terminal takes them") {
  CHECK(escape_picture(picture_protocol::none, "png") == "");
  CHECK(escape_picture(picture_protocol::kitty, "png") == "\x1b_Ga=T,f=100,q=2,m=0;cG5n\x1b\\\n");
  CHECK(escape_picture(picture_protocol::iterm, "png") == "\x1b]1337;File=inline=1;size=3:cG5n\a\n");
  const auto long_one = escape_picture(picture_protocol::kitty, std::string(4000, 'x'));
  CHECK(long_one.find("m=1;") != std::string::npos);
  CHECK(long_one.find("\x1b\\\x1b_Gm=0;") != std::string::npos);
}
