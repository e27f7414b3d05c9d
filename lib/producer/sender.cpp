#include "producer/sender.hpp"

#include <algorithm>
#include <utility>

namespace kafka::producer {

// The request that is gathered for one leader.
struct Sender::Outgoing {
  int32_t node = -1;
  int32_t under_way = 0;  // requests
  size_t bytes = 0;
  std::shared_ptr<Request> request;
};

// One walk over the partitions that have something to send.
struct Sender::Pass {
  net::TimePoint now{};
  Error refusal;                                // no broker accepts a connection: not even an identity can be had
  net::TimePoint wake = net::TimePoint::max();  // when time alone allows something to leave
  bool leaderless = false;
  bool more = false;  // some partition has another batch that may leave at once
  std::map<int32_t, Outgoing> leaders;
  Outgoing* to = nullptr;                      // of the last batch: neighbours often have the same leader
  std::vector<Partition*> behind;              // wait for the leader, and have a batch to pack meanwhile
  const Topic* topic = nullptr;                // of the last batch
  const cluster::TopicState* state = nullptr;  // of that topic
};

Sender::Sender(session::Core& session, const ProducerOptions& options, Accumulator& accumulator, Reports& reports,
               Urgency urgency)
    : session_(session),
      options_(options),
      accumulator_(accumulator),
      reports_(reports),
      urgency_(urgency),
      queue_(session, [this] { look(); }),
      lingering_(options.linger),
      wake_(session, [this] { look(); }),
      idempotence_(session,
                   options.enable_idempotence.value_or(options.acks == Acks::all &&
                                                       options.max_in_flight.value_or(kDefaultInFlight) <=
                                                           Idempotence::kMostInFlight),
                   options.enable_idempotence.value_or(false), [this] { queue_.schedule(); }),
      expiry_(session, options, accumulator, requests_, queue_, reports),
      settler_(session, options, requests_, queue_, reports),
      answers_(session, accumulator, requests_, settler_, reports, [this] { queue_.schedule(); }),
      writer_(session, options, idempotence_) {}

void Sender::stop() {
  scope_.end();
  idempotence_.stop();
  wake_.cancel();
  expiry_.stop();
  queue_.stop();
  lingering_.clear();
  answers_.stop();
  requests_.clear();
}

// --- lingering --------------------------------------------------------------

// Nobody looks at the partition before its new batch is due, or filled.
void Sender::on_opened(Partition& partition) {
  expiry_.by(partition.open->created + options_.delivery_timeout);
  const net::TimePoint due = lingering_.due(partition);
  if (due <= session_.reactor().now() || urgency_.is_on() || idempotence_.error()) {
    return queue_.activate(partition);
  }
  wake_.by(due);
  if (!partition.listed && !lingering_.add(partition)) queue_.list(partition);
}

void Sender::end_lingering(net::TimePoint now) {
  const bool all = urgency_.is_on() || idempotence_.error();
  while (Partition* const partition = lingering_.take_due(now, all)) {
    if (!partition->idle()) queue_.list(*partition);
  }
}

// --- a pass over the partitions ---------------------------------------------

void Sender::look() {
  Pass pass;
  pass.now = session_.reactor().now();
  pass.refusal = session_.router().refusal();
  end_lingering(pass.now);
  const std::vector<Partition*> listed = queue_.begin_pass();
  std::vector<Partition*> still;
  still.reserve(listed.size());
  for (size_t i = 0; i < listed.size(); ++i) {
    fetch_ahead(listed, i);
    if (visit(*listed[i], pass)) {
      still.push_back(listed[i]);
    } else {
      listed[i]->listed = false;
    }
  }
  queue_.end_pass(std::move(still));
  end_pass(pass);
}

// With thousands of partitions none of them is in the CPU's caches. Each step needs what the one before asked for.
void Sender::fetch_ahead(const std::vector<Partition*>& listed, size_t at) const {
  constexpr size_t kStep = 4;
  const auto next = [this](const Partition& partition) -> const Batch* {
    if (partition.in_flight >= batch_limit(partition)) return nullptr;
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

// Takes a batch of the partition if one may leave. False if the partition need not be looked at in the next pass.
bool Sender::visit(Partition& partition, Pass& pass) {
  if (partition.idle()) return false;
  if (const Error& lasting = pass.refusal ? pass.refusal : idempotence_.error()) {
    fail_waiting(partition, lasting);
    return true;
  }
  bool lingers = false;
  if (!may_leave(partition, pass, lingers)) {
    if (lingers && lingering_.add(partition)) return false;
    if (may_seal_ahead(partition)) pass.behind.push_back(&partition);
    return true;
  }
  if (Outgoing* const to = outgoing(partition, pass)) take_batch(partition, *to, pass);
  return true;
}

// If only time keeps the batch back, the next pass is brought forward to when that has passed. `lingers`: it is the
// open batch, which is not due.
bool Sender::may_leave(Partition& partition, Pass& pass, bool& lingers) {
  if (partition.in_flight >= batch_limit(partition)) return false;
  if (partition.not_before > pass.now) {
    pass.wake = std::min(pass.wake, partition.not_before);
    return false;
  }
  if (!partition.waiting.empty()) return chain_allows(partition);
  const net::TimePoint due = lingering_.due(partition);
  if (due <= pass.now || urgency_.is_on()) return chain_allows(partition);
  pass.wake = std::min(pass.wake, due);
  lingers = true;
  return false;
}

// Batches of this partition that may be under way: one, unless sequences keep their order or max_in_flight was set by
// hand. Sequences keep it as soon as the log has the first of them.
int32_t Sender::batch_limit(const Partition& partition) const {
  const bool on = idempotence_.on();
  if (on && partition.leader.sequences != Sequences::none && !partition.chain.anchored()) return 1;
  if (on && partition.leader.sequences == Sequences::stored) {
    return std::min(request_limit(), Idempotence::kMostInFlight);
  }
  return options_.max_in_flight.value_or(1);
}

// Whether the next batch may leave as far as sequences are concerned.
bool Sender::chain_allows(Partition& partition) {
  if (!idempotence_.on() || partition.leader.sequences == Sequences::none) return true;
  if (!idempotence_.ready()) {
    idempotence_.ask();
    return false;
  }
  switch (partition.chain.next(partition.in_flight > 0)) {
    case Chain::Step::send:
      return true;
    case Chain::Step::wait:
      return false;
    case Chain::Step::mend:
      return mend(partition);
    case Chain::Step::renew:
      // A batch of unknown fate keeps its sequence: the log of the new topic may have it, and takes any sequence as the
      // first one if it has not.
      return of_unknown_fate(partition) || mend(partition);
  }
  return false;
}

bool Sender::of_unknown_fate(const Partition& partition) {
  const auto& waiting = partition.waiting;
  for (size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i]->identity.known() && waiting[i]->unknown_fate) return true;
  }
  return false;
}

bool Sender::mend(Partition& partition) {
  const Identity fresh = idempotence_.bump(partition.chain.identity());
  if (!fresh.known()) return false;
  for (auto& batch : partition.chain.mend(fresh, partition.waiting)) {
    reports_.fail(
        std::move(batch),
        Error(Errc::out_of_order_sequence_number,
              partition.name() + ": an earlier batch failed, and it is not known whether this one is stored"));
  }
  return !partition.idle();
}

// The request in which the next batch of the partition travels; null if it has to wait.
Sender::Outgoing* Sender::outgoing(Partition& partition, Pass& pass) {
  cluster::Metadata& metadata = session_.metadata();
  if (pass.topic != partition.topic) {
    pass.topic = partition.topic;
    pass.state = metadata.topic(partition.topic->name);
    if (pass.state != nullptr) partition.topic->notice(pass.state->id);
    if (!chain_allows(partition)) return nullptr;  // the topic may have been made anew
  }
  const auto leader = metadata.leader(pass.state, partition.number);
  if (!leader) {
    if (const Error lasting = lasting_error(metadata, partition.topic->name)) {
      fail_waiting(partition, lasting);
      metadata.refresh();  // later records may find it mended
    } else {
      pass.leaderless = true;
    }
    return nullptr;
  }
  if (partition.leader.node != *leader) {
    partition.leader.node = *leader;
    partition.leader.doubt();
    if (partition.in_flight >= batch_limit(partition)) return nullptr;
  }
  if (pass.to == nullptr || pass.to->node != *leader) {
    pass.to = &pass.leaders[*leader];
    if (pass.to->node != *leader) {
      pass.to->node = *leader;
      pass.to->under_way = requests_.to(*leader);
    }
  }
  if (pass.to->under_way >= request_limit()) return nullptr;
  if (pass.to->bytes >= kMaxRequestBytes) {
    queue_.schedule();
    return nullptr;
  }
  return pass.to;
}

void Sender::take_batch(Partition& partition, Outgoing& to, Pass& pass) {
  std::unique_ptr<Batch> batch =
      partition.waiting.empty() ? accumulator_.take_open(partition) : partition.waiting.pop_front();
  if (idempotence_.on()) partition.chain.stamp(*batch, idempotence_.current(), first_sequence_);
  if (Error error = batch->seal(batch->level(options_))) {
    partition.chain.gap(*batch);
    return reports_.finish(std::move(batch), {std::move(error), -1, -1, Persistence::no});
  }
  to.bytes += batch->sealed.size();
  if (to.request == nullptr) {
    to.request = std::make_shared<Request>();
    to.request->node = to.node;
  }
  ++partition.in_flight;
  to.request->batches.push_back({&partition, std::move(batch)});
  // One batch of a partition per request. The next one goes into the next request, if that may leave before this one
  // is answered.
  pass.more |= !partition.waiting.empty() && partition.in_flight < batch_limit(partition);
}

void Sender::end_pass(Pass& pass) {
  for (auto& [node, leader] : pass.leaders) {
    if (leader.request != nullptr) send(std::move(leader.request));
  }
  seal_ahead(pass.behind);
  if (pass.more) queue_.schedule();
  if (pass.leaderless) {
    pass.wake = std::min(pass.wake, search_.missing(session_.metadata(), pass.now));
  } else {
    search_.found();
  }
  wake_.set(std::min(pass.wake, lingering_.next()));
}

// With sequences several batches of a partition are under way, and none has to be packed before its time.
bool Sender::may_seal_ahead(const Partition& partition) const {
  if (idempotence_.on() || partition.waiting.empty()) return false;
  const Batch& next = *partition.waiting.front();
  return next.codec != Compression::none && next.sealed.is_null();
}

// Packs what leaves next while the leader works on what has left. Otherwise each would wait for the other.
void Sender::seal_ahead(const std::vector<Partition*>& partitions) {
  size_t left = kSealedAhead;
  for (Partition* partition : partitions) {
    if (left == 0) return;
    if (!may_seal_ahead(*partition)) continue;
    Batch& batch = *partition->waiting.front();
    left -= std::min(left, batch.builder.size());
    if (batch.seal(batch.level(options_))) return;  // it fails again, and is reported, when the batch is taken
  }
}

// --- requests ---------------------------------------------------------------

void Sender::send(std::shared_ptr<Request> request) {
  protocol::ProduceRequest message;
  message.acks = static_cast<int16_t>(options_.acks);
  message.timeout_ms = static_cast<int32_t>(options_.request_timeout.count());
  bool by_id = true;
  const Topic* topic = nullptr;
  for (const SentBatch& sent : request->batches) {
    if (topic == sent.partition->topic) continue;
    topic = sent.partition->topic;
    const cluster::TopicState* state = session_.metadata().topic(topic->name);
    by_id &= state != nullptr && !state->id.is_zero();
  }
  auto call = std::make_unique<cluster::TypedCall<protocol::ProduceRequest>>(
      std::move(message), session_.reactor().now() + options_.request_timeout,
      scope_.wrap([this, request](Error error, protocol::ProduceResponse& response, const cluster::CallInfo& info) {
        answers_.add(request, std::move(error), response, info);
      }),
      [this, guard = scope_.guard(), request](protocol::ProduceRequest& adapted, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        return writer_.write(*request, adapted, version);
      });
  request->info = &call->info;
  call->set_expects_response(options_.acks != Acks::none);
  if (!by_id) call->set_max_version(protocol::ProduceRequest::kTopicIdsFrom - 1);
  const int32_t node = request->node;
  // Without answers a leader that moved shows in one way only: it closes the connection.
  if (options_.acks == Acks::none && !session_.router().ready(node, cluster::Purpose::produce)) {
    session_.metadata().refresh();
  }
  requests_.add(std::move(request));
  session_.router().send(node, cluster::Purpose::produce, std::move(call));
}

void Sender::flush(const std::shared_ptr<void>& flush) {
  requests_.attach(flush);
  queue_.schedule();
}

void Sender::fail_requests(const Error& error) {
  answers_.finish();
  for (const auto& request : requests_.all()) {
    for (SentBatch& sent : std::exchange(request->batches, {})) {
      --sent.partition->in_flight;
      sent.partition->chain.gap(*sent.batch);
      const Persistence fate = request->may_have_stored(sent) ? Persistence::maybe : Persistence::no;
      reports_.finish(std::move(sent.batch), {error, -1, -1, fate});
    }
  }
}

void Sender::fail_waiting(Partition& partition, const Error& error) {
  if (partition.open != nullptr) accumulator_.fill_open(partition);
  while (!partition.waiting.empty()) {
    auto batch = partition.waiting.pop_front();
    partition.chain.gap(*batch);
    reports_.fail(std::move(batch), error);
  }
}

}  // namespace kafka::producer
