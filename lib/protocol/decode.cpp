// decode() of every message (see message.hpp).
#include "codec/decode.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::protocol {

template <class M>
Error decode(codec::Reader& reader, int version, M& message) {
  return codec::decode(reader, version, version >= row_of<M>.flexible_from, message);
}

#define UVKAFKA_MESSAGE(Message) template Error decode<Message>(codec::Reader & reader, int version, Message& message);
#define UVKAFKA_INSTANTIATE(Name) \
  UVKAFKA_MESSAGE(Name##Request)  \
  UVKAFKA_MESSAGE(Name##Response)
UVKAFKA_EACH_API(UVKAFKA_INSTANTIATE)
#undef UVKAFKA_INSTANTIATE
#undef UVKAFKA_MESSAGE

}  // namespace kafka::protocol
