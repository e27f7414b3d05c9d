#include "consumer/ownership.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/error_table.hpp"
#include "consumer/names.hpp"
#include "group/classic_member.hpp"
#include "group/consumer_protocol_member.hpp"
#include "session/option_fields.hpp"

namespace kafka::consumer {
namespace {

std::chrono::milliseconds milliseconds(net::Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration);
}

size_t count(const Partitions& partitions) {
  size_t sum = 0;
  for (const auto& [topic, numbers] : partitions) sum += numbers.size();
  return sum;
}

group::MemberOptions member_options(const ConsumerOptions& options, std::string name) {
  group::MemberOptions member;
  member.group = std::move(name);
  member.instance_id = options.group_instance_id;
  member.rack = options.client_rack;
  member.strategies = session::strategy_list(options);
  member.assignors = options.assignors;
  member.remote_assignor = options.group_remote_assignor;
  member.creates_topics = options.allow_auto_create_topics;
  member.heartbeat_interval = options.heartbeat_interval.value_or(session::kHeartbeatInterval);
  member.rebalance_timeout = options.rebalance_timeout;
  if (options.revoke_timeout) member.revoke_timeout = *options.revoke_timeout;
  if (options.session_timeout) member.session_timeout = *options.session_timeout;
  return member;
}

std::unique_ptr<group::Participation> make_member(session::Core& core, const ConsumerOptions& options, std::string name,
                                                  Topics topics, group::Participation::Owner& owner) {
  group::MemberOptions own = member_options(options, std::move(name));
  if (options.group_protocol == GroupProtocol::consumer)
    return std::make_unique<group::ConsumerProtocolMember>(core, std::move(own), std::move(topics), owner);
  return std::make_unique<group::ClassicMember>(core, std::move(own), std::move(topics), owner);
}

}  // namespace

Ownership::Ownership(session::Core& core, session::Lane lane, const ConsumerOptions& options, std::string name,
                     Topics topics, Pipeline& pipeline, Roster& roster, Owner& owner)
    : core_(core),
      lane_(std::move(lane)),
      pipeline_(pipeline),
      roster_(roster),
      owner_(owner),
      drain_(core),
      poll_watch_(core, options.max_poll_interval, pipeline.assignment, pipeline.consumptions, *this),
      matching_topics_(core, *this),
      participation_(make_member(core, options, std::move(name), std::move(topics),
                                 static_cast<group::Participation::Owner&>(*this))) {
  if (options.group_protocol == GroupProtocol::consumer) pipeline_.assigned_by_id();
}

Ownership::~Ownership() { abort(); }

void Ownership::join() {
  away_ = false;
  waits_for_topics_ = pattern_ && !matching_topics_.known();
  if (!waits_for_topics_) return participation_->join();
  if (!matching_topics_.following()) matching_topics_.follow(*pattern_);
}

void Ownership::topics_match(const std::set<std::string>& names) {
  participation_->subscribe(Topics(std::vector<std::string>(names.begin(), names.end())));
  if (std::exchange(waits_for_topics_, false)) participation_->join();
}

Error Ownership::subscribe(Topics topics) {
  if (Error wrong = check_topics(topics.names)) return wrong;
  pattern_.reset();
  matching_topics_.stop();
  participation_->match("");
  participation_->subscribe(std::move(topics));
  if (std::exchange(waits_for_topics_, false)) participation_->join();
  return {};
}

Error Ownership::subscribe(const TopicPattern& pattern) {
  Regex compiled;
  if (const Error wrong = Regex::compile(pattern.regex, compiled)) {
    return Error(wrong.code(), "pattern \"" + escaped(pattern.regex, 64) + "\": " + std::string(wrong.detail()));
  }
  pattern_ = std::move(compiled);
  participation_->match(pattern.regex);
  matching_topics_.stop();
  if (!away_) matching_topics_.follow(*pattern_);
  return {};
}

GroupView Ownership::view() const {
  GroupView view = participation_->view();
  if (waits_for_topics_) view.state = GroupView::State::joining;
  return view;
}

ConsumerStats::Member Ownership::stats() const {
  const GroupView now = view();
  ConsumerStats::Member stats = counted_;
  stats.state = now.state;
  stats.generation = now.generation;
  stats.owned = count(now.owned);
  return stats;
}

Error Ownership::rebalance(std::string reason) {
  if (away_) return Error(Errc::invalid_argument, "the member has not joined its group yet");
  participation_->rebalance(std::move(reason));
  return {};
}

// A member that was suspended joins again when the application has answered: its envelopes count as open until then.
void Ownership::look() {
  drain_.look();
  if (participation_->suspended() && pipeline_.dispatcher.open() == 0) participation_->join();
}

void Ownership::application_slow(const Error& why) { pipeline_.handlers.event(Event::Type::member_slow, why); }

void Ownership::application_stuck(const Error& why) {
  const std::shared_ptr<void> pinned = owner_.pin();
  participation_->suspend(why);
  pipeline_.handlers.event(Event::Type::member_suspended, why);
}

void Ownership::leave(bool tell, net::TimePoint deadline) {
  waits_for_topics_ = false;
  matching_topics_.stop();
  participation_->leave(tell, deadline, scope_.wrap([this] {
    away_ = true;
    owner_.member_left();
  }));
}

void Ownership::abort() {
  scope_.end();
  drain_.cancel();
  held_timer_.cancel();
  poll_watch_.stop();
  matching_topics_.stop();
  if (held_ != nullptr) held_->release = nullptr;
  held_.reset();
  released_ = nullptr;
  participation_->abort();
  away_ = true;
}

std::vector<std::shared_ptr<Partition>> Ownership::find(const Partitions& named) const {
  std::vector<std::shared_ptr<Partition>> found;
  for (const auto& [topic, numbers] : named) {
    for (const int32_t number : numbers) {
      Partition* const partition = pipeline_.assignment.find(topic, number);
      if (partition != nullptr) found.push_back(partition->shared_from_this());
    }
  }
  return found;
}

void Ownership::assigned(const Partitions& fresh) {
  counted_.assigned += count(fresh);
  roster_.assign(fresh);
  const std::vector<std::shared_ptr<Partition>> partitions = find(fresh);
  pipeline_.bind_to_topics(partitions);
  poll_watch_.start();
  if (!handlers_->on_assigned) return;
  pipeline_.handlers.announce(partitions, [handlers = handlers_, fresh] {
    if (handlers->on_assigned) handlers->on_assigned(fresh);
  });
}

void Ownership::revoke(const Partitions& gone, net::TimePoint deadline, Function<void()> released) {
  const std::vector<std::shared_ptr<Partition>> partitions = find(gone);
  roster_.give_up(partitions);
  if (handlers_->on_revoking) {
    core_.later(lane_, scope_.wrap([this, handlers = handlers_, gone, deadline] {
      const net::Duration left = std::max(deadline - core_.reactor().now(), net::Duration::zero());
      if (handlers->on_revoking) handlers->on_revoking(gone, milliseconds(left));
    }));
  }
  const net::Duration patience = participation_->rebalance_timeout() * kHeldPercent / 100;
  held_timer_ = core_.reactor().after(patience, [this] {
    held_timer_.cancel();
    if (held_ == nullptr) return;
    core_.log().line(LogLevel::warning, "a Revocation of " + std::to_string(held_->partitions.size()) +
                                            " topics was held for too long, and counts as released");
    release();
  });
  drain_.begin(partitions, deadline,
               [this, gone, released = std::move(released)]() mutable { drained(gone, std::move(released)); });
}

void Ownership::drained(const Partitions& gone, Function<void()> released) {
  const std::shared_ptr<void> pinned = owner_.pin();
  counted_.revoked += count(gone);
  roster_.take_away(gone);
  released_ = std::move(released);
  if (!handlers_->on_revoked) return release();
  held_ = std::make_shared<RevocationState>();
  held_->partitions = gone;
  held_->release = scope_.wrap([this] { release(); });
  core_.later(lane_, [guard = scope_.guard(), handlers = handlers_, state = held_] {
    if (!guard.alive()) return;
    Revocation revocation = RevocationState::make(state);
    if (handlers->on_revoked) handlers->on_revoked(std::move(revocation));
  });
}

// It may be called from inside the application's handler: the group goes on from the top of the stack.
void Ownership::release() {
  held_timer_.cancel();
  if (held_ != nullptr) held_->release = nullptr;
  held_.reset();
  if (!released_) return;
  core_.reactor().defer(scope_.wrap([released = std::move(released_)]() mutable { released(); }));
  released_ = nullptr;
}

void Ownership::lost(const Error& why) {
  const std::shared_ptr<void> pinned = owner_.pin();
  drain_.cancel();
  held_timer_.cancel();
  if (held_ != nullptr) held_->release = nullptr;
  held_.reset();
  released_ = nullptr;
  const Partitions gone = roster_.partitions();
  counted_.lost += count(gone);
  roster_.take_away(gone);
  pipeline_.committer.settled();
  if (gone.empty() || !handlers_->on_lost) return;
  core_.later(lane_, scope_.wrap([handlers = handlers_, gone, why] {
    if (handlers->on_lost) handlers->on_lost(gone, why);
  }));
}

void Ownership::settled() {
  ++counted_.generations;
  pipeline_.committer.settled();
}

void Ownership::trusted_until(net::TimePoint end) { pipeline_.trust(end); }

void Ownership::not_read(const std::string& topic) {
  pipeline_.handlers.event(
      Event::Type::topic_not_read,
      Error(Errc::invalid_topic, "the pattern matches " + topic + ", a topic of the brokers' own"));
}

void Ownership::refused(const Error& why) { owner_.refused(why); }

}  // namespace kafka::consumer

namespace kafka {

using consumer::RevocationState;

Revocation::Revocation(std::shared_ptr<RevocationState> state) noexcept : state_(std::move(state)) {}
Revocation::Revocation(Revocation&& other) noexcept : state_(std::move(other.state_)) {}
Revocation& Revocation::operator=(Revocation&& other) noexcept {
  if (this == &other) return *this;
  release();
  state_ = std::move(other.state_);
  return *this;
}
Revocation::~Revocation() { release(); }

const Partitions& Revocation::partitions() const {
  static const Partitions none;
  return state_ != nullptr ? state_->partitions : none;
}

void Revocation::release() {
  if (state_ == nullptr) return;
  if (Function<void()> release = std::exchange(state_->release, nullptr)) release();
}

}  // namespace kafka
