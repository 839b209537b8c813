#include "actors/library_sender.hpp"

#include "pactor/codec.hpp"
#include "runtime/jobs/library_store.hpp"
#include "runtime/process/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <pwd.h>
#include <unistd.h>

namespace pactor {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using transport::frame_kind;

namespace {

/// `alice@laptop`
std::string who_we_are() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  std::array<char, 4096> memory{};
  passwd entry{};
  passwd* found = nullptr;
  ::getpwuid_r(::getuid(), &entry, memory.data(), memory.size(), &found);
  return (found ? std::string{found->pw_name} : "uid " + std::to_string(::getuid())) + "@" + host.data();
}

library_reply checked(const detail::bytes& answer) {
  auto r = decode<library_reply>(answer);
  if (r.why.empty()) return r;
  std::string all;
  for (const auto& one : r.why) all += (all.empty() ? "" : "\n") + one;
  throw error{static_cast<ec>(std::min<std::uint8_t>(r.code, ec_names.size() - 1)), all};
}

library_reply ask(client_core& core, const library_query& q, milliseconds patience) {
  return checked(core.ask(frame_kind::library, detail::slice{encode(q)}, 0, patience));
}

void send_content(client_core& core, const std::filesystem::path& library, std::uint64_t size, milliseconds patience,
                  steady_clock::time_point deadline) {
  const process::unique_fd fd{::open(library.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  for (std::uint64_t at = 0; at < size;) {
    auto part = detail::bytes::allocate(std::min<std::uint64_t>(transport::piece_size, size - at));
    for (std::size_t have = 0; have < part.size();) {
      const auto n = ::pread(fd.get(), part.data() + have, part.size() - have, static_cast<off_t>(at + have));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) throw error{ec::bad_library, library.string() + " has changed while it was sent"};
      have += static_cast<std::size_t>(n);
    }
    const auto sent = part.size();
    checked(core.ask(frame_kind::library_part, detail::slice{std::move(part)}, at, patience));
    at += sent;
    if (steady_clock::now() > deadline)
      throw timeout_error{library.string() + " was not sent in time: " + std::to_string(at >> 20U) + " of " +
                          std::to_string(size >> 20U) + " MB"};
  }
}

} // namespace

std::vector<job_info> send_library(client_core& core, const std::filesystem::path& library, milliseconds patience,
                                   milliseconds timeout) {
  const auto deadline = steady_clock::now() + timeout;
  const auto name = jobs::name_of_file(library);
  library_query q{static_cast<std::uint8_t>(library_ask::offer), {name.file, name.hash, name.size}, who_we_are()};
  if (ask(core, q, patience).wanted) send_content(core, library, name.size, patience, deadline);
  q.what = static_cast<std::uint8_t>(library_ask::commit);
  const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
  std::vector<job_info> all;
  for (auto& [job, signature, file] : ask(core, q, std::max(left, milliseconds{1})).jobs)
    all.push_back({std::move(job), std::move(signature), std::move(file)});
  return all;
}

void remove_library(client_core& core, const std::string& file, milliseconds patience) {
  ask(core, {static_cast<std::uint8_t>(library_ask::remove), {file, {}, 0}, {}}, patience);
}

std::vector<shipped_library> shipped_libraries(client_core& core, milliseconds patience) {
  const library_query q{static_cast<std::uint8_t>(library_ask::list), {}, {}};
  std::vector<shipped_library> all;
  for (auto& e :
       decode<std::vector<library_entry>>(core.ask(frame_kind::library, detail::slice{encode(q)}, 0, patience)))
    all.push_back({std::move(e.library.file), std::move(e.library.hash), e.library.size, std::move(e.origin),
                   std::chrono::system_clock::time_point{std::chrono::seconds{e.since}}, std::move(e.unfit)});
  return all;
}

} // namespace pactor
