// The offsets of a group as one of its members stores them: under its identity, and with what the coordinator's
// refusals mean for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "consumer/group_offsets.hpp"
#include "group/participation.hpp"

namespace kafka::consumer {

/// The offset was captured when the envelope was answered; the identity is that of the moment in which the request is
/// made. The coordinator checks who commits, never whether it owns the partition: that is this client's promise.
class MemberOffsets final : public MemberlessOffsets {
 public:
  MemberOffsets(session::Core& core, std::string group) : MemberlessOffsets(core, std::move(group)) {}

  /// Before the first commit. `participation` outlives this object.
  void set(group::Participation& participation) { participation_ = &participation; }

  using MemberlessOffsets::commit;
  using MemberlessOffsets::fetch;
  /// With KIP-848 a member says who it is. If its epoch is out of date it hears the newer one and asks again: an offset
  /// that could not be read is never taken for one that is not there.
  void fetch(std::vector<TopicPartition> asked, net::Duration timeout, OffsetsDone done, OffsetsWanted wanted) override;
  void commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
              OffsetsWanted wanted) override;
  bool settles() const override { return true; }

 private:
  /// A question for offsets, with all its attempts.
  struct Fetch {
    std::vector<TopicPartition> asked;
    net::TimePoint deadline{};
    OffsetsDone done;
    OffsetsWanted wanted;
    group::Identity sent;  // of the last attempt
    cluster::RetryPause retry;
    net::Timer timer;
  };

  void ask(const std::shared_ptr<Fetch>& fetch);
  void answered(const std::shared_ptr<Fetch>& fetch, Error error, std::vector<StoredOffset> offsets);
  Error judged(const group::Identity& sent, Error error);

  group::Participation* participation_ = nullptr;
  std::vector<std::shared_ptr<Fetch>> fetches_;  // under way
  Scope scope_;
};

}  // namespace kafka::consumer
