// Looks up the offsets at which partitions begin and end.
#pragma once

#include <kafka/session.hpp>

namespace kafka {

namespace session {
struct Asker;
}  // namespace session

/// Asks the leaders of partitions for offsets, and follows leaders that move. Every call ends within the session's
/// default_api_timeout.
class UVKAFKA_API OffsetMaster {
 public:
  explicit OffsetMaster(Session& session);
  OffsetMaster(const OffsetMaster&) = default;
  OffsetMaster(OffsetMaster&& other) noexcept;
  OffsetMaster& operator=(const OffsetMaster&) = default;
  OffsetMaster& operator=(OffsetMaster&& other) noexcept;

  using Callback = Function<void(Error, std::vector<TopicOffset>)>;
  /// The first offset of each partition, in the order of `partitions`. The error is the first error of an entry;
  /// entries without an error are valid all the same.
  void fetch_earliest(Partitions partitions, Callback done);
  /// The offset behind the last record, of open transactions too (the high watermark).
  void fetch_latest(Partitions partitions, Callback done);
  /// The first record whose timestamp is `unix_ms` or later; -1 if there is none. Brokers before 0.10.1 know times of
  /// log segments only, so the offset may lie before that record.
  void fetch_by_time(Partitions partitions, int64_t unix_ms, Callback done);

 private:
  std::shared_ptr<session::Asker> asker_;  // copies share it
};

}  // namespace kafka
