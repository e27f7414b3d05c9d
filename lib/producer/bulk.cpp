// produce(): many messages, one aggregated result.
#include <algorithm>

#include "base/error_table.hpp"
#include "base/topic_name.hpp"
#include "producer/producer.hpp"

namespace kafka {

bool ProduceResult::has_error(Errc code) const {
  return std::any_of(errors.begin(), errors.end(), [&](const Error& error) { return error == code; });
}

bool ProduceResult::has_retriable_errors() const {
  return std::any_of(errors.begin(), errors.end(), [](const Error& error) { return error.retriable(); });
}

namespace producer {
namespace {

Record record_of(const ProduceEnvelope& envelope, const Message& message) {
  return {envelope.topic, envelope.partition, message.key, message.value, message.headers, message.timestamp};
}

}  // namespace

// What a produce() call waits for, shared by the callbacks of its messages.
struct BulkSend {
  struct Part {
    ProduceResult::Partition result;
    bool begun = false;  // its first message was handed over
    bool reported = false;
  };
  std::map<std::pair<std::string, int32_t>, Part> parts;
  std::vector<Error> errors;
  session::Core* core = nullptr;
  Function<void(ProduceResult)> done;
  size_t left = 1;  // one more than messages, until all are handed over

  void add(Part& part, const Error& error, Persistence persistence) {
    // yes or no only if that is true of every message of the partition
    if (!part.reported) part.result.persistence = persistence;
    if (part.result.persistence != persistence) part.result.persistence = Persistence::maybe;
    part.reported = true;
    if (!error) return;
    if (!part.result.error) part.result.error = error;
    if (std::find(errors.begin(), errors.end(), error) == errors.end()) errors.push_back(error);
  }
  void ended() {
    if (--left > 0 || !done) return;
    ProduceResult result;
    result.errors = std::move(errors);
    for (auto& [key, part] : parts) {
      if (!part.result.error && part.result.offset >= 0) result.offsets[key.first][key.second] = part.result.offset;
      result.partitions.push_back(std::move(part.result));
    }
    core->later([done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
  }
};

// An envelope goes as a whole or not at all.
Error Producer::check(const ProduceEnvelope& envelope, size_t& charge) const {
  if (Error wrong = check_topic_name(envelope.topic)) return wrong;
  if (envelope.partition < 0) {
    return Error(Errc::invalid_argument, "partition " + std::to_string(envelope.partition) + ": 0 or more");
  }
  if (envelope.compression && !records::codec_available(*envelope.compression)) {
    return Error(Errc::unsupported_codec,
                 "this build has no " + std::string(records::codec_name(*envelope.compression)));
  }
  for (const Message& message : envelope.messages) {
    size_t bytes = 0;
    size_t each = 0;
    if (Error wrong = check(record_of(envelope, message), kCallbackBytes, bytes, each)) return wrong;
    charge += each;
  }
  return {};
}

void Producer::produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done) {
  auto bulk = std::make_shared<BulkSend>();
  bulk->done = std::move(done);
  bulk->core = core_.get();
  std::vector<Error> wrong;
  size_t charge = 0;
  size_t count = 0;
  for (const ProduceEnvelope& envelope : envelopes) {
    size_t these = 0;
    wrong.push_back(check(envelope, these));
    if (wrong.back()) continue;
    charge += these;
    count += envelope.messages.size();
  }
  // All of the call finds room, or nothing of it is queued.
  Error full;
  if (charge + records::kBatchHeaderSize > static_cast<size_t>(options_.buffer_memory)) {
    full = Error(Errc::message_too_large, std::to_string(count) + " messages of " + std::to_string(charge) +
                                              " bytes exceed buffer_memory (" + std::to_string(options_.buffer_memory) +
                                              ")");
  } else if (count > 0) {
    full = make_room(charge);
  }
  for (size_t i = 0; i < envelopes.size(); ++i) {
    const ProduceEnvelope& envelope = envelopes[i];
    BulkSend::Part& part = bulk->parts[{envelope.topic, envelope.partition}];
    part.result.topic = envelope.topic;
    part.result.partition = envelope.partition;
    if (const Error& refused = wrong[i] ? wrong[i] : full) {
      if (wrong[i] || !envelope.messages.empty()) bulk->add(part, refused, Persistence::no);
      continue;
    }
    for (const Message& message : envelope.messages) {
      const Record record = record_of(envelope, message);
      const size_t size = records::BatchBuilder::estimate(record.key, record.value, record.headers);
      ++bulk->left;
      const bool first = !std::exchange(part.begun, true);
      Receipt receipt([bulk, part = &part, first](const DeliveryReport& report) {
        if (first) part->result.offset = report.offset;
        bulk->add(*part, report.error, report.persistence);
        bulk->ended();
      });
      enqueue(topic(envelope.topic), record, size, envelope.compression.value_or(options_.compression_type), receipt);
    }
  }
  bulk->ended();
}

}  // namespace producer
}  // namespace kafka
