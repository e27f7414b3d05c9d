// The C handle of an envelope.
#pragma once

#include <kafka/c/envelope.h>
#include <kafka/envelope.hpp>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

#include "capi/ground.hpp"

struct kafka_envelope {
  /// One comes with each message: it is made in memory that an earlier one has left.
  template <class Envelope>
  static kafka_envelope* make(const kafka::capi::Hold& its_ground, Envelope&& envelope) {
    return ::new (its_ground->spares().take<kafka_envelope>()) kafka_envelope(its_ground, std::move(envelope));
  }
  kafka_envelope(const kafka_envelope&) = delete;
  /// The ground is kept by the call that frees it.
  void free() {
    kafka::capi::Spares& spares = ground->spares();
    this->~kafka_envelope();
    spares.put(this);
  }

  /// Calls `body` with the envelope of either kind.
  template <class Body>
  decltype(auto) with(Body body) {
    return many == nullptr ? body(one) : body(many->envelope);
  }
  template <class Body>
  decltype(auto) with(Body body) const {
    return many == nullptr ? body(one) : body(std::as_const(many->envelope));
  }
  const kafka_message* messages() const { return many == nullptr ? &message : many->messages.get(); }

  struct Many {
    kafka::BatchEnvelope envelope;
    std::unique_ptr<kafka_message[]> messages;
  };
  const kafka::capi::Hold ground;
  kafka::MessageEnvelope one;  // empty in a batch
  std::unique_ptr<Many> many;
  size_t count = 1;
  kafka_message message;  // of `one`

 private:
  kafka_envelope(const kafka::capi::Hold& its_ground, kafka::MessageEnvelope&& message);
  kafka_envelope(const kafka::capi::Hold& its_ground, kafka::BatchEnvelope&& batch);
  ~kafka_envelope() = default;
};
