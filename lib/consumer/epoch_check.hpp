// Asks leaders about epochs where Fetch does not (KIP-320): before version 12 leaders compare nothing, and neither do
// followers. The leader is asked whenever its epoch is a new one, before anything is fetched under it.
// Not here: what the answers mean (log_epochs.hpp, positions.hpp).
#pragma once

#include <vector>

#include "consumer/source.hpp"
#include "protocol/offset_for_leader_epoch.hpp"

namespace kafka::consumer {

/// Owns the OffsetForLeaderEpoch requests. While one is under way, its partitions are not fetched.
class EpochCheck {
 public:
  explicit EpochCheck(SourceContext& context) : context_(context) {}

  /// Asks the leader `node`.
  void ask(int32_t node, const std::vector<Partition*>& partitions);

 private:
  using Response = protocol::OffsetForLeaderEpochResponse;
  using Answer = Response::OffsetForLeaderTopicResult::EpochEndOffset;

  void answered(const std::vector<Question>& asked, const Error& error, const Response& response);
  void take(const Question& asked, Error error, const Answer* answer);

  SourceContext& context_;
};

}  // namespace kafka::consumer
