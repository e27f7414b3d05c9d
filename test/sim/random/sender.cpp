#include "random/sender.hpp"

namespace kafka::sim {

Sender::Sender(Run& run, const ProducerPlan& plan, size_t index)
    : run_(run), plan_(plan), index_(index), random_(run.plan.seed, 100 + index) {
  Call call(run.journal);
  producer_.emplace(*run.session, plan.options);
  if (producer_->error()) run.journal.violation("producer: " + producer_->error().message());
  if (plan.partitioner) {
    producer_->set_partitioner([](const Record& record, int32_t count) {
      return static_cast<int32_t>(record.value.size() % static_cast<size_t>(count));
    });
  }
  arm();
}

Sender::~Sender() { destroy(); }

void Sender::arm() {
  timer_ = run_.reactor.after(random_.ms(0, plan_.pause_ms), [this] {
    timer_.cancel();
    turn();
    if (!finished()) arm();
  });
}

void Sender::turn() {
  if (producer_ == std::nullopt) return;
  if (random_.percent(plan_.bulk_percent)) return send_bulk();
  const int count = random_.integer(1, plan_.burst);
  for (int i = 0; i < count && !finished() && !blocked_; ++i) {
    const TopicPlan& topic = random_.pick(run_.plan.topics);
    send_one(topic.name, random_.percent(30) ? random_.integer(0, topic.partitions - 1) : kAnyPartition);
  }
  if (random_.percent(5)) flush();
}

bool Sender::idempotent() const {
  return plan_.options.enable_idempotence.value_or(plan_.options.acks == Acks::all) && run_.plan.sequenced();
}

bool Sender::send_one(std::string topic, int32_t partition) {
  const size_t number =
      run_.ledger.draw(random_, std::move(topic), partition, plan_.largest, random_.percent(plan_.headers_percent));
  Sent& sent = run_.ledger.records[number];
  sent.producer = index_;
  sent.once = idempotent();
  sent.ordered = !plan_.options.max_in_flight;
  sent.acks = plan_.options.acks;
  sent.codec = plan_.options.compression_type;
  sent.sent_at = run_.world.now();
  sent.patient_at = run_.journal.patience();
  sent.latest_report = run_.journal.patience() + plan_.options.delivery_timeout + std::chrono::seconds(1);
  Record record{sent.topic, sent.asked, {}, {}, {}, sent.timestamp};
  if (sent.key) record.key = *sent.key;
  record.value = sent.value ? Value(*sent.value) : Value(null_value);
  for (const auto& [key, value] : sent.headers)
    record.headers.push_back({key, value ? std::string_view(*value) : std::string_view()});
  ++sent_;
  const bool again = random_.percent(3);
  Error refused;
  {
    Call call(run_.journal);
    refused = producer_->send(record, [this, number, again, token = Token(run_.journal)](const DeliveryReport& report) {
      Callback callback(run_.journal, "a delivery report");
      run_.journal.note("report " + std::to_string(number) + " " + report.error.name() + " " +
                        std::to_string(report.offset));
      run_.ledger.reported(number, report, run_.world.now());
      if (again && producer_ && !finished() && !blocked_) turn();
    });
  }
  if (refused) run_.ledger.refused(number, refused, run_.world.now());
  if (refused == Errc::queue_full) {
    blocked_ = true;
    Call call(run_.journal);
    producer_->on_drain([this, token = Token(run_.journal)] {
      Callback callback(run_.journal, "on_drain");
      run_.journal.check(blocked_, "on_drain without a queue_full");
      blocked_ = false;
      if (producer_ && !finished()) turn();
    });
  } else if (refused && refused != Errc::message_too_large && refused != Errc::closed) {
    const bool of_a_broker = static_cast<int32_t>(refused.code()) >= -1;
    if (!of_a_broker || !run_.plan.replies) run_.journal.violation("send: " + refused.message());
  }
  return !refused;
}

void Sender::send_bulk() {
  std::vector<ProduceEnvelope> envelopes;
  const size_t number = run_.ledger.bulks.size();
  run_.ledger.bulks.emplace_back();
  Bulk& bulk = run_.ledger.bulks.back();
  bulk.latest_report = run_.journal.patience() + plan_.options.delivery_timeout + std::chrono::seconds(1);
  std::vector<std::vector<size_t>> contents;
  const int count = random_.integer(1, 4);
  for (int i = 0; i < count; ++i) {
    const TopicPlan& topic = random_.pick(run_.plan.topics);
    const TopicPartition partition{topic.name, random_.integer(0, topic.partitions - 1)};
    auto& part = bulk.parts[partition];
    ProduceEnvelope& envelope = envelopes.emplace_back();
    envelope.topic = partition.topic;
    envelope.partition = partition.partition;
    if (random_.percent(20)) envelope.compression = random_.pick(run_.plan.codecs);
    if (kThroughC) envelope.compression.reset();
    auto& numbers = contents.emplace_back();
    const int messages = random_.integer(random_.percent(5) && !kThroughC ? 0 : 1, 10);
    for (int m = 0; m < messages; ++m) {
      const size_t record = run_.ledger.draw(random_, partition.topic, partition.partition, plan_.largest,
                                             random_.percent(plan_.headers_percent));
      Sent& sent = run_.ledger.records[record];
      sent.producer = index_;
      sent.bulk = static_cast<int>(number);
      sent.once = idempotent();
      sent.acks = plan_.options.acks;
      sent.codec = envelope.compression.value_or(plan_.options.compression_type);
      numbers.push_back(record);
      part.records.push_back(record);
      ++sent_;
    }
  }
  for (size_t i = 0; i < envelopes.size(); ++i) {
    for (const size_t record : contents[i]) {
      const Sent& sent = run_.ledger.records[record];
      Message& message = envelopes[i].messages.emplace_back();
      if (sent.key) message.key = *sent.key;
      message.value = sent.value ? Value(*sent.value) : Value(null_value);
      for (const auto& [key, value] : sent.headers)
        message.headers.push_back({key, value ? std::string_view(*value) : std::string_view()});
      message.timestamp = sent.timestamp;
    }
  }
  Call call(run_.journal);
  producer_->produce(std::move(envelopes), [this, number, token = Token(run_.journal)](ProduceResult result) {
    Callback callback(run_.journal, "a produce result");
    run_.journal.note("result " + std::to_string(number) + " " + std::to_string(result.errors.size()));
    run_.ledger.reported(number, std::move(result));
  });
}

void Sender::flush() {
  ++flushes_;
  const size_t before = run_.ledger.records.size();
  Call call(run_.journal);
  producer_->flush([this, before, token = Token(run_.journal)] {
    Callback callback(run_.journal, "a flush");
    --flushes_;
    for (size_t number = 0; number < before; ++number) {
      const Sent& sent = run_.ledger.records[number];
      if (sent.producer == index_ && sent.bulk < 0 && sent.reports == 0)
        return run_.journal.violation("flush ended before record " + std::to_string(number) + " was reported on");
    }
  });
}

void Sender::probe() {
  if (closing_ || !producer_) return;
  probes_.clear();
  for (const TopicPlan& topic : run_.plan.topics) {
    for (int32_t number = 0; number < topic.partitions; ++number) {
      const size_t record = run_.ledger.records.size();
      if (!blocked_ && send_one(topic.name, number)) probes_.push_back(record);
    }
  }
}

bool Sender::probes_done() const {
  for (const size_t probe : probes_) {
    if (run_.ledger.records[probe].reports == 0) return false;
  }
  return flushes_ == 0;
}

void Sender::judge_probes() const {
  for (const size_t probe : probes_) {
    const Sent& sent = run_.ledger.records[probe];
    const Error& error = sent.report.error;
    // The application has kept the client from its work.
    const bool busy = error == Errc::timed_out && sent.left_alone < plan_.options.delivery_timeout / 2;
    // A leader that moves leaves a gap in the sequences if a broker stores none, or is taken for one that stores none.
    const bool gap =
        error == Errc::out_of_order_sequence_number && (!run_.plan.sequenced() || run_.plan.cuts_handshakes());
    // A callback that takes longer than request_timeout makes another request time out, and that costs the connection.
    // Records with acks=0 that were on it are not sent again.
    const bool cut = error == Errc::disconnected && sent.acks == Acks::none && run_.plan.stalls();
    if (error && !gap && !busy && !cut && error != Errc::message_too_large && error != Errc::unsupported_version &&
        error != Errc::record_list_too_large && error != Errc::unsupported_compression_type)
      run_.journal.violation("after the faults, record " + std::to_string(probe) + ": " + error.message());
  }
}

void Sender::stop() {
  stopped_ = true;
  timer_.cancel();
}

void Sender::check_idle() {
  if (!producer_) return;
  run_.journal.check(producer_->queued() == 0, "records are queued though all were reported on");
  run_.journal.check(producer_->queued_bytes() == 0, "buffer_memory is in use though all records were reported on");
  run_.journal.check(!blocked_, "on_drain did not run");
}

void Sender::close() {
  stop();
  if (closing_ || !producer_) return;
  closing_ = true;
  Call call(run_.journal);
  producer_->close([this, token = Token(run_.journal)] {
    Callback callback(run_.journal, "the producer's close callback");
    run_.journal.check(!closed_, "a producer closed twice");
    closed_ = true;
  });
}

void Sender::destroy() {
  stop();
  if (!producer_) return;
  run_.ledger.aborted(index_);
  Call call(run_.journal);
  producer_.reset();
}

}  // namespace kafka::sim
