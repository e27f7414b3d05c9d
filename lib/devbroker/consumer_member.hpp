// A member of a group of the consumer protocol (KIP-848), and the step that brings it nearer to its target: it first
// gives up what it must, then it gets what is free.
// Not here: targets (server_assignors), time, who may ask what (consumer_group).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "codec/types.hpp"
#include "devbroker/classic_members.hpp"
#include "net/reactor.hpp"

namespace kafka::devbroker {

/// A partition of a topic that is known by its id: a topic that is made anew is another one.
struct Slot {
  Uuid topic{};
  int32_t partition = 0;
  friend constexpr auto operator<=>(const Slot&, const Slot&) = default;
};
using Slots = std::set<Slot>;

enum class Reconciliation : int8_t {
  stable,     ///< it has its target
  unrevoked,  ///< it has to give something up
  unreleased  ///< others have to
};

/// What a member that speaks the classic protocol has besides.
struct ClassicSide {
  net::Duration session_timeout{0};
  std::vector<GroupProtocol> protocols = {};
  int16_t version = 0;  ///< of the bytes of its subscription
};

struct ConsumerMember {
  /// The epoch of a static member that is away for a while.
  static constexpr int32_t kAway = -2;

  std::string id = {};
  std::optional<std::string> instance_id = {};
  std::optional<std::string> rack_id = {};
  std::string client_id = {};
  std::string client_host = {};
  net::Duration rebalance_timeout{0};
  std::vector<std::string> topics = {};  ///< subscribed by name, sorted
  std::string pattern = {};              ///< "": none
  std::string assignor = {};             ///< "": it does not mind
  int32_t epoch = 0;
  int32_t previous_epoch = -1;
  Reconciliation state = Reconciliation::stable;
  std::map<Slot, int32_t> assigned = {};  ///< what it may read, and since which epoch
  Slots revoking = {};                    ///< what it has to give up
  std::optional<ClassicSide> classic = {};

  bool holds(const Slot& slot) const { return assigned.contains(slot) || revoking.contains(slot); }
};

/// One step towards `target`, the target of `target_epoch`. `owned`: what the member says that it has; null: it does
/// not say. `is_free`: whether no other member has the slot.
void reconcile(ConsumerMember& member, const Slots& target, int32_t target_epoch, const Slots* owned,
               const std::function<bool(const Slot&)>& is_free);

}  // namespace kafka::devbroker
