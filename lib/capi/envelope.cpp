// Envelopes of the C API: reading and answering them.
#include "capi/envelope.hpp"

#include <string_view>
#include <utility>

#include "capi/bytes.hpp"
#include "capi/call.hpp"
#include "capi/callback.hpp"

using kafka::Error;
using kafka::Header;
using kafka::MessageView;
using kafka::capi::bytes;
using kafka::capi::call;
using kafka::capi::failed;
using kafka::capi::Ground;
using kafka::capi::Hold;
using kafka::capi::wrong_argument;

namespace {

static_assert(static_cast<int>(kafka::TimestampType::none) == KAFKA_TIMESTAMP_NONE);
static_assert(static_cast<int>(kafka::TimestampType::create_time) == KAFKA_TIMESTAMP_CREATE_TIME);
static_assert(static_cast<int>(kafka::TimestampType::log_append_time) == KAFKA_TIMESTAMP_LOG_APPEND_TIME);

}  // namespace

kafka_envelope::kafka_envelope(Ground& its_ground, kafka::BatchEnvelope&& batch)
    : ground(&its_ground),
      many(std::make_unique<Many>(its_ground, std::move(batch))),
      topic(&many->envelope.topic()),
      partition(many->envelope.partition()) {
  const auto& items = many->envelope.items();
  count = items.size();
  many->messages = std::make_unique_for_overwrite<kafka_message[]>(count);
  kafka_message* to = many->messages.get();
  for (const MessageView& view : items) to_c(view, *to++);
  messages = many->messages.get();
}

extern "C" {

const char* kafka_envelope_topic(const kafka_envelope* envelope) {
  return envelope == nullptr ? "" : envelope->topic->c_str();
}
int32_t kafka_envelope_partition(const kafka_envelope* envelope) {
  return envelope == nullptr ? -1 : envelope->partition;
}
size_t kafka_envelope_count(const kafka_envelope* envelope) { return envelope == nullptr ? 0 : envelope->count; }

const kafka_message* kafka_envelope_messages(const kafka_envelope* envelope, size_t* stride) {
  if (stride != nullptr) *stride = sizeof(kafka_message);
  return envelope == nullptr ? nullptr : envelope->messages;
}

int kafka_message_headers(const kafka_message* message, kafka_header* to, size_t* count) {
  if (!kafka::capi::sized(message) || count == nullptr || (to == nullptr && *count > 0)) {
    return failed(wrong_argument(__func__, "message, to or count is NULL, or the message's size is wrong"));
  }
  MessageView view;
  view.raw_headers = {message->raw_headers.data, message->raw_headers.length};
  view.header_count = message->header_count;
  const std::vector<Header> headers = view.headers();
  const size_t room = std::exchange(*count, headers.size());
  if (room < headers.size()) {
    return failed(Error(kafka::Errc::too_large, "the message has " + std::to_string(headers.size()) +
                                                    " headers, and there is room for " + std::to_string(room)));
  }
  for (size_t k = 0; k < headers.size(); ++k) to[k] = {bytes(headers[k].key), bytes(headers[k].value)};
  return KAFKA_OK;
}

int kafka_envelope_commit(kafka_envelope* envelope, const char* metadata, size_t length, kafka_done_cb cb, void* user) {
  return call(__func__, envelope, [&](kafka_envelope& self) -> Error {
    std::string_view text;
    if (!kafka::capi::read(metadata, length, text)) {
      return wrong_argument("kafka_envelope_commit", "metadata has a length and no data");
    }
    return self.with([&](auto& each) { return each.commit(text, kafka::capi::done(*self.ground, cb, user)); });
  });
}
int kafka_envelope_ack(kafka_envelope* envelope) {
  return call(__func__, envelope,
              [](kafka_envelope& self) { return self.with([](auto& each) { return each.ack(); }); });
}
int kafka_envelope_cancel(kafka_envelope* envelope) {
  return call(__func__, envelope,
              [](kafka_envelope& self) { return self.with([](auto& each) { return each.cancel(); }); });
}
int kafka_envelope_answered(const kafka_envelope* envelope) {
  if (const Error wrong = kafka::capi::check(__func__, envelope)) return failed(wrong);
  return envelope->with([](const auto& each) { return each.answered(); }) ? 1 : 0;
}
int kafka_envelope_ack_free(kafka_envelope* envelope) {
  if (!kafka::capi::usable(envelope)) [[unlikely]]
    return failed(kafka::capi::check(__func__, envelope));
  if (envelope->lent()) [[likely]] {
    // This runs for each message. It drops nothing, and no call comes from outside the loop. So it needs no CallScope.
    const Error error = envelope->one->ack();
    envelope->free();
    return error ? failed(error) : KAFKA_OK;
  }
  const Hold ground(*envelope->ground);
  const int code = kafka_envelope_ack(envelope);
  kafka_envelope_free(envelope);
  return code;
}
void kafka_envelope_free(kafka_envelope* envelope) {
  if (envelope == nullptr) return;
  if (!kafka::capi::usable(envelope)) [[unlikely]]
    return static_cast<void>(failed(kafka::capi::check(__func__, envelope)));
  const Hold ground(*envelope->ground);
  kafka::capi::CallScope scope(*ground);
  envelope->free();
}

}  // extern "C"
