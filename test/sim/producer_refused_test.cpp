// E11: a broker that refuses single records of a batch and names them (KIP-467): those fail, the others arrive.
#include <kafka/producer.hpp>

#include "producer_fixture.hpp"
#include "protocol/produce.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> numbers(std::vector<int> all) {
  std::vector<std::string> values;
  for (int one : all) values.push_back(std::to_string(one));
  return values;
}

using Answer = protocol::ProduceResponse;
using PartitionAnswer = Answer::TopicProduceResponse::PartitionProduceResponse;

// One broker that counts what it is given and answers as a test wants it.
struct Refusing {
  SimClient client{1};
  ScriptedBroker peer{client.world, "strange", "10.1.0.1"};
  std::optional<Producer> producer;
  Function<void(PartitionAnswer&, int attempt)> change;
  int produced = 0;
  Reports reports;

  Refusing() {
    peer.add_topic("t", 1);
    peer.on_request = [this](ScriptedBroker::Connection& to, const protocol::RequestHeader& header,
                             codec::Reader& body) {
      if (header.api != protocol::ApiKey::produce) return false;
      protocol::ProduceRequest request;
      REQUIRE_FALSE(protocol::decode(body, header.version, request));
      Answer answer;
      auto& topic = answer.responses.emplace_back();
      topic.name = request.topic_data.at(0).name;
      auto& partition = topic.partition_responses.emplace_back();
      partition.base_offset = 100;
      change(partition, ++produced);
      to.answer(header, answer);
      return true;
    };
    client.open({.bootstrap_servers = peer.address()});
    producer.emplace(*client.session, ProducerOptions{.acks = Acks::leader});
  }
  ~Refusing() { producer.reset(); }
  void send(int count) {
    for (int i = 0; i < count; ++i) {
      producer->send({.topic = "t", .partition = 0, .value = std::to_string(i)}, reports.take(i));
    }
    REQUIRE(client.until([&] { return reports.size() >= static_cast<size_t>(count); }));
    CHECK(reports.size() == static_cast<size_t>(count));
    CHECK(producer->queued_bytes() == 0);
  }
  const DeliveryReport& of(int id) const {
    for (const auto& entry : reports.all) {
      if (entry.id == id) return entry.report;
    }
    FAIL("no report of " << id);
    throw 0;
  }
};

}  // namespace

TEST_CASE("E11: only the records that the broker names fail; the others are in the log, in order and once") {
  const Acks acks = GENERATE(Acks::all, Acks::leader);
  const Compression codec = GENERATE(Compression::none, Compression::gzip);
  ProducerWorld world({.acks = acks, .compression_type = codec});
  world.warm_up();
  world.on_produce().refuse_records({4, 1});
  Reports reports;
  for (int i = 0; i < 6; ++i) CHECK_FALSE(world.send(std::to_string(i), reports, i));
  bool flushed = false;
  world.producer->flush([&] {
    flushed = true;
    CHECK(reports.size() == 6);
  });
  REQUIRE(world.until([&] { return flushed; }));
  CHECK(reports.ids() == std::vector<int>{1, 4, 0, 2, 3, 5});
  CHECK(reports.count(Errc::invalid_record) == 2);
  for (const auto& [id, report] : reports.all) {
    CHECK((report.error == Errc::invalid_record) == (id == 1 || id == 4));
    CHECK(report.persistence == (report.error ? Persistence::no : Persistence::yes));
    if (!report.error) CHECK(world.values(0).at(static_cast<size_t>(report.offset)) == std::to_string(id));
  }
  auto values = world.values(0);
  values.erase(values.begin());
  CHECK(values == numbers({0, 2, 3, 5}));
  world.finish();
}

TEST_CASE("E11: batches that were under way behind the refused one keep their order") {
  ProducerWorld world({.batch_size = 100});
  world.warm_up();
  world.world.set_latency(50ms, 50ms);
  world.on_produce().skip(1).refuse_records({0});
  Reports reports;
  for (int i = 0; i < 40; ++i) CHECK_FALSE(world.send(std::to_string(i), reports, i));
  REQUIRE(world.until_reports(reports, 40));
  REQUIRE(reports.count(Errc::invalid_record) == 1);
  REQUIRE(reports.count(Errc::none) == 39);
  auto values = world.values(0);
  values.erase(values.begin());
  std::vector<std::string> wanted;
  for (int i = 0; i < 40; ++i) {
    for (const auto& [id, report] : reports.all) {
      if (id == i && !report.error) wanted.push_back(std::to_string(i));
    }
  }
  CHECK(values == wanted);
  CHECK(wanted.size() == 39);
  world.finish();
}

TEST_CASE("E11: records sent after a refused batch follow it at once: its chain has no gap") {
  ProducerWorld world;
  world.warm_up();
  world.on_produce().refuse_records({1});
  Reports reports;
  for (int i = 0; i < 3; ++i) CHECK_FALSE(world.send(std::to_string(i), reports, i));
  REQUIRE(world.until_reports(reports, 3));
  const int64_t before = world.produces();
  CHECK_FALSE(world.send("3", reports, 3));
  REQUIRE(world.until_reports(reports, 4));
  CHECK_FALSE(reports[3].error);
  CHECK(world.produces() == before + 1);
  CHECK(world.values(0) == std::vector<std::string>{"warm-up", "0", "2", "3"});
  world.finish();
}

TEST_CASE("E11: a compacted topic refuses the records without a key, and says so in their reports") {
  ProducerWorld world;
  REQUIRE_FALSE(world.cluster().topics().configure("t", {.compacted = true}));
  Reports reports;
  for (int i = 0; i < 5; ++i) {
    const bool keyed = i != 2;
    world.producer->send({.topic = "t",
                          .partition = 0,
                          .key = keyed ? std::string_view("k") : std::string_view(),
                          .value = std::to_string(i)},
                         reports.take(i));
  }
  REQUIRE(world.until_reports(reports, 5));
  CHECK(world.values(0) == numbers({0, 1, 3, 4}));
  REQUIRE(reports.all[0].id == 2);
  CHECK(reports[0].error == Errc::invalid_record);
  CHECK(reports[0].error.message().find("without a key") != std::string::npos);
  CHECK(reports[0].persistence == Persistence::no);
  world.finish();
}

TEST_CASE("E11: impossible and repeated record numbers in an answer are ignored, and each record has its own text") {
  Refusing strange;
  strange.change = [](PartitionAnswer& answer, int attempt) {
    if (attempt > 1) return;
    answer.error_code = static_cast<int16_t>(Errc::invalid_timestamp);
    answer.error_message = "some are bad";
    for (const auto& [place, text] : std::vector<std::pair<int32_t, std::string>>{
             {5, "five"}, {-1, "x"}, {1, "one"}, {6, "x"}, {INT32_MAX, "x"}, {INT32_MIN, "x"}, {5, "again"}, {2, ""}}) {
      auto& one = answer.record_errors.emplace_back();
      one.batch_index = place;
      if (!text.empty()) one.batch_index_error_message = text;
    }
  };
  strange.send(6);
  CHECK(strange.produced == 2);
  for (int id : {1, 2, 5}) CHECK(strange.of(id).error == Errc::invalid_record);
  CHECK(strange.of(1).error.message().find("one") != std::string::npos);
  CHECK(strange.of(2).error.message().find("some are bad") != std::string::npos);
  CHECK(strange.of(5).error.message().find("five") != std::string::npos);
  int64_t offset = 100;
  for (int id : {0, 3, 4}) {
    CHECK_FALSE(strange.of(id).error);
    CHECK(strange.of(id).offset == offset++);
  }
}

TEST_CASE(
    "E11: an error without record numbers concerns the whole batch, and a single named record has the batch's code") {
  Refusing strange;
  SECTION("nothing is named") {
    strange.change = [](PartitionAnswer& answer, int) {
      answer.error_code = static_cast<int16_t>(Errc::invalid_record);
      answer.error_message = "all of it";
    };
    strange.send(3);
    CHECK(strange.produced == 1);
    CHECK(strange.reports.count(Errc::invalid_record) == 3);
    CHECK(strange.of(2).error.message().find("all of it") != std::string::npos);
  }
  SECTION("nothing that exists is named") {
    strange.change = [](PartitionAnswer& answer, int) {
      answer.error_code = static_cast<int16_t>(Errc::invalid_record);
      answer.record_errors.emplace_back().batch_index = 3;
    };
    strange.send(3);
    CHECK(strange.produced == 1);
    CHECK(strange.reports.count(Errc::invalid_record) == 3);
  }
  SECTION("everything is named") {
    strange.change = [](PartitionAnswer& answer, int) {
      answer.error_code = static_cast<int16_t>(Errc::invalid_record);
      for (int32_t i : {2, 1, 0}) answer.record_errors.emplace_back().batch_index = i;
    };
    strange.send(3);
    CHECK(strange.produced == 1);
    CHECK(strange.reports.count(Errc::invalid_record) == 3);
    CHECK(strange.reports.ids() == std::vector<int>{0, 1, 2});
  }
  SECTION("one record after the other") {
    strange.change = [](PartitionAnswer& answer, int) {
      answer.error_code = static_cast<int16_t>(Errc::invalid_timestamp);
      answer.record_errors.emplace_back().batch_index = 0;
    };
    strange.send(5);
    CHECK(strange.produced == 5);
    CHECK(strange.reports.count(Errc::invalid_timestamp) == 5);
  }
  SECTION("without an error") {
    strange.change = [](PartitionAnswer& answer, int) { answer.record_errors.emplace_back().batch_index = 0; };
    strange.send(3);
    CHECK(strange.reports.count(Errc::none) == 3);
  }
  SECTION("with an error that passes") {
    strange.change = [](PartitionAnswer& answer, int attempt) {
      if (attempt > 1) return;
      answer.error_code = static_cast<int16_t>(Errc::not_enough_replicas);
      answer.record_errors.emplace_back().batch_index = 0;
    };
    strange.send(3);
    CHECK(strange.produced == 2);
    CHECK(strange.reports.count(Errc::none) == 3);
  }
}
