// The offsets that a group has stored, read and written without being a member.
#pragma once

#include <kafka/session.hpp>

namespace kafka {

/// Talks to a group's coordinator. Follows a coordinator that moves; every call ends within the
/// session's default_api_timeout. Offsets are Kafka's: those of the next record to read.
class KAFKA_API ConsumerGroup {
 public:
  ConsumerGroup(Session& session, std::string name);

  const std::string& name() const { return name_; }

  using Callback = Function<void(Error, std::vector<ConsumerOffset>)>;
  /// The stored offset of each partition, -1 where there is none.
  void fetch_offsets(Partitions partitions, Callback done);
  /// Stores offsets. The error is the first of the entries' errors. A group with live members refuses
  /// this (unknown_member_id).
  void commit_offsets(std::vector<ConsumerOffset> offsets, Callback done);
  /// Stores the first, or the end offset of each partition.
  void reset_offsets_to_earliest(Partitions partitions, Callback done);
  void reset_offsets_to_latest(Partitions partitions, Callback done);

 private:
  std::shared_ptr<session::Core> core_;
  std::string name_;
};

}  // namespace kafka
