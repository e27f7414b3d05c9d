// Producers of the C API.
// Not here: sending to a topic handle, and packed sends (topic.cpp); what gathers reports (reports).
#include "capi/producer.hpp"

#include <map>
#include <utility>
#include <vector>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/options.hpp"
#include "capi/result.hpp"
#include "capi/session.hpp"

using kafka::DeliveryReport;
using kafka::Errc;
using kafka::Error;
using kafka::Producer;
using kafka::ProducerOptions;
using kafka::Record;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::Once;
using kafka::capi::Repeated;
using kafka::capi::wrong_argument;

using ReportOnce = Once<const kafka_report*>;
using ResultOnce = Once<const kafka_error*, const kafka_result*>;

kafka_producer::kafka_producer(kafka::capi::Ground& its_ground, Producer made, Error why)
    : ground(its_ground),
      producer(std::move(made)),
      error(std::move(why)),
      reports(std::make_shared<kafka::capi::Reports>(its_ground)) {
  producer.on_delivery(
      [reports = reports](uint64_t token, const DeliveryReport& report) { reports->add(token, report); });
}
kafka_producer::~kafka_producer() { reports->stop(); }

namespace {

/// Ends a flush or a close: reports that came before are handed over first.
kafka::Function<void()> after_reports(kafka_producer& producer, kafka_plain_cb done, void* user) {
  return [reports = producer.reports, done = kafka::capi::plain(*producer.ground, done, user)]() mutable {
    reports->hand_over();
    if (done) done();
  };
}

/// Records of produce() as envelopes: one for each partition, in order.
Error envelopes(const kafka_record* records, size_t count, std::vector<kafka::ProduceEnvelope>& to) {
  constexpr const char* kFunction = "kafka_producer_produce";
  if (count > 0 && records == nullptr) return wrong_argument(kFunction, "records is NULL, and count is not 0");
  std::map<std::pair<std::string_view, int32_t>, size_t> places;
  for (size_t k = 0; k < count; ++k) {
    Record record;
    if (Error wrong = kafka::capi::read(kFunction, records + k, true, record)) return wrong;
    if (record.partition < 0) return wrong_argument(kFunction, "a record has no partition");
    const auto [place, is_new] = places.try_emplace({record.topic, record.partition}, to.size());
    if (is_new) to.push_back({.topic = std::string(record.topic), .partition = record.partition});
    to[place->second].messages.push_back({.key = record.key,
                                          .value = record.value,
                                          .headers = std::move(record.headers),
                                          .timestamp = record.timestamp});
  }
  return {};
}

kafka_record to_c(const Record& record, std::vector<kafka_header>& headers) {
  for (const auto& header : record.headers) {
    headers.push_back({kafka::capi::bytes(header.key), kafka::capi::bytes(header.value)});
  }
  kafka_record told{};
  told.size = sizeof(told);
  told.topic = kafka::capi::bytes(record.topic);
  told.key = kafka::capi::bytes(record.key);
  told.value = kafka::capi::bytes(record.value);
  told.headers = headers.empty() ? nullptr : headers.data();
  told.header_count = headers.size();
  told.timestamp = record.timestamp == kafka::kNoTimestamp ? 0 : record.timestamp;
  told.partition_plus_one = record.partition + 1;
  return told;
}

}  // namespace

extern "C" {

kafka_producer* kafka_producer_new(kafka_session* session, const kafka_options* options) {
  return kafka::capi::made<kafka_producer>(__func__, session, [&](kafka_session& owner) -> kafka_producer* {
    ProducerOptions values;
    if (!kafka::capi::read(options, values)) {
      return failed(wrong_argument("kafka_producer_new", "the options are not KAFKA_PRODUCER_OPTIONS")), nullptr;
    }
    Error error = owner.session.error() ? owner.session.error() : values.validate();
    return new (std::nothrow)
        kafka_producer(*owner.ground, Producer(owner.session, std::move(values)), std::move(error));
  });
}

const kafka_error* kafka_producer_error(const kafka_producer* producer) {
  return producer == nullptr ? nullptr : producer->error.or_null();
}

int kafka_producer_send(kafka_producer* producer, const kafka_record* record, kafka_report_cb cb, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    Record sent;
    if (Error wrong = kafka::capi::read("kafka_producer_send", record, true, sent)) return wrong;
    if (cb == nullptr) return self.producer.send(sent);
    return self.producer.send(sent, [once = ReportOnce(*self.ground, cb, user)](const DeliveryReport& report) mutable {
      constexpr uint64_t kNoToken = 0;
      const kafka_error error(report.error);
      const kafka_report told = kafka::capi::to_c(report, kNoToken, error.or_null());
      once(&told);
    });
  });
}

int kafka_producer_send_token(kafka_producer* producer, const kafka_record* record, uint64_t token) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    Record sent;
    if (Error wrong = kafka::capi::read("kafka_producer_send_token", record, true, sent)) return wrong;
    return token == 0 ? self.producer.send(sent) : self.producer.send(sent, token);
  });
}

int kafka_producer_on_reports(kafka_producer* producer, kafka_reports_cb cb, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    using Handler = kafka::capi::Reports::Handler;
    self.reports->set_handler(cb == nullptr ? nullptr
                                            : std::make_shared<const Handler>(Handler(*self.ground, cb, user)));
    return {};
  });
}

int kafka_producer_produce(kafka_producer* producer, const kafka_record* records, size_t count, kafka_result_cb cb,
                           void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    if (cb == nullptr) return wrong_argument("kafka_producer_produce", "cb is NULL");
    std::vector<kafka::ProduceEnvelope> all;
    if (Error wrong = envelopes(records, count, all)) return wrong;
    self.producer.produce(
        std::move(all), [once = ResultOnce(*self.ground, cb, user)](const kafka::ProduceResult& outcome) mutable {
          const kafka_error error(outcome.errors.empty() ? Error() : outcome.errors.front());
          kafka_result result;
          auto& table = result.add("partitions", {"topic", "partition", "offset", "persistence"});
          for (const auto& each : outcome.partitions) {
            table.add({each.topic, int64_t{each.partition}, each.offset, static_cast<int64_t>(each.persistence)},
                      each.error);
          }
          once(error.or_null(), &result);
        });
    return {};
  });
}

int kafka_producer_flush(kafka_producer* producer, kafka_plain_cb done, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    if (done == nullptr) return wrong_argument("kafka_producer_flush", "done is NULL");
    self.producer.flush(after_reports(self, done, user));
    return {};
  });
}

int kafka_producer_abort(kafka_producer* producer) {
  return call(__func__, producer, [](kafka_producer& self) { return self.producer.abort(), Error(); });
}

int kafka_producer_on_drain(kafka_producer* producer, kafka_plain_cb cb, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    self.producer.on_drain(kafka::capi::plain(*self.ground, cb, user));
    return {};
  });
}

int kafka_producer_would_block(kafka_producer* producer, const kafka_record* record) {
  bool blocks = false;
  const int code = call(__func__, producer, [&](kafka_producer& self) -> Error {
    Record sent;
    if (Error wrong = kafka::capi::read("kafka_producer_would_block", record, true, sent)) return wrong;
    blocks = self.producer.would_block(sent);
    return {};
  });
  return code != KAFKA_OK ? code : blocks ? 1 : 0;
}

int kafka_producer_when_room(kafka_producer* producer, size_t bytes, kafka_plain_cb cb, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    if (cb == nullptr) return wrong_argument("kafka_producer_when_room", "cb is NULL");
    return self.producer.when_room(bytes, kafka::capi::plain(*self.ground, cb, user));
  });
}

int kafka_producer_set_partitioner(kafka_producer* producer, kafka_partitioner_cb cb, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    if (cb == nullptr) return self.producer.set_partitioner({}), Error();
    self.producer.set_partitioner([handler = Repeated<int32_t(const kafka_record*, int32_t)>(*self.ground, cb, user)](
                                      const Record& record, int32_t partition_count) {
      std::vector<kafka_header> headers;
      const kafka_record told = to_c(record, headers);
      return handler(&told, partition_count);
    });
    return {};
  });
}

size_t kafka_producer_queued(const kafka_producer* producer, size_t* bytes) {
  if (bytes != nullptr) *bytes = 0;
  if (const Error wrong = kafka::capi::check(__func__, producer)) return failed(wrong), size_t{0};
  if (bytes != nullptr) *bytes = producer->producer.queued_bytes();
  return producer->producer.queued();
}

int kafka_producer_close(kafka_producer* producer, int64_t deadline_ms, kafka_plain_cb done, void* user) {
  return call(__func__, producer, [&](kafka_producer& self) -> Error {
    auto ended = after_reports(self, done, user);
    if (deadline_ms < 0) {
      self.producer.close(std::move(ended));
    } else {
      self.producer.close(std::chrono::milliseconds(deadline_ms), std::move(ended));
    }
    return {};
  });
}

void kafka_producer_free(kafka_producer* producer) { kafka::capi::free_handle(__func__, producer); }

}  // extern "C"
