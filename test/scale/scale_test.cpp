// What the client does with 10,000 and with 100,000 of everything that a broker can name, in counted steps: ten times
// as much may take 13 times the steps, and no turn of the client may take more than the limit. Nothing here reads a
// clock.
//
//   scale [WORK ...]      the works by name; without names all of them
//
// Exit status 77: the library was built without steps (-Dfuzz=true has them).
// Not here: what decoding alone takes (test/unit/protocol/decode_cost_test.cpp).
#include <kafka/consumer.hpp>
#include <kafka/consumer_group.hpp>
#include <kafka/producer.hpp>
#include <kafka/session.hpp>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "../fuzz/steps.hpp"
#include "protocol/fetch.hpp"
#include "protocol/find_coordinator.hpp"
#include "protocol/init_producer_id.hpp"
#include "protocol/list_offsets.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/offset_fetch.hpp"
#include "protocol/produce.hpp"
#include "records/builder.hpp"
#include "scripted_broker.hpp"
#include "session/access.hpp"
#include "session/core.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;
using protocol::RequestHeader;

namespace {

constexpr size_t kFew = 10'000;
constexpr size_t kMany = 100'000;
constexpr double kMostGrowth = 13;
/// About 50 ms: to decode Metadata of 100,000 topics takes 20 million steps, and 20 ms when it is optimised.
constexpr uint64_t kLongestTurn = 40'000'000;
/// An answer to Produce about 100,000 batches is settled in slices, but decoded in one turn.
constexpr uint64_t kLongestAnswer = 60'000'000;

std::string name_of(size_t i) { return "topic." + std::to_string(i); }

// One broker, and a client of it.
struct Scene {
  explicit Scene(size_t count) : n(count), number(static_cast<int32_t>(count)) {
    world.set_latency(1us, 1us);
    world.set_window(size_t{1} << 30);
    world.set_slicing(size_t{1} << 20, size_t{1} << 20);
    world.set_instant_limit(UINT64_MAX);
    peer.on_request = [this](ScriptedBroker::Connection& to, const RequestHeader& header, codec::Reader& body) {
      const uint64_t before = fuzz::steps();
      const bool answered = answer(to, header, body);
      broker_steps += fuzz::steps() - before;
      return answered;
    };
  }
  ~Scene() {
    producer.reset();
    fetcher.reset();
    session.reset();
    world.run_for(1ms);
  }

  void open() {
    SessionOptions options;
    options.bootstrap_servers = peer.address();
    // The producer draws pauses at random for each partition. Here a timer can run for each of them, to the nanosecond,
    // while a real loop wakes once a millisecond. Long pauses end together, so that both do the same.
    if (!pauses) options.retry_backoff = options.retry_backoff_max = 1s;
    core = session::Core::make(world.node("client", "10.2.0.1"), options);
    session.emplace(session::Access::session(core));
    session->on_log(LogLevel::off, {});
    session->on_event([](const Event&) {});
  }
  // Counts the steps of the client until `done` is true.
  void run(Function<bool()> done) {
    uint64_t last = fuzz::steps() - broker_steps;
    const uint64_t first = last;
    const bool ended = world.run_until(
        [&] {
          const uint64_t now = fuzz::steps() - broker_steps;
          longest = std::max(longest, now - last);
          last = now;
          return done();
        },
        10min);
    steps += last - first;
    if (!ended) std::printf("     it did not end\n");
    failed |= !ended;
  }

  template <class Request, class Answer>
  bool reply(ScriptedBroker::Connection& to, const RequestHeader& header, codec::Reader& body, Answer fill) {
    Request request;
    if (protocol::decode(body, header.version, request)) throw std::runtime_error("a request that cannot be read");
    protocol::ResponseOf<Request> response;
    fill(request, response);
    to.answer(header, response);
    return true;
  }

  bool answer(ScriptedBroker::Connection& to, const RequestHeader& header, codec::Reader& body) {
    using protocol::ApiKey;
    switch (header.api) {
      case ApiKey::produce:
        return reply<protocol::ProduceRequest>(to, header, body, [&](const auto& request, auto& response) {
          for (const auto& topic : request.topic_data) {
            auto& out = response.responses.emplace_back();
            out.name = topic.name;
            for (const auto& partition : topic.partition_data) {
              auto& one = out.partition_responses.emplace_back();
              one.index = partition.index;
              one.base_offset = 7;
            }
          }
          if (produced) produced(response);
        });
      case ApiKey::fetch:
        return reply<protocol::FetchRequest>(to, header, body, [&](const auto& request, auto& response) {
          for (const auto& topic : request.topics) {
            auto& out = response.responses.emplace_back();
            out.topic = topic.topic;
            for (const auto& partition : topic.partitions) {
              out.partitions.emplace_back().partition_index = partition.partition;
            }
          }
          if (fetched) fetched(response);
        });
      case ApiKey::list_offsets:
        return reply<protocol::ListOffsetsRequest>(to, header, body, [](const auto& request, auto& response) {
          for (const auto& topic : request.topics) {
            auto& out = response.topics.emplace_back();
            out.name = topic.name;
            for (const auto& partition : topic.partitions) {
              auto& one = out.partitions.emplace_back();
              one.partition_index = partition.partition_index;
              one.offset = 0;
            }
          }
        });
      case ApiKey::find_coordinator:
        return reply<protocol::FindCoordinatorRequest>(to, header, body, [&](const auto& request, auto& response) {
          for (size_t i = 0; i < coordinators; ++i) {
            auto& one = response.coordinators.emplace_back();
            one.key = name_of(i);
            one.node_id = 1;
            one.host = peer.metadata.brokers[0].host;
            one.port = ScriptedBroker::kPort;
          }
          auto& right = response.coordinators.emplace_back();
          right.key = request.coordinator_keys.at(0);
          right.node_id = 1;
          right.host = peer.metadata.brokers[0].host;
          right.port = ScriptedBroker::kPort;
        });
      case ApiKey::offset_fetch:
        return reply<protocol::OffsetFetchRequest>(to, header, body, [](const auto& request, auto& response) {
          for (const auto& group : request.groups) {
            auto& out = response.groups.emplace_back();
            out.group_id = group.group_id;
            for (const auto& topic : *group.topics) {
              auto& place = out.topics.emplace_back();
              place.name = topic.name;
              for (const int32_t partition : topic.partition_indexes) {
                auto& one = place.partitions.emplace_back();
                one.partition_index = partition;
                one.committed_offset = 3;
              }
            }
          }
        });
      case ApiKey::offset_commit:
        return reply<protocol::OffsetCommitRequest>(to, header, body, [](const auto& request, auto& response) {
          for (const auto& topic : request.topics) {
            auto& out = response.topics.emplace_back();
            out.name = topic.name;
            for (const auto& partition : topic.partitions) {
              out.partitions.emplace_back().partition_index = partition.partition_index;
            }
          }
        });
      case ApiKey::init_producer_id:
        return reply<protocol::InitProducerIdRequest>(to, header, body,
                                                      [](const auto&, auto& response) { response.producer_id = 4; });
      default:
        return false;
    }
  }

  // One record to each partition of "t".
  void produce(bool idempotent, Function<void(protocol::ProduceResponse&)> change = {}) {
    produced = std::move(change);
    pauses = false;
    peer.add_topic("t", number);
    open();
    ProducerOptions options;
    options.enable_idempotence = idempotent;
    options.delivery_timeout = 30s;
    options.linger = 5ms;
    producer.emplace(*session, options);
    size_t reports = 0;
    for (int32_t i = 0; i < number; ++i) {
      producer->send({.topic = "t", .partition = i, .value = "v"}, [&](const DeliveryReport&) { ++reports; });
    }
    run([&] { return reports == n; });
  }
  // Until the end of each partition of "t" was told, or until each was stopped.
  void fetch(int64_t from, Function<void(protocol::FetchResponse&)> change = {}, bool stops = false) {
    fetched = std::move(change);
    peer.add_topic("t", number);
    open();
    std::vector<TopicOffset> start;
    for (int32_t i = 0; i < number; ++i) start.push_back({"t", i, from});
    fetcher.emplace(*session, std::move(start), ConsumerOptions());
    size_t told = 0;
    fetcher->on_partition_end([&](const TopicPartition&, int64_t) { told += stops ? 0 : 1; });
    fetcher->on_event(
        [&](const Event& event) { told += stops && event.type == Event::Type::partition_stopped ? 1 : 0; });
    fetcher->fetch([](MessageEnvelope envelope) { envelope.ack(); });
    run([&] { return told >= n; });
  }
  void cluster() {
    open();
    bool done = false;
    session->cluster([&](const Error& error, const ClusterMetadata&) {
      done = true;
      failed |= static_cast<bool>(error);
    });
    run([&] { return done; });
  }

  size_t n;
  int32_t number;
  SimWorld world{1};
  ScriptedBroker peer{world, "peer", "10.1.0.1"};
  std::shared_ptr<session::Core> core;
  std::optional<Session> session;
  std::optional<Producer> producer;
  std::optional<Fetcher> fetcher;
  Function<void(protocol::ProduceResponse&)> produced;
  Function<void(protocol::FetchResponse&)> fetched;
  size_t coordinators = 0;
  bool pauses = true;
  uint64_t broker_steps = 0;
  uint64_t steps = 0;
  uint64_t longest = 0;
  bool failed = false;
};

struct Work {
  const char* name;
  void (*run)(Scene&);
  uint64_t longest_turn = kLongestTurn;
};

void set_errors(protocol::ProduceResponse& response, Errc error) {
  for (auto& topic : response.responses) {
    for (auto& partition : topic.partition_responses) partition.error_code = static_cast<int16_t>(error);
  }
}
void set_errors(protocol::FetchResponse& response, Errc error) {
  for (auto& topic : response.responses) {
    for (auto& partition : topic.partitions) partition.error_code = static_cast<int16_t>(error);
  }
}
template <class Response>
void name_brokers(Response& response, size_t n) {
  for (size_t i = 0; i < n; ++i) {
    auto& node = response.node_endpoints.emplace_back();
    node.node_id = static_cast<int32_t>(i + 10);
    node.host = "10.9.0.1";
    node.port = 1000;
  }
}

void topics(Scene& scene) {
  for (size_t i = 0; i < scene.n; ++i) scene.peer.add_topic(name_of(i), 1);
  scene.cluster();
}
void repeated_topics(Scene& scene) {
  for (size_t i = 0; i < scene.n; ++i) {
    scene.peer.add_topic("t", 1).partitions[0].partition_index = static_cast<int32_t>(scene.n - i);
  }
  scene.cluster();
}
void partitions(Scene& scene) {
  auto& topic = scene.peer.add_topic("t", scene.number);
  std::reverse(topic.partitions.begin(), topic.partitions.end());
  scene.cluster();
}
void brokers(Scene& scene) {
  for (size_t i = 0; i < scene.n; ++i) {
    auto broker = scene.peer.metadata.brokers[0];
    broker.node_id = static_cast<int32_t>(i + 2);
    broker.host = "10.9." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    scene.peer.metadata.brokers.push_back(broker);
  }
  scene.cluster();
}
void named_topics(Scene& scene) {
  std::set<std::string> names;
  for (size_t i = 0; i < scene.n; ++i) {
    names.insert(name_of(i));
    if (i % 2 == 0) scene.peer.add_topic(name_of(i), 1);
  }
  scene.open();
  bool done = false;
  scene.session->get_metadata(std::move(names), [&](const Error&, const ClusterMetadata&) { done = true; });
  scene.run([&] { return done; });
}
void apis(Scene& scene) {
  for (size_t i = 0; i < scene.n; ++i) {
    scene.peer.versions.api_keys.push_back({static_cast<int16_t>(i % 30000 + 100), 0, 1});
  }
  scene.cluster();
}
void produce(Scene& scene) { scene.produce(false); }
void produce_idempotent(Scene& scene) { scene.produce(true); }
void produce_out_of_order(Scene& scene) {
  scene.produce(true, [answers = 0](protocol::ProduceResponse& response) mutable {
    if (++answers <= 5) set_errors(response, Errc::out_of_order_sequence_number);
  });
}
void produce_refused(Scene& scene) {
  scene.produce(false,
                [](protocol::ProduceResponse& response) { set_errors(response, Errc::topic_authorization_failed); });
}
void produce_moved(Scene& scene) {
  scene.produce(false, [answers = 0, &scene](protocol::ProduceResponse& response) mutable {
    if (++answers > 5) return;
    set_errors(response, Errc::not_leader_or_follower);
    name_brokers(response, scene.n);
  });
}
void fetch(Scene& scene) { scene.fetch(0); }
void fetch_from_earliest(Scene& scene) { scene.fetch(kEarliestOffset); }
void fetch_refused(Scene& scene) {
  scene.fetch(
      0, [](protocol::FetchResponse& response) { set_errors(response, Errc::topic_authorization_failed); }, true);
}
void aborted(Scene& scene) {
  const size_t n = scene.n;
  scene.number = 1;
  scene.n = 1;
  scene.fetch(0, [n, answers = 0](protocol::FetchResponse& response) mutable {
    if (response.responses.empty() || response.responses[0].partitions.empty()) return;
    auto& data = response.responses[0].partitions[0];
    if (++answers > 1) return;
    records::BatchBuilder builder;
    builder.append(1, {}, "v");
    builder.seal({}, data.records);
    data.high_watermark = data.last_stable_offset = 1;
    data.aborted_transactions.emplace();
    for (size_t i = n; i > 0; --i)
      data.aborted_transactions->push_back({static_cast<int64_t>(i), static_cast<int64_t>(i)});
  });
}
void stored_offsets(Scene& scene) {
  scene.coordinators = scene.n;
  scene.peer.add_topic("t", 1);
  scene.open();
  ConsumerGroup group(*scene.session, "group");
  Partitions asked;
  std::vector<ConsumerOffset> offsets;
  for (int32_t i = 0; i < scene.number; ++i) {
    asked["t"].push_back(i);
    offsets.push_back({"t", i, 5});
  }
  int done = 0;
  group.fetch_offsets(std::move(asked), [&](const Error&, const auto&) { ++done; });
  group.commit_offsets(std::move(offsets), [&](const Error&, const auto&) { ++done; });
  scene.run([&] { return done == 2; });
}

const Work kWorks[] = {{"topics", topics},
                       {"repeated_topics", repeated_topics},
                       {"partitions", partitions},
                       {"brokers", brokers},
                       {"named_topics", named_topics},
                       {"apis", apis},
                       {"produce", produce},
                       {"produce_idempotent", produce_idempotent},
                       {"produce_out_of_order", produce_out_of_order, kLongestAnswer},
                       {"produce_refused", produce_refused},
                       {"produce_moved", produce_moved, kLongestAnswer},
                       {"fetch", fetch},
                       {"fetch_from_earliest", fetch_from_earliest},
                       {"fetch_refused", fetch_refused},
                       {"aborted", aborted},
                       {"stored_offsets", stored_offsets}};

bool check(const Work& work) {
  Scene few(kFew);
  work.run(few);
  Scene many(kMany);
  work.run(many);
  const double growth = static_cast<double>(many.steps) / static_cast<double>(std::max<uint64_t>(few.steps, 1));
  const bool fine = !few.failed && !many.failed && growth <= kMostGrowth && many.longest <= work.longest_turn;
  std::printf("%s %-22s %6.1f times, %5.1f million steps, %5.1f in the longest turn\n", fine ? "ok  " : "FAIL",
              work.name, growth, static_cast<double>(many.steps) / 1e6, static_cast<double>(many.longest) / 1e6);
  std::fflush(stdout);
  return fine;
}

}  // namespace

int main(int argc, char** argv) {
  {
    Scene probe(1);
    topics(probe);
    if (fuzz::steps() == 0) return 77;
  }
  bool fine = true;
  for (const Work& work : kWorks) {
    const bool wanted = argc < 2 || std::any_of(argv + 1, argv + argc,
                                                [&](const char* name) { return std::strcmp(name, work.name) == 0; });
    if (!wanted) continue;
    fine &= check(work);
  }
  return fine ? 0 : 1;
}
