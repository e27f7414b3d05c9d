// What a consumer hears of its partitions while they are there: they come, go, are lost, reach their end, and what else
// happens to them. JavaScript hears of it at once, because a seek in the handler counts.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <vector>

#include "host.hpp"
#include "value.hpp"
#include "waiter.hpp"

namespace addon {

/// Calls JavaScript's handler (what, value, more): ("assigned", places), ("revoking", places, milliseconds left),
/// ("revoked", places, number of the revocation), ("lost", places, error), ("partitionEnd", place), ("event", event).
class Membership final : public Waiter {
 public:
  explicit Membership(Host& host) : host_(host) {}
  ~Membership() override { end(); }
  void dropped() override {}  // the consumer goes, or its session

  /// What this consumer hears goes to this function.
  void watch(kafka_consumer* consumer, napi_value handler);
  /// Lets the group go on. A revocation that is not there (any more) is none.
  void release(double number);
  /// Nothing more is told, and the group waits for nothing.
  void end();

 private:
  static void on_assigned(void* user, const kafka_partitions* partitions);
  static void on_revoking(void* user, const kafka_partitions* partitions, int64_t left_ms);
  static void on_revoked(void* user, kafka_revocation* revocation);
  static void on_lost(void* user, const kafka_partitions* partitions, const kafka_error* error);
  static void on_partition_end(void* user, const char* topic, int32_t partition, int64_t offset);
  static void on_event(void* user, const kafka_event* event);
  template <class MakeValue, class MakeMore>
  void tell(const char* what, MakeValue value, MakeMore more);

  Host& host_;
  Kept handler_;
  std::vector<kafka_revocation*> revocations_;  // null: released
};

}  // namespace addon
