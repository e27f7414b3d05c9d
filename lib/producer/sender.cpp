// What leaves when: batches are gathered per leader into one request with one batch per partition; answers
// settle each batch by the error table; what failed for now goes back to the front of its partition.
#include <algorithm>

#include "base/backoff.hpp"
#include "base/error_table.hpp"
#include "producer/producer.hpp"
#include "records/message_set.hpp"

namespace kafka::producer {
namespace {

constexpr int16_t kFirstV2 = 3;      // Produce 3 carries batches of magic 2 (0.11)
constexpr int16_t kFirstMagic1 = 2;  // 0.10
constexpr int16_t kFirstZstd = 7;    // 2.1; brokers refuse it in older versions (KIP-110)
constexpr int16_t kLastByName = 12;  // from 13 on topics go by id (KIP-516)

}  // namespace

// --- leaving ----------------------------------------------------------------

void Producer::schedule_pump() {
  if (pump_scheduled_ || dead_) return;
  pump_scheduled_ = true;
  // At the end of the turn: whatever the application sends in it travels together.
  core_->callbacks().at_end_of_turn(scope_.wrap([this] {
    pump_scheduled_ = false;
    pump();
  }));
}

void Producer::on_metadata() {
  const auto pinned = shared_from_this();  // a partitioner may destroy the producer
  for (const auto& [name, topic] : topics_) {
    if (!topic->parked.empty()) unpark(*topic);
    if (dead_) return;
  }
  schedule_pump();
}

Error Producer::hopeless(const Topic& topic) const {
  const cluster::TopicState* state = core_->metadata().topic(topic.name);
  if (state == nullptr || state->known || !state->error) return {};
  return traits(state->error.code()).retry == Retry::no ? state->error : Error();
}

// Asks for those that metadata does not have; again after a growing pause, for a partition may not exist at all.
void Producer::ask_for_leaders(net::TimePoint now, net::TimePoint& wake) {
  if (now >= ask_at_) {
    const auto& config = core_->router().config();
    ask_at_ = now + Backoff::at(asked_++, config.retry_backoff, config.retry_backoff_max, core_->reactor().random());
    core_->metadata().refresh();
  }
  wake = std::min(wake, ask_at_);
}

// Whether a batch may leave now; otherwise `wake` is brought forward to when it may, if time decides; `lingers` says
// that it is the open batch that is not due.
bool Producer::ready(Partition& partition, net::TimePoint now, net::TimePoint& wake, bool& lingers) {
  if (partition.in_flight >= in_flight_limit(partition)) return false;
  if (partition.not_before > now) {
    wake = std::min(wake, partition.not_before);
    return false;
  }
  if (!partition.waiting.empty()) return chain_ready(partition);
  const net::TimePoint due = partition.open->created + options_.linger;
  if (due <= now || flushing_ > 0 || closing_) return chain_ready(partition);
  wake = std::min(wake, due);
  lingers = true;
  return false;
}

std::unique_ptr<Batch> Producer::take_batch(Partition& partition, Error& error) {
  std::unique_ptr<Batch> batch = partition.waiting.empty() ? end_open(partition) : partition.waiting.pop_front();
  stamp(partition, *batch);
  error = batch->seal(level(*batch));
  return batch;
}

// With sequences several batches of a partition are under way, and none has to be packed before its time.
bool Producer::may_seal_ahead(const Partition& partition) const {
  if (idempotence_.on() || partition.waiting.empty()) return false;
  const Batch& next = *partition.waiting.front();
  return next.codec != Compression::none && next.sealed.is_null();
}

// Packs what leaves next while the leader works on what has left: else each would wait for the other.
void Producer::seal_ahead(const std::vector<Partition*>& partitions) {
  size_t left = kSealedAhead;
  for (Partition* partition : partitions) {
    if (left == 0) return;
    if (!may_seal_ahead(*partition)) continue;
    Batch& batch = *partition->waiting.front();
    left -= std::min(left, batch.builder.size());
    if (batch.seal(level(batch))) return;  // it is tried again, and told, when the batch is taken
  }
}

// Each step needs what the one before it asked for.
void Producer::fetch_ahead(const std::vector<Partition*>& listed, size_t at) const {
  constexpr size_t kStep = 4;
  const auto next = [this](const Partition& partition) -> const Batch* {
    if (partition.in_flight >= in_flight_limit(partition)) return nullptr;
    return partition.waiting.empty() ? partition.open.get() : partition.waiting.front().get();
  };
  if (at + 3 * kStep < listed.size()) fetch(*listed[at + 3 * kStep]);
  if (at + 2 * kStep < listed.size()) {
    if (const Batch* const batch = next(*listed[at + 2 * kStep])) fetch(*batch);
  }
  if (at + kStep < listed.size()) {
    if (const Batch* const batch = next(*listed[at + kStep])) batch->fetch_bytes();
  }
}

void Producer::pump() {
  if (dead_) return;
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint wake = net::TimePoint::max();
  bool leaderless = false;
  bool more = false;
  struct Leader {
    int32_t node = -1;
    int32_t under_way = 0;  // requests
    size_t bytes = 0;
    std::shared_ptr<Request> request;
  };
  std::map<int32_t, Leader> leaders;
  Leader* to = nullptr;            // of the last batch: neighbours often have the same
  std::vector<Partition*> behind;  // wait for their leader
  const Topic* topic = nullptr;    // whose state this is
  const cluster::TopicState* state = nullptr;
  end_lingering(now);
  std::vector<Partition*> listed = std::move(active_);
  active_.clear();
  std::vector<Partition*> still;
  still.reserve(listed.size());
  // Each time from another place, so that a small in-flight window does not starve the last ones.
  if (listed.size() > 1) std::rotate(listed.begin(), listed.begin() + 1, listed.end());
  for (size_t i = 0; i < listed.size(); ++i) {
    fetch_ahead(listed, i);
    Partition* const partition = listed[i];
    if (partition->idle()) {
      partition->listed = false;
      continue;
    }
    if (idempotence_.error()) {
      still.push_back(partition);
      fail_waiting(*partition, idempotence_.error());
      continue;
    }
    bool lingers = false;
    if (!ready(*partition, now, wake, lingers)) {
      if (lingers && put_aside(*partition)) {
        partition->listed = false;
        continue;
      }
      still.push_back(partition);
      if (may_seal_ahead(*partition)) behind.push_back(partition);
      continue;
    }
    still.push_back(partition);
    if (topic != partition->topic) {
      topic = partition->topic;
      state = core_->metadata().topic(topic->name);
    }
    const auto leader = core_->metadata().leader(state, partition->number);
    if (!leader) {
      if (const Error none = hopeless(*partition->topic)) {
        fail_waiting(*partition, none);
        core_->metadata().refresh();  // asked anew for those that come later
      } else {
        leaderless = true;
      }
      continue;
    }
    if (partition->leader != *leader) {
      partition->leader = *leader;
      partition->sequenced = false;  // until it has been asked for its versions
      if (partition->in_flight >= in_flight_limit(*partition)) continue;
    }
    if (to == nullptr || to->node != *leader) {
      to = &leaders[*leader];
      if (to->node != *leader) {
        to->node = *leader;
        const auto under_way = in_flight_.find(*leader);
        if (under_way != in_flight_.end()) to->under_way = under_way->second;
      }
    }
    if (to->under_way >= in_flight_limit()) continue;
    if (to->bytes >= kMaxRequestBytes) {
      schedule_pump();
      continue;
    }
    Error error;
    std::unique_ptr<Batch> batch = take_batch(*partition, error);
    if (error) {
      break_chain(*partition, *batch);
      finish(std::move(batch), {error, -1, -1, Persistence::no});
      continue;
    }
    to->bytes += batch->sealed.size();
    if (to->request == nullptr) {
      to->request = std::make_shared<Request>();
      to->request->node = *leader;
    }
    ++partition->in_flight;
    to->request->batches.push_back({partition, std::move(batch), {}});
    // One batch of a partition per request; the next one goes into the next request, if that may leave before
    // this one is answered.
    more |= !partition->waiting.empty() && partition->in_flight < in_flight_limit(*partition);
  }
  for (Partition* partition : active_) still.push_back(partition);  // listed meanwhile
  active_ = std::move(still);
  for (auto& [node, leader] : leaders) {
    if (leader.request != nullptr) send_request(std::move(leader.request));
  }
  seal_ahead(behind);
  if (more) schedule_pump();
  if (leaderless) {
    ask_for_leaders(now, wake);
  } else {
    asked_ = 0;
    ask_at_ = {};
  }
  if (!lingering_.empty()) wake = std::min(wake, lingering_.front().due);
  if (wake > wake_at_) {
    wake_timer_.cancel();
    wake_at_ = net::TimePoint::max();
  }
  wake_by(wake);
}

void Producer::fail_waiting(Partition& partition, const Error& error) {
  if (partition.open != nullptr) close_open(partition);
  while (!partition.waiting.empty()) {
    auto batch = partition.waiting.pop_front();
    break_chain(partition, *batch);
    const Persistence fate = batch->unknown_fate ? Persistence::maybe : Persistence::no;
    finish(std::move(batch), {error, -1, -1, fate});
  }
}

void Producer::send_request(std::shared_ptr<Request> request) {
  protocol::ProduceRequest message;
  message.acks = static_cast<int16_t>(options_.acks);
  message.timeout_ms = static_cast<int32_t>(options_.request_timeout.count());
  bool by_id = true;
  const Topic* topic = nullptr;
  for (const Sent& sent : request->batches) {
    if (topic == sent.partition->topic) continue;
    topic = sent.partition->topic;
    const cluster::TopicState* state = core_->metadata().topic(topic->name);
    by_id &= state != nullptr && !state->id.is_zero();
  }
  auto call = std::make_unique<cluster::TypedCall<protocol::ProduceRequest>>(
      std::move(message), core_->reactor().now() + options_.request_timeout,
      scope_.wrap([this, request](Error error, protocol::ProduceResponse& response, const cluster::CallInfo& info) {
        answered(request, std::move(error), response, info);
      }),
      [this, guard = scope_.guard(), request](protocol::ProduceRequest& adapted, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        return prepare(*request, adapted, version);
      });
  request->info = &call->info;
  call->set_expects_response(options_.acks != Acks::none);
  if (!by_id) call->set_max_version(kLastByName);
  // Without answers a leader that moved shows in one way only: it closes the connection.
  if (options_.acks == Acks::none && !core_->router().ready(request->node, cluster::Purpose::produce)) {
    core_->metadata().refresh();
  }
  ++in_flight_[request->node];
  requests_.push_back(request);
  core_->router().send(request->node, cluster::Purpose::produce, std::move(call));
}

// Puts the batches into the message, in the format that this version carries.
Error Producer::prepare(Request& request, protocol::ProduceRequest& message, int16_t version) {
  message.topic_data.clear();
  Topic* last = nullptr;
  const auto by_topic = [](const Sent& a, const Sent& b) {
    return a.partition->topic != b.partition->topic && a.partition->topic->name < b.partition->topic->name;
  };
  if (!std::is_sorted(request.batches.begin(), request.batches.end(), by_topic)) {
    std::stable_sort(request.batches.begin(), request.batches.end(), by_topic);
  }
  for (size_t i = 0; i < request.batches.size(); ++i) {
    Sent& sent = request.batches[i];
    constexpr size_t kAhead = 8;
    if (i + kAhead < request.batches.size()) {
      fetch(*request.batches[i + kAhead].partition);
      fetch(request.batches[i + kAhead].batch->sealed);
    }
    Bytes records = sent.batch->sealed;
    sent.failed = unsequenced(*sent.batch, version, request.info->guessed);
    sent.awaits = static_cast<bool>(sent.failed);
    sent.partition->unfit = sent.failed ? std::make_unique<Error>(sent.failed) : nullptr;
    if (request.node == sent.partition->leader) {  // not one that it has moved from while this waited
      sent.partition->plain = version < kFirstV2 && !sent.awaits;
      sent.partition->sequenced = version >= kFirstV2 && !sent.awaits;
    }
    if (sent.awaits) continue;
    if (sent.batch->codec == Compression::zstd && version < kFirstZstd) {
      sent.failed = Error(Errc::unsupported_compression_type, "zstd needs a broker of 2.1 or later");
      continue;
    }
    if (version < kFirstV2) {
      const int8_t magic = version >= kFirstMagic1 ? 1 : 0;
      auto convert = [&] {
        return sent.batch->sealed.empty()
                   ? Error()
                   : records::to_message_set(sent.batch->sealed, magic, sent.batch->codec, level(*sent.batch), records);
      };
      sent.failed = convert();
      if (sent.failed == Errc::unsupported_version) {
        break_chain(*sent.partition, *sent.batch);  // it has fewer records than sequences from now on
        sent.failed = sent.batch->drop_headers(level(*sent.batch));
        records = sent.batch->sealed;
        if (!sent.failed) sent.failed = convert();
      }
      if (sent.failed || sent.batch->sealed.empty()) continue;
    }
    if (last != sent.partition->topic) {
      last = sent.partition->topic;
      auto& topic = message.topic_data.emplace_back();
      topic.name = last->name;
      if (const auto* state = core_->metadata().topic(last->name)) topic.topic_id = state->id;
      if (request.batches.back().partition->topic == last) topic.partition_data.reserve(request.batches.size() - i);
    }
    auto& partition = message.topic_data.back().partition_data.emplace_back();
    partition.index = sent.partition->number;
    partition.records = std::move(records);
  }
  if (message.topic_data.empty()) return Error(Errc::unsupported_version, "nothing of the request fits this broker");
  request.written = true;
  return {};
}

// --- answers ----------------------------------------------------------------

void Producer::answered(const std::shared_ptr<Request>& request, Error error, protocol::ProduceResponse& response,
                        const cluster::CallInfo& info) {
  std::erase(requests_, request);
  if (--in_flight_[request->node] <= 0) in_flight_.erase(request->node);
  std::vector<Partition*> told;
  if (!error && info.version >= 0) {
    std::vector<BrokerInfo> endpoints;
    for (const auto& node : response.node_endpoints) {
      endpoints.push_back({node.node_id, node.host, node.port, node.rack.value_or("")});
    }
    for (const auto& topic : response.responses) {
      std::string_view name = topic.name;
      if (name.empty() && !topic.topic_id.is_zero()) {
        const cluster::TopicState* state = core_->metadata().topic_by_id(topic.topic_id);
        if (state != nullptr) name = state->name;
      }
      const auto known = topics_.find(name);
      if (known == topics_.end()) continue;
      const auto& answers = topic.partition_responses;
      for (size_t i = 0; i < answers.size(); ++i) {
        const Answer& answer = answers[i];
        constexpr size_t kAhead = 8;
        if (i + kAhead < answers.size()) {
          if (const Partition* const next = known->second->find(answers[i + kAhead].index)) fetch(*next);
        }
        Partition* const partition = known->second->find(answer.index);
        if (partition == nullptr || partition->told != nullptr) continue;  // the first of a repeated one counts
        partition->told = &answer;
        told.push_back(partition);
      }
    }
    if (!endpoints.empty()) core_->metadata().add_brokers(endpoints);
  }
  auto batches = std::move(request->batches);
  request->batches.clear();
  std::vector<const Answer*> answers;  // of a partition there is one batch in a request
  answers.reserve(batches.size());
  for (const Sent& sent : batches) answers.push_back(sent.partition->told);
  for (Partition* partition : told) partition->told = nullptr;
  gathers_ = true;
  // Back to front, so that several batches of one partition keep their order when they return to its front.
  for (size_t i = batches.size(); i-- > 0;) {
    constexpr size_t kStep = 4;
    if (i >= 2 * kStep) {
      fetch(*batches[i - 2 * kStep].partition);
      fetch(*batches[i - 2 * kStep].batch);
    }
    if (i >= kStep) fetch(batches[i - kStep].batch->sealed.block(), 1);
    --batches[i].partition->in_flight;
    settle(std::move(batches[i]), error, answers[i], info);
  }
  gathers_ = false;
  handout_ = nullptr;
  schedule_pump();
}

void Producer::settle(Sent sent, Error error, const Answer* answer, const cluster::CallInfo& info) {
  Partition& partition = *sent.partition;
  Batch& batch = *sent.batch;
  const auto where = [&partition] { return partition.topic->name + "/" + std::to_string(partition.number); };
  if (sent.failed && !sent.awaits) {
    break_chain(partition, batch);
    const Persistence fate = batch.unknown_fate ? Persistence::maybe : Persistence::no;
    return finish(std::move(sent.batch), {sent.failed, -1, -1, fate});
  }
  if (batch.sealed.empty() && !sent.awaits) return finish(std::move(sent.batch), {});  // every record was dropped
  if (!error && !sent.awaits && options_.acks == Acks::none) {
    return finish(std::move(sent.batch), {{}, -1, -1, Persistence::maybe});
  }
  Persistence persistence = Persistence::no;
  bool moved = false;
  if (sent.awaits) {
    error = sent.failed;
    core_->metadata().refresh();
    if (info.guessed) core_->router().doubt(partition.leader, cluster::Purpose::produce);
  } else if (error) {
    partition.sequenced = false;  // whoever answers next may be of another release
    if (info.sent == cluster::Sent::maybe) persistence = Persistence::maybe;
    if (options_.acks == Acks::none && persistence == Persistence::maybe) {
      return finish(std::move(sent.batch), {error, -1, -1, persistence});
    }
  } else if (answer == nullptr) {
    error = Error(Errc::protocol_error, "the answer to Produce lacks " + where());
    persistence = Persistence::maybe;
  } else if (answer->error_code == 0) {
    anchor(partition, batch, info.version);
    return finish(std::move(sent.batch), {{}, answer->base_offset, answer->log_append_time_ms, Persistence::yes});
  } else {
    error = broker_error(answer->error_code, answer->error_message ? *answer->error_message : where());
    persistence = traits(error.code()).persistence;
    if (persistence == Persistence::yes) {
      anchor(partition, batch, info.version);
      return finish(std::move(sent.batch), {{}, -1, -1, Persistence::yes});
    }
    const auto& hint = answer->current_leader;
    if (hint.leader_id >= 0) {
      moved =
          core_->metadata().apply_leader(partition.topic->name, partition.number, hint.leader_id, hint.leader_epoch);
    }
  }
  if (persistence == Persistence::maybe) batch.unknown_fate = true;
  if (partition.in_flight > 0 && batch.identity.known()) partition.draining = true;
  if (sent.awaits) answer = nullptr;
  if (answer != nullptr && settle_sequence(partition, sent.batch, error)) return;
  if (answer != nullptr && settle_refused(partition, sent.batch, *answer, error)) return;

  const ErrorTraits& what = traits(error.code());
  if (what.refresh == Refresh::metadata || what.refresh == Refresh::bootstrap) core_->metadata().refresh();
  const bool too_large = error == Errc::message_too_large || error == Errc::record_list_too_large;
  if (too_large && batch.dropped.empty()) {
    if (std::unique_ptr<Batch> second = batch.split()) {
      put_back(partition, std::move(second));
      put_back(partition, std::move(sent.batch));
      return activate(partition);
    }
  }
  const net::TimePoint deadline = batch.created + options_.delivery_timeout;
  const bool again =
      (what.retry == Retry::yes || answer == nullptr) && error != Errc::closed && error != Errc::unsupported_version;
  const bool allowed = batch.failures < static_cast<uint32_t>(options_.retries);
  if (again && allowed && core_->reactor().now() < deadline) return retry(partition, std::move(sent.batch), moved);
  const Persistence fate = batch.unknown_fate ? Persistence::maybe : persistence;
  if (again && allowed) error = Error(Errc::timed_out, "delivery_timeout passed: " + error.message());
  break_chain(partition, batch);
  finish(std::move(sent.batch), {error, -1, -1, fate});
}

// Stored by a leader without sequences, the batch has left a gap in them.
void Producer::anchor(Partition& partition, const Batch& batch, int16_t version) {
  if (batch.identity.known() && batch.identity == partition.identity) partition.anchored = version >= kFirstV2;
}

// With a new leader named there is nothing to wait for (KIP-951), unless that has just been tried.
void Producer::retry(Partition& partition, std::unique_ptr<Batch> batch, bool leader_named) {
  ++totals_.retries;
  const auto& config = core_->router().config();
  const net::Duration wait =
      Backoff::at(batch->failures++, config.retry_backoff, config.retry_backoff_max, core_->reactor().random());
  batch->hurried = leader_named && !batch->hurried;
  if (!batch->hurried) partition.not_before = core_->reactor().now() + wait;
  put_back(partition, std::move(batch));
  activate(partition);
}

// To the front, but behind what is older: several batches of a partition may come back in any order.
void Producer::put_back(Partition& partition, std::unique_ptr<Batch> batch) {
  auto& waiting = partition.waiting;
  waiting.push_front(std::move(batch));
  for (size_t i = 1; i < waiting.size() && waiting[i]->first_record < waiting[i - 1]->first_record; ++i) {
    std::swap(waiting[i], waiting[i - 1]);
  }
}

// --- time -------------------------------------------------------------------

void Producer::arm_expiry(net::TimePoint at) {
  if (at >= expiry_at_) return;
  expiry_at_ = at;
  expiry_timer_ = core_->reactor().after(at - core_->reactor().now(), [this] { expire(); });
}

void Producer::expire() {
  expiry_timer_.cancel();
  expiry_at_ = net::TimePoint::max();
  const net::TimePoint now = core_->reactor().now();
  net::TimePoint next = net::TimePoint::max();
  expire_requests(now, next);
  for (const auto& [name, topic] : topics_) {
    expire_parked(*topic, now, next);
    for (const auto& [number, partition] : topic->partitions) expire_partition(*partition, now, next);
  }
  if (next != net::TimePoint::max()) arm_expiry(next);
}

// What is under way: the request goes on without the batch, so that others in it are not disturbed.
void Producer::expire_requests(net::TimePoint now, net::TimePoint& next) {
  for (const auto& request : requests_) {
    auto& batches = request->batches;
    for (Sent& sent : batches) {
      const net::TimePoint deadline = sent.batch->created + options_.delivery_timeout;
      if (deadline > now) {
        next = std::min(next, deadline);
        continue;
      }
      const bool unknown = sent.batch->unknown_fate || (request->written && !sent.failed);
      std::string why = request->written ? "no answer from " : "no connection to ";
      why += core_->router().describe(request->node);
      --sent.partition->in_flight;
      break_chain(*sent.partition, *sent.batch);
      finish(std::move(sent.batch), {Error(Errc::timed_out, "delivery_timeout passed: " + why), -1, -1,
                                     unknown ? Persistence::maybe : Persistence::no});
      schedule_pump();  // the next one of the partition
    }
    std::erase_if(batches, [](const Sent& sent) { return sent.batch == nullptr; });
  }
}

void Producer::expire_partition(Partition& partition, net::TimePoint now, net::TimePoint& next) {
  while (!partition.idle()) {
    const Batch& oldest = partition.waiting.empty() ? *partition.open : *partition.waiting.front();
    const net::TimePoint deadline = oldest.created + options_.delivery_timeout;
    if (deadline > now) {
      next = std::min(next, deadline);
      return;
    }
    if (partition.waiting.empty()) close_open(partition);
    auto batch = partition.waiting.pop_front();
    break_chain(partition, *batch);
    const std::string& name = partition.topic->name;
    std::string why = "delivery_timeout passed";
    const cluster::TopicState* state = core_->metadata().topic(name);
    if (partition.unfit != nullptr) {
      why += ": " + partition.unfit->message();
    } else if (state != nullptr && state->error) {
      why += ": " + state->error.message();
    } else if (core_->metadata().last_error()) {
      why += ": " + core_->metadata().last_error().message();
    } else if (!core_->metadata().leader(name, partition.number)) {
      why += ": " + name + "/" + std::to_string(partition.number) + " has no leader or does not exist";
    }
    const Persistence fate = batch->unknown_fate ? Persistence::maybe : Persistence::no;
    finish(std::move(batch), {Error(Errc::timed_out, std::move(why)), -1, -1, fate});
  }
}

}  // namespace kafka::producer
