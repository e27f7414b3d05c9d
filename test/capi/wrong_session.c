/* Wrong arguments of options, errors, results, sessions and the dev broker. */
#include <stddef.h>

#include "wrong.h"

void wrong_basics(void) {
  kafka_free(NULL);
  CHECK(strcmp(kafka_code_name(-999999), "unknown_code") == 0 && kafka_code_text(-999999)[0] != '\0');
  CHECK(kafka_error_code(NULL) == 0 && kafka_error_retriable(NULL) == 0 && kafka_error_fatal(NULL) == 0);
  CHECK(kafka_error_message(NULL)[0] == '\0' && kafka_error_detail(NULL)[0] == '\0');
  CHECK(kafka_error_copy(NULL) == NULL);
  kafka_error_free(NULL);
  CHECK(kafka_version() != 0 && kafka_version_string()[0] != '\0');

  const int no_kind = 77;
  REFUSED_OBJECT(kafka_options_new(no_kind));
  CHECK(kafka_options_count(no_kind) == 0);
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  REFUSED(kafka_options_set(NULL, "client.id", "x"));
  REFUSED(kafka_options_set(options, NULL, "x"));
  REFUSED(kafka_options_set(options, "client.id", NULL));
  REFUSED_WITH(KAFKA_INVALID_OPTION, kafka_options_set(options, "no.such.option", "x"));
  char value[64];
  size_t length = sizeof(value);
  REFUSED(kafka_options_get(NULL, "client.id", value, &length));
  REFUSED(kafka_options_get(options, NULL, value, &length));
  REFUSED(kafka_options_get(options, "client.id", value, NULL));
  kafka_options_free(NULL);
  kafka_options_free(options);
  kafka_option_info info = KAFKA_INIT(kafka_option_info);
  REFUSED(kafka_options_describe(no_kind, 0, &info));
  REFUSED(kafka_options_describe(KAFKA_SESSION_OPTIONS, 100000, &info));
  REFUSED(kafka_options_describe(KAFKA_SESSION_OPTIONS, 0, NULL));
  const size_t sizes[] = {0, sizeof(info) - 1, sizeof(info) + 1, (size_t)-1};
  for (int k = 0; k < 4; ++k) {
    info.size = sizes[k];
    REFUSED(kafka_options_describe(KAFKA_SESSION_OPTIONS, 0, &info));
  }

  int64_t number = 0;
  CHECK(kafka_result_count(NULL, "topics") == 0);
  CHECK(kafka_result_string(NULL, "topics", 0, "name") == NULL);
  REFUSED(kafka_result_number(NULL, "topics", 0, "name", &number));
  CHECK(kafka_result_error(NULL, "topics", 0) == NULL);
  CHECK(kafka_result_json(NULL) == NULL && kafka_result_copy(NULL) == NULL);
  kafka_result_free(NULL);
}

static void wrong_result(const kafka_session* session) {
  kafka_result* result = kafka_session_stats(session);
  int64_t number = 0;
  CHECK(kafka_result_count(result, NULL) == 0 && kafka_result_count(result, "no such table") == 0);
  CHECK(kafka_result_string(result, "brokers", 1000, "address") == NULL);
  CHECK(kafka_result_string(result, "brokers", 0, "id") == NULL);
  CHECK(kafka_result_string(result, "brokers", 0, NULL) == NULL);
  REFUSED(kafka_result_number(result, "brokers", 0, "address", &number));
  REFUSED(kafka_result_number(result, "brokers", 0, "id", NULL));
  CHECK(kafka_result_error(result, "brokers", 1000) == NULL && kafka_result_error(result, NULL, 0) == NULL);
  kafka_result_free(result);
}

static void never_token(void* user, kafka_token_request* request) {
  (void)user;
  (void)request;
  CHECK(!"a token is asked for");
}

void wrong_session(uv_loop_t* loop, kafka_session* session) {
  const char* const names[] = {NULL};
  REFUSED_OBJECT(kafka_session_new(NULL, NULL));
  kafka_options* others = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  REFUSED_OBJECT(kafka_session_new(loop, others));
  kafka_options_free(others);
  CHECK(kafka_session_error(NULL) == NULL);
  REFUSED(kafka_session_close(NULL, -1, never, NULL));
  REFUSED(kafka_session_closed(NULL));
  REFUSED(kafka_session_ref(NULL));
  REFUSED(kafka_session_unref(NULL));
  REFUSED(kafka_session_set_credentials(NULL, "alice", "secret", 6));
  REFUSED(kafka_session_set_credentials(session, NULL, "secret", 6));
  REFUSED(kafka_session_set_credentials(session, "alice", NULL, 6));
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_session_set_credentials(session, "alice", "secret", 6));
  REFUSED(kafka_session_on_token(NULL, never_token, NULL));
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_session_on_token(session, never_token, NULL));
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_session_on_token(session, NULL, NULL));
  REFUSED(kafka_token_request_set(NULL, "abc", 3, 0, NULL, NULL, 0));
  REFUSED(kafka_token_request_fail(NULL, "none"));
  const kafka_tls_files unsized = {0};
  REFUSED(kafka_session_set_tls(NULL, NULL));
  REFUSED(kafka_session_set_tls(session, &unsized));
  REFUSED_WITH(KAFKA_WRONG_STATE, kafka_session_set_tls(session, NULL));
  REFUSED(kafka_session_post(NULL, never, NULL));
  REFUSED(kafka_session_post(session, NULL, NULL));
  REFUSED(kafka_session_on_drop(NULL, never));
  REFUSED(kafka_session_on_event(NULL, NULL, NULL));
  REFUSED(kafka_session_on_log(NULL, KAFKA_LOG_INFO, NULL, NULL));
  REFUSED(kafka_session_on_log(session, -1, NULL, NULL));
  REFUSED(kafka_session_on_log(session, 77, NULL, NULL));
  REFUSED(kafka_session_on_turn(NULL, never, NULL));
  REFUSED(kafka_session_set_resolver(NULL, NULL, NULL));
  REFUSED(kafka_resolution_finish(NULL, 0, NULL, 0));
  REFUSED(kafka_session_topics(NULL, never_result, NULL));
  REFUSED(kafka_session_topics(session, NULL, NULL));
  REFUSED(kafka_session_metadata(NULL, NULL, 0, 0, never_result, NULL));
  REFUSED(kafka_session_metadata(session, NULL, 0, 0, NULL, NULL));
  REFUSED(kafka_session_metadata(session, NULL, 1, 0, never_result, NULL));
  REFUSED(kafka_session_metadata(session, names, 1, 0, never_result, NULL));
  REFUSED_OBJECT(kafka_session_stats(NULL));
  REFUSED_OBJECT(kafka_session_prometheus(NULL, NULL));
  kafka_session_free(NULL);
  wrong_result(session);

  /* A session with bad options says which, and everything is refused or told so. */
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "bootstrap.servers", "a b c") == 0);
  kafka_session* bad = kafka_session_new(loop, options);
  kafka_options_free(options);
  CHECK(kafka_error_code(kafka_session_error(bad)) == KAFKA_INVALID_OPTION);
  REFUSED_WITH(KAFKA_CLOSED, kafka_session_post(bad, never, NULL));
  kafka_producer* producer = kafka_producer_new(bad, NULL);
  CHECK(kafka_error_code(kafka_producer_error(producer)) == KAFKA_INVALID_OPTION);
  kafka_producer_free(producer);
  kafka_session_free(bad);
}

void wrong_thread_session(kafka_session* session) {
  WRONG_THREAD(kafka_session_close(session, -1, never, NULL));
  WRONG_THREAD(kafka_session_closed(session));
  WRONG_THREAD(kafka_session_ref(session));
  WRONG_THREAD(kafka_session_unref(session));
  WRONG_THREAD(kafka_session_set_credentials(session, "alice", "secret", 6));
  WRONG_THREAD(kafka_session_on_token(session, NULL, NULL));
  WRONG_THREAD(kafka_session_set_tls(session, NULL));
  WRONG_THREAD(kafka_session_on_drop(session, NULL));
  WRONG_THREAD(kafka_session_on_event(session, NULL, NULL));
  WRONG_THREAD(kafka_session_on_log(session, KAFKA_LOG_INFO, NULL, NULL));
  WRONG_THREAD(kafka_session_on_turn(session, never, NULL));
  WRONG_THREAD(kafka_session_set_resolver(session, NULL, NULL));
  WRONG_THREAD(kafka_session_topics(session, never_result, NULL));
  WRONG_THREAD(kafka_session_metadata(session, NULL, 0, 0, never_result, NULL));
  REFUSED_OBJECT(kafka_session_stats(session));
  REFUSED_OBJECT(kafka_session_prometheus(session, NULL));
  kafka_session_free(session); /* nothing happens */
}

void wrong_devbroker(uv_loop_t* loop, kafka_devbroker* broker) {
  kafka_devbroker_options options = KAFKA_INIT(kafka_devbroker_options);
  CHECK(kafka_devbroker_new(NULL, NULL) == NULL);
  options.port = 70000;
  CHECK(kafka_devbroker_new(loop, &options) == NULL);
  options.port = 0;
  const size_t sizes[] = {0, sizeof(options) - 1, sizeof(options) + 1};
  for (int k = 0; k < 3; ++k) {
    options.size = sizes[k];
    CHECK(kafka_devbroker_new(loop, &options) == NULL);
  }
  options.size = sizeof(options);
  const char* const no_password[] = {"alice", NULL};
  options.users = no_password;
  CHECK(kafka_devbroker_new(loop, &options) == NULL);
  options.users = NULL;
  options.brokers = 1000;
  kafka_devbroker* bad = kafka_devbroker_new(loop, &options);
  CHECK(kafka_devbroker_error(bad) != 0 && kafka_devbroker_message(bad)[0] != '\0');
  kafka_devbroker_free(bad);
  options.brokers = 1;
  options.sasl = "PLAIN";
  bad = kafka_devbroker_new(loop, &options);
  CHECK(strstr(kafka_devbroker_message(bad), "nobody can log in") != NULL);
  kafka_devbroker_free(bad);
  options.tls_cert = "none.pem";
  bad = kafka_devbroker_new(loop, &options);
  CHECK(strstr(kafka_devbroker_message(bad), "tls.") != NULL);
  kafka_devbroker_free(bad);
  /* The struct of programs that know nothing of logins: what lies behind it is not read. */
  options.size = offsetof(kafka_devbroker_options, sasl);
  kafka_devbroker* old = kafka_devbroker_new(loop, &options);
  CHECK(kafka_devbroker_error(old) == 0);
  kafka_devbroker_free(old);

  CHECK(kafka_devbroker_error(NULL) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_message(NULL)[0] == '\0' && kafka_devbroker_bootstrap(NULL)[0] == '\0');
  CHECK(kafka_devbroker_create_topic(NULL, "a", 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_create_topic(broker, NULL, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_create_topic(broker, "no topic", 1) == KAFKA_INVALID_TOPIC);
  CHECK(kafka_devbroker_create_topic(broker, "a", 0) == KAFKA_INVALID_PARTITIONS);
  CHECK(kafka_devbroker_end_offset(NULL, "a", 0) == -1 && kafka_devbroker_end_offset(broker, NULL, 0) == -1);
  CHECK(kafka_devbroker_end_offset(broker, "a", 7) == -1);
  CHECK(kafka_devbroker_committed(NULL, "g", "a", 0) == -1 && kafka_devbroker_committed(broker, NULL, "a", 0) == -1);
  CHECK(kafka_devbroker_committed(broker, "g", NULL, 0) == -1 && kafka_devbroker_committed(broker, "g", "a", 0) == -1);
  CHECK(kafka_devbroker_add_fault(NULL, "Produce") == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_add_fault(broker, NULL) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_add_fault(broker, "Bake:times=2") == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_clear_faults(NULL) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_kill(NULL, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_restart(NULL, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_devbroker_disconnect(NULL, 1) == KAFKA_INVALID_ARGUMENT);
  const int32_t ids[] = {-1, 2, 1000};
  for (int k = 0; k < 3; ++k) {
    CHECK(kafka_devbroker_kill(broker, ids[k]) == KAFKA_INVALID_ARGUMENT);
    CHECK(kafka_devbroker_restart(broker, ids[k]) == KAFKA_INVALID_ARGUMENT);
    CHECK(kafka_devbroker_disconnect(broker, ids[k]) == KAFKA_INVALID_ARGUMENT);
  }
  CHECK(kafka_devbroker_close(NULL, never, NULL) == KAFKA_INVALID_ARGUMENT);
  kafka_devbroker_free(NULL);
}
