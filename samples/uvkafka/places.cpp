#include "places.hpp"

#include <algorithm>
#include <chrono>

#include "arguments.hpp"

namespace cli {
namespace {

int64_t unix_ms_now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
}

}  // namespace

bool Places::parse(const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const size_t at = text.find('@');
    if (at != std::string::npos) {
      const auto time = number(std::string_view(text).substr(at + 1));
      const std::string kind = text.substr(0, at);
      if (!time || *time < 0 || (kind != "" && kind != "s" && kind != "e")) return false;
      if (kind == "e") {
        end_time = *time;
      } else {
        start = Start::time;
        value = *time;
      }
    } else if (text == "earliest" || text == "beginning") {
      start = Start::earliest;
    } else if (text == "latest" || text == "end") {
      start = Start::latest;
    } else if (text == "stored") {
      start = Start::stored;
    } else {
      const auto parsed = number(text);
      if (!parsed || *parsed == INT64_MIN) return false;
      start = text.front() == '-' ? Start::tail : Start::offset;
      value = text.front() == '-' ? -*parsed : *parsed;
    }
  }
  return true;
}

void PlaceFinder::find(const kafka::Partitions& partitions, Found found) {
  found_ = std::move(found);
  for (const auto& [topic, numbers] : partitions) {
    for (const int32_t partition : numbers) {
      kafka::TopicOffset& start = bounds_[{topic, partition}].start;
      start = kafka::TopicOffset::earliest(topic, partition);
      if (places_.start == Places::Start::latest) start.offset = kafka::kLatestOffset;
      if (places_.start == Places::Start::offset) start.offset = places_.value;
      if (places_.start == Places::Start::time) start = kafka::TopicOffset::at_time(topic, partition, places_.value);
    }
  }
  if (places_.start == Places::Start::tail) return find_tail(partitions);
  find_end(partitions);
}

kafka::OffsetMaster::Callback PlaceFinder::take(Then then) {
  return [this, then = std::move(then)](kafka::Error error, std::vector<kafka::TopicOffset> found) {
    if (error) return finish(std::move(error));
    Offsets offsets;
    for (const kafka::TopicOffset& entry : found) offsets[{entry.topic, entry.partition}] = entry.offset;
    then(std::move(offsets));
  };
}

void PlaceFinder::find_tail(const kafka::Partitions& partitions) {
  offsets_.fetch_latest(partitions, take([this, partitions](Offsets ends) {
                          offsets_.fetch_earliest(
                              partitions, take([this, partitions, ends = std::move(ends)](Offsets starts) {
                                for (auto& [where, bounds] : bounds_) {
                                  const int64_t start = starts[where];
                                  bounds.start.offset = std::max(start, ends.at(where) - places_.value);
                                }
                                find_end(partitions);
                              }));
                        }));
}

// No record is that young: everything up to now is older, if that time has passed. Otherwise reading goes on, and ends
// with the first record that is that young.
void PlaceFinder::find_end(const kafka::Partitions& partitions) {
  if (!places_.end_time) return finish({});
  offsets_.fetch_by_time(partitions, *places_.end_time, take([this, partitions](Offsets young) {
                           for (auto& [where, bounds] : bounds_) bounds.end = young[where];
                           const bool all = std::all_of(young.begin(), young.end(),
                                                        [](const auto& entry) { return entry.second >= 0; });
                           if (all || *places_.end_time > unix_ms_now()) return finish({});
                           offsets_.fetch_latest(partitions, take([this](Offsets ends) {
                                                   for (auto& [where, bounds] : bounds_)
                                                     bounds.end = bounds.end < 0 ? ends[where] : bounds.end;
                                                   finish({});
                                                 }));
                         }));
}

void PlaceFinder::finish(kafka::Error error) {
  const Found found = std::move(found_);
  found(std::move(error), bounds_);
}

}  // namespace cli
