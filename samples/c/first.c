/* Writes one record, reads it back as a consumer of a group, commits it, and closes everything.
   cc first.c $(pkg-config --cflags --libs uvkafka) */
#include <kafka/kafka.h>
#include <stdio.h>
#include <uv.h>

static void on_report(void* user, const kafka_report* report) {
  (void)user;
  if (report->error != NULL) fprintf(stderr, "%s\n", kafka_error_message(report->error));
}

static void on_message(void* user, kafka_envelope* envelope) { /* the envelope is ours */
  const kafka_bytes value = kafka_envelope_messages(envelope, NULL)->value;
  printf("%.*s\n", (int)value.length, value.data);
  kafka_envelope_commit(envelope, "done by me", KAFKA_NTS, NULL, NULL); /* only now comes the next one */
  kafka_envelope_free(envelope);
  kafka_session_close((kafka_session*)user, -1, NULL, NULL);
}

static void on_end(void* user, const kafka_error* error) {
  (void)user;
  if (kafka_error_code(error) != KAFKA_CLOSED) fprintf(stderr, "%s\n", kafka_error_message(error));
}

int main(int count, char** arguments) {
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  kafka_options_set(options, "bootstrap.servers", count > 1 ? arguments[1] : "127.0.0.1:9092");
  kafka_session* session = kafka_session_new(uv_default_loop(), options);
  kafka_options_free(options);
  if (kafka_session_error(session) != NULL) {
    fprintf(stderr, "%s\n", kafka_error_message(kafka_session_error(session)));
    return 1;
  }

  kafka_producer* producer = kafka_producer_new(session, NULL);
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = (kafka_bytes){"orders", KAFKA_NTS};
  record.key = (kafka_bytes){"42", KAFKA_NTS};
  record.value = (kafka_bytes){"paid", KAFKA_NTS};
  kafka_producer_send(producer, &record, on_report, NULL);

  const char* const topics[] = {"orders"};
  kafka_consumer* consumer = kafka_consumer_new_all(session, "billing", topics, 1, NULL);
  kafka_consumer_consume(consumer, 0, on_message, on_end, session);

  uv_run(uv_default_loop(), UV_RUN_DEFAULT); /* until everything is closed */
  kafka_consumer_free(consumer);
  kafka_producer_free(producer);
  kafka_session_free(session);
  uv_run(uv_default_loop(), UV_RUN_NOWAIT);
  return uv_loop_close(uv_default_loop());
}
