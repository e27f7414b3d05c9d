/* The client on GLib's main loop: its private loop is a source of the main context. A GLib timer sends a record now and
   then, and each message that is read back is printed.
   cc glib.c $(pkg-config --cflags --libs uvkafka glib-2.0)
   ./a.out 127.0.0.1:9092 */
#include <glib.h>
#include <kafka/kafka.h>
#include <stdio.h>

#define RECORDS 5

/* A GSource that runs a kafka_loop: it asks for the timeout before each sleep, and watches the descriptor. */
typedef struct {
  GSource source;
  kafka_loop* loop;
  gpointer tag; /* of the descriptor */
} kafka_source;

static gboolean source_prepare(GSource* source, gint* timeout) {
  *timeout = kafka_loop_timeout(((kafka_source*)source)->loop);
  return *timeout == 0;
}
static gboolean source_check(GSource* source) {
  kafka_source* self = (kafka_source*)source;
  return g_source_query_unix_fd(source, self->tag) != 0 || kafka_loop_timeout(self->loop) == 0;
}
static gboolean source_dispatch(GSource* source, GSourceFunc callback, gpointer user) {
  (void)callback;
  (void)user;
  kafka_loop_run_once(((kafka_source*)source)->loop);
  return G_SOURCE_CONTINUE;
}
static GSourceFuncs source_functions = {source_prepare, source_check, source_dispatch, NULL, NULL, NULL};

typedef struct {
  GMainLoop* main_loop;
  kafka_session* session;
  kafka_producer* producer;
  int sent, received, failed;
} program_t;

static void fail(program_t* program, const kafka_error* error) {
  fprintf(stderr, "%s\n", kafka_error_message(error));
  program->failed = 1;
  g_main_loop_quit(program->main_loop);
}

static void on_report(void* user, const kafka_report* report) {
  if (report->error != NULL) fail(user, report->error);
}

static gboolean on_timer(gpointer user) {
  program_t* program = user;
  char value[32];
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = (kafka_bytes){"orders", KAFKA_NTS};
  record.value = (kafka_bytes){value, (size_t)snprintf(value, sizeof value, "order %d", program->sent)};
  if (kafka_producer_send(program->producer, &record, on_report, program) != 0) fail(program, kafka_last_error());
  return ++program->sent < RECORDS ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void on_closed(void* user) { g_main_loop_quit(((program_t*)user)->main_loop); }

static void on_message(void* user, kafka_envelope* envelope) {
  program_t* program = user;
  const kafka_bytes value = kafka_envelope_messages(envelope, NULL)->value;
  printf("%.*s\n", (int)value.length, value.data);
  kafka_envelope_commit(envelope, NULL, 0, NULL, NULL);
  kafka_envelope_free(envelope);
  if (++program->received == RECORDS) kafka_session_close(program->session, -1, on_closed, program);
}

int main(int count, char** arguments) {
  static program_t program;
  kafka_loop* loop = kafka_loop_new();
  kafka_source* source = (kafka_source*)g_source_new(&source_functions, sizeof(kafka_source));
  source->loop = loop;
  source->tag = g_source_add_unix_fd(&source->source, kafka_loop_fd(loop), G_IO_IN);
  g_source_attach(&source->source, NULL);
  program.main_loop = g_main_loop_new(NULL, FALSE);

  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  kafka_options_set(options, "bootstrap.servers", count > 1 ? arguments[1] : "127.0.0.1:9092");
  program.session = kafka_session_new(kafka_loop_uv(loop), options);
  kafka_options_free(options);
  program.producer = kafka_producer_new(program.session, NULL);
  const char* const topics[] = {"orders"};
  kafka_consumer* consumer = kafka_consumer_new_all(program.session, "glib", topics, 1, NULL);
  kafka_consumer_consume(consumer, 0, on_message, NULL, &program);
  g_timeout_add(10, on_timer, &program);

  g_main_loop_run(program.main_loop);

  kafka_consumer_free(consumer);
  kafka_producer_free(program.producer);
  kafka_session_free(program.session);
  g_source_destroy(&source->source);
  g_source_unref(&source->source);
  g_main_loop_unref(program.main_loop);
  kafka_loop_free(loop);
  return program.failed || program.received != RECORDS;
}
