// Which topic a partition was read from. A topic may be deleted and made anew under its name: its offsets begin at 0
// again, and what is known of the old one is true of the new one no more.
// Not here: asking whether the topic is still that one (topic_check.hpp), starting anew (positions.hpp).
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <utility>

#include "codec/types.hpp"
#include "net/reactor.hpp"

namespace kafka::consumer {

/// Owns what is remembered of that topic. It outlives the position: after a seek() the topic is the same.
struct ReadTopic {
  /// A partition that is asked for by name was away if nothing was asked for longer than this beyond the broker's wait.
  static constexpr net::Duration kAway = std::chrono::seconds(2);

  Uuid id{};              ///< zero: not known
  Uuid offered{};         ///< metadata names this one, and what was read had none: perhaps it is another topic's
  bool any = false;       ///< a broker named the position: it is one of whatever topic has the name
  bool filled = false;    ///< the log is known to have had records: an empty one is not what was read
  bool doubted = false;   ///< something says that the topic may be gone
  bool gone = false;      ///< a broker did not know the topic, and nothing has told since that it is the same
  bool absent = false;    ///< metadata does not know it
  bool checking = false;  ///< it is being asked whether the topic is still the same; nothing is fetched meanwhile
  bool emptied = false;   ///< since it is in doubt, the log seemed to be empty
  bool probing = false;   ///< doubted all the same: one fetch shows whether the log ends before the position
  int32_t leader = -1;    ///< as metadata last said
  int64_t newest = -1;    ///< the largest timestamp that was read; -1: none
  bool ordered = true;    ///< read from offset 0 on, and timestamps never went back
  net::TimePoint seen{};  ///< when the last request was sent that got an answer; zero: none was

  /// A batch was read whose largest timestamp is this.
  void read(int64_t timestamp) {
    if (timestamp < 0) return;
    ordered = ordered && timestamp >= newest;
    newest = std::max(newest, timestamp);
  }
  /// The log has, or had, records up to this offset.
  void reach(int64_t offset) { filled = filled || offset > 0; }
  /// The topic was still the same when this request was sent.
  void confirm(net::TimePoint sent_at) {
    doubted = gone = emptied = any = probing = false;
    if (!offered.is_zero()) id = std::exchange(offered, {});
    seen = std::max(seen, sent_at);
  }
  /// If the topic was read, what has its name from now on may be another one.
  void doubt() { doubted = seen != net::TimePoint(); }
  /// The same, and a broker does not know the topic.
  void lose() {
    doubt();
    gone = doubted;
  }
  /// What metadata says of the topic. It is in doubt when metadata loses it, and again when it is back: while it is
  /// being deleted, its leader may still answer for it.
  void listed(bool there) {
    if (there == absent) lose();
    absent = !there;
  }
  /// Brokers name an id from now on, and the topic was read without one.
  void offer(const Uuid& named) {
    if (offered == named) return;
    offered = named;
    doubt();
  }
  /// Whether an answer is one of the topic that was read, whatever has its name. `by_id`: it was asked for by its id.
  bool vouched(bool by_id) const { return by_id && !id.is_zero(); }
  /// Whom metadata names. A topic that was made anew may have another leader, and then no error tells of it. With ids
  /// metadata shows that by itself.
  void led_by(int32_t node) {
    const int32_t before = std::exchange(leader, node);
    if (id.is_zero() && before >= 0 && before != node) doubt();
  }
  /// Nobody watched: the topic may have been deleted and made anew, and no error would say so.
  bool away(net::TimePoint now, net::Duration wait) const {
    return seen != net::TimePoint() && !probing && (doubted || now - seen > wait + kAway);
  }
};

}  // namespace kafka::consumer
