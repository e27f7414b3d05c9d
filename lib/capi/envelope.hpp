// The C handle of an envelope.
#pragma once

#include <kafka/c/envelope.h>
#include <kafka/envelope.hpp>

#include <variant>
#include <vector>

#include "capi/ground.hpp"

struct kafka_envelope {
  kafka_envelope(const kafka::capi::Hold& its_ground, kafka::MessageEnvelope message);
  kafka_envelope(const kafka::capi::Hold& its_ground, kafka::BatchEnvelope batch);
  kafka_envelope(const kafka_envelope&) = delete;

  const std::string& topic() const {
    return std::visit([](const auto& each) -> const std::string& { return each.topic(); }, envelope);
  }
  const kafka_message* messages() const { return batch.empty() ? &message : batch.data(); }
  size_t count() const { return batch.empty() ? 1 : batch.size(); }

  const kafka::capi::Hold ground;
  std::variant<kafka::MessageEnvelope, kafka::BatchEnvelope> envelope;
  kafka_message message{};           // of an envelope with one message
  std::vector<kafka_message> batch;  // else
};
