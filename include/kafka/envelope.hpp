// Envelopes: a consumer hands out messages in them, and the application must answer each before the next one comes.
//
// Threads. The bytes that an envelope shows (key, value, raw headers, the items of a batch) never change while it
// lives, and any thread may read them, headers() and detach() included. Everything else belongs to the loop's thread:
// an envelope is moved, answered and destroyed there. So a worker thread gets a pointer to an envelope that stays where
// it is, or a detach()ed copy, and sends its result back with Session::post(); the answer is given there.
//
// Destruction. An envelope may outlive its consumer and its session, and its bytes stay valid. Its answer is `lost`
// then. Bytes and topic name are counted without atomics, so the last envelope of a batch must be destroyed on the
// loop's thread too.
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kafka {

namespace consumer {
class EnvelopeOwner;
struct EnvelopeAccess;

/// How many hold the memory that the views of envelopes point to: the envelopes of a batch, and the consumer while it
/// reads that batch.
struct EnvelopeCount {
  uint32_t references = 1;
};
}  // namespace consumer

/// A message that owns its bytes; see MessageEnvelope::detach().
struct OwnedMessage {
  std::string topic = {};
  int32_t partition = 0;
  int64_t offset = 0;
  int64_t timestamp = -1;
  TimestampType timestamp_type = TimestampType::none;
  std::optional<std::string> key = {};
  std::optional<std::string> value = {};
  std::vector<std::pair<std::string, std::optional<std::string>>> headers = {};
};

/// A record, as it lies in the fetched batch. Its views are valid as long as its envelope. A null key or value is a
/// view whose data() is null.
struct MessageView {
  int64_t offset = 0;
  int64_t timestamp = -1;  ///< milliseconds since 1970; -1 if the record has none
  TimestampType timestamp_type = TimestampType::none;
  std::string_view key = {};
  std::string_view value = {};
  std::string_view raw_headers = {};
  int32_t header_count = 0;

  /// Parses the headers on each call. They have the record's order, and keys may repeat.
  UVKAFKA_API std::vector<Header> headers() const;
};

namespace consumer {

/// What an envelope of either kind holds: who takes its answer, and the memory that its views point to.
class UVKAFKA_API EnvelopeHold {
 protected:
  EnvelopeHold() noexcept = default;
  EnvelopeHold(EnvelopeHold&& other) noexcept
      : owner_(std::exchange(other.owner_, nullptr)),
        parts_(std::exchange(other.parts_, nullptr)),
        topic_(std::exchange(other.topic_, &no_topic_)),
        ticket_(other.ticket_),
        partition_(other.partition_) {}
  EnvelopeHold& operator=(EnvelopeHold&& other) noexcept {
    if (this == &other) return *this;
    if (parts_ != nullptr) drop();
    owner_ = std::exchange(other.owner_, nullptr);
    parts_ = std::exchange(other.parts_, nullptr);
    topic_ = std::exchange(other.topic_, &no_topic_);
    ticket_ = other.ticket_;
    partition_ = other.partition_;
    return *this;
  }
  ~EnvelopeHold() {
    if (parts_ == nullptr) return;
    if (owner_ == nullptr && parts_->references > 1) {
      --parts_->references;  // nearly every envelope: it is answered, and others of its batch are left
    } else {
      drop();
    }
  }

  EnvelopeOwner* owner_ = nullptr;  // null once answered; kept by the parts
  EnvelopeCount* parts_ = nullptr;  // counted: keeps topic name and bytes
  const std::string* topic_ = &no_topic_;
  uint64_t ticket_ = 0;
  int32_t partition_ = -1;

 private:
  friend struct EnvelopeAccess;

  void drop() noexcept;

  static const std::string no_topic_;
};

}  // namespace consumer

/// One message. It is open until you answer it: commit, ack or cancel. It is move-only. You may keep it and answer it
/// at any later time on the loop's thread. If its consumer is gone by then, or its topic was deleted and made anew, the
/// answer is `lost`. An envelope that is destroyed without an answer ends the consumption with envelope_dropped, unless
/// its answer would have been `lost`. One that gets no answer holds everything up that waits for it; after 10 s the log
/// names it, once for each consumer.
///
/// With `Ordering::unordered`, many envelopes are open and may be answered in any order:
/// - A commit stores its offset when every message below it in its partition is answered, by ack or by commit. So no
///   stored offset is ahead of an open envelope.
/// - Several commits that become due together are stored as one, with the offset and metadata of the newest. Each
///   `done` runs when that one is confirmed.
/// - cancel(), a dropped envelope, a commit that fails for good, seek() and resets take back every message of the
///   partition that was dispatched from there on. These messages come again (after seek() only if they lie behind the
///   new position). Commits that waited among them end with `lost`. Later answers say `lost` and change nothing.
/// - Behind an envelope that stays open, its partition goes on for 65,536 messages and then waits for it.
class UVKAFKA_API MessageEnvelope : private consumer::EnvelopeHold {
 public:
  MessageEnvelope() noexcept = default;
  MessageEnvelope(MessageEnvelope&& other) noexcept : EnvelopeHold(std::move(other)), message_(other.message_) {
    other.forget_views();
  }
  MessageEnvelope& operator=(MessageEnvelope&& other) noexcept {
    EnvelopeHold::operator=(std::move(other));
    if (this != &other) {
      message_ = other.message_;
      other.forget_views();
    }
    return *this;
  }
  ~MessageEnvelope() = default;

  const std::string& topic() const noexcept { return *topic_; }
  int32_t partition() const noexcept { return partition_; }
  int64_t offset() const noexcept { return message_.offset; }
  int64_t timestamp() const noexcept { return message_.timestamp; }
  TimestampType timestamp_type() const noexcept { return message_.timestamp_type; }
  /// data() is null for a null key or value. The views are valid as long as the envelope.
  std::string_view key() const noexcept { return message_.key; }
  std::string_view value() const noexcept { return message_.value; }
  std::vector<Header> headers() const { return message_.headers(); }
  /// All of it, with the headers as they lie in the record. Valid as long as the envelope, and not moved.
  const MessageView& view() const noexcept { return message_; }
  /// A copy that owns its bytes.
  OwnedMessage detach() const;

  /// Stores offset + 1 in the group, or what lies behind that if it is known to hold no message (transaction markers,
  /// aborted and compacted records). If that turns out only later, and nothing was dispatched since, one further commit
  /// moves the group's offset on by itself, at most one a second. It is never beyond a message that was not answered.
  /// The next message comes when the broker has confirmed that, or at once with `CommitMode::pipelined`. With
  /// `unordered` and `confirmed`, the envelope counts as one of `max_open` until then.
  /// @param metadata  is stored with the offset.
  /// @param done      gets no error when the commit is confirmed, or the reason why it was not stored. A commit that
  ///                  fails for good ends the consumption. With `pipelined` or `unordered`, the commit of a later
  ///                  message may confirm this one. `closed` if the consumer closed while a message below this one was
  ///                  open.
  ///                  `lost` if the position was set back (by seek(), or by a commit that failed) and a lower commit
  ///                  took its place before it was sent.
  ///                  `offset_out_of_range` if the log lost this message before the commit was confirmed (an unclean
  ///                  election): what is stored then ends where the log was cut, and the consumption goes on.
  /// @return already_answered (nothing changes; also of an envelope that was moved from), lost, or closed (the deadline
  ///         of close() has passed). Then `done` is destroyed uncalled before this returns.
  Error commit(std::string_view metadata = {}, Function<void(Error)> done = {});
  /// Moves on and stores nothing, neither now nor in close(). The commit of a later message covers this one.
  Error ack();
  /// Ends the consumption: nothing more is dispatched, and `on_end` runs. In the next consumption, this message is the
  /// first of its partition.
  /// @return already_answered, or lost: then the consumption goes on.
  Error cancel();

  /// True also for one that was moved from.
  bool answered() const noexcept { return owner_ == nullptr; }

 private:
  friend struct consumer::EnvelopeAccess;

  // The bytes belong to another envelope now.
  void forget_views() noexcept {
    message_.key = message_.value = message_.raw_headers = {};
    message_.header_count = 0;
  }

  MessageView message_ = {};
};

/// 1 to `max` records of one partition, in order. One answer is for all of them.
class UVKAFKA_API BatchEnvelope : private consumer::EnvelopeHold {
 public:
  const std::string& topic() const noexcept { return *topic_; }
  int32_t partition() const noexcept { return partition_; }
  /// The views are valid as long as the envelope.
  const std::vector<MessageView>& items() const noexcept { return items_; }
  size_t size() const noexcept { return items_.size(); }
  std::vector<OwnedMessage> detach() const;

  /// As those of MessageEnvelope, for all items: commit stores what lies behind the last item.
  Error commit(std::string_view metadata = {}, Function<void(Error)> done = {});
  Error ack();
  Error cancel();

  bool answered() const noexcept { return owner_ == nullptr; }

 private:
  friend struct consumer::EnvelopeAccess;

  std::vector<MessageView> items_ = {};
};

}  // namespace kafka
