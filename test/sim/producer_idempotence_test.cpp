// An idempotent producer: no duplicates and no reordering, whatever is retried; and how it goes on after a gap.
#include <kafka/producer.hpp>

#include <algorithm>
#include <limits>

#include "producer/core.hpp"
#include "producer_fixture.hpp"
#include "protocol/init_producer_id.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr int32_t kLastSequence = std::numeric_limits<int32_t>::max();

// One record per batch, so that several batches of the partition are under way.
ProducerOptions single(std::chrono::milliseconds delivery_timeout = 120s) {
  return {.batch_size = 1, .delivery_timeout = delivery_timeout, .request_timeout = 3s};
}

void send_numbers(ProducerWorld& world, Reports& reports, int count, int from = 0) {
  for (int i = from; i < from + count; ++i) world.send(std::to_string(i), reports, i);
}

std::vector<std::string> numbers(int from, int to) {
  std::vector<std::string> all;
  for (int i = from; i < to; ++i) all.push_back(std::to_string(i));
  return all;
}

std::vector<std::string> after_warm_up(ProducerWorld& world) {
  auto values = world.values(0);
  values.erase(values.begin());
  return values;
}

}  // namespace

TEST_CASE("an idempotent producer asks for its id once and has up to five batches of a partition under way") {
  ProducerWorld world(single());
  world.warm_up();
  world.world.set_latency(50ms, 50ms);
  Reports reports;
  send_numbers(world, reports, 5);
  const net::TimePoint start = world.reactor.now();
  REQUIRE(world.until_reports(reports, 5));
  CHECK(world.reactor.now() - start < 150ms);  // one round trip for all
  CHECK(world.cluster().requests().count(ApiKey::init_producer_id, 0) == 1);
  REQUIRE(world.cluster().transactions().producers("t", 0).size() == 1);
  CHECK(world.cluster().transactions().producers("t", 0)[0].last_sequence == 5);
  CHECK(after_warm_up(world) == numbers(0, 5));
  world.finish();
}

TEST_CASE("C1, E4: a request that was executed and not answered is sent again byte for byte, and is in the log once") {
  for (const bool silent : {false, true}) {
    ProducerWorld world(single());
    world.warm_up();
    Fault& fault = world.on_produce();
    silent ? fault.drop_response() : fault.close_after();
    Reports reports;
    send_numbers(world, reports, 5);
    REQUIRE(world.until_reports(reports, 5));
    CHECK(reports.count(Errc::none) == 5);
    CHECK(after_warm_up(world) == numbers(0, 5));
    for (const auto& [id, report] : reports.all) CHECK(report.offset == id + 1);
    world.finish();
  }
}

TEST_CASE("E14: a failure of the first of five batches under way changes no order") {
  for (const Errc code : {Errc::not_leader_or_follower, Errc::not_enough_replicas, Errc::request_timed_out}) {
    ProducerWorld world(single());
    world.warm_up();
    world.on_produce().reply(code);
    Reports reports;
    send_numbers(world, reports, 12);
    REQUIRE(world.until_reports(reports, 12));
    CHECK(reports.count(Errc::none) == 12);
    CHECK(after_warm_up(world) == numbers(0, 12));
    world.finish();
  }
}

TEST_CASE("D12: a batch that was appended, and then refused because replicas were missing, is not appended again") {
  ProducerWorld world(single());
  world.warm_up();
  world.on_produce().times(2).reply_after(Errc::not_enough_replicas_after_append);
  Reports reports;
  send_numbers(world, reports, 5);
  REQUIRE(world.until_reports(reports, 5));
  CHECK(reports.count(Errc::none) == 5);
  CHECK(after_warm_up(world) == numbers(0, 5));
  world.finish();
}

TEST_CASE("E5: a duplicate sequence is a success with an unknown offset") {
  ProducerWorld world(single());
  world.warm_up();
  world.on_produce().reply_after(Errc::duplicate_sequence_number);
  Reports reports;
  send_numbers(world, reports, 2);
  REQUIRE(world.until_reports(reports, 2));
  CHECK_FALSE(reports[0].error);
  CHECK(reports[0].persistence == Persistence::yes);
  CHECK(reports[0].offset == -1);
  CHECK(reports[1].offset == 2);
  world.finish();
}

TEST_CASE("E6: an out-of-order answer is no error if an earlier batch failed") {
  ProducerWorld world(single());
  world.warm_up();
  world.on_produce().skip(1).times(1).reply(Errc::not_enough_replicas);  // the second: three follow out of order
  Reports reports;
  send_numbers(world, reports, 5);
  REQUIRE(world.until_reports(reports, 5));
  CHECK(reports.count(Errc::none) == 5);
  CHECK(after_warm_up(world) == numbers(0, 5));
  CHECK(world.cluster().transactions().producers("t", 0)[0].epoch == 0);  // no sequence was missing
  world.finish();
}

TEST_CASE("E3: when a batch expires those behind it go on under a newer epoch, without a gap and without duplicates") {
  ProducerWorld world(single(5s));
  world.warm_up();
  Reports reports;
  world.on_produce().always().swallow();
  send_numbers(world, reports, 2);
  world.run(4s);
  send_numbers(world, reports, 2, 2);
  world.run(2s);
  world.cluster().faults().clear();
  REQUIRE(world.until_reports(reports, 4));
  for (const auto& [id, report] : reports.all) {
    INFO("record " << id << ": " << report.error.message());
    const auto log = world.values(0);
    const auto times = std::count(log.begin(), log.end(), std::to_string(id));
    CHECK(times <= 1);
    if (!report.error) CHECK(times == 1);
    if (report.persistence == Persistence::no) CHECK(times == 0);
  }
  send_numbers(world, reports, 2, 4);
  REQUIRE(world.until_reports(reports, 6));
  CHECK_FALSE(reports[4].error);
  CHECK_FALSE(reports[5].error);
  world.finish();
}

TEST_CASE("E7: sequences go from 2^31 - 1 to 0, also inside of a batch") {
  for (const int32_t batch_size : {1, 1000000}) {
    ProducerWorld world;
    auto inside = std::make_shared<producer::Core>(session::Access::core(*world.session),
                                                   ProducerOptions{.batch_size = batch_size, .request_timeout = 3s});
    inside->sender().set_first_sequence(kLastSequence - 2);
    Reports reports;
    for (int i = 0; i < 8; ++i) {
      if (i == 4) world.on_produce().close_after();  // retries across the wrap
      const std::string value = std::to_string(i);
      inside->send({.topic = "t", .partition = 0, .value = value}, reports.take(i));
      if (i == 3) REQUIRE(world.until_reports(reports, 4));
    }
    REQUIRE(world.until_reports(reports, 8));
    CHECK(reports.count(Errc::none) == 8);
    CHECK(world.values(0) == numbers(0, 8));
    CHECK(world.cluster().transactions().producers("t", 0).at(0).last_sequence == 4);
    CHECK(world.cluster().transactions().producers("t", 0).at(0).epoch == 0);
    inside->abandon();
    world.finish();
  }
}

TEST_CASE("E8: after epoch 32767 the producer takes another id, with sequences from 0") {
  ProducerWorld world(single());
  world.cluster().producer_ids().set_next_epoch(32767);
  world.warm_up();
  const int64_t first_id = world.cluster().transactions().producers("t", 0).at(0).id;
  world.on_produce().reply(Errc::invalid_record);  // a record that fails for good leaves a gap
  Reports reports;
  send_numbers(world, reports, 4);
  REQUIRE(world.until_reports(reports, 4));
  CHECK(reports.count(Errc::invalid_record) == 1);
  CHECK(reports.count(Errc::none) == 3);
  CHECK(after_warm_up(world) == numbers(1, 4));
  const auto known = world.cluster().transactions().producers("t", 0);
  CHECK(std::any_of(known.begin(), known.end(), [&](const KnownProducer& p) { return p.id != first_id; }));
  world.finish();
}

TEST_CASE("E8, C16: ids that begin at the last epoch, and leaders that refuse each of them, cause no hurry") {
  for (const bool same_id : {false, true}) {
    ProducerWorld world(single(20s));
    world.warm_up();
    int64_t id = 1000;
    world.cluster().faults().set_distortion([&](int32_t, ApiKey api, int16_t, void* response) {
      if (api != ApiKey::init_producer_id) return;
      auto& answer = *static_cast<protocol::InitProducerIdResponse*>(response);
      answer.producer_id = same_id ? id : ++id;
      answer.producer_epoch = 32767;
    });
    world.on_produce().always().reply(Errc::unknown_producer_id);
    world.cluster().transactions().forget_producers("t", 0);
    Reports reports;
    for (int i = 0; i < 40; ++i)
      world.producer->send({.topic = "t", .partition = i % 3, .value = "v"}, reports.take(i));
    world.run(10s);
    CHECK(world.cluster().requests().count(ApiKey::init_producer_id, 0) < 60);
    CHECK(world.produces() < 100);
    REQUIRE(world.until_reports(reports, 40));
    world.cluster().faults().clear();
    world.cluster().faults().set_distortion({});
    world.finish();
  }
}

TEST_CASE("a producer that was destroyed asks for no id when the broker comes back") {
  ProducerWorld world(single(), {.brokers = 1});
  world.warm_up();
  world.cluster().faults().add(ApiKey::api_versions).always().delay(2s);
  world.cluster().brokers().disconnect(1);
  Reports reports;
  std::optional<Producer> second;
  second.emplace(*world.session, single());
  REQUIRE_FALSE(second->send({.topic = "t", .value = "v"}, reports.take()));
  world.run(1s);  // its request waits for the connection
  second.reset();
  world.run(10s);
  CHECK(world.cluster().requests().count(ApiKey::init_producer_id, 0) == 1);
  world.cluster().faults().clear();
  world.finish();
}

TEST_CASE("E8: several partitions with gaps share one new producer id") {
  ProducerWorld world(single());
  world.cluster().producer_ids().set_next_epoch(32767);
  world.warm_up();
  for (int32_t p = 0; p < 3; ++p) world.on_produce().partition("t", p).reply(Errc::invalid_record);
  Reports reports;
  for (int i = 0; i < 9; ++i) world.producer->send({.topic = "t", .partition = i % 3, .value = "v"}, reports.take(i));
  REQUIRE(world.until_reports(reports, 9));
  CHECK(reports.count(Errc::invalid_record) == 3);
  CHECK(reports.count(Errc::none) == 6);
  CHECK(world.cluster().requests().count(ApiKey::init_producer_id, 0) <= 3);
  world.finish();
}

TEST_CASE("E9: a broker that has forgotten the producer costs no record") {
  for (const char* release : {"1.1", "2.8", ""}) {
    ProducerWorld world(single());
    REQUIRE_FALSE(world.cluster().releases().as_version(release));
    world.warm_up();
    REQUIRE_FALSE(world.cluster().transactions().forget_producers("t", 0));
    Reports reports;
    send_numbers(world, reports, 3);
    REQUIRE(world.until_reports(reports, 3));
    CHECK(reports.count(Errc::none) == 3);
    CHECK(after_warm_up(world) == numbers(0, 3));
    world.finish();
  }
}

TEST_CASE("E10: a batch that is too large is split, and its halves keep its sequences") {
  ProducerWorld world({.request_timeout = 3s});
  world.warm_up();
  world.on_produce().reply(Errc::message_too_large);
  Reports reports;
  send_numbers(world, reports, 8);
  REQUIRE(world.until_reports(reports, 8));
  CHECK(reports.count(Errc::none) == 8);
  CHECK(after_warm_up(world) == numbers(0, 8));
  CHECK(world.cluster().transactions().producers("t", 0).at(0).last_sequence == 8);
  world.finish();
}

TEST_CASE("E6, E10: batches behind one that was too large wait for no pause of their own") {
  const size_t records = GENERATE(1, 4);  // in the first batch: it fails, or goes on as halves
  CAPTURE(records);
  SimClientOptions setup{.brokers = 3};
  setup.session.retry_backoff = setup.session.retry_backoff_max = 5s;
  ProducerWorld world({.batch_size = 280, .linger = 10ms, .request_timeout = 3s}, setup);
  world.warm_up();
  world.world.set_latency(50ms, 50ms);
  world.on_produce().times(1).reply(Errc::message_too_large);
  Reports reports;
  for (size_t i = 0; i < records; ++i) world.send(std::string(160 / records, 'v'), reports);
  for (size_t i = 0; i < 4; ++i) world.send(std::string(180, 'v'), reports);  // a batch each
  const net::TimePoint start = world.reactor.now();
  REQUIRE(world.until_reports(reports, records + 4));
  CHECK(world.reactor.now() - start < 1s);
  CHECK(reports.count(Errc::message_too_large) == (records == 1 ? 1 : 0));
  CHECK(reports.count(Errc::none) == records + 4 - reports.count(Errc::message_too_large));
  world.finish();
}

TEST_CASE("E16: the producer asks for its id until it gets one, whatever temporary error comes") {
  for (const Errc code : {Errc::concurrent_transactions, Errc::coordinator_load_in_progress, Errc::not_enough_replicas,
                          Errc::coordinator_not_available, Errc::not_coordinator, Errc::request_timed_out}) {
    ProducerWorld world;
    world.cluster().faults().add(ApiKey::init_producer_id).times(3).reply(code);
    Reports reports;
    world.send("v", reports);
    REQUIRE(world.until_reports(reports, 1));
    CHECK_FALSE(reports[0].error);
    CHECK(world.cluster().requests().count(ApiKey::init_producer_id, 0) == 4);
    world.finish();
  }
}

TEST_CASE(
    "brokers without producer ids, or that do not allow them, get batches without sequences unless they are required") {
  for (const bool old : {true, false}) {
    for (const bool required : {false, true}) {
      ProducerOptions options;
      if (required) options.enable_idempotence = true;
      ProducerWorld world(options);
      if (old) {
        REQUIRE_FALSE(world.cluster().releases().as_version("0.10"));
      } else {
        world.cluster().faults().add(ApiKey::init_producer_id).always().reply(Errc::cluster_authorization_failed);
      }
      Reports reports;
      world.send("v", reports);
      REQUIRE(world.until_reports(reports, 1));
      if (required) {
        CHECK(reports[0].error == (old ? Errc::unsupported_feature : Errc::cluster_authorization_failed));
        CHECK(reports[0].persistence == Persistence::no);
        CHECK(world.values(0).empty());
      } else {
        CHECK_FALSE(reports[0].error);
        CHECK(world.values(0) == std::vector<std::string>{"v"});
      }
      world.finish();
    }
  }
}

TEST_CASE("enable_idempotence that contradicts acks or max_in_flight is refused, naming the option and its range") {
  ProducerOptions options{.acks = Acks::leader, .enable_idempotence = true};
  CHECK(options.validate().message().find("acks") != std::string::npos);
  options = {.enable_idempotence = true, .max_in_flight = 6};
  CHECK(options.validate().message().find("1 to 5") != std::string::npos);
  options = {};
  CHECK_FALSE(options.set("enable.idempotence", "true"));
  CHECK(options.enable_idempotence == true);
  CHECK(options.set("enable.idempotence", "maybe") == Errc::invalid_option);
  CHECK_FALSE(options.validate());
}
