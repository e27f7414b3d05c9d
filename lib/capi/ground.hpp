// What the C handles of one session share. It outlives all of them: an object whose session was freed still knows its
// thread and where drops are told.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "capi/drops.hpp"
#include "capi/spares.hpp"
#include "capi/turn.hpp"
#include "capi/waker.hpp"

struct kafka_envelope;

namespace kafka::capi {

class Ground : public std::enable_shared_from_this<Ground> {
 public:
  Ground() = default;
  Ground(const Ground&) = delete;
  ~Ground() {
    if (slot_ != nullptr) spares_.put(slot_);
  }
  bool on_its_thread() const { return thread_ == std::this_thread::get_id(); }
  /// The private loop that the session is on, or null.
  void set_waker(Waker* waker) { waker_ = waker; }
  Drops& drops() { return drops_; }
  Turn& turn() { return turn_; }

  /// A call of the C API begins. Callbacks that are made during it carry its number.
  [[gnu::always_inline]] uint64_t begin_call() {
    drops_.enter();
    return std::exchange(call_, ++calls_);
  }
  [[gnu::always_inline]] void end_call(uint64_t outer, bool accepted) {
    if (!unkept_.empty()) [[unlikely]]
      decide(accepted);
    call_ = outer;
    if (waker_ != nullptr) [[unlikely]]
      waker_->touched();
    if (drops_.leave()) [[unlikely]]
      tell();
  }
  uint64_t call() const { return call_; }
  /// Memory of envelopes that were freed, for the next ones.
  Spares& spares() { return spares_; }
  /// Memory for the handle whose callback is about to run. It serves one after the other, until a program keeps one.
  template <class T>
  void* slot() {
    if (slot_ == nullptr) [[unlikely]]
      slot_ = spares_.take<T>();
    return slot_;
  }
  void give_slot() { slot_ = nullptr; }
  /// The handle whose callback runs, unless the program has freed it.
  kafka_envelope* lent() const { return lent_; }
  void set_lent(kafka_envelope* lent) { lent_ = lent; }
  /// A callback that was made during call number `call` is destroyed and never ran. If that call is still under way,
  /// its result decides: a refused callback is told by the return value, an accepted one is dropped.
  void uncalled(void* user, uint64_t call) {
    if (call == call_ && call != 0) return unkept_.push_back(user);
    drops_.add(user);
  }

 private:
  friend class Hold;

  // Who is told may free the last handle.
  [[gnu::noinline]] void tell() {
    const std::shared_ptr<Ground> pinned = shared_from_this();
    drops_.tell();
  }
  [[gnu::noinline]] void decide(bool accepted) {
    for (void* user : std::exchange(unkept_, {})) {
      if (accepted) drops_.add(user);
    }
  }

  const std::thread::id thread_ = std::this_thread::get_id();
  Waker* waker_ = nullptr;
  Drops drops_;
  Turn turn_;
  uint64_t calls_ = 0;
  uint64_t call_ = 0;          // 0: none is under way
  std::vector<void*> unkept_;  // of this call: their callbacks are destroyed already
  Spares spares_;
  void* slot_ = nullptr;  // owned, until a program keeps the handle in it
  kafka_envelope* lent_ = nullptr;
  size_t holds_ = 0;
  std::shared_ptr<Ground> self_;  // while there are holds
};

/// Keeps a ground, and is as small as a pointer. It is counted without atomics: of the loop's thread only.
class Hold {
 public:
  explicit Hold(Ground& ground) : ground_(&ground) {
    if (ground.holds_++ == 0) ground.self_ = ground.shared_from_this();
  }
  Hold(const Hold& other) : Hold(*other.ground_) {}
  Hold(Hold&& other) noexcept : ground_(std::exchange(other.ground_, nullptr)) {}
  Hold& operator=(const Hold&) = delete;
  ~Hold() { release(); }

  Ground& operator*() const { return *ground_; }
  Ground* operator->() const { return ground_; }
  explicit operator bool() const { return ground_ != nullptr; }
  void release() {
    Ground* ground = std::exchange(ground_, nullptr);
    if (ground == nullptr || --ground->holds_ > 0) return;
    const auto last = std::move(ground->self_);
  }

 private:
  Ground* ground_;
};

}  // namespace kafka::capi
