#include "news.hpp"

#include <iterator>
#include <utility>

#include "error.hpp"

namespace addon {
namespace {

// In the order of kafka_event_type.
constexpr const char* kEventTypes[] = {"brokerConnected",  "brokerDisconnected", "connectFailed",   "leaderChanged",
                                       "offsetReset",      "logTruncated",       "topicRecreated",  "partitionStopped",
                                       "partitionResumed", "memberSlow",         "memberSuspended", "topicNotRead",
                                       "rebootstrap"};
static_assert(std::size(kEventTypes) == KAFKA_EVENT_REBOOTSTRAP + 1);

}  // namespace

napi_value make_event(napi_env env, const kafka_event& event) {
  const napi_value made = make_object(env);
  const auto type = static_cast<size_t>(event.type);
  set(env, made, "type", make_string(env, type < std::size(kEventTypes) ? kEventTypes[type] : "unknown"));
  set(env, made, "text", make_string(env, event.text));
  if (*event.broker != '\0') {
    set(env, made, "broker", make_string(env, event.broker));
    set(env, made, "brokerId", make_number(env, event.broker_id));
  }
  if (*event.topic != '\0') set(env, made, "topic", make_string(env, event.topic));
  if (event.partition >= 0) set(env, made, "partition", make_number(env, event.partition));
  if (event.offset >= 0) set(env, made, "offset", make_number(env, static_cast<double>(event.offset)));
  if (event.ordinary != 0) set(env, made, "ordinary", make_boolean(env, true));
  if (event.error != nullptr) set(env, made, "error", make_error(env, event.error));
  return made;
}

void News::on_event(void* user, const kafka_event* event) {
  News& self = of(user);
  if (!self.host_.talks() || !self.handler_) return;
  napi_handle_scope handles = nullptr;
  napi_open_handle_scope(self.host_.env, &handles);
  self.events_.emplace_back(self.host_.env, make_event(self.host_.env, *event));
  napi_close_handle_scope(self.host_.env, handles);
  self.host_.due(self);
}

void News::on_log(void* user, int level, kafka_bytes line) {
  News& self = of(user);
  if (!self.host_.talks() || !self.handler_) return;
  self.lines_.push_back({level, std::string(line.data, line.length)});
  const bool asked = self.host_.has_due();
  self.host_.due(self);
  if (!asked && self.session_ != nullptr) {
    // Refused once it is being closed; then turns come by themselves.
    kafka_session_post(
        self.session_, [](void*) {}, static_cast<Waiter*>(&self));
  }
}

void News::tell(CallbackScope& scope) {
  const napi_env env = host_.env;
  const auto events = std::exchange(events_, {});
  const auto lines = std::exchange(lines_, {});
  const napi_value all = make_array(env, events.size());
  for (size_t k = 0; k < events.size(); ++k) set(env, all, static_cast<uint32_t>(k), events[k].get());
  const napi_value texts = make_array(env, lines.size() * 2);
  for (size_t k = 0; k < lines.size(); ++k) {
    set(env, texts, static_cast<uint32_t>(2 * k), make_number(env, lines[k].level));
    set(env, texts, static_cast<uint32_t>(2 * k + 1), make_string(env, lines[k].text));
  }
  if (handler_) scope.call(handler_.get(), {all, texts});
}

}  // namespace addon
