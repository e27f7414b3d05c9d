// What a session asks brokers, and the program's own resolver.
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capi/call.hpp"
#include "capi/callback.hpp"
#include "capi/result.hpp"
#include "capi/session.hpp"

using kafka::ClusterMetadata;
using kafka::Errc;
using kafka::Error;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::Hold;
using kafka::capi::Once;
using kafka::capi::Repeated;
using kafka::capi::Table;
using kafka::capi::wrong_argument;

using ResultOnce = Once<const kafka_error*, const kafka_result*>;

struct kafka_resolution {
  Hold ground;
  kafka::Session::ResolveDone done;
};

namespace {

kafka_result tables(const ClusterMetadata& cluster) {
  kafka_result result;
  result.add("cluster", {"id", "controller"}).add({cluster.cluster_id, int64_t{cluster.controller}});
  Table& brokers = result.add("brokers", {"id", "host", "port", "rack"});
  for (const auto& broker : cluster.brokers) {
    brokers.add({int64_t{broker.id}, broker.host, int64_t{broker.port}, broker.rack});
  }
  Table& topics = result.add("topics", {"name", "internal"});
  Table& partitions = result.add("partitions", {"topic", "partition", "leader", "leader_epoch"});
  Table& replicas = result.add("replicas", {"topic", "partition", "broker", "in_sync"});
  for (const auto& [name, topic] : cluster.topics) {
    topics.add({name, int64_t{topic.internal}}, topic.error);
    for (const auto& partition : topic.partitions) {
      const int64_t number = partition.partition;
      partitions.add({name, number, int64_t{partition.leader}, int64_t{partition.leader_epoch}}, partition.error);
      const std::set<int32_t> in_sync(partition.in_sync_replicas.begin(), partition.in_sync_replicas.end());
      for (const int32_t broker : partition.replicas) {
        replicas.add({name, number, int64_t{broker}, int64_t{in_sync.contains(broker)}});
      }
    }
  }
  return result;
}

}  // namespace

extern "C" {

int kafka_session_topics(kafka_session* session, kafka_result_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    if (cb == nullptr) return wrong_argument("kafka_session_topics", "cb is NULL");
    self.session.list_topics(
        [once = ResultOnce(*self.ground, cb, user)](Error error, std::vector<std::string> names) mutable {
          const kafka_error told(std::move(error));
          kafka_result result;
          Table& topics = result.add("topics", {"name"});
          for (std::string& name : names) topics.add({std::move(name)});
          once(told.or_null(), &result);
        });
    return {};
  });
}

int kafka_session_metadata(kafka_session* session, const char* const* topics, size_t count, int create,
                           kafka_result_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    if (cb == nullptr) return wrong_argument("kafka_session_metadata", "cb is NULL");
    if (count > 0 && topics == nullptr) return wrong_argument("kafka_session_metadata", "topics is NULL");
    std::set<std::string> names;
    for (size_t k = 0; k < count; ++k) {
      if (topics[k] == nullptr) return wrong_argument("kafka_session_metadata", "a topic is NULL");
      names.insert(topics[k]);
    }
    auto done = [once = ResultOnce(*self.ground, cb, user)](Error error, ClusterMetadata cluster) mutable {
      const kafka_error told(std::move(error));
      const kafka_result result = tables(cluster);
      once(told.or_null(), &result);
    };
    if (count == 0) {
      self.session.cluster(std::move(done));
    } else {
      self.session.get_metadata(std::move(names), std::move(done), create != 0);
    }
    return {};
  });
}

int kafka_session_set_resolver(kafka_session* session, kafka_resolve_cb cb, void* user) {
  return call(__func__, session, [&](kafka_session& self) -> Error {
    if (cb == nullptr) return self.session.set_resolver({}), Error();
    self.session.set_resolver(
        [ground = self.ground, handler = Repeated<void(const char*, kafka_resolution*)>(*self.ground, cb, user)](
            const std::string& host, kafka::Session::ResolveDone done) {
          handler(host.c_str(), new kafka_resolution{ground, std::move(done)});
        });
    return {};
  });
}

int kafka_resolution_finish(kafka_resolution* resolution, int code, const char* const* addresses, size_t count) {
  const int result = call(__func__, resolution, [&](kafka_resolution& self) -> Error {
    if (code == 0 && (addresses == nullptr || count == 0)) {
      return wrong_argument("kafka_resolution_finish", "there are no addresses, and code is 0");
    }
    std::vector<std::string> list;
    for (size_t k = 0; code == 0 && k < count; ++k) {
      if (addresses[k] == nullptr) return wrong_argument("kafka_resolution_finish", "an address is NULL");
      list.emplace_back(addresses[k]);
    }
    self.done(Error(static_cast<Errc>(code)), std::move(list));
    return {};
  });
  if (result == KAFKA_OK) delete resolution;
  return result;
}

}  // extern "C"
