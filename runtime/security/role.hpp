#pragma once
// Who a certificate says its holder is.

#include <cstdint>
#include <optional>
#include <string_view>

namespace pactor::security {

/// The role in a certificate (SAN URI `pactor:controller`, `pactor:node`, `pactor:client`).
enum class role : std::uint8_t { controller, node, client };

constexpr std::string_view to_string(role r) {
  constexpr std::string_view names[]{"controller", "node", "client"};
  return names[static_cast<std::size_t>(r)];
}

constexpr std::optional<role> role_named(std::string_view name) {
  for (const auto one : {role::controller, role::node, role::client})
    if (to_string(one) == name) return one;
  return std::nullopt;
}

} // namespace pactor::security
