// Where `uvkafka consume -o` begins and ends to read.
#pragma once

#include <kafka/offset_master.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace cli {

/// What the texts behind -o say, together.
struct Places {
  enum class Start : uint8_t { earliest, latest, stored, offset, tail, time };
  Start start = Start::earliest;
  int64_t value = 0;                ///< of offset, tail (how many records before the end) and time (Unix ms)
  std::optional<int64_t> end_time;  ///< read only what is before the first record that is this young (Unix ms)

  /// Each text is earliest, latest, stored, N, -N, s@MS, @MS or e@MS. False if one is something else.
  bool parse(const std::vector<std::string>& texts);
  /// A place that does not follow from the stored offset or from the reset policy.
  bool fixed() const { return start >= Start::offset; }
};

/// One partition's place to begin, and the offset before which reading ends (-1: nowhere).
struct Bounds {
  kafka::TopicOffset start;
  int64_t end = -1;
};

/// Turns places into offsets. Partitions are asked for only if that is needed.
class PlaceFinder {
 public:
  using Found = std::function<void(kafka::Error, std::map<kafka::TopicPartition, Bounds>)>;

  PlaceFinder(kafka::Session& session, Places places) : offsets_(session), places_(places) {}
  /// Calls `found` once, perhaps at once.
  void find(const kafka::Partitions& partitions, Found found);

 private:
  using Offsets = std::map<kafka::TopicPartition, int64_t>;
  /// Asks with one of OffsetMaster's calls, then goes on.
  using Then = std::function<void(Offsets)>;

  kafka::OffsetMaster::Callback take(Then then);
  void find_tail(const kafka::Partitions& partitions);
  void find_end(const kafka::Partitions& partitions);
  void finish(kafka::Error error);

  kafka::OffsetMaster offsets_;
  Places places_;
  std::map<kafka::TopicPartition, Bounds> bounds_;
  Found found_;
};

}  // namespace cli
