#include "consumer/source.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

#include "base/error_table.hpp"
#include "cluster/answers.hpp"
#include "consumer/topic_lookup.hpp"

namespace kafka::consumer {

using protocol::FetchRequest;

namespace {

// Least size asked for a partition where the whole answer cannot be limited.
constexpr size_t kLeastPartitionFetch = 4 * 1024;

int32_t to_int32(size_t size) { return static_cast<int32_t>(std::min<size_t>(size, INT32_MAX)); }

// What becomes of a request once the broker's version is known.
struct Adaptation {
  net::Reactor& reactor;
  net::TimePoint answer_by;    // the broker's wait ends here, however long connecting took
  bool full;                   // the request does not go on with a session
  int32_t per_partition;       // bytes for each partition, where the whole answer cannot be limited
  std::vector<int32_t> grown;  // for batches that did not fit, in the order of the request (B4)

  Error apply(FetchRequest& request, int16_t version) const {
    // An older broker than the one that had the session: everything has to be told anew.
    if (version < FetchRequest::kSessionsFrom && !full) return Error(Errc::fetch_session_id_not_found);
    const auto left = std::chrono::floor<std::chrono::milliseconds>(answer_by - reactor.now());
    request.max_wait_ms = static_cast<int32_t>(std::clamp<int64_t>(left.count(), 0, request.max_wait_ms));
    if (version >= FetchRequest::kDivergingFrom) return {};
    size_t place = 0;
    for (auto& topic : request.topics) {
      for (auto& asked : topic.partitions) {
        asked.last_fetched_epoch = -1;
        if (version < FetchRequest::kLimitedFrom) asked.partition_max_bytes = std::max(per_partition, grown[place++]);
      }
    }
    return {};
  }
};

}  // namespace

// --- asking -----------------------------------------------------------------

// Partitions at their end would hold up the others for fetch_max_wait: while others are full they are asked for with no
// wait, now and then.
net::TimePoint Source::due(const Share& share) const {
  if (!share.others_full || !share.at_end) return not_before_;
  return std::max(not_before_, last_ride_ + kRideAlong);
}

void Source::ask(Share& share, size_t reserved) {
  const net::TimePoint now = context_.core.reactor().now();
  const ConsumerOptions& options = context_.options;
  if (share.others_full && share.at_end) last_ride_ = now;
  auto fetch = std::make_shared<Fetch>();
  fetch->id = ++context_.requests;
  fetch->reserved = reserved;
  fetch->sent_at = now;
  // A partition that was removed and came back in another slot would be named twice: as forgotten, and as new. Brokers
  // read the forgotten ones last, and would never answer with it.
  const uint64_t removals = context_.assignment.removals();
  if (std::exchange(removals_, removals) != removals) session_.restart(false);
  std::vector<Known> wanted = this->wanted(share, fetch->id);
  const bool by_id = share.advised && std::none_of(wanted.begin(), wanted.end(),
                                                   [](const Known& one) { return one.topic_id.is_zero(); });
  if (std::exchange(session_.by_id, by_id) != by_id) session_.restart(false);
  fetch->full = session_.full();

  FetchRequest request;
  request.replica_id = kConsumerReplica;
  request.max_wait_ms = share.others_full ? 0 : static_cast<int32_t>(options.fetch_max_wait.count());
  request.min_bytes = options.fetch_min_bytes;
  fetch->waits = request.max_wait_ms > 0 && options.fetch_min_bytes > 0;
  request.max_bytes = to_int32(reserved);
  request.isolation_level = static_cast<int8_t>(options.isolation_level);
  request.rack_id = options.client_rack;
  request.session_id = session_.id;
  request.session_epoch = session_.epoch;
  std::vector<int32_t> grown;
  bool unchecked = false;
  name_partitions(share, wanted, *fetch, request, grown, unchecked);
  name_forgotten(fetch->id, request);
  busy_ = true;
  last_request_ = fetch->id;
  context_.memory.reserve(reserved);
  int16_t max_version = INT16_MAX;
  if (!by_id) max_version = FetchRequest::kTopicIdsFrom - 1;
  if (!share.advised) max_version = FetchRequest::kFollowersFrom - 1;
  send(fetch, std::move(request), std::move(grown), unchecked, max_version);
}

// What is asked of each partition. Ends the session if it knows one of them as another one.
std::vector<FetchSession::Known> Source::wanted(const Share& share, uint64_t id) {
  const auto plain = static_cast<size_t>(context_.options.max_partition_fetch_bytes);
  std::vector<Known> all;
  all.reserve(share.hungry.size());
  TopicLookup topics(context_.core.metadata());
  for (Partition* partition : share.hungry) {
    Known& one = all.emplace_back();
    if (const cluster::TopicState* const topic = topics.of(*partition)) one.topic_id = topic->id;
    one.topic = partition->topic;
    one.number = partition->number;
    one.offset = partition->fetch.position;
    one.max_bytes = to_int32(std::max(plain, partition->fetch.max_bytes));
    // A follower that is behind would say that the logs part at its own end.
    if (partition->replica.node != node_) one.last_epoch = partition->epochs.last;
    one.asked_in = id;
    const Known* const known = session_.find(*partition);
    if (known != nullptr && !known->same_partition(one)) session_.restart(false);
  }
  return all;
}

// Names the partitions that the session does not know so already. `unchecked`: the broker leads one of them, and was
// not asked yet whether its log is the one that was read.
void Source::name_partitions(const Share& share, std::vector<Known>& wanted, Fetch& fetch, FetchRequest& request,
                             std::vector<int32_t>& grown, bool& unchecked) {
  TopicLookup lookup(context_.core.metadata());
  std::map<std::string_view, size_t> topics;
  std::vector<std::vector<int32_t>> grown_by_topic;
  fetch.asked.reserve(share.hungry.size());
  for (size_t i = 0; i < share.hungry.size(); ++i) {
    Partition& partition = *share.hungry[i];
    Known& one = wanted[i];
    partition.request.id = fetch.id;
    partition.request.index = i;
    Question& question = fetch.asked.emplace_back(partition);
    question.last_epoch = one.last_epoch;
    question.leader_epoch = cluster::Metadata::leader_epoch(lookup.of(partition), partition.number);
    unchecked |= partition.replica.node != node_ && partition.epochs.unchecked(question.leader_epoch);
    const auto [known, unknown] = session_.known.try_emplace(partition.slot, one);
    one.end = known->second.end;
    const bool named = unknown || !known->second.same(one);
    known->second = one;
    if (!named) continue;  // as it was in the request before
    const auto [place, fresh] = topics.try_emplace(*partition.topic, request.topics.size());
    if (fresh) {
      auto& topic = request.topics.emplace_back();
      topic.topic = *partition.topic;
      topic.topic_id = one.topic_id;
      grown_by_topic.emplace_back();
    }
    auto& asked = request.topics[place->second].partitions.emplace_back();
    asked.partition = partition.number;
    asked.fetch_offset = one.offset;
    asked.last_fetched_epoch = one.last_epoch;
    asked.partition_max_bytes = one.max_bytes;
    grown_by_topic[place->second].push_back(to_int32(partition.fetch.max_bytes));
  }
  for (const auto& sizes : grown_by_topic) grown.insert(grown.end(), sizes.begin(), sizes.end());
}

// Names the partitions that the session knows, and that are not asked for any more.
void Source::name_forgotten(uint64_t id, FetchRequest& request) {
  for (auto known = session_.known.begin(); known != session_.known.end();) {
    if (known->second.asked_in == id) {
      ++known;
      continue;
    }
    auto& topic = request.forgotten_topics_data.emplace_back();
    topic.topic = *known->second.topic;
    topic.topic_id = known->second.topic_id;
    topic.partitions.push_back(known->second.number);
    known = session_.known.erase(known);
  }
}

void Source::send(const std::shared_ptr<Fetch>& fetch, FetchRequest request, std::vector<int32_t> grown, bool unchecked,
                  int16_t max_version) {
  session::Core& core = context_.core;
  const size_t plain = std::min(static_cast<size_t>(context_.options.max_partition_fetch_bytes), fetch->reserved);
  const size_t part = std::max(fetch->reserved / fetch->asked.size(), kLeastPartitionFetch);
  // Time spent on connecting is taken off the broker's wait: it would answer behind the deadline, again and again.
  const net::Duration wait = context_.options.fetch_max_wait;
  Adaptation adaptation{core.reactor(), core.reactor().now() + wait, fetch->full, to_int32(std::min(plain, part)),
                        std::move(grown)};
  core.router().call<FetchRequest>(
      node_, context_.lane, std::move(request), core.router().config().request_timeout + wait,
      context_.scope.wrap([this, fetch](Error error, protocol::FetchResponse& response, const cluster::CallInfo& info) {
        answered(*fetch, std::move(error), response, info);
      }),
      [adaptation = std::move(adaptation), unsure = unchecked ? fetch : nullptr](FetchRequest& adapted,
                                                                                 int16_t version) {
        if (version < FetchRequest::kDivergingFrom && unsure != nullptr) {
          unsure->unchecked = true;
          return Error(Errc::unsupported_version, "Fetch " + std::to_string(FetchRequest::kDivergingFrom));
        }
        return adaptation.apply(adapted, version);
      },
      max_version);
}

// --- answers ----------------------------------------------------------------

void Source::answered(Fetch& fetch, Error error, protocol::FetchResponse& response, const cluster::CallInfo& info) {
  busy_ = false;
  context_.memory.release(fetch.reserved);
  for (const Question& asked : fetch.asked) asked.partition->request.id = 0;
  if (fetch.unchecked) {
    compares_ = false;
    session_.restart(false);
    return context_.owner.source_free();
  }
  if (!error && response.error_code != 0) error = broker_error(response.error_code, "Fetch");
  if (error) return failed(fetch, error);

  compares_ = info.version >= FetchRequest::kDivergingFrom;
  by_id_ = info.version >= FetchRequest::kTopicIdsFrom;
  session_.answered(fetch.full, response.session_id);
  if (!compares_) session_.forget_epochs();
  cluster::learn_endpoints(context_.core.metadata(), response);
  bool something = false;
  if (!take_all(fetch, response, something)) return;
  // Over quota a broker answers with nothing but the pause (KIP-219), which the connection keeps.
  const bool throttled = response.throttle_time_ms > 0 && response.responses.empty();
  if (!throttled && !take_silent(fetch)) return;
  pace(fetch, something);
  context_.owner.source_free();
  context_.owner.answer_taken();
}

// A broker that does not wait as it was asked to must not make the loop hot.
void Source::pace(const Fetch& fetch, bool something) {
  const net::TimePoint now = context_.core.reactor().now();
  if (something || now - fetch.sent_at >= empty_pause_) {
    empty_pause_ = kShortestEmpty;
    return;
  }
  not_before_ = now + empty_pause_;
  const net::Duration longest =
      std::clamp<net::Duration>(context_.options.fetch_max_wait, kShortestEmpty, kLongestEmpty);
  if (fetch.waits) empty_pause_ = std::min(empty_pause_ * 2, longest);
}

void Source::failed(const Fetch& fetch, const Error& error) {
  session::Core& core = context_.core;
  // Nobody knows whether the broker has gone on to the next epoch: a full request, after a pause (D15).
  session_.restart(error == Errc::fetch_session_id_not_found);
  if (error == Errc::closed) return;
  if (error == Errc::too_large) return too_large(fetch, error);
  const ErrorTraits& what = traits(error.code());
  if (what.refresh == Refresh::metadata || what.retry == Retry::no) core.metadata().refresh();
  for (const Question& asked : fetch.asked) {
    if (asked.fetching()) context_.intake.request_failed(*asked.partition, node_);
  }
  core.log().failure(LogLevel::warning, "fetch from " + core.router().describe(node_), error);
  context_.owner.source_free();
}

// The answer was larger than may be received. Each partition is asked for alone: that shows which one it is.
void Source::too_large(const Fetch& fetch, const Error& error) {
  for (const Question& asked : fetch.asked) {
    if (asked.fetching()) context_.intake.too_large(*asked.partition, fetch.asked.size() == 1, error);
  }
  context_.owner.source_free();
}

std::shared_ptr<Credit> Source::charge(const protocol::FetchResponse& response) {
  size_t bytes = 0;
  for (const auto& topic : response.responses) {
    for (const Intake::Data& data : topic.partitions) {
      bytes += data.records.size();
      context_.received_bytes += data.records.size();
      if (data.aborted_transactions) bytes += data.aborted_transactions->size() * sizeof(Aborted::Transaction);
    }
  }
  return context_.memory.charge(bytes);
}

// False if the consumer is being closed. `something`: records came, or something is to be done at once.
bool Source::take_all(Fetch& fetch, const protocol::FetchResponse& response, bool& something) {
  const std::shared_ptr<Credit> credit = charge(response);
  const Intake::From from{node_, compares_, by_id_, fetch.sent_at, context_.requests};
  for (const auto& topic : response.responses) {
    const std::string_view name = cluster::topic_name(context_.core.metadata(), topic.topic, topic.topic_id);
    for (const Intake::Data& data : topic.partitions) {
      Partition* const partition = context_.assignment.find(name, data.partition_index);
      // Never asked for, or repeated: only the first answer to a question counts.
      if (partition == nullptr || partition->request.index >= fetch.asked.size()) continue;
      Question& asked = fetch.asked[partition->request.index];
      if (asked.partition.get() != partition || std::exchange(asked.answered, true)) continue;
      if (!asked.fetching()) {
        something = true;  // the position was set since: what came is of no use, and what to do next is known
        continue;
      }
      something |= context_.intake.take(*partition, data, asked, from, credit);
      if (context_.life_cycle.closing()) return false;
      Known* const known = session_.find(*partition);
      if (known != nullptr && data.error_code == 0) known->end = context_.intake.end_of(data);
    }
  }
  return true;
}

// Partitions that the answer does not name. False if the consumer is being closed.
bool Source::take_silent(const Fetch& fetch) {
  for (const Question& asked : fetch.asked) {
    if (asked.answered || !asked.fetching()) continue;
    Partition& partition = *asked.partition;
    if (fetch.full) {
      context_.intake.odd_answer(partition, "the answer to Fetch lacks " + partition.where());
    } else {
      const Known* const known = session_.find(partition);
      context_.intake.no_news(partition, known == nullptr ? -1 : known->end, fetch.sent_at, by_id_);
    }
    if (context_.life_cycle.closing()) return false;
  }
  return true;
}

}  // namespace kafka::consumer
