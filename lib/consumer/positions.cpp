#include "consumer/positions.hpp"

#include <algorithm>

#include "base/error_table.hpp"

namespace kafka::consumer {
namespace {

constexpr net::Duration kAsLongAsOwned = std::chrono::hours(24 * 365 * 100);

Error made_anew(const Partition& partition) {
  return {Errc::inconsistent_topic_id, "topic " + *partition.topic + " was deleted and made anew"};
}

}  // namespace

Positions::Positions(std::shared_ptr<session::Core> core, const ConsumerOptions& options, const Assignment& assignment,
                     const LifeCycle& life_cycle, GroupOffsets* group, Owner& owner)
    : core_(std::move(core)),
      options_(options),
      assignment_(assignment),
      life_cycle_(life_cycle),
      group_(group),
      owner_(owner),
      topic_check_(core_, life_cycle, *this) {}

Error Positions::begin(bool heard) {
  std::vector<Partition*> unknown;
  for (const auto& each : assignment_) {
    Partition& partition = *each;
    Position& position = partition.position;
    if (position.state == Position::State::stopped) {
      if (position.needs_seek) {
        if (!heard) return position.stop_reason;
        continue;
      }
      resume(partition);
    }
    if (position.state == Position::State::unknown && !position.asked) unknown.push_back(&partition);
  }
  look_up(unknown);
  return {};
}

void Positions::restart(const std::vector<Partition*>& stopped) {
  std::vector<Partition*> unknown;
  for (Partition* const partition : stopped) {
    resume(*partition);
    if (partition->position.state == Position::State::unknown) unknown.push_back(partition);
  }
  look_up(unknown);
  owner_.position_dropped();
}

// Goes on where it stood, or does not know where that is.
void Positions::resume(Partition& partition) {
  Position& position = partition.position;
  partition.fetch.missing_since = {};
  owner_.partition_resumed(partition, position.next);
  if (position.next >= 0) return ready(partition, position.next, partition.epochs.last, position.named);
  position.state = Position::State::unknown;
}

void Positions::look_up(const std::vector<Partition*>& partitions) {
  std::vector<Partition*> ask;
  for (Partition* const partition : partitions) {
    // Of a topic that was made anew the first record is wanted, whatever the group has stored.
    if (partition->origin.kind == Origin::Kind::committed && !partition->position.recreated) {
      ask.push_back(partition);
    } else {
      start(*partition);
    }
  }
  if (!ask.empty()) ask_group(ask);
}

void Positions::start(Partition& partition) {
  const TopicOffset& place = partition.origin.place;
  if (place.offset >= 0) return ready(partition, place.offset, -1, true);
  list(partition, place, partition.position.reset_reason);
}

void Positions::seek(Partition& partition, TopicOffset to, bool look_up) {
  const bool was_stopped = partition.position.state == Position::State::stopped;
  drop(partition);
  partition.setbacks.reset();
  partition.origin = {Origin::Kind::place, std::move(to)};
  const int64_t offset = partition.origin.place.offset;
  if (was_stopped) owner_.partition_resumed(partition, std::max<int64_t>(offset, -1));
  if (look_up || offset >= 0) start(partition);
}

void Positions::go_back(Partition& partition, int64_t offset) {
  Position& position = partition.position;
  switch (position.state) {
    case Position::State::stopped:  // it goes on from there with the next consumption
      if (position.next >= 0) position.next = offset;
      return;
    case Position::State::listing:
      // The position will be another one soon. But it stays if the broker that refused it turns out to be no leader.
      if (partition.epochs.refused_by < 0) return;
      position.next = offset;
      partition.fetch.position = offset;
      return;
    case Position::State::ready:
      break;
    default:
      return;
  }
  const LogEpochs before = partition.epochs;
  drop(partition);
  position.state = Position::State::ready;
  position.next = offset;
  partition.fetch.position = offset;
  partition.epochs.read(before.last, before.from);  // too new for that place, which does no harm
}

// Answers about the old position are dropped when they come.
void Positions::drop(Partition& partition) {
  partition.start_anew();
  owner_.position_dropped();
}

// --- the group's offsets ----------------------------------------------------

// How long a start position is looked for. Suppose a member stopped after an outage: it would still own the partition,
// so nobody else would read it.
net::Duration Positions::patience() const {
  const bool member = group_ != nullptr && group_->settles();
  return member ? kAsLongAsOwned : net::Duration(options_.default_api_timeout);
}

void Positions::ask_group(const std::vector<Partition*>& partitions) {
  const auto asked = std::make_shared<std::vector<Question>>();
  std::vector<TopicPartition> names;
  for (Partition* partition : partitions) {
    partition->position.state = Position::State::committed;
    partition->position.asked = true;
    asked->emplace_back(*partition);
    names.push_back({*partition->topic, partition->number});
  }
  group_->fetch(std::move(names), patience(),
                scope_.wrap([this, asked](Error error, std::vector<StoredOffset> offsets) {
                  group_answered(*asked, error, offsets);
                }),
                [this, guard = scope_.guard(), asked] {
                  return guard.alive() && !life_cycle_.closing() &&
                         std::any_of(asked->begin(), asked->end(), [](const Question& each) { return each.holds(); });
                });
}

void Positions::group_answered(const std::vector<Question>& asked, const Error& error,
                               const std::vector<StoredOffset>& offsets) {
  for (size_t i = 0; i < asked.size() && !life_cycle_.closing(); ++i) {
    Partition& partition = *asked[i].partition;
    if (!asked[i].holds() || partition.position.state != Position::State::committed) continue;
    partition.position.asked = false;
    const StoredOffset* const found = i < offsets.size() ? &offsets[i] : nullptr;
    Error failed = found != nullptr && found->error ? found->error : error;
    if (!failed && found == nullptr)
      failed = Error(Errc::protocol_error, "no committed offset for " + partition.where());
    // A topic that the coordinator does not know (yet) has nothing committed.
    const bool no_topic = found != nullptr && found->error == Errc::unknown_topic_or_partition;
    if (failed && !no_topic) {
      stop(partition, std::move(failed), false);
    } else if (no_topic || found->offset < 0) {
      nothing_committed(partition);
    } else {
      ReadTopic& read = partition.read_topic;
      if (!read.id.is_zero() && !found->topic_id.is_zero() && read.id != found->topic_id) {
        recreated(partition, Uuid(found->topic_id));
        continue;
      }
      if (!found->topic_id.is_zero()) read.id = found->topic_id;
      ready(partition, found->offset, found->leader_epoch);
    }
  }
}

void Positions::nothing_committed(Partition& partition) {
  const Error reason(Errc::no_offset,
                     "nothing is committed in group \"" + escaped(group_->group(), 64) + "\" for " + partition.where());
  switch (options_.auto_offset_reset) {
    case OffsetReset::none:
      return stop(partition, reason, true);
    case OffsetReset::earliest:
      return list(partition, TopicOffset::earliest(*partition.topic, partition.number), reason);
    case OffsetReset::latest:
      if (partition.origin.newer)
        return list(partition, TopicOffset::earliest(*partition.topic, partition.number), reason);
      return list(partition, TopicOffset::latest(*partition.topic, partition.number), reason);
  }
}

// --- places -----------------------------------------------------------------

void Positions::list(Partition& partition, TopicOffset place, Error reason) {
  partition.position.state = Position::State::listing;
  partition.position.asked = false;
  partition.position.reset_reason = std::move(reason);
  partition.origin.place = std::move(place);
  if (listing_scheduled_) return;
  listing_scheduled_ = true;
  core_->reactor().defer(scope_.wrap([this] {
    listing_scheduled_ = false;
    ask_leaders();
  }));
}

void Positions::ask_leaders() {
  if (life_cycle_.closing()) return;
  const auto asked = std::make_shared<std::vector<Question>>();
  std::vector<TopicOffset> places;
  for (const auto& partition : assignment_) {
    if (partition->position.state != Position::State::listing || partition->position.asked) continue;
    partition->position.asked = true;
    asked->emplace_back(*partition);
    places.push_back(partition->origin.place);
  }
  if (asked->empty()) return;
  std::erase_if(queries_, [](const auto& query) { return query.expired(); });
  queries_.push_back(OffsetQuery::start(
      core_,
      {.places = std::move(places),
       .isolation = options_.isolation_level,
       .create = options_.allow_auto_create_topics,
       .timeout = patience(),
       // The application may seek many times while the leader cannot be reached.
       .wanted =
           [asked] {
             return std::any_of(asked->begin(), asked->end(), [](const Question& each) { return each.holds(); });
           }},
      scope_.wrap([this, asked](size_t index, const TopicOffset& found, const OffsetSource& source) {
        const Question& question = (*asked)[index];
        Partition& partition = *question.partition;
        if (life_cycle_.closing() || !question.holds() || partition.position.state != Position::State::listing) return;
        partition.position.asked = false;
        listed(partition, found, source);
      }),
      {}));
}

void Positions::listed(Partition& partition, const TopicOffset& found, const OffsetSource& source) {
  if (found.error == Errc::closed) return;  // the session's end is this consumer's end too
  if (found.error) return stop(partition, found.error, false);
  if (partition.epochs.refused_by >= 0) {
    // Only leaders answer this question. If it was another broker, the one that refused the position led no more.
    if (partition.epochs.refused_by != source.node) {
      partition.position.reset_reason = {};
      return ready(partition, partition.fetch.position, partition.epochs.refused_epoch, partition.position.named);
    }
    // The log ends before what was read. Perhaps it is another topic's.
    const bool behind = found.offset >= 0 && found.offset <= partition.fetch.position;
    if (behind && !partition.position.named && partition.position.restart < 0) {
      partition.position.asked = true;
      return topic_check_.ask(partition, [this, &partition, found, source] {
        partition.position.asked = false;
        refused(partition, found, source);
      });
    }
    return refused(partition, found, source);
  }
  if (found.offset < 0) {  // no record is that young: the end
    return list(partition, TopicOffset::latest(*partition.topic, partition.number), partition.position.reset_reason);
  }
  if (!partition.position.recreated) partition.read_topic.any = true;
  ready(partition, found.offset, source.epoch);
  partition.position.asked_of = source.topic_id;
}

// The leader confirms that the position does not exist. If `found` is no later place, the position lies behind the
// log's end: the log lost records, and no epoch could tell.
void Positions::refused(Partition& partition, const TopicOffset& found, const OffsetSource& source) {
  Position& position = partition.position;
  const bool behind = found.offset >= 0 && found.offset <= partition.fetch.position;
  if (behind && asked_of_another(partition)) return recreated(partition, Uuid(partition.read_topic.id));
  if (behind && position.restart < 0 && policy(partition) == OutOfRange::reset_to_earliest) {
    // The start of the log does not say where it ends. Without that, commits could neither be shortened to what the log
    // still has, nor be told which of them it has lost.
    position.restart = found.offset;
    position.restart_epoch = source.epoch;
    return list(partition, TopicOffset::latest(*partition.topic, partition.number), position.reset_reason);
  }
  if (behind) owner_.log_ends(partition, found.offset);
  if (policy(partition) == OutOfRange::fail) {
    const std::string what(position.reset_reason.detail());
    return stop(partition,
                Error(Errc::offset_out_of_range,
                      what + " does not exist; the partition ends at " + std::to_string(found.offset)),
                true);
  }
  if (position.restart >= 0) return ready(partition, position.restart, position.restart_epoch);
  ready(partition, found.offset, source.epoch);
}

// The one error that resets a position (D16). A leader of the past says so too, and may lack what the present leader
// has: nothing is decided before the leader has answered, see listed().
void Positions::out_of_range(Partition& partition, int32_t node) {
  Error error(Errc::offset_out_of_range,
              "offset " + std::to_string(partition.fetch.position) + " of " + partition.where());
  partition.epochs.refuse(node);
  count_setback(partition);
  const bool latest = policy(partition) != OutOfRange::reset_to_earliest;
  list(partition,
       latest ? TopicOffset::latest(*partition.topic, partition.number)
              : TopicOffset::earliest(*partition.topic, partition.number),
       std::move(error));
}

void Positions::count_setback(Partition& partition) {
  net::Reactor& reactor = core_->reactor();
  partition.setbacks.count(reactor.now(), reactor.random(), core_->router().config().retry_backoff);
}

// --- found, cut, or stopped -------------------------------------------------

void Positions::ready(Partition& partition, int64_t offset, int32_t epoch, bool named) {
  const Error reason = partition.position.reset_reason;
  const Event::Type type = partition.position.recreated ? Event::Type::topic_recreated : Event::Type::offset_reset;
  drop(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = offset;
  partition.position.named = named;
  if (!named) partition.read_topic.reach(offset);  // a leader has had what lies before it, or the group has read that
  partition.fetch.position = offset;
  partition.fetch.retry.hold(partition.setbacks.until());
  partition.epochs.last = epoch;
  if (reason) owner_.position_reset(partition, type, reason);
}

// What was not dispatched is fetched anew. Where dispatched records are gone, reading goes on at the cut, or stops.
void Positions::truncated(Partition& partition, int64_t end, int32_t epoch, bool by_id) {
  if (by_id && asked_of_another(partition)) return recreated(partition, Uuid(partition.read_topic.id));
  if (by_id) return cut(partition, end, epoch);
  // A new topic begins at epoch 0 again. To a comparison of epochs it looks like the old one, cut off at its end.
  topic_check_.ask(partition, [this, &partition, end, epoch] {
    if (asked_of_another(partition)) return recreated(partition, Uuid(partition.read_topic.id));
    cut(partition, end, epoch);
  });
}

void Positions::cut(Partition& partition, int64_t end, int32_t epoch) {
  const bool lost = partition.position.next > end;
  const int64_t next = std::min(partition.position.next, end);
  // Not `next`: after a seek backwards that lies before the cut, and an earlier commit may promise more.
  owner_.log_cut(partition, end, epoch);
  const Error error(Errc::offset_out_of_range,
                    partition.where() + " was truncated to offset " + std::to_string(end) + ", behind what was read");
  if (lost && options_.on_offset_out_of_range == OutOfRange::fail) return stop(partition, error, true);
  const int32_t from = partition.epochs.from;
  count_setback(partition);
  drop(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = next;
  partition.fetch.position = next;
  partition.fetch.retry.hold(partition.setbacks.until());
  partition.epochs.read(epoch, from);  // without the epoch a second truncation would go unnoticed
  if (lost) owner_.position_reset(partition, Event::Type::log_truncated, error);
}

bool Positions::notice(Partition& partition, const cluster::TopicState* topic) {
  if (topic == nullptr || topic->id.is_zero()) return false;
  ReadTopic& read = partition.read_topic;
  if (read.id.is_zero() && read.seen != net::TimePoint() && !read.any) {
    read.offer(topic->id);
    return false;
  }
  const bool other = !read.id.is_zero() && read.id != topic->id;
  // After the second time the partition rests. Whatever ids metadata names meanwhile, the one that it names then
  // counts.
  if (other && partition.setbacks.until() > core_->reactor().now()) return false;
  if (other && !read.any) {
    recreated(partition, topic->id);
    return true;
  }
  if (other) {  // the position was chosen by a broker, and is most likely one of the new topic
    count_setback(partition);
    owner_.topic_recreated(partition, made_anew(partition));
    partition.read_topic = {};
  }
  read.id = topic->id;
  const bool end = partition.origin.place.offset == kLatestOffset && partition.origin.place.timestamp < 0;
  if (!asked_of_another(partition) || end || partition.position.next == 0) return false;
  // Asked again, the new topic names the same place if the position is one of its own.
  list(partition, TopicOffset(partition.origin.place), made_anew(partition));
  partition.position.recreated = true;
  return true;
}

// The broker that named the position may have named a place in the topic that had the name before: it was asked, then
// the topic was made anew, then metadata told of that. A log of the new topic that ends before the position shows it.
bool Positions::asked_of_another(const Partition& partition) {
  const Uuid& asked_of = partition.position.asked_of;
  const Uuid& id = partition.read_topic.id;
  return !asked_of.is_zero() && !id.is_zero() && asked_of != id;
}

// All of the new topic is newer than what was read of the old one. So it is read from its first record, whatever the
// reset policy says of offsets that are missing in a log.
void Positions::recreated(Partition& partition, const Uuid& id) {
  const Error why = made_anew(partition);
  count_setback(partition);
  owner_.topic_recreated(partition, why);
  partition.read_topic = {};
  partition.read_topic.id = id;
  partition.epochs = {};
  drop(partition);
  if (options_.auto_offset_reset == OffsetReset::none) return stop(partition, why, true);
  list(partition, TopicOffset::earliest(*partition.topic, partition.number), why);
  partition.position.recreated = true;
}

void Positions::stop(Partition& partition, Error why, bool needs_seek) {
  const int64_t offset = partition.position.next;
  const int32_t epoch = partition.epochs.last;
  const bool named = partition.position.named;
  const bool recreated = partition.position.recreated;
  const Error reason = partition.position.reset_reason;
  drop(partition);
  partition.position.state = Position::State::stopped;
  partition.position.next = offset;
  partition.position.named = named;
  if (offset < 0) {  // it goes on with the same question, and tells why once that is answered
    partition.position.recreated = recreated;
    partition.position.reset_reason = reason;
  }
  partition.position.needs_seek = needs_seek;
  partition.position.stop_reason = why;
  partition.epochs.last = epoch;
  owner_.partition_stopped(partition, why);
}

void Positions::cancel() {
  for (const auto& query : queries_) {
    if (const auto running = query.lock()) running->cancel();
  }
  topic_check_.cancel();
  abort();
}

void Positions::abort() {
  topic_check_.abort();
  queries_.clear();
  scope_.end();
}

}  // namespace kafka::consumer
