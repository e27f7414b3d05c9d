// Transactions and producers by hand (see transactions.hpp).
#include "devbroker/transactions.hpp"

#include <memory>

#include "protocol/produce.hpp"
#include "records/builder.hpp"

namespace kafka::devbroker {

int64_t Transactions::append(std::string_view topic, int32_t partition, int64_t producer_id,
                             const std::vector<Message>& messages, Compression codec) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr || producer_id < 0 || messages.empty()) return -1;
  const int64_t now = brokers_.wall_clock_ms();
  records::BatchBuilder builder(1024);
  for (const Message& message : messages) {
    const int64_t time = message.timestamp == kNoTimestamp ? now : message.timestamp;
    if (builder.append(time, message.key, message.value, message.headers) != Errc::none) return -1;
  }
  records::SealOptions options{
      .codec = codec, .producer_id = producer_id, .producer_epoch = 0, .base_sequence = 0, .transactional = true};
  const auto& states = found->log.producers().states();
  if (auto known = states.find(producer_id); known != states.end()) {
    const Producers::State& state = known->second;
    options.producer_epoch = state.epoch;
    if (!state.batches.empty()) options.base_sequence = add_to_sequence(state.batches.back().last_sequence, 1);
  }
  Bytes sealed;
  if (builder.seal(options, sealed)) return -1;
  return contents_.append(*found, sealed, protocol::ProduceRequest::kZstdFrom, now).base_offset;
}

int64_t Transactions::end(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr || producer_id < 0) return -1;
  const int64_t now = brokers_.wall_clock_ms();
  const int64_t offset = found->log.append_marker(producer_id, end == TransactionEnd::commit, found->epoch, now);
  found->last_append_ms = now;
  found->wake_waiters();
  return offset;
}

std::vector<KnownProducer> Transactions::producers(std::string_view topic, int32_t partition) const {
  std::vector<KnownProducer> all;
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return all;
  for (const auto& [id, state] : found->log.producers().states()) {
    all.push_back({id, state.epoch, state.batches.empty() ? -1 : state.batches.back().last_sequence, state.open_since});
  }
  return all;
}

Error Transactions::forget_producers(std::string_view topic, int32_t partition) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  found->log.producers().forget();
  return {};
}

Error Transactions::set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer) const {
  auto found = topics_.partition(topic, partition);
  if (found == nullptr) return no_such_partition(topic, partition);
  if (producer.id < 0 || producer.epoch < 0 || producer.last_sequence < -1) return Errc::invalid_argument;
  found->log.producers().set(producer.id, producer.epoch, producer.last_sequence, found->log.end_offset() - 1);
  return {};
}

}  // namespace kafka::devbroker
