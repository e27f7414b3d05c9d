// The small parts of the sender: its alarm, its queue of partitions, and flushes.
#include "catch.hpp"
#include "producer/alarm.hpp"
#include "producer/flushes.hpp"
#include "producer/send_queue.hpp"
#include "quiet_session.hpp"

using namespace kafka;
using namespace kafka::producer;
using namespace std::chrono_literals;

TEST_CASE("an alarm rings once, at the earliest of the times it was given") {
  QuietSession session;
  int rung = 0;
  Alarm alarm(*session.core, [&] { ++rung; });
  const net::TimePoint now = session.reactor.now();
  alarm.by(now + 20ms);
  alarm.by(now + 10ms);
  alarm.by(now + 30ms);
  session.reactor.advance(9ms);
  CHECK(rung == 0);
  session.reactor.advance(1ms);
  CHECK(rung == 1);
  session.reactor.advance(1h);
  CHECK(rung == 1);
  alarm.by(now);  // it can be set again, also for a time that has passed
  session.reactor.advance(0ms);
  CHECK(rung == 2);
}

TEST_CASE("an alarm that is set to a later time, or to none, does not ring before") {
  QuietSession session;
  int rung = 0;
  Alarm alarm(*session.core, [&] { ++rung; });
  const net::TimePoint now = session.reactor.now();
  alarm.by(now + 10ms);
  alarm.set(now + 20ms);
  session.reactor.advance(15ms);
  CHECK(rung == 0);
  session.reactor.advance(5ms);
  CHECK(rung == 1);
  alarm.by(now + 30ms);
  alarm.set(net::TimePoint::max());
  session.reactor.advance(1h);
  CHECK(rung == 1);
  alarm.by(session.reactor.now() + 10ms);
  alarm.cancel();
  session.reactor.advance(1h);
  CHECK(rung == 1);
}

TEST_CASE("the queue holds a partition once, and is looked through once per turn") {
  QuietSession session;
  int looked = 0;
  SendQueue queue(*session.core, [&] { ++looked; });
  Partition a;
  Partition b;
  Partition c;
  queue.activate(a);
  queue.activate(b);
  queue.activate(a);
  queue.list(c);
  session.reactor.end_turn();
  CHECK(looked == 1);
  CHECK(a.listed);
  // Each pass begins with another partition.
  CHECK(queue.begin_pass() == std::vector<Partition*>{&b, &c, &a});
  b.listed = false;
  queue.list(b);  // meanwhile
  queue.end_pass({&c, &a});
  CHECK(queue.begin_pass() == std::vector<Partition*>{&a, &b, &c});
}

TEST_CASE("a queue that was stopped looks no more") {
  QuietSession session;
  int looked = 0;
  SendQueue queue(*session.core, [&] { ++looked; });
  queue.schedule();
  queue.stop();
  queue.schedule();
  session.reactor.end_turn();
  CHECK(looked == 0);
}

TEST_CASE("a flush ends with the last of those it waits for, unless flushes were stopped") {
  QuietSession session;
  Flushes flushes(*session.core, {});
  int ended = 0;
  CHECK_FALSE(flushes.under_way());
  auto one = flushes.begin([&] { ++ended; });
  auto copy = one;
  CHECK(flushes.under_way());
  one.reset();
  session.reactor.end_turn();
  CHECK(ended == 0);
  copy.reset();
  CHECK_FALSE(flushes.under_way());
  session.reactor.end_turn();
  CHECK(ended == 1);
  auto stopped = flushes.begin([&] { ++ended; });
  flushes.stop();
  stopped.reset();
  session.reactor.end_turn();
  CHECK(ended == 1);
}
