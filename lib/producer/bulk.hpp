// The result of one produce() call: many messages, one report.
// Not here: how the messages are sent (core.cpp).
#pragma once

#include <kafka/producer.hpp>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "session/core.hpp"

namespace kafka::producer {

/// One message as send() knows it. Its views are valid as long as both.
Record record_of(const ProduceEnvelope& envelope, const Message& message);

/// Owns the result while messages of the call have no outcome. It lives in the callbacks of the messages.
class Bulk {
 public:
  struct Part {
    ProduceResult::Partition result;
    bool begun = false;  ///< its first message was handed over
    bool reported = false;
  };

  Bulk(session::Core& session, session::Lane lane, Function<void(ProduceResult)> done)
      : session_(session), lane_(std::move(lane)), done_(std::move(done)) {}

  /// The part for the partition of an envelope.
  Part& part(const ProduceEnvelope& envelope);
  /// One more message of the part; what this returns gets its report.
  static DeliveryCallback begin(const std::shared_ptr<Bulk>& bulk, Part& part);
  /// An outcome of something in the part.
  void settle(Part& part, const Error& error, Persistence persistence);
  /// One of those that the call waits for has ended; the last one calls back.
  void end_one();

 private:
  session::Core& session_;
  session::Lane lane_;
  Function<void(ProduceResult)> done_;
  std::map<std::pair<std::string, int32_t>, Part> parts_;
  std::vector<Error> errors_;
  size_t left_ = 1;  // messages, and one until all of them are handed over
};

}  // namespace kafka::producer
