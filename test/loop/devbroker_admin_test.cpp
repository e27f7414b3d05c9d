// Topics made, changed and deleted by clients, over real sockets; and what DevBroker has for tests.
#include "devbroker_client.hpp"
#include "protocol/create_partitions.hpp"
#include "protocol/create_topics.hpp"
#include "protocol/delete_records.hpp"
#include "protocol/delete_topics.hpp"
#include "protocol/describe_configs.hpp"
#include "protocol/metadata.hpp"

using namespace kafka;
using namespace kafka::test;
using namespace std::chrono_literals;

namespace {

protocol::CreateTopicsRequest create(std::vector<std::pair<std::string, int32_t>> topics) {
  protocol::CreateTopicsRequest request;
  for (auto& [name, partitions] : topics) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.num_partitions = partitions;
    topic.replication_factor = -1;
  }
  return request;
}

std::optional<std::string> config_of(Client& client, const std::string& topic, const std::string& name) {
  protocol::DescribeConfigsRequest request;
  request.resources.push_back({2, topic, std::vector<std::string>{name}});
  const auto answer = client.call(request, 4);
  REQUIRE(answer.results.size() == 1);
  REQUIRE(answer.results[0].error_code == 0);
  REQUIRE(answer.results[0].configs.size() == 1);
  return answer.results[0].configs[0].value;
}

}  // namespace

TEST_CASE("clients create topics, with partitions, replicas and configuration") {
  BrokerFixture fixture({.brokers = 3, .default_partitions = 2});
  Client& client = fixture.connect(2);
  auto request = create({{"plain", 4}, {"default", -1}, {"none", 0}, {"bad name", 1}, {"twice", 1}, {"twice", 1}});
  request.topics[0].replication_factor = 2;
  request.topics[0].configs = {{"cleanup.policy", "compact"}, {"retention.ms", "1000"}};
  auto& unknown = request.topics.emplace_back();
  unknown.name = "unknown-config";
  unknown.num_partitions = 1;
  unknown.replication_factor = 1;
  unknown.configs = {{"no.such.config", "1"}};
  auto& copies = request.topics.emplace_back();
  copies.name = "copies";
  copies.num_partitions = 1;
  copies.replication_factor = 4;
  auto& by_hand = request.topics.emplace_back();
  by_hand.name = "by-hand";
  by_hand.num_partitions = -1;
  by_hand.replication_factor = -1;
  by_hand.assignments = {{1, {3, 1}}, {0, {2}}};
  const auto answer = client.call(request, 7);
  REQUIRE(answer.topics.size() == 9);
  CHECK(answer.topics[0].error_code == 0);
  CHECK(answer.topics[0].num_partitions == 4);
  CHECK(answer.topics[0].replication_factor == 2);
  CHECK_FALSE(answer.topics[0].topic_id.is_zero());
  CHECK(answer.topics[1].num_partitions == 2);
  CHECK(answer.topics[2].error_code == code(Errc::invalid_partitions));
  CHECK(answer.topics[3].error_code == code(Errc::invalid_topic));
  CHECK(answer.topics[4].error_code == code(Errc::invalid_request));
  CHECK(answer.topics[5].error_code == code(Errc::invalid_request));
  CHECK(answer.topics[6].error_code == code(Errc::invalid_config));
  CHECK(answer.topics[6].error_message == "Unknown topic config name: no.such.config");
  CHECK(answer.topics[7].error_code == code(Errc::invalid_replication_factor));
  CHECK(answer.topics[8].error_code == 0);
  CHECK(fixture.broker->topics() == std::vector<std::string>{"by-hand", "default", "plain"});
  CHECK(fixture.broker->leader("by-hand", 0) == 2);
  CHECK(fixture.broker->leader("by-hand", 1) == 3);
  CHECK(client.call(create({{"plain", 1}}), 7).topics[0].error_code == code(Errc::topic_already_exists));

  CHECK(config_of(client, "plain", "retention.ms") == "1000");
  CHECK(config_of(client, "plain", "cleanup.policy") == "compact");
  CHECK(config_of(client, "default", "cleanup.policy") == "delete");
  REQUIRE_FALSE(fixture.broker->configure_topic("default", {.log_append_time = true}));
  CHECK(config_of(client, "default", "message.timestamp.type") == "LogAppendTime");

  auto only = create({{"only-validated", 1}});
  only.validate_only = true;
  CHECK(client.call(only, 7).topics[0].error_code == 0);
  CHECK(fixture.broker->topics().size() == 3);
}

TEST_CASE("clients delete topics by name and by id, and a new one of that name has another id") {
  BrokerFixture fixture;
  Client& client = fixture.connect();
  const auto first = client.call(create({{"a", 1}, {"b", 1}}), 7);
  REQUIRE(fixture.broker->append("a", 0, {.value = "old"}) == 0);
  protocol::DeleteTopicsRequest request;
  request.topic_names = {"a", "none"};
  const auto by_name = client.call(request, 5);
  REQUIRE(by_name.responses.size() == 2);
  CHECK(by_name.responses[0].error_code == 0);
  CHECK(by_name.responses[1].error_code == code(Errc::unknown_topic_or_partition));
  request.topic_names.clear();
  request.topics.push_back({std::nullopt, first.topics[1].topic_id});
  request.topics.push_back({std::nullopt, first.topics[0].topic_id});
  const auto by_id = client.call(request, 6);
  REQUIRE(by_id.responses.size() == 2);
  CHECK(by_id.responses[0].error_code == 0);
  CHECK(by_id.responses[0].name == "b");
  CHECK(by_id.responses[1].error_code == code(Errc::unknown_topic_id));
  CHECK(fixture.broker->topics().empty());
  const auto again = client.call(create({{"a", 1}}), 7);
  CHECK(again.topics[0].error_code == 0);
  CHECK(again.topics[0].topic_id != first.topics[0].topic_id);
  CHECK(fixture.broker->end_offset("a", 0) == 0);
}

TEST_CASE("clients give a topic more partitions, and never fewer") {
  BrokerFixture fixture({.brokers = 2});
  REQUIRE_FALSE(fixture.broker->create_topic("t", 2));
  Client& client = fixture.connect();
  protocol::CreatePartitionsRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "t";
  topic.assignments.reset();
  const auto ask = [&](int32_t count) {
    request.topics[0].count = count;
    return client.call(request, 3).results.at(0).error_code;
  };
  CHECK(ask(2) == code(Errc::invalid_partitions));
  CHECK(ask(1) == code(Errc::invalid_partitions));
  CHECK(ask(4) == 0);
  CHECK(fixture.broker->leader("t", 3) > 0);
  CHECK(fixture.broker->leader("t", 4) == -1);
  CHECK(fixture.broker->append("t", 3, {.value = "v"}) == 0);
  request.validate_only = true;
  CHECK(ask(5) == 0);
  CHECK(fixture.broker->end_offset("t", 4) == -1);
  request.topics[0].name = "none";
  CHECK(ask(5) == code(Errc::unknown_topic_or_partition));
}

TEST_CASE("clients delete records below an offset") {
  BrokerFixture fixture;
  REQUIRE_FALSE(fixture.broker->create_topic("t", 1));
  for (int i = 0; i < 5; ++i) fixture.broker->append("t", 0, {.value = "v"});
  Client& client = fixture.connect();
  const auto ask = [&](int32_t partition, int64_t offset) {
    protocol::DeleteRecordsRequest request;
    request.topics.push_back({"t", {{partition, offset}}});
    return client.call(request, 2).topics.at(0).partitions.at(0);
  };
  CHECK(ask(0, 3).low_watermark == 3);
  CHECK(fixture.broker->start_offset("t", 0) == 3);
  CHECK(ask(0, 9).error_code == code(Errc::offset_out_of_range));
  CHECK(ask(1, 0).error_code == code(Errc::unknown_topic_or_partition));
  CHECK(ask(0, -1).low_watermark == 5);
}

TEST_CASE("faults of the administrative requests") {
  BrokerFixture fixture;
  Client& client = fixture.connect();
  REQUIRE_FALSE(fixture.broker->add_fault("CreateTopics:error=NOT_CONTROLLER"));
  CHECK(client.call(create({{"t", 1}}), 7).topics[0].error_code == code(Errc::not_controller));
  CHECK(fixture.broker->topics().empty());
  fixture.broker->on(ApiKey::create_topics).reply_after(Errc::request_timed_out);
  CHECK(client.call(create({{"t", 1}}), 7).topics[0].error_code == code(Errc::request_timed_out));
  CHECK(fixture.broker->topics().size() == 1);
  REQUIRE_FALSE(fixture.broker->add_fault("DeleteTopics:cut"));
  protocol::DeleteTopicsRequest request;
  request.topic_names = {"t"};
  client.send(request, 5);
  CHECK(client.is_closed_soon());
  CHECK(fixture.broker->topics().empty());
  CHECK(fixture.broker->add_fault("Nothing:cut") == Errc::invalid_argument);
}

TEST_CASE("run_until runs the loop until something holds, or for the time that was given") {
  BrokerFixture fixture;
  Client& client = fixture.connect();
  client.send(create({{"t", 1}}), 7);
  CHECK(fixture.broker->run_until([&] { return client.received() > 0; }));
  CHECK(fixture.broker->topics().size() == 1);
  int asked = 0;
  CHECK_FALSE(fixture.broker->run_until([&] { return ++asked < 0; }, 30ms));
  CHECK(asked > 1);
  CHECK(fixture.broker->run_until([] { return true; }, 0ms));
  CHECK_FALSE(fixture.broker->run_until([] { return false; }, 0ms));
}
