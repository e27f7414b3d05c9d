// The public OffsetMaster: checks what is asked, looks it up, and tells the application.
// Not here: the requests to leaders (offset_query.hpp).
#include <kafka/offset_master.hpp>

#include "consumer/names.hpp"
#include "consumer/offset_query.hpp"
#include "session/access.hpp"

namespace kafka {
namespace {

using session::Core;

void look_up(const std::shared_ptr<Core>& core, const Partitions& partitions, int64_t offset, int64_t timestamp,
             OffsetMaster::Callback done) {
  if (!done) done = [](Error, std::vector<TopicOffset>) {};
  Error refused = core->refusal();
  if (!refused) refused = consumer::check_partitions(partitions);
  if (refused) {
    return core->later([done = std::move(done), refused]() mutable { done(refused, {}); });
  }
  consumer::OffsetQuery::start(
      core, {.places = consumer::places(partitions, offset, timestamp), .timeout = core->options().default_api_timeout},
      {}, [raw = core.get(), done = std::move(done)](Error error, std::vector<TopicOffset> found) mutable {
        raw->later([done = std::move(done), error = std::move(error), found = std::move(found)]() mutable {
          done(std::move(error), std::move(found));
        });
      });
}

}  // namespace

OffsetMaster::OffsetMaster(Session& session) : core_(session::Access::core(session)) {}

void OffsetMaster::fetch_earliest(Partitions partitions, Callback done) {
  look_up(core_, partitions, kEarliestOffset, -1, std::move(done));
}
void OffsetMaster::fetch_latest(Partitions partitions, Callback done) {
  look_up(core_, partitions, kLatestOffset, -1, std::move(done));
}
void OffsetMaster::fetch_by_time(Partitions partitions, int64_t unix_ms, Callback done) {
  if (unix_ms < 0) {
    const Error error(Errc::invalid_argument,
                      "time " + std::to_string(unix_ms) + ": milliseconds since 1970, 0 or more");
    if (!done) return;
    return core_->later([done = std::move(done), error]() mutable { done(error, {}); });
  }
  look_up(core_, partitions, kLatestOffset, unix_ms, std::move(done));
}

}  // namespace kafka
