// Looks an API's row up by its key, for code that does not know the message.
#pragma once

#include <cstdint>
#include <span>

#include "protocol/api.hpp"

namespace kafka::protocol {

/// The rows of all APIs that this library speaks, in the order of their keys.
std::span<const ApiRow> api_rows() noexcept;

/// Null for an API that this library does not speak.
const ApiRow* find_api(ApiKey key) noexcept;

/// The first version whose lengths are compact and whose headers have tagged fields; kNever if there is none or this
/// library does not speak the API.
int16_t flexible_from(ApiKey key) noexcept;

/// An answer of this version or a later one asks for a pause by its throttle_time_ms (KIP-219); kNever if none does.
int16_t throttles_client_from(ApiKey key) noexcept;

}  // namespace kafka::protocol
