#include <kafka/kafka.hpp>
#include <uv.h>
#include <cstdio>

int main() {
  uv_loop_t* loop = uv_default_loop();
  kafka::Session session(loop, {.bootstrap_servers = "127.0.0.1:9092"});

  kafka::Producer producer(session, {.acks = kafka::Acks::all});
  producer.send({.topic = "orders", .key = "42", .value = "paid"}, [](const kafka::DeliveryReport& report) {
    if (report.error) std::fprintf(stderr, "%s\n", report.error.message().c_str());
  });

  kafka::Consumer consumer(session, "billing", kafka::Partitions{{"orders", {0, 1, 2}}});
  consumer.consume([&](kafka::MessageEnvelope envelope) {     // move-only
    std::printf("%.*s\n", int(envelope.value().size()), envelope.value().data());
    envelope.commit("done by me");                             // only now is the next one dispatched
    session.close([] { std::puts("closed"); });
  });
  return uv_run(loop, UV_RUN_DEFAULT);
}
