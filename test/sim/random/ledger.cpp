#include "random/ledger.hpp"

#include <algorithm>
#include <charconv>
#include <set>

namespace kafka::sim {
namespace {

// "#12:" and then bytes that depend on the number alone.
std::string contents(uint64_t seed, size_t number, size_t size) {
  std::string text = "#" + std::to_string(number) + ":";
  Random random(seed, 1000 + number);
  while (text.size() < size) text += static_cast<char>(random.percent(50) ? 'a' + random.integer(0, 3) : random.next());
  return text;
}

std::optional<size_t> number_in(const std::optional<std::string>& text) {
  if (!text || text->size() < 3 || text->front() != '#') return {};
  size_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data() + 1, end, number);
  if (error != std::errc() || stop == end || *stop != ':') return {};
  return number;
}

struct Place {
  TopicPartition first;
  int64_t second = -1;
  bool lost = false;  // it was there, and what the log knew of its producer may be lost with it
  bool is(const TopicPartition& partition, int64_t offset) const { return first == partition && second == offset; }
};
using Found = std::map<size_t, std::vector<Place>>;

// Errors that no retry can mend.
bool excusable(const Error& error) {
  return error == Errc::message_too_large || error == Errc::record_list_too_large || error == Errc::queue_full ||
         error == Errc::unsupported_version || error == Errc::unsupported_compression_type ||
         error == Errc::out_of_order_sequence_number;
}

std::string to_string(const TopicPartition& partition) {
  return partition.topic + "/" + std::to_string(partition.partition);
}

}  // namespace

std::string Ledger::name(size_t record) const {
  const Sent& sent = records[record];
  return "record " + std::to_string(record) + " of producer " + std::to_string(sent.producer) + " for " + sent.topic +
         "/" + std::to_string(sent.asked) + (sent.bulk >= 0 ? " (produce " + std::to_string(sent.bulk) + ")" : "");
}

size_t Ledger::draw(Random& random, std::string topic, int32_t asked, int largest, bool headers) {
  const size_t number = records.size();
  Sent& sent = records.emplace_back();
  sent.topic = std::move(topic);
  sent.asked = asked;
  const auto size = static_cast<size_t>(random.percent(80) ? random.integer(0, 100) : random.integer(0, largest));
  switch (random.integer(0, 9)) {
    case 0:
      sent.key = contents(plan_.seed, number, 12);
      break;  // no value: a tombstone
    case 1:
      sent.key = contents(plan_.seed, number, 12);
      sent.value = "";
      break;
    case 2:
    case 3:
    case 4:
      sent.key = "key-" + std::to_string(random.integer(0, 5));
      [[fallthrough]];
    default:
      if (random.percent(5)) sent.key = "";
      sent.value = contents(plan_.seed, number, size);
      break;
  }
  if (headers) {
    sent.headers.emplace_back("number", std::to_string(number));
    if (random.percent(50)) sent.headers.emplace_back("", std::nullopt);
  }
  if (random.percent(30)) sent.timestamp = random.between(1, 2'000'000'000'000);
  return number;
}

std::optional<size_t> Ledger::identify(const OwnedMessage& message) const {
  std::optional<size_t> number = number_in(message.value);
  if (!number && (!message.value || message.value->empty())) number = number_in(message.key);
  if (number && *number >= records.size()) number.reset();
  return number;
}

void Ledger::compare(const OwnedMessage& message, const char* where) {
  const std::string at = message.topic + "/" + std::to_string(message.partition) + " offset " +
                         std::to_string(message.offset) + " " + where;
  const auto number = identify(message);
  if (!number) return journal_.violation("a record that nobody sent at " + at);
  const Sent& sent = records[*number];
  if (sent.topic != message.topic || (sent.asked >= 0 && sent.asked != message.partition))
    journal_.violation(name(*number) + " is in the wrong place, " + at);
  if (sent.key != message.key) journal_.violation(name(*number) + " has another key at " + at);
  if (sent.value != message.value) journal_.violation(name(*number) + " has another value at " + at);
  if (plan_.modern()) {
    if (sent.headers != message.headers) journal_.violation(name(*number) + " has other headers at " + at);
    if (sent.timestamp >= 0 && sent.timestamp != message.timestamp)
      journal_.violation(name(*number) + " has another timestamp at " + at);
  } else if (!message.headers.empty() && sent.headers != message.headers) {
    journal_.violation(name(*number) + " has other headers at " + at);
  }
}

// --- reports ----------------------------------------------------------------

// False if the record may expire although leaders move and nothing else happens. Each attempt goes to the leader that
// metadata names. If the leader has moved on meanwhile, the next attempt comes after a pause of up to
// retry_backoff_max, and may come too late again. So a record has a right to be stored only if its leader stayed where
// it was for some of these pauses.
bool Ledger::leader_rested(const Sent& sent) const {
  const auto enough = 3 * plan_.session.retry_backoff_max + std::chrono::seconds(1);
  const int32_t number = sent.report.partition >= 0 ? sent.report.partition : sent.asked;
  std::vector<TimePoint> moves;
  for (const auto& [partition, times] : moves_) {
    if (partition.topic != sent.topic || (number >= 0 && partition.partition != number)) continue;
    moves.insert(moves.end(), times.begin(), times.end());
  }
  std::sort(moves.begin(), moves.end());
  TimePoint since = sent.sent_at;
  for (const TimePoint move : moves) {
    if (move < since) continue;
    if (move >= sent.reported_at) break;
    if (move - since >= enough) return true;
    since = move;
  }
  return sent.reported_at - since >= enough;
}

// Its time may run out while brokers are asked for their versions: connecting and asking may take seconds.
bool Ledger::cut_short(const Sent& sent) const {
  return sent.report.error == Errc::timed_out &&
         plan_.producers[sent.producer].options.delivery_timeout <= std::chrono::seconds(5);
}

void Ledger::reported(size_t record, const DeliveryReport& report, TimePoint now) {
  Sent& sent = records[record];
  sent.reported_at = now;
  sent.left_alone = journal_.patience() - sent.patient_at;
  if (++sent.reports > 1) return journal_.violation(name(record) + " was reported on twice");
  if (sent.aborted) return journal_.violation(name(record) + " was reported on after its producer was destroyed");
  if (const TimePoint patience = journal_.patience(); patience > sent.latest_report) {
    const auto late = std::chrono::duration_cast<std::chrono::milliseconds>(patience - sent.latest_report);
    journal_.violation(name(record) + " was reported on " + std::to_string(late.count()) +
                       " ms after delivery_timeout: " + report.error.message());
  }
  sent.report = report;
}

void Ledger::reported(size_t bulk, ProduceResult result) {
  Bulk& call = bulks[bulk];
  if (++call.reports > 1) return journal_.violation("produce " + std::to_string(bulk) + " was reported on twice");
  if (call.aborted) return journal_.violation("produce " + std::to_string(bulk) + " was reported on after the end");
  if (journal_.patience() > call.latest_report)
    journal_.violation("produce " + std::to_string(bulk) + " was reported on after delivery_timeout");
  call.result = std::move(result);
}

void Ledger::aborted(size_t producer) {
  std::set<int> calls;
  for (Sent& sent : records) {
    if (sent.producer != producer) continue;
    if (sent.bulk >= 0) calls.insert(sent.bulk);
    if (sent.bulk < 0 && sent.reports == 0) sent.aborted = true;
  }
  for (const int call : calls) {
    Bulk& bulk = bulks[static_cast<size_t>(call)];
    if (bulk.reports == 0) bulk.aborted = true;
  }
}

size_t Ledger::pending() const {
  size_t count = 0;
  for (const Sent& sent : records) count += sent.bulk < 0 && sent.reports == 0 && !sent.aborted && !sent.direct ? 1 : 0;
  for (const Bulk& bulk : bulks) count += bulk.reports == 0 && !bulk.aborted ? 1 : 0;
  return count;
}

// --- the end ----------------------------------------------------------------

void Ledger::judge(const History& history, bool partial) {
  Found found;
  for (const auto& [partition, log] : history.logs()) {
    for (const auto& [offset, kept] : log) {
      compare(kept.message, "in the log");
      if (const auto number = identify(kept.message))
        found[*number].push_back({partition, offset, kept.cut() || history.forgotten(partition, offset)});
    }
  }
  // The same key goes to the same partition, as long as the number of partitions stays.
  std::map<std::pair<std::string, std::string>, int32_t> homes;
  for (const auto& [number, places] : found) {
    const Sent& sent = records[number];
    if (sent.asked >= 0 || !sent.key || plan_.producers[sent.producer].partitioner) continue;
    if (grown.contains(sent.topic)) continue;
    for (const Place& place : places) {
      const auto [home, fresh] = homes.try_emplace({sent.topic, *sent.key}, place.first.partition);
      if (!fresh && home->second != place.first.partition)
        journal_.violation(name(number) + ": its key is in two partitions");
    }
  }
  std::map<std::pair<size_t, TopicPartition>, std::pair<size_t, int64_t>> last;
  for (size_t number = 0; number < records.size(); ++number) {
    const Sent& sent = records[number];
    const auto at = found.find(number);
    const std::vector<Place> places = at == found.end() ? std::vector<Place>() : at->second;
    const auto left = std::count_if(places.begin(), places.end(), [](const Place& place) { return !place.lost; });
    if (sent.codec == Compression::zstd && plan_.without_zstd()) {
      if (!places.empty()) journal_.violation(name(number) + " is in the log though no broker takes zstd");
      if (sent.bulk < 0 && sent.reports > 0 && plan_.calm() && !partial && sent.report.error != Errc::closed &&
          !excusable(sent.report.error) && !cut_short(sent))
        journal_.violation(name(number) + " was packed with zstd in vain: " + sent.report.error.message());
    }
    if (sent.once && !misled && left > 1)
      journal_.violation(name(number) + " is in the log " + std::to_string(places.size()) +
                         " times though its producer is idempotent");
    // If connecting takes long, a request may be written just before its timeout.
    const bool late = !sent.once && (plan_.legacy() || plan_.refuse || plan_.names || plan_.faults.refuse > 0 ||
                                     plan_.faults.lose_syn > 0);
    if (!plan_.duplicates() && !late && left > 1)
      journal_.violation(name(number) + " is in the log " + std::to_string(places.size()) +
                         " times though nothing was ever unclear");
    for (const Place& place : places) {
      if (place.first != places.front().first) journal_.violation(name(number) + " is in two partitions");
    }
    if (sent.bulk >= 0 || sent.direct) continue;
    if (sent.reports == 0) {
      if (!sent.aborted && !partial) journal_.violation(name(number) + " was never reported on");
      continue;
    }
    const DeliveryReport& report = sent.report;
    // A close with a deadline may cut off what a moved leader has delayed.
    const bool cut_off = report.error == Errc::closed && plan_.ending == Ending::close_early;
    if (report.error && plan_.calm() && !partial && !cut_off && !excusable(report.error) && leader_rested(sent) &&
        plan_.producers[sent.producer].options.delivery_timeout > std::chrono::seconds(5))
      journal_.violation(name(number) + " failed in a calm run: " + report.error.message());
    const TopicPartition told{sent.topic, report.partition};
    if (!report.error && report.persistence == Persistence::no)
      journal_.violation(name(number) + ": no error, and no record");
    if (report.error && report.persistence == Persistence::yes)
      journal_.violation(name(number) + ": an error, and a record");
    if (report.persistence == Persistence::no && !places.empty()) {
      journal_.violation(name(number) + " is in the log at " + to_string(places.front().first) + " offset " +
                         std::to_string(places.front().second) +
                         " though its report says no: " + report.error.message());
    }
    if (report.persistence != Persistence::yes) continue;
    if (sent.acks == Acks::none) journal_.violation(name(number) + ": nobody can have confirmed it");
    if (report.offset < 0) {
      journal_.violation(name(number) + " was confirmed without an offset");
    } else if (std::none_of(places.begin(), places.end(),
                            [&](const Place& place) { return place.is(told, report.offset); })) {
      journal_.violation(name(number) + " is not in the log at " + to_string(told) + " offset " +
                         std::to_string(report.offset) + ", where it was confirmed (it is at " +
                         std::to_string(places.size()) + " others)");
    }
    if (!sent.ordered && (!sent.once || misled)) continue;
    // Lost records that were not confirmed are sent again. They come after later records that were confirmed.
    if (!history.cuts(told).empty()) continue;
    // A leader may store a batch and say that it leads no more. If the next leader stores no sequences, it stores the
    // batch a second time, and confirms that place. Then the first places are those in order.
    int64_t offset = report.offset;
    const ProducerOptions& options = plan_.producers[sent.producer].options;
    const bool sequences = options.enable_idempotence.value_or(options.acks == Acks::all);
    if (sequences && (!sent.once || misled)) {
      for (const Place& place : places) offset = place.first == told ? std::min(offset, place.second) : offset;
    }
    const auto [before, fresh] = last.try_emplace({sent.producer, told}, number, offset);
    if (!fresh && before->second.second >= offset) {
      journal_.violation(name(number) + " was confirmed at " + to_string(told) + " offset " + std::to_string(offset) +
                         ", but " + name(before->second.first) + " before it at " +
                         std::to_string(before->second.second));
    }
    before->second = {number, offset};
  }
  for (size_t number = 0; number < bulks.size(); ++number) {
    const Bulk& bulk = bulks[number];
    const std::string call = "produce " + std::to_string(number);
    if (bulk.reports == 0) {
      if (!bulk.aborted && !partial) journal_.violation(call + " was never reported on");
      continue;
    }
    if (bulk.result.partitions.size() != bulk.parts.size()) {
      journal_.violation(call + " was reported on with another number of partitions");
      continue;
    }
    bool failed = false;
    for (const ProduceResult::Partition& part : bulk.result.partitions) {
      const TopicPartition where{part.topic, part.partition};
      const auto asked = bulk.parts.find(where);
      if (asked == bulk.parts.end()) {
        journal_.violation(call + " names " + to_string(where));
        continue;
      }
      failed = failed || part.error;
      for (const size_t record : asked->second.records) {
        const bool there = found.contains(record);
        if (part.persistence == Persistence::no && there && !asked->second.records.empty())
          journal_.violation(name(record) + " is in the log though the result says no: " + part.error.message());
        if (part.persistence == Persistence::yes && !there)
          journal_.violation(name(record) + " is not in the log though the result says yes");
      }
      if (!part.error && part.persistence == Persistence::yes && !asked->second.records.empty()) {
        const size_t first = asked->second.records.front();
        const auto at = found.find(first);
        if (at == found.end() || std::none_of(at->second.begin(), at->second.end(),
                                              [&](const Place& place) { return place.is(where, part.offset); }))
          journal_.violation(name(first) + " is not at offset " + std::to_string(part.offset) + ", as the result says");
      }
    }
    if (failed != bulk.result.has_errors()) journal_.violation(call + ": has_errors() and the partitions disagree");
  }
}

}  // namespace kafka::sim
