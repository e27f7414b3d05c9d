#include "group/leading.hpp"

#include <map>

#include "base/error_table.hpp"
#include "group/subscription.hpp"

namespace kafka::group {
namespace {

// All versions have the same fields, and the lowest is read by everybody.
constexpr int16_t kAssignmentVersion = 0;

}  // namespace

// A member whose subscription cannot be read subscribes to nothing: the others must not stand still because of it.
void Leading::start(const std::vector<protocol::JoinGroupResponse::JoinGroupResponseMember>& members) {
  std::set<std::string> topics;
  for (const auto& joined : members) {
    Member& member = membership_->members.emplace_back();
    member.id = joined.member_id;
    member.instance_id = joined.group_instance_id.value_or("");
    Subscription subscription;
    if (const Error error = decode(joined.metadata, subscription)) {
      core_.log().line(LogLevel::warning,
                       "the subscription of group member " + escaped(joined.member_id) + ": " + error.message());
      continue;
    }
    topics.insert(subscription.topics.begin(), subscription.topics.end());
    member.topics = std::move(subscription.topics);
    member.rack = std::move(subscription.rack);
    member.owned = std::move(subscription.owned);
    member.generation = subscription.generation;
    member.user_data = std::move(subscription.user_data);
  }
  for (const std::string& topic : topics) counts_[topic] = 0;
  if (topics.empty()) {
    core_.reactor().defer(scope_.wrap([this] { described({}, {}); }));
    return;
  }
  core_.metadata().fetch(
      std::move(topics), false, timeout_,
      scope_.wrap([this](const Error& error, protocol::MetadataResponse& response) { described(error, response); }));
}

// Topics that do not exist, or that this client may not see, have no partitions to share out.
void Leading::described(const Error& error, const protocol::MetadataResponse& response) {
  if (error) return end(error, {});
  std::map<int32_t, std::string> racks;
  for (const auto& broker : response.brokers) racks[broker.node_id] = broker.rack.value_or("");
  for (const auto& described : response.topics) {
    const std::string name = described.name.value_or("");
    if (described.error_code != 0 || !counts_.contains(name)) continue;
    Topic& topic = membership_->topics.emplace_back();
    topic.name = name;
    topic.replica_racks.resize(described.partitions.size());
    for (const auto& partition : described.partitions) {
      const auto index = static_cast<size_t>(partition.partition_index);
      if (partition.partition_index < 0 || index >= topic.replica_racks.size()) continue;
      for (const int32_t replica : partition.replica_nodes) topic.replica_racks[index].push_back(racks[replica]);
    }
    counts_[name] = static_cast<int32_t>(described.partitions.size());
  }
  // One of the application may answer at once, and destroy this object with that.
  const Scope::Guard guard = scope_.guard();
  std::unique_ptr<Work> work = assignor_.assign(
      membership_, scope_.wrap([this](Error failed, const Answer& answer) { assigned(std::move(failed), answer); }));
  if (!guard.alive()) return;
  work_ = std::move(work);
  if (work_ != nullptr) return advance();
  late_ = core_.reactor().after(timeout_, scope_.wrap([this] {
    end(Error(Errc::timed_out, "the assignor " + std::string(assignor_.name()) + " has not answered in time"), {});
  }));
}

// One slice per turn of the loop: a large group takes long, and heartbeats must go out meanwhile.
void Leading::advance() {
  core_.reactor().defer(scope_.wrap([this] {
    const Scope::Guard guard = scope_.guard();
    std::unique_ptr<Work> work = std::move(work_);
    if (!work->advance(Work::kSlice) || !guard.alive()) return;
    work_ = std::move(work);
    advance();
  }));
}

void Leading::assigned(Error error, const Answer& answer) {
  if (!error) error = check_answer(*membership_, answer);
  Result result;
  for (size_t i = 0; i < answer.size() && !error; ++i) {
    auto& entry = result.assignments.emplace_back();
    entry.member_id = membership_->members[i].id;
    error = encode(Assignment{answer[i].partitions, answer[i].user_data}, kAssignmentVersion, entry.assignment);
  }
  result.counts = std::move(counts_);
  end(std::move(error), std::move(result));
}

void Leading::end(Error error, Result result) {
  Done done = std::move(done_);
  done(std::move(error), std::move(result));
}

}  // namespace kafka::group
