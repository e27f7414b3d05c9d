#include "random/queries.hpp"

namespace kafka::sim {

Queries::Queries(Run& run) : run_(run), random_(run.plan.seed, 4) { offsets_.emplace(*run.session); }

template <class T>
auto Queries::judge(const char* what, Function<void(const T&)> check) {
  ++open_;
  const TimePoint latest = run_.journal.patience() + run_.plan.session.default_api_timeout + std::chrono::seconds(1);
  return [this, what, latest, calls = 0, check = std::move(check), token = Token(run_.journal)](Error error,
                                                                                                T value) mutable {
    Callback callback(run_.journal, what);
    if (++calls > 1) return run_.journal.violation(std::string(what) + " was answered twice");
    run_.journal.note(std::string(what) + " " + error.name());
    if (open_ > 0) --open_;
    if (run_.journal.patience() > latest)
      run_.journal.violation(std::string(what) + " took longer than default_api_timeout");
    if (!error) check(value);
  };
}

Partitions Queries::some_partitions() {
  Partitions partitions;
  for (const TopicPlan& topic : run_.plan.topics) {
    for (int32_t number = 0; number < topic.partitions; ++number) {
      if (partitions.empty() || random_.percent(50)) partitions[topic.name].push_back(number);
    }
  }
  return partitions;
}

void Queries::ask() {
  const auto bounds = [this](const TopicOffset& found, bool end) {
    const auto partition = run_.cluster().topics().partition(found.topic, found.partition);
    const int64_t most = partition == nullptr ? 0 : end ? partition->log.end_offset() : partition->log.start_offset();
    const bool cut = !run_.history->cuts({found.topic, found.partition}).empty();
    if (!found.error && (found.offset < 0 || (found.offset > most && !cut)))
      run_.journal.violation("offset " + std::to_string(found.offset) + " of " + found.topic + ", which has " +
                             std::to_string(most));
  };
  Call call(run_.journal);
  switch (random_.integer(0, 6)) {
    case 0:
      return run_.session->cluster(judge<ClusterMetadata>("cluster()", [this](const ClusterMetadata& cluster) {
        run_.journal.check(cluster.brokers.size() <= 3, "cluster() knows too many brokers");
      }));
    case 1:
      return run_.session->list_topics(judge<std::vector<std::string>>("list_topics()", [this](const auto& names) {
        run_.journal.check(names.size() <= run_.plan.topics.size(), "list_topics() knows too many");
      }));
    case 2:
      return run_.session->get_metadata(
          {run_.random_topic(random_)},
          judge<ClusterMetadata>("get_metadata()", [this](const ClusterMetadata& cluster) {
            run_.journal.check(cluster.topics.size() == 1, "get_metadata() describes other topics than were asked for");
          }));
    case 3:
      return offsets_->fetch_earliest(some_partitions(),
                                      judge<Offsets>("fetch_earliest()", [bounds](const Offsets& all) {
                                        for (const TopicOffset& found : all) bounds(found, false);
                                      }));
    case 4:
      return offsets_->fetch_latest(some_partitions(), judge<Offsets>("fetch_latest()", [bounds](const Offsets& all) {
                                      for (const TopicOffset& found : all) bounds(found, true);
                                    }));
    case 5:
      return ConsumerGroup(*run_.session, "group-0")
          .fetch_offsets(some_partitions(),
                         judge<std::vector<ConsumerOffset>>("fetch_offsets()", [this](const auto& all) {
                           GroupBook& book = run_.groups.at("group-0");
                           for (const ConsumerOffset& found : all) {
                             if (!found.error && !book.held({found.topic, found.partition}, found.offset))
                               run_.journal.violation("fetch_offsets() found " + std::to_string(found.offset) + " in " +
                                                      found.topic + ", which was never committed");
                           }
                         }));
    default:
      if (!run_.session->post(
              [this, token = Token(run_.journal)] { Callback callback(run_.journal, "a posted call"); }))
        run_.journal.violation("post() refuses though the session is open");
  }
}

}  // namespace kafka::sim
