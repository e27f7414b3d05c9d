#include "random/transactor.hpp"

namespace kafka::sim {

bool Transactor::writable(const TopicPartition& partition) {
  const auto found = run_.cluster().topics().partition(partition.topic, partition.partition);
  return found != nullptr && run_.cluster().brokers().alive(found->leader);
}

void Transactor::act() {
  if (!random_.percent(run_.plan.transactions_percent)) return;
  const TopicPlan& topic = random_.pick(run_.plan.topics);
  const TopicPartition partition{topic.name, random_.integer(0, topic.partitions - 1)};
  const int64_t producer = kFirstProducer + random_.integer(0, kProducers - 1);
  if (!writable(partition)) return;
  const int kind = random_.integer(0, 9);
  if (run_.history->open(partition, producer) ? kind < 4 : kind < 9) {
    write(partition, producer);
  } else {
    mark(partition, producer);  // also one without data: the coordinator's second try
    if (random_.percent(5)) mark(partition, producer);
  }
}

void Transactor::write(const TopicPartition& partition, int64_t producer) {
  const bool aborts = run_.history->open(partition, producer).value_or(random_.percent(50));
  std::vector<size_t> numbers;
  const int count = random_.integer(1, 8);
  for (int i = 0; i < count; ++i) {
    numbers.push_back(run_.ledger.draw(random_, partition.topic, partition.partition, 60, random_.percent(10)));
    Sent& sent = run_.ledger.records[numbers.back()];
    sent.producer = SIZE_MAX;  // none of the client's
    sent.direct = true;
  }
  std::vector<Message> messages;
  for (const size_t number : numbers) {
    const Sent& sent = run_.ledger.records[number];
    Message& message = messages.emplace_back();
    if (sent.key) message.key = *sent.key;
    message.value = sent.value ? Value(*sent.value) : Value(null_value);
    for (const auto& [key, value] : sent.headers)
      message.headers.push_back({key, value ? std::string_view(*value) : std::string_view()});
    message.timestamp = sent.timestamp;
  }
  const int64_t first = run_.cluster().transactions().append(partition.topic, partition.partition, producer, messages,
                                                             random_.pick(run_.plan.codecs));
  run_.journal.note("transaction " + partition.topic + "/" + std::to_string(partition.partition) + " of " +
                    std::to_string(producer) + " at " + std::to_string(first) + " " + std::to_string(count) +
                    (aborts ? " aborts" : ""));
  if (first >= 0) run_.history->wrote(partition, producer, first, count, aborts);
}

void Transactor::mark(const TopicPartition& partition, int64_t producer) {
  const bool aborts = run_.history->open(partition, producer).value_or(true);
  const int64_t offset = run_.cluster().transactions().end(partition.topic, partition.partition, producer,
                                                           aborts ? TransactionEnd::abort : TransactionEnd::commit);
  run_.journal.note("marker " + partition.topic + "/" + std::to_string(partition.partition) + " of " +
                    std::to_string(producer) + " at " + std::to_string(offset));
  if (offset >= 0) run_.history->marked(partition, producer, offset);
}

void Transactor::heal() {
  if (run_.plan.transactions_percent == 0) return;
  for (const TopicPlan& topic : run_.plan.topics) {
    for (int32_t number = 0; number < topic.partitions; ++number) {
      for (int i = 0; i < kProducers; ++i) {
        if (run_.history->open({topic.name, number}, kFirstProducer + i))
          mark({topic.name, number}, kFirstProducer + i);
      }
    }
  }
}

}  // namespace kafka::sim
