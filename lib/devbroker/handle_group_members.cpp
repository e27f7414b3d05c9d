// The APIs of group members, which no release of the dev broker offers yet (profile.cpp). A client that sends one all
// the same is disconnected, as in Kafka.
#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

#define UVKAFKA_NOT_OFFERED(Name) \
  void handle(Context& context, protocol::Name##Request&, protocol::Name##Response&) { context.close = true; }
UVKAFKA_NOT_OFFERED(JoinGroup)
UVKAFKA_NOT_OFFERED(Heartbeat)
UVKAFKA_NOT_OFFERED(LeaveGroup)
UVKAFKA_NOT_OFFERED(SyncGroup)
UVKAFKA_NOT_OFFERED(DescribeGroups)
UVKAFKA_NOT_OFFERED(ListGroups)
UVKAFKA_NOT_OFFERED(DeleteGroups)
UVKAFKA_NOT_OFFERED(OffsetDelete)
UVKAFKA_NOT_OFFERED(ConsumerGroupHeartbeat)
UVKAFKA_NOT_OFFERED(ConsumerGroupDescribe)
#undef UVKAFKA_NOT_OFFERED

}  // namespace kafka::devbroker
