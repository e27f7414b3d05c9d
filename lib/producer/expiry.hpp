// Records whose delivery_timeout has passed, wherever they are: parked, in a batch, or in a request under way.
// Not here: the reports (reports.cpp).
#pragma once

#include "producer/accumulator.hpp"
#include "producer/alarm.hpp"
#include "producer/requests.hpp"
#include "producer/send_queue.hpp"

namespace kafka::producer {

/// Owns the alarm for the oldest record.
class Expiry {
 public:
  Expiry(session::Core& session, const ProducerOptions& options, Accumulator& accumulator, Requests& requests,
         SendQueue& queue, Reports& reports);

  /// There is a record that has to have an outcome by then.
  void by(net::TimePoint deadline) { alarm_.by(deadline); }
  void stop() { alarm_.cancel(); }

 private:
  void expire();
  void expire_requests(net::TimePoint now, net::TimePoint& next);
  void expire_parked(Topic& topic, net::TimePoint now, net::TimePoint& next);
  void expire_partition(Partition& partition, net::TimePoint now, net::TimePoint& next);
  std::string why(const Partition& partition) const;
  static std::string setback(const Partition& partition);

  session::Core& session_;
  const ProducerOptions& options_;
  Accumulator& accumulator_;
  Requests& requests_;
  SendQueue& queue_;
  Reports& reports_;
  Alarm alarm_;
};

}  // namespace kafka::producer
