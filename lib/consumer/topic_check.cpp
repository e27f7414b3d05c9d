#include "consumer/topic_check.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::consumer {

void TopicCheck::ask(Partition& partition, Function<void()> same) {
  partition.read_topic.checking = true;
  add({Question(partition), std::move(same)});
}

void TopicCheck::add(Case about) {
  waiting_.push_back(std::move(about));
  if (waiting_.size() > 1) return;
  core_->reactor().defer(scope_.wrap([this] { flush(); }));
}

// All that were asked about in one turn share their requests.
void TopicCheck::flush() {
  if (life_cycle_.closing()) return;
  std::vector<Case> with_id;
  std::vector<Case> without;
  for (Case& each : std::exchange(waiting_, {})) {
    const bool by_leader = each.by_leader || each.asked.partition->read_topic.id.is_zero();
    (by_leader ? without : with_id).push_back(std::move(each));
  }
  if (!with_id.empty()) ask_metadata(std::move(with_id));
  if (!without.empty()) ask_leaders(std::move(without));
}

void TopicCheck::ask_metadata(std::vector<Case> cases) {
  std::set<std::string> topics;
  for (const Case& each : cases) topics.insert(*each.asked.partition->topic);
  core_->metadata().fetch(
      std::move(topics), false, kPatience,
      scope_.wrap([this, cases = std::move(cases)](const Error& error, protocol::MetadataResponse& response) mutable {
        std::set<std::string_view> named;  // with an id
        for (const auto& topic : response.topics) {
          if (topic.name && !topic.topic_id.is_zero()) named.insert(*topic.name);
        }
        for (Case& each : cases) {
          const Partition& partition = *each.asked.partition;
          const cluster::TopicState* const state = core_->metadata().topic(*partition.topic);
          if (error || state == nullptr || state->gone) {
            end(each, Verdict::untold);
          } else if (!named.contains(*partition.topic)) {  // by a broker before 2.8
            each.by_leader = true;
            add(std::move(each));
          } else if (state->id == partition.read_topic.id) {
            end(each, Verdict::same);
          } else {
            end(each, Verdict::other, state->id);
          }
        }
        owner_.topic_checked();
      }));
}

TopicOffset TopicCheck::place(const Case& about) const {
  const Partition& partition = *about.asked.partition;
  if (about.log_end < 0) return TopicOffset::latest(*partition.topic, partition.number);
  return {*partition.topic, partition.number, kLatestOffset, partition.read_topic.newest + 1, {}};
}

void TopicCheck::ask_leaders(std::vector<Case> cases) {
  std::vector<TopicOffset> places;
  for (const Case& each : cases) places.push_back(place(each));
  std::erase_if(queries_, [](const auto& query) { return query.expired(); });
  queries_.push_back(
      OffsetQuery::start(core_, {.places = std::move(places), .timeout = kPatience},
                         scope_.wrap([this, cases = std::move(cases)](size_t index, const TopicOffset& found,
                                                                      const OffsetSource& source) mutable {
                           answered(std::move(cases[index]), found, source.by_time);
                         }),
                         {}));
}

void TopicCheck::answered(Case about, const TopicOffset& found, bool by_time) {
  Partition& partition = *about.asked.partition;
  ReadTopic& read = partition.read_topic;
  const bool first = about.log_end < 0;
  // Timestamps of the application's own may go back. Then one that is newer proves nothing.
  const bool ask_times = first && read.newest >= 0 && read.ordered;
  if (found.error) {  // what no retry can mend is for Fetch to tell
    end(about, traits(found.error.code()).retry == Retry::no ? Verdict::same : Verdict::untold);
  } else if (first && renewed(about, found.offset)) {
    end(about, Verdict::other);
  } else if (ask_times && about.asked.holds() && !life_cycle_.closing()) {
    about.log_end = found.offset;
    return add(std::move(about));
  } else if (!first && by_time && found.offset == 0) {
    end(about, Verdict::other);
  } else {
    const int64_t log_end = first ? found.offset : about.log_end;
    const bool shorter = log_end < partition.fetch.position;
    read.emptied = read.emptied || (shorter && log_end == 0);
    end(about, shorter ? Verdict::shorter : Verdict::same);
  }
  owner_.topic_checked();
}

// The log is empty, and a broker did not know the topic before. Or the log was empty, and that was no high watermark
// that lagged behind: a broker has said since that the log ends before the position, or parts from what was read (then
// `same` is waiting). All that the log has by now is new. If it is still empty, it may have been cut as well. Where the
// log is not known to have had any records, it may have been empty all the time: the application may have named a
// position that was never there.
bool TopicCheck::renewed(const Case& about, int64_t log_end) {
  const Partition& partition = *about.asked.partition;
  if (partition.fetch.position <= 0 || !partition.read_topic.filled) return false;
  return log_end == 0 ? partition.read_topic.gone : about.same && partition.read_topic.emptied;
}

void TopicCheck::end(Case& about, Verdict verdict, const Uuid& id) {
  Partition& partition = *about.asked.partition;
  ReadTopic& read = partition.read_topic;
  read.checking = false;
  if (life_cycle_.closing() || !about.asked.holds()) return;
  switch (verdict) {
    case Verdict::other:
      return owner_.recreated(partition, id);
    case Verdict::same:
      // As of now: the answer may have taken longer than a partition may be away, and would never be soon enough.
      read.confirm(core_->reactor().now());
      break;
    case Verdict::shorter:
      read.doubt();
      read.probing = true;
      partition.replica.node = -1;  // a follower may have what the leader has lost
      partition.replica.refuse_advice(core_->reactor().now());
      break;
    case Verdict::untold:
      read.doubt();
      break;
  }
  if (about.same) about.same();
}

void TopicCheck::cancel() {
  for (const auto& query : queries_) {
    if (const auto running = query.lock()) running->cancel();
  }
  abort();
}

void TopicCheck::abort() {
  scope_.end();
  queries_.clear();
  waiting_.clear();
}

}  // namespace kafka::consumer
