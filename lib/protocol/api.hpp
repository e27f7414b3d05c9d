// What ties a request to its API: key, versions, first flexible version, response.
//
//   template <>
//   struct Api<MetadataRequest> : ApiSpec<ApiKey::metadata, versions(0, 13), flexible(9), MetadataResponse> {};
//
// stands behind the two structs in the API's header; UVKAFKA_INSTANTIATE(MetadataRequest) in its .cpp
// file (instantiate.hpp) makes encode, decode and to_json of both. Request and response of an API are
// always flexible from the same version on.
#pragma once

#include "codec/fields.hpp"
#include "codec/types.hpp"
#include "protocol/api_key.hpp"

namespace kafka::protocol {

using codec::flexible;
using codec::never_flexible;
using codec::since;
using codec::versions;
using VersionRange = codec::Versions;

template <ApiKey Key, VersionRange Supported, codec::Flexible FlexibleFrom, class ResponseType>
struct ApiSpec {
  static constexpr ApiKey kKey = Key;
  static constexpr VersionRange kVersions = Supported;
  static constexpr int16_t kFlexible = FlexibleFrom.from;
  using Response = ResponseType;
};

/// Specialised for every request.
template <class Request>
struct Api;

template <class Request>
using ResponseOf = typename Api<Request>::Response;

template <class Request>
inline constexpr ApiKey key_of = Api<Request>::kKey;

}  // namespace kafka::protocol
