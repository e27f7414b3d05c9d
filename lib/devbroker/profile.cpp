// The releases that a dev broker can speak like (see profile.hpp).
#include "devbroker/profile.hpp"

#include "protocol/api_table.hpp"

namespace kafka::devbroker {

namespace {

using protocol::ApiRow;
using protocol::NewestIn;

constexpr Profile kProfiles[] = {
    {"", nullptr, true, true, ProducerRules::lasting},
    {"0.8.2", &NewestIn::v0_8_2, false, false, ProducerRules::lasting},
    {"0.9", &NewestIn::v0_9, false, false, ProducerRules::lasting},
    {"0.10", &NewestIn::v0_10, true, false, ProducerRules::lasting},
    {"0.11", &NewestIn::v0_11, true, false, ProducerRules::one_batch},
    {"1.1", &NewestIn::v1_1, true, false, ProducerRules::forgetful},
    {"2.4", &NewestIn::v2_4, true, true, ProducerRules::forgetful},
    {"2.8", &NewestIn::v2_8, true, true, ProducerRules::lasting},
    {"3.9", &NewestIn::v3_9, true, true, ProducerRules::lasting},
    {"4.3", &NewestIn::v4_3, true, true, ProducerRules::lasting, true},
};

/// Groups have no members here, so no release offers what members ask for.
constexpr bool is_offered(ApiKey api) {
  switch (api) {
    case ApiKey::join_group:
    case ApiKey::heartbeat:
    case ApiKey::leave_group:
    case ApiKey::sync_group:
    case ApiKey::describe_groups:
    case ApiKey::list_groups:
    case ApiKey::delete_groups:
    case ApiKey::offset_delete:
    case ApiKey::consumer_group_heartbeat:
    case ApiKey::consumer_group_describe:
      return false;
    default:
      return true;
  }
}

std::optional<ApiRange> range_in(const Profile& profile, const ApiRow& row) {
  if (!is_offered(row.key)) return std::nullopt;
  const int16_t newest = profile.newest == nullptr ? row.versions.max : row.newest_in.*profile.newest;
  if (newest == protocol::kNoVersion) return std::nullopt;
  const int16_t oldest = profile.is_kafka4 ? row.kafka4_from : row.versions.min;
  return ApiRange{row.key, {oldest, newest}, row.kafka4_advertises_all ? row.versions.min : oldest};
}

}  // namespace

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
