// A UUID as Kafka sends it: 16 bytes, printed as base64 with the URL alphabet and without padding.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace kafka {

struct Uuid {
  std::array<uint8_t, 16> bytes{};

  /// All zero: Kafka's "none".
  constexpr bool is_zero() const noexcept { return bytes == std::array<uint8_t, 16>{}; }
  std::string to_string() const;

  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace kafka
