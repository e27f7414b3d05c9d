// Copies what it has sent, with coroutines: each `co_await` waits on the loop for one operation. Nothing blocks, and
// there is no thread.
//
//   coroutine [HOST:PORT]        sends to topic `orders` and copies its messages to topic `copies`
#include <uv.h>
#include <kafka/coroutine.hpp>

#include <cstdio>
#include <string>
#include <utility>

namespace {

constexpr int kRecords = 5;

kafka::co::Task copy(kafka::Consumer& from, kafka::Producer& to, int& copied) {
  kafka::co::Messages in(from);
  while (auto envelope = co_await in.next()) {
    const kafka::Record record{.topic = "copies", .key = envelope->key(), .value = envelope->value()};
    const kafka::DeliveryReport report = co_await kafka::co::send(to, record);
    if (report.error) co_return;            // not answered: it is the first message of the next consumption
    co_await kafka::co::commit(*envelope);  // only now is the next one dispatched
    std::printf("copied %.*s\n", static_cast<int>(envelope->value().size()), envelope->value().data());
    if (++copied == kRecords) co_return;
  }
  std::fprintf(stderr, "consume: %s\n", in.error().message().c_str());
}

kafka::co::Task run(kafka::Session& session, int& copied) {
  kafka::Producer producer(session);
  std::vector<kafka::co::Operation<kafka::DeliveryReport>> sent;
  for (int i = 0; i < kRecords; ++i) {
    const std::string value = "order " + std::to_string(i);
    sent.push_back(kafka::co::send(producer, {.topic = "orders", .key = "42", .value = value}));  // all under way
  }
  for (auto& each : sent) {
    const kafka::DeliveryReport report = co_await each;
    if (report.error) std::fprintf(stderr, "send: %s\n", report.error.message().c_str());
  }

  kafka::Consumer consumer(session, "copier", kafka::AllPartitions{"orders"});
  co_await copy(consumer, producer, copied);
  co_await kafka::co::close(session);
}

}  // namespace

int main(int count, char** arguments) {
  uv_loop_t* const loop = uv_default_loop();
  int copied = 0;
  {
    kafka::Session session(loop, {.bootstrap_servers = count > 1 ? arguments[1] : "127.0.0.1:9092"});
    const kafka::co::Task task = run(session, copied);
    uv_run(loop, UV_RUN_DEFAULT);  // until everything is closed
  }
  uv_run(loop, UV_RUN_NOWAIT);
  return uv_loop_close(loop) == 0 && copied == kRecords ? 0 : 1;
}
