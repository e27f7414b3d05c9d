#include "membership.hpp"

#include <utility>

#include "error.hpp"
#include "news.hpp"
#include "partitions.hpp"

namespace addon {
namespace {

Membership& of(void* user) { return *static_cast<Membership*>(static_cast<Waiter*>(user)); }

}  // namespace

void Membership::watch(kafka_consumer* consumer, napi_value handler) {
  handler_ = Kept(host_.env, handler);
  void* const user = static_cast<Waiter*>(this);
  kafka_consumer_on_assigned(consumer, on_assigned, user);
  kafka_consumer_on_revoking(consumer, on_revoking, user);
  kafka_consumer_on_revoked(consumer, on_revoked, user);
  kafka_consumer_on_lost(consumer, on_lost, user);
  kafka_consumer_on_partition_end(consumer, on_partition_end, user);
  kafka_consumer_on_event(consumer, on_event, user);
}

template <class MakeValue, class MakeMore>
void Membership::tell(const char* what, MakeValue value, MakeMore more) {
  host_.tell();  // what happened before comes first
  if (!host_.talks() || !handler_) return;
  CallbackScope scope(host_.env, host_.context);
  scope.call(handler_.get(), {make_string(host_.env, what), value(), more()});
}

void Membership::on_assigned(void* user, const kafka_partitions* partitions) {
  const napi_env env = of(user).host_.env;
  of(user).tell(
      "assigned", [=] { return make_places(env, partitions); }, [=] { return make_undefined(env); });
}
void Membership::on_revoking(void* user, const kafka_partitions* partitions, int64_t left_ms) {
  const napi_env env = of(user).host_.env;
  of(user).tell(
      "revoking", [=] { return make_places(env, partitions); },
      [=] { return make_number(env, static_cast<double>(left_ms)); });
}
void Membership::on_revoked(void* user, kafka_revocation* revocation) {
  Membership& self = of(user);
  if (!self.host_.talks() || !self.handler_) return kafka_revocation_release(revocation);
  const napi_env env = self.host_.env;
  const size_t number = self.revocations_.size();
  self.revocations_.push_back(revocation);
  self.tell(
      "revoked", [=] { return make_places(env, kafka_revocation_partitions(revocation)); },
      [=] { return make_number(env, static_cast<double>(number)); });
}
void Membership::on_lost(void* user, const kafka_partitions* partitions, const kafka_error* error) {
  const napi_env env = of(user).host_.env;
  of(user).tell(
      "lost", [=] { return make_places(env, partitions); }, [=] { return make_error(env, error); });
}
void Membership::on_partition_end(void* user, const char* topic, int32_t partition, int64_t offset) {
  const napi_env env = of(user).host_.env;
  const auto place = [=] {
    const napi_value made = make_object(env);
    set(env, made, "topic", make_string(env, topic));
    set(env, made, "partition", make_number(env, partition));
    set(env, made, "offset", make_number(env, static_cast<double>(offset)));
    return made;
  };
  of(user).tell("partitionEnd", place, [=] { return make_undefined(env); });
}
void Membership::on_event(void* user, const kafka_event* event) {
  const napi_env env = of(user).host_.env;
  of(user).tell(
      "event", [=] { return make_event(env, *event); }, [=] { return make_undefined(env); });
}

void Membership::release(double number) {
  if (!(number >= 0 && number < static_cast<double>(revocations_.size()))) return;
  kafka_revocation_release(std::exchange(revocations_[static_cast<size_t>(number)], nullptr));
}

void Membership::end() {
  handler_.reset();
  for (kafka_revocation* each : std::exchange(revocations_, {})) kafka_revocation_release(each);
}

}  // namespace addon
