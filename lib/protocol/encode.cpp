// encode() of every message (see message.hpp).
#include "codec/encode.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::protocol {

template <class M>
Error encode(const M& message, int version, codec::Writer& writer) {
  return codec::encode(message, version, version >= row_of<M>.flexible_from, writer);
}

#define UVKAFKA_MESSAGE(Message) \
  template Error encode<Message>(const Message& message, int version, codec::Writer& writer);
#define UVKAFKA_INSTANTIATE(Name) \
  UVKAFKA_MESSAGE(Name##Request)  \
  UVKAFKA_MESSAGE(Name##Response)
UVKAFKA_EACH_API(UVKAFKA_INSTANTIATE)
#undef UVKAFKA_INSTANTIATE
#undef UVKAFKA_MESSAGE

}  // namespace kafka::protocol
