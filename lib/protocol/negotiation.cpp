// See negotiation.hpp. The table here must say what Api<> of each message says; a test compares them.
#include "protocol/negotiation.hpp"

#include <algorithm>
#include <string>

namespace kafka::protocol {
namespace {

struct Supported {
  ApiKey key;
  VersionRange versions;
};

constexpr Supported kSupported[] = {
    {ApiKey::produce, {0, 13}},         {ApiKey::fetch, {0, 18}},
    {ApiKey::list_offsets, {0, 11}},    {ApiKey::metadata, {0, 13}},
    {ApiKey::offset_commit, {0, 10}},   {ApiKey::offset_fetch, {0, 10}},
    {ApiKey::find_coordinator, {0, 6}}, {ApiKey::api_versions, {0, 4}},
    {ApiKey::init_producer_id, {0, 6}}, {ApiKey::offset_for_leader_epoch, {0, 4}},
};

constexpr int16_t kKafka4OldestFetch = 4;
constexpr int16_t kKafka4OldestProduce = 3;

std::string text(VersionRange range) { return std::to_string(range.min) + " to " + std::to_string(range.max); }

}  // namespace

std::optional<VersionRange> supported(ApiKey key) noexcept {
  for (const Supported& row : kSupported) {
    if (row.key == key) return row.versions;
  }
  return std::nullopt;
}

void ApiVersionSet::set(ApiKey key, int16_t min, int16_t max) noexcept {
  const auto number = static_cast<int16_t>(key);
  if (number < 0 || number >= kApiKeys) return;
  Entry& entry = entries_[static_cast<size_t>(number)];
  if (!entry.known) ++count_;
  entry = {{min, max}, true};
}

const ApiVersionSet::Entry* ApiVersionSet::find(ApiKey key) const noexcept {
  const auto number = static_cast<int16_t>(key);
  if (number < 0 || number >= kApiKeys) return nullptr;
  const Entry& entry = entries_[static_cast<size_t>(number)];
  return entry.known ? &entry : nullptr;
}

std::optional<VersionRange> ApiVersionSet::range(ApiKey key) const noexcept {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  VersionRange range = entry->said;
  if (key == ApiKey::produce) {
    const Entry* fetch = find(ApiKey::fetch);
    if (fetch != nullptr && fetch->said.min >= kKafka4OldestFetch)
      range.min = std::max(range.min, kKafka4OldestProduce);
  }
  if (range.min < 0 || range.min > range.max) return std::nullopt;
  return range;
}

Error ApiVersionSet::pick(ApiKey key, int16_t cap, int16_t& version) const {
  const std::optional<VersionRange> ours = supported(key);
  const std::optional<VersionRange> theirs = range(key);
  if (ours && theirs) {
    const int16_t newest = std::min({ours->max, theirs->max, cap});
    if (newest >= ours->min && newest >= theirs->min) {
      version = newest;
      return {};
    }
  }
  std::string detail = name(key) + ": ";
  if (theirs) {
    detail += "the broker speaks versions " + text(*theirs);
  } else if (const Entry* entry = find(key)) {
    detail += "the broker names the versions " + text(entry->said) + ", which is no range";
  } else {
    detail += "the broker does not speak it";
  }
  detail += ours ? ", this library " + text(*ours) : std::string(", nor does this library");
  if (ours && cap < ours->max) detail += " (here at most " + std::to_string(cap) + ")";
  return Error(Errc::unsupported_version, std::move(detail));
}

ApiVersionSet legacy_versions() noexcept {
  ApiVersionSet set;
  set.set(ApiKey::produce, 0, 0);
  set.set(ApiKey::fetch, 0, 0);
  set.set(ApiKey::list_offsets, 0, 0);
  set.set(ApiKey::metadata, 0, 0);
  set.set(ApiKey::offset_commit, 1, 1);
  set.set(ApiKey::offset_fetch, 1, 1);
  set.set(ApiKey::find_coordinator, 0, 0);
  return set;
}

}  // namespace kafka::protocol
