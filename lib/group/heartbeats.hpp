// Tells the coordinator at regular times that a member lives (Heartbeat, key 12), and how long the member may believe
// that the coordinator still counts it in.
// Not here: what the answers mean (classic_member.hpp).
#pragma once

#include <chrono>
#include <optional>

#include "base/scope.hpp"
#include "group/identity.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns the timer of the heartbeats, and the one that is under way.
class Heartbeats {
 public:
  class Owner {
   public:
    /// The coordinator has answered a heartbeat that was sent as `sent`.
    virtual void heartbeat_answered(const Identity& sent, const Error& error) = 0;
    /// The coordinator keeps the member until then, if it hears nothing more.
    virtual void trusted_until(net::TimePoint end) = 0;

   protected:
    ~Owner() = default;
  };

  /// After a cooperative assignment the next round follows as soon as partitions are given up. The group learns of it
  /// by heartbeats only, so they come this fast, for kHurry at most.
  static constexpr net::Duration kFast = std::chrono::milliseconds(100);
  static constexpr net::Duration kHurry = std::chrono::seconds(3);

  /// An answer that has not come after this part of the session is not waited for any longer: the heartbeat is repeated
  /// before the session ends.
  static constexpr int kPatience = 4;

  /// All arguments outlive this object.
  Heartbeats(session::Core& core, const Identity& identity, net::Duration interval, Owner& owner)
      : core_(core), identity_(identity), interval_(interval), owner_(owner) {}

  /// The member is in a generation whose session lasts so long.
  void start(net::Duration session);
  /// The coordinator has answered something that was sent then, and counts the session from there on at the earliest.
  /// An answer may have lain in the socket while the process stood still, so the time at which it is read says nothing.
  void heard(net::TimePoint sent_at);
  /// JoinGroup was sent. Suppose its answer is lost: the coordinator waits for SyncGroup until then, and puts the
  /// member out, however young the session is.
  void joining(net::TimePoint until);
  /// SyncGroup, which was sent then, was answered well.
  void synced(net::TimePoint sent_at);
  void stop();
  /// The session cannot have ended: the coordinator has answered something that was sent within it.
  bool within_session() const { return heard_ + session_ > core_.reactor().now(); }
  /// Sends one now, unless one is under way.
  void ask();
  /// Another generation may follow soon.
  void hurry();

 private:
  void arm();
  void send();
  net::TimePoint trusted_until() const;
  void answered(const Identity& sent, const Error& error, net::TimePoint sent_at);

  session::Core& core_;
  const Identity& identity_;
  net::Duration interval_;
  Owner& owner_;
  net::Duration session_{};
  net::TimePoint last_{};                         // when the last one was sent, or would have been
  net::TimePoint heard_ = net::TimePoint::min();  // when the newest request was sent that the coordinator has answered
  std::optional<net::TimePoint> sync_until_;      // the coordinator waits for SyncGroup
  net::TimePoint hurry_until_{};
  net::Timer timer_;
  bool under_way_ = false;
  Scope scope_;
};

}  // namespace kafka::group
