// Columns of the C API: reading them, and answering ranges of them.
#include "capi/columns.hpp"

#include <memory>
#include <string_view>
#include <utility>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/callback.hpp"

using kafka::Errc;
using kafka::Error;
using kafka::MessageEnvelope;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::wrong_argument;

kafka_columns::kafka_columns(const kafka::capi::Hold& its_ground, std::vector<MessageEnvelope> messages)
    : ground(its_ground), envelopes(std::move(messages)) {
  const size_t count = envelopes.size();
  for (auto* ends : {&keys.ends, &values.ends, &topic_indexes}) ends->reserve(count);
  for (auto* numbers : {&offsets, &timestamps}) numbers->reserve(count);
  partitions.reserve(count);
  size_t key_bytes = 0;
  size_t value_bytes = 0;
  for (const MessageEnvelope& each : envelopes) {
    key_bytes += each.key().size();
    value_bytes += each.value().size();
  }
  keys.bytes.reserve(key_bytes);
  values.bytes.reserve(value_bytes);
  const std::string* last = nullptr;
  for (const MessageEnvelope& each : envelopes) {
    keys.add(each.key());
    values.add(each.value());
    offsets.push_back(each.offset());
    timestamps.push_back(each.timestamp());
    partitions.push_back(each.partition());
    if (last == nullptr || (last != &each.topic() && *last != each.topic())) {
      // There are few topics in one turn.
      size_t index = 0;
      while (index < topics.size() && each.topic() != topics[index]) ++index;
      if (index == topics.size()) topics.push_back(each.topic().c_str());
      topic_indexes.push_back(static_cast<uint32_t>(index));
    } else {
      topic_indexes.push_back(topic_indexes.back());
    }
    last = &each.topic();
  }
}

namespace {

/// The outcome of a range of commits: the first error of one, told when the last of them is known.
class RangeOutcome {
 public:
  explicit RangeOutcome(kafka::Function<void(Error)> done) : done_(std::move(done)) {}
  RangeOutcome(const RangeOutcome&) = delete;

  void expect() { ++left_; }
  void one(const Error& error) {
    if (error && !first_) first_ = error;
    if (--left_ == 0 && done_) std::exchange(done_, nullptr)(first_);
  }

 private:
  kafka::Function<void(Error)> done_;
  Error first_;
  size_t left_ = 0;
};

bool same_partition(const kafka_columns& columns, size_t one, size_t other) {
  return columns.partitions[one] == columns.partitions[other] &&
         columns.topic_indexes[one] == columns.topic_indexes[other];
}

/// None if these messages are there and not answered.
Error check_range(const char* function, const kafka_columns& columns, size_t first, size_t count) {
  if (count == 0 || first >= columns.envelopes.size() || count > columns.envelopes.size() - first) {
    return wrong_argument(function, "there are no such messages");
  }
  for (size_t k = first; k < first + count; ++k) {
    if (columns.envelopes[k].answered()) {
      return Error(Errc::already_answered, std::string(function) + ": message " + std::to_string(k));
    }
  }
  return {};
}

/// Gives each message of a range the same answer, which stores nothing.
int answer_range(const char* function, kafka_columns* columns, size_t first, size_t count,
                 Error (MessageEnvelope::*answer)()) {
  return call(function, columns, [&](kafka_columns& self) -> Error {
    if (Error wrong = check_range(function, self, first, count)) return wrong;
    size_t taken = 0;
    Error lost;
    for (size_t k = first; k < first + count; ++k) {
      const Error refused = (self.envelopes[k].*answer)();
      if (!refused) ++taken;
      if (refused) lost = refused;
    }
    return taken == 0 ? lost : Error();
  });
}

}  // namespace

extern "C" {

int kafka_columns_get(const kafka_columns* columns, kafka_column_arrays* to) {
  if (columns == nullptr || !kafka::capi::sized(to)) {
    return failed(wrong_argument(__func__, "columns or to is NULL, or its size is not set"));
  }
  to->count = columns->envelopes.size();
  to->keys = columns->keys.bytes.data();
  to->values = columns->values.bytes.data();
  to->key_ends = columns->keys.ends.data();
  to->value_ends = columns->values.ends.data();
  to->offsets = columns->offsets.data();
  to->timestamps = columns->timestamps.data();
  to->partitions = columns->partitions.data();
  to->topic_indexes = columns->topic_indexes.data();
  to->topics = columns->topics.data();
  to->topic_count = columns->topics.size();
  return KAFKA_OK;
}

int kafka_columns_headers(kafka_columns* columns, kafka_header_arrays* to) {
  return call(__func__, columns, [&](kafka_columns& self) -> Error {
    if (!kafka::capi::sized(to)) {
      return wrong_argument("kafka_columns_headers", "to is NULL, or its size is not set");
    }
    auto& headers = self.headers;
    headers.raw.ends.reserve(self.envelopes.size());
    headers.counts.reserve(self.envelopes.size());
    for (size_t k = headers.counts.size(); k < self.envelopes.size(); ++k) {
      headers.raw.add(self.envelopes[k].view().raw_headers);
      headers.raw.ends.back() &= ~KAFKA_PACKED_NULL;
      headers.counts.push_back(self.envelopes[k].view().header_count);
    }
    to->raw_headers = headers.raw.bytes.data();
    to->ends = headers.raw.ends.data();
    to->counts = headers.counts.data();
    return {};
  });
}

int kafka_columns_commit(kafka_columns* columns, size_t first, size_t count, kafka_bytes metadata, kafka_done_cb cb,
                         void* user) {
  return call(__func__, columns, [&](kafka_columns& self) -> Error {
    constexpr const char* kFunction = "kafka_columns_commit";
    std::string_view text;
    if (!kafka::capi::read(metadata, text)) return wrong_argument(kFunction, "metadata has a length and no data");
    if (Error wrong = check_range(kFunction, self, first, count)) return wrong;
    auto outcome = std::make_shared<RangeOutcome>(kafka::capi::done(*self.ground, cb, user));
    size_t waiting = 0;
    Error lost;
    for (size_t k = first; k < first + count; ++k) {
      // The commit of a message covers those before it in its partition, so the last of them alone waits. If that one
      // is lost, so are those before it: what takes a message back takes back all that was handed out before.
      kafka::Function<void(Error)> done;
      const bool waits = k + 1 == first + count || !same_partition(self, k, k + 1);
      if (waits) done = [outcome](const Error& error) { outcome->one(error); };
      const Error refused = self.envelopes[k].commit(text, std::move(done));
      if (refused && !lost) lost = refused;
      if (refused || !waits) continue;
      outcome->expect();
      ++waiting;
    }
    if (waiting == 0) return lost;
    if (!lost) return {};
    // That some were refused is known; none of the others ran inside of this call.
    outcome->expect();
    outcome->one(lost);
    return {};
  });
}

int kafka_columns_ack(kafka_columns* columns, size_t first, size_t count) {
  return answer_range("kafka_columns_ack", columns, first, count, &MessageEnvelope::ack);
}
int kafka_columns_cancel(kafka_columns* columns, size_t first, size_t count) {
  return answer_range("kafka_columns_cancel", columns, first, count, &MessageEnvelope::cancel);
}

void kafka_columns_free(kafka_columns* columns) { kafka::capi::free_handle(__func__, columns); }

}  // extern "C"
