#include "consumer/answers.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace kafka::consumer {

Answers::Found Answers::find(uint64_t ticket) const {
  Found found{ticket, assignment_.holder(ticket), nullptr};
  if (found.partition == nullptr) return found;
  Window::Entry* const entry = found.partition->window.find(found.number());
  if (entry != nullptr && !entry->taken_back && !entry->answered) found.entry = entry;
  return found;
}

Error Answers::ack(uint64_t ticket) { return knows(ticket) ? ack(find(ticket)) : Error(Errc::lost); }

Error Answers::ack(const Found& found) {
  if (found.entry == nullptr) return lost(found);
  found.entry->answered = true;
  advance(*found.partition);
  close_envelope(found.ticket);
  changed(*found.partition);
  return {};
}

Error Answers::answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)>& done) {
  dispatcher_.interrupt();
  const bool known = knows(ticket);
  // Nothing can be stored any more, and nothing waits for it.
  if (known && life_cycle_.overdue() && answer == Answer::commit && committer_.stores()) {
    Error why = ack(find(ticket));
    if (!why) why = Error(Errc::closed, "the deadline of close() has passed");
    return why;
  }
  const Found found = known ? find(ticket) : Found{ticket};
  if (!known) return Error(Errc::lost);
  if (answer == Answer::cancel || answer == Answer::drop) return give_back(found, answer == Answer::drop);
  if (found.entry == nullptr) return lost(found);
  if (answer == Answer::commit && committer_.stores()) return commit(found, metadata, done);
  teller_.later(std::move(done), {});
  return ack(found);
}

Error Answers::commit(const Found& found, std::string_view metadata, Function<void(Error)>& done) {
  Partition& partition = *found.partition;
  committer_.count();
  found.entry->answered = found.entry->commits = true;
  if (found.number() == partition.window.begin()) {
    pass_commit(partition, metadata, std::move(done));
  } else if (done || !metadata.empty()) {
    found.entry->held = true;
    partition.commits.held.emplace(found.number(), HeldCommit{std::string(metadata), std::move(done)});
  }
  advance(partition);
  if (pipelined_) close_envelope(found.ticket);
  changed(partition);
  return {};
}

// cancel(), or an envelope that was destroyed without an answer: the next consumption gets the message again. One that
// is lost comes again anyway, or never, and nothing depends on its answer: the consumption goes on.
Error Answers::give_back(const Found& found, bool dropped) {
  if (found.entry == nullptr) return lost(found);
  Partition& partition = *found.partition;
  Window::Entry& entry = *found.entry;
  if (assignment_.is_present(found.ticket)) {  // an earlier consumption has ended already, and the present one goes on
    const std::string where = partition.where() + ", offset " + std::to_string(entry.first);
    consumptions_.end(dropped ? Error(Errc::envelope_dropped, where) : Error());
  }
  const int64_t first = entry.first;
  const bool sought = entry.sought;
  entry.taken_back = true;
  take_back(partition, found.number());
  if (!sought) owner_.go_back(partition, first);
  dispatcher_.closed(1);
  changed(partition);
  return {};
}

// The answer does not count, but the envelope is not open any more.
Error Answers::lost(const Found& found) {
  close_envelope(found.ticket);
  if (found.partition != nullptr) {
    changed(*found.partition);
  } else {
    dispatcher_.schedule();
  }
  return Error(Errc::lost);
}

void Answers::close_envelope(uint64_t ticket) {
  dispatcher_.closed(1);
  if (assignment_.is_present(ticket)) consumptions_.count_answered(1);
}

// Closes the envelopes that were open until the outcome of this commit was known.
void Answers::close_envelopes(Partition& partition, const Commit& commit) {
  dispatcher_.closed(commit.open);
  Window& window = partition.window;
  if (commit.open > 0 && !window.empty() && window.front().unconfirmed) window.pop();
}

void Answers::count(const Commit& commit) {
  if (commit.counted > 0 && commit.consumption == consumptions_.newest()) consumptions_.count_answered(commit.counted);
}

// Removes the entries at the front that are over. The newest commit among them is to be stored. An ack that follows a
// commit does not move what is stored: an application may ack most messages, and commit only at certain ones.
void Answers::advance(Partition& partition) {
  Window& window = partition.window;
  while (!window.empty() && window.front().over()) {
    const Window::Entry& front = window.front();
    if (!front.commits || front.taken_back) {
      window.pop();
      continue;
    }
    HeldCommit held;
    if (front.held) held = take_held(partition, window.begin());
    pass_commit(partition, held.metadata, std::move(held.done));
  }
}

// The commit of the front entry: nothing below it is open.
void Answers::pass_commit(Partition& partition, std::string_view metadata, Function<void(Error)> done) {
  Window& window = partition.window;
  if (window.front().vague) {
    const uint64_t ticket = Ticket::of(partition.slot, window.begin());
    teller_.later(std::move(done), Committer::ended(partition, window.front().next));
    window.pop();
    if (!pipelined_) close_envelope(ticket);
    return;
  }
  committer_.want(partition, window.front(), metadata, std::move(done));
  if (!pipelined_) {
    Commit& wanted = partition.commits.wanted;
    ++wanted.open;
    if (assignment_.is_present(Ticket::of(partition.slot, window.begin()))) {
      const uint64_t consumption = consumptions_.newest();
      if (std::exchange(wanted.consumption, consumption) != consumption) wanted.counted = 0;
      ++wanted.counted;
    }
    if (window.single()) {
      window.front().unconfirmed = true;
      return;
    }
  }
  window.pop();
}

HeldCommit Answers::take_held(Partition& partition, uint64_t number) {
  auto node = partition.commits.held.extract(number);
  return node.empty() ? HeldCommit() : std::move(node.mapped());  // a deadline may have ended it
}

void Answers::position_set(Partition& partition) {
  ++partition.commits.moves;
  Window& window = partition.window;
  if (!window.single()) return take_back(partition, window.begin());
  if (!window.empty()) window.front().sought = true;
}

// The answers of entries from this number on do not count any more: their messages come again, or the position was set.
void Answers::take_back(Partition& partition, uint64_t from) {
  Window& window = partition.window;
  for (uint64_t number = std::max(from, window.begin()); number < window.end(); ++number) {
    Window::Entry& entry = *window.find(number);
    if (std::exchange(entry.taken_back, true) || !entry.commits || entry.unconfirmed) continue;
    if (entry.held) {
      teller_.later(take_held(partition, number).done,
                    Error(Errc::lost, partition.where() + ", offset " + std::to_string(entry.first)));
    }
    if (!pipelined_) close_envelope(Ticket::of(partition.slot, number));
  }
  advance(partition);
}

void Answers::taken_away(Partition& partition) {
  take_back(partition, partition.window.begin());
  const Commit wanted = committer_.leave(partition, Error(Errc::lost, partition.where() + " was taken away"));
  close_envelopes(partition, wanted);
  count(wanted);
  dispatcher_.schedule();
}

void Answers::topic_recreated(Partition& partition, const Error& why) {
  ++partition.commits.moves;
  take_back(partition, partition.window.begin());
  const Commit wanted = committer_.topic_recreated(partition, Error(Errc::lost, std::string(why.detail())));
  dispatcher_.closed(wanted.open);
  count(wanted);
  dispatcher_.schedule();
}

void Answers::log_ends(Partition& partition, int64_t end) {
  partition.window.end_at(end);
  const Commit gone = committer_.log_ends(partition, end);
  close_envelopes(partition, gone);
  count(gone);
  dispatcher_.schedule();
}

// If the topic was noticed to be another one, the envelope has left the window already.
void Answers::commit_lost(Partition& partition, const Commit& commit) {
  if (commit.lost) {
    dispatcher_.closed(commit.open);
  } else {
    close_envelopes(partition, commit);
  }
  count(commit);
  changed(partition);
}

void Answers::changed(Partition& partition) {
  dispatcher_.changed(partition);
  owner_.check_end(partition);
}

void Answers::commit_stored(Partition& partition, const Commit& commit) {
  close_envelopes(partition, commit);
  count(commit);
  changed(partition);
}

void Answers::commit_failed(Partition& partition, const Commit& commit, const Error& error) {
  if (partition.removed) {  // its `done`s hear of the error; the consumption goes on
    close_envelopes(partition, commit);
    count(commit);
    return dispatcher_.schedule();
  }
  consumptions_.fail(error);
  close_envelopes(partition, commit);
  if (partition.commits.moves != commit.moves) return;
  position_set(partition);
  owner_.go_back(partition, commit.from);
}

void Answers::fail_commits(const Error& error) {
  committer_.give_up(error);
  for (const auto& partition : assignment_) {
    close_envelopes(*partition, committer_.fail_wanted(*partition, error));
    for (auto& [number, held] : std::exchange(partition->commits.held, {})) teller_.later(std::move(held.done), error);
  }
}

}  // namespace kafka::consumer
