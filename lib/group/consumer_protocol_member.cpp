#include "group/consumer_protocol_member.hpp"

#include <algorithm>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::group {
namespace {

bool fatal_for_consumer(const Error& error) {
  switch (error.code()) {
    case Errc::fenced_instance_id:
    case Errc::group_authorization_failed:
    case Errc::invalid_group_id:
    case Errc::invalid_regular_expression:
    case Errc::invalid_request:
    case Errc::topic_authorization_failed:
    case Errc::unsupported_assignor:
    case Errc::unsupported_feature:
    case Errc::unsupported_version:
      return true;
    default:
      return false;
  }
}

// A random UUID, as the Java client makes it (KIP-1082).
std::string make_id(net::Reactor& reactor) {
  Uuid id;
  constexpr size_t kBytes = sizeof(uint64_t);
  for (size_t half = 0; half < id.bytes.size(); half += kBytes) {
    const uint64_t random = reactor.random();
    for (size_t i = 0; i < kBytes; ++i) id.bytes[half + i] = static_cast<uint8_t>(random >> (8 * i));
  }
  constexpr uint8_t kVersion4 = 0x40, kVariant = 0x80;
  id.bytes[6] = static_cast<uint8_t>((id.bytes[6] & 0x0f) | kVersion4);
  id.bytes[8] = static_cast<uint8_t>((id.bytes[8] & 0x3f) | kVariant);
  return id.to_string();
}

}  // namespace

ConsumerProtocolMember::ConsumerProtocolMember(session::Core& core, MemberOptions options, Topics topics,
                                               Participation::Owner& owner)
    : core_(core),
      options_(std::move(options)),
      owner_(owner),
      wish_{{topics.names.begin(), topics.names.end()}},
      farewell_(core.reactor()),
      told_(options_),
      heartbeats_(core, identity_, *this),
      topic_ids_(core, options_.creates_topics, *this) {
  identity_.group = options_.group;
  identity_.instance_id = options_.instance_id;
  identity_.has_epochs = true;
}

ConsumerProtocolMember::~ConsumerProtocolMember() { abort(); }

void ConsumerProtocolMember::abort() {
  scope_.end();
  retry_.cancel();
  farewell_.end();
  giving_.stop();
  heartbeats_.stop();
  if (core_.live()) topic_ids_.stop();
  forget_membership();
  owned_.clear();
  state_ = State::away;
}

// --- into the group ---------------------------------------------------------

void ConsumerProtocolMember::join() {
  if (farewell_.wanted() || (state_ != State::away && state_ != State::suspended)) return;
  if (own_id_.empty()) own_id_ = make_id(core_.reactor());
  begin();
}

void ConsumerProtocolMember::begin() {
  state_ = State::joining;
  told_.forget();
  topic_ids_.watch(wish_.topics, !wish_.pattern.empty());
  heartbeats_.beat();
}

void ConsumerProtocolMember::subscribe(Topics topics) {
  want({{topics.names.begin(), topics.names.end()}, wish_.pattern});
}

void ConsumerProtocolMember::match(std::string pattern) { want({wish_.topics, std::move(pattern)}); }

void ConsumerProtocolMember::want(Wish wish) {
  if (wish == wish_) return;
  wish_ = std::move(wish);
  if (farewell_.wanted() || (state_ != State::joining && state_ != State::stable)) return;
  topic_ids_.watch(wish_.topics, !wish_.pattern.empty());
  say();
}

// A coordinator that takes no patterns hears of the topics that this client has matched.
Wish ConsumerProtocolMember::said() const {
  const bool matches_there = !wish_.pattern.empty() && heartbeats_.version() >= Request::kRegexFrom;
  return matches_there ? Wish{{}, wish_.pattern} : Wish{wish_.topics, ""};
}

// Nothing in the protocol asks for that. The coordinator hears everything anew, and decides.
void ConsumerProtocolMember::rebalance(std::string reason) {
  core_.log().line(LogLevel::info, "group " + identity_.group + ": the application asks for a rebalance: " + reason);
  if (farewell_.wanted() || state_ != State::stable) return;
  told_.forget();
  heartbeats_.beat();
}

void ConsumerProtocolMember::pause(const Error& why) {
  state_ = State::paused;
  core_.log().state(LogLevel::info, "group " + identity_.group, why.message());
  heartbeats_.stop();
  retry_.fail(core_.router(), [this] { begin(); });
}

Error ConsumerProtocolMember::fill(Request& request, int16_t version) {
  const Wish wish = said();
  if (wish == Wish() && !member()) return Error(Errc::unknown_topic_or_partition, "no topic matches the pattern yet");
  known_ = true;
  request.member_id = own_id_;
  request.member_epoch = member() ? identity_.generation : Request::kJoin;
  if (options_.is_static()) request.instance_id = options_.instance_id;
  told_.fill(request, wish, owned_.all());
  if (version < Request::kRegexFrom) request.subscribed_topic_regex.reset();
  return {};
}

void ConsumerProtocolMember::heartbeat_answered(const Error& error, Response& response) {
  if (error == Errc::closed) return;
  Error outcome = error;
  if (!outcome && state_ == State::joining) outcome = joined(response);
  if (outcome) {
    told_.forget();
    if (fatal_for_consumer(outcome)) return refuse(refusal(outcome));
    if (state_ == State::joining) return join_failed(outcome);
    const bool out = outcome == Errc::unknown_member_id || outcome == Errc::fenced_member_epoch ||
                     outcome == Errc::group_id_not_found;
    if (out) return put_out(outcome);
    // It is repeated at the interval.
    return core_.log().state(LogLevel::info, "group " + identity_.group, outcome.message());
  }
  told_.accepted();
  take_epoch(response.member_epoch);
  take_target(response);
  say();
}

Error ConsumerProtocolMember::joined(const Response& response) {
  if (response.member_epoch <= 0) {
    return Error(Errc::protocol_error, "the coordinator of group " + identity_.group + " answered a join with epoch " +
                                           std::to_string(response.member_epoch));
  }
  if (!response.member_id.value_or("").empty()) own_id_ = *response.member_id;
  unreleased_since_.reset();
  state_ = State::stable;
  identity_.member_id = own_id_;
  arrived_ = false;
  // What it will get may have to be given up by others first. They hear of it with their next heartbeats.
  heartbeats_.hurry(std::min(heartbeats_.interval(), ConsumerHeartbeats::kInterval) + Heartbeats::kHurry);
  return {};
}

void ConsumerProtocolMember::join_failed(const Error& error) {
  const net::TimePoint now = core_.reactor().now();
  if (error == Errc::group_id_not_found) {
    return refuse(Error(error.code(), std::string(error.detail()) +
                                          ": its members use group.protocol=classic, and both in one group need "
                                          "Kafka 4.0"));
  }
  if (error == Errc::unreleased_instance_id) {
    if (!unreleased_since_) unreleased_since_ = now;
    if (now - *unreleased_since_ >= kUnreleased) return refuse(error);
  }
  // 3.9 refuses a join by an id that it knows (KAFKA-19233).
  if (error == Errc::fenced_member_epoch) {
    tell_leaving(Request::kLeave, ConsumerHeartbeats::kLeavePatience, {});
    known_ = false;
  }
  pause(error);
}

// What the application hears of a refusal that is final.
Error ConsumerProtocolMember::refusal(const Error& error) const {
  if (error != Errc::unsupported_version) return error;
  return Error(Errc::unsupported_feature,
               "group.protocol=consumer needs Kafka 4.0, or 3.9 with "
               "group.coordinator.rebalance.protocols=classic,consumer: " +
                   std::string(error.detail()));
}

// --- in it ------------------------------------------------------------------

// A member's epoch grows only. What does not is no epoch of this member.
void ConsumerProtocolMember::take_epoch(int32_t epoch) {
  if (epoch <= identity_.generation) {
    if (epoch == identity_.generation) retry_.succeed();
    return;
  }
  identity_.generation = epoch;
  ++identity_.settled;
  heartbeats_.hurry(Heartbeats::kHurry);
  owner_.settled();
}

void ConsumerProtocolMember::take_target(const Response& response) {
  if (!response.assignment) return;
  target_ = read(*response.assignment);
  // It may have taken away what the member never said it had. It waits until it hears the list.
  if (!told_.said_owned()) told_.forget_owned();
  if (*target_ != owned_.all()) heartbeats_.hurry(Heartbeats::kHurry);
  reconcile();
}

// One step towards the newest target, if nothing stands before it.
void ConsumerProtocolMember::reconcile() {
  if (giving_.under_way() || farewell_.wanted() || !target_ || !member()) return;
  const IdPartitions gone = difference(owned_.all(), *target_);
  if (!gone.empty()) {
    return revoke(gone);
  }
  const Partitions fresh = take(difference(*target_, owned_.all()));
  const bool all = difference(*target_, owned_.all()).empty();
  if (all) target_.reset();
  const bool none_yet = !arrived_ && all;
  arrived_ |= none_yet || !fresh.empty();
  if (none_yet || !fresh.empty()) owner_.assigned(fresh);
  say();
}

// Those whose topics metadata knows. The others are taken when it does. A broker's pattern matches the topics of its
// own, too: the member owns them, so that the group is at rest, and does not read them.
Partitions ConsumerProtocolMember::take(const IdPartitions& fresh) {
  Partitions taken;
  std::set<Uuid> missing;
  for (const auto& [id, numbers] : fresh) {
    const std::optional<std::string> name = topic_ids_.name(id);
    const std::optional<std::string> internal = topic_ids_.internal(id);
    if (internal) {
      owned_.add_unread(id, numbers);
      owner_.not_read(*internal);
    } else if (name && owned_.add(id, *name, numbers)) {
      taken[*name] = numbers;
    } else {
      missing.insert(id);
    }
  }
  topic_ids_.miss(std::move(missing));
  return taken;
}

// What the coordinator does not know yet goes out at once, or once the heartbeat that is under way was answered.
void ConsumerProtocolMember::say() {
  if (state_ != State::stable || farewell_.wanted()) return;
  if (!told_.knows(said(), owned_.all())) heartbeats_.beat();
}

void ConsumerProtocolMember::revoke(const IdPartitions& gone) {
  const Partitions named = owned_.by_name(gone);
  if (named.empty()) return revoked(gone);
  owner_.revoke(named, farewell_.drain_deadline(options_, rebalance_timeout()),
                giving_.begin(scope_, [this, gone] { revoked(gone); }));
}

void ConsumerProtocolMember::revoked(const IdPartitions& gone) {
  giving_.stop();
  owned_.remove(gone);
  go_on();
}

void ConsumerProtocolMember::go_on() {
  if (farewell_.wanted()) return say_farewell();
  reconcile();
  say();
}

// The coordinator says which member may commit, never whether the partition is that member's.
Participation::Verdict ConsumerProtocolMember::judge(const Identity& sent, const Error& error) {
  const bool outdated = sent.generation != identity_.generation;
  switch (error.code()) {
    case Errc::stale_member_epoch:
    case Errc::illegal_generation:
      if (outdated) return Verdict::again;
      if (state_ == State::stable) heartbeats_.beat();  // its answer brings the newer epoch
      return Verdict::later;
    case Errc::rebalance_in_progress:
      return Verdict::later;
    case Errc::unknown_member_id:
    case Errc::fenced_member_epoch:
    case Errc::group_id_not_found:
      if (outdated) return Verdict::again;
      if (state_ == State::stable) put_out(error);
      return Verdict::lost;
    case Errc::fenced_instance_id:
      refuse(error);
      return Verdict::lost;
    default:
      return Verdict::failed;
  }
}

// --- out of it --------------------------------------------------------------

void ConsumerProtocolMember::lose(const Error& why) {
  giving_.stop();
  const bool any = !owned_.by_name().empty();
  owned_.clear();
  if (any) owner_.lost(why);
}

void ConsumerProtocolMember::forget_membership() {
  identity_.member_id.clear();
  identity_.generation = kNoGeneration;
  target_.reset();
  told_.forget();
}

// The id stays, so that nothing is left of the member that the coordinator may still know.
void ConsumerProtocolMember::put_out(const Error& why) {
  heartbeats_.stop();
  topic_ids_.miss({});
  forget_membership();
  lose(why);
  if (farewell_.wanted()) {
    known_ = known_ && why == Errc::fenced_member_epoch;
    return go_on();
  }
  pause(why);
}

void ConsumerProtocolMember::refuse(const Error& why) {
  lose(why);
  forget_membership();
  state_ = State::failed;
  retry_.cancel();
  topic_ids_.stop();
  heartbeats_.stop();
  if (farewell_.wanted()) return gone();
  owner_.refused(Error(why.code(), std::string(why.detail())));
}

// A static member says that it will be back: its id can be used again, and its partitions wait until its session ends.
void ConsumerProtocolMember::suspend(const Error& why) {
  if (state_ == State::away || state_ == State::suspended || state_ == State::failed || farewell_.wanted()) return;
  heartbeats_.stop();
  retry_.cancel();
  topic_ids_.stop();
  tell_leaving(options_.is_static() ? Request::kLeaveForAWhile : Request::kLeave, ConsumerHeartbeats::kLeavePatience,
               {});
  forget_membership();
  lose(why);
  state_ = State::suspended;
}

void ConsumerProtocolMember::leave(bool tell, net::TimePoint deadline, Function<void()> done) {
  if (!farewell_.wanted()) {
    retry_.cancel();
    topic_ids_.stop();
    farewell_.begin(tell, deadline, scope_.wrap([this] { gone(); }));
  }
  farewell_.wait(std::move(done));
  if (giving_.under_way() || state_ == State::leaving) return;
  core_.reactor().defer(scope_.wrap([this] { go_on(); }));
}

void ConsumerProtocolMember::say_farewell() {
  if (state_ == State::leaving || giving_.under_way()) return;
  if (!owned_.empty()) {
    return revoke(owned_.all());
  }
  const bool tells = (farewell_.tell() || options_.is_static()) && state_ != State::failed;
  state_ = State::leaving;
  heartbeats_.stop();
  if (!tells || !known_) return gone();
  tell_leaving(farewell_.tell() ? Request::kLeave : Request::kLeaveForAWhile, farewell_.left(),
               scope_.wrap([this] { gone(); }));
}

// A join may be under way. The coordinator reads what comes by one connection in its order.
void ConsumerProtocolMember::tell_leaving(int32_t epoch, net::Duration timeout, Function<void()> done) {
  if (!std::exchange(known_, false)) return;
  Request request;
  request.member_id = own_id_;
  request.member_epoch = epoch;
  if (options_.is_static()) request.instance_id = options_.instance_id;
  heartbeats_.leave(std::move(request), timeout, std::move(done));
}

void ConsumerProtocolMember::gone() {
  std::vector<Function<void()>> callbacks = farewell_.end();
  retry_.cancel();
  heartbeats_.stop();
  topic_ids_.stop();
  forget_membership();
  lose(Error(Errc::closed, "the member has left its group"));
  if (state_ != State::failed) state_ = State::away;
  const Scope::Guard guard = scope_.guard();
  for (Function<void()>& done : callbacks) {
    done();
    if (!guard.alive()) return;
  }
}

GroupView ConsumerProtocolMember::view() const {
  GroupView view;
  switch (state_) {
    case State::away:
    case State::leaving:
      view.state = GroupView::State::away;
      break;
    case State::joining:
    case State::paused:
      view.state = GroupView::State::joining;
      break;
    case State::stable:
      view.state = GroupView::State::stable;
      break;
    case State::suspended:
      view.state = GroupView::State::suspended;
      break;
    case State::failed:
      view.state = GroupView::State::failed;
      break;
  }
  if (giving_.under_way()) view.state = GroupView::State::revoking;
  view.member_id = identity_.member_id;
  view.generation = identity_.generation;
  view.assignor = options_.remote_assignor;
  view.owned = owned_.by_name();
  return view;
}

}  // namespace kafka::group
