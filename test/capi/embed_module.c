/* A module that a host loads: it has the client inside, and takes libuv from the host. It writes a record that is
   compressed with the zlib that the process has, reads it back, and says so. */
#include <kafka/kafka.h>
#include <stdio.h>
#include <string.h>
#include <uv.h>

__attribute__((visibility("default"))) int run_client(uv_loop_t* loop, const char* brokers);

static struct {
  kafka_session* session;
  int reported, received;
} state;

static void on_report(void* user, const kafka_report* report) {
  (void)user;
  state.reported = report->code == 0;
}
static void on_message(void* user, kafka_envelope* envelope) {
  (void)user;
  const kafka_bytes value = kafka_envelope_messages(envelope, NULL)->value;
  state.received = value.length == 1000 && value.data[999] == 'x';
  kafka_envelope_ack(envelope);
  kafka_envelope_free(envelope);
  kafka_session_close(state.session, -1, NULL, NULL);
}

int run_client(uv_loop_t* loop, const char* brokers) {
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  kafka_options_set(options, "bootstrap.servers", brokers);
  state.session = kafka_session_new(loop, options);
  kafka_options_free(options);
  options = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  kafka_options_set(options, "compression.type", "gzip");
  kafka_producer* producer = kafka_producer_new(state.session, options);
  kafka_options_free(options);
  char value[1000];
  memset(value, 'x', sizeof(value));
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = (kafka_bytes){"embedded", KAFKA_NTS};
  record.value = (kafka_bytes){value, sizeof(value)};
  kafka_producer_send(producer, &record, on_report, NULL);
  const char* const topics[] = {"embedded"};
  kafka_consumer* consumer = kafka_fetcher_new_all(state.session, topics, 1, NULL);
  kafka_consumer_consume(consumer, 0, on_message, NULL, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  kafka_consumer_free(consumer);
  kafka_producer_free(producer);
  kafka_session_free(state.session);
  uv_run(loop, UV_RUN_NOWAIT);
  return state.reported && state.received ? 0 : 1;
}
