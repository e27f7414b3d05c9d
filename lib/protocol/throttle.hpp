// From which version of an API on a broker over quota answers first and then stops reading the connection, so that
// the client has to wait by itself (KIP-219). Before that version the answer itself has come late.
#pragma once

#include <cstdint>

#include "protocol/api_key.hpp"

namespace kafka::protocol {

/// An answer of this version or a later one asks for a pause by its throttle_time_ms; 32767 if none does.
constexpr int16_t throttles_client_from(ApiKey api) noexcept {
  switch (api) {
    case ApiKey::produce:
    case ApiKey::metadata:
      return 6;
    case ApiKey::fetch:
      return 8;
    case ApiKey::offset_commit:
    case ApiKey::offset_fetch:
      return 4;
    case ApiKey::list_offsets:
    case ApiKey::join_group:
      return 3;
    case ApiKey::find_coordinator:
    case ApiKey::heartbeat:
    case ApiKey::leave_group:
    case ApiKey::sync_group:
    case ApiKey::api_versions:
    // Its first version that has the field is younger than KIP-219; the Java client does not heed it, to no advantage.
    case ApiKey::offset_for_leader_epoch:
      return 2;
    case ApiKey::init_producer_id:
      return 1;
    default:
      return 32767;
  }
}

}  // namespace kafka::protocol
