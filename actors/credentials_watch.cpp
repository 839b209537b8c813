#include "actors/credentials_watch.hpp"

#include "pactor/error.hpp"

#include <set>
#include <sys/stat.h>
#include <utility>

namespace pactor {

using files::applied_revision;
using files::controller_file;
using security::role;
using security::time_point;

namespace {

/// The oldest that is to be shown still: peers with an older file know no other, and those with a newer one know it
/// too.
std::pair<std::string, std::string> identity_at(const controller_file& file, time_point now) {
  for (const auto& e : file.earlier)
    if (now < e.until) return {e.certificate, e.key};
  return {file.common.certificate, file.common.key};
}

/// The authorities that are trusted then.
std::string trusted_at(const controller_file& file, time_point now) {
  auto all = file.common.ca;
  for (const auto& r : file.replaced)
    if (const auto at = all.find(r.certificate); now >= r.until && at != all.npos) all.erase(at, r.certificate.size());
  return all;
}

bool same_credentials(const controller_file& a, const controller_file& b) {
  return a.revision == b.revision && a.common.ca == b.common.ca && a.common.certificate == b.common.certificate &&
         a.revoked == b.revoked && a.earlier == b.earlier && a.replaced == b.replaced;
}

} // namespace

credentials_watch::credentials_watch(std::filesystem::path path, controller_file file, log journal, time_point now)
    : path_{std::move(path)}, file_{std::move(file)}, journal_{std::move(journal)}, seen_{stamp_of_file()}, tls_{make(
                                                                                                                file_,
                                                                                                                now)} {}

credentials_watch::stamp credentials_watch::stamp_of_file() const {
  struct stat s {};
  if (::stat(path_.c_str(), &s) != 0) return {};
  return {s.st_ino, s.st_mtim.tv_sec, s.st_mtim.tv_nsec};
}

std::unique_ptr<security::tls_context> credentials_watch::make(const controller_file& file, time_point now) {
  auto [certificate, key] = identity_at(file, now);
  auto trusted = trusted_at(file, now);
  auto made = std::make_unique<security::tls_context>(role::controller, trusted, certificate, key, file.revoked);
  trusted_ = std::move(trusted);
  shown_ = std::move(certificate);
  return made;
}

/// Revoked and expired certificates, also those that come or end later.
std::size_t credentials_watch::guard(transport::endpoint& endpoint) const {
  const auto revoked = std::make_shared<const std::set<std::string>>(file_.revoked.begin(), file_.revoked.end());
  return endpoint.guard([revoked](const security::certificate_info& peer) -> std::string {
    if (revoked->contains(peer.serial)) return "its certificate " + describe(peer) + " was revoked";
    if (std::chrono::system_clock::now() > peer.not_after)
      return "its certificate " + describe(peer) + " expired at " + security::utc(peer.not_after);
    return {};
  });
}

void credentials_watch::begin(transport::endpoint& endpoint) {
  const auto ended = guard(endpoint);
  applied_revision{file_.revision, ended}.write(applied_revision::path_for(path_));
}

void credentials_watch::look(transport::endpoint& endpoint, time_point now) {
  const auto there = stamp_of_file();
  if (there == stamp{} || there == seen_) {
    if (identity_at(file_, now).first != shown_ || trusted_at(file_, now) != trusted_) {
      auto next = make(file_, now);
      endpoint.use(next->get());
      tls_ = std::move(next);
      journal_.info("controller's time to trust files of before a rotation is over: they are refused");
    }
    return;
  }
  seen_ = there;
  try {
    auto file = controller_file::read(path_);
    if (same_credentials(file, file_)) return; // a launcher that noted the port
    auto next = make(file, now);
    endpoint.use(next->get());
    tls_ = std::move(next);
    file_ = std::move(file);
    const auto ended = guard(endpoint);
    journal_.info("controller uses changed credentials, revision " + std::to_string(file_.revision) + ": " +
                  std::to_string(file_.revoked.size()) + " revoked, " + std::to_string(ended) + " connections ended");
    applied_revision{file_.revision, ended}.write(applied_revision::path_for(path_));
  } catch (const error& e) {
    journal_.error(std::string{"controller goes on with the credentials that it has: "} + e.what());
  }
}

} // namespace pactor
