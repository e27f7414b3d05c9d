// Included only by the messages' own .cpp files: makes encode, decode and to_json of a request and its
// response, and gives the response the versions of its request.
//
//   #include "protocol/metadata.hpp"
//   #include "protocol/instantiate.hpp"
//   UVKAFKA_INSTANTIATE(MetadataRequest)      // at global scope, no semicolon needed
#pragma once

#include "codec/decode.hpp"
#include "codec/encode.hpp"
#include "codec/json.hpp"
#include "protocol/message.hpp"

namespace kafka::protocol {

/// The request to which a response belongs, or the request itself.
template <class M>
struct RequestOf {
  using Type = M;
};

template <class M>
inline constexpr int16_t flexible_since = Api<typename RequestOf<M>::Type>::kFlexible;

template <class M>
Error encode(const M& message, int version, codec::Writer& writer) {
  return codec::encode(message, version, version >= flexible_since<M>, writer);
}

template <class M>
Error decode(codec::Reader& reader, int version, M& message) {
  return codec::decode(reader, version, version >= flexible_since<M>, message);
}

template <class M>
Error to_json(const M& message, int version, std::string& out) {
  return codec::to_json(message, version, out);
}

}  // namespace kafka::protocol

#define UVKAFKA_INSTANTIATE_ONE(Message)                                                      \
  template Error encode<Message>(const Message& message, int version, codec::Writer& writer); \
  template Error decode<Message>(codec::Reader & reader, int version, Message& message);      \
  template Error to_json<Message>(const Message& message, int version, std::string& out);

#define UVKAFKA_INSTANTIATE(Request)           \
  namespace kafka::protocol {                  \
  template <>                                  \
  struct RequestOf<ResponseOf<Request>> {      \
    using Type = Request;                      \
  };                                           \
  UVKAFKA_INSTANTIATE_ONE(Request)             \
  UVKAFKA_INSTANTIATE_ONE(ResponseOf<Request>) \
  }
