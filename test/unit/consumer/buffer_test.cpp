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

class Home final : public Answerable {
 public:
  Error answer(uint64_t, Answer, std::string_view, Function<void(Error)>) override { return {}; }
  void later(Function<void()>) override {}
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
  Reading() : home(new Home) {}
  ~Reading() {
    buffer.clear();
    home->release();
  }
  void push(const std::string& bytes) { buffer.push(Bytes::copy(bytes), std::make_shared<Credit>(used, bytes.size())); }
  std::vector<int64_t> read() {
    std::vector<int64_t> offsets;
    records::RecordView record;
    while ((last = buffer.next(record, position, *home, topic)) == consumer::Buffer::Next::record)
      offsets.push_back(record.offset);
    return offsets;
  }

  Home* home;
  consumer::Buffer buffer;
  std::shared_ptr<size_t> used = std::make_shared<size_t>(0);
  std::shared_ptr<const std::string> topic = std::make_shared<const std::string>("t");
  int64_t position = 0;
  consumer::Buffer::Next last = consumer::Buffer::Next::none;
};

}  // namespace

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
