// Every record that was sent, and what was reported about it. At the end it compares the reports with the brokers'
// logs. Not here: sending (sender.cpp), reading (reader.hpp).
#pragma once

#include <kafka/envelope.hpp>
#include <kafka/producer.hpp>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "random/history.hpp"
#include "random/journal.hpp"
#include "random/plan.hpp"

namespace kafka::sim {

/// One record, as it was handed to send() or produce().
struct Sent {
  std::string topic;
  int32_t asked = kAnyPartition;
  std::optional<std::string> key, value;
  std::vector<std::pair<std::string, std::optional<std::string>>> headers;
  int64_t timestamp = kNoTimestamp;

  size_t producer = 0;
  int bulk = -1;         ///< index of the produce() call
  bool ordered = false;  ///< max_in_flight was not set by hand
  bool once =
      false;  ///< its producer is idempotent: the record is in the log at most once, and in order, whatever happens
  Acks acks = Acks::all;
  bool direct = false;  ///< written into the log directly (transactor.cpp): there is no report
  Compression codec = Compression::none;
  TimePoint sent_at{}, reported_at{}, latest_report{};
  TimePoint patient_at{};  ///< the journal's patience when it was sent
  Duration left_alone{};   ///< how much of the time until the report the application was not at work
  bool aborted = false;    ///< its producer was destroyed: there must be no report

  int reports = 0;
  DeliveryReport report;
};

/// One produce() call.
struct Bulk {
  struct Part {
    std::vector<size_t> records;
  };
  std::map<TopicPartition, Part> parts;
  TimePoint latest_report{};
  bool aborted = false;
  int reports = 0;
  ProduceResult result;
};

class Ledger {
 public:
  Ledger(Journal& journal, const Plan& plan) : journal_(journal), plan_(plan) {}

  /// Draws a record's contents. Its number is in its value, or in its key when there is no value.
  size_t draw(Random& random, std::string topic, int32_t asked, int largest, bool headers);
  /// The number of the record that has these bytes, or nothing.
  std::optional<size_t> identify(const OwnedMessage& message) const;
  /// Checks that a record is the one that was sent, byte by byte, and in the right partition.
  void compare(const OwnedMessage& message, const char* where);

  void reported(size_t record, const DeliveryReport& report, TimePoint now);
  /// send() did not accept it: there must be no report.
  void refused(size_t record, const Error& error, TimePoint now) { reported(record, {.error = error}, now); }
  void reported(size_t bulk, ProduceResult result);
  /// The partition has got another leader.
  void moved(const TopicPartition& partition, TimePoint now) { moves_[partition].push_back(now); }
  /// The producer was destroyed: its records and calls without a report get none.
  void aborted(size_t producer);

  size_t pending() const;
  /// At the end: compares reports with logs.
  void judge(const History& history, bool partial);

  /// A handshake was cut, and the client took a broker for an old one without sequences: `once` is not promised then.
  bool misled = false;
  /// Topics that have got more partitions: the same key may go to another one since.
  std::set<std::string> grown;
  std::vector<Sent> records;
  std::vector<Bulk> bulks;

 private:
  std::string name(size_t record) const;
  bool leader_rested(const Sent& sent) const;
  bool cut_short(const Sent& sent) const;

  Journal& journal_;
  const Plan& plan_;
  std::map<TopicPartition, std::vector<TimePoint>> moves_;  // of leaders
};

}  // namespace kafka::sim
