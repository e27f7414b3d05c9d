// The releases that a dev broker can speak like (see profile.hpp).
#include "devbroker/profile.hpp"

#include "protocol/api_table.hpp"

namespace kafka::devbroker {

namespace {

using protocol::ApiRow;
using protocol::NewestIn;

using std::chrono::milliseconds;

constexpr GroupRules kGroups0_11{.while_syncing = WhileSyncing::refused_unread,
                                 .max_session = milliseconds(300000),
                                 .refused_generation = 0,
                                 .says_awaiting_sync = true,
                                 .static_members = false,
                                 .puts_out_unsynced = false,
                                 .is_new_coordinator = false,
                                 .folds_state_names = false};
constexpr GroupRules kGroups1_1 = [] {
  GroupRules rules = kGroups0_11;
  rules.says_awaiting_sync = false;
  return rules;
}();
constexpr GroupRules kGroups0_10 = [] {
  GroupRules rules = kGroups0_11;
  rules.waits_for_others = false;
  return rules;
}();
constexpr GroupRules kGroups0_9 = [] {
  GroupRules rules = kGroups0_10;
  rules.max_session = milliseconds(30000);
  rules.state_first = true;
  return rules;
}();
constexpr GroupRules kGroups2_8{.is_new_coordinator = false, .folds_state_names = false};
constexpr GroupRules kGroups2_4 = [] {
  GroupRules rules = kGroups2_8;
  rules.while_syncing = WhileSyncing::refused;
  rules.puts_out_unsynced = false;
  return rules;
}();
constexpr GroupRules kGroups3_9{
    .assignment_interval = milliseconds(0), .first_epoch = 0, .converts = false, .is_lenient = false};

constexpr Profile kProfiles[] = {
    {"", nullptr, true, true, ProducerRules::lasting},
    {"0.8.2", &NewestIn::v0_8_2, false, false, ProducerRules::lasting},
    {"0.9", &NewestIn::v0_9, false, false, ProducerRules::lasting, false, kGroups0_9, true},
    {"0.10", &NewestIn::v0_10, true, false, ProducerRules::lasting, false, kGroups0_10},
    {"0.11", &NewestIn::v0_11, true, false, ProducerRules::one_batch, false, kGroups0_11},
    {"1.1", &NewestIn::v1_1, true, false, ProducerRules::forgetful, false, kGroups1_1},
    {"2.4", &NewestIn::v2_4, true, true, ProducerRules::forgetful, false, kGroups2_4},
    {"2.8", &NewestIn::v2_8, true, true, ProducerRules::lasting, false, kGroups2_8},
    {"3.9", &NewestIn::v3_9, true, true, ProducerRules::lasting, false, kGroups3_9},
    {"4.3", &NewestIn::v4_3, true, true, ProducerRules::lasting, true},
};

std::optional<ApiRange> range_in(const Profile& profile, const ApiRow& row) {
  const int16_t newest = profile.newest == nullptr ? row.versions.max : row.newest_in.*profile.newest;
  if (newest == protocol::kNoVersion) return std::nullopt;
  const int16_t oldest = profile.is_kafka4 ? row.kafka4_from : row.versions.min;
  return ApiRange{row.key, {oldest, newest}, row.kafka4_advertises_all ? row.versions.min : oldest};
}

}  // namespace

bool Profile::ends_with_token() const noexcept {
  return newest == nullptr || newest == &NewestIn::v3_9 || newest == &NewestIn::v4_3;
}

std::optional<ApiRange> Profile::find(ApiKey api) const noexcept {
  const ApiRow* row = protocol::find_api(api);
  return row == nullptr ? std::nullopt : range_in(*this, *row);
}

std::vector<ApiRange> Profile::apis() const {
  std::vector<ApiRange> all;
  for (const ApiRow& row : protocol::api_rows()) {
    if (const auto range = range_in(*this, row)) all.push_back(*range);
  }
  return all;
}

const Profile* find_profile(std::string_view release) noexcept {
  for (const Profile& profile : kProfiles) {
    if (profile.release == release) return &profile;
  }
  return nullptr;
}

std::string release_names() {
  std::string names;
  for (const Profile& profile : kProfiles) {
    if (profile.release.empty()) continue;
    if (!names.empty()) names += ", ";
    names += profile.release;
  }
  return names;
}

}  // namespace kafka::devbroker
