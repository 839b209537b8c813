#pragma once
// Who may take part in a cluster: its authorities, and every certificate that they issued. A value: files/
// authority_file.hpp keeps it.

#include "runtime/security/signing.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pactor::security {

/// An entry of the register.
struct issued_certificate {
  std::string serial, name;
  role holder = role::client;
  time_point issued, expires; ///< full seconds
  int generation = 1;         ///< which of the authorities signed it
  std::optional<time_point> revoked{};
};

/// One authority. Rotating makes the next, and the key of the one before is thrown away.
struct authority_generation {
  int number = 1;
  std::string certificate; ///< PEM; of one that was replaced: valid until it is trusted no more
  std::string key;         ///< PEM; "" of one that was replaced
  time_point trusted_until;
};

class authority {
public:
  /// How long an authority could sign, and how many certificates the register holds.
  static constexpr std::chrono::hours lifetime{24 * 365 * 10};
  static constexpr std::size_t most_issued = 10'000;
  /// Beyond these, for the cluster's own files: what is revoked is to be replaced, also if the register is full.
  static constexpr std::size_t reserve = 1'000;
  enum class use { anybody, own_file };

  /// A new one. @param unique  a few characters that no other cluster or start has
  authority(std::string cluster_id, std::string unique, time_point now);
  /// One that was kept. @throws error{configuration} if it can't sign
  authority(std::string cluster_id, std::string unique, std::vector<authority_generation> generations,
            std::vector<issued_certificate> issued);

  /// Makes and registers a certificate. Only one that is in force has this name.
  /// @throws error{invalid_argument} if the name is taken, the authority does not live that long, or there is no room
  identity issue(role holder, const std::string& name, const validity& valid, time_point now,
                 use what_for = use::anybody);
  /// A name that is not taken: `client-2`.
  [[nodiscard]] std::string free_name(role holder, time_point now) const;

  /// Revokes what has this name, or whose serial number begins so (8 digits at least). What is revoked stays so.
  /// @return what this is about, whether it was revoked before or not
  /// @throws error{invalid_argument} if there is no such certificate, or it is the controller's
  std::vector<issued_certificate> revoke(std::string_view which, time_point now);

  /// The next authority takes over. What the earlier ones signed is trusted for `overlap` from now on, or not at all;
  /// what was replaced before no longer than was said then.
  void rotate(time_point now, std::chrono::seconds overlap);

  /// The authorities to trust, PEM, the one that signs first.
  [[nodiscard]] std::string trusted(time_point now) const;
  /// Serial numbers to refuse: those that are revoked and would be accepted otherwise.
  [[nodiscard]] std::vector<std::string> revoked(time_point now) const;
  /// `valid`, `expired`, `revoked`, `replaced` (its authority is trusted no more), `replaced, until ...`
  [[nodiscard]] std::string state_of(const issued_certificate& one, time_point now) const;

  [[nodiscard]] const std::string& cluster_id() const noexcept { return cluster_id_; }
  [[nodiscard]] const std::string& unique() const noexcept { return unique_; }
  [[nodiscard]] const std::vector<authority_generation>& generations() const noexcept { return generations_; }
  [[nodiscard]] const std::vector<issued_certificate>& issued() const noexcept { return issued_; }

private:
  [[nodiscard]] authority_generation make_generation(int number, time_point now) const;
  [[nodiscard]] const authority_generation* generation(int number) const;
  [[nodiscard]] bool in_force(const issued_certificate& one, time_point now) const;
  void forget_old(time_point now);
  void forget_useless(time_point now);

  std::string cluster_id_, unique_;
  std::vector<authority_generation> generations_; // the last one signs
  std::vector<issued_certificate> issued_;
};

} // namespace pactor::security
