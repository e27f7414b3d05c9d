// The public envelopes: moving, answering, dropping, copying out.
#include "consumer/envelope.hpp"

namespace kafka {
namespace consumer {
namespace {

std::optional<std::string> owned(std::string_view view) {
  if (view.data() == nullptr) return {};
  return std::string(view);
}

OwnedMessage owned(const std::string& topic, int32_t partition, const MessageView& view) {
  OwnedMessage message;
  message.topic = topic;
  message.partition = partition;
  message.offset = view.offset;
  message.timestamp = view.timestamp;
  message.timestamp_type = view.timestamp_type;
  message.key = owned(view.key);
  message.value = owned(view.value);
  for (const Header& header : view.headers()) message.headers.emplace_back(header.key, owned(header.value));
  return message;
}

}  // namespace

Error EnvelopeAccess::answer(EnvelopeHold& envelope, Answer answer, std::string_view metadata,
                             Function<void(Error)> done) {
  EnvelopeOwner* const owner = std::exchange(envelope.owner_, nullptr);
  if (owner == nullptr) return Error(Errc::already_answered);
  return owner->answer(envelope.ticket_, answer, metadata, std::move(done));
}

Error EnvelopeAccess::ack(EnvelopeHold& envelope) {
  EnvelopeOwner* const owner = std::exchange(envelope.owner_, nullptr);
  return owner != nullptr ? owner->ack(envelope.ticket_) : Error(Errc::already_answered);
}

const std::string EnvelopeHold::no_topic_;

// The parts go last: they keep the owner, and the views must not dangle meanwhile.
void EnvelopeHold::drop() noexcept {
  if (owner_ != nullptr) std::exchange(owner_, nullptr)->answer(ticket_, Answer::drop, {}, {});
  static_cast<EnvelopeParts*>(std::exchange(parts_, nullptr))->release();
}

}  // namespace consumer

using consumer::Answer;
using consumer::EnvelopeAccess;

std::vector<Header> MessageView::headers() const {
  std::vector<Header> all;
  if (header_count <= 0) return all;
  all.reserve(static_cast<size_t>(header_count));
  records::HeaderIterator iterator(raw_headers, header_count);
  Header header;
  while (iterator.next(header)) all.push_back(header);
  return all;
}

OwnedMessage MessageEnvelope::detach() const { return consumer::owned(topic(), partition_, message_); }
Error MessageEnvelope::commit(std::string_view metadata, Function<void(Error)> done) {
  return EnvelopeAccess::answer(*this, Answer::commit, metadata, std::move(done));
}
Error MessageEnvelope::ack() { return EnvelopeAccess::ack(*this); }
Error MessageEnvelope::cancel() { return EnvelopeAccess::answer(*this, Answer::cancel, {}, {}); }

std::vector<OwnedMessage> BatchEnvelope::detach() const {
  std::vector<OwnedMessage> all;
  all.reserve(items_.size());
  for (const MessageView& item : items_) all.push_back(consumer::owned(topic(), partition_, item));
  return all;
}
Error BatchEnvelope::commit(std::string_view metadata, Function<void(Error)> done) {
  return EnvelopeAccess::answer(*this, Answer::commit, metadata, std::move(done));
}
Error BatchEnvelope::ack() { return EnvelopeAccess::ack(*this); }
Error BatchEnvelope::cancel() { return EnvelopeAccess::answer(*this, Answer::cancel, {}, {}); }

}  // namespace kafka
