// Every record that was sent, what was said about it, and the judgement: the brokers' logs against the reports.
// Not here: sending (sender.cpp), reading (reader.hpp).
#pragma once

#include <kafka/envelope.hpp>
#include <kafka/producer.hpp>

#include <map>
#include <optional>
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
  bool once = false;     ///< its producer is idempotent: in the log once at most, and in order, whatever happens
  Acks acks = Acks::all;
  bool direct = false;  ///< written into the log by others (transactor.cpp): no report is owed
  Compression codec = Compression::none;
  TimePoint sent_at{}, latest_report{};
  bool aborted = false;  ///< its producer was destroyed: no report is owed

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
  /// Number of the record that these bytes are; nothing if they are none.
  std::optional<size_t> identify(const OwnedMessage& message) const;
  /// Whether a record as read is the one sent, byte by byte, in the right place.
  void compare(const OwnedMessage& message, const char* where);

  void reported(size_t record, const DeliveryReport& report, TimePoint now);
  void reported(size_t bulk, ProduceResult result, TimePoint now);
  /// Records and calls of a producer that is destroyed: what has no report will get none.
  void aborted(size_t producer);

  size_t pending() const;
  /// The end: reports against logs.
  void judge(const History& history, bool partial);

  /// A handshake was cut, and the client took a broker for one without sequences: no promise of `once` holds.
  bool misled = false;
  std::vector<Sent> records;
  std::vector<Bulk> bulks;

 private:
  std::string name(size_t record) const;

  Journal& journal_;
  const Plan& plan_;
};

}  // namespace kafka::sim
