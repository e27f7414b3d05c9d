// The JavaScript side of one session: its environment, and those who have something to tell at the end of a turn.
#pragma once

#include <node_api.h>

#include <vector>

#include "scope.hpp"
#include "waiter.hpp"

namespace addon {

/// Something that gathers during a turn of the loop and tells JavaScript once, at its end.
class Teller {
 public:
  virtual ~Teller() = default;
  virtual void tell(CallbackScope& scope) = 0;
};

class Host final : public Waiter {
 public:
  explicit Host(napi_env its_env);
  Host(const Host&) = delete;
  ~Host() override;
  void dropped() override {}  // the session goes

  /// For kafka_session_on_turn().
  static void on_turn(void* user) { static_cast<Host*>(static_cast<Waiter*>(user))->tell(); }

  /// False once the environment ends: then nothing of JavaScript may be called.
  bool talks() const { return talks_; }
  void silence() { talks_ = false; }

  /// `teller` has something to tell at the end of this turn.
  void due(Teller& teller);
  /// `teller` is destroyed.
  void forget(const Teller& teller);
  bool has_due() const { return !due_.empty(); }
  /// The turn ends.
  void tell();

  const napi_env env;
  napi_async_context context = nullptr;

 private:
  bool talks_ = true;
  std::vector<Teller*> due_;
  std::vector<Teller*> telling_;  // null: it was destroyed meanwhile
};

}  // namespace addon
