// What is in the fetched batches: damage, what does not fit, gaps, bombs, codecs.
// Not here: the answers around them (consume_fetch_test.cpp), transactions (consume_transactions_test.cpp).
#include "fetch_fixture.hpp"
#include "records/compression.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr size_t kAttributesAt = 21;

}  // namespace

TEST_CASE("B3: records before the damage are delivered, the partition stops there, others go on, seek goes past it") {
  FetchFixture fixture(2);
  for (int i = 0; i < 4; ++i) fixture.peer.add(0, 10);
  fixture.peer.add(1, 10);
  FetchPeer::patch(fixture.peer.logs[0][2], 100, "X", false);
  const bool batches = GENERATE(true, false);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  CAPTURE(batches);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2, {.ordering = ordering});
  recorder.listen(fetcher);
  auto take = [&](BatchEnvelope batch) {
    for (const MessageView& item : batch.items()) {
      recorder.got.push_back({batch.topic(), batch.partition(), item.offset, std::string(item.value)});
    }
    batch.ack();
  };
  if (batches) {
    fetcher.batch_fetch(7, take, recorder.end());
  } else {
    fetcher.fetch(recorder.ack(), recorder.end());
  }
  fixture.client.run(3s);
  CHECK(recorder.offsets(0) == range(0, 20));
  REQUIRE(fixture.stopped(recorder) != nullptr);
  CHECK(fixture.stopped(recorder)->error == Errc::corrupt_message);
  CHECK(fixture.stopped(recorder)->offset == 20);
  CHECK(fetcher.position("t", 0) == 20);
  const size_t asked = fixture.asked_for(0);
  fixture.peer.add(1, 10);
  fixture.client.run(3s);
  CHECK(recorder.offsets(1) == range(0, 20));
  CHECK(fixture.asked_for(0) == asked);
  CHECK(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK_FALSE(fetcher.seek({"t", 0, 30}));
  fixture.client.run(1s);
  std::vector<int64_t> wanted = range(0, 20);
  for (const int64_t offset : range(30, 40)) wanted.push_back(offset);
  CHECK(recorder.offsets(0) == wanted);
  CHECK(recorder.count(Event::Type::partition_resumed) == 1);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B3: without a handler a damaged partition ends the consumption, and the next one at once") {
  FetchFixture fixture(1);
  fixture.peer.add(0, 10);
  fixture.peer.add(0, 10);
  FetchPeer::patch(fixture.peer.logs[0][1], 100, "X", false);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(2s);
  CHECK(recorder.offsets(0) == range(0, 10));
  CHECK(recorder.ended_with(Errc::corrupt_message));
  const size_t asked = fixture.peer.asked.size();
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(2s);
  CHECK(recorder.ends.size() == 2);
  CHECK(fixture.peer.asked.size() == asked);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B3: memory that a damaged partition held is free for the others") {
  FetchFixture fixture(2);
  fixture.peer.add(0, 10, 7000);
  FetchPeer::patch(fixture.peer.logs[0][0], 100, "X", false);
  fixture.peer.add(0, 10, 7000);
  for (int i = 0; i < 30; ++i) fixture.peer.add(1, 10, 6000);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2, {.fetch_memory = 65536});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(10s);
  CHECK(recorder.offsets(1) == range(0, 300));
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B1 B2: impossible batch headers stop the partition at their offset") {
  struct Damage {
    size_t at;
    std::string bytes;
    bool checksum;
  };
  const Damage damage = GENERATE(Damage{8, std::string("\xff\xff\xff\x00", 4), false},   // length below zero
                                 Damage{8, std::string("\x00\x00\x00\x05", 4), false},   // shorter than a header
                                 Damage{16, "\x09", false},                              // magic 9
                                 Damage{57, std::string("\x7f\xff\xff\xff", 4), true},   // count
                                 Damage{57, std::string("\xff\xff\xff\xff", 4), true});  // count below zero
  FetchFixture fixture(1);
  fixture.peer.add(0, 10);
  FetchPeer::patch(fixture.peer.add(0, 10), damage.at, damage.bytes, damage.checksum);
  fixture.peer.add(0, 10);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(10s);
  CHECK(recorder.offsets(0) == range(0, 10));
  CHECK(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK(fetcher.position("t", 0) == 10);
  CHECK(fixture.peer.asked.size() < 10);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B4: before Fetch 3 a batch that does not fit is asked for with more, up to the cap") {
  const int32_t partitions = GENERATE(1, 40);
  const int32_t most = GENERATE(8192, 65536);
  CAPTURE(partitions, most);
  FetchFixture fixture(partitions, 2);
  for (int32_t p = 0; p < partitions; ++p) {
    fixture.peer.add(p, 5);
    fixture.peer.add(p, 5, 6000);
    fixture.peer.add(p, 5);
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(partitions, {.fetch_memory = 65536, .max_partition_fetch_bytes = most});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(30s);
  CHECK(recorder.events.empty());
  recorder.check_dense(partitions, 0, 15);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B4: a batch above receive_message_max_bytes stops its partition with too_large, in every Fetch version") {
  const int16_t version = GENERATE(int16_t{2}, int16_t{3}, int16_t{12});
  CAPTURE(version);
  FetchFixture fixture(3, version, {.receive_message_max_bytes = 65536});
  fixture.peer.add(0, 5);
  fixture.peer.add(0, 1, 100'000);
  fixture.peer.add(0, 5);
  for (int i = 0; i < 20; ++i) {
    fixture.peer.add(1, 5, 2000);
    fixture.peer.add(2, 5, 2000);
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(3);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(60s);
  CHECK(recorder.offsets(0) == range(0, 5));
  CHECK(recorder.offsets(1) == range(0, 100));
  CHECK(recorder.offsets(2) == range(0, 100));
  REQUIRE(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK(fixture.stopped(recorder)->error == Errc::too_large);
  CHECK(fixture.stopped(recorder)->partition == 0);
  CHECK(fixture.stopped(recorder)->offset == 5);
  CHECK_FALSE(fetcher.seek({"t", 0, 6}));
  fixture.client.run(2s);
  CHECK(recorder.offsets(0).size() == 10);
  CHECK(fixture.peer.asked.size() < 400);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B5 B6 B7: gaps, removed tails, empty and control batches: the position moves over all of them") {
  FetchFixture fixture(1);
  records::BatchBuilder builder;
  builder.append_at(2, 1, {}, "0:2");
  builder.append_at(5, 1, {}, "0:5");
  builder.append_at(9, 1, {}, "gone");
  FetchPeer::Batch& gaps = fixture.peer.seal(0, builder, {}, 9);
  // The last one was compacted away: a count of 2, and the bytes of the third cut off.
  constexpr size_t kRecord = 11;  // "gone", with its length and fields
  const size_t cut = gaps.bytes.size() - kRecord;
  std::string shorter(gaps.bytes.view().substr(0, cut));
  const auto length = static_cast<uint32_t>(cut - 12);
  shorter.replace(8, 4,
                  {static_cast<char>(length >> 24), static_cast<char>(length >> 16), static_cast<char>(length >> 8),
                   static_cast<char>(length)});
  shorter.replace(57, 4, std::string("\0\0\0\2", 4));
  gaps.bytes = records::restamp(Bytes::copy(shorter), -1, -1, -1);
  FetchPeer::Batch& empty = fixture.peer.add(0, 5);  // 10 to 14, all removed
  std::string header(empty.bytes.view().substr(0, 61));
  header.replace(8, 4, std::string("\0\0\0\x31", 4));
  header.replace(57, 4, std::string("\0\0\0\0", 4));
  empty.bytes = records::restamp(Bytes::copy(header), -1, -1, -1);
  fixture.peer.add(0, 5);  // 15 to 19
  fixture.peer.add(0, 1, 0, {.producer_id = 5, .producer_epoch = 0, .transactional = true, .control = true});
  CHECK(fixture.peer.end(0) == 21);
  const int64_t start = GENERATE(0, 4, 17);
  Recorder recorder;
  Fetcher fetcher(*fixture.client.session, {{"t", 0, start}});
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(3s);
  std::vector<int64_t> wanted;
  for (const int64_t offset : {2, 5, 15, 16, 17, 18, 19}) {
    if (offset >= start) wanted.push_back(offset);
  }
  CHECK(recorder.offsets(0) == wanted);
  CHECK(recorder.events.empty());
  CHECK(fetcher.position("t", 0) == 21);
  CHECK(fetcher.at_end("t", 0));
  REQUIRE(recorder.partition_ends.size() == 1);
  CHECK(recorder.partition_ends[0].second == 21);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B11: a batch that inflates beyond the cap stops its partition once, and seek goes past it") {
  FetchFixture fixture(2);
  fixture.peer.add(0, 3);
  {
    records::BatchBuilder builder;
    const std::string zeros(size_t{65} << 20, '\0');
    REQUIRE(builder.append(1, {}, zeros) == Errc::none);
    fixture.peer.seal(0, builder, {.codec = Compression::gzip, .base_offset = 3}, 3);
  }
  fixture.peer.add(0, 3);
  fixture.peer.add(1, 3);
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(2);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(5s);
  CHECK(recorder.offsets(0) == range(0, 3));
  CHECK(recorder.offsets(1) == range(0, 3));
  REQUIRE(recorder.count(Event::Type::partition_stopped) == 1);
  CHECK(fixture.stopped(recorder)->error == Errc::too_large);
  CHECK_FALSE(fetcher.seek({"t", 0, 4}));
  fixture.client.run(1s);
  CHECK(recorder.offsets(0).size() == 6);
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B11: unfolded_max_bytes decides what is unfolded, and the error names it") {
  constexpr size_t kSize = 100000;
  for (const int32_t limit : {65536, 131072}) {
    FetchFixture fixture(1);
    fixture.peer.add(0, 1, kSize, {.codec = Compression::gzip});
    Fetcher fetcher = fixture.fetcher(1, {.unfolded_max_bytes = limit});
    Recorder recorder;
    recorder.listen(fetcher);
    fetcher.fetch(recorder.ack(), recorder.end());
    REQUIRE(fixture.client.until([&] { return !recorder.got.empty() || fixture.stopped(recorder) != nullptr; }));
    if (static_cast<size_t>(limit) > kSize) {
      CHECK(recorder.got.size() == 1);
    } else {
      REQUIRE(fixture.stopped(recorder) != nullptr);
      CHECK(fixture.stopped(recorder)->error == Errc::too_large);
      CHECK(fixture.stopped(recorder)->error.message().find("unfolded_max_bytes") != std::string::npos);
    }
    close(fixture.client, fetcher);
    fixture.client.close();
  }
}

TEST_CASE("B14: a codec that this build lacks is an error that names it; one that it has is read") {
  const auto [number, name] = GENERATE(std::pair<int, std::string>{2, "snappy"}, std::pair<int, std::string>{3, "lz4"},
                                       std::pair<int, std::string>{4, "zstd"}, std::pair<int, std::string>{7, "7"});
  CAPTURE(name);
  const auto codec = static_cast<Compression>(number);
  const bool available = number <= 4 && records::codec_available(codec);
  FetchFixture fixture(1);
  fixture.peer.add(0, 3);
  if (available) {
    fixture.peer.add(0, 3, 0, {.codec = codec});
  } else {
    FetchPeer::patch(fixture.peer.add(0, 3), kAttributesAt, std::string({'\0', static_cast<char>(number)}), true);
  }
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  fixture.client.run(5s);
  CHECK(recorder.offsets(0) == range(0, available ? 6 : 3));
  CHECK(recorder.count(Event::Type::partition_stopped) == (available ? 0 : 1));
  if (!available) {
    REQUIRE(fixture.stopped(recorder) != nullptr);
    CHECK(fixture.stopped(recorder)->error == Errc::unsupported_codec);
    CHECK(fixture.stopped(recorder)->error.message().find(name) != std::string::npos);
  }
  close(fixture.client, fetcher);
  fixture.client.close();
}

TEST_CASE("B4: stray bytes behind a batch are told as what they are, not as a batch of a size that nobody named") {
  FetchFixture fixture(1);
  fixture.peer.add(0, 3);
  fixture.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    auto& data = response.responses.at(0).partitions.at(0);
    data.records = Bytes::copy(std::string(data.records.view()) + "eleven byte");
  };
  Recorder recorder;
  Fetcher fetcher = fixture.fetcher(1);
  recorder.listen(fetcher);
  fetcher.fetch(recorder.ack(), recorder.end());
  REQUIRE(fixture.client.until([&] { return fixture.stopped(recorder) != nullptr; }));
  CHECK(recorder.offsets(0) == range(0, 3));
  const Event& stopped = *fixture.stopped(recorder);
  CHECK(stopped.error == Errc::protocol_error);
  CHECK(stopped.error.message().find("11 bytes at offset 3, too few for the head of a batch") != std::string::npos);
  close(fixture.client, fetcher);
  fixture.client.close();
}
