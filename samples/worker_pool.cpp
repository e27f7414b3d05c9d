// Work that takes long, on libuv's thread pool: `unordered` hands out many messages, each is worked on by some thread,
// and is committed on the loop's thread when it is done. An offset is stored only when everything below it is done.
//
//   worker_pool HOST:PORT TOPIC COUNT      prints the checksum of each of COUNT messages
#include <uv.h>
#include <kafka/kafka.hpp>

#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>

namespace {

constexpr int kMostAtOnce = 16;  // there are four threads, unless UV_THREADPOOL_SIZE says something else

/// One message on its way through the pool. The envelope stays where it is: threads may read its bytes, and nothing
/// else of it.
struct Job {
  explicit Job(kafka::MessageEnvelope of) : envelope(std::move(of)) { request.data = this; }

  void work() {  // on a thread of the pool
    checksum = 14695981039346656037u;
    for (int round = 0; round < 1000; ++round) {
      for (const char byte : envelope.value())
        checksum = (checksum ^ static_cast<unsigned char>(byte)) * 1099511628211u;
    }
  }
  void finish() {  // on the loop's thread again
    std::printf("%" PRId32 "/%" PRId64 " %016" PRIx64 "\n", envelope.partition(), envelope.offset(), checksum);
    envelope.commit();
  }

  kafka::MessageEnvelope envelope;
  uint64_t checksum = 0;
  uv_work_t request = {};
};

}  // namespace

int main(int count, char** arguments) {
  if (count < 4) return std::fprintf(stderr, "usage: worker_pool HOST:PORT TOPIC COUNT\n"), 2;
  uv_loop_t* const loop = uv_default_loop();
  kafka::Error ended;
  {
    kafka::Session session(loop, {.bootstrap_servers = arguments[1]});
    kafka::Consumer consumer(
        session, "workers", kafka::AllPartitions{arguments[2]},
        {.commit_mode = kafka::CommitMode::pipelined, .max_open = kMostAtOnce, .ordering = kafka::Ordering::unordered});
    consumer.consume(
        std::atoll(arguments[3]),
        [loop](kafka::MessageEnvelope envelope) {
          auto job = std::make_unique<Job>(std::move(envelope));
          uv_queue_work(
              loop, &job->request, [](uv_work_t* request) { static_cast<Job*>(request->data)->work(); },
              [](uv_work_t* request, int) {
                const std::unique_ptr<Job> done(static_cast<Job*>(request->data));
                done->finish();
              });
          job.release();  // the pool has it now
        },
        [&](kafka::Error error) {
          ended = std::move(error);
          session.close();
        });
    uv_run(loop, UV_RUN_DEFAULT);
  }
  uv_run(loop, UV_RUN_NOWAIT);
  if (ended) std::fprintf(stderr, "%s\n", ended.message().c_str());
  return uv_loop_close(loop) == 0 && !ended ? 0 : 1;
}
