/* Wrong arguments of producers and topics. */
#include "wrong.h"

/* A record that is right, but for what the test changes. */
static kafka_record good(void) {
  kafka_record record = KAFKA_INIT(kafka_record);
  record.topic = text("orders");
  record.value = text("x");
  return record;
}

/* Each call that takes a record refuses this one. */
static void refused(kafka_producer* producer, const kafka_record* record) {
  REFUSED(kafka_producer_send(producer, record, never_report, NULL));
  REFUSED(kafka_producer_send_token(producer, record, 1));
  REFUSED(kafka_producer_would_block(producer, record));
  REFUSED(kafka_producer_produce(producer, record, 1, never_result, NULL));
}

static void wrong_records(kafka_producer* producer) {
  kafka_header header = {{"k", 1}, {NULL, 0}};
  refused(producer, NULL);
  const size_t sizes[] = {0, sizeof(kafka_record) - 1, sizeof(kafka_record) + 1, (size_t)-1};
  kafka_record record;
  for (int k = 0; k < 4; ++k) {
    record = good();
    record.size = sizes[k];
    refused(producer, &record);
  }
  record = good();
  record.topic.data = NULL;
  refused(producer, &record);
  record = good();
  record.topic.length = (size_t)-2;
  refused(producer, &record);
  record = good();
  record.key.length = 1;
  refused(producer, &record);
  record = good();
  record.value.data = NULL;
  refused(producer, &record);
  record = good();
  record.value.length = (size_t)-2;
  refused(producer, &record);
  record = good();
  record.header_count = 1;
  refused(producer, &record);
  record.headers = &header;
  record.header_count = (size_t)-1;
  refused(producer, &record);
  record.header_count = 1;
  header.key.data = NULL;
  refused(producer, &record);
  header.key.data = "k";
  header.value.length = 5;
  refused(producer, &record);
  record = good();
  record.partition_plus_one = -1;
  refused(producer, &record);
  record = good();
  record.topic = text("no topic");
  REFUSED_WITH(KAFKA_INVALID_TOPIC, kafka_producer_send(producer, &record, never_report, NULL));
  record = good();
  REFUSED(kafka_producer_produce(producer, &record, 1, never_result, NULL)); /* no partition */
}

static void wrong_packed(kafka_producer* producer, kafka_topic* topic) {
  const uint32_t good_ends[] = {1, 2};
  const uint32_t falling[] = {2, 1};
  const uint32_t null_with_bytes[] = {1, 2 | KAFKA_PACKED_NULL};
  size_t taken = 7;
  REFUSED(kafka_topic_send_packed(NULL, topic, 0, NULL, NULL, "ab", good_ends, 2, 1, &taken));
  CHECK(taken == 0);
  REFUSED(kafka_topic_send_packed(producer, NULL, 0, NULL, NULL, "ab", good_ends, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, "ab", good_ends, 2, 1, NULL));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, "ab", NULL, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, NULL, good_ends, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, "ab", falling, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, "ab", null_with_bytes, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, "ab", NULL, "ab", good_ends, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, NULL, good_ends, "ab", good_ends, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, 0, "ab", falling, "ab", good_ends, 2, 1, &taken));
  REFUSED(kafka_topic_send_packed(producer, topic, -7, NULL, NULL, "ab", good_ends, 2, 1, &taken));
  CHECK(taken == 0);
  CHECK(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, NULL, NULL, 0, 1, &taken) == 0 && taken == 0);
}

void wrong_producer(kafka_session* session) {
  kafka_record record = good();
  kafka_options* others = kafka_options_new(KAFKA_CONSUMER_OPTIONS);
  REFUSED_OBJECT(kafka_producer_new(NULL, NULL));
  REFUSED_OBJECT(kafka_producer_new(session, others));
  kafka_options_free(others);
  kafka_producer* producer = kafka_producer_new(session, NULL);
  kafka_topic* topic = kafka_producer_topic(producer, "orders");

  CHECK(kafka_producer_error(NULL) == NULL);
  refused(NULL, &record);
  wrong_records(producer);
  REFUSED(kafka_producer_on_reports(NULL, NULL, NULL));
  REFUSED(kafka_producer_produce(producer, &record, 1, NULL, NULL));
  REFUSED(kafka_producer_produce(producer, NULL, 1, never_result, NULL));
  REFUSED(kafka_producer_flush(NULL, never, NULL));
  REFUSED(kafka_producer_flush(producer, NULL, NULL));
  REFUSED(kafka_producer_abort(NULL));
  REFUSED(kafka_producer_on_drain(NULL, never, NULL));
  REFUSED(kafka_producer_when_room(NULL, 1, never, NULL));
  REFUSED(kafka_producer_when_room(producer, 1, NULL, NULL));
  REFUSED_WITH(KAFKA_MESSAGE_TOO_LARGE, kafka_producer_when_room(producer, (size_t)-1, never, NULL));
  REFUSED(kafka_producer_set_partitioner(NULL, NULL, NULL));
  size_t bytes = 7;
  CHECK(kafka_producer_queued(NULL, &bytes) == 0 && bytes == 0);
  CHECK(kafka_producer_queued(producer, NULL) == 0);
  REFUSED(kafka_producer_close(NULL, -1, never, NULL));
  kafka_producer_free(NULL);

  REFUSED_OBJECT(kafka_producer_topic(NULL, "orders"));
  REFUSED_OBJECT(kafka_producer_topic(producer, NULL));
  REFUSED(kafka_topic_error(NULL));
  CHECK(kafka_topic_name(NULL)[0] == '\0');
  kafka_topic_free(NULL);
  REFUSED(kafka_topic_send(NULL, topic, 0, NULL, 0, "x", 1, 1));
  REFUSED(kafka_topic_send(producer, NULL, 0, NULL, 0, "x", 1, 1));
  REFUSED(kafka_topic_send(producer, topic, 0, NULL, 1, "x", 1, 1));
  REFUSED(kafka_topic_send(producer, topic, 0, NULL, 0, NULL, 1, 1));
  REFUSED(kafka_topic_send(producer, topic, 0, NULL, 0, "x", (size_t)-2, 1));
  REFUSED(kafka_topic_send(producer, topic, -7, NULL, 0, "x", 1, 1));
  wrong_packed(producer, topic);

  CHECK(kafka_producer_queued(producer, &bytes) == 0 && bytes == 0);
  kafka_producer_free(producer);
  kafka_topic_free(topic);
}

void wrong_thread_producer(kafka_session* session, kafka_producer* producer, kafka_topic* topic) {
  const kafka_record record = good();
  const uint32_t ends[] = {1};
  size_t taken = 0;
  REFUSED_OBJECT(kafka_producer_new(session, NULL));
  REFUSED_OBJECT(kafka_producer_topic(producer, "orders"));
  WRONG_THREAD(kafka_producer_send(producer, &record, never_report, NULL));
  WRONG_THREAD(kafka_producer_send_token(producer, &record, 1));
  WRONG_THREAD(kafka_topic_send(producer, topic, 0, NULL, 0, "x", 1, 1));
  WRONG_THREAD(kafka_topic_send_packed(producer, topic, 0, NULL, NULL, "x", ends, 1, 1, &taken));
  WRONG_THREAD(kafka_producer_on_reports(producer, NULL, NULL));
  WRONG_THREAD(kafka_producer_produce(producer, &record, 1, never_result, NULL));
  WRONG_THREAD(kafka_producer_flush(producer, never, NULL));
  WRONG_THREAD(kafka_producer_abort(producer));
  WRONG_THREAD(kafka_producer_on_drain(producer, never, NULL));
  WRONG_THREAD(kafka_producer_would_block(producer, &record));
  WRONG_THREAD(kafka_producer_when_room(producer, 1, never, NULL));
  WRONG_THREAD(kafka_producer_set_partitioner(producer, NULL, NULL));
  WRONG_THREAD(kafka_producer_close(producer, -1, never, NULL));
  CHECK(kafka_producer_queued(producer, NULL) == 0);
  kafka_topic_free(topic);       /* nothing happens */
  kafka_producer_free(producer); /* nothing happens */
}
