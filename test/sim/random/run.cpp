#include "random/run.hpp"

#include <algorithm>

#include "protocol/header.hpp"
#include "protocol/offset_commit.hpp"
#include "protocol/produce.hpp"
#include "random/nemesis.hpp"
#include "random/queries.hpp"
#include "random/reader.hpp"
#include "random/sender.hpp"
#include "random/transactor.hpp"

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Everything that was stuck when the faults ended has a timeout or a backoff of at most this.
constexpr Duration kLiveness = seconds(180);
constexpr size_t kMaxConnectsPerSecond = 150;
constexpr size_t kMostRequests = 25;  // a second of one API to one broker, with default pauses

}  // namespace

Run::Run(uint64_t seed, std::FILE* trace)
    : plan(seed),
      world(seed),
      journal(world, {world, kHost, seed, plan.slow_longest, plan.slow_percent}),
      reactor((world.trace_to(trace), world.node(kHost, "10.2.0.1"))),
      ledger(journal, plan) {}

Run::~Run() {
  journal.closed = true;
  readers_.clear();
  senders_.clear();
  session.reset();
}

void Run::make_cluster() {
  devbroker::ClusterOptions options;
  options.failover_time = milliseconds(plan.failover_ms);
  options.message_max_bytes = plan.message_max_bytes;
  options.replication_factor = plan.replication;
  if (plan.tls.on) {
    tls = std::make_shared<FakeTls>(plan.seed, plan.tls.settings);
    tls->on_disorder = [this](const std::string& what) { journal.violation("TLS: " + what); };
  }
  brokers.emplace(world, 3, options, plan.by_name, tls);
  if (plan.login.on) ask_for_logins();
  history.emplace(cluster(), [this](const OwnedMessage& message) { return ledger.identify(message); });
  for (size_t i = 0; i < plan.racks.size(); ++i)
    cluster().brokers().set_rack(static_cast<int32_t>(i + 1), plan.racks[i]);
  cluster().transactions().set_aborted_newest_first(plan.seed % 2 == 0);
  for (int id = 1; id <= 3; ++id)
    static_cast<void>(cluster().releases().as_version(plan.releases[static_cast<size_t>(id - 1)], id));
  for (const TopicPlan& topic : plan.topics) {
    if (topic.created) static_cast<void>(cluster().topics().create(topic.name, topic.partitions));
  }
  cluster().groups().watch([this](std::string_view group, const TopicPartition& partition, int64_t offset) {
    const auto book = groups.find(std::string(group));
    if (book == groups.end()) return journal.violation("a commit in a group that nobody uses");
    world.note("stored " + partition.topic + "/" + std::to_string(partition.partition) + " " + std::to_string(offset));
    book->second.stored(partition, book->second.as_asked(partition, offset, *history), offset);
  });
  world.set_latency(plan.least_latency, plan.most_latency);
  world.set_slicing(plan.least_slice, plan.most_slice);
  world.set_window(plan.window);
}

void Run::ask_for_logins() {
  DevBrokerOptions options;
  options.sasl.mechanisms = "PLAIN,OAUTHBEARER";
  if (plan.session.sasl_mechanism == SaslMechanism::scram_sha_256) options.sasl.mechanisms += ",SCRAM-SHA-256";
  options.sasl.session_lifetime = plan.login.lifetime;
  options.sasl.users = {{"alice", Secret("secret")}, {"bob", Secret("builder")}};
  if (Error error = cluster().security().configure(options)) throw std::runtime_error(error.message());
}

// Connections of the user before are replaced when their login runs out, and stay otherwise.
void Run::change_login() {
  alice_ = !alice_;
  world.note(alice_ ? "log in as alice" : "log in as bob");
  const Error error = session->set_credentials(alice_ ? "alice" : "bob", Secret(alice_ ? "secret" : "builder"));
  if (error) journal.violation("other credentials are refused: " + error.message());
}

// While the application does nothing and is told nothing, and nothing new breaks, few requests come.
void Run::watch_rates() {
  std::set<ApiKey> whole{ApiKey::offset_commit};
  const auto unanswered = [](const ProducerPlan& producer) { return producer.options.acks == Acks::none; };
  if (std::any_of(plan.producers.begin(), plan.producers.end(), unanswered)) whole.insert(ApiKey::produce);
  world.watch_writes(kHost, [this, whole](uint64_t connection, const net::Address& to, std::string_view bytes) {
    const auto tap = taps_.try_emplace(
        connection,
        [this, whole, ip = to.ip](ApiKey api) {
          // Questions of the application wait for a connection, and all are sent when there is one.
          const bool may_be_asked =
              api == ApiKey::list_offsets || api == ApiKey::offset_fetch || api == ApiKey::metadata;
          if (may_be_asked && queries_ != nullptr && queries_->open() > 0) return;
          if (api == ApiKey::produce && whole.contains(api)) return;  // records_sent()
          note_request(ip, api);
        },
        whole, [this, ip = to.ip](std::string_view frame) { whole_sent(ip, frame); });
    tap.first->second.bytes(tls == nullptr ? bytes : opened_[connection].open(bytes));
  });
  journal.on_activity = [this] { rates_.progress(); };
}

void Run::note_request(const std::string& ip, ApiKey api) {
  if (api == ApiKey::produce && excused()) return;
  rates_.note(
      (api == ApiKey::fetch ? "fetches to " : "requests to ") + ip + " of API " + std::to_string(static_cast<int>(api)),
      world.now());
}

void Run::whole_sent(const std::string& ip, std::string_view frame) {
  codec::Reader reader(Bytes::copy(frame));
  const protocol::RequestHeader header = protocol::read_request_header(reader);
  header.api == ApiKey::produce ? records_sent(ip, reader, header.version) : commits_sent(reader, header.version);
}

// Without answers a batch is sent once, whatever becomes of it. So these requests are no more than the batches that the
// application has handed over, and produce() may hand over many together.
void Run::records_sent(const std::string& ip, codec::Reader& reader, int16_t version) {
  protocol::ProduceRequest request;
  if (Error error = protocol::decode(reader, version, request))
    return journal.violation("a Produce request cannot be decoded: " + error.message());
  if (request.acks == 0) return static_cast<void>(excused());
  note_request(ip, ApiKey::produce);
}

// Whether a Produce request is excused, because an earlier one has led somewhere. produce() tells of many records
// together, and several of its requests may arrive at once: each of them that a log has grown by excuses one more.
bool Run::excused() {
  int64_t ends = 0;
  for (const auto& [name, topic] : cluster().topics().all()) {
    for (const auto& partition : topic.partitions) ends += partition->log.end_offset();
  }
  const int64_t arrived = cluster().requests().count(ApiKey::produce, 0);
  excuses_ += std::min(std::max<int64_t>(ends - ends_, 0), arrived - arrived_);
  ends_ = ends;
  arrived_ = arrived;
  return excuses_ > 0 && excuses_-- > 0;
}

void Run::commits_sent(codec::Reader& reader, int16_t version) {
  protocol::OffsetCommitRequest request;
  if (Error error = protocol::decode(reader, version, request))
    return journal.violation("a commit cannot be decoded: " + error.message());
  const auto reader_of = [&](const auto& each) { return each->group() == request.group_id; };
  const auto sender = std::find_if(readers_.begin(), readers_.end(), reader_of);
  if (sender == readers_.end()) return journal.violation("a commit in a group that nobody uses is sent");
  for (const auto& topic : request.topics) {
    std::string name = topic.name;
    if (version >= protocol::OffsetCommitRequest::kTopicIdsFrom) {
      const auto* const known = cluster().topics().find(topic.topic_id.bytes);
      if (known == nullptr) continue;  // it was made anew
      name = known->name;
    }
    for (const auto& partition : topic.partitions)
      (*sender)->sent({name, partition.partition_index}, partition.committed_offset,
                      partition.committed_metadata.value_or(""));
  }
}

void Run::judge_rates() {
  // The bound holds with default options; with shorter pauses it grows as they shrink.
  const auto pause = std::max<std::chrono::milliseconds>(plan.session.retry_backoff_max, milliseconds(1));
  const auto least = std::max<std::chrono::milliseconds>(plan.session.retry_backoff, milliseconds(1));
  const auto scale = static_cast<size_t>(std::max<int64_t>(1000 / pause.count(), 100 / least.count()) + 1);
  const size_t limit = kMostRequests * scale;
  // Without fetch_min_bytes, or with a short wait, a broker is asked up to 100 times a second by each consumer.
  const size_t fetches = limit + (plan.consumers.size() + 1) * 110;
  for (const std::string& what : {rates_.above("requests", limit), rates_.above("fetches", fetches)}) {
    if (!what.empty()) journal.violation("without progress: " + what);
  }
}

void Run::make_client() {
  SessionOptions options = plan.session;
  for (int id = 1; id <= 3; ++id) {
    options.bootstrap_servers +=
        (id > 1 ? "," : "") + (plan.by_name ? SimCluster::host(id) : SimCluster::ip(id)) + ":9092";
  }
  const auto core = kafka::session::Core::make(reactor, options);
  if (tls != nullptr && core->live()) core->router().links().tls = tls;
  session.emplace(kafka::session::Access::session(core));
  if (session->error()) journal.violation("session: " + session->error().message());
  session->on_event([this, token = Token(journal)](const Event& event) {
    Callback callback(journal, "the session's event");
    world.note(event.message());
  });
  // Where a handshake was cut, a broker may be taken for one that stores no sequences before it is asked anything.
  session->on_log(LogLevel::warning, [this](LogLevel, std::string_view text) {
    if (plan.cuts_handshakes() && text.starts_with("idempotence")) ledger.misled = true;
  });
  for (size_t i = 0; i < plan.producers.size(); ++i)
    senders_.push_back(std::make_unique<Sender>(*this, plan.producers[i], i));
  for (size_t i = 0; i < plan.consumers.size(); ++i)
    readers_.push_back(std::make_unique<Reader>(*this, plan.consumers[i], i));
}

size_t Run::received(const OwnedMessage& message) {
  ++result.delivered;
  ledger.compare(message, "as delivered");
  const auto number = ledger.identify(message);
  if (!number) return SIZE_MAX;
  const TopicPartition partition{message.topic, message.partition};
  auto& known = delivered[partition];
  known.emplace(message.offset, *number);
  const auto first = known.lower_bound({message.offset, 0});
  const bool several = std::next(first) != known.end() && std::next(first)->first == message.offset;
  if (several && history->lowest_cut(partition, INT64_MAX) > message.offset)
    journal.violation("offset " + std::to_string(message.offset) + " of " + message.topic + " changed its record");
  return *number;
}

bool Run::misled() {
  const auto& seen = cluster().requests().seen();
  for (auto request = seen.rbegin(); request != seen.rend() && request->at >= looked_at_ && !misled_; ++request) {
    // In a cluster of 0.11 or later such requests come from a client that takes a broker for an old one.
    misled_ =
        (request->api == ApiKey::produce && request->version < 3) ||
        (request->api == ApiKey::fetch && request->version < 4) ||
        (request->version == 0 && (request->api == ApiKey::metadata || request->api == ApiKey::find_coordinator ||
                                   request->api == ApiKey::list_offsets)) ||
        (request->version <= 1 && (request->api == ApiKey::offset_fetch || request->api == ApiKey::offset_commit));
  }
  if (!seen.empty()) looked_at_ = seen.back().at;
  return misled_;
}

bool Run::until(const char* what, Duration limit, Function<bool()> done) {
  const bool ended = world.run_until([&] { return journal.violations.size() > 3 || done(); }, patient(limit));
  if (!ended) journal.violation(std::string(what) + " did not come to an end");
  return ended && journal.violations.empty();
}

RunResult Run::execute() {
  make_cluster();
  watch_rates();
  make_client();
  Queries queries(*this);
  queries_ = &queries;
  Transactor transactor(*this);
  Nemesis nemesis(plan, world, *brokers, kHost);
  nemesis.before_truncation = [this] { history->collect(); };
  nemesis.after_move = [this](const TopicPartition& partition) { ledger.moved(partition, world.now()); };
  nemesis.after_cut = [this](const TopicPartition& partition, int64_t offset) {
    history->cut(partition, offset);
    for (auto& [name, book] : groups) book.cut(partition, offset);
  };
  nemesis.after_recreation = [this](const TopicPlan& topic) {
    for (int32_t number = 0; number < topic.partitions; ++number) {
      const TopicPartition partition{topic.name, number};
      history->recreated(partition);
      ledger.moved(partition, world.now());
      for (auto& [name, book] : groups) book.forgot(partition);
    }
  };
  nemesis.after_growth = [this](const TopicPlan& topic, int32_t first) {
    ledger.grown.insert(topic.name);
    for (const auto& reader : readers_) reader->grew(topic.name, first);
  };
  Random random(plan.seed, 2), changes(plan.seed, 15);
  const Duration stop_at =
      plan.ending == Ending::converge ? plan.duration : plan.duration * random.integer(0, 100) / 100;
  while (world.elapsed() < stop_at && journal.violations.empty()) {
    world.run_for(random.ms(1, plan.step_ms));
    rates_.progress();
    nemesis.act();
    transactor.act();
    misled();
    if (changes.percent(plan.login.change_percent)) change_login();
    for (const auto& reader : readers_) reader->step();
    if (random.percent(plan.queries_percent)) queries.ask();
  }
  result.faults = nemesis.acts();

  bool partial = true;
  if (plan.ending == Ending::converge && journal.violations.empty()) {
    nemesis.heal();
    if (tls != nullptr) tls->heal();
    transactor.heal();
    for (const auto& reader : readers_) reader->heal();
    // What was sent before may still fail by its delivery_timeout; what is sent from now on may not.
    bool well = until("sending", seconds(400), [&] {
      return std::all_of(senders_.begin(), senders_.end(), [](const auto& each) { return each->finished(); }) &&
             ledger.pending() == 0 && queries.open() == 0;
    });
    // By then every lost connection attempt and request has timed out. A connection that serves
    // nothing any more is found by the first of two rounds.
    world.run_for(seconds(30));
    for (int round = 0; round < 2 && well; ++round) {
      for (const auto& sender : senders_) sender->probe();
      well = until("sending once more", kLiveness, [&] {
        return std::all_of(senders_.begin(), senders_.end(), [](const auto& each) { return each->probes_done(); });
      });
      world.run_for(seconds(10));
    }
    for (const auto& sender : senders_) sender->judge_probes();
    for (const auto& sender : senders_) sender->check_idle();
    well = well &&
           world.run_until(
               [&] {
                 return journal.violations.size() > 3 ||
                        std::all_of(readers_.begin(), readers_.end(), [](const auto& each) { return each->at_end(); });
               },
               patient(kLiveness));
    if (!well && journal.violations.empty()) {
      for (const auto& reader : readers_) journal.violation("not at the end: " + reader->where());
    }
    if (journal.violations.empty()) read_back();
    if (journal.violations.empty()) idle();
    partial = !journal.violations.empty();
  }
  if (plan.ending == Ending::abort_early) {
    abort();
  } else {
    close(plan.ending == Ending::close_early);
    partial = partial && plan.ending != Ending::close_early;
  }
  // Every operation has ended by now.
  const std::string left = world.leftovers(kHost);
  if (!left.empty()) journal.violation("left open: " + left);
  if (journal.tokens != 0) journal.violation(std::to_string(journal.tokens) + " callbacks are still held");
  if (world.connects(kHost) > 200 + kMaxConnectsPerSecond * static_cast<size_t>(world.elapsed() / seconds(1)))
    journal.violation(std::to_string(world.connects(kHost)) + " connection attempts");
  judge_rates();
  journal.on_activity = nullptr;
  if (journal.violations.empty()) judge(partial);

  result.violations = journal.violations;
  result.hash = world.trace_hash();
  result.events = world.events();
  result.records = ledger.records.size();
  for (const Sent& sent : ledger.records) result.confirmed += sent.report.persistence == Persistence::yes ? 1 : 0;
  result.virtual_seconds = std::chrono::duration<double>(world.elapsed()).count();
  return result;
}

// A fetcher gets everything that is in the logs, in order.
void Run::read_back() {
  std::vector<TopicOffset> start;
  std::map<TopicPartition, std::pair<int64_t, int64_t>> left;
  for (const auto& [name, topic] : cluster().topics().all()) {
    for (size_t number = 0; number < topic.partitions.size(); ++number) {
      const auto partition = static_cast<int32_t>(number);
      const auto& log = topic.partitions[number]->log;
      start.push_back(TopicOffset::earliest(name, partition));
      left[{name, partition}] = {history->first_visible({name, partition}, log.start_offset(), true), log.end_offset()};
    }
  }
  if (start.empty()) return;
  std::optional<Fetcher> fetcher;
  {
    Call call(journal);
    ConsumerOptions options;
    options.fetch_max_bytes = 20000;
    options.max_partition_fetch_bytes = 8000;
    fetcher.emplace(*session, std::move(start), options);
    fetcher->fetch([&, token = Token(journal)](MessageEnvelope envelope) {
      Callback callback(journal, "a message read back");
      auto& [next, end] = left[{envelope.topic(), envelope.partition()}];
      const TopicPartition partition{envelope.topic(), envelope.partition()};
      // To a broker that it takes for an old one the client cannot say that it wants committed records only.
      if (envelope.offset() != next && !misled()) {
        journal.violation("read back: offset " + std::to_string(envelope.offset()) + " instead of " +
                          std::to_string(next));
      }
      next = history->first_visible(partition, envelope.offset() + 1, true);
      received(envelope.detach());
      Call ack(journal);
      envelope.ack();
    });
  }
  until("reading back", kLiveness, [&] {
    return std::all_of(left.begin(), left.end(),
                       [](const auto& each) { return each.second.first >= each.second.second; });
  });
  Call call(journal);
  fetcher.reset();
}

// A client without work sends few requests.
void Run::idle() {
  const auto requests = [&] {
    int64_t sum = 0;
    for (const ApiKey api :
         {ApiKey::produce, ApiKey::fetch, ApiKey::list_offsets, ApiKey::metadata, ApiKey::offset_commit,
          ApiKey::offset_fetch, ApiKey::find_coordinator, ApiKey::api_versions})
      sum += cluster().requests().count(api, 0);
    return sum;
  };
  const int64_t before = requests();
  const size_t connects = world.connects(kHost);
  constexpr int64_t kSeconds = 10;
  world.run_for(seconds(kSeconds));
  int64_t allowed = 200;
  for (const ConsumerPlan& consumer : plan.consumers) {
    // Without fetch_min_bytes a broker does not wait at all, and the client does a little.
    const int64_t asked = consumer.options.fetch_min_bytes > 0 ? consumer.options.fetch_max_wait.count() : 0;
    const int64_t wait = std::max<int64_t>(asked, 10);
    allowed += 3 * (kSeconds * 1000 / wait + 1) * 3 / 2;
  }
  if (requests() - before > allowed)
    journal.violation(std::to_string(requests() - before) + " requests in " + std::to_string(kSeconds) +
                      " idle seconds");
  if (world.connects(kHost) - connects > 200) journal.violation("many connections in idle seconds");
}

void Run::close(bool early) {
  Random random(plan.seed, 5);
  const bool one_by_one = random.percent(50);
  if (one_by_one) {
    for (const auto& reader : readers_) reader->finish();
    for (const auto& sender : senders_) sender->close();
    if (random.percent(50)) {
      const bool all = world.run_until(
          [&] {
            return std::all_of(senders_.begin(), senders_.end(), [](const auto& each) { return each->closed(); }) &&
                   std::all_of(readers_.begin(), readers_.end(), [](const auto& each) { return each->closed(); });
          },
          patient(plan.session.close_timeout + seconds(150)));
      if (!all) journal.violation("producers and consumers did not close");
    }
  }
  for (const auto& sender : senders_) sender->stop();
  for (const auto& reader : readers_) reader->ending();
  const Duration deadline = random.percent(50) ? Duration(plan.session.close_timeout) : random.ms(0, 5000);
  int closed = 0;
  {
    Call call(journal);
    const auto done = [this, &closed](bool last) {
      return [this, &closed, last, token = Token(journal)] {
        Callback callback(journal, "the session's close callback");
        world.note("closed");
        ++closed;
        if (last) journal.closed = true;
      };
    };
    const bool twice = random.percent(20);
    session->close(std::chrono::duration_cast<milliseconds>(deadline), done(!twice));
    if (twice) session->close(milliseconds(60000), done(true));
    journal.check(!session->closed(), "closed() inside close()");
  }
  if (!world.run_until([&] { return journal.closed; }, patient(deadline + seconds(1)))) {
    journal.violation("the session did not close in time");
    journal.closed = true;
  }
  world.run_for(milliseconds(1) + world.owed(kHost));
  const std::string left = world.leftovers(kHost);
  if (!left.empty()) journal.violation("left open after close: " + left);
  if (early) {
    for (const Sent& sent : ledger.records) {
      if (sent.bulk < 0 && sent.reports == 0 && !sent.direct) {
        journal.violation("a record without a report after close");
        break;
      }
    }
  }
  for (const auto& reader : readers_) {
    reader->destroy();
    reader->answer_late();
  }
  for (const auto& sender : senders_) sender->destroy();
  session.reset();
  world.run_for(seconds(5));
}

void Run::abort() {
  Random random(plan.seed, 6);
  const bool session_first = random.percent(50);
  world.note("abort");
  if (session_first) {
    for (const auto& sender : senders_) sender->stop();
    for (size_t i = 0; i < senders_.size(); ++i) ledger.aborted(i);
    for (const auto& reader : readers_) reader->ending();
    Call call(journal);
    session.reset();
  }
  for (const auto& reader : readers_) {
    reader->destroy();
    reader->answer_late();
  }
  for (const auto& sender : senders_) sender->destroy();
  {
    Call call(journal);
    session.reset();
  }
  journal.closed = true;
  world.run_for(seconds(5) + world.owed(kHost));
}

void Run::judge(bool partial) {
  history->collect();
  ledger.misled = ledger.misled || misled();
  ledger.judge(*history, partial);
  for (const auto& [partition, records] : delivered) {
    const auto log = history->logs().find(partition);
    for (const auto& [offset, number] : records) {
      bool found = false;
      if (log != history->logs().end()) {
        const auto [first, last] = log->second.equal_range(offset);
        for (auto each = first; each != last; ++each) found |= ledger.identify(each->second.message) == number;
      }
      if (found) continue;
      journal.violation("offset " + std::to_string(offset) + " of " + partition.topic +
                        " was delivered, and is not in the log");
      break;
    }
  }
}

RunResult run_seed(uint64_t seed, std::FILE* trace) {
  Run run(seed, trace);
  try {
    return run.execute();
  } catch (const SimFailure& failure) {
    run.result.violations = run.journal.violations;
    run.result.violations.push_back(failure.what());
    run.result.hash = run.world.trace_hash();
    return run.result;
  }
}

}  // namespace kafka::sim
