// The work of uvkafka_bench through librdkafka, used the fastest way its API allows: batches of messages whose memory
// it does not copy, reports by its callback (-c events: as events, which cost the same), consuming by the batch
// interface.
//
//   rdkafka_bench produce|consume|commit|latency|idle -b BOOTSTRAP -t TOPIC -n MESSAGES [-s SIZE] [-u RUN] [-c HOW]
//                 [-g GROUP] [-r RATE] [-d SECONDS] [-X name=value]...
//   rdkafka_bench make|remove -b BOOTSTRAP -t TOPIC [-p PARTITIONS]          a topic, for run.py
//
// commit -c sync|async|store: rd_kafka_commit_message for each message, confirmed before the next one or not; or its
// offset stored for the client's own commits, one by one, the last one waited for.
#include <librdkafka/rdkafka.h>
#include <unistd.h>

#include "measure.hpp"

namespace {

using bench::Arguments;
using bench::Measure;

constexpr int kBatch = 1000;
constexpr int kWaitMs = 1000;

rd_kafka_conf_t* make_conf(const Arguments& arguments, const char* const (*defaults)[2], size_t count) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char text[512];
  auto set = [&](const std::string& name, const std::string& value, bool must_know = true) {
    const rd_kafka_conf_res_t result = rd_kafka_conf_set(conf, name.c_str(), value.c_str(), text, sizeof text);
    if (result != RD_KAFKA_CONF_OK && (must_know || result != RD_KAFKA_CONF_UNKNOWN)) {
      std::fprintf(stderr, "%s\n", text);
      std::exit(2);
    }
  };
  set("bootstrap.servers", arguments.bootstrap);
  for (size_t i = 0; i < count; ++i) set(defaults[i][0], defaults[i][1], false);  // not every release has all
  for (const auto& [name, value] : arguments.settings) set(name, value);
  return conf;
}

rd_kafka_t* make(rd_kafka_type_t type, rd_kafka_conf_t* conf) {
  char text[512];
  rd_kafka_t* handle = rd_kafka_new(type, conf, text, sizeof text);
  if (handle == nullptr) {
    std::fprintf(stderr, "%s\n", text);
    std::exit(1);
  }
  return handle;
}

std::vector<int32_t> partitions_of(rd_kafka_t* handle, rd_kafka_topic_t* topic) {
  std::vector<int32_t> partitions;
  const rd_kafka_metadata_t* metadata = nullptr;
  for (int attempt = 0; attempt < 10 && partitions.empty(); ++attempt) {
    if (rd_kafka_metadata(handle, 0, topic, &metadata, 10 * kWaitMs) != RD_KAFKA_RESP_ERR_NO_ERROR) continue;
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      for (int p = 0; p < metadata->topics[i].partition_cnt; ++p)
        partitions.push_back(metadata->topics[i].partitions[p].id);
    }
    rd_kafka_metadata_destroy(metadata);
  }
  return partitions;
}

constexpr const char* kProducerDefaults[][2] = {{"queue.buffering.max.messages", "10000000"},
                                                {"queue.buffering.max.kbytes", "32768"},  // as buffer_memory
                                                {"batch.num.messages", "1000000"},
                                                {"batch.size", "1000000"}};

void count_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
  auto& measure = *static_cast<Measure*>(opaque);
  ++(message->err == 0 ? measure.messages : measure.failed);
}

void take_reports(rd_kafka_queue_t* queue, int wait_ms, Measure& measure) {
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, wait_ms);
  if (event == nullptr) return;
  if (rd_kafka_event_type(event) == RD_KAFKA_EVENT_DR) {
    const size_t count = rd_kafka_event_message_count(event);
    static std::vector<const rd_kafka_message_t*> messages;
    messages.resize(count);
    rd_kafka_event_message_array(event, messages.data(), count);
    for (const rd_kafka_message_t* message : messages) ++(message->err == 0 ? measure.messages : measure.failed);
  }
  rd_kafka_event_destroy(event);
}

void produce(const Arguments& arguments) {
  rd_kafka_conf_t* conf = make_conf(arguments, kProducerDefaults, std::size(kProducerDefaults));
  Measure measure;
  const bool events = arguments.how == "events";
  if (events) {
    rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
  } else {
    rd_kafka_conf_set_opaque(conf, &measure);
    rd_kafka_conf_set_dr_msg_cb(conf, count_report);
  }
  rd_kafka_t* producer = make(RD_KAFKA_PRODUCER, conf);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_main(producer);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, arguments.topic.c_str(), nullptr);
  bench::Turns turns{arguments.run, static_cast<int32_t>(partitions_of(producer, topic).size())};
  const auto take = [&](int wait_ms) {
    events ? take_reports(queue, wait_ms, measure) : static_cast<void>(rd_kafka_poll(producer, wait_ms));
  };
  const int flags = arguments.run > 0 ? RD_KAFKA_MSG_F_PARTITION : 0;
  std::vector<std::string> values;
  for (size_t i = 0; i < bench::kValues; ++i) values.push_back(bench::make_value(arguments.size, i));
  std::vector<rd_kafka_message_t> batch(kBatch);
  measure.begin();
  int64_t sent = 0;
  size_t next = 0;
  while (sent < arguments.messages) {
    const int count = static_cast<int>(std::min<int64_t>(kBatch, arguments.messages - sent));
    for (int i = 0; i < count; ++i) {
      rd_kafka_message_t& message = batch[static_cast<size_t>(i)];
      message = {};
      const std::string& value = values[next];
      if (++next == values.size()) next = 0;
      message.payload = const_cast<char*>(value.data());
      message.len = value.size();
      message.partition = turns.partition(sent + i);
    }
    int begin = 0;
    while (begin < count) {
      begin += rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, flags, batch.data() + begin, count - begin);
      if (begin < count) take(10);
    }
    sent += count;
    take(0);
  }
  while (measure.messages + measure.failed < sent) take(kWaitMs);
  measure.end();
  measure.print();
  rd_kafka_topic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(producer);
}

void latency(const Arguments& arguments) {
  constexpr const char* kDefaults[][2] = {{"socket.nagle.disable", "true"}};
  rd_kafka_conf_t* conf = make_conf(arguments, kDefaults, std::size(kDefaults));
  rd_kafka_conf_set_events(conf, RD_KAFKA_EVENT_DR);
  rd_kafka_t* producer = make(RD_KAFKA_PRODUCER, conf);
  rd_kafka_queue_t* queue = rd_kafka_queue_get_main(producer);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, arguments.topic.c_str(), nullptr);
  partitions_of(producer, topic);
  const std::string value = bench::make_value(arguments.size, 1);
  Measure measure;
  const int64_t warm_up = bench::warm_up(arguments.messages);
  std::vector<int64_t> sent_at(static_cast<size_t>(arguments.messages + warm_up));
  auto send = [&](int64_t index) {
    sent_at[static_cast<size_t>(index)] = bench::now_ns();
    rd_kafka_produce(topic, 0, 0, const_cast<char*>(value.data()), value.size(), nullptr, 0,
                     &sent_at[static_cast<size_t>(index)]);
  };
  auto reports = [&](int wait_ms) {
    int64_t taken = 0;
    rd_kafka_event_t* event = rd_kafka_queue_poll(queue, wait_ms);
    if (event == nullptr) return taken;
    while (const rd_kafka_message_t* message = rd_kafka_event_message_next(event)) {
      const auto* at = static_cast<const int64_t*>(message->_private);
      ++(message->err == 0 ? measure.messages : measure.failed);
      if (at - sent_at.data() >= warm_up)
        measure.latencies_us.push_back(static_cast<double>(bench::now_ns() - *at) / 1000);
      ++taken;
    }
    rd_kafka_event_destroy(event);
    return taken;
  };
  const int64_t count = arguments.messages + warm_up;
  measure.begin();
  if (arguments.rate == 0) {
    for (int64_t i = 0; i < count; ++i) {
      send(i);
      while (reports(kWaitMs) == 0) {
      }
    }
  } else {
    const int64_t step = 1000000000 / arguments.rate;
    int64_t next = bench::now_ns(), sent = 0, done = 0;
    while (done < count) {
      const int64_t now = bench::now_ns();
      if (sent < count && now >= next) {
        send(sent++);
        next += step;
        continue;
      }
      const int64_t wait = sent < count ? std::max<int64_t>((next - now) / 1000000, 1) : kWaitMs;  // 0 would spin
      done += reports(static_cast<int>(wait));
    }
  }
  measure.end();
  measure.print();
  rd_kafka_topic_destroy(topic);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(producer);
}

void consume(const Arguments& arguments) {
  constexpr const char* kDefaults[][2] = {{"queued.min.messages", "1000000"}, {"fetch.queue.backoff.ms", "1"}};
  rd_kafka_t* consumer = make(RD_KAFKA_CONSUMER, make_conf(arguments, kDefaults, std::size(kDefaults)));
  rd_kafka_topic_t* topic = rd_kafka_topic_new(consumer, arguments.topic.c_str(), nullptr);
  const std::vector<int32_t> partitions = partitions_of(consumer, topic);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(consumer);
  Measure measure;
  measure.begin();
  for (const int32_t partition : partitions) {
    rd_kafka_consume_start_queue(topic, partition, RD_KAFKA_OFFSET_BEGINNING, queue);
  }
  std::vector<rd_kafka_message_t*> batch(kBatch);
  int64_t sum = 0;
  while (measure.messages < arguments.messages) {
    const ssize_t count = rd_kafka_consume_batch_queue(queue, kWaitMs, batch.data(), batch.size());
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* const message = batch[static_cast<size_t>(i)];
      if (message->err == 0) {
        ++measure.messages;
        measure.bytes += static_cast<int64_t>(message->len);
        if (message->len > 0) sum += static_cast<const char*>(message->payload)[0];
      }
      rd_kafka_message_destroy(message);
    }
  }
  measure.end();
  measure.failed = sum == INT64_MIN ? 1 : 0;  // the bytes are used
  measure.print();
  for (const int32_t partition : partitions) rd_kafka_consume_stop(topic, partition);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(consumer);
}

// Commits each message in the way HOW (see the head of this file).
void commit(const Arguments& arguments) {
  const std::string group = arguments.group;
  constexpr const char* kDefaults[][2] = {{"queued.min.messages", "1000000"}, {"auto.offset.reset", "earliest"}};
  rd_kafka_conf_t* conf = make_conf(arguments, kDefaults, std::size(kDefaults));
  char text[512];
  const bool store = arguments.how == "store";
  const std::pair<const char*, std::string> settings[] = {
      {"group.id", group}, {"enable.auto.commit", store ? "true" : "false"}, {"enable.auto.offset.store", "false"}};
  for (const auto& [name, value] : settings) rd_kafka_conf_set(conf, name, value.c_str(), text, sizeof text);
  rd_kafka_t* consumer = make(RD_KAFKA_CONSUMER, conf);
  rd_kafka_poll_set_consumer(consumer);
  rd_kafka_topic_t* topic = rd_kafka_topic_new(consumer, arguments.topic.c_str(), nullptr);
  rd_kafka_topic_partition_list_t* assigned = rd_kafka_topic_partition_list_new(1);
  for (const int32_t partition : partitions_of(consumer, topic)) {
    rd_kafka_topic_partition_list_add(assigned, arguments.topic.c_str(), partition);
  }
  rd_kafka_queue_t* queue = rd_kafka_queue_get_consumer(consumer);
  Measure measure;
  measure.begin();
  rd_kafka_assign(consumer, assigned);
  std::vector<rd_kafka_message_t*> batch(kBatch);
  while (measure.messages < arguments.messages) {
    const size_t most = static_cast<size_t>(std::min<int64_t>(kBatch, arguments.messages - measure.messages));
    const ssize_t count = rd_kafka_consume_batch_queue(queue, kWaitMs, batch.data(), most);
    for (ssize_t i = 0; i < count; ++i) {
      rd_kafka_message_t* const message = batch[static_cast<size_t>(i)];
      if (message->err == 0) {
        ++measure.messages;
        measure.bytes += static_cast<int64_t>(message->len);
        const rd_kafka_resp_err_t error = store
                                              ? rd_kafka_offset_store(message->rkt, message->partition, message->offset)
                                              : rd_kafka_commit_message(consumer, message, arguments.how == "async");
        if (error != RD_KAFKA_RESP_ERR_NO_ERROR) ++measure.failed;
      }
      rd_kafka_message_destroy(message);
    }
  }
  // Answers come in order: when this one has come, all others have.
  if (arguments.how == "async") rd_kafka_commit(consumer, assigned, 0);
  if (store) rd_kafka_commit(consumer, nullptr, 0);
  measure.end();
  measure.print();
  rd_kafka_topic_partition_list_destroy(assigned);
  rd_kafka_queue_destroy(queue);
  rd_kafka_topic_destroy(topic);
  rd_kafka_consumer_close(consumer);
  rd_kafka_destroy(consumer);
}

// Connected to every broker that leads a partition, and nothing to do.
void idle(const Arguments& arguments) {
  rd_kafka_t* producer = make(RD_KAFKA_PRODUCER, make_conf(arguments, nullptr, 0));
  rd_kafka_topic_t* topic = rd_kafka_topic_new(producer, arguments.topic.c_str(), nullptr);
  for (const int32_t partition : partitions_of(producer, topic)) {
    rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, const_cast<char*>("x"), 1, nullptr, 0, nullptr);
  }
  rd_kafka_flush(producer, 10 * kWaitMs);
  Measure measure;
  measure.begin();
  for (int64_t i = 0; i < arguments.seconds; ++i) rd_kafka_poll(producer, kWaitMs);
  measure.end();
  measure.messages = arguments.seconds;
  measure.print();
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(producer);
}

// Creates or removes a topic, and waits until the broker has done it.
int change_topic(const Arguments& arguments) {
  rd_kafka_t* client = make(RD_KAFKA_PRODUCER, make_conf(arguments, nullptr, 0));
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client);
  rd_kafka_AdminOptions_t* options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_ANY);
  char text[512];
  rd_kafka_AdminOptions_set_operation_timeout(options, 60 * kWaitMs, text, sizeof text);
  if (arguments.mode == "make") {
    rd_kafka_NewTopic_t* topic =
        rd_kafka_NewTopic_new(arguments.topic.c_str(), static_cast<int>(arguments.partitions), 1, text, sizeof text);
    rd_kafka_CreateTopics(client, &topic, 1, options, queue);
    rd_kafka_NewTopic_destroy(topic);
  } else {
    rd_kafka_DeleteTopic_t* topic = rd_kafka_DeleteTopic_new(arguments.topic.c_str());
    rd_kafka_DeleteTopics(client, &topic, 1, options, queue);
    rd_kafka_DeleteTopic_destroy(topic);
  }
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 60 * kWaitMs);
  int status = event != nullptr && rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR ? 0 : 1;
  if (status == 0) {
    size_t count = 0;
    const rd_kafka_topic_result_t** results =
        arguments.mode == "make"
            ? rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count)
            : rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    for (size_t i = 0; i < count; ++i) {
      if (rd_kafka_topic_result_error(results[i]) == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      std::fprintf(stderr, "%s\n", rd_kafka_topic_result_error_string(results[i]));
      status = 1;
    }
  }
  if (event != nullptr) rd_kafka_event_destroy(event);
  rd_kafka_AdminOptions_destroy(options);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(client);
  return status;
}

}  // namespace

int main(int argc, char** argv) {
  const Arguments arguments = Arguments::parse(argc, argv);
  if (arguments.mode == "produce") return produce(arguments), 0;
  if (arguments.mode == "consume") return consume(arguments), 0;
  if (arguments.mode == "commit") return commit(arguments), 0;
  if (arguments.mode == "latency") return latency(arguments), 0;
  if (arguments.mode == "idle") return idle(arguments), 0;
  if (arguments.mode == "make" || arguments.mode == "remove") return change_topic(arguments);
  if (arguments.mode == "version") return std::printf("%s\n", rd_kafka_version_str()), 0;
  std::fprintf(stderr, "rdkafka_bench produce|consume|commit|latency|idle|make|remove|version -b BOOTSTRAP -t TOPIC\n");
  return bench::kNotKnown;
}
