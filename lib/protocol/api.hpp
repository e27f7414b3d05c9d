// What is said once about an API: its row. It stands behind the request and the response in the header of the API:
//
//   template <>
//   struct Api<MetadataRequest> {
//     using Response = MetadataResponse;
//     static constexpr ApiRow kRow{.key = ApiKey::metadata, .versions = {0, 13}, .flexible_from = 9, ...};
//   };
//
// Negotiation, throttling and the dev broker's releases read the rows (api_table.hpp). Versions with a meaning of their
// own ("topics go by id from 13 on") are constants of the request, named k...From.
// Not here: the list of all APIs (apis.hpp).
#pragma once

#include <cstdint>

#include "codec/fields.hpp"
#include "codec/types.hpp"
#include "protocol/api_key.hpp"

namespace kafka::protocol {

using codec::since;
using VersionRange = codec::Versions;

/// In place of a version: there is none.
inline constexpr int16_t kNoVersion = -1;
/// In place of the first version with some behaviour: no version has it.
inline constexpr int16_t kNever = codec::Field::kNever;
/// The cap of a request that may go out in any version.
inline constexpr int16_t kNoCap = 32767;

/// The last version before the one that brought something; the cap of a request that has to do without it.
constexpr int16_t before(int16_t version) noexcept { return static_cast<int16_t>(version - 1); }

/// The newest version of an API that brokers of these releases answered. kNoVersion: they do not know the API.
struct NewestIn {
  int16_t v0_8_2 = kNoVersion;
  int16_t v0_9 = kNoVersion;
  int16_t v0_10 = kNoVersion;
  int16_t v0_11 = kNoVersion;
  int16_t v1_1 = kNoVersion;
  int16_t v2_4 = kNoVersion;
  int16_t v2_8 = kNoVersion;
  int16_t v3_9 = kNoVersion;
  int16_t v4_3 = kNoVersion;
};

struct ApiRow {
  ApiKey key{};
  /// What encode() and decode() know, both ends included.
  VersionRange versions = {};
  /// The first version with compact lengths and tagged fields, in the request and in the response.
  int16_t flexible_from = kNever;
  /// The oldest version that the client asks with.
  int16_t client_from = 0;
  /// From this version on a broker over quota answers at once and then stops reading the connection, so the client has
  /// to wait by itself (KIP-219). In older versions the answer itself comes late.
  int16_t throttles_client_from = kNever;
  NewestIn newest_in = {};
  /// Kafka 4 refuses older versions (KIP-896).
  int16_t kafka4_from = 0;
  /// Kafka 4 advertises the versions that it refuses (KAFKA-18659).
  bool kafka4_advertises_all = false;
};

/// Specialised for every request.
template <class Request>
struct Api;

template <class Request>
using ResponseOf = typename Api<Request>::Response;

template <class Request>
inline constexpr ApiKey key_of = Api<Request>::kRow.key;

}  // namespace kafka::protocol
