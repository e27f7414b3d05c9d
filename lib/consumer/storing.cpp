// Commits for which nothing waits in its place: with `pipelined`, and with `unordered`. What was answered is noted per
// partition; one OffsetCommit at a time carries the newest offset of each that has one.
#include "consumer/consumer.hpp"

namespace kafka::consumer {

bool Consumer::committing() const {
  return !commits_.empty() || !storing_.empty() || !dirty_.empty() || reporting_ > 0;
}

void Consumer::want(Partition& partition, const Window::Entry& answered, std::string_view metadata,
                    Function<void(Error)> done) {
  Storing& wanted = partition.wanted;
  const uint32_t moves = partition.sought ? partition.moves - 1 : partition.moves;
  // What was dispatched before a seek comes again only if somebody seeks there.
  if (wanted.offset < 0 || wanted.moves != moves) wanted.from = answered.first;
  wanted.moves = moves;
  wanted.offset = answered.next;
  wanted.epoch = answered.epoch;
  wanted.metadata = metadata;
  if (done) wanted.done.push_back(std::move(done));
  if (!std::exchange(partition.dirty, true)) dirty_.push_back(&partition);
  schedule_store();
}

void Consumer::schedule_store() {
  if (store_scheduled_ || dirty_.empty() || !storing_.empty() || left_) return;
  store_scheduled_ = true;
  core_->callbacks().at_end_of_turn(scope_.wrap([this] {
    store_scheduled_ = false;
    store();
  }));
}

void Consumer::store() {
  if (!storing_.empty()) return;
  std::vector<ConsumerOffset> offsets;
  while (!dirty_.empty()) {
    Partition& partition = *dirty_.pop_front();
    partition.dirty = false;
    if (partition.wanted.offset < 0) continue;
    Storing& storing = storing_.emplace_back(&partition, std::exchange(partition.wanted, {})).second;
    offsets.push_back(
        {*partition.topic, partition.number, storing.offset, std::move(storing.metadata), {}, storing.epoch});
  }
  if (offsets.empty()) {
    const std::shared_ptr<Consumer> pinned = shared_from_this();
    finish_end();
    return maybe_closed();
  }
  group_offsets_->commit(std::move(offsets), options_.default_api_timeout,
                         scope_.wrap([this, id = ++stores_](const Error& error, std::vector<ConsumerOffset> offsets) {
                           if (id == stores_) stored(error, offsets);
                         }));
}

void Consumer::stored(const Error& error, const std::vector<ConsumerOffset>& offsets) {
  const std::shared_ptr<Consumer> pinned = shared_from_this();
  auto ended = std::move(storing_);
  storing_.clear();
  ++reporting_;  // nothing ends before those who wait have been told
  Ring<Report> reports;
  Error failure;
  for (size_t i = 0; i < ended.size(); ++i) {
    auto& [partition, storing] = ended[i];
    const Error outcome = i < offsets.size() ? offsets[i].error : error;
    if (outcome && !failure) {
      failure = outcome;
      end(failure);
      // With `pipelined` the limit may be reached already: what was not stored is said all the same.
      if (consumption_ != nullptr && !consumption_->end_queued && !consumption_->error) consumption_->error = failure;
    }
    report(storing, outcome, reports);
    if (!outcome) continue;
    // A newer one would cover what is taken back here.
    if (partition->wanted.moves == storing.moves) report(partition->wanted, outcome, reports);
    if (partition->moves == storing.moves) {
      moved(*partition);
      go_back(*partition, storing.from);
    }
  }
  tell_all(std::move(reports));
  --reporting_;
  schedule_store();
  schedule_dispatch();
  if (ready_.empty()) schedule_pump();
  finish_end();
  maybe_closed();
}

// The end of a commit: its envelopes are open no more, and those who wanted to know are told later.
void Consumer::report(Storing& storing, const Error& outcome, Ring<Report>& reports) {
  open_ -= std::exchange(storing.open, 0);
  const size_t counted = std::exchange(storing.counted, 0);
  if (!outcome && storing.consumption == consumptions_) count_answered(counted);
  while (!storing.done.empty()) reports.push_back({storing.done.pop_front(), outcome});
  storing.offset = -1;
}

// The consumption does not end, and the consumer is not closed, before they have been told.
void Consumer::tell_all(Ring<Report> reports) {
  if (reports.empty()) return;
  ++reporting_;
  core_->callbacks().run_work([weak = weak_from_this(), reports = std::move(reports)](session::Budget& budget) mutable {
    const std::shared_ptr<Consumer> pinned = weak.lock();
    while (pinned != nullptr && !pinned->dead_ && !reports.empty()) {
      if (!budget.take()) return false;
      Report report = reports.pop_front();
      report.done(report.error);
    }
    // Destroyed meanwhile without close(): its callbacks go uncalled.
    if (pinned == nullptr || pinned->dead_) return true;
    --pinned->reporting_;
    pinned->finish_end();
    pinned->maybe_closed();
    return true;
  });
}

// What cannot be stored any more: under way, noted, or waiting for an answer below it.
void Consumer::fail_stores(const Error& error) {
  ++stores_;
  Ring<Report> reports;
  for (auto& [partition, storing] : std::exchange(storing_, {})) report(storing, error, reports);
  for (const auto& partition : assignment_) {
    report(partition->wanted, error, reports);
    for (auto& [number, waiting] : std::exchange(partition->waiting, {}))
      if (waiting.done) reports.push_back({std::move(waiting.done), error});
  }
  dirty_.clear();
  while (!reports.empty()) {
    Report report = reports.pop_front();
    tell_later(std::move(report.done), report.error);
  }
}

}  // namespace kafka::consumer
