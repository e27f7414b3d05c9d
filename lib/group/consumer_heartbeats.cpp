#include "group/consumer_heartbeats.hpp"

#include <utility>

#include "group/coordinator_errors.hpp"

namespace kafka::group {
namespace {

// The coordinator's error, with its own words.
Error error_of(const std::string& group, const protocol::ConsumerGroupHeartbeatResponse& response) {
  const std::string words = response.error_message ? ": " + escaped(*response.error_message) : std::string();
  return response.error_code == 0 ? Error() : broker_error(response.error_code, "group " + group + words);
}

}  // namespace

void ConsumerHeartbeats::beat() {
  if (!under_way_) send();
}

void ConsumerHeartbeats::stop() {
  timer_.cancel();
  under_way_ = false;
  hurry_until_ = {};
  scope_.end();
  owner_.trusted_until(net::TimePoint::max());
}

void ConsumerHeartbeats::hurry(net::Duration time) {
  hurry_until_ = std::max(hurry_until_, core_.reactor().now() + time);
  if (!under_way_) arm();
}

void ConsumerHeartbeats::arm() {
  const net::TimePoint now = core_.reactor().now();
  const net::Duration pause = now < hurry_until_ ? std::min(Heartbeats::kFast, interval_) : interval_;
  timer_ = core_.reactor().after(std::max(last_ + pause - now, net::Duration::zero()), scope_.wrap([this] { send(); }));
}

// One at a time: the answer to an older one would say less than the answer to a newer one.
void ConsumerHeartbeats::send() {
  timer_.cancel();
  under_way_ = true;
  last_ = core_.reactor().now();
  const Scope::Guard guard = scope_.guard();
  core_.coordinators().call<Request>(
      cluster::CoordinatorKey::group(identity_.group), Request(),
      {.timeout = session::kSessionTimeout,
       .answer_timeout = std::max(session(), kLeastPatience),
       .wanted = [guard] { return guard.alive(); }},
      [group = identity_.group](const Response& response) { return coordinator_error(group, response.error_code); },
      scope_.wrap([this](Error error, Response& response, const cluster::CallInfo& info) {
        answered(std::move(error), response, info.sent_at);
      }),
      [this, guard](Request& request, int16_t version) {
        if (!guard.alive()) return Error(Errc::closed);
        request = {};
        request.group_id = identity_.group;
        version_ = version;
        return owner_.fill(request, version);
      });
}

void ConsumerHeartbeats::answered(Error error, Response& response, net::TimePoint sent_at) {
  under_way_ = false;
  if (!error) error = error_of(identity_.group, response);
  if (!error) {
    // 0 comes with errors only. Whatever a broker says, the member neither floods it nor falls silent.
    const std::chrono::milliseconds told(response.heartbeat_interval_ms);
    const session::Range bounds = session::kHeartbeatBounds;
    if (told.count() > 0) interval_ = std::chrono::milliseconds(std::clamp(told.count(), bounds.least, bounds.most));
    owner_.trusted_until(sent_at + session());
  }
  arm();
  owner_.heartbeat_answered(error, response);  // may stop everything
}

void ConsumerHeartbeats::leave(Request request, net::Duration timeout, Function<void()> done) {
  request.group_id = identity_.group;
  core_.coordinators().call<Request>(
      cluster::CoordinatorKey::group(identity_.group), std::move(request),
      {.timeout = std::min(timeout, kLeavePatience)},
      [group = identity_.group](const Response& response) { return coordinator_error(group, response.error_code); },
      [done = std::move(done)](const Error&, Response&, const cluster::CallInfo&) mutable {
        if (done) done();
      });
}

}  // namespace kafka::group
