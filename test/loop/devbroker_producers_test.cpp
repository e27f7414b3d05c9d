// Idempotent producers against the dev broker over real sockets: ids, sequences, leaders that move or die, differences
// between releases.
#include "devbroker_client.hpp"
#include "protocol/init_producer_id.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::test;

namespace {

protocol::InitProducerIdRequest init(int64_t id = -1, int16_t epoch = -1) {
  protocol::InitProducerIdRequest request;
  request.transactional_id.reset();
  request.producer_id = id;
  request.producer_epoch = epoch;
  return request;
}

struct ProducersFixture : BrokerFixture {
  explicit ProducersFixture(DevBrokerOptions options = {}) : BrokerFixture(std::move(options)) {
    REQUIRE(!broker->create_topic("t", 1));
  }
  auto produce(Client& client, int32_t sequence, int16_t epoch = 0, int64_t producer = 4, int version = 5) {
    records::BatchBuilder builder(256);
    REQUIRE(builder.append(1000, {}, "v") == Errc::none);
    protocol::ProduceRequest request;
    request.acks = -1;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "t";
    auto& data = topic.partition_data.emplace_back();
    REQUIRE(!builder.seal({.producer_id = producer, .producer_epoch = epoch, .base_sequence = sequence}, data.records));
    return client.call(request, version).responses.at(0).partition_responses.at(0);
  }
};

}  // namespace

TEST_CASE("every version of InitProducerId hands out a new id") {
  BrokerFixture f({.brokers = 2});
  Client& client = f.connect(2);
  for (int version = 0; version <= 6; ++version) {
    INFO("InitProducerId " << version);
    auto response = client.call(init(), version);
    CHECK(response.error_code == 0);
    CHECK(response.producer_id == version);
    CHECK(response.producer_epoch == 0);
  }
  CHECK(client.call(init(3, 0), 3).producer_id == 7);  // without a transactional id always a new one
  CHECK(client.call(init(3, -1), 3).error_code == code(Errc::invalid_request));
  f.broker->set_next_producer_epoch(32766);
  CHECK(client.call(init(), 4).producer_epoch == 32766);
  CHECK(client.call(init(), 4).producer_epoch == 0);
  f.broker->on(ApiKey::init_producer_id).reply(Errc::coordinator_load_in_progress);
  CHECK(client.call(init(), 4).error_code == code(Errc::coordinator_load_in_progress));
}

TEST_CASE("only its coordinator serves a transactional id") {
  BrokerFixture f({.brokers = 2});
  auto request = init();
  request.transactional_id = "tx";
  request.transaction_timeout_ms = 1000;
  const int32_t right = f.broker->coordinator("tx");
  CHECK(f.connect(3 - right).call(request, 4).error_code == code(Errc::not_coordinator));
  Client& client = f.connect(right);
  auto first = client.call(request, 4);
  CHECK(first.error_code == 0);
  CHECK(client.call(request, 4).producer_epoch == first.producer_epoch + 1);
  request.producer_id = first.producer_id;
  request.producer_epoch = first.producer_epoch;
  CHECK(client.call(request, 4).error_code == code(Errc::producer_fenced));
  CHECK(client.call(request, 3).error_code == code(Errc::invalid_producer_epoch));
  request.transactional_id = "";
  CHECK(client.call(request, 4).error_code == code(Errc::invalid_request));
}

TEST_CASE("retries, gaps and old epochs are told apart, also by the next leader") {
  ProducersFixture f({.brokers = 2});
  Client& first = f.connect(1);
  CHECK(f.produce(first, 0).base_offset == 0);
  CHECK(f.produce(first, 1).base_offset == 1);
  const auto again = f.produce(first, 0);
  CHECK(again.error_code == 0);
  CHECK(again.base_offset == 0);
  CHECK(f.produce(first, 3).error_code == code(Errc::out_of_order_sequence_number));
  f.broker->kill(1);
  Client& second = f.connect(2);
  CHECK(f.produce(second, 1).base_offset == 1);
  CHECK(f.produce(second, 2).base_offset == 2);
  f.broker->restart(1);
  REQUIRE(!f.broker->move_leader("t", 0, 1));
  Client& third = f.connect(1);
  CHECK(f.produce(third, 2).base_offset == 2);
  CHECK(f.produce(third, 0, 1).base_offset == 3);
  CHECK(f.produce(third, 3).error_code == code(Errc::invalid_producer_epoch));
  CHECK(f.broker->end_offset("t", 0) == 4);
  const auto known = f.broker->producers("t", 0);
  REQUIRE(known.size() == 1);
  CHECK(known[0].id == 4);
  CHECK(known[0].epoch == 1);
  CHECK(known[0].last_sequence == 0);
}

TEST_CASE("E9: a forgotten producer is unknown to 1.1 and may go on with 4.3") {
  ProducersFixture f({.version = "1.1"});
  Client& client = f.connect();
  CHECK(f.produce(client, 0).error_code == 0);
  REQUIRE(!f.broker->truncate_before("t", 0, -1));
  CHECK(f.produce(client, 1).error_code == code(Errc::unknown_producer_id));
  CHECK(f.produce(client, -1).error_code == code(Errc::corrupt_message));  // invalid_record came with 2.4
  CHECK(f.produce(client, 0).error_code == 0);
  REQUIRE(!f.broker->as_version("4.3"));
  REQUIRE(!f.broker->truncate_before("t", 0, -1));
  CHECK(f.produce(client, 2).error_code == code(Errc::out_of_order_sequence_number));
  REQUIRE(!f.broker->forget_producers("t", 0));
  CHECK(f.produce(client, 2).error_code == 0);
  CHECK(f.broker->forget_producers("t", 9) == Errc::unknown_topic_or_partition);
}

TEST_CASE("E7, E8: a producer can be put near the end of its sequences and epochs") {
  ProducersFixture f;
  Client& client = f.connect();
  CHECK(f.produce(client, 0).error_code == 0);
  REQUIRE(!f.broker->set_producer("t", 0, {.id = 4, .epoch = 32767, .last_sequence = INT32_MAX - 1}));
  CHECK(f.produce(client, 0, 32766).error_code == code(Errc::invalid_producer_epoch));
  CHECK(f.produce(client, INT32_MAX, 32767).error_code == 0);
  CHECK(f.produce(client, 0, 32767).base_offset == 2);
  CHECK(f.broker->set_producer("t", 0, {.id = -2}) == Errc::invalid_argument);
}

TEST_CASE("an idempotent batch whose answer was lost is in the log once") {
  ProducersFixture f;
  Client& first = f.connect();
  f.broker->on(ApiKey::produce).close_after();
  records::BatchBuilder builder(256);
  REQUIRE(builder.append(1000, {}, "v") == Errc::none);
  protocol::ProduceRequest request;
  request.acks = -1;
  request.topic_data.emplace_back().name = "t";
  Bytes sealed;
  REQUIRE(!builder.seal({.producer_id = 1, .producer_epoch = 0, .base_sequence = 0}, sealed));
  request.topic_data[0].partition_data.emplace_back().records = sealed;
  first.send(request, 9);
  CHECK(first.is_closed_soon());
  auto response = f.connect().call(request, 9);
  CHECK(response.responses.at(0).partition_responses.at(0).base_offset == 0);
  CHECK(response.responses.at(0).partition_responses.at(0).log_append_time_ms == 1000);
  CHECK(f.broker->end_offset("t", 0) == 1);
}
