// The batches of a request in the form that the leader understands: record batches since 0.11, message sets before.
// Not here: which batches go into a request (sender.cpp), the formats (records/message_set.hpp).
#pragma once

#include "producer/idempotence.hpp"
#include "producer/requests.hpp"
#include "protocol/produce.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Fills Produce messages once the version is negotiated, and notes what that version says about the leader.
class RequestWriter {
 public:
  RequestWriter(session::Core& session, const ProducerOptions& options, Idempotence& idempotence)
      : session_(session), options_(options), idempotence_(idempotence) {}

  /// Batches that do not fit this version are left out, and say so (SentBatch::unfit). Fails if none is left.
  Error write(Request& request, protocol::ProduceRequest& message, int16_t version);

 private:
  bool check(const Request& request, SentBatch& sent, int16_t version);
  bool convert(SentBatch& sent, int16_t version, Bytes& records);

  session::Core& session_;
  const ProducerOptions& options_;
  Idempotence& idempotence_;
};

}  // namespace kafka::producer
