// to_json() of every message (see message.hpp).
#include "codec/json.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

namespace kafka::protocol {

template <class M>
Error to_json(const M& message, int version, std::string& out) {
  return codec::to_json(message, version, out);
}

#define UVKAFKA_MESSAGE(Message) template Error to_json<Message>(const Message& message, int version, std::string& out);
#define UVKAFKA_INSTANTIATE(Name) \
  UVKAFKA_MESSAGE(Name##Request)  \
  UVKAFKA_MESSAGE(Name##Response)
UVKAFKA_EACH_API(UVKAFKA_INSTANTIATE)
#undef UVKAFKA_INSTANTIATE
#undef UVKAFKA_MESSAGE

}  // namespace kafka::protocol
