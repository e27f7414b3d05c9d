#include "group/subscription.hpp"

#include <algorithm>
#include <optional>

#include "codec/decode.hpp"
#include "codec/encode.hpp"

namespace kafka::group {
namespace {

using codec::since;

struct TopicPartitions {
  std::string topic;
  std::vector<int32_t> partitions;
  static void fields(auto& f, auto& m) {
    f(m.topic, "topic", since(0));
    f(m.partitions, "partitions", since(0));
  }
};

struct ConsumerProtocolSubscription {
  std::vector<std::string> topics;
  Bytes user_data;
  std::vector<TopicPartitions> owned_partitions;  ///< v1+
  int32_t generation_id = kNoGeneration;          ///< v2+
  std::optional<std::string> rack_id;             ///< v3+
  static void fields(auto& f, auto& m) {
    f(m.topics, "topics", since(0));
    f(m.user_data, "userData", since(0).null_since(0));
    f(m.owned_partitions, "ownedPartitions", since(1).ignorable());
    f(m.generation_id, "generationId", since(2).ignorable());
    f(m.rack_id, "rackId", since(3).null_since(3).ignorable());
  }
};

struct ConsumerProtocolAssignment {
  std::vector<TopicPartitions> assigned_partitions;
  Bytes user_data;
  static void fields(auto& f, auto& m) {
    f(m.assigned_partitions, "assignedPartitions", since(0));
    f(m.user_data, "userData", since(0).null_since(0));
  }
};

struct StickyUserData {
  std::vector<TopicPartitions> previous_assignment;
  int32_t generation = kNoGeneration;  ///< v1+
  static void fields(auto& f, auto& m) {
    f(m.previous_assignment, "previous_assignment", since(0));
    f(m.generation, "generation", since(1));
  }
};

std::vector<TopicPartitions> listed(const Partitions& partitions) {
  std::vector<TopicPartitions> list;
  for (const auto& [topic, numbers] : partitions) {
    list.push_back({topic, numbers});
    std::sort(list.back().partitions.begin(), list.back().partitions.end());
  }
  return list;
}

/// A topic may come more than once. A partition that comes more than once is one partition.
Error take(const std::vector<TopicPartitions>& list, const char* what, Partitions& partitions) {
  partitions.clear();
  for (const TopicPartitions& one : list) {
    std::vector<int32_t>& numbers = partitions[one.topic];
    numbers.insert(numbers.end(), one.partitions.begin(), one.partitions.end());
  }
  for (auto& [topic, numbers] : partitions) {
    std::sort(numbers.begin(), numbers.end());
    numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
    if (!numbers.empty() && numbers.front() < 0) {
      return Error(Errc::protocol_error,
                   std::string(what) + ": partition " + std::to_string(numbers.front()) + " of " + topic);
    }
  }
  std::erase_if(partitions, [](const auto& topic) { return topic.second.empty(); });
  return {};
}

Bytes whole(codec::Writer& writer) {
  std::vector<Bytes> segments = writer.take();
  if (segments.size() == 1) return std::move(segments.front());
  Buffer buffer;
  for (const Bytes& segment : segments) buffer.append(segment.view());
  return std::move(buffer).take();
}

/// Bytes of one message without a frame around it: never flexible.
template <class M>
Error write(const M& message, int16_t version, bool with_version, Bytes& bytes) {
  codec::Writer writer;
  if (with_version) writer.i16(version);
  if (Error error = codec::encode(message, version, false, writer)) return error;
  bytes = whole(writer);
  return {};
}

Error check_version(int16_t version, int16_t newest, const char* what) {
  if (version >= 0 && version <= newest) return {};
  return Error(Errc::invalid_argument,
               "version " + std::to_string(version) + " of a member's " + what + ": 0 to " + std::to_string(newest));
}

Error in(const char* what, const Error& error) {
  return Error(Errc::protocol_error, std::string(what) + ": " + std::string(error.detail()));
}

template <class M>
Error read(const Bytes& bytes, int16_t newest, const char* what, M& message) {
  codec::Reader reader(bytes);
  const int16_t version = reader.i16();
  if (version < 0) return in(what, Error(Errc::protocol_error, "version " + std::to_string(version)));
  if (Error error = codec::decode(reader, std::min(version, newest), false, message)) return in(what, error);
  return {};
}

}  // namespace

Error encode(const Subscription& subscription, int16_t version, Bytes& bytes) {
  if (Error error = check_version(version, Subscription::kNewest, "subscription")) return error;
  ConsumerProtocolSubscription message{
      subscription.topics, subscription.user_data, listed(subscription.owned), subscription.generation, {}};
  std::sort(message.topics.begin(), message.topics.end());
  if (!subscription.rack.empty()) message.rack_id = subscription.rack;
  return write(message, version, true, bytes);
}

Error encode(const Assignment& assignment, int16_t version, Bytes& bytes) {
  if (Error error = check_version(version, Assignment::kNewest, "assignment")) return error;
  const ConsumerProtocolAssignment message{listed(assignment.partitions), assignment.user_data};
  return write(message, version, true, bytes);
}

Error decode(const Bytes& bytes, Subscription& subscription) {
  constexpr const char* kWhat = "a member's subscription";
  ConsumerProtocolSubscription message;
  if (Error error = read(bytes, Subscription::kNewest, kWhat, message)) return error;
  subscription.topics = std::move(message.topics);
  subscription.user_data = std::move(message.user_data);
  subscription.generation = std::max(message.generation_id, kNoGeneration);
  subscription.rack = std::move(message.rack_id).value_or("");
  return take(message.owned_partitions, kWhat, subscription.owned);
}

Error decode(const Bytes& bytes, Assignment& assignment) {
  constexpr const char* kWhat = "the assignment";
  ConsumerProtocolAssignment message;
  if (!bytes.empty()) {
    if (Error error = read(bytes, Assignment::kNewest, kWhat, message)) return error;
  }
  assignment.user_data = std::move(message.user_data);
  return take(message.assigned_partitions, kWhat, assignment.partitions);
}

Bytes sticky_user_data(const Claim& claim) {
  Bytes bytes;
  // Names that are longer than the protocol allows cannot have been assigned.
  if (write(StickyUserData{listed(claim.partitions), claim.generation}, 1, false, bytes)) return {};
  return bytes;
}

Error decode_sticky_user_data(const Bytes& bytes, Claim& claim) {
  constexpr const char* kWhat = "user data of sticky";
  claim = {};
  if (bytes.empty()) return {};
  StickyUserData message;
  codec::Reader reader(bytes);
  if (Error error = codec::decode(reader, 0, false, message)) return in(kWhat, error);
  if (reader.remaining() > 0) message.generation = reader.i32();
  if (Error error = reader.error()) return in(kWhat, error);
  claim.generation = std::max(message.generation, kNoGeneration);
  return take(message.previous_assignment, kWhat, claim.partitions);
}

Bytes cooperative_user_data(int32_t generation) {
  codec::Writer writer;
  writer.i32(generation);
  return whole(writer);
}

Error decode_cooperative_user_data(const Bytes& bytes, int32_t& generation) {
  generation = kNoGeneration;
  if (bytes.empty()) return {};
  codec::Reader reader(bytes);
  generation = std::max(reader.i32(), kNoGeneration);
  if (Error error = reader.error()) return in("user data of cooperative-sticky", error);
  return {};
}

}  // namespace kafka::group
