// The names of topics that a coordinator assigns by id. Metadata of the subscribed topics tells them. An id that it
// does not know is new, or metadata is behind: it is asked for again, with a pause. Where the coordinator matches a
// pattern, the topic may be any one, so all are asked for.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/scope.hpp"
#include "cluster/retry_timer.hpp"
#include "codec/uuid.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns which topics metadata is asked about for a member of the consumer protocol.
class TopicIds {
 public:
  class Owner {
   public:
    /// More ids may be known now. Called only while some are missing.
    virtual void topics_learnt() = 0;

   protected:
    ~Owner() = default;
  };

  /// `creates`: brokers may create topics that they are asked about.
  TopicIds(session::Core& core, bool creates, Owner& owner) : core_(core), creates_(creates), owner_(owner) {}

  /// From now on metadata is asked about these topics. `any`: others may be assigned, too.
  void watch(const std::set<std::string>& topics, bool any);
  void stop();
  /// The topic that has this id now. None for the id of one that was deleted and made anew.
  std::optional<std::string> name(const Uuid& id) const;
  /// The same for a topic of the brokers' own, which nobody reads.
  std::optional<std::string> internal(const Uuid& id) const;
  /// The ids that an assignment names and that are not known.
  void miss(std::set<Uuid> ids);

 private:
  void ask();
  void found(const protocol::MetadataResponse& response);
  void learnt();

  session::Core& core_;
  const bool creates_;
  Owner& owner_;
  std::set<std::string> topics_;
  bool any_ = false;
  std::map<Uuid, std::string> internal_;
  uint64_t listener_ = 0;
  bool watching_ = false;
  std::set<Uuid> missing_;
  cluster::RetryTimer retry_;
  Scope scope_;
};

}  // namespace kafka::group
