// Reads and writes the offsets that a group has stored, without joining the group.
#pragma once

#include <kafka/session.hpp>

namespace kafka {

namespace session {
struct Asker;
}  // namespace session

/// Asks a group's coordinator, and follows a coordinator that moves. Every call ends within the session's
/// default_api_timeout. An offset is that of the next record to read, as everywhere in Kafka.
class UVKAFKA_API ConsumerGroup {
 public:
  ConsumerGroup(Session& session, std::string name);
  ConsumerGroup(const ConsumerGroup&) = default;
  ConsumerGroup(ConsumerGroup&& other) noexcept;
  ConsumerGroup& operator=(const ConsumerGroup&) = default;
  ConsumerGroup& operator=(ConsumerGroup&& other) noexcept;

  const std::string& name() const { return name_; }

  using Callback = Function<void(Error, std::vector<ConsumerOffset>)>;
  /// The stored offset of each partition, -1 where there is none.
  void fetch_offsets(Partitions partitions, Callback done);
  /// Stores offsets. The error is the first error of an entry. A group with live members refuses this call
  /// (unknown_member_id).
  void commit_offsets(std::vector<ConsumerOffset> offsets, Callback done);
  /// Stores the first offset, or the end, of each partition.
  void reset_offsets_to_earliest(Partitions partitions, Callback done);
  void reset_offsets_to_latest(Partitions partitions, Callback done);

 private:
  std::shared_ptr<session::Asker> asker_;  // copies share it
  std::string name_;
};

}  // namespace kafka
