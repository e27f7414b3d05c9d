// Where a consumer stands between its making and its end.
#pragma once

#include <cassert>
#include <cstdint>

namespace kafka::consumer {

/// Owns the one state. Each step leads further to the right:
///
///   idle ──join──► joined ──close──► closing ──deadline──► overdue
///    │                                  │                     │
///    │ close                            │ commits are stored  │ commits have failed
///    └──────────────────────────────────┴─────────────────────┴──────► closed
///
///   Any of them goes to `aborted` when the public object is destroyed, or the session is gone.
class LifeCycle {
 public:
  enum class Stage : uint8_t {
    idle,     ///< nothing was consumed yet
    joined,   ///< in the session's list
    closing,  ///< commits that are under way are waited for
    overdue,  ///< the deadline of close() has passed: nothing is stored any more
    closed,   ///< out of all lists; envelopes are lost
    aborted,  ///< nothing is called any more
  };

  Stage stage() const { return stage_; }
  /// Between join() and the end.
  bool in_session() const { return stage_ >= Stage::joined && stage_ < Stage::closed; }
  bool closing() const { return stage_ >= Stage::closing; }
  bool overdue() const { return stage_ == Stage::overdue; }
  bool closed() const { return stage_ >= Stage::closed; }
  bool aborted() const { return stage_ == Stage::aborted; }

  /// Never goes back: a close() after the deadline leaves the stage at `overdue`.
  void reach(Stage stage) {
    if (stage > stage_) stage_ = stage;
  }

 private:
  Stage stage_ = Stage::idle;
};

}  // namespace kafka::consumer
