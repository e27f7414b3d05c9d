#include "producer.hpp"

#include <utility>

#include "class.hpp"
#include "error.hpp"
#include "options.hpp"
#include "promise.hpp"
#include "record.hpp"
#include "session.hpp"

namespace addon {

Producer::Producer(std::shared_ptr<Host> host, napi_value handler, napi_value array)
    : host_(std::move(host)), reports_(*host_, handler, array) {}

Producer::~Producer() { release(); }

void Producer::release() {
  for (kafka_topic* each : std::exchange(topics_, {})) kafka_topic_free(each);
  kafka_producer_free(std::exchange(handle_, nullptr));
  kafka_error_free(std::exchange(refused_, nullptr));
}

/// new Producer(session, options, handler of reports, Float64Array for runs)
std::unique_ptr<Producer> Producer::make(const Arguments& arguments) {
  const napi_env env = arguments.env;
  const Session* const session = session_of(env, arguments[0]);
  if (session == nullptr) return nullptr;
  const Options options = read_options(env, KAFKA_PRODUCER_OPTIONS, arguments[1]);
  if (options == nullptr) return nullptr;
  std::unique_ptr<Producer> made(new Producer(session->host(), arguments[2], arguments[3]));
  made->handle_ = kafka_producer_new(session->handle(), options.get());
  if (made->handle_ == nullptr) return throw_last_error(env), nullptr;
  if (const kafka_error* wrong = kafka_producer_error(made->handle_); wrong != nullptr) {
    throw_error(env, wrong);
    return nullptr;
  }
  kafka_producer_on_reports(made->handle_, Reports::on_reports, static_cast<Waiter*>(&made->reports_));
  return made;
}

/// topic(name): its index
napi_value Producer::topic(const Arguments& arguments) {
  kafka_topic* const made = kafka_producer_topic(handle_, arguments.string(0).c_str());
  if (made == nullptr) return throw_last_error(arguments.env);
  topics_.push_back(made);
  return make_number(arguments.env, static_cast<double>(topics_.size() - 1));
}

kafka_topic* Producer::topic_at(int32_t index) const {
  return index >= 0 && static_cast<size_t>(index) < topics_.size() ? topics_[static_cast<size_t>(index)] : nullptr;
}

void Producer::refuse(int code) {
  kafka_error_free(std::exchange(refused_, kafka_error_copy(kafka_last_error())));
  if (code == KAFKA_QUEUE_FULL) kafka_producer_on_drain(handle_, Reports::on_drain, static_cast<Waiter*>(&reports_));
}

/// send(numbers, times, bytes, first token): how many were taken. Less than all: refusedCode() says why the next one
/// was not. record.hpp tells how they are packed.
napi_value Producer::send(const Arguments& arguments) {
  const napi_env env = arguments.env;
  RecordReader reader(read_bytes(env, arguments[0]), read_bytes(env, arguments[1]), read_bytes(env, arguments[2]));
  const auto first_token = static_cast<uint64_t>(arguments.number(3));
  size_t taken = 0;
  for (; taken < reader.count() && reader.read(taken); ++taken) {
    kafka_topic* const topic = topic_at(reader.record->topic);
    int code = 0;
    if (reader.headers.empty() && reader.timestamp == 0) {
      code = kafka_topic_send(handle_, topic, reader.record->partition, reader.key.data, reader.key.length,
                              reader.value.data, reader.value.length, first_token + taken);
    } else {
      kafka_record record = KAFKA_INIT(kafka_record);
      record.topic = {kafka_topic_name(topic), KAFKA_NTS};
      record.key = reader.key;
      record.value = reader.value;
      record.headers = reader.headers.data();
      record.header_count = reader.headers.size();
      record.timestamp = reader.timestamp;
      record.partition_plus_one = reader.record->partition + 1;
      code = kafka_producer_send_token(handle_, &record, first_token + taken);
    }
    if (code == 0) continue;
    refuse(code);
    break;
  }
  return make_number(env, static_cast<double>(taken));
}

/// sendPacked(topic, partition, keys, ends of keys, values, ends of values, how many to pass over, first token): how
/// many were taken behind those. Keys may be undefined.
napi_value Producer::send_packed(const Arguments& arguments) {
  const napi_env env = arguments.env;
  const Bytes keys = read_bytes(env, arguments[2]);
  const Bytes key_ends = read_bytes(env, arguments[3]);
  const Bytes values = read_bytes(env, arguments[4]);
  const Bytes value_ends = read_bytes(env, arguments[5]);
  const auto over = static_cast<size_t>(arguments.number(6));
  const size_t all = value_ends.length / sizeof(uint32_t);
  const bool keyed = key_ends.data != nullptr;

  // The rest of a batch begins at 0 again.
  std::vector<uint32_t> shifted[2];
  const auto rest = [&](const Bytes& ends, const Bytes& bytes, std::vector<uint32_t>& to, const char*& from) {
    const auto* numbers = reinterpret_cast<const uint32_t*>(ends.data);
    from = bytes.data == nullptr ? "" : bytes.data;
    if (over == 0) return numbers;
    const uint32_t start = numbers[over - 1] & ~KAFKA_PACKED_NULL;
    for (size_t k = over; k < all; ++k) to.push_back(numbers[k] - start);
    from += start;
    return static_cast<const uint32_t*>(to.data());
  };
  const auto fits = [&](const Bytes& ends, const Bytes& bytes) {
    if (all == 0 || ends.length != value_ends.length) return false;
    return (reinterpret_cast<const uint32_t*>(ends.data)[all - 1] & ~KAFKA_PACKED_NULL) <= bytes.length;
  };
  if (over >= all || !fits(value_ends, values) || (keyed && !fits(key_ends, keys))) {
    napi_throw_range_error(env, nullptr, "the ends of keys and values are as many, and the last is within the bytes");
    return nullptr;
  }
  const char *first_value = nullptr, *first_key = nullptr;
  const uint32_t* const ends = rest(value_ends, values, shifted[0], first_value);
  const uint32_t* const ends_of_keys = keyed ? rest(key_ends, keys, shifted[1], first_key) : nullptr;
  size_t taken = 0;
  const int code =
      kafka_topic_send_packed(handle_, topic_at(arguments.int32(0)), arguments.int32(1), first_key, ends_of_keys,
                              first_value, ends, all - over, static_cast<uint64_t>(arguments.number(7)), &taken);
  if (code != 0) refuse(code);
  return make_number(env, static_cast<double>(taken));
}

napi_value Producer::refused_code(const Arguments& arguments) {
  return make_number(arguments.env, kafka_error_code(refused_));
}
napi_value Producer::refused_error(const Arguments& arguments) {
  const napi_value made = make_error(arguments.env, refused_);
  return made == nullptr ? make_undefined(arguments.env) : made;
}

napi_value Producer::flush(const Arguments&) {
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  return promise->unless(kafka_producer_flush(handle_, Promise::on_plain, static_cast<Waiter*>(promise)), made);
}
napi_value Producer::abort(const Arguments& arguments) { return outcome(arguments.env, kafka_producer_abort(handle_)); }
/// queued(): records without an outcome
napi_value Producer::queued(const Arguments& arguments) {
  return make_number(arguments.env, static_cast<double>(kafka_producer_queued(handle_, nullptr)));
}
/// close(deadline in milliseconds, below 0: delivery.timeout.ms)
napi_value Producer::close(const Arguments& arguments) {
  napi_value made = nullptr;
  Promise* const promise = Promise::make(*host_, &made);
  return promise->unless(kafka_producer_close(handle_, static_cast<int64_t>(arguments.number(0, -1)), Promise::on_plain,
                                              static_cast<Waiter*>(promise)),
                         made);
}

/// free(): of a producer that is closed. Calls fail from now on, and the handler is given up.
napi_value Producer::free(const Arguments& arguments) {
  release();
  reports_.end();
  return make_undefined(arguments.env);
}

void Producer::define(napi_env env, napi_value exports) {
  define_class<Producer>(env, exports, "Producer",
                         {{"topic", method_of<Producer, &Producer::topic>},
                          {"send", method_of<Producer, &Producer::send>},
                          {"sendPacked", method_of<Producer, &Producer::send_packed>},
                          {"refusedCode", method_of<Producer, &Producer::refused_code>},
                          {"refusedError", method_of<Producer, &Producer::refused_error>},
                          {"flush", method_of<Producer, &Producer::flush>},
                          {"abort", method_of<Producer, &Producer::abort>},
                          {"queued", method_of<Producer, &Producer::queued>},
                          {"close", method_of<Producer, &Producer::close>},
                          {"free", method_of<Producer, &Producer::free>}});
}

}  // namespace addon
