// A group of the consumer protocol (see consumer_group.hpp): heartbeats.
// Not here: members that speak the classic protocol (consumer_group_classic.cpp).
#include "devbroker/consumer_group.hpp"

#include <algorithm>
#include <utility>

#include "devbroker/handlers.hpp"

namespace kafka::devbroker {

namespace {

Error invalid(std::string text) { return Error(Errc::invalid_request, std::move(text)); }

Slots slots_of(const std::vector<ConsumerGroup::Request::TopicPartitions>& topics) {
  Slots slots;
  for (const auto& topic : topics) {
    for (const int32_t partition : topic.partitions) slots.insert({topic.topic_id, partition});
  }
  return slots;
}

bool is_empty(const std::optional<std::string>& text) { return text.has_value() && text->empty(); }

ConsumerGroup::Response::Assignment assignment_of(const ConsumerMember& member) {
  ConsumerGroup::Response::Assignment assignment;
  for (const auto& [slot, since] : member.assigned) {
    auto& topics = assignment.topic_partitions;
    if (topics.empty() || topics.back().topic_id != slot.topic) topics.emplace_back().topic_id = slot.topic;
    topics.back().partitions.push_back(slot.partition);
  }
  return assignment;
}

bool same_slots(const std::map<Slot, int32_t>& a, const std::map<Slot, int32_t>& b) {
  return std::ranges::equal(a, b, {}, &std::pair<const Slot, int32_t>::first, &std::pair<const Slot, int32_t>::first);
}

}  // namespace

ConsumerGroup::ConsumerGroup(std::string id, const Topics& topics, const GroupSite& site)
    : id_(std::move(id)), site_(site), roster_(topics, site.rules->first_epoch) {}

Error ConsumerGroup::check(const Request& request, int16_t version) {
  const bool joins = request.member_epoch == Request::kJoin;
  if (request.group_id.empty()) return invalid("GroupId can't be empty.");
  if (is_empty(request.instance_id)) return invalid("InstanceId can't be empty.");
  if (is_empty(request.rack_id)) return invalid("RackId can't be empty.");
  const bool has_id = !request.member_id.empty() || (joins && version < Request::kOwnMemberIdFrom);
  if (!has_id) return invalid("MemberId can't be empty.");
  if (joins) {
    if (request.rebalance_timeout_ms == -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
    if (!request.topic_partitions || !request.topic_partitions->empty()) {
      return invalid("TopicPartitions must be empty when (re-)joining.");
    }
    const bool has_topics = request.subscribed_topic_names && !request.subscribed_topic_names->empty();
    if (version < Request::kRegexFrom && !has_topics) {
      return invalid("SubscribedTopicNames must be set in first request.");
    }
    if (!request.subscribed_topic_names && !request.subscribed_topic_regex) {
      return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
    }
  }
  if (request.member_epoch == Request::kLeaveForAWhile && !request.instance_id) {
    return invalid("InstanceId can't be null.");
  }
  if (request.member_epoch < Request::kLeaveForAWhile) {
    return invalid("MemberEpoch is " + std::to_string(request.member_epoch) +
                   ", but must be greater than or equal to -2.");
  }
  if (request.server_assignor && !is_server_assignor(*request.server_assignor)) {
    return Error(Errc::unsupported_assignor, "ServerAssignor " + *request.server_assignor +
                                                 " is not supported. Supported assignors: uniform, range.");
  }
  if (request.subscribed_topic_regex && !request.subscribed_topic_regex->empty()) {
    Regex pattern;
    if (const Error wrong = Regex::compile(*request.subscribed_topic_regex, pattern)) {
      return Error(Errc::invalid_regular_expression,
                   "SubscribedTopicRegex `" + *request.subscribed_topic_regex +
                       "` is not a valid regular expression: " + std::string(wrong.detail()) + ".");
    }
  }
  return {};
}

Error ConsumerGroup::unknown(std::string_view member) const {
  return Error(Errc::unknown_member_id, "Member " + std::string(member) + " is not a member of group " + id_ + ".");
}

void ConsumerGroup::heartbeat(const Request& request, const GroupCaller& caller, Response& response) {
  const auto refuse = [&](const Error& error) {
    response.error_code = wire_code(error.code());
    response.error_message = std::string(error.detail());
  };
  if (request.member_epoch < Request::kJoin) {
    if (const Error error = leave(request)) return refuse(error);
    response.member_id = request.member_id;
    response.member_epoch = request.member_epoch;
    return;
  }
  ConsumerMember* member = nullptr;
  bool replaced = false;
  const bool joins = request.member_epoch == Request::kJoin;
  if (const Error error = joins ? join(request, member, replaced) : find(request, member)) return refuse(error);
  const auto before = member->assigned;
  std::optional<Slots> owned;
  if (request.topic_partitions) owned = slots_of(*request.topic_partitions);
  const bool changed = update(*member, request, caller);
  member->classic.reset();
  change(*member, changed, replaced, owned ? &*owned : nullptr);
  response.member_id = member->id;
  response.member_epoch = member->epoch;
  response.heartbeat_interval_ms = static_cast<int32_t>(kHeartbeatInterval.count());
  const bool says_all = request.rebalance_timeout_ms != -1 && request.topic_partitions &&
                        (request.subscribed_topic_names || request.subscribed_topic_regex);
  if (joins || says_all || !same_slots(before, member->assigned)) response.assignment = assignment_of(*member);
}

/// A member that begins with epoch 0: a new one, one that begins anew, or one that takes over from a static member that
/// has gone for a while.
Error ConsumerGroup::join(const Request& request, ConsumerMember*& member, bool& replaced) {
  const std::string id = request.member_id.empty() ? new_member_id() : request.member_id;
  ConsumerMember* holder = request.instance_id ? roster_.by_instance(*request.instance_id) : nullptr;
  if (holder == nullptr) {
    const ConsumerMember* known = roster_.find(id);
    const Error refused = known != nullptr && !site_.rules->is_lenient ? check_epoch(*known, request) : Error();
    if (!refused) member = &roster_.add(id);
    return refused;
  }
  const bool is_same = holder->id == id && site_.rules->is_lenient;
  if (holder->epoch != ConsumerMember::kAway && !is_same) {
    return Error(Errc::unreleased_instance_id, "Static member " + id + " with instance id " + *request.instance_id +
                                                   " cannot join the group because the instance id is owned by " +
                                                   holder->id + " member.");
  }
  if (!is_same) {
    timers_.erase(holder->id);
    holder = &roster_.take_over(*holder, id);
    replaced = true;
  }
  member = holder;
  return {};
}

/// What follows from what a member has said: perhaps another epoch and another target, and a step towards it.
void ConsumerGroup::change(ConsumerMember& member, bool changed, bool replaced, const Slots* owned) {
  const net::TimePoint now = site_.reactor->now();
  if (changed || roster_.topics_have_changed()) roster_.change();
  const bool wants_target = replaced || roster_.epoch() > roster_.target_epoch();
  if (wants_target && roster_.may_assign(now, site_.rules->assignment_interval)) roster_.assign(now);
  roster_.step(member, owned);
  watch_revocation(member);
  keep_alive(member);
}

/// A member that says what it knows.
Error ConsumerGroup::find(const Request& request, ConsumerMember*& member) {
  if (request.instance_id) {
    const ConsumerMember* holder = roster_.by_instance(*request.instance_id);
    if (holder == nullptr) {
      return Error(Errc::unknown_member_id, "Instance id " + *request.instance_id + " is unknown.");
    }
    if (holder->id != request.member_id) {
      return Error(Errc::fenced_instance_id, "Static member " + request.member_id + " with instance id " +
                                                 *request.instance_id + " was fenced by member " + holder->id + ".");
    }
  }
  member = roster_.find(request.member_id);
  if (member == nullptr) return unknown(request.member_id);
  return request.member_epoch >= Request::kJoin ? check_epoch(*member, request) : Error();
}

Error ConsumerGroup::check_epoch(const ConsumerMember& member, const Request& request) const {
  const auto fenced = [&](const char* how) {
    return Error(Errc::fenced_member_epoch,
                 "The consumer group member has a " + std::string(how) + " member epoch (" +
                     std::to_string(request.member_epoch) + ") than the one known by the group coordinator (" +
                     std::to_string(member.epoch) + "). The member must abandon all its partitions and rejoin.");
  };
  if (request.member_epoch > member.epoch) return fenced("greater");
  if (request.member_epoch == member.epoch) return {};
  // An answer may have been lost: the epoch before passes, if the member says that it has nothing else than it may
  // have.
  const bool owns_less =
      request.topic_partitions && std::ranges::all_of(slots_of(*request.topic_partitions),
                                                      [&](const Slot& slot) { return member.assigned.contains(slot); });
  return request.member_epoch == member.previous_epoch && owns_less ? Error() : fenced("smaller");
}

Error ConsumerGroup::leave(const Request& request) {
  ConsumerMember* member = nullptr;
  if (const Error error = find(request, member)) return error;
  if (request.member_epoch == Request::kLeave) {
    remove(std::string(member->id));
    return {};
  }
  member->epoch = ConsumerMember::kAway;
  member->revoking.clear();
  timers_[member->id].rebalance.cancel();
  return {};
}

std::string ConsumerGroup::new_member_id() {
  Uuid id;
  for (size_t i = 0; i < id.bytes.size(); ++i) id.bytes[i] = static_cast<uint8_t>(site_.reactor->random());
  return id.to_string();
}

bool ConsumerGroup::update(ConsumerMember& member, const Request& request, const GroupCaller& caller) {
  if (request.instance_id) member.instance_id = request.instance_id;
  if (request.rack_id) member.rack_id = request.rack_id;
  if (request.rebalance_timeout_ms != -1) {
    member.rebalance_timeout = std::chrono::milliseconds(request.rebalance_timeout_ms);
  }
  if (request.server_assignor) member.assignor = *request.server_assignor;
  member.client_id = caller.client_id;
  member.client_host = caller.client_host;
  bool changed = false;
  if (request.subscribed_topic_names) {
    std::vector<std::string> topics = *request.subscribed_topic_names;
    std::ranges::sort(topics);
    changed = topics != member.topics;
    member.topics = std::move(topics);
  }
  if (request.subscribed_topic_regex && *request.subscribed_topic_regex != member.pattern) {
    // Until it is known what the pattern means, nothing changes. It is known if another member has subscribed to it.
    const bool had_topics = !roster_.patterns().topics(member.pattern).empty();
    member.pattern = *request.subscribed_topic_regex;
    roster_.keep_patterns();
    changed = changed || !roster_.patterns().topics(member.pattern).empty() || (had_topics && member.pattern.empty());
  }
  return changed;
}

Errc ConsumerGroup::check_commit(const MemberName& member, int32_t epoch, int16_t version) {
  if (epoch < 0 && empty()) return Errc::none;
  const ConsumerMember* found = roster_.find(member.id);
  if (found == nullptr || found->classic) {
    const Errc error = check_classic(member);
    return error != Errc::none || epoch == found->epoch ? error : Errc::illegal_generation;
  }
  if (version < protocol::OffsetCommitRequest::kGroupNotFoundFrom) return Errc::unsupported_version;
  const bool may_be_older = site_.rules->is_lenient && epoch < found->epoch;
  return epoch == found->epoch || may_be_older ? Errc::none : Errc::stale_member_epoch;
}

Errc ConsumerGroup::check_commit(std::string_view member, int32_t epoch, const Slot& slot) const {
  const ConsumerMember* found = roster_.find(member);
  if (found == nullptr || epoch == found->epoch) return Errc::none;
  const auto assigned = found->assigned.find(slot);
  const bool had_it = assigned != found->assigned.end() && epoch >= assigned->second;
  return had_it ? Errc::none : Errc::stale_member_epoch;
}

Errc ConsumerGroup::check_fetch(const std::optional<std::string>& member, int32_t epoch) const {
  if (!member && epoch < 0) return Errc::none;  // an admin client
  const ConsumerMember* found = roster_.find(member.value_or(""));
  if (found == nullptr) return Errc::unknown_member_id;
  return epoch == found->epoch ? Errc::none : Errc::stale_member_epoch;
}

void ConsumerGroup::describe(protocol::ConsumerGroupDescribeResponse::DescribedGroup& out) const {
  // What members still have to give up is shown from 4.0 on.
  roster_.describe(out, site_.rules->is_lenient);
}

void ConsumerGroup::keep_alive(const ConsumerMember& member) {
  const net::Duration time = member.classic ? member.classic->session_timeout : net::Duration(kSessionTimeout);
  timers_[member.id].session = site_.reactor->after(time, [this, id = member.id] { remove(std::string(id)); });
  if (!roster_.patterns().due(site_.reactor->now())) return;
  resolving_ = site_.reactor->after(net::Duration::zero(), [this] { resolve_patterns(); });
}

/// A member that does not give up what it must within its rebalance timeout is out.
void ConsumerGroup::watch_revocation(const ConsumerMember& member) {
  net::Timer& timer = timers_[member.id].rebalance;
  if (member.state != Reconciliation::unrevoked) return timer.cancel();
  if (timer.active()) return;
  timer = site_.reactor->after(member.rebalance_timeout, [this, id = member.id] { remove(std::string(id)); });
}

void ConsumerGroup::remove(const std::string& id) {
  roster_.remove(id);
  timers_.erase(id);
}

void ConsumerGroup::halt() {
  timers_.clear();
  resolving_.cancel();
}

void ConsumerGroup::move(const GroupSite& site) {
  halt();
  site_ = site;
  roster_.forget_when_assigned();
  for (const auto& [id, member] : roster_.members()) {
    keep_alive(member);
    watch_revocation(member);
  }
}

void ConsumerGroup::resolve_patterns() {
  resolving_.cancel();
  if (roster_.patterns().resolve(site_.reactor->now())) roster_.change();
}

}  // namespace kafka::devbroker
