#include "random/through_c.hpp"

#include "capi/consumer.hpp"
#include "capi/options.hpp"
#include "sim_reactor.hpp"

namespace kafka::sim::through_c {
namespace {

/// What `user` points to.
struct User {
  virtual ~User() = default;
};
/// A callback that runs once, or a handler that runs until it is dropped.
template <class F>
struct Kept : User {
  explicit Kept(F kept) : call(std::move(kept)) {}
  F call;
};
template <class F>
Kept<F>* keep(F callback) {
  return new Kept<F>(std::move(callback));
}
/// The callback, which belongs to the caller now: this was its last call.
template <class F>
std::unique_ptr<Kept<F>> last(void* user) {
  return std::unique_ptr<Kept<F>>(static_cast<Kept<F>*>(static_cast<User*>(user)));
}
template <class F>
F& handler(void* user) {
  return static_cast<Kept<F>*>(static_cast<User*>(user))->call;
}

using Plain = Function<void()>;
void run_plain(void* user) { last<Plain>(user)->call(); }

Error error_of(const kafka_error* error) {
  if (error == nullptr) return {};
  return Error(static_cast<Errc>(kafka_error_code(error)), kafka_error_detail(error));
}
/// A call that returned this has failed: its callback never runs, and is destroyed.
Error failed(int code, User* kept) {
  if (code == 0) return {};
  delete kept;
  return error_of(kafka_last_error());
}
/// The same for a call that accepts everything.
void accepted(int code, User* kept) {
  if (Error refused = failed(code, kept)) throw SimFailure("a call of the C API was refused: " + refused.message());
}

kafka_bytes bytes(std::string_view view) { return {view.data(), view.size()}; }
std::optional<std::string> text(kafka_bytes bytes) {
  if (bytes.data == nullptr) return std::nullopt;
  return std::string(bytes.data, bytes.length);
}

Event event_of(const kafka_event& told) {
  Event event;
  event.type = static_cast<Event::Type>(told.type);
  event.error = error_of(told.error);
  event.broker = told.broker;
  event.broker_id = told.broker_id;
  event.topic = told.topic;
  event.partition = told.partition;
  event.offset = told.offset;
  event.ordinary = told.ordinary != 0;
  return event;
}
void run_event(void* user, const kafka_event* event) { handler<Function<void(const Event&)>>(user)(event_of(*event)); }

kafka_record record_of(const Record& record, std::vector<kafka_header>& headers) {
  kafka_record told = KAFKA_INIT(kafka_record);
  told.topic = bytes(record.topic);
  told.key = bytes(record.key);
  told.value = bytes(record.value);
  for (const Header& header : record.headers) headers.push_back({bytes(header.key), bytes(header.value)});
  told.headers = headers.data();
  told.header_count = headers.size();
  told.timestamp = record.timestamp < 0 ? 0 : record.timestamp;
  told.partition_plus_one = record.partition + 1;
  return told;
}

Owned<kafka_partitions, kafka_partitions_free> list_of(const Partitions& partitions) {
  Owned<kafka_partitions, kafka_partitions_free> list(kafka_partitions_new());
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t number : numbers) kafka_partitions_add_partition(list.get(), topic.c_str(), number);
  }
  return list;
}
kafka_place place_of(const TopicOffset& at) {
  kafka_place place = KAFKA_INIT(kafka_place);
  place.topic = at.topic.c_str();
  place.partition = at.partition;
  place.offset = at.offset;
  place.timestamp = at.timestamp < 0 ? 0 : at.timestamp;
  return place;
}
std::vector<const char*> names_of(const std::vector<std::string>& topics) {
  std::vector<const char*> names;
  for (const std::string& topic : topics) names.push_back(topic.c_str());
  return names;
}

template <class Options>
struct COptions {
  explicit COptions(Options options) : handle{std::move(options)} {}
  const kafka_options* get() const { return &handle; }
  kafka_options handle;
};

int64_t number(const kafka_result* result, const char* table, size_t row, const char* column) {
  int64_t value = -1;
  kafka_result_number(result, table, row, column, &value);
  return value;
}

}  // namespace

// --- sessions ---------------------------------------------------------------

Session::Session(kafka::Session made) : handle_(capi::wrap(std::move(made))) {
  kafka_session_on_drop(handle_.get(), [](void* user) { delete static_cast<User*>(user); });
}
Error Session::error() const { return error_of(kafka_session_error(handle_.get())); }
void Session::on_event(Function<void(const Event&)> handler) {
  User* const kept = keep(std::move(handler));
  accepted(kafka_session_on_event(handle_.get(), run_event, kept), kept);
}
void Session::on_log(LogLevel level, LogSink sink) {
  User* const kept = keep(std::move(sink));
  const auto run = [](void* user, int told, kafka_bytes line) {
    handler<LogSink>(user)(static_cast<LogLevel>(told), std::string_view(line.data, line.length));
  };
  accepted(kafka_session_on_log(handle_.get(), static_cast<int>(level), run, kept), kept);
}
void Session::get_metadata(std::set<std::string> topics, Function<void(Error, ClusterMetadata)> done) {
  metadata(names_of({topics.begin(), topics.end()}), std::move(done));
}
void Session::metadata(const std::vector<const char*>& topics, Function<void(Error, ClusterMetadata)> done) {
  User* const kept = keep(std::move(done));
  const auto run = [](void* user, const kafka_error* error, const kafka_result* result) {
    ClusterMetadata cluster;
    for (size_t i = 0; i < kafka_result_count(result, "brokers"); ++i) cluster.brokers.emplace_back();
    for (size_t i = 0; i < kafka_result_count(result, "topics"); ++i)
      cluster.topics[kafka_result_string(result, "topics", i, "name")];
    last<Function<void(Error, ClusterMetadata)>>(user)->call(error_of(error), std::move(cluster));
  };
  accepted(kafka_session_metadata(handle_.get(), topics.data(), topics.size(), 0, run, kept), kept);
}
void Session::list_topics(Function<void(Error, std::vector<std::string>)> done) {
  User* const kept = keep(std::move(done));
  const auto run = [](void* user, const kafka_error* error, const kafka_result* result) {
    std::vector<std::string> names;
    for (size_t i = 0; i < kafka_result_count(result, "topics"); ++i)
      names.emplace_back(kafka_result_string(result, "topics", i, "name"));
    last<Function<void(Error, std::vector<std::string>)>>(user)->call(error_of(error), std::move(names));
  };
  accepted(kafka_session_topics(handle_.get(), run, kept), kept);
}
Error Session::set_credentials(const std::string& user, const Secret& password) {
  const std::string_view text = password.reveal();
  return failed(kafka_session_set_credentials(handle_.get(), user.c_str(), text.data(), text.size()), nullptr);
}
bool Session::post(Function<void()> fn) {
  User* const kept = keep(std::move(fn));
  return !failed(kafka_session_post(handle_.get(), run_plain, kept), kept);
}
void Session::close(std::chrono::milliseconds deadline, Function<void()> done) {
  User* const kept = keep(std::move(done));
  accepted(kafka_session_close(handle_.get(), deadline.count(), run_plain, kept), kept);
}

// --- producers --------------------------------------------------------------

Producer::Producer(Session& session, ProducerOptions options)
    : handle_(kafka_producer_new(session.handle(), COptions(std::move(options)).get())) {}
Error Producer::error() const { return error_of(kafka_producer_error(handle_.get())); }
void Producer::set_partitioner(PartitionerFunction partitioner) {
  User* const kept = keep(std::move(partitioner));
  const auto run = [](void* user, const kafka_record* told, int32_t count) {
    const Record record{.key = std::string_view(told->key.data, told->key.length),
                        .value = Value::nullable(std::string_view(told->value.data, told->value.length))};
    return handler<PartitionerFunction>(user)(record, count);
  };
  accepted(kafka_producer_set_partitioner(handle_.get(), run, kept), kept);
}
Error Producer::send(const Record& record, DeliveryCallback done) {
  User* const kept = keep(std::move(done));
  const auto run = [](void* user, const kafka_report* told) {
    last<DeliveryCallback>(user)->call({error_of(told->error), told->partition, told->offset, told->timestamp,
                                        static_cast<Persistence>(told->persistence)});
  };
  std::vector<kafka_header> headers;
  const kafka_record told = record_of(record, headers);
  return failed(kafka_producer_send(handle_.get(), &told, run, kept), kept);
}
void Producer::produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done) {
  std::vector<kafka_record> records;
  std::vector<std::vector<kafka_header>> headers;
  for (const ProduceEnvelope& envelope : envelopes) {
    for (const Message& message : envelope.messages) {
      records.push_back(record_of(
          {envelope.topic, envelope.partition, message.key, message.value, message.headers, message.timestamp},
          headers.emplace_back()));
    }
  }
  User* const kept = keep(std::move(done));
  const auto run = [](void* user, const kafka_error* error, const kafka_result* told) {
    ProduceResult result;
    if (error != nullptr) result.errors.push_back(error_of(error));
    for (size_t row = 0; row < kafka_result_count(told, "partitions"); ++row) {
      result.partitions.push_back({kafka_result_string(told, "partitions", row, "topic"),
                                   static_cast<int32_t>(number(told, "partitions", row, "partition")),
                                   error_of(kafka_result_error(told, "partitions", row)),
                                   number(told, "partitions", row, "offset"),
                                   static_cast<Persistence>(number(told, "partitions", row, "persistence"))});
    }
    last<Function<void(ProduceResult)>>(user)->call(std::move(result));
  };
  accepted(kafka_producer_produce(handle_.get(), records.data(), records.size(), run, kept), kept);
}
void Producer::flush(Function<void()> done) {
  User* const kept = keep(std::move(done));
  accepted(kafka_producer_flush(handle_.get(), run_plain, kept), kept);
}
void Producer::on_drain(Function<void()> handler) {
  User* const kept = keep(std::move(handler));
  accepted(kafka_producer_on_drain(handle_.get(), run_plain, kept), kept);
}
size_t Producer::queued_bytes() const {
  size_t bytes = 0;
  kafka_producer_queued(handle_.get(), &bytes);
  return bytes;
}
void Producer::close(Function<void()> done) {
  User* const kept = keep(std::move(done));
  accepted(kafka_producer_close(handle_.get(), -1, run_plain, kept), kept);
}

// --- envelopes --------------------------------------------------------------

std::vector<OwnedMessage> Envelope::messages() const {
  std::vector<OwnedMessage> all;
  size_t stride = 0;
  const auto* at = reinterpret_cast<const char*>(kafka_envelope_messages(handle_.get(), &stride));
  for (size_t left = kafka_envelope_count(handle_.get()); left > 0; --left, at += stride) {
    const auto* const message = reinterpret_cast<const kafka_message*>(at);
    OwnedMessage& owned = all.emplace_back();
    owned.topic = topic();
    owned.partition = partition();
    owned.offset = message->offset;
    owned.timestamp = message->timestamp;
    owned.timestamp_type = static_cast<TimestampType>(message->timestamp_type);
    owned.key = text(message->key);
    owned.value = text(message->value);
    std::vector<kafka_header> headers(static_cast<size_t>(message->header_count));
    size_t count = headers.size();
    if (kafka_message_headers(message, headers.data(), &count) != 0) continue;
    for (size_t i = 0; i < count; ++i) owned.headers.emplace_back(*text(headers[i].key), text(headers[i].value));
  }
  return all;
}
Error Envelope::commit(std::string_view metadata, Function<void(Error)> done) {
  User* const kept = keep(std::move(done));
  const auto run = [](void* user, const kafka_error* error) {
    last<Function<void(Error)>>(user)->call(error_of(error));
  };
  return failed(kafka_envelope_commit(handle_.get(), metadata.data(), metadata.size(), run, kept), kept);
}
Error Envelope::ack() { return failed(kafka_envelope_ack(handle_.get()), nullptr); }
Error Envelope::cancel() { return failed(kafka_envelope_cancel(handle_.get()), nullptr); }

// --- consumers --------------------------------------------------------------

PartitionReader::operator kafka::PartitionReader&() { return handle_->reader(); }
Error PartitionReader::error() const { return error_of(kafka_consumer_error(handle_.get())); }
void PartitionReader::on_event(Function<void(const Event&)> handler) {
  User* const kept = keep(std::move(handler));
  accepted(kafka_consumer_on_event(handle_.get(), run_event, kept), kept);
}
Error PartitionReader::pause(const Partitions& partitions) {
  return failed(kafka_consumer_pause(handle_.get(), list_of(partitions).get()), nullptr);
}
Error PartitionReader::resume(const Partitions& partitions) {
  return failed(kafka_consumer_resume(handle_.get(), list_of(partitions).get()), nullptr);
}
Partitions PartitionReader::partitions() const {
  const Owned<kafka_partitions, kafka_partitions_free> list(kafka_consumer_partitions(handle_.get()));
  Partitions partitions;
  for (size_t i = 0; i < kafka_partitions_count(list.get()); ++i) {
    kafka_place place = KAFKA_INIT(kafka_place);
    kafka_partitions_get(list.get(), i, &place);
    partitions[place.topic].push_back(place.partition);
  }
  return partitions;
}
Error PartitionReader::seek(const TopicOffset& to) {
  const kafka_place place = place_of(to);
  return failed(kafka_consumer_seek(handle_.get(), &place), nullptr);
}
int64_t PartitionReader::position(const std::string& topic, int32_t partition) const {
  return kafka_consumer_position(handle_.get(), topic.c_str(), partition);
}
void PartitionReader::stop(Function<void()> done) {
  User* const kept = keep(std::move(done));
  accepted(kafka_consumer_stop(handle_.get(), run_plain, kept), kept);
}
void PartitionReader::close(Function<void()> done) {
  User* const kept = keep(std::move(done));
  accepted(kafka_consumer_close(handle_.get(), KAFKA_LEAVE_BY_KIND, run_plain, kept), kept);
}

namespace {

// A consumption: both callbacks have one user.
template <class Given>
struct Consumption : User {
  Consumption(Function<void(Given)> on_message, EndCallback end)
      : each(std::move(on_message)), on_end(std::move(end)) {}
  static void run_each(void* user, kafka_envelope* envelope) {
    static_cast<Consumption*>(static_cast<User*>(user))->each(Given(envelope));
  }
  static void run_end(void* user, const kafka_error* error) {
    const std::unique_ptr<Consumption> mine(static_cast<Consumption*>(static_cast<User*>(user)));
    if (mine->on_end) mine->on_end(error_of(error));
  }
  Function<void(Given)> each;
  EndCallback on_end;
};

}  // namespace

void PartitionReader::read(int64_t limit, MessageCallback on_message, EndCallback on_end) {
  using Mine = Consumption<MessageEnvelope>;
  User* const kept = new Mine(std::move(on_message), std::move(on_end));
  accepted(kafka_consumer_consume(handle_.get(), limit, Mine::run_each, Mine::run_end, kept), kept);
}
void PartitionReader::batch_read(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  using Mine = Consumption<BatchEnvelope>;
  User* const kept = new Mine(std::move(on_batch), std::move(on_end));
  accepted(kafka_consumer_consume_batches(handle_.get(), max, Mine::run_each, Mine::run_end, kept), kept);
}

Consumer::Consumer(Session& session, const std::string& group, const Partitions& partitions, ConsumerOptions options)
    : PartitionReader(kafka_consumer_new(session.handle(), group.c_str(), list_of(partitions).get(),
                                         COptions(std::move(options)).get())) {}
Consumer::Consumer(Session& session, const std::string& group, const AllPartitions& all, ConsumerOptions options)
    : PartitionReader(kafka_consumer_new_all(session.handle(), group.c_str(), names_of(all.topics).data(),
                                             all.topics.size(), COptions(std::move(options)).get())) {}
Fetcher::Fetcher(Session& session, const std::vector<TopicOffset>& start, ConsumerOptions options)
    : PartitionReader([&] {
        const Owned<kafka_partitions, kafka_partitions_free> places(kafka_partitions_new());
        for (const TopicOffset& at : start) {
          const kafka_place place = place_of(at);
          kafka_partitions_add(places.get(), &place);
        }
        const COptions given(std::move(options));
        return kafka_fetcher_new(session.handle(), places.get(), given.get());
      }()) {}
Fetcher::Fetcher(Session& session, const AllPartitions& all, ConsumerOptions options)
    : PartitionReader(kafka_fetcher_new_all(session.handle(), names_of(all.topics).data(), all.topics.size(),
                                            COptions(std::move(options)).get())) {}

}  // namespace kafka::sim::through_c
