#include "find_topics.hpp"

#include <memory>
#include <set>

#include "base/topic_name.hpp"

namespace cli {
namespace {

constexpr uint64_t kPauseMs = 250;
// A topic that was created a moment ago is not known to every broker yet.
constexpr int kAttemptsToRead = 4;
constexpr int kAttemptsToCreate = 20;

// Owns itself from start() to finish(). Asks again while a topic is not there yet.
class Search {
 public:
  Search(App& app, WantedTopics wanted, std::function<void(const FoundTopics&)> found, std::function<void()> failed)
      : app_(app), wanted_(std::move(wanted)), found_(std::move(found)), failed_(std::move(failed)) {}

  void ask() {
    app_.session().get_metadata(
        {wanted_.names.begin(), wanted_.names.end()},
        [this](kafka::Error error, kafka::ClusterMetadata cluster) { answered(std::move(error), std::move(cluster)); },
        creating_);
  }

 private:
  void answered(kafka::Error error, kafka::ClusterMetadata cluster) {
    if (error) return finish(error == kafka::Errc::closed ? "" : error.message() + " (" + error.name() + ")");
    bool pending = false;
    for (const std::string& name : wanted_.names) {
      const kafka::TopicInfo& topic = cluster.topics[name];
      error = topic.error;
      if (!error && topic.partitions.empty()) error = kafka::Errc::unknown_topic_or_partition;
      if (!error) continue;
      pending = true;
      if (error == kafka::Errc::leader_not_available) continue;
      if (error != kafka::Errc::unknown_topic_or_partition)
        return finish("topic " + name + ": " + error.message() + " (" + error.name() + ")");
      if (wanted_.creation == Creation::wanted && asked_.insert(name).second) return create(name, -1, -1);
      if (wanted_.creation == Creation::by_broker && !creating_) begin_to_create(name);
      if (--left_ > 0) continue;
      // Where the broker needs to be told numbers, and creates nothing by itself.
      if (creating_ && wanted_.creation == Creation::wanted && told_.insert(name).second) return create(name, 1, 1);
      return finish("topic " + name + " does not exist" +
                    (creating_ ? ", and the broker does not create it (auto.create.topics.enable)" : ""));
    }
    if (pending) return again();
    app_.heard();
    for (const auto& [name, topic] : cluster.topics) {
      for (const int32_t partition : wanted_.partitions) {
        if (static_cast<size_t>(partition) < topic.partitions.size()) continue;
        return finish(no_such_partition(name, partition, topic.partitions.size()));
      }
    }
    const std::unique_ptr<Search> done(this);
    found_(cluster.topics);
  }

  // The broker creates the topic, with its own numbers of partitions and replicas. One that takes no such request, or
  // no request without numbers (before 2.4), may create the topic by itself when it is asked about it.
  void create(const std::string& name, int32_t partitions, int16_t replicas) {
    app_.session().create_topic({name, partitions, replicas}, [this, name](const kafka::Error& error) {
      left_ = kAttemptsToCreate;
      if (error == kafka::Errc::closed) return finish("");
      if (error == kafka::Errc::unsupported_feature) {
        creating_ = true;
        left_ = kAttemptsToRead;  // one that creates topics says so at once
      } else if (error && error != kafka::Errc::topic_already_exists) {
        return finish(error.message() + " (" + error.name() + ")");
      }
      again();
    });
  }

  void begin_to_create(const std::string& name) {
    creating_ = true;
    left_ = kAttemptsToCreate;
    app_.console().note("topic " + name + " does not exist: the broker is asked to create it");
  }

  void again() {
    uv_timer_init(app_.loop(), &timer_);
    timer_.data = this;
    uv_timer_start(
        &timer_,
        [](uv_timer_t* timer) {
          uv_close(reinterpret_cast<uv_handle_t*>(timer),
                   [](uv_handle_t* closed) { static_cast<Search*>(closed->data)->ask(); });
        },
        kPauseMs, 0);
  }

  void finish(const std::string& why) {
    const std::unique_ptr<Search> done(this);
    if (!why.empty()) app_.fail(why);
    failed_ ? failed_() : app_.finish();
  }

  App& app_;
  WantedTopics wanted_;
  std::function<void(const FoundTopics&)> found_;
  std::function<void()> failed_;
  uv_timer_t timer_{};
  int left_ = kAttemptsToRead;
  bool creating_ = false;        // by asking about the topics
  std::set<std::string> asked_;  // to be created with the broker's numbers
  std::set<std::string> told_;   // to be created with one partition
};

}  // namespace

void find_topics(App& app, WantedTopics wanted, std::function<void(const FoundTopics&)> found,
                 std::function<void()> failed) {
  (new Search(app, std::move(wanted), std::move(found), std::move(failed)))->ask();
}

kafka::Partitions partitions_of(const FoundTopics& topics, const std::vector<int32_t>& wanted) {
  kafka::Partitions all;
  for (const auto& [name, topic] : topics) {
    std::vector<int32_t>& numbers = all[name];
    if (!wanted.empty()) {
      numbers = wanted;
      continue;
    }
    for (const kafka::PartitionInfo& partition : topic.partitions) numbers.push_back(partition.partition);
  }
  return all;
}

std::string no_such_partition(const std::string& topic, int64_t partition, size_t partitions) {
  return "topic " + topic + " has no partition " + std::to_string(partition) + ", it has 0 to " +
         std::to_string(partitions - 1);
}

bool check_topics(const char* command, const std::vector<std::string>& topics) {
  for (const std::string& topic : topics) {
    const kafka::Error error = kafka::check_topic_name(topic);
    if (!error) continue;
    usage_error(std::string(command) + ": -t: " + std::string(error.detail()));
    return false;
  }
  return true;
}

}  // namespace cli
