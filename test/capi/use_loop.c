/* Private loops, driven by poll(2) as a host with a loop of its own does it. */
#include <poll.h>

#include "use.h"

/* A host: one private loop with the client, and a libuv loop with the brokers, which it drives the same way. */
typedef struct {
  kafka_loop* loop;
  uv_loop_t brokers_loop;
  kafka_devbroker* broker;
  kafka_session* session;
  int calls; /* of kafka_loop_run_once() */
  int wakes;
} host_t;

static void wake(void* user) { ++((host_t*)user)->wakes; }

static int shorter(int a, int b) { return a < 0 ? b : b < 0 ? a : a < b ? a : b; }

/* One turn of the host: it sleeps until one of both loops has something to do. */
static void turn(host_t* host) {
  struct pollfd fds[2];
  memset(fds, 0, sizeof(fds));
  fds[0].fd = kafka_loop_fd(host->loop);
  fds[1].fd = uv_backend_fd(&host->brokers_loop);
  fds[0].events = fds[1].events = POLLIN;
  uv_update_time(&host->brokers_loop);
  const int client_timeout = kafka_loop_timeout(host->loop);
  const int broker_timeout = uv_backend_timeout(&host->brokers_loop);
  CHECK(client_timeout >= -1);
  CHECK(poll(fds, 2, shorter(client_timeout, broker_timeout)) >= 0);
  if (fds[1].revents != 0 || broker_timeout >= 0) uv_run(&host->brokers_loop, UV_RUN_NOWAIT);
  if (fds[0].revents != 0 || kafka_loop_timeout(host->loop) == 0) {
    CHECK(kafka_loop_run_once(host->loop) == 0);
    ++host->calls;
  }
}

static int64_t fetches(kafka_session* session) {
  kafka_result* stats = kafka_session_stats(session);
  int64_t count = 0;
  CHECK(kafka_result_number(stats, "consumers", 0, "fetches", &count) == 0);
  kafka_result_free(stats);
  return count;
}

static void commit_message(void* user, kafka_envelope* envelope) {
  ran(user);
  CHECK(kafka_envelope_commit(envelope, NULL, 0, NULL, NULL) == 0);
  kafka_envelope_free(envelope);
}
static void on_report(void* user, const kafka_report* report) {
  CHECK(report->code == 0);
  ran(user);
}
static void ended_closed(void* user, const kafka_error* error) {
  CHECK(kafka_error_code(error) == KAFKA_CLOSED || error == NULL);
  (void)user;
}

void use_loop(void) {
  host_t host;
  memset(&host, 0, sizeof(host));
  user_count = 0;
  host.loop = kafka_loop_new();
  CHECK(host.loop != NULL && kafka_loop_fd(host.loop) >= 0);
  CHECK(uv_loop_init(&host.brokers_loop) == 0);
  host.broker = kafka_devbroker_new(&host.brokers_loop, NULL);
  CHECK(kafka_loop_on_wake(host.loop, wake, &host) == 0);
  kafka_options* options = options_for(host.broker);
  host.session = kafka_session_new(kafka_loop_uv(host.loop), options);
  kafka_options_free(options);
  CHECK(kafka_session_on_drop(host.session, dropped) == 0);
  CHECK(host.wakes == 1 && kafka_loop_timeout(host.loop) == 0);

  /* A session alone needs nothing: after what it began with, there is no timeout and nothing to read. */
  for (int k = 0; k < 10; ++k) CHECK(kafka_loop_run_once(host.loop) == 0);
  struct pollfd fd = {0, POLLIN, 0};
  fd.fd = kafka_loop_fd(host.loop);
  CHECK(kafka_loop_timeout(host.loop) == -1);
  CHECK(poll(&fd, 1, 200) == 0);

  /* Calls from outside wake the host once, however many there are. */
  host.wakes = 0;
  kafka_producer* producer = kafka_producer_new(host.session, NULL);
  user_t* last = NULL;
  for (int k = 0; k < 100; ++k) {
    kafka_record record = KAFKA_INIT(kafka_record);
    record.topic = text("orders");
    record.value = text("x");
    last = once("a record of a host");
    accepted(last, kafka_producer_send(producer, &record, on_report, last));
  }
  CHECK(host.wakes == 1);
  while (last->ran == 0) turn(&host);
  const char* const topics[] = {"orders"};
  kafka_consumer* consumer = kafka_consumer_new_all(host.session, "hosts", topics, 1, NULL);
  user_t* messages = handler("messages of a host");
  accepted(messages, kafka_consumer_consume(consumer, 0, commit_message, ended_closed, messages));
  while (messages->ran < 100) turn(&host);

  /* A consumer at the end asks twice a second. Each answer may cost two calls, and a half more for all else. */
  const int64_t before = fetches(host.session);
  while (fetches(host.session) < before + 2) turn(&host);
  host.calls = 0;
  const int64_t first = fetches(host.session);
  const uint64_t began = uv_hrtime();
  enum { ROUNDS = 6 };
  while (fetches(host.session) < first + ROUNDS) {
    turn(&host);
  }
  printf("%d calls for %d fetches of a consumer at the end, in %.1f s\n", host.calls, ROUNDS,
         (double)(uv_hrtime() - began) / 1e9);
  CHECK(host.calls * 2 <= ROUNDS * 5);

  user_t* closed = once("session of a host closed");
  accepted(closed, kafka_session_close(host.session, -1, ran, closed));
  while (closed->ran == 0) turn(&host);
  kafka_consumer_free(consumer);
  kafka_producer_free(producer);
  kafka_session_free(host.session);
  CHECK(kafka_loop_free(host.loop) == 0);
  kafka_devbroker_free(host.broker);
  uv_run(&host.brokers_loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_close(&host.brokers_loop) == 0);
  messages->accepted = messages->dropped = 0; /* its end was told */
  check_users();
}
