// The offsets that a group stores, read and written through its coordinator.
// Not here: finding the coordinator and trying again (cluster/coordinator.hpp).
#pragma once

#include <kafka/types.hpp>

#include <string>
#include <vector>

#include "protocol/offset_commit.hpp"
#include "protocol/offset_fetch.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// An offset of a group, with the topic that it belongs to: by now another one may have the name.
struct StoredOffset : ConsumerOffset {
  Uuid topic_id{};  ///< zero: not known
};

/// The error is the request's; each entry has its own as well (all of them, if the request failed).
/// Never called from inside the call that asked.
using OffsetsDone = Function<void(Error, std::vector<StoredOffset>)>;
/// False once nobody waits for the answer: nothing more is sent then. Empty: somebody does, to the end.
using OffsetsWanted = Function<bool()>;

/// What consumers and ConsumerGroup ask of a group. A Fetcher has no such object.
class GroupOffsets {
 public:
  explicit GroupOffsets(std::string group) : group_(std::move(group)) {}
  virtual ~GroupOffsets() = default;
  GroupOffsets(const GroupOffsets&) = delete;
  GroupOffsets& operator=(const GroupOffsets&) = delete;

  const std::string& group() const { return group_; }
  /// Reads the stored offsets, in the order of `asked`; -1 where nothing is stored.
  virtual void fetch(std::vector<TopicPartition> asked, net::Duration timeout, OffsetsDone done,
                     OffsetsWanted wanted) = 0;
  /// An offset of a topic that was deleted and made anew since is not stored: its error is `lost`.
  virtual void commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
                      OffsetsWanted wanted) = 0;
  /// There is a member. A commit that is refused with `illegal_generation` may be sent again, one that is refused with
  /// `rebalance_in_progress` when the group has settled, if the partition is still the member's then.
  virtual bool settles() const { return false; }

 private:
  std::string group_;
};

/// The offsets as a client sees them that is not a member of the group. Calls outlive this object, not the core.
class MemberlessOffsets : public GroupOffsets {
 public:
  MemberlessOffsets(session::Core& core, std::string group) : GroupOffsets(std::move(group)), core_(core) {}

  void fetch(std::vector<TopicPartition> asked, net::Duration timeout, OffsetsDone done, OffsetsWanted wanted) override;
  void commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
              OffsetsWanted wanted) override;

 protected:
  /// Fills in who commits, at each attempt.
  using Signature = Function<Error(protocol::OffsetCommitRequest&, int16_t version)>;
  void commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done, OffsetsWanted wanted,
              Signature sign);
  /// Fills in who reads, at each attempt.
  using FetchSignature = Function<Error(protocol::OffsetFetchRequest&, int16_t version)>;
  void fetch(std::vector<TopicPartition> asked, net::Duration timeout, OffsetsDone done, OffsetsWanted wanted,
             FetchSignature sign);
  session::Core& core() const { return core_; }

 private:
  session::Core& core_;
};

/// The first error of the entries.
Error first_error(const std::vector<StoredOffset>& offsets);

}  // namespace kafka::consumer
