#include "group/classic_member.hpp"

#include <algorithm>
#include <utility>

#include "group/coordinator_errors.hpp"
#include "group/subscription.hpp"

namespace kafka::group {
namespace {

std::set<std::string> topics_of(const std::vector<protocol::JoinGroupResponse::JoinGroupResponseMember>& members) {
  std::set<std::string> topics;
  for (const auto& member : members) {
    Subscription subscription;
    if (!decode(member.metadata, subscription)) topics.insert(subscription.topics.begin(), subscription.topics.end());
  }
  return topics;
}

Partitions subscribed_part(const std::set<std::string>& subscribed, const Partitions& assigned) {
  Partitions part;
  for (const auto& [topic, numbers] : assigned) {
    if (subscribed.contains(topic)) part[topic] = numbers;
  }
  return part;
}

bool fatal_for_classic(const Error& error) {
  switch (error.code()) {
    case Errc::fenced_instance_id:
    case Errc::group_authorization_failed:
    case Errc::inconsistent_group_protocol:
    case Errc::invalid_group_id:
    case Errc::invalid_session_timeout:
    case Errc::unsupported_feature:
    case Errc::unsupported_version:
      return true;
    default:
      return false;
  }
}

}  // namespace

ClassicMember::ClassicMember(session::Core& core, MemberOptions options, Topics topics, Participation::Owner& owner)
    : core_(core),
      options_(std::move(options)),
      owner_(owner),
      strategies_(options_.strategies, options_.assignors),
      topics_(topics.names.begin(), topics.names.end()),
      farewell_(core.reactor()),
      calls_(core, options_, strategies_, identity_),
      heartbeats_(core, identity_, options_.heartbeat_interval, *this),
      interest_(core, *this) {
  identity_.group = options_.group;
  identity_.instance_id = options_.instance_id;
}

ClassicMember::~ClassicMember() { abort(); }

void ClassicMember::abort() {
  scope_.end();
  retry_.cancel();
  farewell_.end();
  leading_.reset();
  wanted_.reset();
  giving_.stop();
  heartbeats_.stop();
  calls_.close();
  if (core_.live()) interest_.stop();
  holdings_ = {};
  state_ = State::away;
}

// --- into a generation ------------------------------------------------------

void ClassicMember::join() {
  if (state_ != State::away && state_ != State::suspended) return;
  want(state_ == State::away ? "the consumer began to consume" : "the application answers again");
}

void ClassicMember::subscribe(Topics topics) {
  std::set<std::string> names(topics.names.begin(), topics.names.end());
  if (names == topics_) return;
  topics_ = std::move(names);
  if (state_ != State::away && state_ != State::suspended) want("the subscription has changed");
}

// A flag, not a condition: what asked for it may have gone back meanwhile, and the group has to share out all the same.
void ClassicMember::want(std::string reason) {
  if (state_ == State::failed || farewell_.wanted()) return;
  if (!wanted_) wanted_ = std::move(reason);
  go_on();
}

// Begins the next join, if one is wanted and nothing stands before it.
void ClassicMember::go_on() {
  if (giving_.under_way()) return;
  if (farewell_.wanted()) return say_farewell();
  const bool idle = state_ == State::away || state_ == State::suspended || state_ == State::stable;
  if (!wanted_ || !idle) return;
  if (!holdings_.owned.empty() && !cooperative()) {
    return revoke(holdings_.owned);
  }
  // Suppose the process stood still for longer than a session, and the group has given its partitions to others. In a
  // group of both protocols the coordinator (4.3) takes a JoinGroup with the old id as that of a new member. This one
  // would keep what it owned, and store offsets of it. So a heartbeat goes first: it is refused then.
  if (!holdings_.owned.empty() && !heartbeats_.within_session()) return heartbeats_.ask();
  send_join();
}

void ClassicMember::pause(const Error& why) {
  state_ = State::paused;
  core_.log().state(LogLevel::info, "group " + identity_.group, why.message());
  if (!wanted_) wanted_ = why.message();
  retry_.fail(core_.router(), [this] {
    state_ = State::stable;
    go_on();
  });
}

void ClassicMember::send_join() {
  state_ = State::joining;
  round_.refusals = 0;
  round_.assignment.reset();
  if (!holdings_.owned.empty()) heartbeats_.joining(core_.reactor().now() + calls_.rebalance_timeout());
  leading_.reset();
  const std::string reason = std::exchange(wanted_, std::nullopt).value_or("");
  calls_.join(
      topics_, cooperative() ? holdings_.owned : Partitions(), holdings_.last_assigned, reason,
      scope_.wrap([this](const Error& error, Joined& response, const cluster::CallInfo&) { joined(error, response); }));
}

void ClassicMember::joined(const Error& failed, Joined& response) {
  const Error error = failed ? failed : group_error(identity_.group, response.error_code);
  if (error) return join_failed(error, response);
  identity_.member_id = response.member_id;
  identity_.generation = response.generation_id;
  if (farewell_.wanted()) {
    state_ = State::stable;
    return go_on();
  }
  if (const Error unfit = choose(response)) return refuse(unfit);
  heartbeats_.start(calls_.session_timeout());
  round_.leader = false;
  round_.topics.clear();
  if (response.leader == response.member_id && response.skip_assignment) round_.topics = topics_of(response.members);
  if (response.leader == response.member_id && !response.skip_assignment) return lead(response);
  send_sync({});
}

void ClassicMember::join_failed(const Error& error, const Joined& response) {
  // An id that was handed out and is not used blocks the group until a session has passed.
  if (error == Errc::member_id_required) identity_.member_id = response.member_id;
  if (farewell_.wanted()) {
    state_ = State::stable;
    return go_on();
  }
  if (error == Errc::member_id_required) return send_join();
  if (error == Errc::closed) return;
  if (error == Errc::unsupported_version)
    return refuse(Error(Errc::unsupported_feature, "members of groups need Kafka 0.9: " + std::string(error.detail())));
  if (fatal_for_classic(error)) {
    const bool no_assignor = error == Errc::inconsistent_group_protocol;
    return refuse(no_assignor
                      ? Error(error.code(), std::string(error.detail()) + ": this member offers " +
                                                strategies_.names() + ", and another member offers none of them")
                      : error);
  }
  if (error == Errc::unknown_member_id) put_out(error);
  pause(error);
}

// What the group has chosen decides how partitions move from now on.
Error ClassicMember::choose(const Joined& response) {
  const std::string name = response.protocol_name.value_or("");
  Assignor* const chosen = strategies_.find(name);
  if (chosen == nullptr) {
    return Error(Errc::inconsistent_group_protocol, "group " + identity_.group + " has chosen the assignor \"" +
                                                        escaped(name, 64) + "\", and this member offers " +
                                                        strategies_.names());
  }
  round_.assignor = chosen;
  // Suppose the group was cooperative, and an old member came: others may read what this member still owns as soon as
  // the leader has answered, and there is no time left for open envelopes.
  if (!cooperative() && !holdings_.owned.empty())
    lose(Error(Errc::rebalance_in_progress, "the group shares out by " + name + " now, which takes all partitions"));
  return {};
}

void ClassicMember::lead(const Joined& response) {
  state_ = State::leading;
  leading_ = std::make_unique<Leading>(
      core_, *round_.assignor, calls_.rebalance_timeout() / 2,
      scope_.wrap([this](const Error& error, Leading::Result result) {
        const std::unique_ptr<Leading> ended = std::move(leading_);
        if (error) {
          // An assignor of the application may fail for ever.
          core_.log().state(LogLevel::warning,
                            "group " + identity_.group + ", assignor " + std::string(round_.assignor->name()),
                            error.message());
          return pause(error);
        }
        round_.leader = true;
        round_.counts = std::move(result.counts);
        send_sync(std::move(result.assignments));
      }));
  leading_->start(response.members);
}

void ClassicMember::send_sync(ClassicCalls::Assignments assignments) {
  state_ = State::syncing;
  calls_.sync(std::string(round_.assignor->name()), std::move(assignments),
              scope_.wrap([this](const Error& error, Synced& response, const cluster::CallInfo& info) {
                synced(error, response, info.sent_at);
              }));
}

void ClassicMember::synced(const Error& failed, Synced& response, net::TimePoint sent_at) {
  Error error = failed ? failed : group_error(identity_.group, response.error_code);
  const bool other = response.protocol_name.value_or(std::string(round_.assignor->name())) != round_.assignor->name();
  if (!error && other) error = Error(Errc::inconsistent_group_protocol, "SyncGroup names another assignor");
  Assignment assignment;
  if (!error) error = decode(response.assignment, assignment);
  if (error) return sync_failed(error);
  state_ = State::stable;
  heartbeats_.synced(sent_at);
  if (farewell_.wanted()) return go_on();  // everything is being given up
  // Suppose the process stood still for longer than a session with the answer in its socket: the group has gone on, and
  // others own these partitions. A heartbeat is under way by now, and is refused then.
  if (!heartbeats_.within_session()) {
    round_.assignment = std::move(assignment);
    return;
  }
  believe(std::move(assignment));
}

void ClassicMember::believe(Assignment assignment) {
  round_.assignor->assigned(assignment.partitions, assignment.user_data);
  take(std::move(assignment.partitions));
}

void ClassicMember::sync_failed(const Error& error) {
  state_ = State::stable;
  if (error == Errc::closed) return;
  if (farewell_.wanted()) return go_on();
  if (fatal_for_classic(error) && error != Errc::inconsistent_group_protocol) return refuse(error);
  if (error == Errc::unknown_member_id) put_out(error);
  if (error == Errc::rebalance_in_progress) return want("the group rebalances again");
  pause(error);
}

void ClassicMember::take(Partitions all) {
  for (auto& [topic, numbers] : all) std::sort(numbers.begin(), numbers.end());
  const Partitions assigned = subscribed_part(topics_, all);
  const Partitions fresh = difference(assigned, holdings_.owned);
  const Partitions gone = difference(holdings_.owned, assigned);
  holdings_.last_assigned = assigned;
  for (const auto& [topic, numbers] : fresh) {
    std::vector<int32_t>& all = holdings_.owned[topic];
    all.insert(all.end(), numbers.begin(), numbers.end());
    std::sort(all.begin(), all.end());
  }
  watch();
  ++identity_.settled;
  owner_.settled();
  owner_.assigned(fresh);
  if (cooperative()) heartbeats_.hurry();
  // Suppose a static member starts again with other topics: it gets the assignment that was made for the old ones.
  const bool foreign = assigned.size() != all.size();
  if (!foreign) retry_.succeed();
  if (!gone.empty()) {
    wanted_ = "partitions were given up";
    return revoke(gone);
  }
  if (foreign && !wanted_)
    return pause(Error(Errc::rebalance_in_progress, "the assignment has topics that are not subscribed to"));
  go_on();
}

// A static member watches its own topics: a broker may not tell it that it leads (2.8 does not). When it has started
// again, its first assignment may be older than what metadata says. It may also have been made while this member was
// expected to give partitions up, and nobody else owns those.
void ClassicMember::watch() {
  if (round_.leader) return interest_.watch(std::exchange(round_.counts, {}));
  if (!options_.is_static()) return interest_.stop();
  const std::set<std::string>& topics = round_.topics.empty() ? topics_ : round_.topics;
  if (std::exchange(round_.is_new, false)) {
    interest_.watch_shared_out(identity_.group, topics);
  } else {
    interest_.watch(topics);
  }
}

void ClassicMember::topic_changed(const std::string& topic) { want("topic " + topic + " has changed"); }

// --- heartbeats -------------------------------------------------------------

// What concerns a generation that is not this one any more is never acted upon.
void ClassicMember::heartbeat_answered(const Identity& sent, const Error& error) {
  if (sent.generation != identity_.generation || sent.member_id != identity_.member_id) return;
  if (!error && round_.assignment) return believe(*std::exchange(round_.assignment, std::nullopt));
  if (!error && wanted_) return go_on();
  if (!error) return;
  if (error == Errc::fenced_instance_id || error == Errc::group_authorization_failed) return refuse(error);
  if (state_ == State::joining || state_ == State::syncing) return refused_meanwhile(error);
  if (state_ != State::stable) return;
  if (error == Errc::rebalance_in_progress) return want("the group rebalances");
  if (error == Errc::illegal_generation) {
    lose(error);
    return want(error.message());
  }
  if (error != Errc::unknown_member_id) return;
  put_out(error);
  pause(error);
}

// JoinGroup or SyncGroup is under way, and its answer usually tells the same at once. Suppose that answer is lost, and
// the connection does not break: the group has gone on without this member, which still reads what it owned.
void ClassicMember::refused_meanwhile(const Error& error) {
  if (error != Errc::illegal_generation && error != Errc::unknown_member_id) return;
  if (++round_.refusals < kRefusals) return;
  calls_.close();
  if (error == Errc::unknown_member_id) forget_id();
  lose(error);
  pause(error);
}

Participation::Verdict ClassicMember::judge(const Identity& sent, const Error& error) {
  switch (error.code()) {
    case Errc::rebalance_in_progress:
      // The commit and SyncGroup go by two connections. If the refusal comes behind the assignment, it is out of date.
      return sent.settled != identity_.settled && state_ == State::stable ? Verdict::again : Verdict::later;
    case Errc::illegal_generation:
      if (state_ != State::stable) return Verdict::later;
      if (sent.generation != identity_.generation) return Verdict::again;
      lose(error);
      want(error.message());
      return Verdict::lost;
    case Errc::unknown_member_id:
      if (sent.member_id != identity_.member_id) return Verdict::lost;
      if (state_ == State::stable) {
        put_out(error);
        pause(error);
      }
      return Verdict::lost;
    case Errc::fenced_instance_id:
      refuse(error);
      return Verdict::lost;
    default:
      return Verdict::failed;
  }
}

// --- out of it --------------------------------------------------------------

void ClassicMember::revoke(Partitions gone) {
  owner_.revoke(gone, farewell_.drain_deadline(options_, rebalance_timeout()),
                giving_.begin(scope_, [this, gone] { revoked(gone); }));
}

void ClassicMember::revoked(const Partitions& gone) {
  giving_.stop();
  holdings_.owned = difference(holdings_.owned, gone);
  go_on();
}

// The coordinator does not know the member any more.
void ClassicMember::put_out(const Error& why) {
  forget_id();
  lose(why);
}

void ClassicMember::lose(const Error& why) {
  giving_.stop();
  if (std::exchange(holdings_.owned, {}).empty()) return;
  owner_.lost(why);
}

// The sticky assignors remember a generation. One that the coordinator has forgotten says nothing.
void ClassicMember::forget_id() {
  identity_.member_id.clear();
  identity_.generation = kNoGeneration;
  round_.assignment.reset();
  round_.is_new = true;
  holdings_.last_assigned.clear();
  heartbeats_.stop();
}

void ClassicMember::refuse(const Error& why) {
  lose(why);
  state_ = State::failed;
  leading_.reset();
  retry_.cancel();
  interest_.stop();
  heartbeats_.stop();
  calls_.close();
  wanted_.reset();
  if (farewell_.wanted()) return gone();
  owner_.refused(Error(why.code(), std::string(why.detail())));
}

void ClassicMember::suspend(const Error& why) {
  if (state_ == State::away || state_ == State::suspended || state_ == State::failed || farewell_.wanted()) return;
  lose(why);
  wanted_.reset();
  leading_.reset();
  retry_.cancel();
  interest_.stop();
  calls_.close();
  const Identity left = identity_;
  heartbeats_.stop();
  if (left.instance_id.empty()) {
    forget_id();
    if (!left.member_id.empty()) calls_.leave(left, ClassicCalls::kLeavePatience, why.message(), {});
  }
  state_ = State::suspended;
}

void ClassicMember::leave(bool tell, net::TimePoint deadline, Function<void()> done) {
  if (!farewell_.wanted()) {
    wanted_.reset();
    round_.assignment.reset();
    leading_.reset();
    retry_.cancel();
    interest_.stop();
    farewell_.begin(tell, deadline, scope_.wrap([this] { gone(); }));
  }
  farewell_.wait(std::move(done));
  if (giving_.under_way() || state_ == State::leaving) return;
  core_.reactor().defer(scope_.wrap([this] { go_on(); }));
}

// A JoinGroup without an id is waited for: the id that it gets must be given back. With an id LeaveGroup ends it.
void ClassicMember::say_farewell() {
  if (state_ == State::leaving) return;
  if (!holdings_.owned.empty()) {
    return revoke(holdings_.owned);
  }
  const bool waits_for_id = state_ == State::joining && !member() && farewell_.tell() && calls_.join_sent();
  if (waits_for_id) return;
  const bool known = member() && farewell_.tell() && state_ != State::suspended && state_ != State::failed;
  state_ = State::leaving;
  if (!known) return gone();
  calls_.leave(identity_, farewell_.left(), "the consumer was closed", scope_.wrap([this] { gone(); }));
}

void ClassicMember::gone() {
  std::vector<Function<void()>> callbacks = farewell_.end();
  calls_.close();
  heartbeats_.stop();
  interest_.stop();
  lose(Error(Errc::closed, "the member has left its group"));
  if (state_ != State::failed) state_ = State::away;
  if (options_.instance_id.empty()) forget_id();
  const Scope::Guard guard = scope_.guard();
  for (Function<void()>& done : callbacks) {
    done();
    if (!guard.alive()) return;
  }
}

GroupView ClassicMember::view() const {
  GroupView view;
  switch (state_) {
    case State::away:
    case State::leaving:
      view.state = GroupView::State::away;
      break;
    case State::joining:
    case State::leading:
    case State::syncing:
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
  if (round_.assignor != nullptr) view.assignor = round_.assignor->name();
  view.leader = round_.leader;
  view.owned = holdings_.owned;
  return view;
}

}  // namespace kafka::group
