// What members of groups have of their own in the C API: subscriptions, and partitions that come and go.
#include <string>
#include <utility>
#include <vector>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/consumer.hpp"
#include "capi/partitions.hpp"
#include "capi/result.hpp"

using kafka::Consumer;
using kafka::Error;
using kafka::Partitions;
using kafka::capi::call;
using kafka::capi::check;
using kafka::capi::failed;
using kafka::capi::Hold;
using kafka::capi::Repeated;
using kafka::capi::wrong_argument;

struct kafka_revocation {
  Hold ground;
  kafka::Revocation revocation;
  kafka_partitions partitions;
};

namespace {

static_assert(static_cast<int>(kafka::Leaving::by_kind) == KAFKA_LEAVE_BY_KIND);
static_assert(static_cast<int>(kafka::Leaving::leave) == KAFKA_LEAVE);
static_assert(static_cast<int>(kafka::Leaving::stay) == KAFKA_STAY);

/// A call that only consumers take: fetchers have no group.
template <class Body>
int member_call(const char* function, kafka_consumer* consumer, Body body) {
  return call(function, consumer, [&](kafka_consumer& self) -> Error {
    auto* member = std::get_if<Consumer>(&self.any);
    return member == nullptr ? wrong_argument(function, "a fetcher has no group") : body(self, *member);
  });
}

}  // namespace

extern "C" {

int kafka_consumer_subscribe(kafka_consumer* consumer, const char* const* topics, size_t count) {
  return member_call(__func__, consumer, [&](kafka_consumer&, Consumer& member) -> Error {
    std::vector<std::string> names;
    if (count == 0 || !kafka::capi::read(topics, count, names)) {
      return wrong_argument("kafka_consumer_subscribe", "there are no topics, or one is NULL");
    }
    return member.subscribe(kafka::Topics(std::move(names)));
  });
}

int kafka_consumer_subscribe_pattern(kafka_consumer* consumer, const char* pattern) {
  return member_call(__func__, consumer, [&](kafka_consumer&, Consumer& member) -> Error {
    if (pattern == nullptr) return wrong_argument("kafka_consumer_subscribe_pattern", "pattern is NULL");
    return member.subscribe(kafka::TopicPattern(pattern));
  });
}

int kafka_consumer_rebalance(kafka_consumer* consumer, const char* reason) {
  return member_call(__func__, consumer, [&](kafka_consumer&, Consumer& member) {
    return member.rebalance(reason == nullptr ? "" : reason);
  });
}

kafka_result* kafka_consumer_group(const kafka_consumer* consumer) {
  if (const Error wrong = check(__func__, consumer)) return failed(wrong), nullptr;
  const auto* member = std::get_if<Consumer>(&consumer->any);
  if (member == nullptr) return failed(wrong_argument(__func__, "a fetcher has no group")), nullptr;
  const kafka::GroupView view = member->group();
  auto* result = new (std::nothrow) kafka_result;
  if (result == nullptr) return nullptr;
  result->add("member", {"state", "member_id", "generation", "assignor", "leader"})
      .add({std::string(to_string(view.state)), view.member_id, int64_t{view.generation}, view.assignor,
            int64_t{view.leader}});
  auto& owned = result->add("owned", {"topic", "partition"});
  for (const auto& [topic, numbers] : view.owned) {
    for (const int32_t number : numbers) owned.add({topic, int64_t{number}});
  }
  return result;
}

int kafka_consumer_on_assigned(kafka_consumer* consumer, kafka_assigned_cb cb, void* user) {
  return member_call(__func__, consumer, [&](kafka_consumer& self, Consumer& member) -> Error {
    if (cb == nullptr) return member.on_assigned({}), Error();
    member.on_assigned(
        [handler = Repeated<void(const kafka_partitions*)>(*self.ground, cb, user)](const Partitions& partitions) {
          const kafka_partitions list = kafka::capi::to_c(partitions);
          handler(&list);
        });
    return {};
  });
}

int kafka_consumer_on_revoking(kafka_consumer* consumer, kafka_revoking_cb cb, void* user) {
  return member_call(__func__, consumer, [&](kafka_consumer& self, Consumer& member) -> Error {
    if (cb == nullptr) return member.on_revoking({}), Error();
    member.on_revoking([handler = Repeated<void(const kafka_partitions*, int64_t)>(*self.ground, cb, user)](
                           const Partitions& partitions, std::chrono::milliseconds left) {
      const kafka_partitions list = kafka::capi::to_c(partitions);
      handler(&list, left.count());
    });
    return {};
  });
}

int kafka_consumer_on_revoked(kafka_consumer* consumer, kafka_revoked_cb cb, void* user) {
  return member_call(__func__, consumer, [&](kafka_consumer& self, Consumer& member) -> Error {
    if (cb == nullptr) return member.on_revoked({}), Error();
    member.on_revoked([ground = self.ground, handler = Repeated<void(kafka_revocation*)>(*self.ground, cb, user)](
                          kafka::Revocation revocation) {
      kafka_partitions list = kafka::capi::to_c(revocation.partitions());
      handler(new kafka_revocation{ground, std::move(revocation), std::move(list)});
    });
    return {};
  });
}

int kafka_consumer_on_lost(kafka_consumer* consumer, kafka_lost_cb cb, void* user) {
  return member_call(__func__, consumer, [&](kafka_consumer& self, Consumer& member) -> Error {
    if (cb == nullptr) return member.on_lost({}), Error();
    member.on_lost([handler = Repeated<void(const kafka_partitions*, const kafka_error*)>(*self.ground, cb, user)](
                       const Partitions& partitions, const Error& why) {
      const kafka_partitions list = kafka::capi::to_c(partitions);
      const kafka_error error(why);
      handler(&list, error.or_null());
    });
    return {};
  });
}

const kafka_partitions* kafka_revocation_partitions(const kafka_revocation* revocation) {
  return revocation == nullptr ? nullptr : &revocation->partitions;
}
void kafka_revocation_release(kafka_revocation* revocation) { kafka::capi::free_handle(__func__, revocation); }

}  // extern "C"
