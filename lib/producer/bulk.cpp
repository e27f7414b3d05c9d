// produce(): many messages, one aggregated result.
#include <algorithm>

#include "base/error_table.hpp"
#include "producer/producer.hpp"

namespace kafka {

bool ProduceResult::has_error(Errc code) const {
  return std::any_of(errors.begin(), errors.end(), [&](const Error& error) { return error == code; });
}

bool ProduceResult::has_retriable_errors() const {
  return std::any_of(errors.begin(), errors.end(), [](const Error& error) { return error.retriable(); });
}

namespace producer {

// What a produce() call waits for, shared by the callbacks of its messages.
struct BulkSend {
  std::map<std::pair<std::string, int32_t>, ProduceResult::Partition> partitions;
  std::vector<Error> errors;
  Function<void(ProduceResult)> done;
  size_t left = 1;  // one more than messages, until all are handed over

  void failed(ProduceResult::Partition& partition, const Error& error, Persistence persistence) {
    if (!partition.error) {
      partition.error = error;
      partition.persistence = persistence;
    }
    if (std::find(errors.begin(), errors.end(), error) == errors.end()) errors.push_back(error);
  }
  void ended(session::Core& core) {
    if (--left > 0) return;
    ProduceResult result;
    result.errors = std::move(errors);
    for (auto& [key, partition] : partitions) {
      if (!partition.error && partition.offset >= 0) result.offsets[key.first][key.second] = partition.offset;
      result.partitions.push_back(std::move(partition));
    }
    core.later([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }
};

void Producer::produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done) {
  auto bulk = std::make_shared<BulkSend>();
  bulk->done = std::move(done);
  for (ProduceEnvelope& envelope : envelopes) {
    auto& result = bulk->partitions[{envelope.topic, envelope.partition}];
    result.topic = envelope.topic;
    result.partition = envelope.partition;
    Error wrong = check_topic_name(envelope.topic);
    if (!wrong && envelope.partition < 0) {
      wrong = Error(Errc::invalid_argument, "partition " + std::to_string(envelope.partition) + ": 0 or more");
    }
    const Compression codec = envelope.compression.value_or(options_.compression_type);
    if (!wrong && codec != Compression::none && codec != Compression::gzip) {
      wrong = Error(Errc::unsupported_codec, "this build compresses with gzip alone");
    }
    for (const Message& message : envelope.messages) {
      Record record{envelope.topic, envelope.partition, message.key, message.value, message.headers, message.timestamp};
      size_t bytes = 0;
      Error refused = wrong ? wrong : refuse(record, bytes);
      if (refused) {
        bulk->failed(result, refused, Persistence::no);
        continue;
      }
      ++bulk->left;
      const bool first = &message == &envelope.messages.front();
      enqueue(topic(envelope.topic), record, bytes, codec,
              [core = core_.get(), bulk, partition = &result, first](const DeliveryReport& report) {
                if (report.error) {
                  bulk->failed(*partition, report.error, report.persistence);
                } else {
                  if (partition->offset < 0 && first) partition->offset = report.offset;
                  if (!partition->error) partition->persistence = report.persistence;
                }
                bulk->ended(*core);
              });
    }
    if (envelope.messages.empty() && wrong) bulk->failed(result, wrong, Persistence::no);
  }
  bulk->ended(*core_);
}

}  // namespace producer
}  // namespace kafka
