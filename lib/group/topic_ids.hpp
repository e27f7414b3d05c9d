// The names of topics that a coordinator assigns by id. Metadata of the subscribed topics tells them. An id that it
// does not know is new, or metadata is behind: it is asked for again, with a pause.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "cluster/retry_pause.hpp"
#include "codec/uuid.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns which topics metadata is asked about for a member of the consumer protocol.
class TopicIds {
 public:
  class Owner {
   public:
    /// Metadata may know more ids now. Called only while some are missing.
    virtual void topics_learnt() = 0;

   protected:
    ~Owner() = default;
  };

  /// `creates`: brokers may create topics that they are asked about.
  TopicIds(session::Core& core, bool creates, Owner& owner) : core_(core), creates_(creates), owner_(owner) {}

  /// From now on metadata is asked about these topics, and no others.
  void watch(const std::set<std::string>& topics);
  void stop();
  /// The topic that has this id now. None for the id of one that was deleted and made anew.
  std::optional<std::string> name(const Uuid& id) const;
  /// Whether an assignment names ids that are not known.
  void miss(bool some);

 private:
  void learnt();

  session::Core& core_;
  const bool creates_;
  Owner& owner_;
  std::set<std::string> topics_;
  uint64_t listener_ = 0;
  bool watching_ = false;
  bool missing_ = false;
  cluster::RetryPause retry_;
  net::Timer timer_;
};

}  // namespace kafka::group
