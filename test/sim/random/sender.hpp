// The application's side of a producer. It sends in bursts, one by one and in bulk, from its own timer and from inside
// callbacks, and waits while the queue is full.
#pragma once

#include "random/run.hpp"

namespace kafka::sim {

class Sender {
 public:
  Sender(Run& run, const ProducerPlan& plan, size_t index);
  ~Sender();

  bool finished() const { return stopped_ || sent_ >= plan_.records; }
  /// Sends one record to each partition, to see that everything works again.
  void probe();
  bool probes_done() const;
  void judge_probes() const;
  void stop();
  /// Closes the producer and calls `done` after that.
  void close();
  bool closed() const { return closed_; }
  void destroy();
  void check_idle();

 private:
  void arm();
  void turn();
  bool send_one(std::string topic, int32_t partition);
  void send_bulk();
  bool idempotent() const;
  void flush();

  Run& run_;
  const ProducerPlan& plan_;
  size_t index_;
  Random random_;
  std::optional<Producer> producer_;
  net::Timer timer_;
  int sent_ = 0;
  int flushes_ = 0;
  bool blocked_ = false;
  bool stopped_ = false;
  bool closing_ = false;
  bool closed_ = false;
  std::vector<size_t> probes_;
};

}  // namespace kafka::sim
