// A leader whose batches and answers to Fetch the test decides: it can store, leave out, repeat or send what a real
// broker would not.
#pragma once

#include <map>
#include <vector>

#include "base/crc32c.hpp"
#include "protocol/fetch.hpp"
#include "protocol/list_offsets.hpp"
#include "records/batch_header.hpp"
#include "records/builder.hpp"
#include "scripted_broker.hpp"

namespace kafka::sim {

class FetchPeer {
 public:
  struct Batch {
    int64_t base;
    int64_t last;
    Bytes bytes;
  };

  /// Leads `partitions` of topic "t". Speaks Fetch up to `version` (12 is the last one with topic names).
  FetchPeer(SimWorld& world, int32_t partitions, int16_t version = 12) : broker(world, "peer", "10.3.0.1") {
    broker.add_topic("t", partitions);
    for (auto& api : broker.versions.api_keys) {
      if (api.api_key == static_cast<int16_t>(protocol::ApiKey::fetch)) api.max_version = version;
    }
    broker.on_request = [this](ScriptedBroker::Connection& connection, const protocol::RequestHeader& header,
                               codec::Reader& body) {
      if (header.api == protocol::ApiKey::list_offsets) return find(connection, header, body);
      if (header.api != protocol::ApiKey::fetch) return false;
      protocol::FetchRequest request;
      if (protocol::decode(body, header.version, request)) throw std::runtime_error("a Fetch that cannot be read");
      asked.push_back(request);
      answer(connection, header, request);
      return true;
    };
  }

  /// The leader epoch that metadata names.
  void lead(int32_t epoch) {
    for (auto& partition : broker.metadata.topics[0].partitions) partition.leader_epoch = epoch;
  }

  /// A batch of `count` records "P:OFFSET" at the end of the partition, each padded to `size`.
  Batch& add(int32_t partition, int count, size_t size = 0, records::SealOptions options = {}) {
    records::BatchBuilder builder;
    const int64_t base = end(partition);
    for (int i = 0; i < count; ++i) {
      std::string value = std::to_string(partition) + ":" + std::to_string(base + i);
      if (value.size() < size) value.resize(size, '.');
      builder.append(1, {}, value);
    }
    options.base_offset = base;
    return seal(partition, builder, options, base + count - 1);
  }
  Batch& seal(int32_t partition, records::BatchBuilder& builder, const records::SealOptions& options, int64_t last) {
    Bytes sealed;
    if (Error error = builder.seal(options, sealed)) throw std::runtime_error(error.message());
    return logs[partition].emplace_back(Batch{options.base_offset, last, Bytes::copy(sealed.view())});
  }
  int64_t end(int32_t partition) {
    const auto& log = logs[partition];
    return log.empty() ? 0 : log.back().last + 1;
  }
  /// Changes bytes of a batch; with a new checksum, so that only the content is wrong.
  static void patch(Batch& batch, size_t at, std::string_view bytes, bool checksum) {
    std::string changed(batch.bytes.view());
    changed.replace(at, bytes.size(), bytes);
    batch.bytes = Bytes::copy(changed);
    if (checksum) batch.bytes = records::restamp(batch.bytes, -1, -1, -1);
  }
  bool asked_for(const protocol::FetchRequest& request, int32_t partition) const {
    for (const auto& topic : request.topics) {
      for (const auto& entry : topic.partitions) {
        if (entry.partition == partition) return true;
      }
    }
    return false;
  }

  ScriptedBroker broker;
  std::map<int32_t, std::vector<Batch>> logs;
  std::vector<protocol::FetchRequest> asked;
  /// Changes an answer before it goes.
  Function<void(const protocol::FetchRequest&, protocol::FetchResponse&)> twist;
  bool waits = true;      ///< false: an empty answer comes at once, whatever was asked
  size_t bytes_sent = 0;  ///< of records

 private:
  /// Where logs end. No record is newer than what was read.
  bool find(ScriptedBroker::Connection& connection, const protocol::RequestHeader& header, codec::Reader& body) {
    codec::Reader copy = body;
    protocol::ListOffsetsRequest request;
    if (protocol::decode(copy, header.version, request)) throw std::runtime_error("a ListOffsets that cannot be read");
    protocol::ListOffsetsResponse response;
    for (const auto& topic : request.topics) {
      auto& topic_out = response.topics.emplace_back();
      topic_out.name = topic.name;
      for (const auto& entry : topic.partitions) {
        if (entry.timestamp < kLatestOffset) return false;
        auto& out = topic_out.partitions.emplace_back();
        out.partition_index = entry.partition_index;
        if (entry.timestamp == kLatestOffset) out.offset = end(entry.partition_index);
      }
    }
    connection.answer(header, response);
    return true;
  }
  void answer(ScriptedBroker::Connection& connection, const protocol::RequestHeader& header,
              const protocol::FetchRequest& request) {
    const bool limited = header.version >= 3;
    auto left = static_cast<int64_t>(limited ? request.max_bytes : INT32_MAX);
    bool first = limited;
    size_t bytes = 0;
    protocol::FetchResponse response;
    for (const auto& topic : request.topics) {
      auto& topic_out = response.responses.emplace_back();
      topic_out.topic = topic.topic;
      for (const auto& entry : topic.partitions) {
        auto& out = topic_out.partitions.emplace_back();
        out.partition_index = entry.partition;
        out.high_watermark = end(entry.partition);
        std::string records;
        const auto limit =
            static_cast<size_t>(std::max<int64_t>(0, std::min<int64_t>(left, entry.partition_max_bytes)));
        for (const Batch& batch : logs[entry.partition]) {
          if (batch.last < entry.fetch_offset) continue;
          const bool whole = records.size() + batch.bytes.size() <= limit;
          if (!whole && records.empty() && first) {
            records += batch.bytes.view();
            break;
          }
          if (!whole && limited) break;  // no cut batches, to keep it simple
          records += batch.bytes.view().substr(0, limit - records.size());
          if (!whole) break;
        }
        if (!records.empty()) first = false;
        left -= static_cast<int64_t>(records.size());
        bytes += records.size();
        out.records = Bytes::copy(records);
      }
    }
    bytes_sent += bytes;
    if (twist) twist(request, response);
    const Duration wait = bytes == 0 && waits ? std::chrono::milliseconds(request.max_wait_ms) : Duration::zero();
    if (wait == Duration::zero()) return connection.answer(header, response);
    timer_ = broker.reactor.after(wait, [this, to = &connection, header, response] {
      timer_.cancel();
      to->answer(header, response);
    });
  }

  net::Timer timer_;
};

}  // namespace kafka::sim
