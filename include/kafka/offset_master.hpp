// Looks up the offsets at which partitions begin and end.
#pragma once

#include <kafka/session.hpp>

namespace kafka {

/// Asks the leaders of partitions for offsets. Follows leaders that move; every call ends within the
/// session's default_api_timeout.
class KAFKA_API OffsetMaster {
 public:
  explicit OffsetMaster(Session& session);

  using Callback = Function<void(Error, std::vector<TopicOffset>)>;
  /// The first offset of each partition, in the order of `partitions`. The error is the first of the
  /// entries' errors; entries without one are valid all the same.
  void fetch_earliest(Partitions partitions, Callback done);
  /// The offset that the next record will get, of open transactions too (the high watermark).
  void fetch_latest(Partitions partitions, Callback done);
  /// The first record whose timestamp is at least `unix_ms`, -1 where there is none. Brokers before
  /// 0.10.1 answer by log segment: the offset is at or before the one asked for.
  void fetch_by_time(Partitions partitions, int64_t unix_ms, Callback done);

 private:
  std::shared_ptr<session::Core> core_;
};

}  // namespace kafka
