#include "producer/request_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "records/message_set.hpp"

namespace kafka::producer {

Error RequestWriter::write(Request& request, protocol::ProduceRequest& message, int16_t version) {
  auto& batches = request.batches;
  message.topic_data.clear();
  const auto by_topic = [](const SentBatch& a, const SentBatch& b) {
    return a.partition->topic != b.partition->topic && a.partition->topic->name < b.partition->topic->name;
  };
  if (!std::is_sorted(batches.begin(), batches.end(), by_topic)) {
    std::stable_sort(batches.begin(), batches.end(), by_topic);
  }
  const Topic* last = nullptr;
  for (size_t i = 0; i < batches.size(); ++i) {
    SentBatch& sent = batches[i];
    constexpr size_t kAhead = 8;
    if (i + kAhead < batches.size()) {
      fetch(*batches[i + kAhead].partition);
      fetch(batches[i + kAhead].batch->sealed);
    }
    if (!check(request, sent, version)) continue;
    Bytes records = sent.batch->sealed;
    if (version < protocol::ProduceRequest::kBatchesFrom && !convert(sent, version, records)) continue;
    if (last != sent.partition->topic) {
      last = sent.partition->topic;
      auto& topic = message.topic_data.emplace_back();
      topic.name = last->name;
      if (const auto* state = session_.metadata().topic(last->name)) topic.topic_id = state->id;
      if (batches.back().partition->topic == last) topic.partition_data.reserve(batches.size() - i);
    }
    auto& partition = message.topic_data.back().partition_data.emplace_back();
    partition.index = sent.partition->number;
    partition.records = std::move(records);
  }
  if (message.topic_data.empty()) return Error(Errc::unsupported_version, "nothing of the request fits this broker");
  request.written = true;
  return {};
}

// Whether this leader may have the batch, as far as its version tells.
bool RequestWriter::check(const Request& request, SentBatch& sent, int16_t version) {
  Partition& partition = *sent.partition;
  sent.unfit = idempotence_.refuses(*sent.batch, version, request.info->guessed);
  sent.waits = static_cast<bool>(sent.unfit);
  if (request.node == partition.leader.node) {  // the partition has not moved while the request waited
    partition.leader.sequences = sent.waits                                          ? Sequences::unknown
                                 : version >= protocol::ProduceRequest::kBatchesFrom ? Sequences::stored
                                                                                     : Sequences::none;
  }
  if (sent.waits) return false;
  if (sent.batch->codec == Compression::zstd && version < protocol::ProduceRequest::kZstdFrom) {
    sent.unfit = Error(Errc::unsupported_compression_type, "zstd needs a broker of 2.1 or later");
    return false;
  }
  return true;
}

// Into a message set, without the records that have headers: those are reported on their own. False if nothing is left.
bool RequestWriter::convert(SentBatch& sent, int16_t version, Bytes& records) {
  Batch& batch = *sent.batch;
  const int8_t magic = protocol::ProduceRequest::magic(version);
  const int level = batch.level(options_);
  const auto to_set = [&] {
    if (batch.sealed.empty()) return Error();
    // Consumers read no more than this of a compressed one, and a message set takes more space than a batch.
    const size_t most =
        batch.codec == Compression::none ? records::kMostInSet : static_cast<size_t>(options_.unfolded_max_bytes);
    const Error error = records::to_message_set(batch.sealed, magic, batch.codec, level, records, most);
    return error == Errc::too_large ? Error(Errc::message_too_large, std::string(error.detail())) : error;
  };
  sent.unfit = to_set();
  if (sent.unfit == Errc::unsupported_version) {
    sent.partition->chain.gap(batch);  // it has fewer records than sequences from now on
    sent.unfit = batch.drop_headers(level);
    records = batch.sealed;
    if (!sent.unfit) sent.unfit = to_set();
  }
  return !sent.unfit && !batch.sealed.empty();
}

}  // namespace kafka::producer
