// What a consumer sees of its part in a group: partitions come and go, and it is told when its identity holds.
// A participation knows no envelopes and no offsets.
// Not here: the classic protocol (classic_member.hpp), what a consumer does when partitions go
// (consumer/ownership.hpp).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>
#include <kafka/group.hpp>

#include <string>

#include "group/identity.hpp"
#include "net/reactor.hpp"

namespace kafka::group {

class Participation {
 public:
  class Owner {
   public:
    /// These partitions are the member's from now on. None of them was before. A member that has joined hears of it
    /// even if it got none.
    virtual void assigned(const Partitions& fresh) = 0;
    /// The member has to give these up, and the group waits for it until `deadline`. `released` is called once, when
    /// nothing of them is open or will be stored any more, never from inside this call. After lost() it is not called.
    virtual void revoke(const Partitions& gone, net::TimePoint deadline, Function<void()> released) = 0;
    /// The member owns nothing any more, and somebody else may: nothing can be stored. A revocation that is under way
    /// ends with it.
    virtual void lost(const Error& why) = 0;
    /// The member is in a generation, and commits under its identity are accepted again.
    virtual void settled() = 0;
    /// Until then the coordinator keeps the member, if it hears nothing more. It may put the member out afterwards, and
    /// nothing may be dispatched or stored before the next call says otherwise.
    virtual void trusted_until(net::TimePoint end) = 0;
    /// The broker's pattern matches a topic of its own. Its partitions are the member's, and nobody reads them.
    virtual void not_read(const std::string& topic) = 0;
    /// The group refuses this member for good. lost() was called before, if it owned anything.
    virtual void refused(const Error& why) = 0;

   protected:
    ~Owner() = default;
  };

  /// What an error of the coordinator means to a commit.
  enum class Verdict : uint8_t {
    failed,  ///< the commit fails with it
    again,   ///< the member is in another generation by now: the commit may be sent again at once
    later,   ///< the group shares its partitions out: after settled() the commit may be sent again
    lost,    ///< the member was put out: what it owned is somebody else's
  };

  Participation() = default;
  Participation(const Participation&) = delete;
  virtual ~Participation() = default;

  /// Asks to be let in. A member that has left comes back.
  virtual void join() = 0;
  /// Subscribes to other topics.
  virtual void subscribe(Topics topics) = 0;
  /// Subscribes to the topics whose names match, too; "": to none. If the coordinator takes patterns (KIP-848, from 4.0
  /// on) it matches this one, and what subscribe() said does not count. Otherwise subscribe() has to name the topics.
  virtual void match(std::string /*pattern*/) {}
  /// Has the group share its partitions out anew. The coordinator's log shows `reason` (KIP-800). With KIP-848 the
  /// coordinator decides whether it does: it hears everything that the member wants and has.
  virtual void rebalance(std::string reason) = 0;
  /// The application is stuck: everything is lost, and the member goes until join(). A static member does not leave:
  /// its partitions wait for it until its session ends.
  virtual void suspend(const Error& why) = 0;
  /// Gives everything up and goes; `tell`: the coordinator hears of it, and does not wait for the end of the session.
  /// `done` is called once, never from inside this call, at `deadline` at the latest.
  virtual void leave(bool tell, net::TimePoint deadline, Function<void()> done) = 0;
  /// Drops everything and calls nobody any more.
  virtual void abort() = 0;

  /// What commits carry, as of now.
  virtual const Identity& identity() const = 0;
  /// A commit under `sent` was refused with `error`.
  virtual Verdict judge(const Identity& sent, const Error& error) = 0;
  virtual GroupView view() const = 0;
  /// How long the group waits for a member that gives partitions up. Before Kafka 0.10.1 that is the session.
  virtual net::Duration rebalance_timeout() const = 0;
  /// After suspend(), until join().
  virtual bool suspended() const = 0;
};

}  // namespace kafka::group
