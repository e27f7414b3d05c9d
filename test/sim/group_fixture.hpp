// For simulated tests of group members: each in a session of its own on a host of its own, with a journal of what it
// was told and what it delivered.
//
//   GroupBench bench(1, {.brokers = 3});
//   fill(bench.client, "t", 6, 20);
//   SimMember& a = bench.start("a");
//   CHECK(bench.until([&] { return a.owned.size() == 6; }));
#pragma once

#include <kafka/group.hpp>

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "consumer_fixture.hpp"

namespace kafka::sim {

/// Short times, so that tests of many rebalances stay short.
inline ConsumerOptions member_options() {
  ConsumerOptions options;
  options.heartbeat_interval = std::chrono::milliseconds(500);
  options.session_timeout = std::chrono::seconds(6);
  options.rebalance_timeout = std::chrono::seconds(10);
  return options;
}

/// The same with KIP-848, where the broker decides about sessions and heartbeats.
inline ConsumerOptions consumer_protocol_options() {
  ConsumerOptions options;
  options.group_protocol = GroupProtocol::consumer;
  options.rebalance_timeout = std::chrono::seconds(10);
  return options;
}

/// Of a member that offers these assignors of the classic protocol, or with kConsumer one of KIP-848.
constexpr std::string_view kConsumer = "consumer";
inline ConsumerOptions with(const std::string& assignors) {
  if (assignors == kConsumer) return consumer_protocol_options();
  ConsumerOptions options = member_options();
  options.partition_assignment_strategy = assignors;
  return options;
}

class SimMember {
 public:
  using Place = std::pair<std::string, int32_t>;
  struct Got {
    Place where;
    int64_t offset;
    net::TimePoint at;
  };

  template <class Subscribed>  // Topics or TopicPattern
  SimMember(net::Reactor& host, SessionOptions session_options, Subscribed topics, ConsumerOptions options)
      : reactor(host),
        core(session::Core::make(reactor, std::move(session_options))),
        session(session::Access::session(core)),
        consumer(std::make_unique<Consumer>(session, "g", std::move(topics), std::move(options))) {
    consumer->on_assigned([this](const Partitions& fresh) {
      for (const Place& place : places(fresh)) {
        CHECK(owned.insert(place).second);
        begun[place] = got.size();
      }
      journal.push_back("assigned " + text_of(fresh));
    });
    consumer->on_revoking([this](const Partitions& going, std::chrono::milliseconds left) {
      journal.push_back("revoking " + text_of(going));
      time_left = left;
    });
    consumer->on_revoked([this](Revocation gone) {
      for (const Place& place : places(gone.partitions())) CHECK(owned.erase(place) == 1);
      journal.push_back("revoked " + text_of(gone.partitions()));
      if (holds) held.push_back(std::move(gone));
    });
    consumer->on_lost([this](const Partitions& gone, const Error& why) {
      for (const Place& place : places(gone)) CHECK(owned.erase(place) == 1);
      journal.push_back("lost " + text_of(gone));
      losses.push_back(why);
    });
    session.on_log(LogLevel::debug, [this](LogLevel, std::string_view line) { log.emplace_back(line); });
    consumer->on_event([this](const Event& event) { events.push_back(event); });
  }

  /// Consumes; each message is answered at once.
  void consume(bool commits = true) {
    consumer->consume(
        [this, commits](MessageEnvelope envelope) {
          note(envelope);
          const Error error =
              commits ? envelope.commit({}, [this](Error e) { outcomes.push_back(std::move(e)); }) : envelope.ack();
          CHECK_FALSE(error);
        },
        [this](Error error) { ends.push_back(std::move(error)); });
  }
  /// Consumes, and keeps the envelopes.
  void keep() {
    consumer->consume(
        [this](MessageEnvelope envelope) {
          note(envelope);
          kept.push_back(std::move(envelope));
        },
        [this](Error error) { ends.push_back(std::move(error)); });
  }
  void note(const MessageEnvelope& envelope) {
    const Place where{envelope.topic(), envelope.partition()};
    CHECK(owned.contains(where));
    got.push_back({where, envelope.offset(), reactor.now()});
  }
  void close(Leaving leaving = Leaving::by_kind) {
    consumer->close(leaving, [this] { ++closes; });
  }
  size_t count(Event::Type type) const {
    return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](auto& e) { return e.type == type; }));
  }
  bool failed_commits() const {
    return std::any_of(outcomes.begin(), outcomes.end(), [](const Error& error) { return static_cast<bool>(error); });
  }

  static std::vector<Place> places(const Partitions& partitions) {
    std::vector<Place> all;
    for (const auto& [topic, numbers] : partitions) {
      for (const int32_t number : numbers) all.emplace_back(topic, number);
    }
    return all;
  }
  static std::string text_of(const Partitions& partitions) {
    std::string text;
    for (const auto& [topic, number] : places(partitions))
      text += (text.empty() ? "" : " ") + topic + "/" + std::to_string(number);
    return text;
  }

  net::Reactor& reactor;
  std::shared_ptr<session::Core> core;
  Session session;
  std::unique_ptr<Consumer> consumer;
  std::set<Place> owned;
  std::map<Place, size_t> begun;  // how much was delivered when it was assigned
  std::vector<Got> got;
  std::vector<std::string> journal, log;
  std::vector<Error> ends, outcomes, losses;
  std::vector<Event> events;
  std::vector<MessageEnvelope> kept;
  std::vector<Revocation> held;
  std::chrono::milliseconds time_left{-1};
  bool holds = false;  // Revocations are kept
  int closes = 0;
};

/// A cluster with members.
class GroupBench {
 public:
  explicit GroupBench(uint64_t seed = 1, SimClientOptions options = {.brokers = 1})
      : client(seed, std::move(options)) {}
  ~GroupBench() {
    members.clear();
    client.close();
  }

  template <class Subscribed = Topics>
  SimMember& add(const std::string& name, ConsumerOptions options = member_options(),
                 Subscribed topics = Subscribed("t")) {
    SessionOptions session_options = client.options();
    session_options.client_id = name;
    net::Reactor& host = client.world.node(name, "10.3.0." + std::to_string(members.size() + 1));
    return *members.emplace_back(
        std::make_unique<SimMember>(host, std::move(session_options), std::move(topics), std::move(options)));
  }
  SimMember& start(const std::string& name, ConsumerOptions options = member_options(), Topics topics = Topics("t")) {
    SimMember& member = add(name, std::move(options), std::move(topics));
    member.consume();
    return member;
  }
  bool until(Function<bool()> done, net::Duration limit = std::chrono::minutes(2)) {
    return client.until(std::move(done), limit);
  }
  void run(net::Duration duration) { client.run(duration); }
  /// Every member's partitions are its own alone.
  bool disjoint() const {
    std::set<SimMember::Place> all;
    for (const auto& member : members) {
      for (const SimMember::Place& place : member->owned) {
        if (!all.insert(place).second) return false;
      }
    }
    return true;
  }
  size_t owned() const {
    size_t sum = 0;
    for (const auto& member : members) sum += member->owned.size();
    return sum;
  }
  /// How often each message of the topic was delivered, by any member.
  std::map<std::pair<int32_t, int64_t>, int> deliveries() const {
    std::map<std::pair<int32_t, int64_t>, int> all;
    for (const auto& member : members) {
      for (const SimMember::Got& got : member->got) ++all[{got.where.second, got.offset}];
    }
    return all;
  }
  /// All of `partitions` × `messages` were delivered exactly once.
  bool all_once(int32_t partitions, int64_t messages) const {
    const auto seen = deliveries();
    return seen.size() == static_cast<size_t>(partitions * messages) &&
           std::all_of(seen.begin(), seen.end(), [](const auto& entry) { return entry.second == 1; });
  }
  int64_t stored(int32_t partition) { return committed(client, "g", "t", partition); }

  SimClient client;
  std::vector<std::unique_ptr<SimMember>> members;
};

}  // namespace kafka::sim
