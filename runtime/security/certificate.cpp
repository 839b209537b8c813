#include "runtime/security/certificate.hpp"

#include "pactor/error.hpp"
#include "runtime/core/hex.hpp"
#include "runtime/security/openssl.hpp"

#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <vector>

namespace pactor::security {
namespace {

constexpr std::string_view uri_prefix = "pactor:";
constexpr std::size_t serial_size = 16; // bytes of ours, which may begin with zeros

certificate_ptr read_certificate(std::string_view text) {
  return certificate_ptr{PEM_read_bio_X509(memory_bio(text).get(), nullptr, nullptr, nullptr)};
}

time_point to_time_point(const ASN1_TIME* time) {
  std::tm fields{};
  ASN1_TIME_to_tm(time, &fields);
  return std::chrono::system_clock::from_time_t(::timegm(&fields));
}

std::string serial_of(const X509* certificate) {
  const number_ptr number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr)};
  if (!number) return {};
  std::vector<unsigned char> bytes(std::max(serial_size, static_cast<std::size_t>(BN_num_bytes(number.get()))));
  BN_bn2binpad(number.get(), bytes.data(), static_cast<int>(bytes.size()));
  return core::hex(bytes);
}

std::string name_of(const X509* certificate) {
  std::array<char, 128> text{};
  const auto size =
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, text.data(), text.size());
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string{};
}

/// `9 days`, `5 hours`, `3 minutes`
std::string about(std::chrono::seconds left) {
  const auto count = [](auto n, const char* unit) { return std::to_string(n) + " " + unit + (n == 1 ? "" : "s"); };
  if (left >= std::chrono::hours{48}) return count(left / std::chrono::hours{24}, "day");
  if (left >= std::chrono::hours{2}) return count(left / std::chrono::hours{1}, "hour");
  return count(left / std::chrono::minutes{1}, "minute");
}

} // namespace

std::string utc(time_point when) {
  const auto seconds = std::chrono::system_clock::to_time_t(when);
  std::tm fields{};
  ::gmtime_r(&seconds, &fields);
  std::array<char, 32> text{};
  const auto size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
  return {text.data(), size};
}

std::optional<role> role_of(const X509* certificate) {
  if (!certificate) return std::nullopt;
  const clean_error_queue clean;
  const names_ptr names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  std::optional<role> found;
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const auto* uri = name->d.uniformResourceIdentifier;
    const std::string_view text{reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
                                static_cast<std::size_t>(ASN1_STRING_length(uri))};
    if (!text.starts_with(uri_prefix)) continue;
    if (found) return std::nullopt;
    for (const auto one : {role::controller, role::node, role::client})
      if (text.substr(uri_prefix.size()) == to_string(one)) found = one;
    if (!found) return std::nullopt;
  }
  return found;
}

certificate_info info_of(const X509* certificate) {
  if (!certificate) return {};
  const clean_error_queue clean;
  return {role_of(certificate), name_of(certificate), serial_of(certificate),
          to_time_point(X509_get0_notBefore(certificate)), to_time_point(X509_get0_notAfter(certificate))};
}

certificate_info info_of(std::string_view pem) {
  const clean_error_queue clean;
  const auto certificate = read_certificate(pem);
  if (!certificate) throw error{ec::configuration, "the text is no PEM certificate: " + take_openssl_error()};
  return info_of(certificate.get());
}

std::string describe(const certificate_info& info) {
  const auto holder = info.holder ? std::string{to_string(*info.holder)} : std::string{"no role"};
  return info.name + " (" + holder + ", " + short_serial(info.serial) + ")";
}

std::string explain_certificate(std::string_view pem, time_point now) {
  const clean_error_queue clean;
  const auto certificate = read_certificate(pem);
  if (!certificate) return "the text is no PEM certificate: " + take_openssl_error();
  const auto info = info_of(certificate.get());
  const auto subject =
      info.holder ? "the " + std::string{to_string(*info.holder)} + "'s certificate" : std::string{"the certificate"};
  if (now > info.not_after)
    return subject + " expired at " + utc(info.not_after) +
           "; pactor credentials rotate, on the host of the controller, makes new ones";
  if (now < info.not_before)
    return subject + " is not valid before " + utc(info.not_before) + ", and it is " + utc(now) +
           " here; are the clocks of the hosts right?";
  if (!info.holder) return subject + " names no role of pactor";
  return "";
}

std::string expiry_warning(const certificate_info& info, time_point now) {
  using namespace std::chrono;
  constexpr hours soon{24 * 14};
  const auto left = info.not_after - now;
  if (left > soon || left > (info.not_after - info.not_before) / 4) return "";
  if (left <= seconds{0}) return "ended at " + utc(info.not_after);
  return "ends in " + about(duration_cast<seconds>(left)) + ", at " + utc(info.not_after);
}

} // namespace pactor::security
