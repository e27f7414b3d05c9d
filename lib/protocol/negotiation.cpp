// See negotiation.hpp.
#include "protocol/negotiation.hpp"

#include <algorithm>
#include <string>

#include "protocol/api_table.hpp"
#include "protocol/fetch.hpp"

namespace kafka::protocol {
namespace {

std::string text(VersionRange range) { return std::to_string(range.min) + " to " + std::to_string(range.max); }

}  // namespace

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

bool ApiVersionSet::is_kafka4() const noexcept {
  const Entry* fetch = find(ApiKey::fetch);
  return fetch != nullptr && fetch->said.min >= Api<FetchRequest>::kRow.kafka4_from;
}

std::optional<VersionRange> ApiVersionSet::range(ApiKey key) const noexcept {
  const Entry* entry = find(key);
  if (entry == nullptr) return std::nullopt;
  VersionRange range = entry->said;
  const ApiRow* row = find_api(key);
  if (row != nullptr && row->kafka4_advertises_all && is_kafka4()) range.min = std::max(range.min, row->kafka4_from);
  if (range.min < 0 || range.min > range.max) return std::nullopt;
  return range;
}

Error ApiVersionSet::pick(ApiKey key, int16_t cap, int16_t& version) const {
  const ApiRow* row = find_api(key);
  const std::optional<VersionRange> ours =
      row == nullptr ? std::nullopt : std::optional<VersionRange>({row->client_from, row->versions.max});
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

ApiVersionSet legacy_versions(bool groups) noexcept {
  ApiVersionSet set;
  for (const ApiRow& row : api_rows()) {
    if (row.newest_in.v0_8_2 != kNoVersion) {
      set.set(row.key, row.client_from, row.newest_in.v0_8_2);
    } else if (groups && row.newest_in.v0_9 != kNoVersion) {
      set.set(row.key, row.client_from, row.newest_in.v0_9);
    }
  }
  return set;
}

}  // namespace kafka::protocol
