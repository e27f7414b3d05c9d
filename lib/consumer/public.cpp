// The public faces of a reader: Consumer in a group, Fetcher without one.
#include <kafka/consumer.hpp>

#include <utility>

#include "consumer/reader.hpp"
#include "session/access.hpp"

namespace kafka {

using consumer::Reader;

namespace {

Error refusal_of_member(Reader& reader) {
  if (Error refused = reader.refusal()) return refused;
  return reader.member() != nullptr ? Error() : Error(Errc::invalid_argument, "this consumer is no member of a group");
}

}  // namespace

PartitionReader::PartitionReader(std::shared_ptr<Reader> reader) noexcept : reader_(std::move(reader)) {}
PartitionReader::~PartitionReader() { reader_->abandon(); }
PartitionReader::PartitionReader(PartitionReader&& other) noexcept
    : reader_(std::exchange(other.reader_, other.reader_->moved_from())) {}
PartitionReader& PartitionReader::operator=(PartitionReader&& other) noexcept {
  if (this != &other) {
    reader_->abandon();
    reader_ = std::exchange(other.reader_, other.reader_->moved_from());
  }
  return *this;
}

Error PartitionReader::error() const { return reader_->error(); }
const ConsumerOptions& PartitionReader::options() const { return reader_->options(); }
Error PartitionReader::pause(const Partitions& partitions) { return reader_->pause(partitions, true); }
Error PartitionReader::resume(const Partitions& partitions) { return reader_->pause(partitions, false); }
Error PartitionReader::pause() { return reader_->pause_all(true); }
Error PartitionReader::resume() { return reader_->pause_all(false); }
Partitions PartitionReader::partitions() const { return reader_->roster().partitions(); }
Error PartitionReader::seek(TopicOffset to) { return reader_->seek(std::move(to)); }
int64_t PartitionReader::position(std::string_view topic, int32_t partition) const {
  return reader_->position(topic, partition);
}
bool PartitionReader::at_end(std::string_view topic, int32_t partition) const {
  return reader_->at_end(topic, partition);
}
void PartitionReader::on_partition_end(Function<void(const TopicPartition&, int64_t)> handler) {
  reader_->handlers().on_end(std::move(handler));
}
void PartitionReader::on_event(Function<void(const Event&)> handler) {
  reader_->handlers().on_event(std::move(handler));
}
void PartitionReader::stop(Function<void()> done) { reader_->stop(std::move(done)); }
void PartitionReader::close(Function<void()> done) { reader_->close(std::move(done)); }

Consumer::Consumer(Session& session, std::string group, Partitions partitions, ConsumerOptions options)
    : PartitionReader(
          std::make_shared<Reader>(session::Access::core(session), std::move(group), partitions, std::move(options))) {}
Consumer::Consumer(Session& session, std::string group, AllPartitions all, ConsumerOptions options)
    : PartitionReader(std::make_shared<Reader>(session::Access::core(session), std::move(group), std::move(all),
                                               std::move(options))) {}
Consumer::Consumer(Session& session, std::string group, Topics topics, ConsumerOptions options)
    : PartitionReader(std::make_shared<Reader>(session::Access::core(session), std::move(group), std::move(topics),
                                               std::move(options))) {}
Consumer::Consumer(Session& session, std::string group, TopicPattern pattern, ConsumerOptions options)
    : PartitionReader(std::make_shared<Reader>(session::Access::core(session), std::move(group), std::move(pattern),
                                               std::move(options))) {}
void Consumer::consume(MessageCallback on_message, EndCallback on_end) {
  reader_->consume({}, std::move(on_message), std::move(on_end));
}
void Consumer::consume(int64_t limit, MessageCallback on_message, EndCallback on_end) {
  reader_->consume(limit, std::move(on_message), std::move(on_end));
}
void Consumer::batch_consume(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  reader_->batch_consume(max, std::move(on_batch), std::move(on_end));
}

Error Consumer::subscribe(Topics topics) {
  Error refused = refusal_of_member(*reader_);
  return refused ? refused : reader_->member()->subscribe(std::move(topics));
}
Error Consumer::subscribe(TopicPattern pattern) {
  Error refused = refusal_of_member(*reader_);
  return refused ? refused : reader_->member()->subscribe(pattern);
}
Error Consumer::rebalance(std::string reason) {
  Error refused = refusal_of_member(*reader_);
  return refused ? refused : reader_->member()->rebalance(std::move(reason));
}
GroupView Consumer::group() const { return reader_->member() != nullptr ? reader_->member()->view() : GroupView(); }
void Consumer::on_assigned(Function<void(const Partitions&)> handler) {
  if (reader_->member() != nullptr) reader_->member()->handlers().on_assigned = std::move(handler);
}
void Consumer::on_revoking(Function<void(const Partitions&, std::chrono::milliseconds)> handler) {
  if (reader_->member() != nullptr) reader_->member()->handlers().on_revoking = std::move(handler);
}
void Consumer::on_revoked(Function<void(Revocation)> handler) {
  if (reader_->member() != nullptr) reader_->member()->handlers().on_revoked = std::move(handler);
}
void Consumer::on_lost(Function<void(const Partitions&, const Error&)> handler) {
  if (reader_->member() != nullptr) reader_->member()->handlers().on_lost = std::move(handler);
}
void Consumer::close(Leaving leaving, Function<void()> done) { reader_->close(std::move(done), leaving); }

Fetcher::Fetcher(Session& session, std::vector<TopicOffset> start, ConsumerOptions options)
    : PartitionReader(std::make_shared<Reader>(session::Access::core(session), std::move(start), std::move(options))) {}
Fetcher::Fetcher(Session& session, AllPartitions all, ConsumerOptions options)
    : PartitionReader(
          std::make_shared<Reader>(session::Access::core(session), std::nullopt, std::move(all), std::move(options))) {}
void Fetcher::fetch(MessageCallback on_message, EndCallback on_end) {
  reader_->consume({}, std::move(on_message), std::move(on_end));
}
void Fetcher::fetch(int64_t limit, MessageCallback on_message, EndCallback on_end) {
  reader_->consume(limit, std::move(on_message), std::move(on_end));
}
void Fetcher::batch_fetch(int32_t max, BatchCallback on_batch, EndCallback on_end) {
  reader_->batch_consume(max, std::move(on_batch), std::move(on_end));
}

}  // namespace kafka
