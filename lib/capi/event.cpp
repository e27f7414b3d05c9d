// Events as the C API tells them.
#include "capi/event.hpp"

#include "capi/callback.hpp"

namespace kafka::capi {

static_assert(static_cast<int>(Event::Type::broker_connected) == KAFKA_EVENT_BROKER_CONNECTED);
static_assert(static_cast<int>(Event::Type::broker_disconnected) == KAFKA_EVENT_BROKER_DISCONNECTED);
static_assert(static_cast<int>(Event::Type::connect_failed) == KAFKA_EVENT_CONNECT_FAILED);
static_assert(static_cast<int>(Event::Type::leader_changed) == KAFKA_EVENT_LEADER_CHANGED);
static_assert(static_cast<int>(Event::Type::offset_reset) == KAFKA_EVENT_OFFSET_RESET);
static_assert(static_cast<int>(Event::Type::log_truncated) == KAFKA_EVENT_LOG_TRUNCATED);
static_assert(static_cast<int>(Event::Type::topic_recreated) == KAFKA_EVENT_TOPIC_RECREATED);
static_assert(static_cast<int>(Event::Type::partition_stopped) == KAFKA_EVENT_PARTITION_STOPPED);
static_assert(static_cast<int>(Event::Type::partition_resumed) == KAFKA_EVENT_PARTITION_RESUMED);
static_assert(static_cast<int>(Event::Type::member_slow) == KAFKA_EVENT_MEMBER_SLOW);
static_assert(static_cast<int>(Event::Type::member_suspended) == KAFKA_EVENT_MEMBER_SUSPENDED);
static_assert(static_cast<int>(Event::Type::topic_not_read) == KAFKA_EVENT_TOPIC_NOT_READ);
static_assert(static_cast<int>(Event::Type::rebootstrap) == KAFKA_EVENT_REBOOTSTRAP);

Function<void(const Event&)> event_handler(Ground& ground, kafka_event_cb callback, void* user) {
  if (callback == nullptr) return {};
  return [handler = Repeated<void(const kafka_event*)>(ground, callback, user)](const Event& event) {
    const kafka_error error(event.error);
    const std::string text = event.message();
    kafka_event told{};
    told.size = sizeof(told);
    told.type = static_cast<int>(event.type);
    told.broker_id = event.broker_id;
    told.partition = event.partition;
    told.ordinary = event.ordinary ? 1 : 0;
    told.offset = event.offset;
    told.broker = event.broker.c_str();
    told.topic = event.topic.c_str();
    told.text = text.c_str();
    told.error = error.or_null();
    handler(&told);
  };
}

}  // namespace kafka::capi
