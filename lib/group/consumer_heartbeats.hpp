// The heartbeats of a KIP-848 member (ConsumerGroupHeartbeat, key 68): when they are sent, and how long the member may
// believe that the coordinator still counts it in.
// Not here: what they say (told.hpp), what the answers mean (consumer_protocol_member.hpp).
#pragma once

#include <algorithm>
#include <chrono>

#include "base/scope.hpp"
#include "group/heartbeats.hpp"
#include "group/identity.hpp"
#include "protocol/consumer_group_heartbeat.hpp"
#include "session/core.hpp"
#include "session/option_fields.hpp"

namespace kafka::group {

/// Owns the timer of the heartbeats, the one that is under way, and the interval that the coordinator wants.
class ConsumerHeartbeats {
 public:
  using Request = protocol::ConsumerGroupHeartbeatRequest;
  using Response = protocol::ConsumerGroupHeartbeatResponse;

  class Owner {
   public:
    /// Fills in all but the group, at each attempt. With an error the attempt is not made.
    virtual Error fill(Request& request, int16_t version) = 0;
    /// The error is the coordinator's, or says why there is no answer.
    virtual void heartbeat_answered(const Error& error, Response& response) = 0;
    /// The coordinator keeps the member until then, if it hears nothing more.
    virtual void trusted_until(net::TimePoint end) = 0;

   protected:
    ~Owner() = default;
  };

  /// Until the coordinator says otherwise.
  static constexpr net::Duration kInterval = std::chrono::seconds(5);
  /// The session's length is the broker's, and no answer tells it. Brokers have 45 s unless they are told otherwise,
  /// and none should have less than three heartbeats. The member believes the shorter of the two.
  static constexpr int kBeatsInSession = 3;
  /// An answer is waited for as long as the member believes in its session, but not shorter than this. A coordinator
  /// that cannot store anything for a moment answers late, and nothing is won by asking it by another connection.
  static constexpr net::Duration kLeastPatience = std::chrono::seconds(3);
  /// The last heartbeat takes no longer: the end of the session does the same.
  static constexpr net::Duration kLeavePatience = std::chrono::seconds(5);

  /// All arguments outlive this object.
  ConsumerHeartbeats(session::Core& core, const Identity& identity, Owner& owner)
      : core_(core), identity_(identity), owner_(owner) {}

  /// Sends one at once, if none is under way; more follow at the interval.
  void beat();
  void stop();
  /// Partitions may come soon, and the member learns of it by heartbeats only: for so long they come every
  /// Heartbeats::kFast.
  void hurry(net::Duration time);
  /// The last one, with what `request` says, in `timeout` at most. `done` is called once, however it ends.
  void leave(Request request, net::Duration timeout, Function<void()> done);
  net::Duration interval() const { return interval_; }
  /// Of the last heartbeat; -1: none was sent.
  int16_t version() const { return version_; }

 private:
  net::Duration session() const {
    return std::min<net::Duration>(session::kSessionTimeout, interval_ * kBeatsInSession);
  }
  void arm();
  void send();
  void answered(Error error, Response& response, net::TimePoint sent_at);

  session::Core& core_;
  const Identity& identity_;
  Owner& owner_;
  net::Duration interval_ = kInterval;
  net::TimePoint last_{};  // when the last one was sent
  net::TimePoint hurry_until_{};
  net::Timer timer_;
  bool under_way_ = false;
  int16_t version_ = -1;
  Scope scope_;
};

}  // namespace kafka::group
