// Consumers of the C API: making them, consuming, and control of partitions.
// Not here: what only members of a group have (member.cpp).
#include "capi/consumer.hpp"

#include <string>
#include <utility>
#include <vector>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/consumption.hpp"
#include "capi/envelope.hpp"
#include "capi/event.hpp"
#include "capi/options.hpp"
#include "capi/partitions.hpp"
#include "capi/session.hpp"

using kafka::Consumer;
using kafka::ConsumerOptions;
using kafka::Error;
using kafka::Fetcher;
using kafka::PartitionReader;
using kafka::Session;
using kafka::capi::call;
using kafka::capi::check;
using kafka::capi::Columns;
using kafka::capi::Consumption;
using kafka::capi::failed;
using kafka::capi::Repeated;
using kafka::capi::wrong_argument;

kafka_consumer::kafka_consumer(kafka::capi::Ground& its_ground, Any made)
    : ground(its_ground), any(std::move(made)), error(reader().error()) {}
kafka_consumer::~kafka_consumer() {
  for (const auto& each : columns) {
    if (const auto gathering = each.lock()) gathering->stop();
  }
}

namespace {

/// A consumer of any kind: `make` gives it from the options, or names the argument that is wrong.
template <class Make>
kafka_consumer* new_consumer(const char* function, kafka_session* session, const char* wrong,
                             const kafka_options* options, Make make) {
  return kafka::capi::made<kafka_consumer>(function, session, [&](kafka_session& owner) -> kafka_consumer* {
    ConsumerOptions values;
    if (wrong != nullptr) return failed(wrong_argument(function, wrong)), nullptr;
    if (!kafka::capi::read(options, values)) {
      return failed(wrong_argument(function, "the options are not KAFKA_CONSUMER_OPTIONS")), nullptr;
    }
    return new (std::nothrow) kafka_consumer(*owner.ground, make(owner.session, std::move(values)));
  });
}

/// Topics that the program named; null if one of them is NULL.
struct Names {
  Names(const char* const* topics, size_t count) : are_there(count > 0 && kafka::capi::read(topics, count, list)) {}
  const char* wrong(const char* group) const {
    if (group == nullptr) return "group is NULL";
    return are_there ? nullptr : "there are no topics, or one is NULL";
  }
  std::vector<std::string> list;
  bool are_there;
};

kafka::MessageCallback handing_out(const std::shared_ptr<Consumption>& consumption, kafka_envelope_cb cb) {
  return [consumption, cb](kafka::MessageEnvelope&& envelope) {
    const kafka::capi::Hold ground(*consumption->ground());  // the program may free everything
    kafka_envelope* const handle = kafka_envelope::lend(*ground, envelope);
    ground->set_lent(handle);
    cb(consumption->user(), handle);
    if (ground->lent() == nullptr) return;
    ground->set_lent(nullptr);
    handle->keep();
  };
}
kafka::BatchCallback handing_out_batches(const std::shared_ptr<Consumption>& consumption, kafka_envelope_cb cb) {
  return [consumption, cb](kafka::BatchEnvelope&& envelope) {
    cb(consumption->user(), kafka_envelope::make(*consumption->ground(), std::move(envelope)));
  };
}
kafka::EndCallback ending(const std::shared_ptr<Consumption>& consumption) {
  return [consumption](const Error& error) { consumption->end(error); };
}

struct Start {
  kafka_consumer& consumer;
  int64_t limit;

  void messages(kafka::MessageCallback on_message, kafka::EndCallback on_end) {
    if (auto* member = std::get_if<Consumer>(&consumer.any)) {
      limit == 0 ? member->consume(std::move(on_message), std::move(on_end))
                 : member->consume(limit, std::move(on_message), std::move(on_end));
    } else {
      auto& fetcher = std::get<Fetcher>(consumer.any);
      limit == 0 ? fetcher.fetch(std::move(on_message), std::move(on_end))
                 : fetcher.fetch(limit, std::move(on_message), std::move(on_end));
    }
  }
};

/// pause() and resume(): of a list, or of all partitions.
Error control(kafka_consumer& consumer, const kafka_partitions* list,
              Error (PartitionReader::*some)(const kafka::Partitions&), Error (PartitionReader::*all)()) {
  PartitionReader& reader = consumer.reader();
  return list == nullptr ? (reader.*all)() : (reader.*some)(kafka::capi::partitions(*list));
}

}  // namespace

extern "C" {

kafka_consumer* kafka_consumer_new(kafka_session* session, const char* group, const kafka_partitions* partitions,
                                   const kafka_options* options) {
  const char* wrong = group == nullptr ? "group is NULL" : partitions == nullptr ? "partitions is NULL" : nullptr;
  return new_consumer(__func__, session, wrong, options, [&](Session& owner, ConsumerOptions values) {
    return Consumer(owner, group, kafka::capi::partitions(*partitions), std::move(values));
  });
}

kafka_consumer* kafka_consumer_new_all(kafka_session* session, const char* group, const char* const* topics,
                                       size_t count, const kafka_options* options) {
  Names names(topics, count);
  return new_consumer(__func__, session, names.wrong(group), options, [&](Session& owner, ConsumerOptions values) {
    return Consumer(owner, group, kafka::AllPartitions(std::move(names.list)), std::move(values));
  });
}

kafka_consumer* kafka_member_new(kafka_session* session, const char* group, const char* const* topics, size_t count,
                                 const kafka_options* options) {
  Names names(topics, count);
  return new_consumer(__func__, session, names.wrong(group), options, [&](Session& owner, ConsumerOptions values) {
    return Consumer(owner, group, kafka::Topics(std::move(names.list)), std::move(values));
  });
}

kafka_consumer* kafka_member_new_pattern(kafka_session* session, const char* group, const char* pattern,
                                         const kafka_options* options) {
  const char* wrong = group == nullptr ? "group is NULL" : pattern == nullptr ? "pattern is NULL" : nullptr;
  return new_consumer(__func__, session, wrong, options, [&](Session& owner, ConsumerOptions values) {
    return Consumer(owner, group, kafka::TopicPattern(pattern), std::move(values));
  });
}

kafka_consumer* kafka_fetcher_new(kafka_session* session, const kafka_partitions* places,
                                  const kafka_options* options) {
  const char* wrong = places == nullptr ? "places is NULL" : nullptr;
  return new_consumer(__func__, session, wrong, options, [&](Session& owner, ConsumerOptions values) {
    return Fetcher(owner, kafka::capi::topic_offsets(*places), std::move(values));
  });
}

kafka_consumer* kafka_fetcher_new_all(kafka_session* session, const char* const* topics, size_t count,
                                      const kafka_options* options) {
  Names names(topics, count);
  return new_consumer(__func__, session, names.wrong(""), options, [&](Session& owner, ConsumerOptions values) {
    return Fetcher(owner, kafka::AllPartitions(std::move(names.list)), std::move(values));
  });
}

const kafka_error* kafka_consumer_error(const kafka_consumer* consumer) {
  return consumer == nullptr ? nullptr : consumer->error.or_null();
}

int kafka_consumer_consume(kafka_consumer* consumer, int64_t limit, kafka_envelope_cb cb, kafka_done_cb end,
                           void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    if (cb == nullptr || limit < 0) return wrong_argument("kafka_consumer_consume", "cb is NULL, or limit is below 0");
    const auto consumption = std::make_shared<Consumption>(*self.ground, end, user);
    Start{self, limit}.messages(handing_out(consumption, cb), ending(consumption));
    return {};
  });
}

int kafka_consumer_consume_batches(kafka_consumer* consumer, int32_t max, kafka_envelope_cb cb, kafka_done_cb end,
                                   void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    if (cb == nullptr || max < 1) {
      return wrong_argument("kafka_consumer_consume_batches", "cb is NULL, or max is below 1");
    }
    const auto consumption = std::make_shared<Consumption>(*self.ground, end, user);
    auto on_batch = handing_out_batches(consumption, cb);
    if (auto* reader = std::get_if<Consumer>(&self.any)) {
      reader->batch_consume(max, std::move(on_batch), ending(consumption));
    } else {
      std::get<Fetcher>(self.any).batch_fetch(max, std::move(on_batch), ending(consumption));
    }
    return {};
  });
}

int kafka_consumer_consume_columns(kafka_consumer* consumer, size_t max, kafka_columns_cb cb, kafka_done_cb end,
                                   void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    constexpr const char* kFunction = "kafka_consumer_consume_columns";
    if (cb == nullptr || max < 1) return wrong_argument(kFunction, "cb is NULL, or max is 0");
    if (self.reader().options().ordering != kafka::Ordering::unordered) {
      return wrong_argument(kFunction, "the option ordering is not unordered");
    }
    const auto columns = std::make_shared<Columns>(std::make_shared<Consumption>(*self.ground, end, user), cb, max);
    std::erase_if(self.columns, [](const auto& each) { return each.expired(); });
    self.columns.push_back(columns);
    Start{self, 0}.messages([columns](kafka::MessageEnvelope message) { columns->add(std::move(message)); },
                            [columns](const Error& error) { columns->end(error); });
    return {};
  });
}

int kafka_consumer_stop(kafka_consumer* consumer, kafka_plain_cb done, void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    self.reader().stop(kafka::capi::plain(*self.ground, done, user));
    return {};
  });
}

int kafka_consumer_pause(kafka_consumer* consumer, const kafka_partitions* partitions) {
  return call(__func__, consumer, [&](kafka_consumer& self) {
    return control(self, partitions, &PartitionReader::pause, &PartitionReader::pause);
  });
}
int kafka_consumer_resume(kafka_consumer* consumer, const kafka_partitions* partitions) {
  return call(__func__, consumer, [&](kafka_consumer& self) {
    return control(self, partitions, &PartitionReader::resume, &PartitionReader::resume);
  });
}

int kafka_consumer_seek(kafka_consumer* consumer, const kafka_place* to) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    kafka::capi::Place place;
    if (Error wrong = kafka::capi::read("kafka_consumer_seek", to, place)) return wrong;
    return self.reader().seek(kafka::capi::topic_offset(place));
  });
}

int64_t kafka_consumer_position(const kafka_consumer* consumer, const char* topic, int32_t partition) {
  if (const Error wrong = check(__func__, consumer)) return failed(wrong), -1;
  if (topic == nullptr) return failed(wrong_argument(__func__, "topic is NULL")), -1;
  return consumer->reader().position(topic, partition);
}
int kafka_consumer_at_end(const kafka_consumer* consumer, const char* topic, int32_t partition) {
  if (const Error wrong = check(__func__, consumer)) return failed(wrong);
  if (topic == nullptr) return failed(wrong_argument(__func__, "topic is NULL"));
  return consumer->reader().at_end(topic, partition) ? 1 : 0;
}
kafka_partitions* kafka_consumer_partitions(const kafka_consumer* consumer) {
  if (const Error wrong = check(__func__, consumer)) return failed(wrong), nullptr;
  return new (std::nothrow) kafka_partitions(kafka::capi::to_c(consumer->reader().partitions()));
}

int kafka_consumer_on_partition_end(kafka_consumer* consumer, kafka_partition_end_cb cb, void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    if (cb == nullptr) return self.reader().on_partition_end({}), Error();
    self.reader().on_partition_end(
        [handler = Repeated<void(const char*, int32_t, int64_t)>(*self.ground, cb, user)](
            const kafka::TopicPartition& at, int64_t offset) { handler(at.topic.c_str(), at.partition, offset); });
    return {};
  });
}
int kafka_consumer_on_event(kafka_consumer* consumer, kafka_event_cb cb, void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) {
    return self.reader().on_event(kafka::capi::event_handler(*self.ground, cb, user)), Error();
  });
}

int kafka_consumer_close(kafka_consumer* consumer, int leaving, kafka_plain_cb done, void* user) {
  return call(__func__, consumer, [&](kafka_consumer& self) -> Error {
    if (leaving < KAFKA_LEAVE_BY_KIND || leaving > KAFKA_STAY) {
      return wrong_argument("kafka_consumer_close", "leaving is no kafka_leaving");
    }
    auto ended = kafka::capi::plain(*self.ground, done, user);
    if (auto* member = std::get_if<Consumer>(&self.any)) {
      member->close(static_cast<kafka::Leaving>(leaving), std::move(ended));
    } else {
      self.reader().close(std::move(ended));
    }
    return {};
  });
}
void kafka_consumer_free(kafka_consumer* consumer) { kafka::capi::free_handle(__func__, consumer); }

}  // extern "C"
