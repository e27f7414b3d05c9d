// Fetching from the dev broker over real sockets: sessions, leader epochs and diverging logs, followers, transactions.
// Also the configuration of topics.
#include <algorithm>

#include "devbroker_client.hpp"
#include "protocol/fetch.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/metadata.hpp"
#include "protocol/offset_for_leader_epoch.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::test;
using namespace std::chrono_literals;

namespace {

using PartitionData = protocol::FetchResponse::FetchableTopicResponse::PartitionData;

struct Asked {
  int32_t partition = 0;
  int64_t offset = 0;
  int32_t epoch = -1;
  int32_t last_epoch = -1;
};

protocol::FetchRequest fetch(const std::vector<Asked>& all, int32_t session = 0, int32_t session_epoch = -1) {
  protocol::FetchRequest request;
  request.min_bytes = 1;
  request.session_id = session;
  request.session_epoch = session_epoch;
  if (all.empty()) return request;
  auto& topic = request.topics.emplace_back();
  topic.topic = "t";
  for (const Asked& one : all) {
    auto& asked = topic.partitions.emplace_back();
    asked.partition = one.partition;
    asked.fetch_offset = one.offset;
    asked.current_leader_epoch = one.epoch;
    asked.last_fetched_epoch = one.last_epoch;
    asked.partition_max_bytes = 1 << 20;
  }
  return request;
}

std::vector<int32_t> partitions_in(const protocol::FetchResponse& response) {
  std::vector<int32_t> numbers;
  for (const auto& topic : response.responses) {
    for (const auto& partition : topic.partitions) numbers.push_back(partition.partition_index);
  }
  return numbers;
}

struct FetchFixture : BrokerFixture {
  explicit FetchFixture(DevBrokerOptions options = {}, int32_t partitions = 2) : BrokerFixture(std::move(options)) {
    REQUIRE(!broker->create_topic("t", partitions));
  }
  void append(int32_t partition, const char* value) { REQUIRE(broker->append("t", partition, {.value = value}) >= 0); }
  PartitionData only(Client& client, const protocol::FetchRequest& request, int version = 12) {
    auto response = client.call(request, version);
    REQUIRE(response.error_code == 0);
    return response.responses.at(0).partitions.at(0);
  }
};

}  // namespace

TEST_CASE("a fetch session answers only with news, and continues from what it knows") {
  FetchFixture f;
  Client& client = f.connect();
  auto full = client.call(fetch({{.partition = 0}, {.partition = 1}}, 0, 0), 12);
  REQUIRE(full.session_id != 0);
  const int32_t id = full.session_id;
  CHECK(partitions_in(full) == std::vector<int32_t>{0, 1});
  CHECK(f.broker->fetch_sessions() == 1);
  CHECK(partitions_in(client.call(fetch({}, id, 1), 12)).empty());
  f.append(1, "one");
  auto news = client.call(fetch({}, id, 2), 12);
  CHECK(news.session_id == id);
  CHECK(partitions_in(news) == std::vector<int32_t>{1});
  CHECK(values_in(news.responses[0].partitions[0].records) == std::vector<std::string>{"one"});
  // Asked from the same offset again: the same records. From the next one: nothing.
  CHECK(partitions_in(client.call(fetch({}, id, 3), 12)) == std::vector<int32_t>{1});
  CHECK(partitions_in(client.call(fetch({{.partition = 1, .offset = 1}}, id, 4), 12)).empty());
  f.append(0, "zero");
  f.append(1, "two");
  auto forget = fetch({}, id, 5);
  forget.forgotten_topics_data.emplace_back().topic = "t";
  forget.forgotten_topics_data[0].partitions = {1};
  CHECK(partitions_in(client.call(forget, 12)) == std::vector<int32_t>{0});
  CHECK(client.call(fetch({}, id, 5), 12).error_code == code(Errc::invalid_fetch_session_epoch));
  CHECK(client.call(fetch({}, id, 6), 13).error_code == code(Errc::fetch_session_topic_id_error));
  forget.session_epoch = 6;
  forget.forgotten_topics_data[0].partitions = {0};
  CHECK(client.call(forget, 12).session_id == 0);  // nothing left
  CHECK(f.broker->fetch_sessions() == 0);
  CHECK(client.call(fetch({}, id, 7), 12).error_code == code(Errc::fetch_session_id_not_found));
}

TEST_CASE("a waiting incremental fetch is answered for any partition of its session; faults find those too") {
  FetchFixture f;
  Client& client = f.connect();
  const int32_t id = client.call(fetch({{.partition = 0}, {.partition = 1}}, 0, 0), 12).session_id;
  auto wait = fetch({}, id, 1);
  wait.max_wait_ms = 60000;
  client.send(wait, 12);
  CHECK(client.stays_silent(30ms));
  f.append(1, "now");
  auto response = client.receive<protocol::FetchRequest>(12);
  REQUIRE(response);
  CHECK(partitions_in(*response) == std::vector<int32_t>{1});
  Fault& fault = f.broker->on(ApiKey::fetch).partition("t", 0).reply(Errc::kafka_storage_error);
  auto failed = client.call(fetch({}, id, 2), 12);
  CHECK(fault.hits() == 1);
  CHECK(partitions_in(failed) == std::vector<int32_t>{0, 1});
  CHECK(failed.responses[0].partitions[0].error_code == code(Errc::kafka_storage_error));
  // After an error the answer repeats the partition, although it has no news.
  CHECK(partitions_in(client.call(fetch({{.partition = 1, .offset = 1}}, id, 3), 12)) == std::vector<int32_t>{0});
}

TEST_CASE("D15: sessions are evicted, limited in number, lost with their broker, or not there at all") {
  FetchFixture f({.brokers = 2, .fetch_sessions = 1});
  Client& client = f.connect(1);
  const int32_t id = client.call(fetch({{}}, 0, 0), 12).session_id;
  REQUIRE(id != 0);
  CHECK(client.call(fetch({{}}, 0, 0), 12).session_id == 0);
  f.broker->evict_fetch_sessions(2);
  CHECK(f.broker->fetch_sessions(1) == 1);
  f.broker->evict_fetch_sessions();
  CHECK(client.call(fetch({}, id, 1), 12).error_code == code(Errc::fetch_session_id_not_found));
  const int32_t next = client.call(fetch({{}}, id, 0), 12).session_id;
  CHECK(next != 0);
  CHECK(client.call(fetch({{}}, next, -1), 12).session_id == 0);  // the last fetch closes
  CHECK(f.broker->fetch_sessions() == 0);
  CHECK(client.call(fetch({{}}, 0, 0), 12).session_id != 0);
  f.broker->kill(1);
  CHECK(f.broker->fetch_sessions() == 0);
  FetchFixture off({.fetch_sessions = 0});
  CHECK(off.connect().call(fetch({{}}, 0, 0), 12).session_id == 0);
}

TEST_CASE("every version of OffsetForLeaderEpoch tells where an epoch ended") {
  FetchFixture f({.brokers = 2}, 1);
  Client& client = f.connect(1);
  f.append(0, "a");
  f.append(0, "b");
  REQUIRE(!f.broker->move_leader("t", 0, 1));  // epoch 1, empty
  REQUIRE(!f.broker->move_leader("t", 0, 1));  // epoch 2
  f.append(0, "c");
  for (int version = 0; version <= 4; ++version) {
    INFO("OffsetForLeaderEpoch " << version);
    auto ask = [&](int32_t epoch, int32_t current = -1) {
      protocol::OffsetForLeaderEpochRequest request;
      request.topics.emplace_back().topic = "t";
      auto& asked = request.topics[0].partitions.emplace_back();
      asked.leader_epoch = epoch;
      asked.current_leader_epoch = current;
      return client.call(request, version).topics.at(0).partitions.at(0);
    };
    CHECK(ask(0).end_offset == 2);
    CHECK(ask(1).end_offset == 2);
    CHECK(ask(2).end_offset == 3);
    CHECK(ask(3).end_offset == -1);
    CHECK(ask(3).error_code == 0);
    if (version >= 1) CHECK(ask(1).leader_epoch == 0);
    if (version < 2) continue;
    CHECK(ask(0, 1).error_code == code(Errc::fenced_leader_epoch));
    CHECK(ask(0, 3).error_code == code(Errc::unknown_leader_epoch));
  }
}

TEST_CASE("D11: after an unclean election a fetch behind the cut is told where the logs part") {
  FetchFixture f({}, 1);
  Client& client = f.connect();
  for (const char* value : {"a", "b", "c"}) f.append(0, value);
  CHECK(f.only(client, fetch({{.offset = 3, .last_epoch = 0}})).diverging_epoch.epoch == -1);
  REQUIRE(!f.broker->truncate_to("t", 0, 1));
  f.append(0, "d");
  f.append(0, "e");
  f.append(0, "f");
  auto parted = f.only(client, fetch({{.offset = 3, .epoch = 1, .last_epoch = 0}}));
  CHECK(parted.error_code == 0);
  CHECK(parted.diverging_epoch.epoch == 0);
  CHECK(parted.diverging_epoch.end_offset == 1);
  CHECK(parted.records.empty());
  CHECK(f.only(client, fetch({{.offset = 3, .last_epoch = 5}})).error_code == code(Errc::offset_out_of_range));
  CHECK(values_in(f.only(client, fetch({{.offset = 1, .epoch = 1, .last_epoch = 0}})).records).front() == "d");
}

TEST_CASE("followers serve consumers, and a leader sends consumers to the follower in their rack") {
  FetchFixture f({.brokers = 3, .racks = {"a", "b"}, .replication_factor = 2}, 1);  // on 1 (leader) and 2
  for (const char* value : {"a", "b", "c"}) f.append(0, value);
  Client& leader = f.connect(1);
  auto from_b = fetch({{}});
  from_b.rack_id = "b";
  auto sent_away = f.only(leader, from_b);
  CHECK(sent_away.preferred_read_replica == 2);
  CHECK(sent_away.records.empty());
  CHECK(sent_away.high_watermark == 3);
  from_b.rack_id = "a";
  CHECK(f.only(leader, from_b).preferred_read_replica == -1);
  Client& follower = f.connect(2);
  CHECK(values_in(f.only(follower, fetch({{}}), 11).records).size() == 3);
  CHECK(f.only(follower, fetch({{}}), 10).error_code == code(Errc::not_leader_or_follower));
  CHECK(f.only(f.connect(3), fetch({{}})).error_code == code(Errc::not_leader_or_follower));
  CHECK(f.only(follower, fetch({{.epoch = 1}})).error_code == code(Errc::unknown_leader_epoch));
  protocol::MetadataRequest ask;
  auto brokers = leader.call(ask, 9).brokers;
  CHECK(brokers.at(1).rack == "b");
  CHECK(!brokers.at(2).rack);

  REQUIRE(!f.broker->set_replica_end("t", 0, 2, 2));
  CHECK(f.only(follower, fetch({{}})).high_watermark == 2);
  CHECK(values_in(f.only(follower, fetch({{}})).records).size() == 2);
  CHECK(f.only(follower, fetch({{.offset = 3}})).error_code == code(Errc::offset_out_of_range));
  auto ahead = fetch({{.offset = 3}});
  ahead.rack_id = "b";
  CHECK(f.only(leader, ahead).preferred_read_replica == -1);
  REQUIRE(!f.broker->set_replica_end("t", 0, 2, -1));
  CHECK(f.only(follower, fetch({{.offset = 3}})).error_code == 0);
  CHECK(f.broker->set_replica_end("t", 0, 3, 1) == Errc::replica_not_available);

  REQUIRE(!f.broker->prefer_replica("t", 0, 77));
  CHECK(f.only(leader, fetch({{}})).preferred_read_replica == 77);
  REQUIRE(!f.broker->prefer_replica("t", 0, {}));
  CHECK(f.only(leader, fetch({{}})).preferred_read_replica == -1);
}

TEST_CASE("B8: readers of committed records stop at open transactions and are told of aborted ones") {
  FetchFixture f({}, 1);
  Client& client = f.connect();
  DevBroker& broker = *f.broker;
  auto committed = [&](int64_t offset) {
    auto request = fetch({{.offset = offset}});
    request.isolation_level = 1;
    return f.only(client, request);
  };
  auto latest = [&](int8_t isolation) {
    protocol::ListOffsetsRequest request;
    request.isolation_level = isolation;
    request.topics.emplace_back().name = "t";
    request.topics[0].partitions.emplace_back().timestamp = -1;
    return client.call(request, 5).topics.at(0).partitions.at(0).offset;
  };
  f.append(0, "plain");                                                                     // 0
  CHECK(broker.append_transactional("t", 0, 5, {{.value = "a1"}, {.value = "a2"}}) == 1);   // 1, 2
  CHECK(broker.append_transactional("t", 0, 6, {{.value = "b"}}, Compression::gzip) == 3);  // 3
  CHECK(committed(0).last_stable_offset == 1);
  CHECK(committed(0).high_watermark == 4);
  CHECK(values_in(committed(0).records) == std::vector<std::string>{"plain"});
  CHECK(committed(0).aborted_transactions->empty());
  CHECK(committed(1).records.empty());
  CHECK(committed(9).error_code == code(Errc::offset_out_of_range));
  CHECK(!committed(9).aborted_transactions);
  CHECK(latest(1) == 1);
  CHECK(latest(0) == 4);
  CHECK(!f.only(client, fetch({{}})).aborted_transactions);

  CHECK(broker.end_transaction("t", 0, 6, TransactionEnd::abort) == 4);
  CHECK(committed(0).last_stable_offset == 1);
  CHECK(broker.end_transaction("t", 0, 5, TransactionEnd::abort) == 5);
  CHECK(broker.append_transactional("t", 0, 5, {{.value = "c"}}) == 6);  // the same producer once more
  CHECK(broker.end_transaction("t", 0, 5, TransactionEnd::commit) == 7);
  CHECK(broker.end_transaction("t", 0, 5, TransactionEnd::abort) == 8);  // a marker alone
  auto all = committed(0);
  CHECK(all.last_stable_offset == 9);
  REQUIRE(all.aborted_transactions->size() == 2);
  CHECK(all.aborted_transactions->at(0).producer_id == 6);  // in the order of the markers
  CHECK(all.aborted_transactions->at(0).first_offset == 3);
  CHECK(all.aborted_transactions->at(1).first_offset == 1);
  broker.list_aborted_newest_first();
  CHECK(committed(0).aborted_transactions->at(0).producer_id == 5);
  CHECK(committed(6).aborted_transactions->empty());
  auto stored = broker.read("t", 0);
  CHECK(stored.size() == 5);  // no markers
  CHECK(values_in(f.only(client, fetch({{}}), 3).records).size() == 5);
  records::BatchIterator batches(all.records);
  int markers = 0;
  while (batches.next()) {
    if (!batches.batch().is_control) continue;
    ++markers;
    CHECK(batches.batch().is_transactional);
    CHECK(batches.batch().count == 1);
  }
  CHECK(markers == 4);
  REQUIRE(!broker.truncate_to("t", 0, 5));  // the marker of 5 is lost: open again
  CHECK(committed(0).last_stable_offset == 1);
}

TEST_CASE("a throttled answer has the pause, and seen() the time of each request") {
  FetchFixture f;
  Client& client = f.connect();
  f.broker->on(ApiKey::fetch).throttle(250ms);
  CHECK(client.call(fetch({{}}), 12).throttle_time_ms == 250);
  CHECK(client.call(fetch({{}}), 12).throttle_time_ms == 0);
  const auto& seen = f.broker->seen();
  CHECK(seen.at(0).at.count() > 0);
  CHECK(seen.at(1).at >= seen.at(0).at);
}

TEST_CASE("a topic can have a limit of its own, stamp its records, or demand keys") {
  FetchFixture f;
  Client& client = f.connect();
  auto produce = [&](Bytes records, int version = 9) {
    protocol::ProduceRequest request;
    request.acks = -1;
    request.topic_data.emplace_back().name = "t";
    request.topic_data[0].partition_data.emplace_back().records = std::move(records);
    return client.call(request, version).responses.at(0).partition_responses.at(0);
  };
  REQUIRE(!f.broker->configure_topic("t", {.message_max_bytes = 100}));
  CHECK(produce(batch_of({std::string(200, 'x')})).error_code == code(Errc::message_too_large));
  REQUIRE(!f.broker->configure_topic("t", {.log_append_time = true}));
  const auto stamped = produce(batch_of({"a"}, 1000));
  CHECK(stamped.error_code == 0);
  CHECK(stamped.log_append_time_ms > 1'600'000'000'000);
  const auto stored = f.broker->read("t", 0);
  REQUIRE(stored.size() == 1);
  CHECK(stored[0].timestamp == stamped.log_append_time_ms);
  CHECK(stored[0].timestamp_type == TimestampType::log_append_time);
  REQUIRE(!f.broker->configure_topic("t", {.compacted = true}));
  records::BatchBuilder builder(256);
  for (const char* key : {"k", "", "k"}) {
    REQUIRE(builder.append(1000, *key ? std::string_view(key) : std::string_view(), "v") == Errc::none);
  }
  Bytes sealed;
  REQUIRE(!builder.seal({}, sealed));
  const auto refused = produce(Bytes::copy(sealed.view()));
  CHECK(refused.error_code == code(Errc::invalid_record));
  REQUIRE(refused.record_errors.size() == 1);
  CHECK(refused.record_errors[0].batch_index == 1);
  CHECK(refused.error_message);
  CHECK(produce(Bytes::copy(sealed.view()), 7).record_errors.empty());
  REQUIRE(!f.broker->configure_topic("t", {}));
  f.broker->on(ApiKey::produce).refuse_records({0, 2});
  const auto scripted = produce(Bytes::copy(sealed.view()));
  CHECK(scripted.error_code == code(Errc::invalid_record));
  CHECK(scripted.record_errors.size() == 2);
  CHECK(f.broker->end_offset("t", 0) == 1);
  CHECK(produce(Bytes::copy(sealed.view())).error_code == 0);
  CHECK(f.broker->configure_topic("none", {}) == Errc::unknown_topic_or_partition);
}
