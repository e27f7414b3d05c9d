// The members of a group of the classic protocol, and what follows from them: who leads, which protocol they choose.
// Not here: states and time (classic_group).
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

/// What a member offers: for consumers, an assignor and its subscription in the bytes for that assignor.
struct GroupProtocol {
  std::string name;
  Bytes metadata;
  friend bool operator==(const GroupProtocol&, const GroupProtocol&) = default;
};

struct ClassicMember {
  std::string id;
  std::optional<std::string> instance_id = {};
  std::string client_id = {};
  std::string client_host = {};
  net::Duration session_timeout{0};
  net::Duration rebalance_timeout{0};
  std::vector<GroupProtocol> protocols = {};  ///< the preferred one first
  Bytes assignment = {};

  /// Of the protocol with this name; empty if the member does not offer it.
  Bytes metadata(std::string_view protocol) const;
};

/// Owns the members, in the order in which they came. It can be copied: a coordinator stores a copy.
class ClassicMembers {
 public:
  const std::vector<ClassicMember>& all() const { return members_; }
  bool empty() const { return members_.empty(); }
  size_t size() const { return members_.size(); }
  /// Null if there is no such member.
  ClassicMember* find(std::string_view id);
  const ClassicMember* find(std::string_view id) const;
  /// The member that holds this instance id now (KIP-345); null if none does.
  const ClassicMember* by_instance(std::string_view instance_id) const;

  void add(ClassicMember member);
  void remove(std::string_view id);
  /// A static member that came back gets a new id. It leads if it led before.
  void rename(std::string_view id, std::string new_id);

  /// "": none.
  const std::string& leader() const { return leader_; }
  /// The first member that `may_lead`, if the present leader may not. False if nobody may.
  bool elect(const std::function<bool(const ClassicMember&)>& may_lead);

  /// True if a member with these protocols would leave a protocol that all members offer.
  bool supports(const std::vector<std::string>& protocols) const;
  /// The protocol that most members prefer among those that all offer; the first one if several have as many votes.
  std::string choose() const;

  /// The longest of all.
  net::Duration rebalance_timeout() const;

 private:
  bool all_offer(std::string_view protocol) const;

  std::vector<ClassicMember> members_;
  std::string leader_;
};

}  // namespace kafka::devbroker
