// The public faces of a consumer: Consumer in a group, Fetcher without one.
#include <kafka/consumer.hpp>

#include "consumer/consumer.hpp"
#include "session/access.hpp"

namespace kafka {

Consumer::Consumer(Session& session, std::string group, Partitions partitions, ConsumerOptions options)
    : core_(std::make_shared<consumer::Consumer>(session::Access::core(session), std::move(group), partitions, std::move(options))) {}
Consumer::~Consumer() {
  if (core_ != nullptr) core_->abandon();
}
Consumer::Consumer(Consumer&&) noexcept = default;
Consumer& Consumer::operator=(Consumer&& other) noexcept {
  if (this != &other) {
    if (core_ != nullptr) core_->abandon();
    core_ = std::move(other.core_);
  }
  return *this;
}

Error Consumer::error() const { return core_->error(); }
const ConsumerOptions& Consumer::options() const { return core_->options(); }
void Consumer::consume(MessageCallback on_message, EndCallback on_end) {
  core_->consume({}, std::move(on_message), std::move(on_end));
}
void Consumer::consume(int64_t limit, MessageCallback on_message, EndCallback on_end) {
  core_->consume(limit, std::move(on_message), std::move(on_end));
}
void Consumer::batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  core_->batch_consume(max, std::move(on_batch), std::move(on_end));
}
Error Consumer::pause(const Partitions& partitions) { return core_->pause(partitions, true); }
Error Consumer::resume(const Partitions& partitions) { return core_->pause(partitions, false); }
Error Consumer::seek(TopicOffset to) { return core_->seek(std::move(to)); }
int64_t Consumer::position(std::string_view topic, int32_t partition) const {
  return core_->position(topic, partition);
}
bool Consumer::at_end(std::string_view topic, int32_t partition) const { return core_->at_end(topic, partition); }
void Consumer::on_partition_end(Function<void(const TopicPartition&, int64_t)> handler) {
  core_->on_partition_end(std::move(handler));
}
void Consumer::on_event(Function<void(const Event&)> handler) { core_->on_event(std::move(handler)); }
void Consumer::close(Function<void()> done) { core_->close(std::move(done)); }

Fetcher::Fetcher(Session& session, std::vector<TopicOffset> start, ConsumerOptions options)
    : core_(std::make_shared<consumer::Consumer>(session::Access::core(session), std::move(start), std::move(options))) {}
Fetcher::~Fetcher() {
  if (core_ != nullptr) core_->abandon();
}
Fetcher::Fetcher(Fetcher&&) noexcept = default;
Fetcher& Fetcher::operator=(Fetcher&& other) noexcept {
  if (this != &other) {
    if (core_ != nullptr) core_->abandon();
    core_ = std::move(other.core_);
  }
  return *this;
}

Error Fetcher::error() const { return core_->error(); }
const ConsumerOptions& Fetcher::options() const { return core_->options(); }
void Fetcher::fetch(MessageCallback on_message, EndCallback on_end) {
  core_->consume({}, std::move(on_message), std::move(on_end));
}
void Fetcher::fetch(int64_t limit, MessageCallback on_message, EndCallback on_end) {
  core_->consume(limit, std::move(on_message), std::move(on_end));
}
void Fetcher::batch_fetch(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  core_->batch_consume(max, std::move(on_batch), std::move(on_end));
}
Error Fetcher::pause(const Partitions& partitions) { return core_->pause(partitions, true); }
Error Fetcher::resume(const Partitions& partitions) { return core_->pause(partitions, false); }
Error Fetcher::seek(TopicOffset to) { return core_->seek(std::move(to)); }
int64_t Fetcher::position(std::string_view topic, int32_t partition) const { return core_->position(topic, partition); }
bool Fetcher::at_end(std::string_view topic, int32_t partition) const { return core_->at_end(topic, partition); }
void Fetcher::on_partition_end(Function<void(const TopicPartition&, int64_t)> handler) {
  core_->on_partition_end(std::move(handler));
}
void Fetcher::on_event(Function<void(const Event&)> handler) { core_->on_event(std::move(handler)); }
void Fetcher::close(Function<void()> done) { core_->close(std::move(done)); }

}  // namespace kafka
