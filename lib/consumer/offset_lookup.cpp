// The public OffsetMaster: checks what is asked, looks it up, and tells the application.
// Not here: the requests to leaders (offset_query.hpp).
#include <kafka/offset_master.hpp>

#include <utility>

#include "consumer/names.hpp"
#include "consumer/offset_query.hpp"
#include "session/access.hpp"
#include "session/asker.hpp"

namespace kafka {
namespace {

using session::Asker;

void look_up(const Asker& asker, const Partitions& partitions, int64_t offset, int64_t timestamp,
             OffsetMaster::Callback done) {
  if (!done) done = [](Error, std::vector<TopicOffset>) {};
  const auto& [core, lane] = asker;
  Error refused = core->refusal();
  if (!refused) refused = consumer::check_partitions(partitions);
  if (refused) {
    return core->later(lane, [done = std::move(done), refused]() mutable { done(refused, {}); });
  }
  consumer::OffsetQuery::start(
      core, {.places = consumer::places(partitions, offset, timestamp), .timeout = core->options().default_api_timeout},
      {}, [raw = core.get(), lane = lane, done = std::move(done)](Error error, std::vector<TopicOffset> found) mutable {
        raw->later(lane, [done = std::move(done), error = std::move(error), found = std::move(found)]() mutable {
          done(std::move(error), std::move(found));
        });
      });
}

}  // namespace

OffsetMaster::OffsetMaster(Session& session) : asker_(Asker::make(session::Access::core(session))) {}
OffsetMaster::OffsetMaster(OffsetMaster&& other) noexcept
    : asker_(std::exchange(other.asker_, other.asker_->moved_from())) {}
OffsetMaster& OffsetMaster::operator=(OffsetMaster&& other) noexcept {
  if (this != &other) asker_ = std::exchange(other.asker_, other.asker_->moved_from());
  return *this;
}

void OffsetMaster::fetch_earliest(Partitions partitions, Callback done) {
  look_up(*asker_, partitions, kEarliestOffset, -1, std::move(done));
}
void OffsetMaster::fetch_latest(Partitions partitions, Callback done) {
  look_up(*asker_, partitions, kLatestOffset, -1, std::move(done));
}
void OffsetMaster::fetch_by_time(Partitions partitions, int64_t unix_ms, Callback done) {
  if (unix_ms < 0) {
    const Error error(Errc::invalid_argument,
                      "time " + std::to_string(unix_ms) + ": milliseconds since 1970, 0 or more");
    if (!done) return;
    return asker_->core->later(asker_->lane, [done = std::move(done), error]() mutable { done(error, {}); });
  }
  look_up(*asker_, partitions, kLatestOffset, unix_ms, std::move(done));
}

}  // namespace kafka
