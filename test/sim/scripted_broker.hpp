// A peer on a simulated host whose answers the test decides, byte by byte if it wants. By default it answers
// ApiVersions and Metadata as a broker does, and nothing else.
// Not here: real broker logic (the dev broker, sim_cluster.hpp).
#pragma once

#include <algorithm>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/reader.hpp"
#include "codec/writer.hpp"
#include "net/frame_reader.hpp"
#include "protocol/api_table.hpp"
#include "protocol/api_versions.hpp"
#include "protocol/header.hpp"
#include "protocol/message.hpp"
#include "protocol/metadata.hpp"
#include "protocol/negotiation.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim {

/// A whole frame, its length included, with the answer to (or as) the request `header`.
template <class Response>
std::string response_frame(const protocol::RequestHeader& header, const Response& response) {
  codec::Writer writer;
  protocol::begin_response(writer, header.api, header.version, header.correlation_id);
  if (Error error = protocol::encode(response, header.version, writer)) throw std::runtime_error(error.message());
  std::string bytes;
  for (const Bytes& segment : protocol::end_frame(writer)) bytes += segment.view();
  return bytes;
}

/// Everything this library speaks, with Metadata up to `metadata` (12: topics have ids, names still count).
inline protocol::ApiVersionsResponse all_versions(int16_t metadata = 12) {
  protocol::ApiVersionsResponse response;
  for (const protocol::ApiRow& row : protocol::api_rows()) {
    const bool is_metadata = row.key == protocol::ApiKey::metadata;
    response.api_keys.push_back({static_cast<int16_t>(row.key), row.versions.min,
                                 is_metadata ? std::min(metadata, row.versions.max) : row.versions.max});
  }
  return response;
}

class ScriptedBroker {
 public:
  static constexpr uint16_t kPort = 9092;

  class Connection final : public net::StreamHandler {
   public:
    Connection(ScriptedBroker& owner, std::unique_ptr<net::Stream> stream)
        : stream_(std::move(stream)), owner_(owner) {}
    std::span<char> read_buffer() override { return frames_.buffer(); }
    void on_read(size_t count) override {
      frames_.advance(count);
      Bytes frame;
      while (stream_ && frames_.next(frame)) {
        if (owner_.on_frame && owner_.on_frame(*this, frame)) continue;
        codec::Reader reader(std::move(frame));
        const protocol::RequestHeader header = protocol::read_request_header(reader);
        ++requests;
        owner_.requested(*this, header, reader);
      }
    }
    void on_closed(Error) override { stream_.reset(); }

    /// Sends these bytes.
    void raw(std::string_view bytes) {
      if (stream_) stream_->write({Bytes::copy(bytes)});
    }
    template <class Response>
    void answer(const protocol::RequestHeader& header, const Response& response) {
      raw(response_frame(header, response));
    }
    /// EOF for the client, or a reset where it still has something to send.
    void close() { stream_.reset(); }
    void set_reading(bool on) {
      if (stream_) stream_->set_reading(on);
    }
    bool open() const { return stream_ != nullptr; }

    int requests = 0;

   private:
    net::FrameReader frames_{{.largest = 1 << 24, .smallest = 0}};  // a token may be empty
    std::unique_ptr<net::Stream> stream_;
    ScriptedBroker& owner_;
  };

  ScriptedBroker(SimWorld& world, const std::string& host, const std::string& ip, uint16_t port = kPort)
      : reactor(world.node(host, ip)), ip_(ip), port_(port) {
    metadata.brokers.emplace_back();
    metadata.brokers.back().node_id = 1;
    metadata.brokers.back().host = ip;
    metadata.brokers.back().port = port;
    metadata.cluster_id = "scripted";
    metadata.controller_id = 1;
    listen();
  }
  void listen() {
    Error error;
    listener_ = reactor.listen(
        {ip_, port_},
        [this](std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
          connections.push_back(std::make_unique<Connection>(*this, std::move(stream)));
          handler = connections.back().get();
          if (on_accept) on_accept(*connections.back());
        },
        error);
    if (error) throw std::runtime_error(error.message());
  }
  void stop_listening() { listener_.reset(); }
  std::string address() const { return ip_ + ":" + std::to_string(port_); }

  /// One topic of the answers to Metadata.
  protocol::MetadataResponse::MetadataResponseTopic& add_topic(const std::string& name, int partitions,
                                                               int32_t leader = 1, int32_t epoch = 0) {
    auto& topic = metadata.topics.emplace_back();
    topic.name = name;
    for (int32_t i = 0; i < partitions; ++i) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = i;
      partition.leader_id = leader;
      partition.leader_epoch = epoch;
    }
    return topic;
  }
  size_t open_connections() const {
    return static_cast<size_t>(
        std::count_if(connections.begin(), connections.end(), [](auto& c) { return c->open(); }));
  }
  /// How many requests of this API have come.
  int asked(protocol::ApiKey api) const {
    return static_cast<int>(std::count_if(seen.begin(), seen.end(), [&](auto& header) { return header.api == api; }));
  }

  /// Looks at each request first. True: it has answered the request. `body` stands behind the header.
  Function<bool(Connection&, const protocol::RequestHeader&, codec::Reader& body)> on_request;
  /// Looks at each frame before that, for those that have no header. True: it has dealt with it.
  Function<bool(Connection&, const Bytes& frame)> on_frame;
  Function<void(Connection&)> on_accept;
  protocol::ApiVersionsResponse versions = all_versions();
  protocol::MetadataResponse metadata;  ///< what is answered, whatever was asked
  std::vector<protocol::RequestHeader> seen;
  std::vector<std::unique_ptr<Connection>> connections;  ///< all there ever were
  net::Reactor& reactor;

 private:
  void requested(Connection& connection, const protocol::RequestHeader& header, codec::Reader& body) {
    seen.push_back(header);
    if (on_request && on_request(connection, header, body)) return;
    if (header.api == protocol::ApiKey::api_versions) return connection.answer(header, versions);
    if (header.api == protocol::ApiKey::metadata) return connection.answer(header, metadata);
  }

  std::unique_ptr<net::Listener> listener_;
  std::string ip_;
  uint16_t port_;
};

}  // namespace kafka::sim
