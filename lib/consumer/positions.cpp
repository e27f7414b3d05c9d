// Where partitions begin: at the committed offset, where the policy says if there is none, at a place that
// was asked for. All partitions that ask in one turn ask together.
#include "base/error_table.hpp"
#include "consumer/reader.hpp"

namespace kafka::consumer {

void Consumer::start_all() {
  std::vector<Partition*> to_ask;
  for (const auto& each : assignment_) {
    Partition& partition = *each;
    if (partition.position.state == Position::State::stopped) {
      if (partition.position.needs_seek) {
        if (!has_event_handler()) return consumptions_.end(partition.position.stop_reason);
        continue;
      }
      partition.fetch.missing_since = {};
      tell(Event::Type::partition_resumed, partition, {}, partition.position.next);
      if (partition.position.next >= 0) {
        ready(partition, partition.position.next, partition.epochs.last);
        continue;
      }
      partition.position.state = Position::State::unknown;
    }
    if (partition.position.state != Position::State::unknown || partition.position.asked) continue;
    if (partition.origin.kind == Origin::Kind::committed) {
      to_ask.push_back(&partition);
    } else {
      start(partition);
    }
  }
  ask_committed(std::move(to_ask));
}

void Consumer::start(Partition& partition) {
  if (partition.origin.place.offset >= 0) return ready(partition, partition.origin.place.offset, -1);
  list(partition, partition.origin.place, partition.position.reset_reason);
}

void Consumer::forget(Partition& partition) {
  dispatcher_.interrupt();
  partition.start_anew();
  schedule_pump();  // what lay in its buffer is memory that others may wait for
}

// --- the group's offsets ----------------------------------------------------

void Consumer::ask_committed(std::vector<Partition*> partitions) {
  if (partitions.empty()) return;
  std::vector<Question> asked;
  std::vector<TopicPartition> names;
  for (Partition* partition : partitions) {
    partition->position.state = Position::State::committed;
    partition->position.asked = true;
    asked.push_back({partition, partition->generation});
    names.push_back({*partition->topic, partition->number});
  }
  group_offsets_->fetch(std::move(names), options_.default_api_timeout,
                        scope_.wrap([this, asked = std::move(asked)](Error error, std::vector<ConsumerOffset> offsets) {
                          committed(asked, error, offsets);
                        }));
}

void Consumer::committed(const std::vector<Question>& asked, const Error& error,
                         const std::vector<ConsumerOffset>& offsets) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  for (size_t i = 0; i < asked.size() && !life_cycle_.closing(); ++i) {
    Partition& partition = *asked[i].partition;
    if (!asked[i].holds() || partition.position.state != Position::State::committed) continue;
    partition.position.asked = false;
    Error failed = error;
    if (i < offsets.size() && offsets[i].error) failed = offsets[i].error;
    if (!failed && i >= offsets.size())
      failed = Error(Errc::protocol_error, "no committed offset for " + partition.where());
    // A topic that the coordinator does not know (yet) has nothing committed.
    if (i < offsets.size() && offsets[i].error == Errc::unknown_topic_or_partition) failed = {};
    if (failed) {
      stop(partition, std::move(failed), false);
    } else if (offsets[i].error || offsets[i].offset < 0) {
      nothing_committed(partition);
    } else {
      ready(partition, offsets[i].offset, offsets[i].leader_epoch);
    }
  }
}

void Consumer::nothing_committed(Partition& partition) {
  const Error reason(Errc::no_offset, "nothing is committed in group \"" + escaped(group_offsets_->group(), 64) +
                                          "\" for " + partition.where());
  switch (options_.auto_offset_reset) {
    case OffsetReset::none:
      return stop(partition, reason, true);
    case OffsetReset::earliest:
      return list(partition, TopicOffset::earliest(*partition.topic, partition.number), reason);
    case OffsetReset::latest:
      return list(partition, TopicOffset::latest(*partition.topic, partition.number), reason);
  }
}

// --- places -----------------------------------------------------------------

void Consumer::list(Partition& partition, TopicOffset place, Error reason) {
  partition.position.state = Position::State::listing;
  partition.position.asked = false;
  partition.origin.place = std::move(place);
  partition.position.reset_reason = std::move(reason);
  if (listing_scheduled_) return;
  listing_scheduled_ = true;
  core_->reactor().defer(scope_.wrap([this] {
    listing_scheduled_ = false;
    ask_listed();
  }));
}

void Consumer::ask_listed() {
  if (life_cycle_.closing()) return;
  std::vector<Question> asked;
  std::vector<TopicOffset> places;
  for (const auto& partition : assignment_) {
    if (partition->position.state != Position::State::listing || partition->position.asked) continue;
    partition->position.asked = true;
    asked.push_back({partition.get(), partition->generation});
    places.push_back(partition->origin.place);
  }
  if (asked.empty()) return;
  std::erase_if(queries_, [](const auto& query) { return query.expired(); });
  queries_.push_back(OffsetQuery::start(
      core_, std::move(places), options_.isolation_level, options_.allow_auto_create_topics,
      options_.default_api_timeout,
      scope_.wrap([this, asked = std::move(asked)](size_t index, const TopicOffset& found, const OffsetSource& source) {
        const Question& question = asked[index];
        if (life_cycle_.closing() || !question.holds() ||
            question.partition->position.state != Position::State::listing)
          return;
        question.partition->position.asked = false;
        listed(*question.partition, found, source);
      }),
      {}));
}

void Consumer::listed(Partition& partition, const TopicOffset& found, const OffsetSource& source) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  if (found.error == Errc::closed) return;  // the session's end is this consumer's end too
  if (found.error) return stop(partition, found.error, false);
  if (partition.epochs.refused_by >= 0) {
    // Only leaders are asked for offsets. Another one than this answers: who refused the position was none any more.
    if (partition.epochs.refused_by != source.node) {
      partition.position.reset_reason = {};
      return ready(partition, partition.fetch.position, partition.epochs.refused_epoch);
    }
    if (options_.on_offset_out_of_range == OutOfRange::fail)
      return stop(partition, partition.position.reset_reason, true);
  }
  if (found.offset < 0) {  // no record is that young: the end
    return list(partition, TopicOffset::latest(*partition.topic, partition.number), partition.position.reset_reason);
  }
  ready(partition, found.offset, source.epoch);
}

// --- found, or not ----------------------------------------------------------

void Consumer::ready(Partition& partition, int64_t offset, int32_t epoch) {
  const Error reason = partition.position.reset_reason;
  forget(partition);
  partition.position.state = Position::State::ready;
  partition.position.next = offset;
  partition.fetch.position = offset;
  partition.epochs.last = epoch;
  if (reason) {
    answers_.position_set(partition);
    tell(Event::Type::offset_reset, partition, reason, offset);
  }
  schedule_pump();
}

void Consumer::stop(Partition& partition, Error error, bool needs_seek) {
  const int64_t offset = partition.position.next;
  const int32_t epoch = partition.epochs.last;
  forget(partition);
  partition.position.state = Position::State::stopped;
  partition.position.next = offset;
  partition.epochs.last = epoch;
  partition.position.needs_seek = needs_seek;
  partition.position.stop_reason = error;
  const bool heard = has_event_handler();
  tell(Event::Type::partition_stopped, partition, error, offset);
  if (!heard) consumptions_.end(std::move(error));
}

}  // namespace kafka::consumer
