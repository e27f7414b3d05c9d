// A broker, a producer and a consumer in one process, on one loop and without a thread: what this library
// looks like in use. Prints what happens and ends with 0.
#include <uv.h>
#include <kafka/devbroker.hpp>
#include <kafka/kafka.hpp>

#include <cstdio>
#include <memory>
#include <string>

namespace {

constexpr int kMessages = 5;

struct Quickstart {
  uv_loop_t* loop;
  kafka::DevBroker broker;
  kafka::Session session;
  kafka::Producer producer;
  std::unique_ptr<kafka::Consumer> consumer;
  int delivered = 0;
  int consumed = 0;
  bool failed = false;

  explicit Quickstart(uv_loop_t* on)
      : loop(on),
        broker(loop, {.brokers = 3}),
        session(loop, {.bootstrap_servers = broker.bootstrap_servers()}),
        producer(session, {.acks = kafka::Acks::all}) {
    std::printf("a cluster of 3 brokers on %s\n", broker.bootstrap_servers().c_str());
    broker.create_topic("orders", 3);
  }

  void produce() {
    for (int i = 0; i < kMessages; ++i) {
      const std::string key = "customer-" + std::to_string(i);
      const std::string value = "order " + std::to_string(i);
      // Key and value are copied; the report comes later, on this loop.
      const kafka::Record record{.topic = "orders", .key = key, .value = value};
      const kafka::Error refused = producer.send(record, [this, key](const kafka::DeliveryReport& report) {
        if (report.error) return fail("send", report.error);
        std::printf("produced %s to partition %d at offset %lld\n", key.c_str(), report.partition,
                    static_cast<long long>(report.offset));
        if (++delivered == kMessages) consume();
      });
      if (refused) return fail("send", refused);
    }
  }

  void consume() {
    consumer = std::make_unique<kafka::Consumer>(session, "billing", kafka::Partitions{{"orders", {0, 1, 2}}});
    consumer->consume(
        kMessages,
        [this](kafka::MessageEnvelope envelope) {
          std::printf("consumed %.*s: %.*s (partition %d, offset %lld)\n", static_cast<int>(envelope.key().size()),
                      envelope.key().data(), static_cast<int>(envelope.value().size()), envelope.value().data(),
                      envelope.partition(), static_cast<long long>(envelope.offset()));
          ++consumed;
          envelope.commit("done by quickstart");  // only now is the next one dispatched
        },
        [this](kafka::Error error) {
          if (error) return fail("consume", error);
          std::puts("all consumed and committed");
          close();
        });
  }

  void fail(const char* what, const kafka::Error& error) {
    std::fprintf(stderr, "%s: %s\n", what, error.message().c_str());
    failed = true;
    close();
  }

  void close() {
    session.close([this] {
      std::puts("session closed");
      broker.close([] { std::puts("brokers closed"); });
    });
  }
};

}  // namespace

int main() {
  uv_loop_t loop;
  uv_loop_init(&loop);
  bool good = false;
  {
    Quickstart quickstart(&loop);
    quickstart.produce();
    uv_run(&loop, UV_RUN_DEFAULT);
    good = !quickstart.failed && quickstart.consumed == kMessages;
  }
  uv_run(&loop, UV_RUN_DEFAULT);
  const bool clean = uv_loop_close(&loop) == 0;  // nothing is left on it
  std::puts(good && clean ? "done" : "failed");
  return good && clean ? 0 : 1;
}
