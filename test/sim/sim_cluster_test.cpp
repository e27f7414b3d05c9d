// The dev broker on the simulated reactor: the same answers, deaths and returns, the same run from the same seed.
#include "sim_cluster.hpp"

#include "catch.hpp"
#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "protocol/fetch.hpp"
#include "protocol/header.hpp"
#include "protocol/message.hpp"
#include "protocol/metadata.hpp"
#include "protocol/produce.hpp"
#include "records/builder.hpp"
#include "records/wire.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

class Caller : public net::StreamHandler {
 public:
  Caller(SimWorld& world, int broker) : world_(world), reactor_(world.node("client", "10.2.0.1")) {
    stream_ = reactor_.connect({SimCluster::ip(broker), SimCluster::kPort}, *this);
  }
  std::span<char> read_buffer() override { return chunk_; }
  void on_read(size_t count) override { received_.append(chunk_, count); }
  void on_closed(Error) override { closed = true; }

  template <class Request>
  void send(const Request& request, int16_t version) {
    codec::Writer writer;
    protocol::begin_request(writer, protocol::key_of<Request>, version, 1, "sim");
    REQUIRE(!protocol::encode(request, version, writer));
    stream_->write(protocol::end_frame(writer));
  }
  template <class Request>
  bool receive(int16_t version, protocol::ResponseOf<Request>& response) {
    auto whole = [this] {
      return received_.size() >= 4 && received_.size() - 4 >= records::load_be<uint32_t>(received_.data());
    };
    if (!world_.run_until([&] { return closed || whole(); }, 60s) || !whole()) return false;
    const size_t size = records::load_be<uint32_t>(received_.data());
    codec::Reader reader(Bytes::copy(std::string_view(received_).substr(4, size)));
    received_.erase(0, 4 + size);
    reader.i32();
    protocol::skip_response_header(reader, protocol::key_of<Request>, version);
    return !protocol::decode(reader, version, response);
  }

  bool closed = false;

 private:
  SimWorld& world_;
  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  std::string received_;
  char chunk_[1000];
};

protocol::ProduceRequest produce(int count) {
  records::BatchBuilder builder(256);
  for (int i = 0; i < count; ++i) REQUIRE(builder.append(1, "k", std::string(100, 'x')) == Errc::none);
  protocol::ProduceRequest request;
  request.acks = -1;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "t";
  REQUIRE(!builder.seal({}, topic.partition_data.emplace_back().records));
  return request;
}

uint64_t run(uint64_t seed) {
  SimWorld world(seed);
  world.set_latency(1ms, 20ms);
  world.set_slicing(1, 300);
  SimCluster brokers(world, 3);
  REQUIRE(!brokers->create_topic("t", 3));
  {
    Caller caller(world, 1);
    caller.send(produce(50), 9);
    protocol::ProduceResponse produced;
    REQUIRE(caller.receive<protocol::ProduceRequest>(9, produced));
    CHECK(produced.responses.at(0).partition_responses.at(0).error_code == 0);
    CHECK(brokers->find_partition("t", 0)->log.end_offset() == 50);

    // A fetch that waits, then the death of its leader.
    protocol::FetchRequest fetch;
    fetch.max_wait_ms = 30000;
    fetch.min_bytes = 1;
    auto& asked = fetch.topics.emplace_back();
    asked.topic = "t";
    asked.partitions.emplace_back().fetch_offset = 50;
    caller.send(fetch, 11);
    world.run_for(1s);
    CHECK_FALSE(caller.closed);
    brokers.kill(1);
    CHECK(world.run_until([&] { return caller.closed; }, 5s));
    CHECK(brokers->find_partition("t", 0)->leader == 2);

    Caller next(world, 2);
    next.send(produce(1), 9);
    REQUIRE(next.receive<protocol::ProduceRequest>(9, produced));
    CHECK(produced.responses.at(0).partition_responses.at(0).base_offset == 50);
    brokers.restart(1);
    Caller again(world, 1);
    protocol::MetadataRequest metadata;
    metadata.topics.reset();
    protocol::MetadataResponse seen;
    again.send(metadata, 9);
    REQUIRE(again.receive<protocol::MetadataRequest>(9, seen));
    CHECK(seen.brokers.size() == 3);
    CHECK(seen.brokers.at(2).host == SimCluster::ip(3));

    // A wait that ends by the clock.
    fetch.topics[0].partitions[0].fetch_offset = 51;
    const Duration before = world.elapsed();
    protocol::FetchResponse fetched;
    next.send(fetch, 11);
    REQUIRE(next.receive<protocol::FetchRequest>(11, fetched));
    CHECK(fetched.responses.at(0).partitions.at(0).records.empty());
    CHECK(world.elapsed() - before >= 30s);
    brokers.pause(2);
    next.send(produce(1), 9);
    world.run_for(10s);
    CHECK(brokers->find_partition("t", 0)->log.end_offset() == 51);
    brokers.resume(2);
    REQUIRE(next.receive<protocol::ProduceRequest>(9, produced));
  }
  world.run_for(1s);
  CHECK(brokers->open_connections(0) == 0);
  return world.trace_hash();
}

}  // namespace

TEST_CASE("dev brokers in simulation live, die and come back, the same way from the same seed") {
  const uint64_t first = run(7);
  CHECK(first == run(7));
  CHECK(first != run(8));
}
