// The topics whose names match a pattern, as metadata of the whole cluster tells them again and again. Topics of
// Kafka's own are left out, as the Java client does (exclude.internal.topics). Not here: subscribing to them
// (consumer/ownership.cpp), expressions (base/regex.hpp).
#pragma once

#include <set>
#include <string>

#include "base/regex.hpp"
#include "base/scope.hpp"
#include "cluster/retry_pause.hpp"
#include "session/core.hpp"

namespace kafka::group {

/// Owns the pattern, the topics that match it by now, and the next question.
class MatchingTopics {
 public:
  class Owner {
   public:
    /// Other topics match by now, or the first question was answered.
    virtual void topics_match(const std::set<std::string>& names) = 0;

   protected:
    ~Owner() = default;
  };

  MatchingTopics(session::Core& core, Owner& owner) : core_(core), owner_(owner) {}

  /// Asks at once, and then each `metadata_max_age`.
  void follow(Regex pattern);
  void stop();
  bool following() const { return following_; }
  /// The first question was answered.
  bool known() const { return known_; }

 private:
  void ask();
  void answered(const Error& error, const protocol::MetadataResponse& response);
  void ask_after(net::Duration pause);

  session::Core& core_;
  Owner& owner_;
  Regex pattern_;
  std::set<std::string> names_;
  bool following_ = false;
  bool known_ = false;
  cluster::RetryPause retry_;
  net::Timer timer_;
  Scope scope_;
};

}  // namespace kafka::group
