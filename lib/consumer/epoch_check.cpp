#include "consumer/epoch_check.hpp"

#include <map>
#include <string_view>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::consumer {

void EpochCheck::ask(int32_t node, const std::vector<Partition*>& partitions) {
  session::Core& core = context_.core;
  protocol::OffsetForLeaderEpochRequest request;
  request.replica_id = kConsumerReplica;
  std::vector<Question> asked;
  std::map<std::string_view, size_t> topics;
  const uint64_t id = ++context_.requests;
  for (Partition* partition : partitions) {
    Question& question = asked.emplace_back(*partition);
    question.last_epoch = partition->epochs.last;
    question.leader_epoch = core.metadata().leader_epoch(*partition->topic, partition->number);
    partition->request.id = id;  // not fetched meanwhile
    const auto [place, fresh] = topics.try_emplace(*partition->topic, request.topics.size());
    if (fresh) request.topics.emplace_back().topic = *partition->topic;
    auto& one = request.topics[place->second].partitions.emplace_back();
    one.partition = partition->number;
    one.leader_epoch = partition->epochs.last;
  }
  core.router().call<protocol::OffsetForLeaderEpochRequest>(
      node, context_.lane, std::move(request), core.router().config().request_timeout + context_.options.fetch_max_wait,
      context_.scope.wrap(
          [this, asked = std::move(asked)](const Error& error, Response& response, const cluster::CallInfo&) {
            answered(asked, error, response);
          }),
      [](protocol::OffsetForLeaderEpochRequest&, int16_t version) {
        if (version >= protocol::OffsetForLeaderEpochRequest::kConsumersFrom) return Error();
        return Error(Errc::unsupported_version, "OffsetForLeaderEpoch " + std::to_string(version));
      });
}

void EpochCheck::answered(const std::vector<Question>& asked, const Error& error, const Response& response) {
  std::map<std::pair<std::string_view, int32_t>, const Answer*> answers;  // the first of a repeated one counts
  for (const auto& topic : response.topics) {
    for (const auto& partition : topic.partitions) answers.try_emplace({topic.topic, partition.partition}, &partition);
  }
  for (const Question& one : asked) one.partition->request.id = 0;
  if (error == Errc::closed) return;
  for (const Question& one : asked) {
    if (!one.fetching()) continue;
    const auto found = answers.find({*one.partition->topic, one.partition->number});
    take(one, error, found == answers.end() ? nullptr : found->second);
    if (context_.life_cycle.closing()) return;
  }
  context_.owner.source_free();
}

// No failure resets a position or stops the partition: where nothing is learnt, Fetch goes on as if there were no
// epochs.
void EpochCheck::take(const Question& asked, Error error, const Answer* answer) {
  Partition& partition = *asked.partition;
  if (!error && answer == nullptr) error = Error(Errc::protocol_error, "the answer lacks " + partition.where());
  if (!error && answer->error_code != 0) error = broker_error(answer->error_code, partition.where());
  if (error) {
    context_.core.log().failure(LogLevel::warning, "the epochs of " + partition.where(), error);
    const ErrorTraits& what = traits(error.code());
    if (what.refresh != Refresh::none) context_.core.metadata().refresh();
    if (error == Errc::unknown_topic_or_partition) partition.read_topic.lose();
    if (what.retry != Retry::no && partition.fetch.retry.failures() < FetchState::kMaxOddities)
      return context_.intake.back_off(partition);
  }
  partition.fetch.retry.succeed();
  partition.epochs.check(asked.leader_epoch);
  if (error) return;
  if (answer->leader_epoch < 0 || answer->leader_epoch > asked.last_epoch || answer->end_offset < 0) return;
  if (answer->end_offset >= partition.fetch.position) return;
  context_.intake.diverged(partition, answer->leader_epoch, answer->end_offset, asked.last_epoch);
}

}  // namespace kafka::consumer
