// The work of uvkafka_bench through the C API, with the same arguments.
//
//   c_bench produce|packed|consume|batch|columns|idle -b BOOTSTRAP -t TOPIC -n MESSAGES [-s SIZE] [-c poll]
//           [-d SECONDS] [-X name=value]...
//
// produce: kafka_topic_send() for each record, with a token; reports come as arrays. packed: the same in packs of 500.
// consume: an envelope per message, acked and freed in one call. batch: the same for batches of up to 500.
// columns: `unordered`, in columns of up to 500, each acked. -c poll: on a private loop that poll(2) drives, else on a
// bare loop of libuv. idle: counts calls of kafka_loop_run_once() in SECONDS, of a consumer at the end of its topic, or
// with `-c session` of a session alone.
#include <kafka/kafka.h>
#include <poll.h>
#include <uv.h>

#include <string>
#include <vector>

#include "measure.hpp"

namespace {

using bench::Arguments;

constexpr size_t kPack = 500;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s: %s\n", what, kafka_error_message(kafka_last_error()));
  std::exit(1);
}
void check(int code, const char* what) {
  if (code != 0) fail(what);
}
void check_end(const kafka_error* error) {
  if (error == nullptr || kafka_error_code(error) == KAFKA_CLOSED) return;
  std::fprintf(stderr, "%s\n", kafka_error_message(error));
  std::exit(1);
}

/// Options of one kind from the settings: what the kind does not know is of another kind.
struct Options {
  explicit Options(int kind) : handle(kafka_options_new(kind)) {}
  ~Options() { kafka_options_free(handle); }
  void apply(const Arguments& arguments) {
    for (const auto& [name, value] : arguments.settings) kafka_options_set(handle, name.c_str(), value.c_str());
  }
  void set(const char* name, const char* value) { check(kafka_options_set(handle, name, value), name); }
  kafka_options* handle;
};

class Bench {
 public:
  explicit Bench(const Arguments& with) : arguments_(with), polls_(with.how == "poll" || with.mode == "idle") {
    Options options(KAFKA_SESSION_OPTIONS);
    options.set("bootstrap.servers", with.bootstrap.c_str());
    options.apply(with);
    if (polls_) {
      loop_ = kafka_loop_new();
    } else {
      uv_loop_init(&bare_);
    }
    session_ = kafka_session_new(polls_ ? kafka_loop_uv(loop_) : &bare_, options.handle);
    if (session_ == nullptr) fail("session");
  }
  ~Bench() {
    kafka_topic_free(topic_);
    kafka_producer_free(producer_);
    kafka_consumer_free(consumer_);
    kafka_session_free(session_);
    if (polls_) {
      kafka_loop_free(loop_);
    } else {
      uv_run(&bare_, UV_RUN_DEFAULT);
      uv_loop_close(&bare_);
    }
  }
  Bench(const Bench&) = delete;

  void produce() {
    for (size_t i = 0; i < bench::kValues; ++i) values_.push_back(bench::make_value(arguments_.size, i));
    for (size_t k = 0; k < kPack; ++k) {
      pack_ += values_[k];
      pack_ends_.push_back(static_cast<uint32_t>(pack_.size()));
    }
    Options options(KAFKA_PRODUCER_OPTIONS);
    options.apply(arguments_);
    producer_ = kafka_producer_new(session_, options.handle);
    if (producer_ == nullptr) fail("producer");
    topic_ = kafka_producer_topic(producer_, arguments_.topic.c_str());
    check(kafka_producer_on_reports(producer_, on_reports, this), "on_reports");
    with_metadata([](void* self, const kafka_error*, const kafka_result*) {
      static_cast<Bench*>(self)->measure_.begin();
      feed(self);
    });
  }

  void consume() {
    Options options(KAFKA_CONSUMER_OPTIONS);
    options.apply(arguments_);
    options.set("auto.offset.reset", "earliest");
    if (arguments_.mode == "columns") options.set("ordering", "unordered");
    const char* const topics[] = {arguments_.topic.c_str()};
    consumer_ = kafka_fetcher_new_all(session_, topics, 1, options.handle);
    if (consumer_ == nullptr) fail("consumer");
    with_metadata([](void* self, const kafka_error*, const kafka_result*) { static_cast<Bench*>(self)->begin(); });
  }

  void idle() {
    if (arguments_.how != "session") {
      const char* const topics[] = {arguments_.topic.c_str()};
      consumer_ = kafka_consumer_new_all(session_, "idle", topics, 1, nullptr);
      kafka_consumer_consume(consumer_, 0, on_message, nullptr, this);
    }
    constexpr int64_t kSettled = 3;  // seconds until everything is connected and at the end
    const int64_t start = bench::now_ns();
    const int64_t from = start + kSettled * 1'000'000'000;
    const int64_t until = from + arguments_.seconds * 1'000'000'000;
    int64_t calls = 0;
    for (int64_t now = start; now < until; now = bench::now_ns()) {
      const int64_t left_ms = (until - now) / 1'000'000 + 1;
      const int timeout = kafka_loop_timeout(loop_);
      pollfd watched = {kafka_loop_fd(loop_), POLLIN, 0};
      const bool due = timeout >= 0 && timeout <= left_ms;
      const int ready = poll(&watched, 1, due ? timeout : static_cast<int>(left_ms));
      if (ready == 0 && !due) break;
      kafka_loop_run_once(loop_);
      if (now >= from) ++calls;
    }
    std::printf("%lld calls of kafka_loop_run_once() in %lld s, %.2f per second\n", static_cast<long long>(calls),
                static_cast<long long>(arguments_.seconds),
                static_cast<double>(calls) / static_cast<double>(arguments_.seconds));
  }

  void run() {
    if (!polls_) {
      uv_run(&bare_, UV_RUN_DEFAULT);
    } else {
      while (kafka_session_closed(session_) == 0) {
        pollfd watched = {kafka_loop_fd(loop_), POLLIN, 0};
        poll(&watched, 1, kafka_loop_timeout(loop_));
        kafka_loop_run_once(loop_);
      }
    }
    measure_.print();
  }

 private:
  void with_metadata(kafka_result_cb then) {
    const char* const topics[] = {arguments_.topic.c_str()};
    check(kafka_session_metadata(session_, topics, 1, 0, then, this), "metadata");
  }
  void begin() {
    measure_.begin();
    const auto count = arguments_.mode == "consume" ? arguments_.messages : 0;
    if (arguments_.mode == "consume") {
      check(kafka_consumer_consume(consumer_, count, on_message, on_end, this), "consume");
    } else if (arguments_.mode == "batch") {
      check(kafka_consumer_consume_batches(consumer_, kPack, on_batch, on_end, this), "consume");
    } else {
      check(kafka_consumer_consume_columns(consumer_, kPack, on_columns, on_end, this), "consume");
    }
  }

  static void on_reports(void* user, const kafka_report* reports, size_t count, size_t stride) {
    auto* const self = static_cast<Bench*>(user);
    for (size_t k = 0; k < count; ++k) {
      const auto* report = reinterpret_cast<const kafka_report*>(reinterpret_cast<const char*>(reports) + k * stride);
      ++(report->code != 0 ? self->measure_.failed : self->measure_.messages);
    }
    if (self->measure_.messages + self->measure_.failed == self->arguments_.messages) self->done();
  }
  // Sends until the queue is full, and goes on when there is room.
  static void feed(void* user) {
    auto* const self = static_cast<Bench*>(user);
    while (self->taken_ < self->arguments_.messages) {
      const int code = self->arguments_.mode == "packed" ? self->send_pack() : self->send();
      if (code == 0) continue;
      if (code != KAFKA_QUEUE_FULL) fail("send");
      check(kafka_producer_on_drain(self->producer_, feed, self), "on_drain");
      return;
    }
  }
  int send() {
    const std::string& value = values_[at_];
    const int code = kafka_topic_send(producer_, topic_, -1, nullptr, 0, value.data(), value.size(),
                                      static_cast<uint64_t>(taken_) + 1);
    if (code != 0) return code;
    if (++at_ == values_.size()) at_ = 0;
    ++taken_;
    return 0;
  }
  int send_pack() {
    size_t taken = 0;
    const size_t count = std::min(kPack, static_cast<size_t>(arguments_.messages - taken_));
    const int code = kafka_topic_send_packed(producer_, topic_, -1, nullptr, nullptr, pack_.data(), pack_ends_.data(),
                                             count, static_cast<uint64_t>(taken_) + 1, &taken);
    taken_ += static_cast<int64_t>(taken);
    return code;
  }

  static void on_message(void* user, kafka_envelope* envelope) {
    auto* const self = static_cast<Bench*>(user);
    ++self->measure_.messages;
    self->measure_.bytes += static_cast<int64_t>(kafka_envelope_messages(envelope, nullptr)->value.length);
    kafka_envelope_ack_free(envelope);
  }
  static void on_batch(void* user, kafka_envelope* envelope) {
    auto* const self = static_cast<Bench*>(user);
    size_t stride = 0;
    const auto* at = reinterpret_cast<const char*>(kafka_envelope_messages(envelope, &stride));
    for (size_t left = kafka_envelope_count(envelope); left > 0; --left, at += stride) {
      ++self->measure_.messages;
      self->measure_.bytes += static_cast<int64_t>(reinterpret_cast<const kafka_message*>(at)->value.length);
    }
    kafka_envelope_ack_free(envelope);
    self->stop_at_end();
  }
  static void on_columns(void* user, kafka_columns* columns) {
    auto* const self = static_cast<Bench*>(user);
    kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
    check(kafka_columns_get(columns, &arrays), "columns");
    self->measure_.messages += static_cast<int64_t>(arrays.count);
    self->measure_.bytes += arrays.value_ends[arrays.count - 1];
    kafka_columns_ack(columns, 0, arrays.count);
    kafka_columns_free(columns);
    self->stop_at_end();
  }
  void stop_at_end() {
    if (measure_.messages < arguments_.messages) return;
    kafka_consumer_stop(consumer_, nullptr, nullptr);
  }
  static void on_end(void* user, const kafka_error* error) {
    check_end(error);
    static_cast<Bench*>(user)->done();
  }
  void done() {
    measure_.end();
    check(kafka_session_close(session_, -1, nullptr, nullptr), "close");
  }

  const Arguments& arguments_;
  const bool polls_;
  kafka_loop* loop_ = nullptr;
  uv_loop_t bare_{};
  kafka_session* session_ = nullptr;
  kafka_producer* producer_ = nullptr;
  kafka_topic* topic_ = nullptr;
  kafka_consumer* consumer_ = nullptr;
  std::vector<std::string> values_;
  std::string pack_;
  std::vector<uint32_t> pack_ends_;
  size_t at_ = 0;
  int64_t taken_ = 0;
  bench::Measure measure_;
};

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = Arguments::parse(argc, argv);
  Bench bench(arguments);
  if (arguments.mode == "idle") return bench.idle(), 0;
  if (arguments.mode == "produce" || arguments.mode == "packed") {
    bench.produce();
  } else if (arguments.mode == "consume" || arguments.mode == "batch" || arguments.mode == "columns") {
    bench.consume();
  } else {
    std::fprintf(stderr, "c_bench produce|packed|consume|batch|columns|idle -b BOOTSTRAP -t TOPIC -n MESSAGES\n");
    return bench::kNotKnown;
  }
  bench.run();
  return 0;
}
