// Behind the public envelopes: the object that takes the answer, and the memory that the views lie in.
// Not here: what an answer does (answers.hpp).
#pragma once

#include <kafka/envelope.hpp>

#include <memory>
#include <vector>

#include "base/bytes.hpp"
#include "records/iterator.hpp"

namespace kafka::consumer {

enum class Answer : uint8_t { commit, ack, cancel, drop };

/// Takes the answers of envelopes. Counted by the envelopes, so that it outlives the consumer.
class EnvelopeOwner {
 public:
  EnvelopeOwner() = default;
  EnvelopeOwner(const EnvelopeOwner&) = delete;
  EnvelopeOwner& operator=(const EnvelopeOwner&) = delete;

  void retain() noexcept { ++references_; }
  void release() noexcept {
    if (--references_ == 0) delete this;
  }

  /// `lost` if the answer does not count any more. Otherwise `done` (of a commit) gets the outcome, later.
  virtual Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) = 0;
  /// As answer(ticket, Answer::ack): the one that millions a second may give.
  virtual Error ack(uint64_t ticket) = 0;
  /// Memory that envelopes kept has been given back.
  virtual void freed() {}

 protected:
  virtual ~EnvelopeOwner() = default;

 private:
  uint32_t references_ = 1;
};

/// Shared by the envelopes of one batch: allocated once per batch, not per message.
struct EnvelopeParts : EnvelopeCount {
  EnvelopeParts(EnvelopeOwner& home_of, std::shared_ptr<const std::string> topic_name)
      : home(&home_of), topic(std::move(topic_name)) {
    home->retain();
  }
  ~EnvelopeParts() {
    if (charge != nullptr) {
      charge.reset();
      more_charges.clear();
      home->freed();
    }
    home->release();
  }
  EnvelopeParts(const EnvelopeParts&) = delete;
  EnvelopeParts& operator=(const EnvelopeParts&) = delete;

  void retain() noexcept { ++references; }
  void release() noexcept {
    if (--references == 0) destroy();
  }
  /// Out of line, since almost no release() needs it.
  [[gnu::noinline]] void destroy() noexcept { delete this; }

  EnvelopeOwner* home;  ///< counted
  std::shared_ptr<const std::string> topic;
  Bytes bytes;
  std::shared_ptr<const void> charge;  ///< the account that the bytes are charged to, null if to none
  std::vector<Bytes> more;             ///< of a BatchEnvelope that spans several batches
  std::vector<std::shared_ptr<const void>> more_charges;
};

struct EnvelopeAccess {
  static MessageEnvelope message(EnvelopeParts& parts, uint64_t ticket, int32_t partition,
                                 const records::RecordView& record) {
    MessageEnvelope envelope;
    attach(envelope, parts, ticket, partition);
    envelope.message_ = record;
    return envelope;
  }
  static void batch(BatchEnvelope& envelope, EnvelopeParts& parts, uint64_t ticket, int32_t partition,
                    std::vector<MessageView> items) {
    attach(envelope, parts, ticket, partition);
    envelope.items_ = std::move(items);
  }

  static void attach(EnvelopeHold& envelope, EnvelopeParts& parts, uint64_t ticket, int32_t partition) {
    parts.retain();
    envelope.owner_ = parts.home;
    envelope.parts_ = &parts;
    envelope.topic_ = parts.topic.get();
    envelope.ticket_ = ticket;
    envelope.partition_ = partition;
  }
  static Error answer(EnvelopeHold& envelope, Answer answer, std::string_view metadata, Function<void(Error)> done);
  static Error ack(EnvelopeHold& envelope);
};

}  // namespace kafka::consumer
