// A process with one member of the group, on a host of its own: it consumes, answers as its plan says, and tells the
// judge what it is told. It is closed, killed, or stands still as the run wants.
// Not here: which processes there are (run.cpp).
#pragma once

#include <kafka/consumer.hpp>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "group_random/judge.hpp"
#include "group_random/plan.hpp"
#include "random/journal.hpp"
#include "session/access.hpp"
#include "session/core.hpp"

namespace kafka::sim {

class GroupRun;

/// What a member of KIP-848 gives up, until the coordinator has heard of it. A coordinator that does not hear of it
/// within the rebalance timeout throws the member out and gives its partitions to others. The member learns that only
/// when its next request gets through.
class Handover {
 public:
  using Time = net::TimePoint;

  /// The member was told to give up partitions. `asked` is the request whose answer says so.
  void begins(Time asked) {
    if (confirmed(asked)) begun_.reset();
    if (!begun_) begun_ = asked;
    released_.reset();
  }
  void released(Time now) { released_ = now; }
  /// `heard` is the member's newest request.
  bool overdue(Time now, Time heard, Duration rebalance_timeout) const {
    return begun_ && !confirmed(heard) && now - *begun_ >= rebalance_timeout;
  }

 private:
  bool confirmed(Time heard) const { return released_ && heard > *released_; }

  std::optional<Time> begun_, released_;
};

class Process {
 public:
  /// `number` is unique in the run, also among those that are gone.
  Process(GroupRun& run, const SlotPlan& plan, int number);
  ~Process();
  Process(const Process&) = delete;

  void step(Random& random);
  void close(Leaving leaving);
  void kill();
  void stand_still(bool on);
  /// It is over, and its objects go.
  void bury();
  /// The loop does nothing else for so long.
  void work_for(Duration time);
  /// From now on it answers at once and does nothing but consume.
  void heal();

  int number() const { return number_; }
  const std::string& host() const { return host_; }
  const SlotPlan& plan() const { return plan_; }
  /// It is, or may become, a member: neither closing nor dead, nor refused by the group.
  bool alive() const { return state_ == State::running && !refused(); }
  bool running() const { return state_ == State::running; }
  bool closing() const { return state_ == State::closing; }
  bool over() const { return state_ == State::over; }
  bool still() const { return still_; }
  /// The group refuses it for good.
  bool refused() const { return is(GroupView::State::failed); }
  bool stable() const { return is(GroupView::State::stable); }
  /// Another process has begun with the same plan. A static member's place in the group is the other one's now.
  void replaced() { replaced_ = true; }
  /// It stands still, its loop is busy, another one has its place, or its brokers have not heard of it for a session,
  /// or not of what it gave up within the rebalance timeout.
  bool cut_off() const;
  const std::vector<std::string>& topics() const { return topics_; }
  std::string state() const;

 private:
  enum class State { running, closing, over };
  /// An envelope of either kind that was taken and not answered.
  struct Held {
    TopicPartition partition;
    int era = 0;
    int64_t first = 0, last = 0;
    MessageEnvelope message;
    BatchEnvelope batch;
    net::Timer timer;
  };

  bool is(GroupView::State state) const { return consumer_ && consumer_->group().state == state; }
  void listen();
  void consume();
  void consume_soon();
  void take(std::shared_ptr<Held> held, const std::vector<OwnedMessage>& messages);
  void answer(const std::shared_ptr<Held>& held);
  void commit(const std::shared_ptr<Held>& held);
  void hold(Revocation gone);
  void subscribe(Random& random);
  void destroy();
  net::TimePoint heard() const;
  GroupJudge& judge();

  GroupRun& run_;
  const SlotPlan& plan_;
  const int number_;
  const std::string host_;
  net::Reactor& reactor_;
  Journal journal_;
  Random random_;
  std::optional<Session> session_;
  std::optional<Consumer> consumer_;
  std::vector<std::string> topics_;
  Handover handover_;
  State state_ = State::running;
  bool still_ = false;
  bool healed_ = false;
  bool replaced_ = false;
  bool consuming_ = false;
  bool buried_ = false;
  std::map<uint64_t, std::shared_ptr<Held>> held_;  // answered later
  uint64_t next_held_ = 0;
  std::map<uint64_t, std::pair<std::optional<Revocation>, net::Timer>> revocations_;  // released later
  net::Timer consume_timer_, work_timer_;
};

}  // namespace kafka::sim
