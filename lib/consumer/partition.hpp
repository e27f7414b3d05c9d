// One partition of a consumer: where it is, what was fetched, which envelopes are open.
// Not here: how the state changes (positions.cpp, fetcher.cpp, dispatcher.cpp).
#pragma once

#include <kafka/types.hpp>

#include <map>
#include <memory>
#include <string>

#include "codec/types.hpp"
#include "consumer/buffer.hpp"
#include "consumer/stored.hpp"
#include "consumer/window.hpp"
#include "net/reactor.hpp"

namespace kafka::consumer {

struct Partition {
  enum class State : uint8_t {
    unknown,    ///< nothing asked yet
    committed,  ///< the group's offset is being asked for
    listing,    ///< the leader is being asked where earliest, latest or a time is
    ready,      ///< `next` is known
    stopped,    ///< for good, until seek()
  };
  /// Where `unknown` begins.
  enum class Start : uint8_t { committed, place };

  std::shared_ptr<const std::string> topic;
  int32_t number = 0;
  uint32_t slot = 0;
  State state = State::unknown;
  Start start = Start::place;
  TopicOffset place;   ///< what is being listed
  Error reset_reason;  ///< a policy decided on `place`: tell when it is known
  Error stop_reason;
  bool needs_seek = false;  ///< stopped by what lies at the position: a new consumption would stop there again
  bool asked = false;       ///< a question about where to begin is under way
  bool paused = false;
  uint32_t generation = 0;  ///< counts positions set from outside: answers about older ones are dropped

  int64_t next = -1;            ///< to be dispatched next
  int64_t fetch_position = -1;  ///< to be asked for next
  int64_t end = -1;             ///< as the last answer said: the last stable offset with read_committed
  /// Of the leader that took the batch before fetch_position, or a newer one that was seen; -1: not known.
  int32_t last_epoch = -1;
  int32_t checked_under = -1;  ///< the leader's epoch when `last_epoch` was last compared with its log
  int32_t held_epoch = -1;     ///< of a batch that nobody compared: was held up once already
  bool doubted = false;        ///< out_of_range was said, and is asked for once more
  int32_t refused_by = -1;     ///< the broker that said it again, while it is asked whether it is the leader
  int32_t refused_epoch = -1;  ///< `last_epoch` before it
  bool end_reported = false;
  Buffer buffer;

  // the open envelope, where there is one per partition at most
  uint64_t ticket = 0;      ///< 0: none
  uint64_t opened_by = 0;   ///< the consumption that dispatched it
  bool committing = false;  ///< answered with commit, not confirmed yet
  bool sought = false;      ///< the position was set since: the answer does not move it
  int64_t open_first = -1;
  int64_t open_next = -1;
  int32_t open_epoch = -1;

  // the dispatcher's list
  bool listed = false;

  // the open envelopes, with `unordered`
  Window window;
  uint64_t begun_at = 0;                ///< the number of the first one that the present consumption dispatches
  std::map<uint64_t, Waiting> waiting;  ///< commits with metadata or `done`, by number

  // what is to be stored, with `unordered` or `pipelined`
  Storing wanted;
  bool dirty = false;  ///< in the list of those that have something to store
  uint32_t moves = 0;  ///< counts seeks and resets: an older commit that fails does not go back behind them

  // fetching
  uint64_t in_fetch = 0;     ///< the request under way that asks for it, 0: none
  size_t asked_index = 0;    ///< its place in that request
  bool drain_first = false;  ///< nothing more is asked for before what is here has been read
  size_t max_bytes = 0;      ///< of the next fetch; grows for a batch that does not fit (B4)
  bool alone = false;        ///< asked for without others: an answer with it was larger than may be received
  uint64_t served = 0;       ///< the last request that brought records
  uint32_t failures = 0;     ///< in a row
  uint32_t oddities = 0;     ///< answers in a row that lack this partition or lead nowhere (A14)
  net::TimePoint not_before{};
  int32_t replica = -1;                ///< who is asked instead of the leader (KIP-392), -1: nobody
  net::TimePoint replica_until{};      ///< then the leader is asked again
  net::TimePoint leader_only_until{};  ///< its advice led nowhere: not followed before
  int32_t epoch_from = -1;             ///< the broker whose log has the batch of `last_epoch`; -1: not known
  net::TimePoint outdated_since{};     ///< what was read is newer than the leader that metadata names since
  int32_t outdated_under = -1;         ///< that leader's epoch, if a better one was waited for in vain
  Uuid topic_id{};                     ///< as last asked for; zero: not known
  bool leaderless = false;             ///< nobody to ask: metadata is asked for, at not_before again
  net::TimePoint missing_since{};      ///< topic or partition unknown to the cluster since; zero: it is known

  std::string where() const { return *topic + "/" + std::to_string(number); }
  /// What the application calls the position: the oldest open envelope's until it is answered.
  int64_t position() const {
    if (ticket != 0 && !sought) return open_first;
    return window.empty() ? next : window.front().first;
  }
  bool open() const { return ticket != 0 || !window.empty(); }
  bool at_end() const { return state == State::ready && end >= 0 && next >= end; }
};

}  // namespace kafka::consumer
