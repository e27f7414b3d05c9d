#include "producer/refused_records.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "base/error_table.hpp"

namespace kafka::producer {
namespace {

struct Refusal {
  int32_t index;
  std::string text;
};

// In the order of the records, each once: of a repeated index the first counts. Indices that the batch does not have
// are left out.
std::vector<Refusal> refusals(const PartitionAnswer& answer, int32_t count) {
  std::vector<Refusal> found;
  for (const auto& one : answer.record_errors) {
    if (one.batch_index < 0 || one.batch_index >= count) continue;
    const auto& text = one.batch_index_error_message ? one.batch_index_error_message : answer.error_message;
    found.push_back({one.batch_index, text.value_or("")});
  }
  std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  const auto same = [](const auto& a, const auto& b) { return a.index == b.index; };
  found.erase(std::unique(found.begin(), found.end(), same), found.end());
  return found;
}

}  // namespace

std::vector<RefusedRecords> take_refused(Batch& batch, const PartitionAnswer& answer, const Error& error) {
  const ErrorTraits& what = traits(error.code());
  // If headers were dropped for an older leader, the indices of the answer are not ours.
  if (what.retry != Retry::no || what.persistence != Persistence::no || !batch.dropped.empty()) return {};
  const std::vector<Refusal> refused = refusals(answer, batch.count());
  if (refused.empty()) return {};
  // Neighbours that are refused with the same words share the error of their reports.
  std::vector<int32_t> group_of(static_cast<size_t>(batch.count()), Batch::kStays);
  std::vector<const std::string*> texts;
  int32_t previous = -2;
  for (const auto& [index, text] : refused) {
    if (previous + 1 != index || *texts.back() != text) texts.push_back(&text);
    group_of[static_cast<size_t>(index)] = static_cast<int32_t>(texts.size()) - 1;
    previous = index;
  }
  // The answer has one code for the whole batch. It certainly is meant for a record if only that one is refused.
  const int16_t code = refused.size() == 1 ? answer.error_code : static_cast<int16_t>(Errc::invalid_record);
  std::vector<RefusedRecords> groups;
  for (auto& group : batch.take_out(group_of, texts.size())) {
    const std::string& text = *texts[groups.size()];
    groups.push_back({std::move(group), broker_error(code, text)});
  }
  return groups;
}

}  // namespace kafka::producer
