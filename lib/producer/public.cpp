// The public face of a producer.
#include <kafka/producer.hpp>

#include <algorithm>
#include <utility>

#include "base/topic_name.hpp"
#include "producer/core.hpp"
#include "session/access.hpp"

namespace kafka {

Producer::Producer(Session& session, ProducerOptions options)
    : core_(std::make_shared<producer::Core>(session::Access::core(session), std::move(options))) {}
Producer::~Producer() { core_->abandon(); }
Producer::Producer(Producer&& other) noexcept : core_(std::exchange(other.core_, other.core_->moved_from())) {}
Producer& Producer::operator=(Producer&& other) noexcept {
  if (this != &other) {
    core_->abandon();
    core_ = std::exchange(other.core_, other.core_->moved_from());
  }
  return *this;
}

std::string_view Topic::name() const noexcept {
  return handle_ != nullptr ? std::string_view(handle_->name) : std::string_view();
}
Error Topic::error() const { return check_topic_name(name()); }

Error Producer::error() const { return core_->error(); }
const ProducerOptions& Producer::options() const { return core_->options(); }
Error Producer::send(const Record& record, DeliveryCallback done) { return core_->send(record, std::move(done)); }
Error Producer::send(const Record& record, uint64_t token) { return core_->send(record, producer::Receipt(token)); }
Error Producer::send(const Topic& topic, const Record& record, DeliveryCallback done) {
  return core_->send(topic.handle_.get(), record, std::move(done));
}
Error Producer::send(const Topic& topic, const Record& record, uint64_t token) {
  return core_->send(topic.handle_.get(), record, token);
}
Topic Producer::topic(std::string_view name) { return Topic(core_->handle(name)); }
void Producer::on_delivery(DeliveryHandler handler) { core_->on_delivery(std::move(handler)); }
void Producer::produce(std::vector<ProduceEnvelope> envelopes, Function<void(ProduceResult)> done) {
  core_->produce(std::move(envelopes), std::move(done));
}
void Producer::flush(Function<void()> done) { core_->flush(std::move(done)); }
void Producer::abort() { core_->cancel_all(); }
void Producer::on_drain(Function<void()> handler) { core_->on_drain(std::move(handler)); }
void Producer::set_partitioner(PartitionerFunction partitioner) { core_->set_partitioner(std::move(partitioner)); }
bool Producer::would_block(const Record& record) { return core_->would_block(record, record.topic); }
bool Producer::would_block(const Topic& topic, const Record& record) {
  return core_->would_block(topic.handle_.get(), record);
}
Error Producer::when_room(size_t bytes, Function<void()> fn) { return core_->when_room(bytes, std::move(fn)); }
size_t Producer::queued() const { return core_->queued(); }
size_t Producer::queued_bytes() const { return core_->queued_bytes(); }
void Producer::close(Function<void()> done) { close(core_->longest_close(), std::move(done)); }
void Producer::close(std::chrono::milliseconds deadline, Function<void()> done) {
  constexpr std::chrono::milliseconds kForever = std::chrono::hours(24 * 365);
  core_->close(std::min(deadline, kForever), std::move(done));
}

}  // namespace kafka
