// Messages that a consumer has handed out together and that are open until they are answered: columns, an envelope of
// one message, or one of a batch.
#pragma once

#include <kafka/kafka.h>
#include <node_api.h>

#include <cstdint>
#include <vector>

namespace addon {

class Delivery {
 public:
  explicit Delivery(kafka_columns* columns) : columns_(columns) {}
  explicit Delivery(kafka_envelope* envelope) : envelope_(envelope) {}
  Delivery(Delivery&& other) noexcept;
  Delivery& operator=(Delivery&& other) noexcept;
  /// What is not answered is given back: the next consumption begins with it.
  ~Delivery();
  explicit operator bool() const { return columns_ != nullptr || envelope_ != nullptr; }

  /// As an array: `id`, number of messages, a Buffer, its bytes of keys, of values and of headers, names of topics.
  /// The Buffer has the columns one behind the other, each as long as there are messages: offsets and timestamps
  /// (doubles), partitions, indexes of topics, ends of keys and of values (int32); then, if there are headers, their
  /// ends and counts; then the bytes of keys, values and headers.
  napi_value pack(napi_env env, uint32_t id) const;

  int commit(size_t first, size_t count, kafka_bytes metadata, kafka_done_cb cb, void* user);
  int ack(size_t first, size_t count);

 private:
  kafka_columns* columns_ = nullptr;
  kafka_envelope* envelope_ = nullptr;
};

/// The open deliveries of a consumer, by number.
class Deliveries {
 public:
  uint32_t add(Delivery delivery);
  /// Null if there is none (any more).
  Delivery* find(double id);
  void remove(double id);
  void clear();

 private:
  std::vector<Delivery> slots_;
  std::vector<uint32_t> free_;
};

}  // namespace addon
