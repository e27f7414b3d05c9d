// A record's way to the log and back as a report: contents, acknowledgements, callbacks, bad input, old brokers.
// Not here: when batches leave (producer_batching_test.cpp), faults (producer_retry_test.cpp).
#include "producer_fixture.hpp"

#include "records/compression.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

TEST_CASE("send brings key, value, headers and timestamp into the log and reports where they are") {
  ProducerWorld world;
  Reports reports;
  CHECK_FALSE(world.producer->send(
      {.topic = "t", .partition = 1, .key = "k", .value = "v", .headers = {{"h", "1"}, {"h", "2"}}, .timestamp = 1234},
      reports.take()));
  CHECK_FALSE(world.send({.topic = "t", .partition = 1, .value = "w"}, reports));
  CHECK(reports.size() == 0);
  CHECK(world.producer->queued() == 2);
  CHECK(world.producer->queued_bytes() > 0);
  REQUIRE(world.until_reports(reports, 2));
  for (size_t i = 0; i < 2; ++i) {
    CHECK_FALSE(reports[i].error);
    CHECK(reports[i].partition == 1);
    CHECK(reports[i].offset == static_cast<int64_t>(i));
    CHECK(reports[i].persistence == Persistence::yes);
  }
  CHECK(reports[0].timestamp == 1234);
  const auto log = world.cluster().contents().read("t", 1);
  REQUIRE(log.size() == 2);
  CHECK(log[0].key == "k");
  CHECK(log[0].value == "v");
  CHECK(log[0].timestamp == 1234);
  REQUIRE(log[0].headers.size() == 2);
  CHECK(log[0].headers[1].second == "2");
  CHECK_FALSE(log[1].key);
  CHECK(log[1].timestamp == reports[1].timestamp);
  CHECK(log[1].timestamp > 1'000'000'000'000);
  world.finish();
}

TEST_CASE("G14: null and empty keys, values and header values come through as they are") {
  ProducerWorld world;
  Reports reports;
  const std::string_view null;
  const std::string_view empty("");
  for (const std::string_view key : {null, empty}) {
    for (const Value value : {Value(null_value), Value(empty)}) {
      world.producer->send(
          {.topic = "t", .partition = 0, .key = key, .value = value, .headers = {{"n", null}, {"", empty}}},
          reports.take());
    }
  }
  REQUIRE(world.until_reports(reports, 4));
  CHECK(reports.count(Errc::none) == 4);
  const auto log = world.cluster().contents().read("t", 0);
  REQUIRE(log.size() == 4);
  for (size_t i = 0; i < 4; ++i) {
    CHECK(log[i].key.has_value() == (i >= 2));
    CHECK(log[i].value.has_value() == (i % 2 == 1));
    REQUIRE(log[i].headers.size() == 2);
    CHECK_FALSE(log[i].headers[0].second);
    CHECK(log[i].headers[1].first == "");
    CHECK(log[i].headers[1].second == "");
  }
  world.finish();
}

TEST_CASE("G14: a value without data is an empty one: a tombstone is written on purpose only") {
  ProducerWorld world;
  Reports reports;
  const std::string_view none;
  REQUIRE(none.data() == nullptr);
  world.producer->send({.topic = "t", .partition = 0, .key = "k", .value = none}, reports.take());
  world.producer->send({.topic = "t", .partition = 0, .key = "k"}, reports.take());
  world.producer->send({.topic = "t", .partition = 0, .key = "k", .value = null_value}, reports.take());
  world.producer->produce({{.topic = "t", .partition = 1, .messages = {{.value = none}, {.value = null_value}, {}}}},
                          [](ProduceResult) {});
  REQUIRE(world.until_reports(reports, 3));
  const auto log = world.cluster().contents().read("t", 0);
  REQUIRE(log.size() == 3);
  CHECK(log[0].value == "");
  CHECK(log[1].value == "");
  CHECK_FALSE(log[2].value);
  world.finish();
  const auto bulk = world.cluster().contents().read("t", 1);
  REQUIRE(bulk.size() == 3);
  CHECK(bulk[0].value == "");
  CHECK_FALSE(bulk[1].value);
  CHECK(bulk[2].value == "");
}

TEST_CASE("G14, G16: a record that can never be sent is refused at once with the reason, and is not reported as well") {
  ProducerWorld world;
  Reports reports;
  auto refused = [&](const Record& record, Errc code, std::string_view says) {
    const Error error = world.producer->send(record, reports.take());
    CHECK(error == code);
    INFO(error.message());
    CHECK(error.message().find(says) != std::string::npos);
    world.run(1ms);
    CHECK(reports.size() == 0);
    CHECK_FALSE(world.producer->would_block(record));
  };
  const std::string long_name(250, 'a');
  for (const std::string_view name : {"", ".", "..", "a b", "a/b", "\xc3\xa4", "a\n"}) {
    refused({.topic = name, .value = "v"}, Errc::invalid_topic, "249");
  }
  refused({.topic = long_name, .value = "v"}, Errc::invalid_topic, "249");
  refused({.topic = std::string_view("a\0b", 3), .value = "v"}, Errc::invalid_topic, "249");
  refused({.topic = "t", .partition = -2, .value = "v"}, Errc::invalid_argument, "-2: 0 or more, or -1");
  refused({.topic = "t", .partition = -7, .value = "v"}, Errc::invalid_argument, "-7: 0 or more, or -1");
  refused({.topic = "t", .value = "v", .timestamp = -2}, Errc::invalid_argument, "timestamp -2");
  refused({.topic = "t", .value = "v", .headers = {{}}}, Errc::invalid_argument, "header key");
  const std::string large(2'000'000, 'x');
  refused({.topic = "t", .value = large}, Errc::message_too_large, "max_request_size (1048576)");
  CHECK(world.producer->queued() == 0);
  CHECK(world.produces() == 0);
  // The longest name is legal.
  world.send({.topic = std::string_view(long_name).substr(1), .value = "v"}, reports);
  REQUIRE(world.until_reports(reports, reports.size() + 1));
  CHECK_FALSE(reports.all.back().report.error);
  world.finish();
}

TEST_CASE("bad options leave an inert producer that answers everything with the option and its range") {
  ProducerWorld world;
  auto check = [&](ProducerOptions options, std::string_view name) {
    Producer producer(*world.session, std::move(options));
    CHECK(producer.error() == Errc::invalid_option);
    INFO(producer.error().message());
    CHECK(producer.error().message().find(name) != std::string::npos);
    Reports reports;
    int calls = 0;
    ProduceResult result;
    CHECK(producer.send({.topic = "t", .value = "v"}, reports.take()) == Errc::invalid_option);
    producer.produce({{.topic = "t", .messages = {{.value = "v"}}}}, [&](ProduceResult r) {
      ++calls;
      result = std::move(r);
    });
    producer.flush([&] { ++calls; });
    producer.flush({});
    producer.close([&] { ++calls; });
    producer.close();
    CHECK(calls == 0);
    REQUIRE(world.until([&] { return calls == 3; }));
    CHECK(reports.size() == 0);
    CHECK(result.has_error(Errc::invalid_option));
    CHECK_FALSE(producer.would_block({.topic = "t", .value = "v"}));
  };
  check({.batch_size = 0}, "batch.size = \"0\": it must be 1 to 1073741824");
  check({.buffer_memory = 1}, "buffer.memory");
  check({.compression_level = 77}, "compression.level");
  check({.delivery_timeout = 0ms}, "delivery.timeout.ms");
  check({.linger = -1us}, "linger.ms");
  check({.max_in_flight = 0}, "max.in.flight");
  check({.max_request_size = 10}, "max.request.size");
  check({.request_timeout = 1ms}, "request.timeout.ms");
  check({.acks = static_cast<Acks>(2)}, "acks");
  check({.compression_level = 10, .compression_type = Compression::gzip}, "-1 to 9 with gzip");
  check({.delivery_timeout = 100ms, .linger = 200ms}, "delivery.timeout.ms");
  world.finish();
}

TEST_CASE("a producer on a session with bad options answers everything with the session's error") {
  SimWorld world(1);
  auto core = session::Core::make(world.node("client"), {.bootstrap_servers = "host:99999"});
  Session session = session::Access::session(core);
  CHECK(session.error());
  Producer producer(session);
  Reports reports;
  CHECK(producer.send({.topic = "t", .value = "v"}, reports.take()) == Errc::invalid_option);
  bool closed = false;
  producer.close([&] { closed = true; });
  CHECK(world.run_until([&] { return closed; }, 1s));
  CHECK(reports.size() == 0);
}

TEST_CASE("G9: memory of a record may be freed as soon as send returns, also while metadata is unknown") {
  ProducerWorld world;
  Reports reports;
  for (int round = 0; round < 2; ++round) {
    auto key = std::make_unique<std::string>("key");
    auto value = std::make_unique<std::string>(5000, 'v');
    auto topic = std::make_unique<std::string>("t");
    auto header = std::make_unique<std::string>("header");
    const Record record{.topic = *topic, .key = *key, .value = *value, .headers = {{*header, *header}}};
    world.send(record, reports);
    for (std::string* each : {key.get(), value.get(), topic.get(), header.get()}) each->assign(each->size(), '?');
    key.reset();
    value.reset();
    topic.reset();
    header.reset();
    REQUIRE(world.until_reports(reports, static_cast<size_t>(round) + 1));
  }
  const auto log = world.cluster().contents().read("t", reports[0].partition);
  REQUIRE(log.size() == 2);
  for (const OwnedMessage& message : log) {
    CHECK(message.key == "key");
    CHECK(message.value == std::string(5000, 'v'));
    CHECK(message.headers.at(0).first == "header");
    CHECK(message.headers.at(0).second == "header");
  }
  world.finish();
}

TEST_CASE("E13: with acks 0 the outcome is maybe, with offset -1") {
  ProducerWorld world({.acks = Acks::none});
  Reports reports;
  for (int i = 0; i < 3; ++i) world.send("v", reports, i);
  REQUIRE(world.until_reports(reports, 3));
  for (size_t i = 0; i < 3; ++i) {
    CHECK_FALSE(reports[i].error);
    CHECK(reports[i].offset == -1);
    CHECK(reports[i].partition == 0);
    CHECK(reports[i].persistence == Persistence::maybe);
  }
  world.run(1s);
  CHECK(world.values(0).size() == 3);
  world.finish();
}

TEST_CASE("D1: with acks 0 a moved leader costs a few records, not all that follow") {
  ProducerWorld world({.acks = Acks::none});
  world.warm_up();
  world.run(1s);  // it has arrived, so nothing but the lost answer below can tell
  REQUIRE_FALSE(world.cluster().leaders().move("t", 0, 2));
  Reports reports;
  for (int i = 0; i < 20; ++i) {
    world.send("v", reports, i);
    world.run(500ms);
  }
  REQUIRE(world.until_reports(reports, 20));
  CHECK(world.values(0).size() >= 15);
  world.finish();
}

TEST_CASE("acks 1 and all report the offset") {
  for (const Acks acks : {Acks::leader, Acks::all}) {
    ProducerWorld world({.acks = acks});
    Reports reports;
    world.send("a", reports);
    world.send("b", reports);
    REQUIRE(world.until_reports(reports, 2));
    CHECK(reports[1].offset == 1);
    CHECK(reports[1].persistence == Persistence::yes);
    world.finish();
  }
}

TEST_CASE("gzip batches reach the log compressed, from send and from an envelope of its own") {
  ProducerWorld world({.compression_type = Compression::gzip});
  Reports reports;
  const std::string value(10000, 'x');
  for (int i = 0; i < 50; ++i) world.send(value, reports, i);
  REQUIRE(world.until_reports(reports, 50));
  CHECK(reports.count(Errc::none) == 50);
  CHECK(world.cluster().topics().partition("t", 0)->log.size() < 20000);
  CHECK(world.values(0) == std::vector<std::string>(50, value));

  Producer plain(*world.session);
  bool done = false;
  plain.produce({{.topic = "t", .partition = 1, .messages = {{.value = value}}, .compression = Compression::gzip}},
                [&](ProduceResult result) { done = !result.has_errors(); });
  REQUIRE(world.until([&] { return done; }));
  CHECK(world.cluster().topics().partition("t", 1)->log.size() < 1000);
  world.finish();
}

TEST_CASE("a codec that is not built in is refused at once and by name") {
  ProducerWorld world;
  for (const Compression codec : {Compression::snappy, Compression::lz4, Compression::zstd}) {
    if (records::codec_available(codec)) continue;
    int calls = 0;
    world.producer->produce({{.topic = "t", .partition = 0, .messages = {{.value = "v"}}, .compression = codec}},
                            [&](ProduceResult result) {
                              ++calls;
                              REQUIRE(result.has_error(Errc::unsupported_codec));
                              CHECK(result.errors[0].message().find(records::codec_name(codec)) != std::string::npos);
                              CHECK(result.partitions.at(0).persistence == Persistence::no);
                            });
    CHECK(calls == 0);
    REQUIRE(world.until([&] { return calls == 1; }));
  }
  CHECK(world.produces() == 0);
  world.finish();
}

// --- old brokers ------------------------------------------------------------

TEST_CASE("every release of the broker gets its format, and the records are the same") {
  for (const char* release : {"0.8.2", "0.9", "0.10", "0.11", "1.1", "2.4", "2.8", "3.9", "4.3"}) {
    for (const Compression codec : {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4}) {
      if (!records::codec_available(codec)) continue;
      INFO(release << " " << records::codec_name(codec));
      ProducerWorld world({.compression_type = codec});
      REQUIRE_FALSE(world.cluster().releases().as_version(release));
      Reports reports;
      for (int i = 0; i < 10; ++i) {
        world.producer->send(
            {.topic = "t", .partition = 0, .key = "k", .value = std::to_string(i), .timestamp = 1000 + i},
            reports.take(i));
      }
      REQUIRE(world.until_reports(reports, 10));
      const auto log = world.cluster().contents().read("t", 0);
      REQUIRE(log.size() == 10);
      for (size_t i = 0; i < 10; ++i) {
        CHECK_FALSE(reports[i].error);
        CHECK(reports[i].offset == static_cast<int64_t>(i));
        CHECK(log[i].value == std::to_string(i));
        CHECK(log[i].key == "k");
        const bool keeps_time = std::string_view(release) != "0.8.2" && std::string_view(release) != "0.9";
        if (keeps_time) CHECK(log[i].timestamp == 1000 + static_cast<int64_t>(i));
      }
      world.finish();
    }
  }
}

TEST_CASE("zstd fails by name where the broker is older than 2.1, and other codecs pass") {
  if (!records::codec_available(Compression::zstd)) return;
  for (const char* release : {"0.8.2", "0.10", "1.1", "2.8", "4.3"}) {
    INFO(release);
    const bool knows_it = release[0] == '2' || release[0] == '4';
    ProducerWorld world({.compression_level = 19, .compression_type = Compression::zstd});
    REQUIRE_FALSE(world.cluster().releases().as_version(release));
    Reports reports;
    world.send("a", reports, 0);
    REQUIRE(world.until_reports(reports, 1));
    CHECK(reports[0].error == (knows_it ? Errc::none : Errc::unsupported_compression_type));
    CHECK(reports[0].persistence == (knows_it ? Persistence::yes : Persistence::no));
    if (!knows_it) CHECK(reports[0].error.message().find("zstd needs a broker of 2.1") != std::string::npos);
    // Level 19 is zstd's alone.
    int calls = 0;
    world.producer->produce(
        {{.topic = "t", .partition = 0, .messages = {{.value = "b"}}, .compression = Compression::gzip}},
        [&](ProduceResult result) {
          ++calls;
          CHECK_FALSE(result.has_errors());
        });
    REQUIRE(world.until([&] { return calls == 1; }));
    CHECK(world.values(0).back() == "b");
    CHECK(world.produces() == (knows_it ? 2 : 1));
    world.finish();
  }
}

TEST_CASE("headers fail where the leader is older than 0.11, alone and with persistence no") {
  for (const char* release : {"0.8.2", "0.10"}) {
    INFO(release);
    ProducerWorld world;
    REQUIRE_FALSE(world.cluster().releases().as_version(release));
    Reports reports;
    world.send("a", reports, 0);
    world.send({.topic = "t", .partition = 0, .value = "b", .headers = {{"h", "x"}}}, reports, 1);
    world.send("c", reports, 2);
    // A partition where nothing is left.
    world.send({.topic = "t", .partition = 1, .value = "d", .headers = {{"h", "x"}}}, reports, 3);
    REQUIRE(world.until_reports(reports, 4));
    for (const Reports::Entry& entry : reports.all) {
      const bool has_headers = entry.id % 2 == 1;
      CHECK(entry.report.error == (has_headers ? Errc::unsupported_version : Errc::none));
      CHECK(entry.report.persistence == (has_headers ? Persistence::no : Persistence::yes));
      if (!has_headers) CHECK(entry.report.offset == entry.id / 2);
    }
    CHECK(world.values(0) == std::vector<std::string>{"a", "c"});
    CHECK(world.values(1).empty());
    world.finish();
  }
}
