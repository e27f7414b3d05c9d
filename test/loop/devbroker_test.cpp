// The dev broker over real sockets: every API in every version, Kafka's rules and error codes, fetches that wait.
#include "devbroker_client.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/metadata.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/offset_fetch.hpp"
#include "protocol/produce.hpp"
#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::test;
using namespace std::chrono_literals;

namespace {

Uuid topic_id(Client& client, const std::string& topic) {
  protocol::MetadataRequest request;
  request.topics.emplace().emplace_back().name = topic;
  auto response = client.call(request, 12);
  REQUIRE(response.topics.size() == 1);
  return response.topics[0].topic_id;
}

protocol::ProduceRequest produce(const std::string& topic, int32_t partition, Bytes records, int16_t acks = -1,
                                 Uuid id = {}) {
  protocol::ProduceRequest request;
  request.acks = acks;
  request.timeout_ms = 1000;
  auto& out = request.topic_data.emplace_back();
  if (id.is_zero()) {
    out.name = topic;
  } else {
    out.topic_id = id;
  }
  auto& data = out.partition_data.emplace_back();
  data.index = partition;
  data.records = std::move(records);
  return request;
}

protocol::FetchRequest fetch(const std::string& topic, int32_t partition, int64_t offset, Uuid id = {}) {
  protocol::FetchRequest request;
  request.max_wait_ms = 0;
  request.min_bytes = 1;
  auto& out = request.topics.emplace_back();
  if (id.is_zero()) {
    out.topic = topic;
  } else {
    out.topic_id = id;
  }
  auto& asked = out.partitions.emplace_back();
  asked.partition = partition;
  asked.fetch_offset = offset;
  asked.partition_max_bytes = 1 << 20;
  return request;
}

protocol::ListOffsetsRequest list_offsets(const std::string& topic, int32_t partition, int64_t timestamp, int version) {
  protocol::ListOffsetsRequest request;
  request.replica_id = -1;
  auto& out = request.topics.emplace_back();
  out.name = topic;
  auto& asked = out.partitions.emplace_back();
  asked.partition_index = partition;
  asked.timestamp = timestamp;
  if (version == 0) asked.max_num_offsets = 10;
  return request;
}

int16_t produced(Client& client, const protocol::ProduceRequest& request, int version = 9) {
  return client.call(request, version).responses.at(0).partition_responses.at(0).error_code;
}

}  // namespace

TEST_CASE("every version of Produce appends and every version of Fetch reads back") {
  BrokerFixture f({.brokers = 1});
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 1));
  const Uuid id = topic_id(client, "t");
  for (int version = 0; version <= 13; ++version) {
    INFO("Produce " << version);
    Bytes records = batch_of({"value " + std::to_string(version)});
    if (version < 3) {
      Bytes set;
      REQUIRE(!records::to_message_set(records, version == 2 ? 1 : 0, Compression::none, -1, set));
      records = set;
    }
    auto response = client.call(produce("t", 0, records, -1, version >= 13 ? id : Uuid{}), version);
    REQUIRE(response.responses.size() == 1);
    auto& topic = response.responses[0];
    if (version >= 13) {
      CHECK(topic.topic_id == id);
    } else {
      CHECK(topic.name == "t");
    }
    REQUIRE(topic.partition_responses.size() == 1);
    CHECK(topic.partition_responses[0].error_code == 0);
    CHECK(topic.partition_responses[0].base_offset == version);
  }
  CHECK(f.broker->end_offset("t", 0) == 14);
  for (int version = 0; version <= 18; ++version) {
    INFO("Fetch " << version);
    auto response = client.call(fetch("t", 0, 3, version >= 13 ? id : Uuid{}), version);
    CHECK(response.error_code == 0);
    REQUIRE(response.responses.size() == 1);
    auto& partition = response.responses[0].partitions.at(0);
    CHECK(partition.error_code == 0);
    CHECK(partition.high_watermark == 14);
    if (version >= 4) CHECK(partition.last_stable_offset == 14);
    auto values = values_in(partition.records);
    REQUIRE(values.size() == 11);
    CHECK(values.front() == "value 3");
    CHECK(values.back() == "value 13");
    CHECK(partition.records.data()[records::kMagicAt] == (version >= 4 ? 2 : version >= 2 ? 1 : 0));
  }
  CHECK(f.broker->requests(ApiKey::produce) == 14);
  CHECK(f.broker->requests(ApiKey::fetch, 1) == 19);
  CHECK(f.broker->seen().back().client_id == "tester");
}

TEST_CASE("every version of Metadata names brokers, topics and leaders") {
  BrokerFixture f({.brokers = 3});
  Client& client = f.connect(2);
  REQUIRE(!f.broker->create_topic("t", 3));
  for (int version = 0; version <= 13; ++version) {
    INFO("Metadata " << version);
    protocol::MetadataRequest request;
    request.topics.emplace().emplace_back().name = "t";
    auto response = client.call(request, version);
    REQUIRE(response.brokers.size() == 3);
    CHECK(response.brokers[1].node_id == 2);
    CHECK(response.brokers[1].port == f.broker->port(2));
    REQUIRE(response.topics.size() == 1);
    REQUIRE(response.topics[0].partitions.size() == 3);
    CHECK(response.topics[0].partitions[2].leader_id == 3);
    CHECK(response.topics[0].topic_id.is_zero() == (version < 10));
    protocol::MetadataRequest all;
    if (version == 0) {
      all.topics.emplace();
    } else {
      all.topics.reset();
    }
    CHECK(client.call(all, version).topics.size() == 1);
    if (version > 0) {
      protocol::MetadataRequest none;
      none.topics.emplace();
      CHECK(client.call(none, version).topics.empty());
    }
  }
}

TEST_CASE("topics are created on first use, unless that is forbidden, and never with a bad name") {
  BrokerFixture f({.default_partitions = 2});
  Client& client = f.connect();
  protocol::MetadataRequest request;
  request.topics.emplace().emplace_back().name = "new";
  request.allow_auto_topic_creation = false;
  CHECK(client.call(request, 9).topics[0].error_code == code(Errc::unknown_topic_or_partition));
  request.allow_auto_topic_creation = true;
  auto made = client.call(request, 9);
  CHECK(made.topics[0].error_code == 0);
  CHECK(made.topics[0].partitions.size() == 2);
  request.topics->at(0).name = "not a name";
  CHECK(client.call(request, 9).topics[0].error_code == code(Errc::invalid_topic));
  protocol::MetadataRequest by_id;
  by_id.topics.emplace().emplace_back().topic_id = topic_id(client, "new");
  by_id.topics->at(0).name.reset();
  CHECK(client.call(by_id, 12).topics[0].name == "new");
  by_id.topics->at(0).topic_id.bytes[0] ^= 1;
  CHECK(client.call(by_id, 12).topics[0].error_code == code(Errc::unknown_topic_id));
}

TEST_CASE("every version of ListOffsets returns the first offset, the end, and offsets by time") {
  BrokerFixture f;
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 1));
  REQUIRE(produced(client, produce("t", 0, batch_of({"a", "b"}, 1000))) == 0);
  REQUIRE(produced(client, produce("t", 0, batch_of({"c", "d"}, 2000))) == 0);
  REQUIRE(!f.broker->truncate_before("t", 0, 1));
  for (int version = 0; version <= 11; ++version) {
    INFO("ListOffsets " << version);
    auto ask = [&](int64_t timestamp) {
      return client.call(list_offsets("t", 0, timestamp, version), version).topics.at(0).partitions.at(0);
    };
    CHECK(ask(-1).error_code == 0);
    if (version == 0) {
      CHECK(ask(-1).old_style_offsets == std::vector<int64_t>{4, 1});
      CHECK(ask(-2).old_style_offsets == std::vector<int64_t>{1});
      continue;
    }
    CHECK(ask(-1).offset == 4);
    CHECK(ask(-2).offset == 1);
    CHECK(ask(1001).offset == 1);
    CHECK(ask(1500).offset == 2);
    CHECK(ask(1500).timestamp == 2000);
    CHECK(ask(3000).offset == -1);
    CHECK(ask(3000).error_code == 0);
    CHECK(ask(-3).error_code == (version >= 7 ? 0 : code(Errc::unsupported_version)));
    if (version >= 7) CHECK(ask(-3).offset == 3);
    if (version >= 8) CHECK(ask(-4).offset == 1);
    if (version >= 9) CHECK(ask(-5).offset == -1);
    CHECK(ask(-9).error_code == code(Errc::unsupported_version));
  }
}

TEST_CASE("every version of OffsetCommit stores offsets, and every version of OffsetFetch returns them") {
  BrokerFixture f;
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 2));
  const Uuid id = topic_id(client, "t");
  for (int version = 0; version <= 10; ++version) {
    INFO("OffsetCommit " << version);
    protocol::OffsetCommitRequest request;
    request.group_id = "g" + std::to_string(version);
    auto& topic = request.topics.emplace_back();
    if (version >= 10) {
      topic.topic_id = id;
    } else {
      topic.name = "t";
    }
    for (int32_t number : {1, 7}) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = number;
      partition.committed_offset = 40 + version;
      partition.committed_metadata = "m";
    }
    auto response = client.call(request, version);
    CHECK(response.topics.at(0).partitions.at(0).error_code == 0);
    CHECK(response.topics.at(0).partitions.at(1).error_code == code(Errc::unknown_topic_or_partition));
    if (version > 0) CHECK(f.broker->committed(request.group_id, "t", 1) == 40 + version);
  }
  CHECK(!f.broker->committed("g1", "t", 0));
  for (int version = 0; version <= 10; ++version) {
    INFO("OffsetFetch " << version);
    protocol::OffsetFetchRequest request;
    const std::string group = "g" + std::to_string(version);
    if (version < 8) {
      request.group_id = group;
      auto& topic = request.topics.emplace().emplace_back();
      topic.name = "t";
      topic.partition_indexes = {0, 1};
      auto response = client.call(request, version);
      auto& partitions = response.topics.at(0).partitions;
      CHECK(partitions.at(0).committed_offset == -1);
      CHECK(partitions.at(0).error_code == 0);
      CHECK(partitions.at(1).committed_offset == 40 + version);
      CHECK(partitions.at(1).metadata == "m");
      if (version >= 2) {
        request.topics.reset();
        CHECK(client.call(request, version).topics.at(0).partitions.size() == 1);
      }
      continue;
    }
    for (const std::string& name : {group, std::string("other")}) {
      auto& asked = request.groups.emplace_back();
      asked.group_id = name;
      auto& topic = asked.topics.emplace().emplace_back();
      if (version >= 10) {
        topic.topic_id = id;
      } else {
        topic.name = "t";
      }
      topic.partition_indexes = {1};
    }
    request.groups.emplace_back().group_id = group;
    request.groups.back().topics.reset();
    auto response = client.call(request, version);
    REQUIRE(response.groups.size() == 3);
    CHECK(response.groups[0].topics.at(0).partitions.at(0).committed_offset == 40 + version);
    CHECK(response.groups[1].topics.at(0).partitions.at(0).committed_offset == -1);
    CHECK(response.groups[2].topics.at(0).partitions.at(0).committed_offset == 40 + version);
  }
}

TEST_CASE("commits with a member, an empty group or too much metadata are refused") {
  BrokerFixture f;
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 1));
  auto commit = [&](const std::string& group, int32_t generation, size_t metadata) {
    protocol::OffsetCommitRequest request;
    request.group_id = group;
    request.generation_id_or_member_epoch = generation;
    if (generation >= 0) request.member_id = "me";
    auto& topic = request.topics.emplace_back();
    topic.name = "t";
    auto& partition = topic.partitions.emplace_back();
    partition.committed_offset = 1;
    partition.committed_metadata = std::string(metadata, 'm');
    return client.call(request, 8).topics.at(0).partitions.at(0).error_code;
  };
  CHECK(commit("", -1, 0) == code(Errc::invalid_group_id));
  CHECK(commit("g", 3, 0) == code(Errc::illegal_generation));
  CHECK(commit("g", -1, 4097) == code(Errc::offset_metadata_too_large));
  CHECK(commit("g", -1, 4096) == 0);
}

TEST_CASE("every version of FindCoordinator names the one broker that keeps the group") {
  BrokerFixture f({.brokers = 2});
  Client& client = f.connect(1);
  for (int version = 0; version <= 6; ++version) {
    INFO("FindCoordinator " << version);
    protocol::FindCoordinatorRequest request;
    if (version < 4) {
      request.key = "g";
      auto response = client.call(request, version);
      CHECK(response.error_code == 0);
      CHECK(response.node_id == f.broker->coordinator("g"));
      CHECK(response.port == f.broker->port(response.node_id));
    } else {
      request.coordinator_keys = {"g", "h"};
      auto response = client.call(request, version);
      REQUIRE(response.coordinators.size() == 2);
      CHECK(response.coordinators[0].key == "g");
      CHECK(response.coordinators[0].error_code == 0);
      CHECK(response.coordinators[0].node_id == f.broker->coordinator("g"));
    }
  }
  const int32_t other = 3 - f.broker->coordinator("g");
  Client& wrong = f.connect(other);
  protocol::OffsetFetchRequest ask;
  ask.group_id = "g";
  ask.topics.reset();
  CHECK(wrong.call(ask, 5).error_code == code(Errc::not_coordinator));
  REQUIRE(!f.broker->move_coordinator("g", other));
  CHECK(wrong.call(ask, 5).error_code == 0);
}

TEST_CASE("every version of ApiVersions lists what is served; an unknown one is refused in version 0") {
  BrokerFixture f;
  Client& client = f.connect();
  for (int version = 0; version <= 4; ++version) {
    INFO("ApiVersions " << version);
    protocol::ApiVersionsRequest request;
    request.client_software_name = version >= 3 ? "uvkafka-test" : "";
    request.client_software_version = version >= 3 ? "1.0" : "";
    auto response = client.call(request, version);
    CHECK(response.error_code == 0);
    CHECK(response.api_keys.size() == 27);
    if (version < 3) continue;
    request.client_software_name = "bad name";
    CHECK(client.call(request, version).error_code == code(Errc::invalid_request));
  }
  std::string unknown("\0\0\0\x0C\0\x12\0\x63\0\0\0\x07\0\0\0\0", 16);
  client.send_raw(unknown);
  auto refused = client.receive<protocol::ApiVersionsRequest>(0);
  REQUIRE(refused);
  CHECK(refused->error_code == code(Errc::unsupported_version));
  REQUIRE(refused->api_keys.size() == 1);
  CHECK(refused->api_keys[0].max_version == 4);
}

TEST_CASE("requests that the broker does not understand close the connection") {
  BrokerFixture f;
  for (const std::string& frame : {std::string("\0\0\0\x0A\0\x03\0\x63\0\0\0\x01\xFF\xFF", 14),  // Metadata 99
                                   std::string("\0\0\0\x0A\x01\0\0\0\0\0\0\x01\xFF\xFF", 14),    // API 256
                                   std::string("\0\0\0\x03\0\x03\0", 7),  // shorter than a header
                                   std::string("\0\0\0\x0B\0\x03\0\x01\0\0\0\x01\xFF\xFF\x7F", 15),  // a body cut short
                                   std::string("\xFF\xFF\xFF\xFF", 4), std::string("\x7F\xFF\xFF\xFF", 4)}) {
    Client& client = f.connect();
    client.send_raw(frame);
    CHECK(client.is_closed_soon());
    CHECK(client.received() == 0);
  }
  CHECK(f.broker->open_connections() == 0);
}

TEST_CASE("frames may come in any pieces and many at once; answers keep their order") {
  BrokerFixture f;
  Client& client = f.connect();
  const std::string ask("\0\0\0\x0A\0\x12\0\0\0\0\0\x07\xFF\xFF", 14);
  for (char byte : ask) {
    client.send_raw({&byte, 1});
    uv_run(&f.loop, UV_RUN_NOWAIT);
  }
  REQUIRE(client.receive<protocol::ApiVersionsRequest>(0));
  std::string many;
  for (int i = 0; i < 200; ++i) {
    many += ask;
    many[many.size() - 3] = static_cast<char>(i);
  }
  client.send_raw(many);
  for (int i = 0; i < 200; ++i) REQUIRE(client.receive<protocol::ApiVersionsRequest>(0));
  REQUIRE(!f.broker->create_topic("t", 1));
  CHECK(produced(client, produce("t", 0, batch_of({std::string(900000, 'x')}))) == 0);
  CHECK(f.broker->read("t", 0).at(0).value->size() == 900000);
}

TEST_CASE("a fetch waits for records and is answered as soon as they come") {
  BrokerFixture f;
  Client& reader = f.connect();
  Client& writer = f.connect();
  REQUIRE(!f.broker->create_topic("t", 1));
  auto request = fetch("t", 0, 0);
  request.max_wait_ms = 60000;
  reader.send(request, 11);
  CHECK(reader.stays_silent(50ms));
  REQUIRE(produced(writer, produce("t", 0, batch_of({"now"}))) == 0);
  auto response = reader.receive<protocol::FetchRequest>(11);
  REQUIRE(response);
  CHECK(values_in(response->responses[0].partitions[0].records) == std::vector<std::string>{"now"});

  request.topics[0].partitions[0].fetch_offset = 1;
  request.min_bytes = 150;
  reader.send(request, 11);
  REQUIRE(produced(writer, produce("t", 0, batch_of({"little"}))) == 0);
  CHECK(reader.stays_silent(50ms));
  REQUIRE(produced(writer, produce("t", 0, batch_of({std::string(200, 'x')}))) == 0);
  response = reader.receive<protocol::FetchRequest>(11);
  REQUIRE(response);
  CHECK(values_in(response->responses[0].partitions[0].records).size() == 2);

  request.topics[0].partitions[0].fetch_offset = 3;
  request.max_wait_ms = 30;
  response = reader.call(request, 11);
  CHECK(response->responses[0].partitions[0].error_code == 0);
  CHECK(response->responses[0].partitions[0].records.empty());
}

TEST_CASE("a waiting fetch is answered at once when the leader moves or the topic is deleted") {
  BrokerFixture f({.brokers = 2});
  Client& client = f.connect(1);
  REQUIRE(!f.broker->create_topic("t", 1));
  auto request = fetch("t", 0, 0, topic_id(client, "t"));
  request.max_wait_ms = 60000;
  request.topics[0].partitions[0].current_leader_epoch = 0;  // without it the old leader would serve as a follower
  client.send(request, 16);
  CHECK(client.stays_silent(30ms));
  REQUIRE(!f.broker->move_leader("t", 0, 2));
  auto response = client.receive<protocol::FetchRequest>(16);
  REQUIRE(response);
  auto& partition = response->responses.at(0).partitions.at(0);
  CHECK(partition.error_code == code(Errc::fenced_leader_epoch));
  CHECK(partition.current_leader.leader_id == 2);
  CHECK(partition.current_leader.leader_epoch == 1);
  REQUIRE(response->node_endpoints.size() == 1);
  CHECK(response->node_endpoints[0].port == f.broker->port(2));
  REQUIRE(!f.broker->move_leader("t", 0, 1));
  request.topics[0].partitions[0].current_leader_epoch = 2;
  client.send(request, 16);
  CHECK(client.stays_silent(30ms));
  REQUIRE(!f.broker->delete_topic("t"));
  response = client.receive<protocol::FetchRequest>(16);
  REQUIRE(response);
  CHECK(response->responses.at(0).partitions.at(0).error_code == code(Errc::unknown_topic_id));
}

TEST_CASE("fetches out of range, of other leaders' partitions and with wrong epochs say so") {
  BrokerFixture f({.brokers = 2, .replication_factor = 1});
  Client& client = f.connect(1);
  REQUIRE(!f.broker->create_topic("t", 2));
  REQUIRE(produced(client, produce("t", 0, batch_of({"a", "b"}))) == 0);
  REQUIRE(!f.broker->truncate_before("t", 0, 1));
  auto error = [&](int32_t partition, int64_t offset, int32_t epoch = -1) {
    auto request = fetch("t", partition, offset);
    request.max_wait_ms = 60000;
    request.topics[0].partitions[0].current_leader_epoch = epoch;
    return client.call(request, 12).responses.at(0).partitions.at(0).error_code;
  };
  CHECK(error(0, 0) == code(Errc::offset_out_of_range));
  CHECK(error(0, 3) == code(Errc::offset_out_of_range));
  CHECK(error(0, 1) == 0);
  CHECK(error(1, 0) == code(Errc::not_leader_or_follower));
  CHECK(error(2, 0) == code(Errc::unknown_topic_or_partition));
  CHECK(error(0, 1, 5) == code(Errc::unknown_leader_epoch));
  REQUIRE(!f.broker->move_leader("t", 0, 1));
  CHECK(error(0, 1, 0) == code(Errc::fenced_leader_epoch));
  auto session = fetch("t", 0, 1);
  session.session_id = 77;
  session.session_epoch = 3;
  CHECK(client.call(session, 12).error_code == code(Errc::fetch_session_id_not_found));
}

TEST_CASE("a fetch ends at its limits, but its first batch always comes whole") {
  BrokerFixture f;
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 2));
  for (int32_t partition : {0, 1}) {
    for (int i = 0; i < 3; ++i)
      REQUIRE(produced(client, produce("t", partition, batch_of({std::string(1000, 'x')}))) == 0);
  }
  const size_t one = f.broker->log_size("t", 0) / 3;
  auto request = fetch("t", 0, 0);
  request.topics[0].partitions.push_back(request.topics[0].partitions[0]);
  request.topics[0].partitions[1].partition = 1;
  for (auto& partition : request.topics[0].partitions) partition.partition_max_bytes = 100;
  auto response = client.call(request, 11);
  CHECK(response.responses[0].partitions[0].records.size() == one);
  CHECK(response.responses[0].partitions[1].records.empty());
  for (auto& partition : request.topics[0].partitions) partition.partition_max_bytes = 1 << 20;
  request.max_bytes = static_cast<int32_t>(one * 4 + 100);
  response = client.call(request, 11);
  CHECK(response.responses[0].partitions[0].records.size() == one * 3);
  CHECK(response.responses[0].partitions[1].records.size() == one + 100);
  CHECK(values_in(response.responses[0].partitions[1].records).size() == 1);
  for (auto& partition : request.topics[0].partitions) partition.partition_max_bytes = 100;
  request.max_bytes = INT32_MAX;
  CHECK(client.call(request, 1).responses[0].partitions[0].records.size() == 100);
}

TEST_CASE("a broker refuses broken batches, and batches for others, with the name of their leader") {
  BrokerFixture f({.brokers = 2, .message_max_bytes = 2000});
  Client& client = f.connect(1);
  REQUIRE(!f.broker->create_topic("t", 2));
  auto moved = client.call(produce("t", 1, batch_of({"a"})), 10);
  CHECK(moved.responses[0].partition_responses[0].error_code == code(Errc::not_leader_or_follower));
  CHECK(moved.responses[0].partition_responses[0].current_leader.leader_id == 2);
  REQUIRE(moved.node_endpoints.size() == 1);
  CHECK(moved.node_endpoints[0].node_id == 2);
  CHECK(produced(client, produce("t", 5, batch_of({"a"}))) == code(Errc::unknown_topic_or_partition));
  CHECK(produced(client, produce("nowhere", 0, batch_of({"a"}))) == code(Errc::unknown_topic_or_partition));
  CHECK(produced(client, produce("t", 0, batch_of({"a"}), 2)) == code(Errc::invalid_required_acks));
  CHECK(produced(client, produce("t", 0, batch_of({std::string(2000, 'x')}))) == code(Errc::message_too_large));
  Bytes damaged = batch_of({"a"});
  const_cast<char*>(damaged.data())[damaged.size() - 1] ^= 1;
  CHECK(produced(client, produce("t", 0, damaged)) == code(Errc::corrupt_message));
  CHECK(f.broker->end_offset("t", 0) == 0);
}

TEST_CASE("acks 0 is never answered; an error closes the connection") {
  BrokerFixture f;
  Client& client = f.connect();
  REQUIRE(!f.broker->create_topic("t", 1));
  client.send(produce("t", 0, batch_of({"a"}), 0), 9);
  REQUIRE(client.run_until([&] { return f.broker->end_offset("t", 0) == 1; }));
  CHECK(produced(client, produce("t", 0, batch_of({"b"}), 1)) == 0);
  client.send(produce("t", 9, batch_of({"a"}), 0), 9);
  CHECK(client.is_closed_soon());
  CHECK(client.received() == 0);
}

TEST_CASE("a broker of an old release serves its versions and no others") {
  const std::string release = GENERATE("0.8.2", "0.9");
  BrokerFixture f({.version = release});
  Client& first = f.connect();
  first.send_raw(std::string("\0\0\0\x0A\0\x12\0\0\0\0\0\x07\xFF\xFF", 14));
  protocol::MetadataRequest request;
  request.topics.emplace().emplace_back().name = "t";
  if (release == "0.8.2") {
    CHECK(first.is_closed_soon());
    CHECK(first.received() == 0);
  } else {  // it drops what it does not know
    CHECK(first.call(request, 0).topics[0].error_code == 0);
  }
  CHECK(f.broker->requests(ApiKey::api_versions) == 1);
  Client& second = f.connect();
  CHECK(second.call(request, 0).topics[0].error_code == 0);
  second.send(request, 1);
  CHECK(second.is_closed_soon());
  REQUIRE(!f.broker->as_version("4.3"));
  Client& third = f.connect();
  auto versions = third.call(protocol::ApiVersionsRequest{}, 0);
  REQUIRE(versions.api_keys.size() == 27);
  CHECK(versions.api_keys[1].min_version == 4);
  third.send(produce("t", 0, batch_of({"a"})), 2);
  CHECK(third.is_closed_soon());
  CHECK(f.broker->as_version("7") == Errc::invalid_argument);
}

TEST_CASE("a broker with an option out of range reports that and does not serve") {
  uv_loop_t loop;
  REQUIRE(uv_loop_init(&loop) == 0);
  {
    DevBroker none(&loop, {.brokers = 0});
    CHECK(none.error() == Errc::invalid_option);
    DevBroker first(&loop);
    REQUIRE(!first.error());
    DevBroker second(&loop, {.port = first.port()});
    CHECK(second.error());
    CHECK(second.bootstrap_servers().empty());
    DevBroker where(&loop, {.host = "broker.example"});
    CHECK(where.error() == Errc::invalid_option);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
}
