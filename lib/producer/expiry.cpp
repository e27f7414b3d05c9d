#include "producer/expiry.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace kafka::producer {
namespace {

// By then an answer has probably been settled.
constexpr net::Duration kSettled = std::chrono::milliseconds(10);

}  // namespace

Expiry::Expiry(session::Core& session, const ProducerOptions& options, Accumulator& accumulator, Requests& requests,
               SendQueue& queue, Reports& reports)
    : session_(session),
      options_(options),
      accumulator_(accumulator),
      requests_(requests),
      queue_(queue),
      reports_(reports),
      alarm_(session, [this] { expire(); }) {}

void Expiry::expire() {
  const net::TimePoint now = session_.reactor().now();
  net::TimePoint next = net::TimePoint::max();
  expire_requests(now, next);
  for (const auto& [name, topic] : accumulator_.topics()) {
    expire_parked(*topic, now, next);
    for (const auto& [number, partition] : topic->partitions) expire_partition(*partition, now, next);
  }
  alarm_.by(next);
}

// The request goes on without the batch, so that the others in it are not disturbed.
void Expiry::expire_requests(net::TimePoint now, net::TimePoint& next) {
  for (const auto& request : requests_.all()) {
    if (request->answered) {  // in a moment each batch has its outcome, or waits again
      next = std::min(next, now + kSettled);
      continue;
    }
    auto& batches = request->batches;
    for (SentBatch& sent : batches) {
      const net::TimePoint deadline = sent.batch->created + options_.delivery_timeout;
      if (deadline > now) {
        next = std::min(next, deadline);
        continue;
      }
      std::string text = "delivery_timeout passed: ";
      text += request->written ? "no answer from " : "no connection to ";
      text += session_.router().describe(request->node);
      text += setback(*sent.partition);
      const Persistence fate = request->may_have_stored(sent) ? Persistence::maybe : Persistence::no;
      --sent.partition->in_flight;
      sent.partition->chain.gap(*sent.batch);
      reports_.finish(std::move(sent.batch), {Error(Errc::timed_out, std::move(text)), -1, -1, fate});
      queue_.schedule();  // the next batch of the partition may leave
    }
    std::erase_if(batches, [](const SentBatch& sent) { return sent.batch == nullptr; });
  }
}

void Expiry::expire_parked(Topic& topic, net::TimePoint now, net::TimePoint& next) {
  while (auto parked = topic.parking.take_expired(now)) {
    const cluster::TopicState* state = session_.metadata().topic(topic.name);
    std::string text = "delivery_timeout passed before the partitions of " + topic.name + " were known";
    if (state != nullptr && state->error) {
      text += ": " + state->error.message();
    } else if (session_.metadata().last_error()) {
      text += ": " + session_.metadata().last_error().message();
    }
    accumulator_.fail_parked(std::move(*parked), Error(Errc::timed_out, std::move(text)));
  }
  next = std::min(next, topic.parking.deadline());
}

void Expiry::expire_partition(Partition& partition, net::TimePoint now, net::TimePoint& next) {
  while (!partition.idle()) {
    const Batch& oldest = partition.waiting.empty() ? *partition.open : *partition.waiting.front();
    const net::TimePoint deadline = oldest.created + options_.delivery_timeout;
    if (deadline > now) {
      next = std::min(next, deadline);
      return;
    }
    if (partition.waiting.empty()) accumulator_.fill_open(partition);
    auto batch = partition.waiting.pop_front();
    partition.chain.gap(*batch);
    reports_.fail(std::move(batch), Error(Errc::timed_out, "delivery_timeout passed" + why(partition)));
  }
}

// Why nothing could leave: the nearest reason that is known.
std::string Expiry::why(const Partition& partition) const {
  const std::string& name = partition.topic->name;
  const cluster::Metadata& metadata = session_.metadata();
  const cluster::TopicState* state = metadata.topic(name);
  if (state != nullptr && state->error) return ": " + state->error.message();
  if (metadata.last_error()) return ": " + metadata.last_error().message();
  if (!metadata.leader(name, partition.number)) return ": " + partition.name() + " has no leader or does not exist";
  return setback(partition);
}

// What the last attempt failed with: more than that time has passed.
std::string Expiry::setback(const Partition& partition) {
  return partition.setback == nullptr ? "" : "; the last attempt failed: " + partition.setback->message();
}

}  // namespace kafka::producer
