// Which partitions the topics of a consumer have, where it reads all of them: also those that are made later.
// Not here: reading them (roster.hpp).
#pragma once

#include <kafka/types.hpp>

#include <string>
#include <vector>

#include "net/reactor.hpp"
#include "session/core.hpp"

namespace kafka::consumer {

/// Owns the topics whose partitions are all read, and how many partitions of each were found.
class Discovery {
 public:
  class Owner {
   public:
    /// The topic has partitions `first` to `end` - 1, which were not found before. `newer`: they were made after the
    /// consumer began to look, so all of their records are newer than that.
    virtual void partitions_found(const std::string& topic, int32_t first, int32_t end, bool newer) = 0;
    /// The cluster knows the topic, with partitions 0 to `end` - 1.
    virtual void topic_there(const std::string& topic, int32_t end) = 0;

   protected:
    ~Owner() = default;
  };

  /// A topic that does not exist for this long is told of, through the log.
  static constexpr net::Duration kPatience = std::chrono::seconds(3);

  Discovery(session::Core& core, bool create, Owner& owner) : core_(core), create_(create), owner_(owner) {}

  void add(std::string topic) { topics_.push_back({std::move(topic)}); }
  bool empty() const { return topics_.empty(); }
  /// From now on metadata is asked about the topics, and what it says is looked at.
  void join();
  void leave();

 private:
  struct Topic {
    std::string name;
    int32_t found = 0;         // partitions
    bool newer = false;        // what is found from now on was made after the consumer began
    bool told = false;         // that the topic is missing
    net::TimePoint missing{};  // since then; zero: it is not
  };

  void look();
  void look_at(Topic& topic);
  void missing(Topic& topic, const Error& why);

  session::Core& core_;
  bool create_;
  Owner& owner_;
  std::vector<Topic> topics_;
  uint64_t listener_ = 0;
  bool joined_ = false;
};

}  // namespace kafka::consumer
