// The application's side of a consumer: answers at once or later, commits, restarts from what was committed,
// pauses and seeks. Lanes (lanes.hpp) judge what it is given.
#pragma once

#include "random/run.hpp"
#include "random/subject.hpp"

namespace kafka::sim {

class Reader {
 public:
  Reader(Run& run, const ConsumerPlan& plan, size_t index);
  ~Reader();

  void step();
  /// From now on nothing is paused, dropped or cancelled: everything is resumed, and open envelopes are answered.
  void heal();
  /// Whether all records of all partitions were delivered and answered.
  bool at_end();
  std::string where();
  void close();
  bool closed() const { return !consumer_ || closed_; }
  void destroy();
  /// Answers that are given after the end change nothing.
  void answer_late();
  /// Closes for good.
  void finish();
  /// A topic has more partitions now: the first of the new ones.
  void grew(const std::string& topic, int32_t first);
  const std::string& group() const { return plan_.group; }
  /// A commit in its group is being sent.
  void sent(const TopicPartition& partition, int64_t offset, const std::string& metadata);
  /// No new consumer is made from now on.
  void ending();

 private:
  struct Held {
    TopicPartition partition;
    uint64_t number = 0;  ///< of the judge
    MessageEnvelope message;
    BatchEnvelope batch;
    net::Timer timer;
  };

  void start();
  void consume();
  void consume_soon();
  void take(std::shared_ptr<Held> held, std::vector<OwnedMessage> messages);
  void answer(const std::shared_ptr<Held>& held);
  void restart(bool politely);
  void stop();
  bool stopping() const { return stops_ > stops_ended_; }
  /// Commits of this consumer carry it.
  std::string mark() const { return "by consumer " + std::to_string(incarnation_); }
  Error ack(Held& held) { return plan_.batches ? held.batch.ack() : held.message.ack(); }
  void commit(const std::shared_ptr<Held>& held);
  void give_back(const std::shared_ptr<Held>& held);
  void replied(const Held& held, const Error& error);
  /// Takes the partition away from the consumer, or gives it back.
  void take(const TopicPartition& partition, bool away);
  void seek(const TopicPartition& partition, int64_t to);
  bool knows(const TopicPartition& partition);

  Run& run_;
  const ConsumerPlan& plan_;
  GroupBook& book_;
  Random random_;
  Subject consumer_;
  std::unique_ptr<Lanes> lanes_;
  int incarnation_ = 0;
  std::map<uint64_t, std::shared_ptr<Held>> held_;  // answered later
  uint64_t next_held_ = 0;
  std::vector<std::shared_ptr<Held>> kept_;  // beyond the consumer's end
  net::Timer consume_timer_;
  std::map<TopicPartition, net::Timer> seek_timers_;
  bool healed_ = false;
  // How often stop() was called, and how many of these calls an on_end has followed.
  int stops_ = 0, stops_ended_ = 0;
  bool closing_ = false;
  bool closed_ = false;
  bool restarting_ = false;
  bool done_ = false;
};

}  // namespace kafka::sim
