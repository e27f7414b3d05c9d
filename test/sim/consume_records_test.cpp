// What is in the fetched batches: damage, what does not fit, gaps, bombs, codecs.
// Not here: the answers around them (consume_fetch_test.cpp), transactions (consume_transactions_test.cpp).
#include "fetch_bench.hpp"
#include "records/compression.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

constexpr size_t kAttributesAt = 21;

}  // namespace

TEST_CASE("B3: records before the damage are delivered, the partition stops there, others go on, seek goes past it") {
  FetchBench bench(2);
  for (int i = 0; i < 4; ++i) bench.peer.add(0, 10);
  bench.peer.add(1, 10);
  FetchPeer::patch(bench.peer.logs[0][2], 100, "X", false);
  const bool batches = GENERATE(true, false);
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  CAPTURE(batches);
  Book book;
  Fetcher fetcher = bench.fetcher(2, {.ordering = ordering});
  book.listen(fetcher);
  auto take = [&](BatchEnvelope batch) {
    for (const MessageView& item : batch.items()) {
      book.got.push_back({batch.topic(), batch.partition(), item.offset, std::string(item.value)});
    }
    batch.ack();
  };
  if (batches) {
    fetcher.batch_fetch(7, take, book.end());
  } else {
    fetcher.fetch(book.ack(), book.end());
  }
  bench.client.run(3s);
  CHECK(book.offsets(0) == range(0, 20));
  REQUIRE(bench.stopped(book) != nullptr);
  CHECK(bench.stopped(book)->error == Errc::corrupt_message);
  CHECK(bench.stopped(book)->offset == 20);
  CHECK(fetcher.position("t", 0) == 20);
  const size_t asked = bench.asked_for(0);
  bench.peer.add(1, 10);
  bench.client.run(3s);
  CHECK(book.offsets(1) == range(0, 20));
  CHECK(bench.asked_for(0) == asked);
  CHECK(book.count(Event::Type::partition_stopped) == 1);
  CHECK_FALSE(fetcher.seek({"t", 0, 30}));
  bench.client.run(1s);
  std::vector<int64_t> wanted = range(0, 20);
  for (const int64_t offset : range(30, 40)) wanted.push_back(offset);
  CHECK(book.offsets(0) == wanted);
  CHECK(book.count(Event::Type::partition_resumed) == 1);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B3: without a handler a damaged partition ends the consumption, and the next one at once") {
  FetchBench bench(1);
  bench.peer.add(0, 10);
  bench.peer.add(0, 10);
  FetchPeer::patch(bench.peer.logs[0][1], 100, "X", false);
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(2s);
  CHECK(book.offsets(0) == range(0, 10));
  CHECK(book.ended_with(Errc::corrupt_message));
  const size_t asked = bench.peer.asked.size();
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(2s);
  CHECK(book.ends.size() == 2);
  CHECK(bench.peer.asked.size() == asked);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B3: memory that a damaged partition held is free for the others") {
  FetchBench bench(2);
  bench.peer.add(0, 10, 7000);
  FetchPeer::patch(bench.peer.logs[0][0], 100, "X", false);
  bench.peer.add(0, 10, 7000);
  for (int i = 0; i < 30; ++i) bench.peer.add(1, 10, 6000);
  Book book;
  Fetcher fetcher = bench.fetcher(2, {.fetch_memory = 65536});
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(10s);
  CHECK(book.offsets(1) == range(0, 300));
  close(bench.client, fetcher);
  bench.client.close();
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
  FetchBench bench(1);
  bench.peer.add(0, 10);
  FetchPeer::patch(bench.peer.add(0, 10), damage.at, damage.bytes, damage.checksum);
  bench.peer.add(0, 10);
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(10s);
  CHECK(book.offsets(0) == range(0, 10));
  CHECK(book.count(Event::Type::partition_stopped) == 1);
  CHECK(fetcher.position("t", 0) == 10);
  CHECK(bench.peer.asked.size() < 10);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B4: before Fetch 3 a batch that does not fit is asked for with more, up to the cap") {
  const int32_t partitions = GENERATE(1, 40);
  const int32_t most = GENERATE(8192, 65536);
  CAPTURE(partitions, most);
  FetchBench bench(partitions, 2);
  for (int32_t p = 0; p < partitions; ++p) {
    bench.peer.add(p, 5);
    bench.peer.add(p, 5, 6000);
    bench.peer.add(p, 5);
  }
  Book book;
  Fetcher fetcher = bench.fetcher(partitions, {.fetch_memory = 65536, .max_partition_fetch_bytes = most});
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(30s);
  CHECK(book.events.empty());
  book.check_dense(partitions, 0, 15);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B4: a batch above receive_message_max_bytes stops its partition with too_large, in every Fetch version") {
  const int16_t version = GENERATE(int16_t{2}, int16_t{3}, int16_t{12});
  CAPTURE(version);
  FetchBench bench(3, version, {.receive_message_max_bytes = 65536});
  bench.peer.add(0, 5);
  bench.peer.add(0, 1, 100'000);
  bench.peer.add(0, 5);
  for (int i = 0; i < 20; ++i) {
    bench.peer.add(1, 5, 2000);
    bench.peer.add(2, 5, 2000);
  }
  Book book;
  Fetcher fetcher = bench.fetcher(3);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(60s);
  CHECK(book.offsets(0) == range(0, 5));
  CHECK(book.offsets(1) == range(0, 100));
  CHECK(book.offsets(2) == range(0, 100));
  REQUIRE(book.count(Event::Type::partition_stopped) == 1);
  CHECK(bench.stopped(book)->error == Errc::too_large);
  CHECK(bench.stopped(book)->partition == 0);
  CHECK(bench.stopped(book)->offset == 5);
  CHECK_FALSE(fetcher.seek({"t", 0, 6}));
  bench.client.run(2s);
  CHECK(book.offsets(0).size() == 10);
  CHECK(bench.peer.asked.size() < 400);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B5 B6 B7: gaps, removed tails, empty and control batches: the position moves over all of them") {
  FetchBench bench(1);
  records::BatchBuilder builder;
  builder.append_at(2, 1, {}, "0:2");
  builder.append_at(5, 1, {}, "0:5");
  builder.append_at(9, 1, {}, "gone");
  FetchPeer::Batch& gaps = bench.peer.seal(0, builder, {}, 9);
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
  FetchPeer::Batch& empty = bench.peer.add(0, 5);  // 10 to 14, all removed
  std::string header(empty.bytes.view().substr(0, 61));
  header.replace(8, 4, std::string("\0\0\0\x31", 4));
  header.replace(57, 4, std::string("\0\0\0\0", 4));
  empty.bytes = records::restamp(Bytes::copy(header), -1, -1, -1);
  bench.peer.add(0, 5);  // 15 to 19
  bench.peer.add(0, 1, 0, {.producer_id = 5, .producer_epoch = 0, .transactional = true, .control = true});
  CHECK(bench.peer.end(0) == 21);
  const int64_t start = GENERATE(0, 4, 17);
  Book book;
  Fetcher fetcher(*bench.client.session, {{"t", 0, start}});
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(3s);
  std::vector<int64_t> wanted;
  for (const int64_t offset : {2, 5, 15, 16, 17, 18, 19}) {
    if (offset >= start) wanted.push_back(offset);
  }
  CHECK(book.offsets(0) == wanted);
  CHECK(book.events.empty());
  CHECK(fetcher.position("t", 0) == 21);
  CHECK(fetcher.at_end("t", 0));
  REQUIRE(book.partition_ends.size() == 1);
  CHECK(book.partition_ends[0].second == 21);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B11: a batch that inflates beyond the cap stops its partition once, and seek goes past it") {
  FetchBench bench(2);
  bench.peer.add(0, 3);
  {
    records::BatchBuilder builder;
    const std::string zeros(size_t{65} << 20, '\0');
    REQUIRE(builder.append(1, {}, zeros) == Errc::none);
    bench.peer.seal(0, builder, {.codec = Compression::gzip, .base_offset = 3}, 3);
  }
  bench.peer.add(0, 3);
  bench.peer.add(1, 3);
  Book book;
  Fetcher fetcher = bench.fetcher(2);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(5s);
  CHECK(book.offsets(0) == range(0, 3));
  CHECK(book.offsets(1) == range(0, 3));
  REQUIRE(book.count(Event::Type::partition_stopped) == 1);
  CHECK(bench.stopped(book)->error == Errc::too_large);
  CHECK_FALSE(fetcher.seek({"t", 0, 4}));
  bench.client.run(1s);
  CHECK(book.offsets(0).size() == 6);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B14: a codec that this build lacks is an error that names it; one that it has is read") {
  const auto [number, name] = GENERATE(std::pair<int, std::string>{2, "snappy"}, std::pair<int, std::string>{3, "lz4"},
                                       std::pair<int, std::string>{4, "zstd"}, std::pair<int, std::string>{7, "7"});
  CAPTURE(name);
  const auto codec = static_cast<Compression>(number);
  const bool available = number <= 4 && records::codec_available(codec);
  FetchBench bench(1);
  bench.peer.add(0, 3);
  if (available) {
    bench.peer.add(0, 3, 0, {.codec = codec});
  } else {
    FetchPeer::patch(bench.peer.add(0, 3), kAttributesAt, std::string({'\0', static_cast<char>(number)}), true);
  }
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(5s);
  CHECK(book.offsets(0) == range(0, available ? 6 : 3));
  CHECK(book.count(Event::Type::partition_stopped) == (available ? 0 : 1));
  if (!available) {
    REQUIRE(bench.stopped(book) != nullptr);
    CHECK(bench.stopped(book)->error == Errc::unsupported_codec);
    CHECK(bench.stopped(book)->error.message().find(name) != std::string::npos);
  }
  close(bench.client, fetcher);
  bench.client.close();
}
