// Membership of a consumer group: what a member subscribes to, what it is told when partitions come and go, and what
// it knows of its place in the group.
#pragma once

#include <kafka/function.hpp>
#include <kafka/types.hpp>

#include <chrono>
#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kafka {

/// Topics that a member of a group subscribes to: `Topics{"orders", "payments"}`, or one std::vector of names. The
/// group shares their partitions out among its members.
struct Topics {
  template <class First, class... More>
  requires(std::constructible_from<std::string, First>&&...&& std::constructible_from<std::string, More>)  //
      explicit Topics(First&& first, More&&... more)
      : names{std::string(std::forward<First>(first)), std::string(std::forward<More>(more))...} {}
  // A template, so that braces within braces never mean it: `{{"orders", {0}}}` are Partitions.
  template <std::same_as<std::vector<std::string>> Names>
  explicit Topics(Names topics) : names(std::move(topics)) {}

  std::vector<std::string> names;
};

/// Topics that a member of a group subscribes to by a regular expression of RE2, which has to match the whole name:
/// `TopicPattern{"orders-.*"}`. Topics of Kafka's own never match. Topics that are made later come in when metadata is
/// asked for again (`metadata_max_age`). With the protocol `consumer`, brokers from 4.0 on match the pattern
/// themselves, also those that come later (KIP-848). A consumer that is made with a pattern creates no topic by asking
/// for it. Needs a library with RE2 (meson option `re2`), else the pattern is refused with unsupported_feature. A wrong
/// one is refused with invalid_regular_expression.
struct TopicPattern {
  // A template, so that braces within braces never mean it.
  template <class Text>
  requires std::constructible_from<std::string, Text>
  explicit TopicPattern(Text&& text) : regex(std::forward<Text>(text)) {}

  std::string regex;
};

/// What a member does when it is closed.
enum class Leaving : uint8_t {
  by_kind,  ///< a static member (`group_instance_id`) stays, any other one leaves
  leave,    ///< it leaves: the group shares its partitions out at once
  stay,     ///< its partitions wait for it until its session ends. It goes without a word; a static member of the
            ///< protocol `consumer` says that it will be back, and frees its instance id with that
};

/// A member's place in its group, as it knows it now.
struct GroupView {
  enum class State : uint8_t {
    away,       ///< not a member: nothing was consumed yet, or it has left
    joining,    ///< it asks to be let in, or waits until the group has shared the partitions out
    stable,     ///< it is a member, and reads what it owns
    revoking,   ///< it gives partitions up: their open envelopes may still be answered
    suspended,  ///< it has left because an envelope was open for longer than `max_poll_interval`
    failed,     ///< the group refuses it for good
  };
  State state = State::away;
  std::string member_id = {};  ///< "" before the coordinator has given one
  int32_t generation = -1;     ///< -1 outside of a generation; with KIP-848 the member's epoch
  std::string assignor = {};   ///< the one that the group has chosen; with KIP-848 the one that this member asks for
  bool leader = false;         ///< this member shares the partitions out; with KIP-848 nobody does
  Partitions owned = {};
};
UVKAFKA_API std::string_view to_string(GroupView::State state);

namespace consumer {
struct RevocationState;
}  // namespace consumer

/// Partitions that a member gives up. Nothing of them is dispatched any more; what was answered is stored, and the rest
/// is `lost`. The group goes on, and others may read the partitions, once this object is released or destroyed. One
/// that is held for too long counts as released, see `ConsumerOptions::rebalance_timeout`.
class UVKAFKA_API Revocation {
 public:
  Revocation(Revocation&& other) noexcept;
  Revocation& operator=(Revocation&& other) noexcept;
  ~Revocation();

  const Partitions& partitions() const;
  /// Lets the group go on. Further calls do nothing.
  void release();

 private:
  friend struct consumer::RevocationState;
  explicit Revocation(std::shared_ptr<consumer::RevocationState> state) noexcept;

  std::shared_ptr<consumer::RevocationState> state_;
};

}  // namespace kafka
