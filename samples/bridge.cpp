// Copies a topic to another one, maybe of another cluster: a message is committed when its copy is in the log, and
// never before. So a bridge that dies loses nothing; what was not committed is copied again.
//
//   bridge FROM TOPIC TO TOPIC [COUNT]     FROM and TO are HOST:PORT; ends after COUNT messages, or on SIGINT, SIGTERM
#include <uv.h>
#include <kafka/kafka.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>

namespace {

class Bridge {
 public:
  Bridge(uv_loop_t* loop, char** arguments, int64_t count)
      : from_(loop, {.bootstrap_servers = arguments[1]}),
        to_(loop, {.bootstrap_servers = arguments[3]}),
        left_(count),
        name_(arguments[4]),
        // Many are on their way at a time. Each is answered when its copy is stored, in whatever order that comes.
        consumer_(from_, "bridge", kafka::AllPartitions{arguments[2]},
                  {.commit_mode = kafka::CommitMode::pipelined, .ordering = kafka::Ordering::unordered}),
        producer_(to_),
        topic_(producer_.topic(name_)) {
    consumer_.consume([this](kafka::MessageEnvelope envelope) { copy(std::move(envelope)); },
                      [this](kafka::Error error) {
                        if (error) fail("consume", error);
                        close();
                      });
  }

  /// Takes no more messages, and ends when those on their way are copied and committed.
  void stop() { consumer_.stop(); }
  bool failed() const { return failed_; }

 private:
  void copy(kafka::MessageEnvelope envelope) {
    const kafka::Record record{.key = envelope.key(),
                               .value = kafka::Value::nullable(envelope.value()),
                               .headers = envelope.headers(),
                               .timestamp = envelope.timestamp()};
    if (producer_.would_block(topic_, record)) {
      // The consumer hands out no more than max.open messages meanwhile: the source waits for the target.
      const size_t bytes = record.key.size() + record.value.size();
      const kafka::Error refused =
          producer_.when_room(bytes, [this, kept = std::move(envelope)]() mutable { copy(std::move(kept)); });
      if (refused) fail("send", refused);  // the envelope went with the callback: the consumption ends
      return;
    }
    // The envelope rides in the callback. Its bytes are copied before that.
    auto done = [this, kept = std::move(envelope)](const kafka::DeliveryReport& report) mutable {
      if (report.error) {
        fail("send", report.error);
        kept.cancel();  // it is the first message of the next run
        return;
      }
      kept.commit();
      if (left_ > 0 && --left_ == 0) stop();
    };
    if (const kafka::Error refused = producer_.send(topic_, record, std::move(done))) fail("send", refused);
  }

  void close() {
    from_.close();
    to_.close();
  }
  void fail(const char* what, const kafka::Error& error) {
    std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
    failed_ = true;
  }

  kafka::Session from_;
  kafka::Session to_;
  int64_t left_;
  std::string name_;
  kafka::Consumer consumer_;
  kafka::Producer producer_;
  kafka::Topic topic_;
  bool failed_ = false;
};

void on_signal(uv_signal_t* signal, int) { static_cast<Bridge*>(signal->data)->stop(); }

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return std::fprintf(stderr, "usage: bridge FROM TOPIC TO TOPIC [COUNT]\n"), 2;
  uv_loop_t* const loop = uv_default_loop();
  bool failed = false;
  uv_signal_t signals[2];
  {
    Bridge bridge(loop, arguments, count > 5 ? std::atoll(arguments[5]) : 0);
    const int numbers[] = {SIGINT, SIGTERM};
    for (int i = 0; i < 2; ++i) {
      uv_signal_init(loop, &signals[i]);
      signals[i].data = &bridge;
      uv_signal_start(&signals[i], on_signal, numbers[i]);
      uv_unref(reinterpret_cast<uv_handle_t*>(&signals[i]));
    }
    uv_run(loop, UV_RUN_DEFAULT);  // until both sessions are closed
    failed = bridge.failed();
  }
  for (uv_signal_t& signal : signals) uv_close(reinterpret_cast<uv_handle_t*>(&signal), nullptr);
  uv_run(loop, UV_RUN_DEFAULT);
  return uv_loop_close(loop) == 0 && !failed ? 0 : 1;
}
