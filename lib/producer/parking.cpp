#include "producer/parking.hpp"

namespace kafka::producer {
namespace {

std::optional<std::string> copy(std::string_view bytes) {
  if (bytes.data() == nullptr) return std::nullopt;
  return std::string(bytes);
}

std::string_view view_of(const std::optional<std::string>& bytes) {
  return bytes ? std::string_view(*bytes) : std::string_view();
}

}  // namespace

ParkedRecord::ParkedRecord(const Record& record)
    : partition(record.partition), key(copy(record.key)), value(copy(record.value)), timestamp(record.timestamp) {
  for (const Header& header : record.headers) headers.emplace_back(std::string(header.key), copy(header.value));
}

Record ParkedRecord::view(std::string_view topic) const {
  Record record;
  record.topic = topic;
  record.partition = partition;
  record.key = view_of(key);
  record.value = Value::nullable(view_of(value));
  for (const auto& [name, bytes] : headers) record.headers.push_back({name, view_of(bytes)});
  record.timestamp = timestamp;
  return record;
}

std::optional<ParkedRecord> Parking::take_expired(net::TimePoint now) {
  if (empty() || deadline() > now) return std::nullopt;
  return take();
}

net::TimePoint Parking::deadline() const { return empty() ? net::TimePoint::max() : records_.front().deadline; }

void Parking::attach(const std::shared_ptr<void>& flush) {
  for (size_t i = 0; i < records_.size(); ++i) records_[i].flushes.push_back(flush);
}

}  // namespace kafka::producer
