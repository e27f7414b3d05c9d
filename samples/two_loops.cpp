// Two sessions on two loops, each on a thread of its own: one consumes, the other produces. They share nothing. Only
// Session::post() crosses from one thread to the other.
//
//   two_loops HOST:PORT COUNT       sends COUNT records from one thread, and reads them on the other
#include <uv.h>
#include <kafka/kafka.hpp>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>

namespace {

/// A loop with a session and a producer, on a thread of its own.
class Sender {
 public:
  explicit Sender(const std::string& brokers) : ready_(), thread_([this, brokers] { run(brokers); }) {
    uv_sem_wait(&ready_.semaphore);
  }
  ~Sender() { thread_.join(); }

  /// From any thread.
  void send(std::string value) {
    session_->post([this, value = std::move(value)] {
      producer_->send({.topic = "orders", .value = value}, [](const kafka::DeliveryReport& report) {
        if (report.error) std::fprintf(stderr, "send: %s\n", report.error.message().c_str());
      });
    });
  }
  /// From any thread; what was sent before is sent first.
  void close() {
    session_->post([this] { session_->close(); });
  }

 private:
  struct Ready {
    Ready() { uv_sem_init(&semaphore, 0); }
    ~Ready() { uv_sem_destroy(&semaphore); }
    uv_sem_t semaphore;
  };

  void run(const std::string& brokers) {
    uv_loop_t loop;
    uv_loop_init(&loop);
    {
      kafka::Session session(&loop, {.bootstrap_servers = brokers});
      kafka::Producer producer(session);
      session_ = &session;
      producer_ = &producer;
      uv_sem_post(&ready_.semaphore);
      uv_run(&loop, UV_RUN_DEFAULT);  // until the session is closed
    }
    uv_run(&loop, UV_RUN_NOWAIT);
    uv_loop_close(&loop);
  }

  Ready ready_;
  kafka::Session* session_ = nullptr;
  kafka::Producer* producer_ = nullptr;
  std::thread thread_;
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 3) return std::fprintf(stderr, "usage: two_loops HOST:PORT COUNT\n"), 2;
  const int64_t records = std::atoll(arguments[2]);
  Sender sender(arguments[1]);
  for (int64_t i = 0; i < records; ++i) sender.send("order " + std::to_string(i));

  uv_loop_t loop;
  uv_loop_init(&loop);
  int64_t received = 0;
  {
    kafka::Session session(&loop, {.bootstrap_servers = arguments[1]});
    kafka::Consumer consumer(session, "receiver", kafka::AllPartitions{"orders"},
                             {.commit_mode = kafka::CommitMode::pipelined});
    consumer.consume(
        records,
        [&](kafka::MessageEnvelope envelope) {
          ++received;
          envelope.commit();
        },
        [&](kafka::Error error) {
          if (error) std::fprintf(stderr, "consume: %s\n", error.message().c_str());
          session.close();
          sender.close();
        });
    uv_run(&loop, UV_RUN_DEFAULT);
  }
  uv_run(&loop, UV_RUN_NOWAIT);
  std::printf("%lld received\n", static_cast<long long>(received));
  return uv_loop_close(&loop) == 0 && received == records ? 0 : 1;
}
