// What a producer does with answers that no broker should give.
// Not here: frames and bytes that are wrong (the tests of the connection).
#include <kafka/producer.hpp>

#include "producer_fixture.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

using Answer = protocol::ProduceResponse;

// One broker that answers Produce as if everything was stored at offset 100, after the test has changed the answer.
struct Strange {
  SimClient client{1};
  ScriptedBroker peer{client.world, "strange", "10.1.0.1"};
  std::optional<Producer> producer;
  Function<void(Answer&)> change;
  int produced = 0;
  Reports reports;

  explicit Strange(ProducerOptions options = {}) {
    peer.add_topic("t", 2);
    peer.on_request = [this](ScriptedBroker::Connection& to, const protocol::RequestHeader& header,
                             codec::Reader& body) {
      if (header.api != protocol::ApiKey::produce) return false;
      ++produced;
      protocol::ProduceRequest request;
      REQUIRE_FALSE(protocol::decode(body, header.version, request));
      Answer answer;
      for (const auto& topic : request.topic_data) {
        auto& out = answer.responses.emplace_back();
        out.name = topic.name;
        for (const auto& partition : topic.partition_data) {
          auto& stored = out.partition_responses.emplace_back();
          stored.index = partition.index;
          stored.base_offset = 100;
        }
      }
      if (change) change(answer);
      to.answer(header, answer);
      return true;
    };
    client.open({.bootstrap_servers = peer.address()});
    options.enable_idempotence = false;  // the peer has no producer ids
    producer.emplace(*client.session, std::move(options));
  }
  ~Strange() { producer.reset(); }
  void send(int32_t partition, int id) {
    producer->send({.topic = "t", .partition = partition, .value = "v"}, reports.take(id));
  }
  bool until_reports(size_t count) {
    return client.until([this, count] { return reports.size() >= count; });
  }
};

}  // namespace

TEST_CASE("A14: a partition that the answer omits is sent again, and fails loudly when that goes on") {
  for (const bool once : {true, false}) {
    Strange strange({.delivery_timeout = 5s});
    strange.change = [&](Answer& answer) {
      if (once && strange.produced > 1) return;
      for (auto& topic : answer.responses) {
        std::erase_if(topic.partition_responses, [](const auto& partition) { return partition.index == 1; });
      }
    };
    strange.send(0, 0);
    strange.send(1, 1);
    REQUIRE(strange.until_reports(2));
    CHECK(strange.reports.ids() == std::vector<int>{0, 1});
    CHECK_FALSE(strange.reports[0].error);
    if (once) {
      CHECK_FALSE(strange.reports[1].error);
      CHECK(strange.produced == 2);
    } else {
      CHECK(strange.reports[1].error == Errc::timed_out);
      CHECK(strange.reports[1].persistence == Persistence::maybe);
      CHECK(strange.produced < 20);
    }
    strange.client.close();
  }
}

TEST_CASE("A14: the first answer for a repeated partition counts, and a partition that was not sent is ignored") {
  Strange strange;
  strange.change = [](Answer& answer) {
    auto& partitions = answer.responses.at(0).partition_responses;
    partitions.push_back(partitions.at(0));
    partitions.back().error_code = static_cast<int16_t>(Errc::invalid_record);
    partitions.push_back(partitions.at(0));
    partitions.back().index = 77;
    auto other = answer.responses.at(0);
    other.name = "other";
    answer.responses.push_back(std::move(other));
  };
  strange.send(0, 0);
  REQUIRE(strange.until_reports(1));
  strange.client.run(5s);
  CHECK(strange.reports.size() == 1);
  CHECK_FALSE(strange.reports[0].error);
  CHECK(strange.reports[0].offset == 100);
  CHECK(strange.produced == 1);
  strange.client.close();
}

TEST_CASE("A19: a base offset that leaves no room for the records is told as unknown") {
  for (const auto& [base, told] : std::vector<std::pair<int64_t, int64_t>>{
           {INT64_MAX, -1}, {INT64_MAX - 1, -1}, {INT64_MAX - 3, INT64_MAX - 1}, {INT64_MIN, -1}}) {
    CAPTURE(base);
    Strange strange;
    strange.change = [base = base](Answer& answer) {
      answer.responses.at(0).partition_responses.at(0).base_offset = base;
    };
    for (int id = 0; id < 3; ++id) strange.send(0, id);
    REQUIRE(strange.until_reports(3));
    CHECK_FALSE(strange.reports[2].error);
    CHECK(strange.reports[2].offset == told);
    CHECK(strange.reports[2].persistence == Persistence::yes);
    strange.client.close();
  }
}

TEST_CASE("A15: metadata with no usable partition is not taken for a topic") {
  for (const int32_t number : {-5, 1000, INT32_MAX}) {
    Strange strange({.delivery_timeout = 3s});
    auto& topic = strange.peer.metadata.topics.at(0);
    topic.partitions.resize(1);
    topic.partitions[0].partition_index = number;
    strange.producer->send({.topic = "t", .key = "k", .value = "v"}, strange.reports.take(0));
    strange.producer->send({.topic = "t", .value = "v"}, strange.reports.take(1));
    strange.send(0, 2);
    REQUIRE(strange.until_reports(3));
    CHECK(strange.reports.count(Errc::timed_out) == 3);
    for (size_t i = 0; i < 3; ++i) CHECK(strange.reports[i].persistence == Persistence::no);
    strange.client.close();
  }
}

TEST_CASE("A15: a named leader that cannot be reached does not make a busy loop") {
  Strange strange({.delivery_timeout = 5s});
  int32_t epoch = 10;
  strange.change = [&](Answer& answer) {
    auto& partition = answer.responses.at(0).partition_responses.at(0);
    partition.error_code = static_cast<int16_t>(Errc::not_leader_or_follower);
    partition.current_leader.leader_id = 99;  // its address was not given
    partition.current_leader.leader_epoch = ++epoch;
  };
  strange.send(0, 0);
  REQUIRE(strange.until_reports(1));
  CHECK(strange.reports[0].error == Errc::timed_out);
  CHECK(strange.produced < 20);
  strange.client.close();
}

TEST_CASE("A15: a broker that names itself as the new leader with ever newer epochs is not asked in a loop") {
  Strange strange({.delivery_timeout = 5s});
  int32_t epoch = 10;
  strange.change = [&](Answer& answer) {
    auto& partition = answer.responses.at(0).partition_responses.at(0);
    partition.error_code = static_cast<int16_t>(Errc::not_leader_or_follower);
    partition.current_leader.leader_id = 1;
    partition.current_leader.leader_epoch = ++epoch;
  };
  strange.send(0, 0);
  REQUIRE(strange.until_reports(1));
  CHECK(strange.reports[0].error == Errc::timed_out);
  CHECK(strange.produced < 30);
  strange.client.close();
}
