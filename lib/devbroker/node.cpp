// One broker (see node.hpp).
#include "devbroker/node.hpp"

#include "devbroker/connection.hpp"
#include "net/tls_stream.hpp"

namespace kafka::devbroker {

Node::Node(Cluster& cluster, net::Reactor& reactor, int32_t id, net::Address listen, std::string advertised_host)
    : cluster_(cluster),
      reactor_(reactor),
      id_(id),
      address_(std::move(listen)),
      advertised_host_(advertised_host.empty() ? address_.ip : std::move(advertised_host)) {
  cluster_.brokers().add(id_, *this);
}

Node::~Node() {
  stop();
  cluster_.brokers().remove(id_);
}

Error Node::start() {
  if (listener_ != nullptr) return {};
  Error error;
  net::AcceptCallback on_accept = [this](std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
    accept(std::move(stream), handler);
  };
  if (const auto& tls = cluster_.security().tls()) on_accept = net::tls_accept(reactor_, tls, std::move(on_accept));
  listener_ = reactor_.listen(address_, std::move(on_accept), error);
  if (listener_ == nullptr && !error) error = Errc::connect_failed;
  if (error) {
    listener_.reset();
    return error;
  }
  address_.port = listener_->local().port;
  return {};
}

void Node::stop() {
  listener_.reset();
  paused_ = false;
  disconnect_all();
}

void Node::disconnect_all() {
  while (!connections_.empty()) connections_.begin()->second->close();
}

void Node::set_paused(bool paused) {
  if (paused_ == paused) return;
  paused_ = paused;
  std::vector<int64_t> numbers;
  for (const auto& [number, connection] : connections_) numbers.push_back(number);
  for (int64_t number : numbers) {
    if (auto at = connections_.find(number); at != connections_.end()) at->second->pause_changed();
  }
}

void Node::accept(std::unique_ptr<net::Stream> stream, net::StreamHandler*& handler) {
  ++accepted_;
  const int64_t number = cluster_.brokers().next_connection_number();
  auto connection = std::make_unique<Connection>(*this, std::move(stream), number);
  handler = connection.get();
  connections_.emplace(number, std::move(connection));
}

void Node::retire(int64_t number) {
  auto at = connections_.find(number);
  if (at == connections_.end()) return;
  if (retired_.empty()) reactor_.defer(scope_.wrap([this] { retired_.clear(); }));
  retired_.push_back(std::move(at->second));
  connections_.erase(at);
}

}  // namespace kafka::devbroker
