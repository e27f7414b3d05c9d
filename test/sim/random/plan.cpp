#include "random/plan.hpp"

#include <algorithm>
#include <limits>

namespace kafka::sim {
namespace {

using std::chrono::milliseconds;

const std::vector<std::string> kLegacy{"0.8.2", "0.9"};
const std::vector<std::string> kMiddle{"0.10", "0.11", "1.1"};
const std::vector<std::string> kModern{"2.4", "2.8", "3.9", "4.3", "", ""};

bool before_zstd(const std::string& release) {
  return is_legacy(release) || release == "0.10" || release == "0.11" || release == "1.1";
}

bool compares_epochs(const std::string& release) {  // Fetch 12, or OffsetForLeaderEpoch 3
  return release.empty() || release == "2.4" || release == "2.8" || release == "3.9" || release == "4.3";
}

std::string draw_release(Random& random) {
  const int kind = random.integer(0, 9);
  if (kind < 2) return random.pick(kLegacy);
  return random.pick(kind < 4 ? kMiddle : kModern);
}

void draw_session(Random& random, SessionOptions& options) {
  options.request_timeout = random.ms(500, 8000);
  options.retry_backoff = random.ms(5, 200);
  options.retry_backoff_max = options.retry_backoff * random.integer(1, 8);
  options.reconnect_backoff = random.ms(5, 200);
  options.reconnect_backoff_max = options.reconnect_backoff * random.integer(1, 8);
  options.socket_connection_setup_timeout = random.ms(1000, 5000);
  options.socket_connection_setup_timeout_max = options.socket_connection_setup_timeout * 2;
  options.default_api_timeout = random.ms(3000, 60000);
  options.metadata_max_age = random.percent(50) ? milliseconds(300000) : random.ms(1000, 10000);
  options.metadata_recovery_rebootstrap_trigger = random.percent(50) ? milliseconds(300000) : random.ms(1000, 20000);
  options.connections_max_idle = random.percent(70) ? milliseconds(540000) : random.ms(200, 3000);
  options.max_dispatch = random.percent(70) ? 10000 : random.integer(1, 20);
  options.close_timeout = random.ms(1000, 30000);
}

ProducerPlan draw_producer(Random& random, const Plan& plan) {
  ProducerPlan producer;
  ProducerOptions& options = producer.options;
  const int acks = random.integer(0, 9);
  options.acks = acks == 0 ? Acks::none : acks < 4 ? Acks::leader : Acks::all;
  options.linger = std::chrono::microseconds(random.percent(50) ? 0 : random.between(0, 50'000));
  options.batch_size = random.percent(40) ? 1000000 : random.integer(100, 5000);
  options.max_request_size = random.percent(70) ? 1048576 : random.integer(2000, 20000);
  options.batch_size = std::min(options.batch_size, options.max_request_size);
  options.buffer_memory = random.percent(60) ? 33554432 : random.between(60'000, 200'000);
  if (random.percent(40)) options.compression_type = static_cast<Compression>(random.integer(1, 4));
  // Brokers before 2.1 have no zstd, and a build may lack a codec.
  const bool everywhere = std::none_of(plan.releases.begin(), plan.releases.end(), before_zstd) && !plan.upgrades;
  if ((options.compression_type == Compression::zstd && !everywhere) || options.validate())
    options.compression_type = Compression::gzip;
  if (random.percent(30)) options.max_in_flight = random.integer(1, 5);
  if (random.percent(40)) options.enable_idempotence = false;
  options.request_timeout = random.ms(500, 6000);
  options.delivery_timeout = random.percent(50) ? random.ms(1000, 10000) : random.ms(10000, 120000);
  producer.records = random.integer(20, plan.most_slice < 100 ? 150 : 500);
  producer.burst = random.percent(50) ? random.integer(1, 4) : random.integer(10, 60);
  producer.pause_ms = random.integer(1, 400);
  producer.largest = random.percent(60) ? 100 : random.integer(200, plan.most_slice < 100 ? 600 : 6000);
  producer.bulk_percent = random.percent(50) ? 0 : random.integer(5, 100);
  producer.headers_percent = random.percent(60) ? 0 : random.integer(5, 50);
  producer.partitioner = random.percent(10);
  return producer;
}

ConsumerPlan draw_consumer(Random& random, const Plan& plan, int index) {
  ConsumerPlan consumer;
  ConsumerOptions& options = consumer.options;
  options.ordering = random.pick(std::vector<Ordering>{Ordering::consumer, Ordering::partition, Ordering::unordered});
  options.commit_mode = random.percent(50) ? CommitMode::confirmed : CommitMode::pipelined;
  options.max_open = random.percent(30) ? 1000 : random.integer(1, 30);
  options.default_api_timeout = random.ms(3000, 60000);
  options.fetch_max_wait = random.ms(0, 800);
  if (random.percent(30)) options.fetch_min_bytes = random.integer(0, 2000);
  if (random.percent(40)) options.max_partition_fetch_bytes = random.integer(1024, 8000);
  if (random.percent(40)) options.fetch_max_bytes = random.integer(1024, 20000);
  if (random.percent(40)) options.fetch_memory = random.between(65536, 200000);
  options.auto_offset_reset = index > 0 && random.percent(20) ? OffsetReset::latest : OffsetReset::earliest;
  options.on_offset_out_of_range = random.percent(20) ? OutOfRange::fail : OutOfRange::reset_to_earliest;
  options.on_start_out_of_range = options.on_offset_out_of_range;  // draw_starts() has others
  consumer.group = "group-" + std::to_string(index);
  for (const TopicPlan& topic : plan.topics) {
    for (int number = 0; number < topic.partitions; ++number) {
      if (index == 0 || random.percent(60)) consumer.partitions[topic.name].push_back(number);
    }
  }
  if (consumer.partitions.empty()) consumer.partitions[plan.topics.front().name].push_back(0);
  consumer.batches = random.percent(40);
  consumer.batch_max = random.percent(30) ? 1 : random.integer(2, 100);
  consumer.limit_percent = random.percent(50) ? 0 : random.integer(10, 100);
  consumer.commit_percent = random.percent(25) ? 0 : random.percent(40) ? 100 : random.integer(5, 60);
  consumer.end_percent = random.percent(50) ? 0 : random.integer(1, 30);
  consumer.late_percent =
      random.percent(40) ? 0 : random.integer(2, options.ordering == Ordering::unordered ? 100 : 60);
  consumer.restart_percent = random.percent(40) ? 0 : random.integer(1, 15);
  consumer.seek_percent = random.percent(60) ? 0 : random.integer(1, 15);
  consumer.pause_percent = random.percent(60) ? 0 : random.integer(1, 25);
  return consumer;
}

// Another stream, for the same reason.
void draw_starts(Plan& plan) {
  Random random(plan.seed, 12);
  for (ConsumerPlan& consumer : plan.consumers) {
    const std::vector<OutOfRange> all{OutOfRange::fail, OutOfRange::reset_to_earliest, OutOfRange::reset_to_latest};
    if (random.percent(40)) consumer.options.on_start_out_of_range = random.pick(all);
    if (random.percent(25)) consumer.stop_percent = random.integer(1, 15);
  }
}

// Kinds that were added later are drawn from a stream of their own, so that the runs of old seeds stay the same if
// none of these kinds is drawn.
void draw_more(Plan& plan) {
  Random random(plan.seed, 7);
  for (const Compression codec :
       {Compression::none, Compression::gzip, Compression::snappy, Compression::lz4, Compression::zstd}) {
    ProducerOptions options;
    options.compression_type = codec;
    if (!options.validate() && codec != Compression::zstd) plan.codecs.push_back(codec);
    // Brokers of 0.11 and later return what they store as it is; older ones of a mixed cluster could not write zstd
    // down, and a consumer would never get past it.
    const bool mixed = plan.sequenced() || plan.without_zstd();
    if (options.validate() || codec != Compression::zstd || !mixed || !random.percent(40)) continue;
    plan.codecs.push_back(codec);
    for (ProducerPlan& producer : plan.producers) {
      if (random.percent(40)) producer.options.compression_type = codec;
    }
  }
  if (plan.sequenced() && random.percent(20)) plan.transactions_percent = random.integer(5, 60);
  for (ConsumerPlan& consumer : plan.consumers) {
    if (random.percent(plan.transactions_percent > 0 ? 40 : 5))
      consumer.options.isolation_level = IsolationLevel::read_uncommitted;
  }
  if (random.percent(15)) {
    const std::vector<std::string> names{"", "a", "b", "c"};
    for (int id = 1; id <= 3; ++id) plan.racks.push_back(random.pick(names));
    for (ConsumerPlan& consumer : plan.consumers) {
      if (random.percent(80)) consumer.options.client_rack = random.pick(names);
    }
    plan.lag = random.percent(60);
  }
  if (!plan.calm() && random.percent(15)) plan.cuts = true;
}

void draw_taking(Plan& plan) {
  Random random(plan.seed, 8);
  for (ConsumerPlan& consumer : plan.consumers) {
    if (random.percent(30)) consumer.take_percent = random.integer(2, 60);
  }
}

void draw_slowness(Plan& plan) {
  Random random(plan.seed, 11);
  if (!random.percent(25)) return;
  plan.slow_longest = std::chrono::microseconds(1);  // to a second
  for (int64_t more = random.integer(0, 6); more > 0; --more) plan.slow_longest *= 10;
  plan.slow_percent = random.percent(50) ? 100 : random.integer(1, 50);
}

void draw_recreating(Plan& plan) {
  Random random(plan.seed, 9);
  plan.recreates = !plan.calm() && !plan.upgrades && random.percent(8);
}

// Consumers and fetchers of all partitions, while topics get more of them.
void draw_all(Plan& plan) {
  Random random(plan.seed, 13);
  bool any = false;
  for (size_t i = 0; i < plan.consumers.size(); ++i) {
    ConsumerPlan& consumer = plan.consumers[i];
    consumer.all = random.percent(20);
    if (!consumer.all) continue;
    any = true;
    const bool every = i == 0;
    consumer.partitions.clear();
    for (const TopicPlan& topic : plan.topics) {
      if (!every && !consumer.partitions.empty() && random.percent(40)) continue;
      for (int number = 0; number < topic.partitions; ++number) consumer.partitions[topic.name].push_back(number);
    }
    consumer.fetches = random.percent(40);
    if (consumer.fetches) consumer.commit_percent = 0;
    consumer.take_percent = 0;
  }
  plan.grows = random.percent(any ? 70 : 5) && !plan.recreates;
  if (plan.grows) plan.session.metadata_max_age = random.ms(1000, 10000);
}

// Brokers from 1.0 on, which take logins in frames like all other ones. Logins run out and are renewed, tokens expire,
// and the session gets the credentials of another user.
void draw_login(Plan& plan) {
  Random random(plan.seed, 14);
  const auto early = [](const std::string& release) {
    return is_legacy(release) || release == "0.10" || release == "0.11";
  };
  if (plan.upgrades || std::any_of(plan.releases.begin(), plan.releases.end(), early) || !random.percent(20)) return;
  plan.login.on = true;
  SessionOptions& session = plan.session;
  session.security_protocol = SecurityProtocol::sasl_plaintext;
  session.sasl_allow_plaintext = true;
  if (random.percent(50)) plan.login.lifetime = random.ms(2000, 20000);
  if (random.percent(40)) {
    session.sasl_mechanism = SaslMechanism::oauthbearer;
    session.enable_sasl_oauthbearer_unsecure_jwt = true;
    session.sasl_oauthbearer_config = "principal=alice lifeSeconds=" + std::to_string(random.integer(3, 30));
    return;
  }
  session.sasl_mechanism = random.percent(70) ? SaslMechanism::plain : SaslMechanism::scram_sha_256;
  if (session.validate()) session.sasl_mechanism = SaslMechanism::plain;  // a build without SCRAM
  session.sasl_username = "alice";
  session.sasl_password = Secret("secret");
  if (random.percent(50)) plan.login.change_percent = random.integer(1, 20);
}

// Brokers of any age, since the client does not know what carries its bytes.
void draw_tls(Plan& plan) {
  Random random(plan.seed, 17);
  if (!random.percent(20)) return;
  plan.tls.on = true;
  FakeTlsSettings& settings = plan.tls.settings;
  settings.largest_record =
      random.percent(60) ? 16384 : static_cast<size_t>(random.integer(plan.most_slice < 100 ? 50 : 1, 500));
  settings.largest_hello = plan.most_slice < 100 ? 200 : 4000;
  settings.tickets_percent = random.integer(0, 100);
  settings.silent_ends_percent = random.percent(50) ? 0 : random.integer(1, 100);
  if (!plan.calm() && random.percent(30)) settings.alerts_per_mille = random.integer(1, 20);
}

}  // namespace

bool is_legacy(const std::string& release) { return release == "0.8.2" || release == "0.9"; }
bool has_headers(const std::string& release) { return !is_legacy(release) && release != "0.10"; }

Plan::Plan(uint64_t seed) : seed(seed) {
  Random random(seed, 1);
  const int end = random.integer(0, 99);
  ending = end < 12 ? Ending::close_early : end < 17 ? Ending::abort_early : Ending::converge;
  by_name = random.percent(50);
  const int topic_count = random.integer(1, 3);
  for (int i = 0; i < topic_count; ++i) {
    TopicPlan& topic = topics.emplace_back();
    topic.name = "topic-" + std::to_string(i);
    topic.created = i == 0 || random.percent(70);
    topic.partitions = topic.created ? random.integer(1, 4) : 1;
  }
  if (random.percent(40)) {  // all alike
    releases.assign(3, draw_release(random));
  } else if (random.percent(40)) {
    releases.assign(3, "");
  } else {
    for (int i = 0; i < 3; ++i) releases.push_back(draw_release(random));
  }
  failover_ms = random.percent(50) ? 0 : random.between(100, 3000);
  message_max_bytes = random.percent(80) ? 1048588 : random.integer(1000, 8000);
  replication = random.percent(80) ? 3 : random.integer(1, 2);

  // The network.
  least_latency = std::chrono::microseconds(random.between(50, 2000));
  most_latency = least_latency + std::chrono::microseconds(random.between(0, 30'000));
  switch (random.integer(0, 5)) {
    case 0:
      least_slice = 1, most_slice = static_cast<size_t>(random.integer(1, 20));
      break;
    case 1:
      least_slice = 1, most_slice = static_cast<size_t>(random.integer(100, 3000));
      break;
    default:
      break;
  }
  if (random.percent(20)) window = static_cast<size_t>(random.integer(4000, 20000));
  duration = random.ms(2000, 30000);
  step_ms = random.between(20, 2000);
  if (!random.percent(15)) {  // else calm
    faults = SimFaults::draw(seed);
    const auto on = [&] { return random.percent(40); };
    kill = on(), pause = on(), holes = on(), refuse = on(), reset = on(), move = on(), names = on();
    replies = on(), breaks = on(), upgrades = random.percent(25), truncate = random.percent(15);
  } else {
    move = random.percent(50);
  }

  draw_session(random, session);
  const int producer_count = random.integer(1, 2);
  for (int i = 0; i < producer_count; ++i) producers.push_back(draw_producer(random, *this));
  const int consumer_count = random.integer(1, 2);
  for (int i = 0; i < consumer_count; ++i) consumers.push_back(draw_consumer(random, *this, i));
  if (window != SimWorld::kWindow) {  // a batch or an answer must come through within a timeout
    session.request_timeout = std::max(session.request_timeout, milliseconds(4000));
    for (ProducerPlan& producer : producers) {
      producer.options.batch_size = std::min(producer.options.batch_size, 20000);
      producer.options.request_timeout = std::max(producer.options.request_timeout, milliseconds(4000));
    }
    for (ConsumerPlan& consumer : consumers) {
      consumer.options.fetch_max_bytes = std::min(consumer.options.fetch_max_bytes, 20000);
      consumer.options.max_partition_fetch_bytes = std::min(consumer.options.max_partition_fetch_bytes, 8000);
    }
  }
  queries_percent = random.percent(40) ? 0 : random.integer(2, 30);
  draw_more(*this);
  draw_starts(*this);
  draw_taking(*this);
  draw_slowness(*this);
  draw_recreating(*this);
  draw_all(*this);
  draw_login(*this);
  draw_tls(*this);
}

bool Plan::sequenced() const { return !upgrades && std::all_of(releases.begin(), releases.end(), has_headers); }

bool Plan::without_zstd() const { return !upgrades && std::all_of(releases.begin(), releases.end(), before_zstd); }

bool Plan::notices_cuts(const ConsumerPlan& consumer) const {
  // An injected error makes a consumer ask without the epoch, and followers are not told it.
  return !upgrades && !replies && !lag && consumer.options.client_rack.empty() &&
         std::all_of(releases.begin(), releases.end(), compares_epochs);
}

bool Plan::by_id() const {
  return !upgrades && std::all_of(releases.begin(), releases.end(),
                                  [](const std::string& each) { return each.empty() || each == "4.3"; });
}

bool Plan::legacy() const {
  return upgrades || cuts_handshakes() || std::any_of(releases.begin(), releases.end(), is_legacy);
}

bool Plan::without_ids() const {
  return upgrades || cuts_handshakes() || std::any_of(releases.begin(), releases.end(), [](const std::string& each) {
           return is_legacy(each) || each == "0.10" || each == "0.11" || each == "1.1" || each == "2.4";
         });
}

bool Plan::modern() const {
  return sequenced() && !duplicates() && faults.refuse == 0;  // a cut handshake may look like an old broker
}

std::string Plan::text() const {
  std::string out = "releases";
  for (const std::string& release : releases) out += " " + (release.empty() ? std::string("all") : release);
  for (const TopicPlan& topic : topics)
    out += "; " + topic.name + ":" + std::to_string(topic.partitions) + (topic.created ? "" : " on use");
  out += "; ";
  out += ending == Ending::converge ? "to the end" : ending == Ending::close_early ? "closed early" : "aborted early";
  for (const auto& [on, name] : {std::pair{kill, "kill"},
                                 {pause, "pause"},
                                 {holes, "holes"},
                                 {refuse, "refuse"},
                                 {reset, "reset"},
                                 {move, "move"},
                                 {names, "names"},
                                 {replies, "replies"},
                                 {breaks, "breaks"},
                                 {upgrades, "upgrades"},
                                 {truncate, "truncate"},
                                 {cuts, "cuts"},
                                 {recreates, "recreates"},
                                 {grows, "grows"},
                                 {!racks.empty(), "racks"},
                                 {lag, "lag"},
                                 {tls.on, "tls"},
                                 {tls.settings.alerts_per_mille > 0, "tls-alerts"},
                                 {login.on, "login"},
                                 {login.lifetime.count() > 0, "login-runs-out"},
                                 {login.change_percent > 0, "login-changes"},
                                 {transactions_percent > 0, "transactions"},
                                 {faults.reset > 0, "network:reset"},
                                 {faults.refuse > 0, "network:refuse"},
                                 {faults.lose_syn > 0, "network:syn"},
                                 {faults.slow > 0, "network:slow"},
                                 {slow_percent > 0, "slow-application"},
                                 {most_slice < 100, "sliced"}}) {
    if (on) out += std::string(" ") + name;
  }
  for (const ProducerPlan& producer : producers) {
    out += "; producer acks " + std::to_string(static_cast<int>(producer.options.acks)) + " of " +
           std::to_string(producer.records);
    if (producer.options.compression_type == Compression::zstd && without_zstd()) out += ", zstd in vain";
    if (producer.options.max_in_flight) out += ", in flight " + std::to_string(*producer.options.max_in_flight);
  }
  for (const ConsumerPlan& consumer : consumers) {
    out += consumer.fetches ? "; fetcher " : "; consumer ";
    if (consumer.all) out += "of all partitions ";
    out += consumer.batches ? "of batches" : "of messages";
    out += consumer.options.ordering == Ordering::consumer    ? " one by one"
           : consumer.options.ordering == Ordering::partition ? " by partition"
                                                              : " up to " + std::to_string(consumer.options.max_open);
    if (consumer.options.commit_mode == CommitMode::pipelined) out += ", pipelined";
    if (consumer.options.isolation_level == IsolationLevel::read_uncommitted) out += ", uncommitted";
    if (!consumer.options.client_rack.empty()) out += ", rack " + consumer.options.client_rack;
    out += ", commits " + std::to_string(consumer.commit_percent) + " %";
    if (consumer.take_percent > 0) out += ", partitions taken";
  }
  return out;
}

}  // namespace kafka::sim
