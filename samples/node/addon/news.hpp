// Events and log lines of a session, from when they happen to the end of the turn.
#pragma once

#include <kafka/kafka.h>

#include <string>
#include <vector>

#include "host.hpp"
#include "value.hpp"
#include "waiter.hpp"

namespace addon {

/// Tells JavaScript's handler (events, lines): lines are pairs of a level and a text.
class News final : public Waiter, public Teller {
 public:
  explicit News(Host& host) : host_(host) {}
  ~News() override { host_.forget(*this); }

  /// What follows goes to this function.
  void to(napi_value handler) { handler_ = Kept(host_.env, handler); }
  /// Lines are also written in the middle of calls. Then nobody ends a turn, unless this session is asked to.
  void ask_for_turns_of(kafka_session* session) { session_ = session; }

  void tell(CallbackScope& scope) override;
  void dropped() override {}  // the session goes, or has another handler

  static void on_event(void* user, const kafka_event* event);
  static void on_log(void* user, int level, kafka_bytes line);

 private:
  struct Line {
    int level;
    std::string text;
  };
  static News& of(void* user) { return *static_cast<News*>(static_cast<Waiter*>(user)); }

  Host& host_;
  Kept handler_;
  kafka_session* session_ = nullptr;
  std::vector<Kept> events_;  // made when they happen, as their bytes are gone later
  std::vector<Line> lines_;
};

/// An event as an object.
napi_value make_event(napi_env env, const kafka_event& event);

}  // namespace addon
