#include "consumer/topic_check.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

namespace kafka::consumer {

void TopicCheck::ask(Partition& partition, Function<void()> same) {
  ReadTopic& read = partition.read_topic;
  const net::TimePoint now = core_->reactor().now();
  // Timestamps of the application's own may go back. Then one that is newer proves nothing.
  const bool by_time = read.newest >= 0 && read.ordered;
  if (read.id.is_zero() && !by_time) {
    read.confirm(now);
    if (same) same();
    return owner_.topic_checked();  // whoever asked has not fetched: it looks again
  }
  read.checking = true;
  waiting_.push_back({Question(partition), std::move(same)});
  if (waiting_.size() > 1) return;
  core_->reactor().defer(scope_.wrap([this] { flush(); }));
}

// All that were asked about in one turn share their requests.
void TopicCheck::flush() {
  if (life_cycle_.closing()) return;
  std::vector<Case> with_id;
  std::vector<Case> without;
  for (Case& each : std::exchange(waiting_, {})) {
    (each.asked.partition->read_topic.id.is_zero() ? without : with_id).push_back(std::move(each));
  }
  if (!with_id.empty()) ask_metadata(std::move(with_id));
  if (!without.empty()) ask_leaders(std::move(without));
}

void TopicCheck::ask_metadata(std::vector<Case> cases) {
  std::set<std::string> topics;
  for (const Case& each : cases) topics.insert(*each.asked.partition->topic);
  core_->metadata().fetch(
      std::move(topics), false, kPatience,
      scope_.wrap([this, cases = std::move(cases)](const Error&, protocol::MetadataResponse&) mutable {
        for (Case& each : cases) {
          const Partition& partition = *each.asked.partition;
          const cluster::TopicState* const state = core_->metadata().topic(*partition.topic);
          const Uuid now = state != nullptr ? state->id : Uuid();
          end(each, !now.is_zero() && now != partition.read_topic.id, now);
        }
        owner_.topic_checked();
      }));
}

void TopicCheck::ask_leaders(std::vector<Case> cases) {
  std::vector<TopicOffset> places;
  for (const Case& each : cases) {
    const Partition& partition = *each.asked.partition;
    places.push_back({*partition.topic, partition.number, kLatestOffset, partition.read_topic.newest + 1, {}});
  }
  std::erase_if(queries_, [](const auto& query) { return query.expired(); });
  queries_.push_back(
      OffsetQuery::start(core_, {.places = std::move(places), .timeout = kPatience},
                         scope_.wrap([this, cases = std::move(cases)](size_t index, const TopicOffset& found,
                                                                      const OffsetSource& source) mutable {
                           end(cases[index], !found.error && source.by_time && found.offset == 0, {});
                           owner_.topic_checked();
                         }),
                         {}));
}

void TopicCheck::end(Case& about, bool recreated, const Uuid& id) {
  Partition& partition = *about.asked.partition;
  partition.read_topic.checking = false;
  if (life_cycle_.closing() || !about.asked.holds()) return;
  if (recreated) return owner_.recreated(partition, id);
  // As of now: the answer may have taken longer than a partition may be away, and would never be soon enough.
  partition.read_topic.confirm(core_->reactor().now());
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
