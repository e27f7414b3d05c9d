#include "consumer/committer.hpp"

#include <algorithm>
#include <utility>

namespace kafka::consumer {
namespace {

// The outcome of a commit that covers records which the log has lost.
Error cut_off(const Partition& partition, int64_t offset) {
  return {Errc::offset_out_of_range, partition.where() + " was truncated: reading goes on at offset " +
                                         std::to_string(offset) + ", below what the commit covers"};
}

}  // namespace

Committer::Committer(session::Core& core, session::Lane lane, const ConsumerOptions& options, GroupOffsets* offsets,
                     Teller& teller, const Trust& trust, Owner& owner)
    : core_(core),
      lane_(std::move(lane)),
      options_(options),
      offsets_(offsets),
      teller_(teller),
      trust_(trust),
      owner_(owner),
      one_at_a_time_(options.ordering == Ordering::unordered || options.commit_mode == CommitMode::pipelined) {}

void Committer::want(Partition& partition, const Window::Entry& answered, std::string_view metadata,
                     Function<void(Error)> done) {
  Commit& wanted = partition.commits.wanted;
  const uint32_t moves = answered.sought ? partition.commits.moves - 1 : partition.commits.moves;
  // What was dispatched before a seek comes again only if somebody seeks there.
  if (wanted.offset < 0 || wanted.moves != moves) wanted.from = answered.first;
  wanted.moves = moves;
  const Window& window = partition.window;
  const int64_t before = std::exchange(wanted.offset, known_end(partition, answered));
  // Nobody who still counts on it was promised more than `before`. So where commits only move on, nobody is looked at:
  // with many open envelopes there are as many who wait.
  if (wanted.offset < before && !wanted.done.empty()) wanted.replace(wanted.offset, partition.where());
  wanted.epoch = answered.epoch;
  if (wanted.offset > answered.next) {
    // The epoch may be newer than that of the record before the offset, never older.
    const int32_t behind = window.size() > 1 ? window.second().epoch : partition.buffer.passed_epoch();
    wanted.epoch = std::max(wanted.epoch, behind);
  }
  wanted.metadata = metadata;
  wanted.tail = false;
  partition.commits.tail = {wanted.offset, window.begin() + 1, moves, wanted.metadata};
  if (done) {
    wanted.done.push_back({std::move(done), answered.next, answered.cut ? cut_off(partition, answered.next) : Error()});
  }
  list(partition);
}

// The offset behind what is known to hold nothing: where the next envelope begins, or else the position.
int64_t Committer::known_end(const Partition& partition, const Window::Entry& answered) {
  if (answered.sought || answered.cut) return answered.next;
  const Window& window = partition.window;
  if (window.size() > 1) return std::max(answered.next, window.second().first);
  return partition.position.ready() ? std::max(answered.next, partition.position.next) : answered.next;
}

void Committer::move_on(Partition& partition) {
  Commit& wanted = partition.commits.wanted;
  Tail& tail = partition.commits.tail;
  tail.offset = partition.position.next;
  if (wanted.offset < 0) {
    wanted.tail = true;
    wanted.moves = tail.moves;
    wanted.from = tail.offset;
    wanted.epoch = -1;
    wanted.metadata = tail.metadata;
  }
  wanted.offset = tail.offset;
  wanted.epoch = std::max(wanted.epoch, std::max(partition.buffer.passed_epoch(), partition.epochs.last));
  list(partition);
}

void Committer::log_cut(Partition& partition, int64_t offset, int32_t epoch) {
  tell_cut(partition, offset, cut_off(partition, offset));
  Commit& wanted = partition.commits.wanted;
  if (wanted.offset > offset) {
    wanted.offset = offset;
    wanted.epoch = epoch;
  }
}

// Records below the end may be new ones. So what is stored is an offset that was asked for, never the end itself.
Commit Committer::log_ends(Partition& partition, int64_t end) {
  const Error why = ended(partition, end);
  tell_cut(partition, end, why);
  Commit& wanted = partition.commits.wanted;
  if (wanted.offset <= end) return {};
  partition.commits.tail = {};
  wanted.offset = wanted.newest_within(end);
  wanted.epoch = -1;
  return wanted.offset < 0 ? fail_wanted(partition, why) : Commit();
}

Error Committer::ended(const Partition& partition, int64_t end) {
  return {Errc::offset_out_of_range,
          partition.where() + " was truncated: it ends at offset " + std::to_string(end) +
              ", below what the commit covers, and nothing says where its records are other ones"};
}

void Committer::tell_cut(Partition& partition, int64_t end, const Error& why) {
  partition.commits.wanted.cut(end, why);
  if (!partition.commits.under_way) return;
  for (auto& [id, request] : requests_) {
    for (Sent& sent : request) {
      if (sent.partition.get() == &partition) sent.commit.cut(end, why);
    }
  }
}

void Committer::list(Partition& partition) {
  PartitionCommits& commits = partition.commits;
  if (commits.wanted.offset < 0 || commits.under_way || std::exchange(commits.listed, true)) return;
  wanting_.push_back(partition.shared_from_this());
  schedule();
}

void Committer::schedule() {
  if (scheduled_ || wanting_.empty() || waits()) return;
  scheduled_ = true;
  core_.callbacks().at_end_of_turn(scope_.wrap([this] {
    scheduled_ = false;
    send();
  }));
}

Commit Committer::topic_recreated(Partition& partition, const Error& why) {
  for (auto& [id, request] : requests_) {
    for (Sent& sent : request) sent.commit.lost |= sent.partition.get() == &partition;
  }
  return fail_wanted(partition, why);
}

// The same partition was taken away and given back, and the first one's commit is still under way.
bool Committer::overtakes(const Partition& partition) const {
  return std::any_of(leaving_.begin(), leaving_.end(), [&](const std::shared_ptr<Partition>& left) {
    return left->commits.under_way && left->number == partition.number && *left->topic == *partition.topic;
  });
}

void Committer::send() {
  if (waits()) return;
  std::erase_if(leaving_, [](const std::shared_ptr<Partition>& left) { return !left->commits.under_way; });
  Request request;
  std::vector<StoredOffset> offsets;
  for (size_t left = wanting_.size(); left > 0; --left) {
    std::shared_ptr<Partition> partition = wanting_.pop_front();
    if (partition->commits.wanted.offset >= 0 && overtakes(*partition)) {
      wanting_.push_back(std::move(partition));
      continue;
    }
    partition->commits.listed = false;
    if (partition->commits.wanted.offset < 0) continue;  // has failed meanwhile
    partition->commits.under_way = true;
    Commit commit = std::exchange(partition->commits.wanted, {});
    offsets.push_back(
        {{*partition->topic, partition->number, commit.offset, std::move(commit.metadata), {}, commit.epoch},
         partition->read_topic.id});
    request.push_back({std::move(partition), std::move(commit)});
  }
  if (offsets.empty()) {
    const std::shared_ptr<void> pinned = owner_.pin();
    return owner_.commits_ended();
  }
  const uint64_t id = ++last_request_;
  requests_.emplace(id, std::move(request));
  offsets_->commit(
      std::move(offsets), options_.default_api_timeout,
      scope_.wrap([this, id](const Error& error, std::vector<StoredOffset> answers) { answered(id, error, answers); }),
      [this, guard = scope_.guard(), id] { return guard.alive() && requests_.contains(id); });
}

void Committer::answered(uint64_t id, const Error& error, const std::vector<StoredOffset>& offsets) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;  // the deadline of close() has ended it
  const std::shared_ptr<void> pinned = owner_.pin();
  Request request = std::move(found->second);
  requests_.erase(found);
  ++telling_;  // the consumption does not end before every `done` has run
  Ring<Report> reports;
  for (size_t i = 0; i < request.size(); ++i) {
    const Error outcome = i < offsets.size() ? offsets[i].error : error;
    const bool later = offsets_->settles() && outcome == Errc::rebalance_in_progress;
    const bool rebalance = later || (offsets_->settles() && outcome == Errc::illegal_generation);
    if (request[i].commit.lost || outcome == Errc::lost) {
      const bool ours = !request[i].partition->removed;
      const Error lost(Errc::lost, request[i].partition->where() + (ours ? " was made anew" : " was taken away"));
      lose(std::move(request[i]), lost, reports);
    } else if (rebalance && request[i].partition->removed) {
      const Error lost(Errc::lost, request[i].partition->where() + " was taken away");
      lose(std::move(request[i]), lost, reports);
    } else if (rebalance) {
      if (later) hold();
      want_again(std::move(request[i]));
    } else if (outcome) {
      fail(std::move(request[i]), outcome, reports);
    } else if (request[i].commit.done.empty()) {
      finish(request[i]);
    } else {
      reports.push_back({std::move(request[i]), {}, false});
    }
  }
  tell(std::move(reports));
  --telling_;
  schedule();
  owner_.commits_ended();
}

// What was wanted meanwhile is newer, and covers it. All `done`s wait for that one now.
void Committer::want_again(Sent sent) {
  Commit& wanted = sent.partition->commits.wanted;
  sent.partition->commits.under_way = false;
  if (wanted.offset < 0) {
    wanted = std::move(sent.commit);
  } else if (!sent.commit.tail) {
    Commit newer = std::exchange(wanted, std::move(sent.commit));
    if (newer.moves != wanted.moves) wanted.from = newer.from;
    wanted.replace(newer.offset, sent.partition->where());
    wanted.offset = newer.offset;
    wanted.tail = wanted.tail && newer.tail;
    wanted.epoch = newer.epoch;
    wanted.moves = newer.moves;
    wanted.open += newer.open;
    wanted.counted = newer.consumption == wanted.consumption ? wanted.counted + newer.counted : newer.counted;
    wanted.consumption = newer.consumption;
    wanted.metadata = std::move(newer.metadata);
    while (!newer.done.empty()) wanted.done.push_back(newer.done.pop_front());
  }
  list(*sent.partition);
}

// Until the group has settled, or for a pause: a coordinator that refuses a commit in a group that has settled, as far
// as this member knows, says nothing more.
void Committer::hold() {
  if (std::exchange(unsettled_, true)) return;
  retry_.fail(core_.router(), [this] {
    unsettled_ = false;
    schedule();
  });
}

void Committer::settled() {
  retry_.cancel();
  retry_.succeed();
  unsettled_ = false;
  schedule();
}

void Committer::fail(Sent sent, const Error& error, Ring<Report>& reports) {
  PartitionCommits& commits = sent.partition->commits;
  commits.under_way = false;
  if (sent.commit.tail) {  // nobody waits for it, and nothing comes again
    core_.log().state(LogLevel::debug, "commit of " + sent.partition->where(), error.message());
    return list(*sent.partition);
  }
  // A newer commit would cover what comes again now.
  Sent newer{sent.partition, {}};
  if (commits.wanted.offset >= 0 && commits.wanted.moves == sent.commit.moves)
    newer.commit = std::exchange(commits.wanted, {});
  owner_.commit_failed(*sent.partition, sent.commit, error);
  if (newer.commit.offset >= 0) owner_.commit_failed(*newer.partition, newer.commit, error);
  list(*sent.partition);
  if (!sent.commit.done.empty()) reports.push_back({std::move(sent), error, false});
  if (!newer.commit.done.empty()) reports.push_back({std::move(newer), error, false});
}

// The consumption goes on after it. So here, too, the next message comes after the `done`.
void Committer::lose(Sent sent, const Error& why, Ring<Report>& reports) {
  if (sent.commit.done.empty()) return finish_lost(sent);
  reports.push_back({std::move(sent), why, true});
}

void Committer::finish_lost(const Sent& sent) {
  sent.partition->commits.under_way = false;
  owner_.commit_lost(*sent.partition, sent.commit);
  list(*sent.partition);
}

// Stored, and told.
void Committer::finish(const Sent& sent) {
  sent.partition->commits.under_way = false;
  owner_.commit_stored(*sent.partition, sent.commit);
  list(*sent.partition);
  if (!leaving_.empty()) schedule();
}

// A message that waits for a commit comes after the `done` of that commit: only then is the envelope closed. The
// consumption does not end, and the consumer is not closed, before all have been told.
void Committer::tell(Ring<Report> reports) {
  if (reports.empty()) return;
  ++telling_;
  core_.callbacks().run_work(
      lane_, [this, guard = scope_.guard(), reports = std::move(reports)](session::Budget& budget) mutable {
        if (!guard.alive()) return true;  // destroyed without close(): its callbacks go uncalled
        const std::shared_ptr<void> pinned = owner_.pin();
        told_now_ = &reports;
        while (!reports.empty()) {
          Ring<WaitingDone>& waiting = reports.front().sent.commit.done;
          if (!waiting.empty()) {
            if (!budget.take()) return told_now_ = nullptr, false;
            WaitingDone next = waiting.pop_front();
            next.done(reports.front().outcome ? reports.front().outcome : next.cut);
            if (!guard.alive()) return true;
            continue;
          }
          const Report told = reports.pop_front();
          if (told.lost) {
            finish_lost(told.sent);
          } else if (!told.outcome) {
            finish(told.sent);
          }
        }
        told_now_ = nullptr;
        --telling_;
        owner_.commits_ended();
        return true;
      });
}

Commit Committer::leave(Partition& partition, const Error& error) {
  if (partition.commits.under_way) leaving_.push_back(partition.shared_from_this());
  return fail_wanted(partition, error);
}

void Committer::give_up(const Error& error) {
  retry_.cancel();
  while (!wanting_.empty()) wanting_.pop_front()->commits.listed = false;
  leaving_.clear();
  for (auto& [id, request] : std::exchange(requests_, {})) {
    for (Sent& sent : request) {
      sent.partition->commits.under_way = false;
      owner_.commit_given_up(*sent.partition, sent.commit);
      while (!sent.commit.done.empty()) teller_.later(sent.commit.done.pop_front().done, error);
    }
  }
}

Commit Committer::fail_wanted(Partition& partition, const Error& error) {
  Commit wanted = std::exchange(partition.commits.wanted, {});
  while (!wanted.done.empty()) teller_.later(wanted.done.pop_front().done, error);
  return wanted;
}

std::vector<Commit> Committer::abort() {
  scope_.end();
  retry_.cancel();
  std::vector<Commit> all;
  for (auto& [id, request] : std::exchange(requests_, {})) {
    for (Sent& sent : request) all.push_back(std::move(sent.commit));
  }
  wanting_.clear();
  if (Ring<Report>* const told = std::exchange(told_now_, nullptr)) {
    while (!told->empty()) all.push_back(told->pop_front().sent.commit);
  }
  return all;
}

}  // namespace kafka::consumer
