// Runs librdkafka against a broker: produces with keys, headers and timestamps, half of it with
// idempotence, reads back, asks
// for watermarks and offsets by time, commits and fetches a group's offsets. Prints one line per check, `ok` or `FAIL`.
//   rdkafka_client BOOTSTRAP TOPIC      (TOPIC has 3 partitions and is empty)
// Not here: starting the broker (dev_broker.py, which runs this).
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace {

constexpr int kPartitions = 3;
constexpr int kPerPartition = 200;
constexpr int64_t kFirstTimestamp = 1'700'000'000'000;
constexpr int kTimeoutMs = 15'000;

int failures = 0;

void check(bool holds, const char* what, const std::string& seen = {}) {
  std::printf("%s %s%s%s\n", holds ? "ok  " : "FAIL", what, holds || seen.empty() ? "" : ": ",
              holds ? "" : seen.c_str());
  if (!holds) ++failures;
}

std::string name_of(rd_kafka_resp_err_t code) { return rd_kafka_err2name(code); }

rd_kafka_conf_t* make_settings(const char* bootstrap) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  rd_kafka_conf_set(conf, "bootstrap.servers", bootstrap, nullptr, 0);
  return conf;
}

rd_kafka_t* make_consumer(const char* bootstrap) {
  rd_kafka_conf_t* conf = make_settings(bootstrap);
  rd_kafka_conf_set(conf, "group.id", "rdkafka-group", nullptr, 0);
  rd_kafka_conf_set(conf, "enable.auto.commit", "false", nullptr, 0);
  rd_kafka_conf_set(conf, "enable.partition.eof", "true", nullptr, 0);
  rd_kafka_conf_set(conf, "check.crcs", "true", nullptr, 0);
  return rd_kafka_new(RD_KAFKA_CONSUMER, conf, nullptr, 0);
}

/// Records [from, to) of every partition.
void produce(const char* bootstrap, const char* topic, int from, int to, bool idempotent) {
  int delivered = 0;
  rd_kafka_conf_t* conf = make_settings(bootstrap);
  rd_kafka_conf_set(conf, "acks", "all", nullptr, 0);
  rd_kafka_conf_set(conf, "enable.idempotence", idempotent ? "true" : "false", nullptr, 0);
  rd_kafka_conf_set_opaque(conf, &delivered);
  rd_kafka_conf_set_dr_msg_cb(conf, [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->offset >= 0) ++*static_cast<int*>(opaque);
  });
  rd_kafka_t* producer = rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0);
  for (int i = from; i < to; ++i) {
    for (int partition = 0; partition < kPartitions; ++partition) {
      const std::string key = "key" + std::to_string(i), value = std::to_string(partition) + "-" + std::to_string(i);
      rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                        RD_KAFKA_V_KEY(key.data(), key.size()),
                        RD_KAFKA_V_VALUE(const_cast<char*>(value.data()), value.size()),
                        RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_TIMESTAMP(kFirstTimestamp + i * 1000),
                        RD_KAFKA_V_HEADER("place", value.data(), -1), RD_KAFKA_V_END);
    }
  }
  const auto flushed = rd_kafka_flush(producer, kTimeoutMs);
  check(flushed == RD_KAFKA_RESP_ERR_NO_ERROR && delivered == kPartitions * (to - from),
        idempotent ? "all messages are delivered, with idempotence" : "all messages are delivered",
        name_of(flushed) + ", " + std::to_string(delivered) + " delivered");
  rd_kafka_destroy(producer);
}

void read_back(rd_kafka_t* consumer, const char* topic) {
  auto* list = rd_kafka_topic_partition_list_new(kPartitions);
  for (int p = 0; p < kPartitions; ++p) rd_kafka_topic_partition_list_add(list, topic, p)->offset = 0;
  rd_kafka_assign(consumer, list);
  rd_kafka_topic_partition_list_destroy(list);

  std::vector<int> seen(kPartitions, 0);
  int ends = 0, wrong = 0;
  while (ends < kPartitions) {
    rd_kafka_message_t* message = rd_kafka_consumer_poll(consumer, kTimeoutMs);
    if (!message) break;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      ++ends;
    } else if (message->err) {
      ++wrong;
    } else {
      const int i = seen[size_t(message->partition)]++;
      const std::string value = std::to_string(message->partition) + "-" + std::to_string(i);
      rd_kafka_headers_t* headers = nullptr;
      const void* header = nullptr;
      size_t header_size = 0;
      const bool has_header =
          rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR &&
          rd_kafka_header_get_last(headers, "place", &header, &header_size) == RD_KAFKA_RESP_ERR_NO_ERROR;
      const bool same = message->offset == i &&
                        std::string(static_cast<char*>(message->payload), message->len) == value &&
                        std::string(static_cast<char*>(message->key), message->key_len) == "key" + std::to_string(i) &&
                        rd_kafka_message_timestamp(message, nullptr) == kFirstTimestamp + i * 1000 && has_header &&
                        std::string(static_cast<const char*>(header), header_size) == value;
      if (!same) ++wrong;
    }
    rd_kafka_message_destroy(message);
  }
  bool all = wrong == 0 && ends == kPartitions;
  for (int count : seen) all = all && count == kPerPartition;
  check(all, "offsets, keys, values, headers and timestamps are read back",
        std::to_string(wrong) + " wrong, " + std::to_string(ends) + " ends");
}

void ask_offsets(rd_kafka_t* consumer, const char* topic) {
  bool all = true;
  for (int p = 0; p < kPartitions; ++p) {
    int64_t low = -1, high = -1;
    all = all && !rd_kafka_query_watermark_offsets(consumer, topic, p, &low, &high, kTimeoutMs) && low == 0 &&
          high == kPerPartition;
  }
  check(all, "watermarks");

  auto* list = rd_kafka_topic_partition_list_new(kPartitions);
  const int64_t asked[kPartitions] = {kFirstTimestamp + 50'000, kFirstTimestamp + 50'001,
                                      kFirstTimestamp + 900'000'000};
  const int64_t wanted[kPartitions] = {50, 51, RD_KAFKA_OFFSET_END};
  for (int p = 0; p < kPartitions; ++p) rd_kafka_topic_partition_list_add(list, topic, p)->offset = asked[p];
  const auto code = rd_kafka_offsets_for_times(consumer, list, kTimeoutMs);
  std::string seen = name_of(code);
  all = code == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int p = 0; p < kPartitions; ++p) {
    all = all && list->elems[p].offset == wanted[p] && !list->elems[p].err;
    seen += " " + std::to_string(list->elems[p].offset);
  }
  check(all, "offsets by time", seen);
  rd_kafka_topic_partition_list_destroy(list);
}

void group_offsets(rd_kafka_t* consumer, const char* topic) {
  auto* list = rd_kafka_topic_partition_list_new(kPartitions);
  for (int p = 0; p < kPartitions; ++p) rd_kafka_topic_partition_list_add(list, topic, p);
  auto code = rd_kafka_committed(consumer, list, kTimeoutMs);
  bool all = code == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int p = 0; p < kPartitions; ++p) all = all && list->elems[p].offset == RD_KAFKA_OFFSET_INVALID;
  check(all, "a new group has no offsets", name_of(code));

  for (int p = 0; p < kPartitions; ++p) list->elems[p].offset = 10 + p;
  code = rd_kafka_commit(consumer, list, 0);
  check(code == RD_KAFKA_RESP_ERR_NO_ERROR, "offsets are committed", name_of(code));

  for (int p = 0; p < kPartitions; ++p) list->elems[p].offset = RD_KAFKA_OFFSET_INVALID;
  code = rd_kafka_committed(consumer, list, kTimeoutMs);
  all = code == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int p = 0; p < kPartitions; ++p) all = all && list->elems[p].offset == 10 + p;
  check(all, "committed offsets are fetched", name_of(code));
  rd_kafka_topic_partition_list_destroy(list);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: rdkafka_client BOOTSTRAP TOPIC\n");
    return 2;
  }
  produce(argv[1], argv[2], 0, kPerPartition / 2, false);
  produce(argv[1], argv[2], kPerPartition / 2, kPerPartition, true);
  rd_kafka_t* consumer = make_consumer(argv[1]);
  rd_kafka_poll_set_consumer(consumer);
  read_back(consumer, argv[2]);
  ask_offsets(consumer, argv[2]);
  group_offsets(consumer, argv[2]);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
  return failures ? 1 : 0;
}
