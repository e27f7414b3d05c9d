// What brokers answer to Fetch about one partition: it is judged, then buffered, or asked for again later.
// Not here: the answer as a whole (source.hpp), opening records (buffer.hpp).
#pragma once

#include <kafka/consumer.hpp>

#include <memory>
#include <string>

#include "consumer/assignment.hpp"
#include "consumer/positions.hpp"
#include "protocol/fetch.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns no state: it changes the partition's parts, and tells upward what came.
class Intake {
 public:
  using Data = protocol::FetchResponse::FetchableTopicResponse::PartitionData;

  class Owner {
   public:
    /// The partition has something to dispatch.
    virtual void records_came(Partition& partition) = 0;
    /// Tells the application if the partition's end is reached.
    virtual void check_end(Partition& partition) = 0;

   protected:
    ~Owner() = default;
  };
  /// Where an answer came from.
  struct From {
    int32_t node = -1;
    bool compares = false;  ///< the broker compared the epochs that were sent with its log
    bool by_id = false;     ///< it was asked by the ids of topics
    net::TimePoint sent_at{};
    uint64_t request = 0;  ///< the newest request of all
  };

  Intake(session::Core& core, const ConsumerOptions& options, Positions& positions, Owner& owner)
      : core_(core), options_(options), positions_(positions), owner_(owner) {}

  /// True if something came, or if there is something to be done at once.
  bool take(Partition& partition, const Data& data, const Question& asked, const From& from,
            const std::shared_ptr<Credit>& credit);
  /// The answer of a fetch session says nothing of the partition: there are no records. `end` is the partition's end as
  /// last told, -1 if it was not.
  void no_news(Partition& partition, int64_t end, net::TimePoint sent_at, bool by_id);
  /// The whole request failed.
  void request_failed(Partition& partition, int32_t node);
  /// The answer was larger than may be received. `alone`: nothing else was asked for.
  void too_large(Partition& partition, bool alone, const Error& error);
  /// An answer that makes no sense. It is asked for again a few times, then the partition stops (A14).
  void odd_answer(Partition& partition, const std::string& what);
  /// The leader says that its log and what was read part at `end`, where `epoch` ends; it was asked about epoch
  /// `asked`. True if the partition is to be fetched from at once.
  bool diverged(Partition& partition, int32_t epoch, int64_t end, int32_t asked, bool by_id = false);
  /// The next request for the partition waits.
  void back_off(Partition& partition) { core_.router().delay(partition.fetch.retry); }
  /// Where the partition ends for this consumer.
  int64_t end_of(const Data& data) const;

 private:
  bool failed(Partition& partition, const Data& data, int32_t node, int32_t compared);
  bool take_records(Partition& partition, const Data& data, const Scan& found, const From& from,
                    const std::shared_ptr<Credit>& credit);
  static void confirm_position(Partition& partition);
  bool sent_elsewhere(Partition& partition, int32_t replica);
  void take_partial(Partition& partition, size_t size, size_t needed);
  void fetch_failed(Partition& partition, const Error& error);

  session::Core& core_;
  const ConsumerOptions& options_;
  Positions& positions_;
  Owner& owner_;
};

}  // namespace kafka::consumer
