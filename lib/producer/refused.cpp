// A batch of which the broker refused some records by name (KIP-467): those fail, the others are sent again as a batch
// of their own, in their order. The Java client fails them all, and leaves the innocent ones to the application; here
// they may go on, because the broker checks records before it looks at sequences and before it appends: nothing of the
// batch is in the log. The others have fewer sequences than were given out, so the chain begins anew (sequences.cpp):
// to move the sequences of later batches under the same epoch would be wrong if one of them had been stored.
#include <algorithm>

#include "base/error_table.hpp"
#include "producer/producer.hpp"

namespace kafka::producer {

namespace {

// The records that are named, by index and each once; the first of a repeated one counts. What is none is left out.
std::vector<std::pair<int32_t, std::string>> named(const Answer& answer, int32_t count) {
  std::vector<std::pair<int32_t, std::string>> records;
  for (const auto& one : answer.record_errors) {
    if (one.batch_index < 0 || one.batch_index >= count) continue;
    const auto& text = one.batch_index_error_message ? one.batch_index_error_message : answer.error_message;
    records.emplace_back(one.batch_index, text.value_or(""));
  }
  std::stable_sort(records.begin(), records.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  const auto same = [](const auto& a, const auto& b) { return a.first == b.first; };
  records.erase(std::unique(records.begin(), records.end(), same), records.end());
  return records;
}

}  // namespace

// False if the batch fails, or is tried again, as a whole.
bool Producer::settle_refused(Partition& partition, std::unique_ptr<Batch>& batch, const Answer& answer,
                              const Error& error) {
  const ErrorTraits& what = traits(error.code());
  // Records whose headers were taken out for an older leader have other indices here.
  if (what.retry != Retry::no || what.persistence != Persistence::no || !batch->dropped.empty()) return false;
  const auto records = named(answer, batch->count());
  if (records.empty()) return false;
  // Neighbours that are refused with the same words share a report's error.
  std::vector<int32_t> group_of(static_cast<size_t>(batch->count()), Batch::kStays);
  std::vector<const std::string*> texts;
  int32_t previous = -2;
  for (const auto& [index, text] : records) {
    if (previous + 1 != index || *texts.back() != text) texts.push_back(&text);
    group_of[static_cast<size_t>(index)] = static_cast<int32_t>(texts.size()) - 1;
    previous = index;
  }
  std::vector<std::unique_ptr<Batch>> refused = batch->take_out(group_of, texts.size());
  if (refused.empty()) return false;
  break_chain(partition, *batch);
  // One code for the whole batch: only where one record is to blame it is certain to be meant for that.
  const int16_t code = records.size() == 1 ? answer.error_code : static_cast<int16_t>(Errc::invalid_record);
  const Persistence fate = batch->unknown_fate ? Persistence::maybe : Persistence::no;
  for (size_t i = 0; i < refused.size(); ++i)
    finish(std::move(refused[i]), {broker_error(code, *texts[i]), -1, -1, fate});
  if (batch->count() == 0) {
    finish(std::move(batch), {error, -1, -1, fate});  // of nothing: for flushes that wait, and what is still charged
    return true;
  }
  ++totals_.retries;
  put_back(partition, std::move(batch));
  activate(partition);
  return true;
}

}  // namespace kafka::producer
