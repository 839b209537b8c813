#include "runtime/security/authority.hpp"

#include "pactor/error.hpp"

#include <algorithm>
#include <utility>

namespace pactor::security {
namespace {

constexpr std::size_t shortest_serial = 8;

time_point full_seconds(time_point t) { return std::chrono::floor<std::chrono::seconds>(t); }

} // namespace

authority::authority(std::string cluster_id, std::string unique, time_point now)
    : cluster_id_{std::move(cluster_id)}, unique_{std::move(unique)}, generations_{make_generation(1, now)} {}

authority::authority(std::string cluster_id, std::string unique, std::vector<authority_generation> generations,
                     std::vector<issued_certificate> issued)
    : cluster_id_{std::move(cluster_id)}, unique_{std::move(unique)},
      generations_{std::move(generations)}, issued_{std::move(issued)} {
  if (generations_.empty() || generations_.back().key.empty())
    throw error{ec::configuration, "the authority has no key: start the cluster again to make a new one"};
}

authority_generation authority::make_generation(int number, time_point now) const {
  const auto name = "pactor " + cluster_id_ + (cluster_id_.empty() ? "" : " ") + unique_ +
                    (number == 1 ? "" : " " + std::to_string(number));
  auto [certificate, key] = make_authority(name, validity::from(now, lifetime));
  return {number, std::move(certificate), std::move(key), full_seconds(now + lifetime)};
}

const authority_generation* authority::generation(int number) const {
  const auto g = std::ranges::find(generations_, number, &authority_generation::number);
  return g == generations_.end() ? nullptr : &*g;
}

bool authority::in_force(const issued_certificate& one, time_point now) const {
  const auto* by = generation(one.generation);
  return !one.revoked && now <= one.expires && by && now <= by->trusted_until;
}

std::string authority::state_of(const issued_certificate& one, time_point now) const {
  if (one.revoked) return "revoked";
  if (now > one.expires) return "expired";
  if (one.generation == generations_.back().number) return "valid";
  const auto* by = generation(one.generation);
  return by && now <= by->trusted_until ? "replaced, until " + utc(by->trusted_until) : "replaced";
}

/// What has expired by a month is of no use to anybody.
void authority::forget_old(time_point now) {
  constexpr std::chrono::hours month{24 * 30};
  std::erase_if(issued_, [&](const issued_certificate& one) { return now > one.expires + month; });
  const auto is_over = [&](const authority_generation& g) { return now > g.trusted_until; };
  generations_.erase(std::remove_if(generations_.begin(), generations_.end() - 1, is_over), generations_.end() - 1);
}

/// Makes room. What nobody is let in with need not be known, nor be refused.
void authority::forget_useless(time_point now) {
  std::erase_if(issued_, [&](const issued_certificate& one) {
    const auto* by = generation(one.generation);
    return now > one.expires || !by || now > by->trusted_until;
  });
}

identity authority::issue(role holder, const std::string& name, const validity& valid, time_point now, use what_for) {
  forget_old(now);
  const auto places = most_issued + (what_for == use::own_file ? reserve : 0);
  if (issued_.size() >= places) forget_useless(now);
  const auto& by = generations_.back();
  const auto taken = [&](const issued_certificate& one) {
    return one.name == name && one.generation == by.number && in_force(one, now);
  };
  if (const auto other = std::ranges::find_if(issued_, taken); other != issued_.end())
    throw error{ec::invalid_argument, "there is a certificate with the name " + name + " already (" +
                                          short_serial(other->serial) + "); choose another, or revoke that one"};
  if (valid.not_after > by.trusted_until)
    throw error{ec::invalid_argument, "the cluster's authority ends at " + utc(by.trusted_until) +
                                          ": make the certificate valid for a shorter time"};
  if (issued_.size() >= places)
    throw error{ec::invalid_argument,
                "the register is full: it has " + std::to_string(issued_.size()) +
                    " certificates, and those that are revoked stay until they expire; pactor credentials rotate --now "
                    "begins a new one"};
  auto made = make_identity(holder, name, {by.certificate, by.key}, valid);
  const auto info = info_of(made.certificate);
  issued_.push_back({info.serial, name, holder, full_seconds(now), info.not_after, by.number});
  return made;
}

std::string authority::free_name(role holder, time_point now) const {
  for (int i = 2;; ++i) {
    auto name = std::string{to_string(holder)} + "-" + std::to_string(i);
    if (std::ranges::none_of(issued_, [&](const auto& one) { return one.name == name && in_force(one, now); }))
      return name;
  }
}

std::vector<issued_certificate> authority::revoke(std::string_view which, time_point now) {
  std::vector<issued_certificate*> found;
  for (auto& one : issued_)
    if (one.name == which && now <= one.expires) found.push_back(&one);
  if (found.empty() && which.size() >= shortest_serial)
    for (auto& one : issued_)
      if (one.serial.starts_with(which)) found.push_back(&one);
  if (found.empty())
    throw error{ec::invalid_argument, "no certificate has the name or serial number " + std::string{which} +
                                          "; pactor credentials list shows all"};
  std::vector<issued_certificate> result;
  for (const auto* one : found)
    if (one->holder == role::controller)
      throw error{ec::invalid_argument, "the controller's certificate can't be revoked: pactor credentials rotate "
                                        "--now makes a new authority, which trusts none of the old certificates"};
  for (auto* one : found) {
    if (!one->revoked) one->revoked = full_seconds(now);
    result.push_back(*one);
  }
  return result;
}

void authority::rotate(time_point now, std::chrono::seconds overlap) {
  const auto end = full_seconds(now + overlap);
  auto next = make_generation(generations_.back().number + 1, now);
  if (overlap <= std::chrono::seconds{0}) {
    generations_.clear();
  } else {
    forget_old(now);
    for (auto& g : generations_) {
      if (g.key.empty()) { // replaced before: another end can't be signed, but kept
        g.trusted_until = std::min(g.trusted_until, end);
        continue;
      }
      g.certificate = shortened({g.certificate, g.key}, end);
      g.trusted_until = end;
      g.key.clear();
    }
  }
  generations_.push_back(std::move(next));
}

std::string authority::trusted(time_point now) const {
  std::string all = generations_.back().certificate;
  for (auto g = generations_.begin(); g != generations_.end() - 1; ++g)
    if (now <= g->trusted_until) all += g->certificate;
  return all;
}

std::vector<std::string> authority::revoked(time_point now) const {
  std::vector<std::string> all;
  for (const auto& one : issued_)
    if (one.revoked && now <= one.expires) all.push_back(one.serial);
  return all;
}

} // namespace pactor::security
