// The C handle of an envelope.
#pragma once

#include <kafka/c/envelope.h>
#include <kafka/envelope.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "capi/bytes.hpp"
#include "capi/ground.hpp"

// Nearly every envelope is answered and freed inside the callback that gets it. So during that callback the handle of
// a single message only points to the envelope of the C++ API, on the stack of whoever calls. If the handle is there
// still when the callback returns, it takes the envelope over (keep()). What other threads may read is copied at once,
// and does not change then.
struct kafka_envelope {
  /// For the time of a callback. One comes with each message: it is made where the last one was.
  static kafka_envelope* lend(kafka::capi::Ground& its_ground, kafka::MessageEnvelope& envelope) {
    return ::new (its_ground.slot<kafka_envelope>()) kafka_envelope(its_ground, envelope);
  }
  static kafka_envelope* make(kafka::capi::Ground& its_ground, kafka::BatchEnvelope&& batch) {
    return ::new (its_ground.spares().take<kafka_envelope>()) kafka_envelope(its_ground, std::move(batch));
  }
  kafka_envelope(const kafka_envelope&) = delete;
  /// Its callback is under way.
  bool lent() const { return ground->lent() == this; }
  /// The callback has returned, and the program has the handle still.
  void keep() {
    ground->give_slot();
    one = &own.emplace(*ground, std::move(*one)).envelope;
  }
  /// The ground is kept by the call that frees it, or by the callback.
  void free() {
    kafka::capi::Ground& its_ground = *ground;
    if (lent()) [[likely]] {
      its_ground.set_lent(nullptr);
      if (!one->answered()) [[unlikely]] {
        const kafka::MessageEnvelope dropped(std::move(*one));  // here, and not when the callback returns
      }
      return;
    }
    this->~kafka_envelope();
    its_ground.spares().put(this);
  }

  /// Calls `body` with the envelope of either kind.
  template <class Body>
  decltype(auto) with(Body body) {
    return many == nullptr ? body(*one) : body(many->envelope);
  }
  template <class Body>
  decltype(auto) with(Body body) const {
    return many == nullptr ? body(std::as_const(*one)) : body(std::as_const(many->envelope));
  }

  struct Many {
    Many(kafka::capi::Ground& its_ground, kafka::BatchEnvelope&& its_envelope)
        : ground(its_ground), envelope(std::move(its_envelope)) {}
    const kafka::capi::Hold ground;
    kafka::BatchEnvelope envelope;
    std::unique_ptr<kafka_message[]> messages;
  };
  struct Own {
    Own(kafka::capi::Ground& its_ground, kafka::MessageEnvelope&& its_envelope)
        : ground(its_ground), envelope(std::move(its_envelope)) {}
    const kafka::capi::Hold ground;
    kafka::MessageEnvelope envelope;
  };
  kafka::capi::Ground* const ground;      // kept by the callback, by `many` or by `own`
  kafka::MessageEnvelope* one = nullptr;  // null in a batch
  std::unique_ptr<Many> many;
  const kafka_message* messages = &message;
  size_t count = 1;
  const std::string* topic;
  int32_t partition;
  kafka_message message;   // of `one`
  std::optional<Own> own;  // once it is kept

 private:
  kafka_envelope(kafka::capi::Ground& its_ground, kafka::MessageEnvelope& lent)
      : ground(&its_ground), one(&lent), topic(&lent.topic()), partition(lent.partition()) {
    to_c(lent.view(), message);
  }
  kafka_envelope(kafka::capi::Ground& its_ground, kafka::BatchEnvelope&& batch);
  ~kafka_envelope() = default;
  static void to_c(const kafka::MessageView& view, kafka_message& message) {
    message.size = sizeof(message);
    message.offset = view.offset;
    message.timestamp = view.timestamp;
    message.key = kafka::capi::bytes(view.key);
    message.value = kafka::capi::bytes(view.value);
    message.raw_headers = kafka::capi::bytes(view.raw_headers);
    message.header_count = view.header_count;
    message.timestamp_type = static_cast<int32_t>(view.timestamp_type);
  }
};
