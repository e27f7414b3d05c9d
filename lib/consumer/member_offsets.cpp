#include "consumer/member_offsets.hpp"

#include <utility>

namespace kafka::consumer {

using protocol::OffsetCommitRequest;
using protocol::OffsetFetchRequest;

void MemberOffsets::fetch(std::vector<TopicPartition> asked, net::Duration timeout, OffsetsDone done,
                          OffsetsWanted wanted) {
  if (!participation_->identity().has_epochs)
    return fetch(std::move(asked), timeout, std::move(done), std::move(wanted), {});
  auto fetch = std::make_shared<Fetch>();
  fetch->asked = std::move(asked);
  fetch->deadline = core().router().deadline(timeout);
  fetch->done = std::move(done);
  fetch->wanted = std::move(wanted);
  fetches_.push_back(fetch);
  ask(fetch);
}

void MemberOffsets::ask(const std::shared_ptr<Fetch>& question) {
  fetch(
      question->asked, question->deadline - core().reactor().now(),
      scope_.wrap([this, question](Error error, std::vector<StoredOffset> offsets) {
        answered(question, std::move(error), std::move(offsets));
      }),
      [question] { return !question->wanted || question->wanted(); },
      [this, guard = scope_.guard(), question](OffsetFetchRequest& request, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        question->sent = participation_->identity();
        if (question->sent.member_id.empty()) return Error(Errc::lost, "the member is not in the group any more");
        if (version < OffsetFetchRequest::kMemberEpochFrom) return Error();
        request.groups.front().member_id = question->sent.member_id;
        request.groups.front().member_epoch = question->sent.generation;
        return Error();
      });
}

void MemberOffsets::answered(const std::shared_ptr<Fetch>& question, Error error, std::vector<StoredOffset> offsets) {
  error = judged(question->sent, std::move(error));
  const bool again = error == Errc::illegal_generation || error == Errc::rebalance_in_progress;
  const net::Duration pause = again ? core().router().delay(question->retry) : net::Duration::zero();
  if (again && question->retry.until() < question->deadline) {
    question->timer = core().reactor().after(pause, [this, weak = std::weak_ptr<Fetch>(question)] {
      const auto due = weak.lock();
      if (due == nullptr) return;
      due->timer.cancel();
      // Nobody waits any more, and the session may have ended meanwhile.
      if (due->wanted && !due->wanted()) return static_cast<void>(std::erase(fetches_, due));
      ask(due);
    });
    return;
  }
  std::erase(fetches_, question);
  question->done(std::move(error), std::move(offsets));
}

void MemberOffsets::commit(std::vector<StoredOffset> offsets, net::Duration timeout, OffsetsDone done,
                           OffsetsWanted wanted) {
  auto sent = std::make_shared<group::Identity>(participation_->identity());
  const Scope::Guard guard = scope_.guard();
  commit(
      std::move(offsets), timeout,
      [this, guard, sent, done = std::move(done)](Error error, std::vector<StoredOffset> answers) mutable {
        if (!guard.alive()) return;
        // An answer may put the member out, which takes partitions away. So all are judged before any is told.
        const bool whole = static_cast<bool>(error);
        error = judged(*sent, std::move(error));
        for (StoredOffset& each : answers) {
          if (!guard.alive()) return;
          each.error = whole ? error : judged(*sent, std::move(each.error));
        }
        done(std::move(error), std::move(answers));
      },
      std::move(wanted),
      [this, guard, sent](OffsetCommitRequest& request, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        const group::Identity& now = participation_->identity();
        if (now.member_id.empty()) return Error(Errc::lost, "the member is not in the group any more");
        // The commit waited for a connection, or its first attempt had no answer, and the member has joined again
        // meanwhile. Whether the partitions are still its own is for the consumer to see. Suppose it were sent all the
        // same, and the partition has gone and come back: it would be stored behind what was read again since.
        if (now.member_id != sent->member_id || now.generation != sent->generation || now.settled != sent->settled)
          return Error(Errc::illegal_generation, "the member has joined its group again");
        *sent = now;
        request.generation_id_or_member_epoch = sent->generation;
        request.member_id = sent->member_id;
        if (version >= OffsetCommitRequest::kInstanceIdFrom && !sent->instance_id.empty())
          request.group_instance_id = sent->instance_id;
        return Error();
      });
}

Error MemberOffsets::judged(const group::Identity& sent, Error error) {
  if (!error) return error;
  switch (participation_->judge(sent, error)) {
    case group::Participation::Verdict::failed:
      break;
    case group::Participation::Verdict::again:
      return Error(Errc::illegal_generation, std::string(error.detail()));
    case group::Participation::Verdict::later:
      return Error(Errc::rebalance_in_progress, std::string(error.detail()));
    case group::Participation::Verdict::lost:
      return Error(Errc::lost, std::string(error.detail()));
  }
  return error;
}

}  // namespace kafka::consumer
