// A partition's buffer: what the headers of a records field promise, reading over everything that is not to be
// delivered, and giving memory back.
#include "consumer/buffer.hpp"

#include <limits>

#include "catch.hpp"
#include "records/builder.hpp"
#include "records/wire.hpp"

using namespace kafka;
using namespace kafka::consumer;

namespace {

class Nowhere final : public EnvelopeOwner {
 public:
  Error answer(uint64_t, Answer, std::string_view, Function<void(Error)>) override { return {}; }
  Error ack(uint64_t ticket) override { return answer(ticket, Answer::ack, {}, {}); }
};

std::string batch(int64_t base, int count, records::SealOptions options = {}) {
  records::BatchBuilder builder;
  for (int i = 0; i < count; ++i) REQUIRE(builder.append(1, "k", "v") == Errc::none);
  options.base_offset = base;
  Bytes sealed;
  REQUIRE_FALSE(builder.seal(options, sealed));
  return std::string(sealed.view());
}

struct Reading {
  Reading() : home(new Nowhere) {}
  ~Reading() {
    buffer.clear();
    home->release();
  }
  void push(const std::string& bytes, std::vector<Aborted::Transaction> aborted = {}) {
    buffer.push(Bytes::copy(bytes), std::make_shared<Credit>(used, bytes.size()), std::move(aborted));
  }
  std::vector<int64_t> read() {
    std::vector<int64_t> offsets;
    records::RecordView record;
    while ((last = buffer.next(record, position, *home, topic)) == consumer::Buffer::Next::record)
      offsets.push_back(record.offset);
    return offsets;
  }

  Nowhere* home;
  consumer::Buffer buffer;
  std::shared_ptr<size_t> used = std::make_shared<size_t>(0);
  std::shared_ptr<const std::string> topic = std::make_shared<const std::string>("t");
  int64_t position = 0;
  consumer::Buffer::Next last = consumer::Buffer::Next::none;
};

}  // namespace

TEST_CASE("I4: nothing keeps memory of records that were read, compressed or not, even if no more records come") {
  const auto codec = GENERATE(Compression::none, Compression::gzip);
  Reading reading;
  const Bytes frame = Bytes::copy(batch(0, 5, {.codec = codec}));
  reading.buffer.push(frame, std::make_shared<Credit>(reading.used, frame.size()));
  Bytes decompressed;
  records::RecordView record;
  int count = 0;
  while (reading.buffer.next(record, reading.position, *reading.home, reading.topic) ==
         consumer::Buffer::Next::record) {
    decompressed = reading.buffer.parts().bytes;
    ++count;
  }
  CHECK(count == 5);
  CHECK(*reading.used == 0);
  const uint32_t ours = codec == Compression::none ? 2 : 1;  // without a codec it is the frame itself
  CHECK(frame.block()->references == ours);
  CHECK(decompressed.block()->references == ours);
}

TEST_CASE("scan tells the last whole entry, and what a first entry that is cut off needs") {
  const std::string one = batch(10, 5);
  const std::string two = batch(15, 3);
  CHECK(scan(Bytes::copy(one + two)).last_offset == 17);
  for (size_t cut = 1; cut < two.size(); ++cut) {
    CAPTURE(cut);
    const Scan found = scan(Bytes::copy(one + two.substr(0, cut)));
    CHECK(found.last_offset == 14);
    CHECK_FALSE(found.damaged);
    const Scan first = scan(Bytes::copy(one.substr(0, std::min(cut, one.size() - 1))));
    CHECK(first.last_offset == -1);
    CHECK_FALSE(first.damaged);
    CHECK(first.partial_size == (cut > records::kMagicAt ? one.size() : 0));
  }
}

TEST_CASE("scan believes no impossible header") {
  const auto with = [](size_t at, auto value) {
    std::string bytes = batch(10, 5);
    records::store_be(bytes.data() + at, value);
    return scan(Bytes::copy(bytes));
  };
  CHECK(with(records::kEntrySizeAt, int32_t{-1}).damaged);
  CHECK(with(records::kEntrySizeAt, int32_t{3}).damaged);
  CHECK(with(records::kEntryOffsetAt, int64_t{-1}).damaged);
  CHECK(with(records::kEntryOffsetAt, std::numeric_limits<int64_t>::max()).damaged);
  CHECK(with(records::kEntryOffsetAt, std::numeric_limits<int64_t>::max() - 4).damaged);
  CHECK(with(records::kMagicAt, int8_t{9}).damaged);
  CHECK(with(records::kMagicAt, int8_t{-1}).damaged);
  CHECK(with(records::kLastOffsetDeltaAt, int32_t{-7}).last_offset == 10);
  CHECK(with(records::kEntrySizeAt, INT32_MAX).partial_size == size_t{INT32_MAX} + records::kEntryOverhead);
}

TEST_CASE("B6 B7: reading begins at the position and moves over control batches, behind the last one too") {
  Reading reading;
  reading.position = 3;
  reading.push(batch(0, 5) +
               batch(5, 1, {.producer_id = 1, .producer_epoch = 0, .transactional = true, .control = true}));
  reading.push(batch(6, 2) +
               batch(8, 1, {.producer_id = 1, .producer_epoch = 0, .transactional = true, .control = true}));
  CHECK(reading.read() == std::vector<int64_t>{3, 4, 6, 7});
  CHECK(reading.last == consumer::Buffer::Next::none);
  CHECK(reading.position == 9);
  CHECK(reading.buffer.empty());
  CHECK(reading.buffer.bytes() == 0);
}

namespace {

std::string data(int64_t base, int count, int64_t producer, Compression codec = Compression::none) {
  return batch(base, count, {.codec = codec, .producer_id = producer, .producer_epoch = 0, .transactional = true});
}

std::string marker(int64_t base, int64_t producer, int16_t type, std::string_view version = {"\0\0", 2}) {
  records::BatchBuilder builder;
  const std::string key = std::string(version) + std::string({static_cast<char>(type >> 8), static_cast<char>(type)});
  REQUIRE(builder.append(1, key, std::string_view("\0\0\0\0\0\0", 6)) == Errc::none);
  Bytes sealed;
  REQUIRE_FALSE(builder.seal(
      {.producer_id = producer, .producer_epoch = 0, .transactional = true, .control = true, .base_offset = base},
      sealed));
  return std::string(sealed.view());
}
constexpr int16_t kAbort = 0;
constexpr int16_t kCommit = 1;

}  // namespace

TEST_CASE("B8: batches of aborted transactions are left out, in whatever order they are listed") {
  const auto codec = GENERATE(Compression::none, Compression::gzip);
  // Producer 1 aborts, commits and aborts; producer 2 is aborted in between; 3 takes part in nothing.
  const std::string log = data(0, 2, 1, codec) + data(2, 2, 2, codec) + batch(4, 1) + marker(5, 1, kAbort) +
                          data(6, 2, 1, codec) + marker(8, 2, kAbort) + marker(9, 1, kCommit) + data(10, 2, 1, codec) +
                          data(12, 1, 2, codec) + marker(13, 1, kAbort) + marker(14, 2, kCommit) +
                          batch(15, 1, {.producer_id = 1, .producer_epoch = 0});
  std::vector<Aborted::Transaction> list{{1, 0}, {2, 2}, {1, 10}};
  std::sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  const int order = GENERATE(0, 1, 2, 3, 4, 5);
  for (int i = 0; i < order; ++i) {
    std::next_permutation(list.begin(), list.end(),
                          [](const auto& a, const auto& b) { return a.first_offset < b.first_offset; });
  }
  Reading reading;
  reading.push(log, list);
  CHECK(reading.read() == std::vector<int64_t>{4, 6, 7, 12, 15});
  CHECK(reading.last == consumer::Buffer::Next::none);
  CHECK(reading.position == 16);
}

TEST_CASE("B8: markers without data, two markers, and an entry listed twice lose no committed record") {
  Reading reading;
  SECTION("two abort markers for one transaction, then a committed one") {
    reading.push(data(0, 2, 1) + marker(2, 1, kAbort) + marker(3, 1, kAbort) + data(4, 2, 1) + marker(6, 1, kCommit),
                 {{1, 0}});
    CHECK(reading.read() == std::vector<int64_t>{4, 5});
  }
  SECTION("a marker of a transaction that wrote nothing here, listed with the marker's own offset") {
    reading.push(marker(0, 1, kAbort) + data(1, 2, 1) + marker(3, 1, kCommit), {{1, 0}});
    CHECK(reading.read() == std::vector<int64_t>{1, 2});
  }
  SECTION("the same transaction listed twice") {
    reading.push(data(0, 2, 1) + marker(2, 1, kAbort) + data(3, 2, 1) + marker(5, 1, kCommit), {{1, 0}, {1, 0}});
    CHECK(reading.read() == std::vector<int64_t>{3, 4});
  }
  SECTION("a marker before the position counts too") {
    reading.position = 4;
    reading.push(data(0, 2, 1) + marker(2, 1, kAbort) + data(3, 2, 1) + marker(5, 1, kCommit), {{1, 0}});
    CHECK(reading.read() == std::vector<int64_t>{4});
  }
  SECTION("an aborted transaction that goes on in the next answer is listed there again") {
    reading.push(data(0, 2, 1), {{1, 0}});
    reading.push(data(2, 2, 1) + marker(4, 1, kAbort) + data(5, 1, 1), {{1, 0}});
    reading.push(data(6, 1, 1));
    CHECK(reading.read() == std::vector<int64_t>{5, 6});
  }
  SECTION("unknown control types end no transaction") {
    reading.push(data(0, 1, 1) + marker(1, 1, 7) + data(2, 1, 1) + marker(3, 1, kAbort) + data(4, 1, 1), {{1, 0}});
    CHECK(reading.read() == std::vector<int64_t>{4});
  }
  CHECK(reading.last == consumer::Buffer::Next::none);
  CHECK(reading.buffer.bytes() == 0);
}

TEST_CASE("B8: an aborted batch is never decompressed, and an unreadable marker is damage") {
  Reading reading;
  std::string packed = data(0, 50, 1, Compression::gzip);
  for (size_t i = records::kBatchHeaderSize; i < packed.size(); ++i) packed[i] = '!';
  packed = std::string(records::restamp(Bytes::copy(packed), 1, 0, -1).view());
  reading.push(packed + marker(50, 1, kAbort) + data(51, 1, 1) +
                   batch(52, 1, {.producer_id = 2, .producer_epoch = 0, .transactional = true, .control = true}) +
                   data(53, 1, 1),
               {{1, 0}, {2, 52}});
  CHECK(reading.read() == std::vector<int64_t>{51});
  CHECK(reading.last == consumer::Buffer::Next::failed);
  CHECK(reading.buffer.error() == Errc::corrupt_message);
  CHECK(reading.position == 52);
}

TEST_CASE("memory is given back when the last field cut from a response has been read, or dropped") {
  Reading reading;
  const std::string bytes = batch(0, 5);
  auto credit = std::make_shared<Credit>(reading.used, 2 * bytes.size());
  reading.buffer.push(Bytes::copy(bytes), credit);
  consumer::Buffer other;
  other.push(Bytes::copy(bytes), std::move(credit));
  CHECK(*reading.used == 2 * bytes.size());
  CHECK(reading.buffer.bytes() == bytes.size());
  CHECK(reading.read().size() == 5);
  CHECK(*reading.used == 2 * bytes.size());
  other.clear();
  CHECK(*reading.used == 0);
}

TEST_CASE("B3: after damage the position stays there, however often it is read") {
  Reading reading;
  std::string bad = batch(5, 5);
  bad[bad.size() - 1] = static_cast<char>(~bad.back());
  reading.push(batch(0, 5) + bad);
  reading.push(batch(10, 5));
  CHECK(reading.read() == std::vector<int64_t>{0, 1, 2, 3, 4});
  CHECK(reading.last == consumer::Buffer::Next::failed);
  CHECK(reading.buffer.error() == Errc::corrupt_message);
  CHECK(reading.position == 5);
  CHECK(reading.read().empty());
  CHECK(reading.last == consumer::Buffer::Next::failed);
  CHECK(reading.position == 5);
  reading.buffer.clear();
  CHECK(*reading.used == 0);
  reading.push(batch(5, 1));
  CHECK(reading.read() == std::vector<int64_t>{5});
}

TEST_CASE("A20: batches that deliver nothing, each large when decompressed, are looked through in stretches") {
  const bool control = GENERATE(true, false);
  CAPTURE(control);
  constexpr size_t kUnfolded = consumer::Buffer::kStretch / 2;
  constexpr int64_t kBatches = 10;
  Reading reading;
  std::string field;
  for (int64_t i = 0; i < kBatches; ++i) {
    records::BatchBuilder builder;
    // A marker of a type that nobody knows yet; or records that compaction has left in front of the position.
    REQUIRE(builder.append(1, std::string_view("\0\0\0\x09", 4), std::string(kUnfolded, 'x')) == Errc::none);
    Bytes sealed;
    REQUIRE_FALSE(
        builder.seal({.codec = Compression::gzip, .producer_id = 7, .control = control, .base_offset = 2 * i}, sealed));
    field += sealed.view();
  }
  reading.push(field, {{7, 0}});
  reading.buffer.charge_envelopes(std::make_shared<size_t>(0));
  int turns = 1;
  int64_t records = 0;
  for (; records += static_cast<int64_t>(reading.read().size()), reading.last == consumer::Buffer::Next::later; ++turns)
    REQUIRE(turns < 100);
  CHECK(reading.last == consumer::Buffer::Next::none);
  CHECK(turns >= kBatches / 2);
  CHECK(records == (control ? 0 : kBatches));
}

TEST_CASE("A20: a batch that is large when decompressed is opened over several turns, and can be dropped meanwhile") {
  constexpr size_t kValue = consumer::Buffer::kStretch;
  records::BatchBuilder builder;
  for (int i = 0; i < 5; ++i) REQUIRE(builder.append(1, {}, std::string(kValue, 'x')) == Errc::none);
  Bytes sealed;
  REQUIRE_FALSE(builder.seal({.codec = Compression::gzip}, sealed));
  Reading reading;
  reading.push(std::string(sealed.view()));
  for (int turn = 0; turn < 4; ++turn) {
    CHECK(reading.read().empty());
    CHECK(reading.last == consumer::Buffer::Next::later);
    CHECK_FALSE(reading.buffer.empty());
  }
  std::vector<int64_t> offsets;
  int turns = 0;
  do {
    for (const int64_t offset : reading.read()) offsets.push_back(offset);
    REQUIRE(++turns < 10);
  } while (reading.last == consumer::Buffer::Next::later);
  CHECK(offsets == std::vector<int64_t>{0, 1, 2, 3, 4});
  CHECK(*reading.used == 0);

  // Dropped in the middle, as a seek does; then another field is read from its beginning.
  reading.push(std::string(sealed.view()));
  CHECK(reading.read().empty());
  reading.buffer.clear();
  CHECK(*reading.used == 0);
  reading.position = 0;
  reading.push(batch(0, 3));
  CHECK(reading.read() == std::vector<int64_t>{0, 1, 2});
}
