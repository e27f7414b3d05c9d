// DevBroker: a cluster whose brokers run on the caller's loop.
#include <kafka/devbroker.hpp>

#include <algorithm>

#include "devbroker/cluster.hpp"
#include "devbroker/fault_text.hpp"
#include "devbroker/node.hpp"
#include "net/uv_reactor.hpp"
#include "protocol/api_key.hpp"

namespace kafka {

namespace {

constexpr int32_t kMaxBrokers = 100;

Error out_of_range(const char* option, const std::string& range) {
  return Error(Errc::invalid_option, std::string(option) + " must be " + range);
}

Error check(const DevBrokerOptions& options) {
  if (options.brokers < 1 || options.brokers > kMaxBrokers) return out_of_range("brokers", "1 to 100");
  if (options.default_partitions < 1 || options.default_partitions > devbroker::Topics::kMaxPartitions) {
    return out_of_range("default_partitions", "1 to 10000");
  }
  if (options.message_max_bytes < 1024) return out_of_range("message_max_bytes", "1024 or more");
  if (options.replication_factor < 1) return out_of_range("replication_factor", "1 or more");
  if (options.failover_time.count() < 0) return out_of_range("failover_time", "0 or more");
  if (options.initial_rebalance_delay.count() < 0) return out_of_range("initial_rebalance_delay", "0 or more");
  if (options.port != 0 && options.port + options.brokers - 1 > UINT16_MAX) {
    return out_of_range("port", "0, or such that port + brokers - 1 is at most 65535");
  }
  if (options.host != "localhost" && !net::is_numeric(options.host)) {
    return out_of_range("host", "a numeric address or localhost");
  }
  if (devbroker::find_profile(options.version) == nullptr) {
    return out_of_range("version", "one of " + devbroker::release_names() + ", or empty");
  }
  return {};
}

devbroker::ClusterOptions cluster_options(const DevBrokerOptions& options) {
  return {.auto_create_topics = options.auto_create_topics,
          .cut_batches = options.cut_batches,
          .default_partitions = options.default_partitions,
          .failover_time = options.failover_time,
          .fetch_sessions = options.fetch_sessions,
          .initial_rebalance_delay = options.initial_rebalance_delay,
          .message_max_bytes = options.message_max_bytes,
          .replication_factor = options.replication_factor};
}

}  // namespace

std::string_view to_string(ApiKey api) {
  const std::string_view name = protocol::known_name(api);
  return name.empty() ? "?" : name;
}

struct DevBroker::Impl {
  Impl(uv_loop_s* loop, const DevBrokerOptions& options)
      : loop(loop), reactor(net::make_uv_reactor(loop)), cluster(cluster_options(options)) {}

  uv_loop_s* loop;
  std::unique_ptr<net::Reactor> reactor;  // null once closed
  devbroker::Cluster cluster;
  std::vector<std::unique_ptr<devbroker::Node>> nodes;
  net::Hold hold;
  Error error;

  void stop() {
    nodes.clear();
    hold.release();
  }
};

DevBroker::DevBroker(uv_loop_s* loop, DevBrokerOptions options) : impl_(std::make_unique<Impl>(loop, options)) {
  impl_->error = check(options);
  if (!impl_->error) impl_->error = impl_->cluster.security().configure(options);
  if (impl_->error) return;
  static_cast<void>(impl_->cluster.releases().as_version(options.version));
  const std::string host = options.host == "localhost" ? "127.0.0.1" : options.host;
  for (int32_t id = 1; id <= options.brokers; ++id) {
    const auto port = static_cast<uint16_t>(options.port == 0 ? 0 : options.port + id - 1);
    impl_->nodes.push_back(
        std::make_unique<devbroker::Node>(impl_->cluster, *impl_->reactor, id, net::Address{host, port}));
    if (Error error = impl_->nodes.back()->start()) {
      impl_->error = std::move(error);
      impl_->nodes.clear();
      return;
    }
  }
  for (size_t i = 0; i < options.racks.size(); ++i)
    impl_->cluster.brokers().set_rack(static_cast<int32_t>(i + 1), options.racks[i]);
  impl_->hold = impl_->reactor->hold();
}

DevBroker::~DevBroker() { impl_->stop(); }

const Error& DevBroker::error() const { return impl_->error; }
std::string DevBroker::bootstrap_servers() const { return impl_->cluster.brokers().bootstrap_servers(); }

uint16_t DevBroker::port(int32_t broker) const {
  const devbroker::BrokerHandle* handle = impl_->cluster.brokers().find(broker);
  return handle == nullptr ? uint16_t{0} : handle->port();
}

void DevBroker::close(Function<void()> done) {
  impl_->stop();
  if (impl_->reactor == nullptr) return;
  // The reactor is destroyed by the last call that it runs. Handles that it leaves on the loop are closing already.
  net::Reactor& reactor = *impl_->reactor;
  reactor.defer([owner = std::move(impl_->reactor), done = std::move(done)]() mutable {
    owner.reset();
    if (done) done();
  });
}

Error DevBroker::create_topic(std::string_view name, int32_t partitions) {
  return impl_->cluster.topics().create(name, partitions);
}
Error DevBroker::delete_topic(std::string_view name) { return impl_->cluster.topics().erase(name); }

Error DevBroker::configure_topic(std::string_view name, DevTopicConfig config) {
  return impl_->cluster.topics().configure(name, config);
}

std::vector<std::string> DevBroker::topics() const {
  std::vector<std::string> names;
  for (const auto& [name, topic] : impl_->cluster.topics().all()) names.push_back(name);
  return names;
}

int64_t DevBroker::append(std::string_view topic, int32_t partition, const Message& message) {
  return impl_->cluster.contents().append(topic, partition, message);
}
int64_t DevBroker::append_transactional(std::string_view topic, int32_t partition, int64_t producer_id,
                                        const std::vector<Message>& messages, Compression codec) {
  return impl_->cluster.transactions().append(topic, partition, producer_id, messages, codec);
}
int64_t DevBroker::end_transaction(std::string_view topic, int32_t partition, int64_t producer_id, TransactionEnd end) {
  return impl_->cluster.transactions().end(topic, partition, producer_id, end);
}
void DevBroker::list_aborted_newest_first(bool on) { impl_->cluster.transactions().set_aborted_newest_first(on); }
std::vector<OwnedMessage> DevBroker::read(std::string_view topic, int32_t partition) const {
  return impl_->cluster.contents().read(topic, partition);
}
int64_t DevBroker::start_offset(std::string_view topic, int32_t partition) const {
  auto found = impl_->cluster.topics().partition(topic, partition);
  return found == nullptr ? -1 : found->log.start_offset();
}
int64_t DevBroker::end_offset(std::string_view topic, int32_t partition) const {
  auto found = impl_->cluster.topics().partition(topic, partition);
  return found == nullptr ? -1 : found->log.end_offset();
}
size_t DevBroker::log_size(std::string_view topic, int32_t partition) const {
  auto found = impl_->cluster.topics().partition(topic, partition);
  return found == nullptr ? 0 : found->log.size();
}
Error DevBroker::truncate_before(std::string_view topic, int32_t partition, int64_t offset) {
  return impl_->cluster.contents().truncate_before(topic, partition, offset);
}
Error DevBroker::truncate_to(std::string_view topic, int32_t partition, int64_t offset) {
  return impl_->cluster.leaders().truncate_to(topic, partition, offset);
}
std::optional<int64_t> DevBroker::committed(std::string_view group, std::string_view topic, int32_t partition) const {
  const auto* found = impl_->cluster.groups().find(group, {std::string(topic), partition});
  return found == nullptr ? std::nullopt : std::optional<int64_t>(found->offset);
}

std::vector<KnownProducer> DevBroker::producers(std::string_view topic, int32_t partition) const {
  return impl_->cluster.transactions().producers(topic, partition);
}
Error DevBroker::forget_producers(std::string_view topic, int32_t partition) {
  return impl_->cluster.transactions().forget_producers(topic, partition);
}
Error DevBroker::set_producer(std::string_view topic, int32_t partition, const KnownProducer& producer) {
  return impl_->cluster.transactions().set_producer(topic, partition, producer);
}
void DevBroker::set_next_producer_epoch(int16_t epoch) { impl_->cluster.producer_ids().set_next_epoch(epoch); }

int32_t DevBroker::leader(std::string_view topic, int32_t partition) const {
  auto found = impl_->cluster.topics().partition(topic, partition);
  return found == nullptr ? -1 : found->leader;
}
int32_t DevBroker::coordinator(std::string_view group) const { return impl_->cluster.coordinators().of(group); }
Error DevBroker::move_leader(std::string_view topic, int32_t partition, int32_t broker) {
  return impl_->cluster.leaders().move(topic, partition, broker);
}
Error DevBroker::move_coordinator(std::string_view group, int32_t broker) {
  return impl_->cluster.coordinators().move(group, broker);
}

void DevBroker::set_rack(int32_t broker, std::string rack) {
  impl_->cluster.brokers().set_rack(broker, std::move(rack));
}
Error DevBroker::set_replica_end(std::string_view topic, int32_t partition, int32_t broker, int64_t offset) {
  return impl_->cluster.leaders().set_replica_end(topic, partition, broker, offset);
}
Error DevBroker::prefer_replica(std::string_view topic, int32_t partition, std::optional<int32_t> broker) {
  return impl_->cluster.leaders().prefer_replica(topic, partition, broker);
}
int64_t DevBroker::fetch_sessions(int32_t broker) const { return impl_->cluster.brokers().fetch_session_count(broker); }
void DevBroker::evict_fetch_sessions(int32_t broker) { impl_->cluster.brokers().evict_fetch_sessions(broker); }

void DevBroker::kill(int32_t broker) { impl_->cluster.brokers().kill(broker); }
void DevBroker::restart(int32_t broker) { impl_->cluster.brokers().restart(broker); }
void DevBroker::pause(int32_t broker) { impl_->cluster.brokers().pause(broker); }
void DevBroker::resume(int32_t broker) { impl_->cluster.brokers().resume(broker); }
bool DevBroker::alive(int32_t broker) const { return impl_->cluster.brokers().alive(broker); }
void DevBroker::disconnect(int32_t broker) { impl_->cluster.brokers().disconnect(broker); }

Fault& DevBroker::on(ApiKey api) { return impl_->cluster.faults().add(api); }
Error DevBroker::add_fault(std::string_view text) {
  devbroker::FaultText fault;
  if (Error wrong = devbroker::FaultText::parse(text, fault)) return wrong;
  fault.apply(on(fault.api));
  return {};
}
void DevBroker::clear_faults() { impl_->cluster.faults().clear(); }
Error DevBroker::as_version(std::string_view release, int32_t broker) {
  return impl_->cluster.releases().as_version(release, broker);
}

int64_t DevBroker::requests(ApiKey api, int32_t broker) const { return impl_->cluster.requests().count(api, broker); }
int64_t DevBroker::accepted_connections(int32_t broker) const {
  return impl_->cluster.brokers().accepted_connections(broker);
}
int64_t DevBroker::open_connections(int32_t broker) const { return impl_->cluster.brokers().open_connections(broker); }
const std::vector<SeenRequest>& DevBroker::seen() const { return impl_->cluster.requests().seen(); }
void DevBroker::clear_seen() { impl_->cluster.requests().clear_seen(); }

bool DevBroker::run_until(Function<bool()> done, std::chrono::milliseconds timeout) {
  return net::run_until(impl_->loop, done, timeout);
}

}  // namespace kafka
