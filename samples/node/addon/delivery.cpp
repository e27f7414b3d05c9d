#include "delivery.hpp"

#include <cstring>
#include <iterator>
#include <string>
#include <utility>

#include "value.hpp"

namespace addon {
namespace {

/// Columns as they are packed, wherever they come from.
struct View {
  size_t count;
  kafka_bytes keys, values, headers;
  const uint32_t *key_ends, *value_ends, *header_ends;
  const int32_t* header_counts;
  const int64_t *offsets, *timestamps;
  const int32_t* partitions;
  const uint32_t* topic_indexes;
  const char* const* topics;
  size_t topic_count;
};

size_t end_of(const uint32_t* ends, size_t count) { return count == 0 ? 0 : ends[count - 1] & ~KAFKA_PACKED_NULL; }

/// Writes arrays one behind the other.
class Writer {
 public:
  explicit Writer(char* at) : at_(at) {}
  void bytes(const void* from, size_t length) {
    if (length > 0) std::memcpy(at_, from, length);
    at_ += length;
  }
  void as_doubles(const int64_t* from, size_t count) {
    auto* to = reinterpret_cast<double*>(at_);
    for (size_t k = 0; k < count; ++k) to[k] = static_cast<double>(from[k]);
    at_ += count * sizeof(double);
  }

 private:
  char* at_;
};

napi_value pack_view(napi_env env, uint32_t id, const View& view) {
  const size_t n = view.count;
  const bool headed = view.headers.length > 0;
  const size_t per_message = 2 * sizeof(double) + (headed ? 6 : 4) * sizeof(int32_t);
  void* data = nullptr;
  napi_value buffer = nullptr;
  if (napi_create_buffer(env, n * per_message + view.keys.length + view.values.length + view.headers.length, &data,
                         &buffer) != napi_ok) {
    return nullptr;
  }
  Writer to(static_cast<char*>(data));
  to.as_doubles(view.offsets, n);
  to.as_doubles(view.timestamps, n);
  to.bytes(view.partitions, n * sizeof(int32_t));
  to.bytes(view.topic_indexes, n * sizeof(int32_t));
  to.bytes(view.key_ends, n * sizeof(int32_t));
  to.bytes(view.value_ends, n * sizeof(int32_t));
  if (headed) {
    to.bytes(view.header_ends, n * sizeof(int32_t));
    to.bytes(view.header_counts, n * sizeof(int32_t));
  }
  to.bytes(view.keys.data, view.keys.length);
  to.bytes(view.values.data, view.values.length);
  to.bytes(view.headers.data, view.headers.length);

  const napi_value topics = make_array(env, view.topic_count);
  for (size_t k = 0; k < view.topic_count; ++k) {
    set(env, topics, static_cast<uint32_t>(k), make_string(env, view.topics[k]));
  }
  const napi_value parts[] = {make_number(env, id),
                              make_number(env, static_cast<double>(n)),
                              buffer,
                              make_number(env, static_cast<double>(view.keys.length)),
                              make_number(env, static_cast<double>(view.values.length)),
                              make_number(env, static_cast<double>(view.headers.length)),
                              topics};
  const napi_value made = make_array(env, std::size(parts));
  for (uint32_t k = 0; k < std::size(parts); ++k) set(env, made, k, parts[k]);
  return made;
}

napi_value pack_columns(napi_env env, uint32_t id, kafka_columns* columns) {
  kafka_column_arrays arrays = KAFKA_INIT(kafka_column_arrays);
  kafka_header_arrays headers = KAFKA_INIT(kafka_header_arrays);
  kafka_columns_get(columns, &arrays);
  kafka_columns_headers(columns, &headers);
  const size_t n = arrays.count;
  return pack_view(env, id,
                   {n,
                    {arrays.keys, end_of(arrays.key_ends, n)},
                    {arrays.values, end_of(arrays.value_ends, n)},
                    {headers.raw_headers, end_of(headers.ends, n)},
                    arrays.key_ends,
                    arrays.value_ends,
                    headers.ends,
                    headers.counts,
                    arrays.offsets,
                    arrays.timestamps,
                    arrays.partitions,
                    arrays.topic_indexes,
                    arrays.topics,
                    arrays.topic_count});
}

/// The columns of an envelope's messages, gathered.
class Gathered {
 public:
  explicit Gathered(const kafka_envelope* envelope) : topic_(kafka_envelope_topic(envelope)) {
    const size_t n = kafka_envelope_count(envelope);
    partitions_.assign(n, kafka_envelope_partition(envelope));
    topics_.assign(n, 0);
    size_t stride = 0;
    const auto* at = reinterpret_cast<const char*>(kafka_envelope_messages(envelope, &stride));
    for (size_t k = 0; k < n; ++k, at += stride) {
      const auto* message = reinterpret_cast<const kafka_message*>(at);
      offsets_.push_back(message->offset);
      timestamps_.push_back(message->timestamp);
      keys_.add(message->key);
      values_.add(message->value);
      headers_.add(message->raw_headers);
      headers_.ends.back() &= ~KAFKA_PACKED_NULL;
      header_counts_.push_back(message->header_count);
    }
  }
  View view() const {
    return {offsets_.size(),
            keys_.view(),
            values_.view(),
            headers_.view(),
            keys_.ends.data(),
            values_.ends.data(),
            headers_.ends.data(),
            header_counts_.data(),
            offsets_.data(),
            timestamps_.data(),
            partitions_.data(),
            topics_.data(),
            &topic_,
            1};
  }

 private:
  struct Column {
    void add(kafka_bytes each) {
      if (each.length > 0) bytes.append(each.data, each.length);
      ends.push_back(static_cast<uint32_t>(bytes.size()) | (each.data == nullptr ? KAFKA_PACKED_NULL : 0));
    }
    kafka_bytes view() const { return {bytes.data(), bytes.size()}; }
    std::string bytes;
    std::vector<uint32_t> ends;
  };

  const char* const topic_;
  Column keys_, values_, headers_;
  std::vector<int32_t> header_counts_, partitions_;
  std::vector<int64_t> offsets_, timestamps_;
  std::vector<uint32_t> topics_;
};

}  // namespace

Delivery::Delivery(Delivery&& other) noexcept
    : columns_(std::exchange(other.columns_, nullptr)), envelope_(std::exchange(other.envelope_, nullptr)) {}
Delivery& Delivery::operator=(Delivery&& other) noexcept {
  std::swap(columns_, other.columns_);
  std::swap(envelope_, other.envelope_);
  return *this;
}
Delivery::~Delivery() {
  kafka_columns_free(columns_);
  if (envelope_ != nullptr && kafka_envelope_answered(envelope_) == 0) kafka_envelope_cancel(envelope_);
  kafka_envelope_free(envelope_);
}

napi_value Delivery::pack(napi_env env, uint32_t id) const {
  return columns_ != nullptr ? pack_columns(env, id, columns_) : pack_view(env, id, Gathered(envelope_).view());
}

int Delivery::commit(size_t first, size_t count, kafka_bytes metadata, kafka_done_cb cb, void* user) {
  if (columns_ != nullptr) return kafka_columns_commit(columns_, first, count, metadata, cb, user);
  return kafka_envelope_commit(envelope_, metadata.data, metadata.length, cb, user);
}
int Delivery::ack(size_t first, size_t count) {
  return columns_ != nullptr ? kafka_columns_ack(columns_, first, count) : kafka_envelope_ack(envelope_);
}

uint32_t Deliveries::add(Delivery delivery) {
  if (free_.empty()) {
    slots_.push_back(std::move(delivery));
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t id = free_.back();
  free_.pop_back();
  slots_[id] = std::move(delivery);
  return id;
}
Delivery* Deliveries::find(double id) {
  if (!(id >= 0 && id < static_cast<double>(slots_.size()))) return nullptr;
  Delivery& found = slots_[static_cast<size_t>(id)];
  return found ? &found : nullptr;
}
void Deliveries::remove(double id) {
  Delivery* const found = find(id);
  if (found == nullptr) return;
  free_.push_back(static_cast<uint32_t>(id));
  // The slot is empty before the library is told.
  const Delivery gone = std::move(*found);
}
void Deliveries::clear() {
  free_.clear();
  const std::vector<Delivery> gone = std::exchange(slots_, {});
}

}  // namespace addon
