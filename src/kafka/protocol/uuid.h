// SPDX-License-Identifier: Apache-2.0
// A 16-byte id as it stands on the wire, and its usual text form.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace floe::kafka {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  bool is_zero() const { return *this == Uuid{}; }
  /// 8-4-4-4-12 lower-case hex digits.
  std::string ToString() const;
  /// Takes what ToString makes (upper case too); nothing else.
  static std::optional<Uuid> FromString(std::string_view text);

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace floe::kafka

template <>
struct std::hash<floe::kafka::Uuid> {
  std::size_t operator()(const floe::kafka::Uuid& id) const noexcept {
    return std::hash<std::string_view>{}({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
  }
};
