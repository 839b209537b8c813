#include "runtime/files/roster.hpp"

#include "runtime/files/file_io.hpp"
#include "runtime/process/unique_fd.hpp"

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <string>
#include <unistd.h>

namespace pactor::files {

roster roster::read(const std::filesystem::path& path) {
  roster r;
  try {
    const auto all = nlohmann::json::parse(read_private_file(path));
    all.at("engines").get_to(r.engines);
    all.at("clients").get_to(r.clients);
    all.at("lost").get_to(r.lost);
    for (const auto& l : all.at("libraries"))
      r.libraries.push_back({l.at("file"), l.at("hash"), l.at("size"), l.at("origin"), l.at("since"), {}});
  } catch (const std::exception&) {
    return {};
  }
  return r;
}

void roster::write(const std::filesystem::path& path) const noexcept {
  try {
    auto shipped = nlohmann::json::array();
    for (const auto& l : libraries)
      shipped.push_back(
          {{"file", l.file}, {"hash", l.hash}, {"size", l.size}, {"origin", l.origin}, {"since", l.since}});
    using nlohmann::json;
    const auto text =
        json{{"engines", engines}, {"clients", clients}, {"lost", lost}, {"libraries", std::move(shipped)}}.dump(
            -1, ' ', false, json::error_handler_t::replace);
    auto beside = path;
    beside += ".new";
    const process::unique_fd file{::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (file.get() < 0 || ::write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return;
    ::rename(beside.c_str(), path.c_str()); // without a sync: a process may be killed, which loses nothing
  } catch (const std::exception&) {
    return; // its successor waits for nobody
  }
}

} // namespace pactor::files
