// The versions of each release, as real brokers of it answered (4.x: KIP-896 took the old ones away).
#include "devbroker/profile.hpp"

namespace kafka::devbroker {

namespace {

using enum ApiKey;

constexpr ApiRange kEverything[] = {{produce, 0, 13, 0},         {fetch, 0, 18, 0},
                                    {list_offsets, 0, 11, 0},    {metadata, 0, 13, 0},
                                    {offset_commit, 0, 10, 0},   {offset_fetch, 0, 10, 0},
                                    {find_coordinator, 0, 6, 0}, {api_versions, 0, 4, 0},
                                    {init_producer_id, 0, 6, 0}, {offset_for_leader_epoch, 0, 4, 0}};
constexpr ApiRange k0_8_2[] = {{produce, 0, 0, 0},         {fetch, 0, 0, 0},         {list_offsets, 0, 0, 0},
                               {metadata, 0, 0, 0},        {offset_commit, 0, 1, 0}, {offset_fetch, 0, 1, 0},
                               {find_coordinator, 0, 0, 0}};
constexpr ApiRange k0_9[] = {{produce, 0, 1, 0},         {fetch, 0, 1, 0},         {list_offsets, 0, 0, 0},
                             {metadata, 0, 0, 0},        {offset_commit, 0, 2, 0}, {offset_fetch, 0, 1, 0},
                             {find_coordinator, 0, 0, 0}};
constexpr ApiRange k0_10[] = {{produce, 0, 2, 0},          {fetch, 0, 3, 0},         {list_offsets, 0, 1, 0},
                              {metadata, 0, 2, 0},         {offset_commit, 0, 2, 0}, {offset_fetch, 0, 2, 0},
                              {find_coordinator, 0, 0, 0}, {api_versions, 0, 0, 0}};
constexpr ApiRange k0_11[] = {{produce, 0, 3, 0},          {fetch, 0, 5, 0},
                              {list_offsets, 0, 2, 0},     {metadata, 0, 4, 0},
                              {offset_commit, 0, 3, 0},    {offset_fetch, 0, 3, 0},
                              {find_coordinator, 0, 1, 0}, {api_versions, 0, 1, 0},
                              {init_producer_id, 0, 0, 0}, {offset_for_leader_epoch, 0, 0, 0}};
constexpr ApiRange k1_1[] = {{produce, 0, 5, 0},          {fetch, 0, 7, 0},
                             {list_offsets, 0, 2, 0},     {metadata, 0, 5, 0},
                             {offset_commit, 0, 3, 0},    {offset_fetch, 0, 3, 0},
                             {find_coordinator, 0, 1, 0}, {api_versions, 0, 1, 0},
                             {init_producer_id, 0, 0, 0}, {offset_for_leader_epoch, 0, 0, 0}};
constexpr ApiRange k2_4[] = {{produce, 0, 8, 0},          {fetch, 0, 11, 0},
                             {list_offsets, 0, 5, 0},     {metadata, 0, 9, 0},
                             {offset_commit, 0, 8, 0},    {offset_fetch, 0, 6, 0},
                             {find_coordinator, 0, 3, 0}, {api_versions, 0, 3, 0},
                             {init_producer_id, 0, 2, 0}, {offset_for_leader_epoch, 0, 3, 0}};
constexpr ApiRange k2_8[] = {{produce, 0, 9, 0},          {fetch, 0, 12, 0},
                             {list_offsets, 0, 6, 0},     {metadata, 0, 11, 0},
                             {offset_commit, 0, 8, 0},    {offset_fetch, 0, 7, 0},
                             {find_coordinator, 0, 3, 0}, {api_versions, 0, 3, 0},
                             {init_producer_id, 0, 4, 0}, {offset_for_leader_epoch, 0, 4, 0}};
constexpr ApiRange k3_9[] = {{produce, 0, 11, 0},         {fetch, 0, 17, 0},
                             {list_offsets, 0, 9, 0},     {metadata, 0, 12, 0},
                             {offset_commit, 0, 9, 0},    {offset_fetch, 0, 9, 0},
                             {find_coordinator, 0, 6, 0}, {api_versions, 0, 4, 0},
                             {init_producer_id, 0, 5, 0}, {offset_for_leader_epoch, 0, 4, 0}};
constexpr ApiRange k4_3[] = {{produce, 0, 13, 3},         {fetch, 4, 18, 4},
                             {list_offsets, 1, 11, 1},    {metadata, 0, 13, 0},
                             {offset_commit, 2, 10, 2},   {offset_fetch, 1, 10, 1},
                             {find_coordinator, 0, 6, 0}, {api_versions, 0, 4, 0},
                             {init_producer_id, 0, 5, 0}, {offset_for_leader_epoch, 2, 4, 2}};

constexpr Profile kProfiles[] = {
    {"", kEverything, true, true, ProducerRules::lasting},  {"0.8.2", k0_8_2, false, false, ProducerRules::lasting},
    {"0.9", k0_9, false, false, ProducerRules::lasting},    {"0.10", k0_10, true, false, ProducerRules::lasting},
    {"0.11", k0_11, true, false, ProducerRules::one_batch}, {"1.1", k1_1, true, false, ProducerRules::forgetful},
    {"2.4", k2_4, true, true, ProducerRules::forgetful},    {"2.8", k2_8, true, true, ProducerRules::lasting},
    {"3.9", k3_9, true, true, ProducerRules::lasting},      {"4.3", k4_3, true, true, ProducerRules::lasting},
};

}  // namespace

const ApiRange* Profile::find(int16_t api) const noexcept {
  for (const ApiRange& range : apis) {
    if (static_cast<int16_t>(range.api) == api) return &range;
  }
  return nullptr;
}

const Profile* find_profile(std::string_view release) noexcept {
  for (const Profile& profile : kProfiles) {
    if (profile.release == release) return &profile;
  }
  return nullptr;
}

}  // namespace kafka::devbroker
