// Offsets of partitions, and offsets that groups have stored.
#include <kafka/c/groups.h>
#include <kafka/consumer_group.hpp>
#include <kafka/offset_master.hpp>

#include <utility>
#include <vector>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/partitions.hpp"
#include "capi/session.hpp"

using kafka::ConsumerGroup;
using kafka::ConsumerOffset;
using kafka::Error;
using kafka::TopicOffset;
using kafka::capi::call;
using kafka::capi::Ground;
using kafka::capi::wrong_argument;

namespace {

using PlacesOnce = kafka::capi::Once<const kafka_error*, const kafka_partitions*>;

/// kafka_places_cb as a callback of the C++ API.
template <class Found>
kafka::Function<void(Error, std::vector<Found>)> places(Ground& ground, kafka_places_cb cb, void* user) {
  return [once = PlacesOnce(ground, cb, user)](Error error, std::vector<Found> found) mutable {
    const kafka_error told(std::move(error));
    const kafka_partitions list = kafka::capi::to_c(found);
    once(told.or_null(), &list);
  };
}

/// A call on the offsets of one group.
template <class Body>
int group_call(const char* function, kafka_session* session, const char* group, const kafka_partitions* list,
               kafka_places_cb cb, Body body) {
  return call(function, session, [&](kafka_session& self) -> Error {
    if (group == nullptr || list == nullptr || cb == nullptr) {
      return wrong_argument(function, "group, partitions and cb may not be NULL");
    }
    body(self, ConsumerGroup(self.session, group));
    return {};
  });
}

}  // namespace

extern "C" {

int kafka_offsets_at(kafka_session* session, const kafka_partitions* partitions, int64_t time, kafka_places_cb cb,
                     void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    if (partitions == nullptr || cb == nullptr) {
      return wrong_argument("kafka_offsets_at", "partitions and cb may not be NULL");
    }
    kafka::OffsetMaster master(self.session);
    auto done = places<TopicOffset>(*self.ground, cb, user);
    if (time == KAFKA_EARLIEST_OFFSET) {
      master.fetch_earliest(kafka::capi::partitions(*partitions), std::move(done));
    } else if (time == KAFKA_LATEST_OFFSET) {
      master.fetch_latest(kafka::capi::partitions(*partitions), std::move(done));
    } else {
      master.fetch_by_time(kafka::capi::partitions(*partitions), time, std::move(done));
    }
    return {};
  });
}

int kafka_group_offsets(kafka_session* session, const char* group, const kafka_partitions* partitions,
                        kafka_places_cb cb, void* user) {
  return group_call(__func__, session, group, partitions, cb, [&](kafka_session& self, ConsumerGroup of) {
    of.fetch_offsets(kafka::capi::partitions(*partitions), places<ConsumerOffset>(*self.ground, cb, user));
  });
}

int kafka_group_commit(kafka_session* session, const char* group, const kafka_partitions* list, kafka_places_cb cb,
                       void* user) {
  return group_call(__func__, session, group, list, cb, [&](kafka_session& self, ConsumerGroup of) {
    of.commit_offsets(kafka::capi::consumer_offsets(*list), places<ConsumerOffset>(*self.ground, cb, user));
  });
}

int kafka_group_reset(kafka_session* session, const char* group, const kafka_partitions* partitions, int to_end,
                      kafka_places_cb cb, void* user) {
  return group_call(__func__, session, group, partitions, cb, [&](kafka_session& self, ConsumerGroup of) {
    auto done = places<ConsumerOffset>(*self.ground, cb, user);
    if (to_end != 0) {
      of.reset_offsets_to_latest(kafka::capi::partitions(*partitions), std::move(done));
    } else {
      of.reset_offsets_to_earliest(kafka::capi::partitions(*partitions), std::move(done));
    }
  });
}

}  // extern "C"
