/* Options, errors and sessions: each function once, and what it must do. */
#include "use.h"

void use_options(void) {
  kafka_options* options = kafka_options_new(KAFKA_PRODUCER_OPTIONS);
  CHECK(options != NULL);
  CHECK(kafka_options_set(options, "linger.ms", "5") == 0);
  CHECK(kafka_options_set(options, "queue.buffering.max.ms", "0.5") == 0);
  CHECK(kafka_options_set(options, "linger.ms", "soon") == KAFKA_INVALID_OPTION);
  CHECK(strstr(kafka_error_message(kafka_last_error()), "linger.ms") != NULL);
  char value[8];
  size_t length = sizeof(value);
  CHECK(kafka_options_get(options, "linger.ms", value, &length) == 0);
  CHECK(strcmp(value, "0.5") == 0 && length == 4);
  length = 2;
  CHECK(kafka_options_get(options, "linger.ms", value, &length) == KAFKA_TOO_LARGE && length == 4);
  CHECK(kafka_options_get(options, "linger.ms", NULL, &length) == 0 && length == 4);
  CHECK(kafka_options_get(options, "no.such", value, &length) == KAFKA_INVALID_OPTION);
  kafka_options_free(options);

  /* No getter gives a secret away. */
  char shown[32];
  options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "ssl.key.password", "hunter2") == 0);
  length = sizeof(shown);
  CHECK(kafka_options_get(options, "ssl.key.password", shown, &length) == 0 && strcmp(shown, "[hidden]") == 0);
  CHECK(kafka_options_set(options, "security.protocol", "hunter2") == KAFKA_INVALID_OPTION);
  kafka_options_free(options);

  /* What describe says of each option is what the option takes. */
  const kafka_options_kind kinds[] = {KAFKA_SESSION_OPTIONS, KAFKA_PRODUCER_OPTIONS, KAFKA_CONSUMER_OPTIONS};
  for (int k = 0; k < 3; ++k) {
    CHECK(kafka_options_count(kinds[k]) > 10);
    options = kafka_options_new(kinds[k]);
    for (size_t index = 0; index < kafka_options_count(kinds[k]); ++index) {
      kafka_option_info info = KAFKA_INIT(kafka_option_info);
      CHECK(kafka_options_describe(kinds[k], index, &info) == 0);
      CHECK(info.documentation[0] != '\0');
      char text[512];
      length = sizeof(text);
      CHECK(kafka_options_get(options, info.name, text, &length) == 0);
      CHECK(strcmp(text, info.default_value == NULL ? "" : info.default_value) == 0);
      if (info.default_value != NULL) CHECK(kafka_options_set(options, info.name, text) == 0);
      if (strcmp(info.type, "number") == 0 || strcmp(info.type, "milliseconds") == 0) {
        snprintf(text, sizeof(text), "%lld", (long long)info.most);
        CHECK(kafka_options_set(options, info.name, text) == 0);
        snprintf(text, sizeof(text), "%lld", (long long)info.least - 1);
        CHECK(kafka_options_set(options, info.name, text) == KAFKA_INVALID_OPTION);
      }
      if (strcmp(info.type, "secret") == 0) CHECK(info.default_value == NULL);
      if (strcmp(info.type, "choice") == 0) {
        snprintf(text, sizeof(text), "%s", info.values);
        text[strcspn(text, ",")] = '\0';
        CHECK(kafka_options_set(options, info.name, text) == 0);
      }
    }
    kafka_options_free(options);
  }
}

void use_errors(void) {
  CHECK(strcmp(kafka_code_name(KAFKA_NOT_LEADER_OR_FOLLOWER), "not_leader_or_follower") == 0);
  CHECK(strcmp(kafka_code_name(KAFKA_QUEUE_FULL), "queue_full") == 0);
  CHECK(strcmp(kafka_code_name(31999), "unknown_code") == 0);
  CHECK(strlen(kafka_code_text(KAFKA_WRONG_THREAD)) > 10);
  CHECK(kafka_session_close(NULL, -1, NULL, NULL) == KAFKA_INVALID_ARGUMENT);
  kafka_error* copy = kafka_error_copy(kafka_last_error());
  CHECK(kafka_error_code(copy) == KAFKA_INVALID_ARGUMENT);
  CHECK(strstr(kafka_error_detail(copy), "kafka_session_close") != NULL);
  CHECK(strstr(kafka_error_message(copy), kafka_error_detail(copy)) != NULL);
  CHECK(kafka_error_retriable(copy) == 0 && kafka_error_fatal(copy) == 0);
  kafka_error_free(copy);
}

static void on_topics(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL);
  CHECK(kafka_result_count(result, "topics") == 1);
  CHECK(strcmp(kafka_result_string(result, "topics", 0, "name"), "orders") == 0);
  ran(user);
}

static void on_metadata(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL);
  CHECK(kafka_result_count(result, "brokers") == 2);
  CHECK(kafka_result_count(result, "partitions") == 3);
  CHECK(kafka_result_count(result, "replicas") == 6);
  int64_t port = 0;
  CHECK(kafka_result_number(result, "brokers", 1, "port", &port) == 0 && port > 0);
  CHECK(kafka_result_error(result, "topics", 0) == NULL);
  kafka_result* copy = kafka_result_copy(result);
  char* json = kafka_result_json(copy);
  kafka_result_free(copy);
  CHECK(strstr(json, "\"topics\":[{\"name\":\"orders\",\"internal\":0}]") != NULL);
  kafka_free(json);
  ran(user);
}

static void on_no_topic(void* user, const kafka_error* error, const kafka_result* result) {
  CHECK(error == NULL);
  CHECK(kafka_error_code(kafka_result_error(result, "topics", 0)) == KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
  char* json = kafka_result_json(result);
  CHECK(strstr(json, "\"error\":\"unknown_topic_or_partition\"") != NULL);
  kafka_free(json);
  ran(user);
}

static void on_event(void* user, const kafka_event* event) {
  CHECK(event->size == sizeof(*event) && event->text[0] != '\0');
  if (event->type == KAFKA_EVENT_BROKER_CONNECTED) {
    CHECK(strstr(event->broker, "127.0.0.1:") == event->broker);
    CHECK(event->error == NULL);
    ran(user);
  }
}
static void on_log(void* user, int level, kafka_bytes line) {
  CHECK(level >= KAFKA_LOG_TRACE && level < KAFKA_LOG_OFF && line.length > 0);
  ran(user);
}
static void post_from_thread(void* session) {
  user_t* user = once("posted by another thread");
  accepted(user, kafka_session_post((kafka_session*)session, ran, user));
  CHECK(kafka_session_ref((kafka_session*)session) == KAFKA_WRONG_THREAD);
}

void use_session(void) {
  world_t world = world_new();
  kafka_session* session = world.session;
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 3) == 0);
  CHECK(kafka_devbroker_create_topic(world.broker, "orders", 3) == KAFKA_TOPIC_ALREADY_EXISTS);
  CHECK(kafka_devbroker_message(world.broker)[0] != '\0');

  user_t* events = handler("events");
  accepted(events, kafka_session_on_event(session, on_event, events));
  user_t* lines = handler("log");
  accepted(lines, kafka_session_on_log(session, KAFKA_LOG_TRACE, on_log, lines));
  user_t* replaced = handler("replaced log");
  accepted(replaced, kafka_session_on_log(session, KAFKA_LOG_TRACE, on_log, replaced));
  CHECK(lines->dropped == 1 && replaced->dropped == 0);
  user_t* turns = handler("turns");
  accepted(turns, kafka_session_on_turn(session, ran, turns));

  user_t* topics = once("topics");
  accepted(topics, kafka_session_topics(session, on_topics, topics));
  run_until_ran(world.loop, topics);
  user_t* all = once("metadata of all");
  accepted(all, kafka_session_metadata(session, NULL, 0, 0, on_metadata, all));
  run_until_ran(world.loop, all);
  const char* const no_topic[] = {"none"};
  CHECK(kafka_devbroker_add_fault(world.broker, "Metadata:times=2:error=UNKNOWN_TOPIC_OR_PARTITION") == 0);
  user_t* none = once("metadata of a topic that is not there");
  accepted(none, kafka_session_metadata(session, no_topic, 1, 0, on_no_topic, none));
  run_until_ran(world.loop, none);
  CHECK(kafka_devbroker_clear_faults(world.broker) == 0);
  CHECK(events->ran > 0 && replaced->ran > 0 && turns->ran > 0);

  user_t* posted = once("posted");
  accepted(posted, kafka_session_post(session, ran, posted));
  uv_thread_t thread;
  CHECK(uv_thread_create(&thread, post_from_thread, session) == 0);
  CHECK(uv_thread_join(&thread) == 0);
  user_t* from_thread = &users[user_count - 1];
  run_until_ran(world.loop, posted);
  run_until_ran(world.loop, from_thread);

  kafka_result* stats = kafka_session_stats(session);
  int64_t requests = 0;
  CHECK(kafka_result_count(stats, "brokers") >= 1);
  CHECK(kafka_result_number(stats, "brokers", 0, "requests", &requests) == 0 && requests > 0);
  kafka_result_free(stats);
  char* prometheus = kafka_session_prometheus(session, "mine");
  CHECK(strstr(prometheus, "mine_") != NULL && strstr(prometheus, "uvkafka_") == NULL);
  kafka_free(prometheus);

  /* A session that logs in takes other credentials at any time; it needs no broker for that. */
  kafka_options* login = kafka_options_new(KAFKA_SESSION_OPTIONS);
  const char* const settings[][2] = {{"bootstrap.servers", "127.0.0.1:1"}, {"security.protocol", "sasl_plaintext"},
                                     {"sasl.mechanism", "PLAIN"},          {"sasl.allow.plaintext", "true"},
                                     {"sasl.username", "alice"},           {"sasl.password", "secret"}};
  for (size_t i = 0; i < sizeof settings / sizeof *settings; ++i) {
    CHECK(kafka_options_set(login, settings[i][0], settings[i][1]) == 0);
  }
  kafka_session* logs_in = kafka_session_new(world.loop, login);
  kafka_options_free(login);
  CHECK(kafka_session_error(logs_in) == NULL);
  CHECK(kafka_session_set_credentials(logs_in, "bob", "other", 5) == 0);
  CHECK(kafka_session_set_credentials(logs_in, "bob", "", 0) == KAFKA_INVALID_OPTION);
  kafka_session_free(logs_in);

  CHECK(kafka_session_unref(session) == 0);
  CHECK(kafka_session_ref(session) == 0);
  CHECK(kafka_session_closed(session) == 0);
  user_t* closed = once("closed");
  accepted(closed, kafka_session_close(session, 1000, ran, closed));
  user_t* late = once("posted too late");
  CHECK(kafka_session_post(session, ran, late) == KAFKA_CLOSED);
  run_until_ran(world.loop, closed);
  CHECK(kafka_session_closed(session) == 1);
  world_free(&world);
}

static kafka_resolution* resolution;
static void resolve(void* user, const char* host, kafka_resolution* ticket) {
  CHECK(strcmp(host, "somewhere.test") == 0);
  if (((user_t*)user)->ran == 0) resolution = ticket;
  if (((user_t*)user)->ran > 0) CHECK(kafka_resolution_finish(ticket, KAFKA_RESOLVE_FAILED, NULL, 0) == 0);
  ran(user);
}

void use_resolver(void) {
  world_t world = world_new();
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  char address[64];
  const char* port = strrchr(kafka_devbroker_bootstrap(world.broker), ':');
  snprintf(address, sizeof(address), "somewhere.test%s", port);
  CHECK(kafka_options_set(options, "bootstrap.servers", address) == 0);
  kafka_session* session = kafka_session_new(world.loop, options);
  kafka_options_free(options);
  CHECK(kafka_session_on_drop(session, dropped) == 0);
  user_t* resolver = handler("resolver");
  accepted(resolver, kafka_session_set_resolver(session, resolve, resolver));
  user_t* topics = once("topics through the resolver");
  const char* const name[] = {"orders"};
  accepted(topics, kafka_session_metadata(session, name, 1, 1, on_no_topic, topics));
  (void)name;
  run_until_ran(world.loop, resolver);
  const char* const addresses[] = {"127.0.0.1"};
  CHECK(kafka_resolution_finish(resolution, 0, NULL, 0) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_resolution_finish(resolution, 0, addresses, 1) == 0);
  CHECK(topics->ran == 0);
  kafka_session_free(session);
  CHECK(topics->dropped == 1 && resolver->dropped == 1);
  world_free(&world);
}

static kafka_token_request* token_request;
static void keep_request(void* user, kafka_token_request* request) {
  token_request = request;
  ran(user);
}
static void fail_request(void* user, kafka_token_request* request) {
  CHECK(kafka_token_request_fail(request, "no token today") == 0);
  ran(user);
}
static void on_login_refused(void* user, const kafka_error* error, const kafka_result* result) {
  (void)result;
  CHECK(kafka_error_code(error) == KAFKA_SASL_AUTHENTICATION_FAILED);
  CHECK(strstr(kafka_error_message(error), "OAUTHBEARER") != NULL);
  ran(user);
}

/* The dev broker takes no logins on this port, and says so; the token is asked for before that. */
void use_login_tokens(void) {
  world_t world = world_new();
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "bootstrap.servers", kafka_devbroker_bootstrap(world.broker)) == 0);
  CHECK(kafka_options_set(options, "security.protocol", "sasl_plaintext") == 0);
  CHECK(kafka_options_set(options, "sasl.mechanism", "OAUTHBEARER") == 0);
  CHECK(kafka_options_set(options, "sasl.allow.plaintext", "true") == 0);
  kafka_session* session = kafka_session_new(world.loop, options);
  kafka_options_free(options);
  CHECK(kafka_session_error(session) == NULL);
  CHECK(kafka_session_on_drop(session, dropped) == 0);
  CHECK(kafka_session_set_credentials(session, "alice", "secret", 6) == KAFKA_WRONG_STATE);

  user_t* asked = handler("tokens");
  accepted(asked, kafka_session_on_token(session, keep_request, asked));
  user_t* topics = once("topics with a token");
  accepted(topics, kafka_session_topics(session, on_login_refused, topics));
  run_until_ran(world.loop, asked);
  CHECK(token_request != NULL && topics->ran == 0);
  const int64_t far = INT64_MAX;
  const char* const extensions[] = {"trace", "1", "tenant", "a b"};
  const char* const wrong[] = {"trace1", "1"};
  const char* const half[] = {"trace", NULL};
  CHECK(kafka_token_request_set(token_request, NULL, 0, far, NULL, NULL, 0) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_token_request_set(token_request, "abc", 3, far, NULL, NULL, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_token_request_set(token_request, "abc", 3, far, NULL, wrong, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_token_request_set(token_request, "abc", 3, far, NULL, half, 1) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_token_request_set(token_request, "a b", 3, far, NULL, NULL, 0) == KAFKA_INVALID_ARGUMENT);
  CHECK(kafka_token_request_set(token_request, "abc", 3, 1000, NULL, NULL, 0) == KAFKA_INVALID_ARGUMENT);
  CHECK(strstr(kafka_error_message(kafka_last_error()), "expired") != NULL);
  CHECK(kafka_token_request_set(token_request, "abc", 3, far, "alice", extensions, 2) == 0);
  run_until_ran(world.loop, topics);

  user_t* fails = handler("tokens that fail");
  accepted(fails, kafka_session_on_token(session, fail_request, fails));
  CHECK(asked->dropped == 1);
  user_t* again = once("topics without a token");
  accepted(again, kafka_session_topics(session, on_login_refused, again));
  run_until_ran(world.loop, again);
  kafka_session_free(session);
  CHECK(fails->dropped == 1);
  world_free(&world);
}

/* Files of TLS for a session that runs. It connects to nobody. */
void use_tls_files(void) {
  world_t world = world_new();
  kafka_options* options = kafka_options_new(KAFKA_SESSION_OPTIONS);
  CHECK(kafka_options_set(options, "bootstrap.servers", "127.0.0.1:1") == 0);
  CHECK(kafka_options_set(options, "security.protocol", "ssl") == 0);
  kafka_session* session = kafka_session_new(world.loop, options);
  kafka_options_free(options);
  if (kafka_session_error(session) == NULL) { /* else this build has no TLS */
    kafka_tls_files files = KAFKA_INIT(kafka_tls_files);
    CHECK(kafka_session_set_tls(session, &files) == 0);
    CHECK(kafka_session_set_tls(session, NULL) == 0);
    files.ca_location = "/nowhere/ca.pem";
    CHECK(kafka_session_set_tls(session, &files) == KAFKA_INVALID_OPTION);
    CHECK(strstr(kafka_error_message(kafka_last_error()), "/nowhere/ca.pem") != NULL);
  }
  kafka_session_free(session);
  world_free(&world);
}
