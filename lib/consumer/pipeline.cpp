#include "consumer/pipeline.hpp"

#include <algorithm>

namespace kafka::consumer {

Pipeline::Pipeline(const std::shared_ptr<session::Core>& core, const session::Lane& lane,
                   const ConsumerOptions& options, const LifeCycle& life_cycle, GroupOffsets* group,
                   EnvelopeOwner& envelope_owner, Owner& owner)
    : options_(options),
      owner_(owner),
      core_(*core),
      assignment(options.ordering == Ordering::unordered ? Window::kMany : 1),
      handlers(*core, lane, [this](Partition& partition) { dispatcher.make_ready(partition); }),
      teller(*core, lane),
      consumptions(*core, lane, *this),
      positions(core, options, assignment, life_cycle, group, *this),
      sources(*core, options, assignment, life_cycle, consumptions, positions, *this),
      dispatcher(*core, options, consumptions, life_cycle, envelope_owner, sources.memory().decompressed(), trust_,
                 *this),
      committer(*core, lane, options, group, teller, trust_, *this),
      tail_commits(*core, committer),
      answers(options, assignment, dispatcher, consumptions, committer, teller, life_cycle, *this),
      standstill(*core, assignment, consumptions),
      forgotten(*core, options, assignment) {}

void Pipeline::close(bool leave) {
  standstill.close();
  forgotten.close();
  tail_commits.rest();
  sources.close(leave);
  positions.cancel();
  dispatcher.clear();
  for (const auto& partition : assignment) partition->buffer.clear();
  handlers.close();
}

void Pipeline::abort() {
  standstill.close();
  forgotten.close();
  teller.abort();
  handlers.close();
  tail_commits.rest();
  sources.close(false);
  positions.abort();
  dispatcher.clear();
  for (const auto& partition : assignment) partition->buffer.clear();
  // The application's callables may own envelopes, which are dropped when the callables are destroyed, and call back
  // here. So they are destroyed last, when everything above is done.
  const std::shared_ptr<Consumption> consumption = consumptions.abort();
  const std::vector<Commit> sent = committer.abort();
  std::vector<PartitionCommits> kept;
  for (const auto& partition : assignment) kept.push_back(std::exchange(partition->commits, {}));
  handlers.clear();
}

void Pipeline::trust(net::TimePoint until) {
  if (!core_.live()) return;  // nothing is dispatched or stored any more
  const bool held = !trust_.holds(core_.reactor().now());
  trust_.set(until);
  if (!held || !trust_.holds(core_.reactor().now())) return;
  dispatcher.schedule();
  committer.schedule();
}

void Pipeline::check_end(Partition& partition) {
  handlers.check_end(partition);
  if (partition.held(Hold::revoking)) owner_.answered();
}

void Pipeline::position_dropped() {
  dispatcher.interrupt();
  sources.schedule();  // other partitions may wait for the memory of the dropped buffer
}

void Pipeline::position_reset(Partition& partition, Event::Type type, const Error& why) {
  answers.position_set(partition);  // a later answer must not move the position back
  handlers.event(type, partition, why, partition.position.next);
}

void Pipeline::topic_recreated(Partition& partition, const Error& why) {
  answers.topic_recreated(partition, why);
  if (assigned_by_id_) partition.hold(Hold::revoking, true);
}

// Not when the first position is known: the topic may be made anew until then, and its records would be read without a
// word from the group.
void Pipeline::bind_to_topics(const std::vector<std::shared_ptr<Partition>>& fresh) {
  if (!assigned_by_id_) return;
  for (const std::shared_ptr<Partition>& partition : fresh) {
    const cluster::TopicState* const topic = core_.metadata().topic(*partition->topic);
    if (topic != nullptr) partition->read_topic.id = topic->id;
  }
}

void Pipeline::log_cut(Partition& partition, int64_t offset, int32_t epoch) {
  partition.window.cut(offset, epoch);
  committer.log_cut(partition, offset, epoch);
}

void Pipeline::partition_resumed(Partition& partition, int64_t offset) {
  handlers.event(Event::Type::partition_resumed, partition, {}, offset);
}

void Pipeline::partition_stopped(Partition& partition, const Error& why) {
  if (handlers.hears_events()) {
    return handlers.event(Event::Type::partition_stopped, partition, why, partition.position.next,
                          standstill.handler_queued());
  }
  handlers.event(Event::Type::partition_stopped, partition, why, partition.position.next);
  if (!standstill.waits_out(why)) consumptions.end(why);
}

bool Pipeline::will_free_memory() const {
  // With `consumer`, the next message waits for the answer. With `unordered`, open envelopes keep their batch in
  // memory.
  if (options_.ordering != Ordering::partition && dispatcher.open() > 0) return true;
  return !dispatcher.nothing_to_do();
}

void Pipeline::none_open() {
  if (consumptions.stopping()) consumptions.finish();
  owner_.answered();
}

void Pipeline::drained(Partition& partition) {
  partition.fetch.position = std::max(partition.fetch.position, partition.position.next);
  tail_commits.drained(partition);
  handlers.check_end(partition);
  sources.schedule();
}

void Pipeline::consumption_ending() {
  tail_commits.rest();
  dispatcher.interrupt();
  sources.rest();
}

void Pipeline::commits_ended() {
  dispatcher.schedule();
  if (dispatcher.empty()) sources.schedule();
  consumptions.finish();
  owner_.settled();
}

}  // namespace kafka::consumer
