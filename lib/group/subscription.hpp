// The bytes that members send each other through the coordinator: what a member subscribes to (in JoinGroup) and what
// it was assigned (in SyncGroup), and what the sticky assignors add to a subscription. The broker passes all this on
// unread, so whatever a member wrote arrives here.
// Each begins with an int16 version. A higher one than we know is read as the newest known: newer versions only add
// fields at the end. Bytes that are no subscription are refused with a protocol_error that says what and where.
#pragma once

#include <kafka/error.hpp>
#include <kafka/types.hpp>

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "group/claims.hpp"

namespace kafka::group {

/// ConsumerProtocolSubscription.
struct Subscription {
  static constexpr int16_t kNewest = 3;

  std::vector<std::string> topics;
  Bytes user_data;
  Partitions owned;                    ///< version 1 and later (KIP-429)
  int32_t generation = kNoGeneration;  ///< of `owned`; version 2 and later (KIP-792)
  std::string rack;                    ///< "" for none; version 3 and later (KIP-881)
};

/// ConsumerProtocolAssignment. All its versions have the same fields.
struct Assignment {
  static constexpr int16_t kNewest = 3;

  Partitions partitions;
  Bytes user_data;
};

/// Writes topics and partitions sorted, as the Java client does. What the version lacks is left out. Fails if a name or
/// the whole is longer than the protocol allows, or if the version is not 0 to kNewest.
Error encode(const Subscription& subscription, int16_t version, Bytes& bytes);
Error encode(const Assignment& assignment, int16_t version, Bytes& bytes);

Error decode(const Bytes& bytes, Subscription& subscription);
/// No bytes at all are an empty assignment: the leader left this member out.
Error decode(const Bytes& bytes, Assignment& assignment);

/// What `sticky` adds: the last assignment and its generation, because a member of an eager group owns nothing any more
/// when it subscribes. Those of Kafka before 2.3 end before the generation.
Bytes sticky_user_data(const Claim& claim);
Error decode_sticky_user_data(const Bytes& bytes, Claim& claim);

/// What `cooperative-sticky` adds: the generation, for subscriptions below version 2.
Bytes cooperative_user_data(int32_t generation);
Error decode_cooperative_user_data(const Bytes& bytes, int32_t& generation);

}  // namespace kafka::group
