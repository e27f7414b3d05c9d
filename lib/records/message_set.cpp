// Writes the formats before 0.11, for leaders (and, in the dev broker, consumers) that are that old.
#include "records/message_set.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <zlib.h>

#include "records/builder.hpp"
#include "records/iterator.hpp"

namespace kafka::records {
namespace {

struct MessageFields {
  int8_t magic = 1;
  int8_t attributes = 0;
  int64_t offset = 0;
  int64_t timestamp = kNoTimestamp;
  std::string_view key;
  std::string_view value;
};

char* store_sized(char* at, std::string_view bytes) noexcept {
  if (bytes.data() == nullptr) {
    store_be<int32_t>(at, -1);
    return at + 4;
  }
  store_be<int32_t>(at, static_cast<int32_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at + 4, bytes.data(), bytes.size());
  return at + 4 + bytes.size();
}

void append_message(Buffer& out, const MessageFields& message) {
  const size_t key_at = message.magic == 1 ? kMessageKeyAtV1 : kMessageKeyAtV0;
  const size_t size = key_at + 8 + message.key.size() + message.value.size();
  char* const entry = out.reserve(size);
  store_be<int64_t>(entry + kEntryOffsetAt, message.offset);
  store_be<int32_t>(entry + kEntrySizeAt, static_cast<int32_t>(size - kEntryOverhead));
  entry[kMessageMagicAt] = static_cast<char>(message.magic);
  entry[kMessageAttributesAt] = static_cast<char>(message.attributes);
  if (message.magic == 1) store_be<int64_t>(entry + kMessageTimestampAt, message.timestamp);
  store_sized(store_sized(entry + key_at, message.key), message.value);
  const auto* covered = reinterpret_cast<const Bytef*>(entry + kMessageMagicAt);
  store_be<uint32_t>(entry + kMessageCrcAt,
                     static_cast<uint32_t>(::crc32(0, covered, static_cast<uInt>(size - kMessageMagicAt))));
  out.advance(size);
}

}  // namespace

Error to_message_set(const Bytes& sealed, int8_t magic, Compression codec, int level, Bytes& set, size_t most) {
  Buffer messages(sealed.size() + sealed.size() / 4);
  int64_t first = -1;
  int64_t last = -1;
  int64_t max_timestamp = kNoTimestamp;
  bool log_append_time = false;
  BatchIterator entries(sealed, {most});
  while (entries.next()) {
    if (entries.batch().is_control) {
      return Error(Errc::unsupported_version, "control batches have no form before magic 2");
    }
    RecordReader records;
    if (Error error = entries.open(records)) return error;
    RecordView record;
    while (records.next(record)) {
      if (record.header_count > 0) {
        return Error(Errc::unsupported_version, "record headers need a broker of 0.11 or later");
      }
      if (first < 0) first = record.offset;
      last = record.offset;
      max_timestamp = std::max(max_timestamp, record.timestamp);
      log_append_time = record.timestamp_type == TimestampType::log_append_time;
      MessageFields message;
      message.magic = magic;
      if (log_append_time && magic == 1) message.attributes = static_cast<int8_t>(kLogAppendTimeBit);
      message.offset = codec != Compression::none && magic == 1 ? record.offset - first : record.offset;
      message.timestamp = record.timestamp;
      message.key = record.key;
      message.value = record.value;
      append_message(messages, message);
      if (messages.size() > most) {
        return Error(Errc::too_large, "as a message set the records exceed " + std::to_string(most) + " bytes");
      }
    }
    if (records.error()) return records.error();
  }
  if (entries.error()) return entries.error();
  if (codec == Compression::none || first < 0) {
    set = messages.take();
    return {};
  }
  Buffer packed;
  if (Error error = compress(codec, level, messages.view(), packed, magic)) return error;
  MessageFields wrapper;
  wrapper.magic = magic;
  wrapper.attributes = static_cast<int8_t>(codec);
  if (log_append_time && magic == 1) wrapper.attributes |= static_cast<int8_t>(kLogAppendTimeBit);
  wrapper.offset = last;
  wrapper.timestamp = max_timestamp;
  wrapper.value = packed.view();
  Buffer out(packed.size() + kSmallestMessageV1);
  append_message(out, wrapper);
  set = out.take();
  return {};
}

Error to_batch(const Bytes& records, Compression codec, int level, Bytes& sealed, int32_t& count) {
  BatchBuilder builder(records.size() + kBatchHeaderSize);
  BatchIterator entries(records);
  std::vector<Header> headers;
  while (entries.next()) {
    RecordReader reader;
    if (Error error = entries.open(reader)) return error;
    RecordView record;
    while (reader.next(record)) {
      headers.clear();
      Header header;
      for (HeaderIterator each(record); each.next(header);) headers.push_back(header);
      const Errc code = builder.append(record.timestamp, record.key, record.value, headers);
      if (code != Errc::none) return Error(code, "the records do not fit into one batch");
    }
    if (reader.error()) return reader.error();
  }
  if (entries.error()) return entries.error();
  if (entries.partial()) return Error(Errc::corrupt_message, "the records end in the middle of one");
  count = builder.count();
  SealOptions options;
  options.codec = codec;
  options.level = level;
  return builder.seal(options, sealed);
}

}  // namespace kafka::records
