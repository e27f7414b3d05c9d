// A client by hand in the simulated world: one connection to one dev broker, requests and answers as bytes. Nothing of
// the library's own client is in it.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

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
#include "sim_cluster.hpp"

namespace kafka::sim {

using namespace std::chrono_literals;

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

  /// Bytes that have come and were not received yet.
  size_t unread() const { return received_.size(); }

  bool closed = false;

 private:
  SimWorld& world_;
  net::Reactor& reactor_;
  std::unique_ptr<net::Stream> stream_;
  std::string received_;
  char chunk_[1000];
};

/// One batch for partition 0 of "t", with acks=all.
inline protocol::ProduceRequest produce(int count) {
  records::BatchBuilder builder(256);
  for (int i = 0; i < count; ++i) REQUIRE(builder.append(1, "k", std::string(100, 'x')) == Errc::none);
  protocol::ProduceRequest request;
  request.acks = -1;
  auto& topic = request.topic_data.emplace_back();
  topic.name = "t";
  REQUIRE(!builder.seal({}, topic.partition_data.emplace_back().records));
  return request;
}

/// Partition 0 of "t" from this offset on. Waits up to 30 s for the first byte.
inline protocol::FetchRequest fetch_from(int64_t offset) {
  protocol::FetchRequest request;
  request.max_wait_ms = 30000;
  request.min_bytes = 1;
  auto& asked = request.topics.emplace_back();
  asked.topic = "t";
  asked.partitions.emplace_back().fetch_offset = offset;
  return request;
}

}  // namespace kafka::sim
