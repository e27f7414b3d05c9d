// The offsets of a group as one of its members stores them: under its identity, and with what the coordinator's
// refusals mean for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/scope.hpp"
#include "consumer/group_offsets.hpp"
#include "group/participation.hpp"

namespace kafka::consumer {

/// The offset was captured when the envelope was answered; the identity is that of the moment in which the commit is
/// sent. The coordinator checks who commits, never whether it owns the partition: that is this client's promise.
class MemberOffsets final : public MemberlessOffsets {
 public:
  MemberOffsets(session::Core& core, std::string group) : MemberlessOffsets(core, std::move(group)) {}

  /// Before the first commit. `participation` outlives this object.
  void set(group::Participation& participation) { participation_ = &participation; }

  using MemberlessOffsets::commit;
  void commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
              OffsetsWanted wanted) override;
  bool settles() const override { return true; }

 private:
  Error judged(const group::Identity& sent, Error error);

  group::Participation* participation_ = nullptr;
  Scope scope_;
};

}  // namespace kafka::consumer
