// How consumers end: closed at any moment and from any callback, destroyed there, with their session or before it.
#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

// What is done from inside a callback.
enum class Deed {
  close_consumer,
  close_twice,
  destroy_consumer,
  close_session,
  destroy_session,
  destroy_both,
  consume_again,
  seek,
  pause_resume,
};
constexpr Deed kDeeds[] = {Deed::close_consumer,  Deed::close_twice,  Deed::destroy_consumer, Deed::close_session,
                           Deed::destroy_session, Deed::destroy_both, Deed::consume_again,    Deed::seek,
                           Deed::pause_resume};
enum class Place { on_message, on_batch, on_end, on_event, on_partition_end, commit_done };
constexpr Place kPlaces[] = {Place::on_message, Place::on_batch,         Place::on_end,
                             Place::on_event,   Place::on_partition_end, Place::commit_done};

}  // namespace

TEST_CASE("G1 G5: every callback may destroy, close, consume, seek and pause") {
  const ConsumerOptions options{.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined),
                                .ordering = GENERATE(Ordering::consumer, Ordering::unordered)};
  const int64_t per_batch = GENERATE(1, 3);
  for (const Place place : kPlaces) {
    for (const Deed deed : kDeeds) {
      CAPTURE(static_cast<int>(place), static_cast<int>(deed));
      SimClient client(1, {.brokers = 1});
      fill_batches(client, "t", 1, 3, per_batch);
      Recorder recorder;
      std::optional<Consumer> consumer;
      consumer.emplace(*client.session, "g", kOne, options);
      int done = 0;
      int closes = 0;
      int closed = 0;
      int after_close = 0;
      bool gone = false;
      auto act = [&] {
        CHECK_FALSE(gone);
        if (closed > 0) ++after_close;
        if (done++ > 0) return;
        switch (deed) {
          case Deed::close_twice:
            ++closes;
            consumer->close([&] { ++closed; });
            [[fallthrough]];
          case Deed::close_consumer:
            ++closes;
            consumer->close([&] { ++closed; });
            break;
          case Deed::destroy_consumer:
            gone = true;
            consumer.reset();
            break;
          case Deed::close_session:
            ++closes;
            client.session->close([&] { ++closed; });
            break;
          case Deed::destroy_both:
            gone = true;
            consumer.reset();
            [[fallthrough]];
          case Deed::destroy_session:
            gone = true;
            client.session.reset();
            break;
          case Deed::consume_again:
            consumer->consume(recorder.ack(), [&](Error) { ++after_close; });
            break;
          case Deed::seek:
            CHECK_FALSE(consumer->seek({"t", 0, 1}));
            break;
          case Deed::pause_resume:
            CHECK_FALSE(consumer->pause(kOne));
            CHECK_FALSE(consumer->resume(kOne));
            break;
        }
      };
      consumer->on_event([&](const Event&) {
        if (place == Place::on_event) act();
      });
      consumer->on_partition_end([&](const TopicPartition&, int64_t) {
        if (place == Place::on_partition_end) act();
      });
      auto on_end = [&](Error error) {
        recorder.ends.push_back(std::move(error));
        CHECK(closed == 0);
        if (place == Place::on_end) act();
      };
      if (place == Place::on_batch) {
        consumer->batch_consume(
            2,
            [&](BatchEnvelope batch) {
              act();
              batch.ack();
            },
            on_end);
      } else {
        consumer->consume(place == Place::on_partition_end ? 100 : 3, recorder.each([&](MessageEnvelope envelope) {
          if (place == Place::on_message) act();
          envelope.commit({}, [&](Error) {
            if (place == Place::commit_done) act();
          });
        }),
                          on_end);
      }
      client.run(3s);
      CHECK(done >= 1);
      CHECK(closed == closes);
      if (closes > 0) CHECK(recorder.ends.size() == 1);
      if (deed == Deed::consume_again) continue;
      CHECK(after_close == 0);
    }
  }
}

TEST_CASE("G4: close() works while positions are searched, while a fetch waits and with commits under way") {
  const ConsumerOptions options{.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined),
                                .ordering = GENERATE(Ordering::consumer, Ordering::unordered)};
  enum class When { at_once, listing, fetching, committing, open_envelope, dead_cluster };
  for (const When when :
       {When::at_once, When::listing, When::fetching, When::committing, When::open_envelope, When::dead_cluster}) {
    CAPTURE(static_cast<int>(when));
    SimClient client(2, {.brokers = 1});
    fill(client, "t", 1, 1);
    devbroker::Faults& faults = client.brokers->cluster().faults();
    if (when == When::listing) faults.add(ApiKey::list_offsets).delay(10s);
    if (when == When::committing) faults.add(ApiKey::offset_commit).delay(10s);
    if (when == When::dead_cluster) client.world.refuse("broker-1", true);
    Recorder recorder;
    std::vector<std::string> order;
    Consumer consumer(*client.session, "g", kOne, options);
    consumer.consume(recorder.each([&](MessageEnvelope envelope) {
      if (when == When::open_envelope) {
        recorder.kept.push_back(std::move(envelope));
      } else {
        envelope.commit({}, [&](Error error) {
          order.push_back("commit");
          recorder.commits.push_back(std::move(error));
        });
      }
    }),
                     [&](Error error) {
                       order.push_back("end");
                       recorder.ends.push_back(std::move(error));
                     });
    if (when == When::fetching) CHECK(client.until([&] { return recorder.commits.size() == 1; }));
    if (when == When::committing) CHECK(client.until([&] { return recorder.got.size() == 1; }));
    if (when == When::open_envelope) CHECK(client.until([&] { return recorder.kept.size() == 1; }));
    if (when == When::listing || when == When::fetching || when == When::dead_cluster) client.run(300ms);
    const bool both = GENERATE(false, true);
    consumer.close([&] { order.push_back("first"); });
    if (both) client.session->close([&] { order.push_back("session"); });
    consumer.close([&] { order.push_back("second"); });
    CHECK(client.until([&] { return order.size() >= 3u + (both ? 1 : 0) + recorder.commits.size(); }, 12s));
    client.run(12s);
    CHECK(recorder.ended_with(Errc::closed));
    std::vector<std::string> wanted = {"end", "first", "second"};
    if (when == When::fetching || when == When::committing) wanted.insert(wanted.begin(), "commit");
    if (both) wanted.push_back("session");
    CHECK(order == wanted);
    for (const Error& error : recorder.commits) CHECK_FALSE(error);
    if (!both) client.close();
  }
}

TEST_CASE("G4: operations that a close deadline cuts off end with closed, and the session's close ends in time") {
  for (const bool whole_session : {true, false}) {
    CAPTURE(whole_session);
    SimClient client(3, {.brokers = 1, .session = {.close_timeout = 2s}});
    fill(client, "t", 1, 1);
    Recorder recorder;
    Consumer consumer(*client.session, "g", kOne,
                      {.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined)});
    consumer.consume(recorder.commit(), recorder.end());
    CHECK(client.until([&] { return client.brokers->cluster().requests().count(ApiKey::offset_fetch, 0) > 0; }));
    client.brokers->cluster().faults().add(ApiKey::offset_commit).always().swallow();
    CHECK(client.until([&] { return recorder.got.size() == 1; }));
    client.run(100ms);
    CHECK(recorder.commits.empty());
    int closed = 0;
    auto done = [&] {
      CHECK(recorder.ends.size() == 1);
      CHECK(recorder.commits.size() == 1);
      ++closed;
    };
    if (whole_session) {
      client.session->close(done);
    } else {
      consumer.close(done);
    }
    client.run(1900ms);
    CHECK(closed == 0);
    CHECK(client.until([&] { return closed > 0; }, 1s));
    CHECK(recorder.ended_with(Errc::closed));
    REQUIRE(recorder.commits.size() == 1);
    CHECK(recorder.commits.front() == Errc::closed);
    if (!whole_session) client.close();
  }
}

TEST_CASE("G4: calls made from callbacks after the deadline do not keep the session from closing") {
  SimClient client(9, {.brokers = 1});
  fill(client, "t", 1, 1);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().swallow();
  Recorder recorder;
  Consumer consumer(*client.session, "g", kOne);
  int refused = 0;
  Function<void(Error)> again;
  again = [&](Error error) {
    CHECK(error == Errc::closed);
    if (++refused < 10) consumer.consume(recorder.ack(), [&](Error next) { again(std::move(next)); });
  };
  consumer.consume(recorder.commit(), [&](Error error) { again(std::move(error)); });
  CHECK(client.until([&] { return recorder.got.size() == 1; }));
  int closed = 0;
  client.session->close(1s, [&] { ++closed; });
  CHECK(client.until([&] { return closed == 1; }, 3s));
  CHECK(refused == 10);
}

TEST_CASE("G4: a commit that is given after the deadline is refused with closed and delays nothing") {
  const bool whole_session = GENERATE(false, true);
  const ConsumerOptions options{.commit_mode = GENERATE(CommitMode::confirmed, CommitMode::pipelined),
                                .ordering = GENERATE(Ordering::partition, Ordering::unordered)};
  SimClient client(10, {.brokers = 1, .session = {.close_timeout = 2s}});
  fill(client, "t", 2, 1);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().swallow();
  std::vector<MessageEnvelope> kept;
  std::vector<std::string> order;
  Consumer consumer(*client.session, "g", {{"t", {0, 1}}}, options);
  consumer.consume([&](MessageEnvelope envelope) { kept.push_back(std::move(envelope)); },
                   [&](Error error) {
                     CHECK(error == Errc::closed);
                     order.push_back("end");
                     CHECK(kept[1].commit({}, [&](const Error&) { order.push_back("late"); }) == Errc::closed);
                   });
  CHECK(client.until([&] { return kept.size() == 2; }));
  kept[0].commit({}, [&](Error error) {
    CHECK(error == Errc::closed);
    order.push_back("cut off");
  });
  client.run(100ms);
  whole_session ? client.session->close([&] { order.push_back("closed"); })
                : consumer.close([&] { order.push_back("closed"); });
  client.run(3s);
  CHECK(order == std::vector<std::string>{"cut off", "end", "closed"});
  if (!whole_session) client.close();
}

TEST_CASE("G4: a consumption that is ended inside a callback ends before the next message of the same batch") {
  const ConsumerOptions options{.ordering = GENERATE(Ordering::consumer, Ordering::partition, Ordering::unordered)};
  enum class By { close, session, cancel, limit, destruction };
  const By by = GENERATE(By::close, By::session, By::cancel, By::limit, By::destruction);
  CAPTURE(static_cast<int>(by));
  SimClient client(11, {.brokers = 1});
  fill_batches(client, "t", 1, 10, 10);
  Recorder recorder;
  std::optional<Consumer> consumer;
  consumer.emplace(*client.session, "g", kOne, options);
  MessageEnvelope earlier;
  consumer->consume(by == By::limit ? 3 : 100, recorder.each([&](MessageEnvelope envelope) {
    if (envelope.offset() == 1 && options.ordering == Ordering::unordered) {
      earlier = std::move(envelope);
      return;
    }
    if (envelope.offset() == 2) {
      if (by == By::close) consumer->close();
      if (by == By::session) client.session->close();
      if (by == By::destruction) consumer.reset();
      if (by == By::cancel) return static_cast<void>(envelope.cancel());
    }
    envelope.ack();
  }),
                    recorder.end());
  client.run(3s);
  CHECK(recorder.offsets(0) == range(0, 3));
  earlier.ack();
  client.run(3s);
  CHECK(recorder.offsets(0) == range(0, 3));
  CHECK(recorder.ends.size() == (by == By::destruction ? 0 : 1));
}

TEST_CASE("G4: a consumer that is destroyed while its session closes does not hold the session up") {
  SimClient client(4, {.brokers = 1});
  fill(client, "t", 1, 1);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).always().swallow();
  Recorder recorder;
  std::optional<Consumer> consumer;
  consumer.emplace(*client.session, "g", kOne);
  consumer->consume(recorder.commit(), recorder.end());
  CHECK(client.until([&] { return recorder.got.size() == 1; }));
  int closed = 0;
  client.session->close([&] { ++closed; });
  client.run(100ms);
  CHECK(closed == 0);
  consumer.reset();
  CHECK(client.until([&] { return closed == 1; }, 1s));
  CHECK(recorder.ends.empty());
  CHECK(recorder.commits.empty());
}

TEST_CASE("questions of consumers that are gone are not sent when a broker can be reached again") {
  const bool fetchers = GENERATE(false, true);
  const bool politely = GENERATE(false, true);
  CAPTURE(fetchers, politely);
  SimClient client(7, {.brokers = 1});
  fill(client, "t", 1, 1);
  const auto asked = [&] {
    return client.brokers->cluster().requests().count(fetchers ? ApiKey::list_offsets : ApiKey::offset_fetch, 0);
  };
  const auto come_and_go = [&](net::Duration stay) {
    std::optional<Consumer> consumer;
    std::optional<Fetcher> fetcher;
    if (fetchers) {
      fetcher.emplace(*client.session, std::vector{TopicOffset::latest("t", 0)});
      fetcher->fetch([](MessageEnvelope envelope) { envelope.ack(); });
    } else {
      consumer.emplace(*client.session, "g", kOne);
      consumer->consume([](MessageEnvelope envelope) { envelope.ack(); });
    }
    client.run(stay);
    if (politely) fetchers ? fetcher->close() : consumer->close();
    client.run(10ms);
  };
  come_and_go(1s);  // the leader and the coordinator are known now
  CHECK(asked() == 1);
  client.world.refuse("broker-1", true);
  client.world.reset_connections("client", "broker-1", false);
  for (int i = 0; i < 20; ++i) come_and_go(40ms);
  client.world.refuse("broker-1", false);
  client.run(10s);
  CHECK(asked() == 1);
  client.close();
}

TEST_CASE("a commit of a consumer that is gone is not tried again") {
  SimClient client(8, {.brokers = 1});
  fill(client, "t", 1, 1);
  client.brokers->cluster().faults().add(ApiKey::offset_commit).times(1).reply(Errc::coordinator_load_in_progress);
  Recorder recorder;
  std::optional<Consumer> consumer;
  consumer.emplace(*client.session, "g", kOne);
  consumer->consume(recorder.commit(), recorder.end());
  const auto sent = [&] { return client.brokers->cluster().requests().count(ApiKey::offset_commit, 0); };
  CHECK(client.until([&] { return sent() == 1; }));
  client.run(1ms);
  consumer.reset();
  client.run(10s);
  CHECK(sent() == 1);
  CHECK(committed(client, "g", "t", 0) == -1);
  client.close();
}

TEST_CASE("G10: an envelope outlives its consumer and its session; its answer is lost") {
  std::optional<MessageEnvelope> kept;
  std::optional<BatchEnvelope> batch;
  int told = 0;
  {
    SimClient client(5, {.brokers = 1});
    fill(client, "t", 1, 3);
    {
      Consumer consumer(*client.session, "g", kOne);
      consumer.consume([&](MessageEnvelope envelope) { kept = std::move(envelope); });
      Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0)});
      fetcher.batch_fetch(3, [&](BatchEnvelope all) { batch = std::move(all); });
      CHECK(client.until([&] { return kept && batch; }));
    }
    CHECK(kept->value() == "0:0");
    CHECK(kept->commit({}, [&](Error error) {
      CHECK(error == Errc::lost);
      ++told;
    }) == Errc::lost);
    client.close();
    CHECK(told == 0);
    CHECK(kept->ack() == Errc::already_answered);
  }
  CHECK(kept->topic() == "t");
  CHECK(kept->detach().value == "0:0");
  CHECK(batch->topic() == "t");
  CHECK(batch->items().back().value == "0:2");
}

TEST_CASE("G10: an envelope answered after its session is gone is lost, and dropping one is silent") {
  SimClient client(6, {.brokers = 1});
  fill(client, "t", 1, 3);
  std::vector<MessageEnvelope> kept;
  int ends = 0;
  Consumer consumer(*client.session, "g", {{"t", {0}}});
  consumer.consume([&](MessageEnvelope envelope) { kept.push_back(std::move(envelope)); }, [&](Error) { ++ends; });
  CHECK(client.until([&] { return kept.size() == 1; }));
  const bool answer = GENERATE(true, false);
  client.session.reset();
  client.run(1s);
  if (answer) CHECK(kept.front().ack() == Errc::lost);
  kept.clear();
  client.run(1s);
  CHECK(ends == 0);
  CHECK(consumer.pause({{"t", {0}}}) == Errc::closed);
  int closed = 0;
  consumer.close([&] { ++closed; });
  client.run(1s);
  CHECK(closed == 1);
}

TEST_CASE("detach copies topic, key, value, timestamp and headers, nulls included") {
  SimClient client(7, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  REQUIRE_FALSE(cluster.topics().create("t", 1));
  cluster.contents().append("t", 0,
                            {.key = "k", .value = "v", .headers = {{"a", "1"}, {"a", {}}, {"b", ""}}, .timestamp = 77});
  cluster.contents().append("t", 0, {.value = ""});
  std::vector<OwnedMessage> owned;
  Consumer consumer(*client.session, "g", kOne);
  consumer.consume([&](MessageEnvelope envelope) {
    owned.push_back(envelope.detach());
    envelope.ack();
  });
  CHECK(client.until([&] { return owned.size() == 2; }));
  CHECK(owned[0].topic == "t");
  CHECK(owned[0].partition == 0);
  CHECK(owned[0].timestamp == 77);
  CHECK(owned[0].key == "k");
  CHECK(owned[0].value == "v");
  REQUIRE(owned[0].headers.size() == 3);
  CHECK(owned[0].headers[0] == std::pair<std::string, std::optional<std::string>>("a", "1"));
  CHECK_FALSE(owned[0].headers[1].second.has_value());
  CHECK(owned[0].headers[2].second == "");
  CHECK(owned[1].offset == 1);
  CHECK_FALSE(owned[1].key.has_value());
  CHECK(owned[1].value == "");
  close(client, consumer);
  client.close();
}

TEST_CASE("G14: bad names, partitions, groups and options are told at once and by each call") {
  SimClient client(8, {.brokers = 1});
  Session& session = *client.session;
  const auto check = [&](const Consumer& made, Errc code, const std::string& part) {
    CHECK(made.error() == code);
    CHECK(made.error().message().find(part) != std::string::npos);
  };
  check(Consumer(session, "", kOne), Errc::invalid_argument, "group");
  check(Consumer(session, "g", {}), Errc::invalid_argument, "at least one");
  check(Consumer(session, "g", {{"t", {}}}), Errc::invalid_argument, "at least one");
  check(Consumer(session, "g", {{"t", {-2}}}), Errc::invalid_argument, "-2");
  check(Consumer(session, "g", {{"no/slash", {0}}}), Errc::invalid_topic, "no/slash");
  check(Consumer(session, "g", kOne, {.fetch_memory = 1}), Errc::invalid_option, "fetch");
  CHECK(Fetcher(session, {}).error() == Errc::invalid_argument);
  CHECK(Fetcher(session, {{"t", 0, -3}}).error() == Errc::invalid_argument);
  CHECK(Fetcher(session, {{"t", 0, 1}, {"t", 0, 2}}).error() == Errc::invalid_argument);
  Recorder recorder;
  Consumer inert(session, "g", {{"t", {-2}}});
  inert.consume(recorder.ack(), recorder.end());
  CHECK(recorder.ends.empty());
  CHECK(client.until([&] { return recorder.ended_with(Errc::invalid_argument); }));
  CHECK(inert.seek({"t", 0, 0}) == Errc::invalid_argument);
  close(client, inert);
  Consumer good(session, "g", kOne);
  CHECK(good.pause({{"t", {0, 1}}}) == Errc::invalid_argument);
  CHECK(good.seek({"t", 1, 0}) == Errc::invalid_argument);
  CHECK(good.seek({"t", 0, -7}) == Errc::invalid_argument);
  CHECK(good.position("t", 5) == -1);
  CHECK_FALSE(good.at_end("u", 0));
  close(client, good);
  client.close();
}
