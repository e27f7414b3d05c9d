// What one call of Groups has from its beginning to its end: the session, and how long it may take.
// Not here: what is asked (group_listing, group_descriptions, group_lag, group_removals).
#pragma once

#include <kafka/error.hpp>
#include <kafka/function.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/error_table.hpp"
#include "session/core.hpp"

namespace kafka::admin {

/// An errand does not keep the core alive: what is under way goes with the core.
struct Errand {
  session::Core* core;
  net::TimePoint deadline;

  static Errand begin(session::Core& core) {
    return {&core, core.reactor().now() + core.options().default_api_timeout};
  }
  net::Duration left() const { return std::max(deadline - core->reactor().now(), net::Duration::zero()); }
  /// Why the next step cannot begin: the session closes.
  Error refusal() const { return core->refusal(); }

  /// Asks the coordinator of a group. While the session closes `done` is called at once. `inspect` finds the error of
  /// an answer; it decides about trying again.
  template <class Request>
  void ask(const std::string& group, Request request, Function<Error(const protocol::ResponseOf<Request>&)> inspect,
           typename cluster::TypedCall<Request>::Done done, Function<Error(Request&, int16_t)> prepare = {},
           int16_t max_version = INT16_MAX) const {
    if (const Error refused = refusal()) {
      protocol::ResponseOf<Request> none;
      return done(refused, none, {});
    }
    core->coordinators().call<Request>(cluster::CoordinatorKey::group(group), std::move(request),
                                       {.timeout = left(), .max_version = max_version}, std::move(inspect),
                                       std::move(done), std::move(prepare));
  }
};

/// The error of an answer about a group; none for code 0. `text` is the broker's own, if it sent one.
inline Error group_error(const std::string& group, int16_t code, const std::optional<std::string>& text = {}) {
  if (code == 0) return {};
  return broker_error(code, "group " + group + (text && !text->empty() ? ": " + escaped(*text) : ""));
}

/// As the application hears it: a request that the broker does not know is a feature that it lacks.
inline Error told(Error error, const char* needs) {
  if (error != Errc::unsupported_version) return error;
  return Error(Errc::unsupported_feature, needs + (": " + std::string(error.detail())));
}

/// Runs `one` for each of 0 to count - 1, a limited number of them at a time, and then `all`.
class Each : public std::enable_shared_from_this<Each> {
 public:
  /// Groups that are asked about at a time.
  static constexpr size_t kMostAtOnce = 50;
  using One = Function<void(size_t index, Function<void()> done)>;

  static void run(size_t count, One one, Function<void()> all) {
    const auto each = std::make_shared<Each>(count, std::move(one), std::move(all));
    each->go();
  }
  Each(size_t count, One one, Function<void()> all) : count_(count), one_(std::move(one)), all_(std::move(all)) {}

 private:
  void go() {
    going_ = true;
    while (next_ < count_ && running_ < kMostAtOnce) {
      ++running_;
      one_(next_++, [self = shared_from_this()] { self->ended(); });
    }
    going_ = false;
    if (running_ > 0 || next_ < count_ || !all_) return;
    Function<void()> all = std::move(all_);
    all_ = nullptr;
    all();
  }
  void ended() {
    --running_;
    if (!going_) go();
  }

  size_t count_;
  One one_;
  Function<void()> all_;
  size_t next_ = 0;
  size_t running_ = 0;
  bool going_ = false;
};

}  // namespace kafka::admin
