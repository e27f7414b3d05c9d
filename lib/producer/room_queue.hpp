// Who waits for room in buffer_memory, first come, first served.
// Not here: the account of that memory, and on_drain() (memory.hpp).
#pragma once

#include <kafka/function.hpp>

#include <cstddef>

#include "base/ring.hpp"
#include "base/scope.hpp"
#include "session/core.hpp"

namespace kafka::producer {

/// Owns the functions of Producer::when_room().
class RoomQueue {
 public:
  /// `fits` says whether so many bytes find room now. The functions run in `lane`.
  RoomQueue(session::Core& session, session::Lane lane, Function<bool(size_t)> fits)
      : session_(session), lane_(std::move(lane)), fits_(std::move(fits)) {}
  RoomQueue(const RoomQueue&) = delete;

  void add(size_t bytes, Function<void()> fn) {
    waiting_.push_back({bytes, std::move(fn)});
    look();
  }
  /// There may be room: those at the front run, one after the other, as long as each finds room when its turn comes.
  void look();
  /// No record is taken any more: all run, in order, and their sends say `closed`.
  void close() {
    closed_ = true;
    look();
  }
  /// None of them runs.
  void stop() {
    scope_.end();
    waiting_.clear();
  }
  bool empty() const noexcept { return waiting_.empty(); }

 private:
  struct Waiter {
    size_t bytes = 0;
    Function<void()> fn;
  };

  bool ready() { return !waiting_.empty() && (closed_ || fits_(waiting_.front().bytes)); }

  session::Core& session_;
  session::Lane lane_;
  Function<bool(size_t)> fits_;
  Ring<Waiter> waiting_;
  bool scheduled_ = false;
  bool closed_ = false;
  Scope scope_;
};

}  // namespace kafka::producer
