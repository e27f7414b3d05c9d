// Fetching: strange and damaged answers, batches of every kind, memory, fairness, and how often a leader is asked.
#include "consumer_bench.hpp"
#include "fetch_peer.hpp"
#include "records/compression.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

struct Bench {
  explicit Bench(int32_t partitions, int16_t version = 12, SessionOptions session = {})
      : client(1), peer(client.world, partitions, version) {
    session.bootstrap_servers = peer.broker.address();
    client.open(session);
    client.session->on_event({});
  }
  Fetcher fetcher(int32_t partitions, ConsumerOptions options = {}) {
    std::vector<TopicOffset> places;
    for (int32_t p = 0; p < partitions; ++p) places.push_back({"t", p, 0});
    return Fetcher(*client.session, places, options);
  }
  const Event* stopped(const Book& book) const {
    for (const Event& event : book.events) {
      if (event.type == Event::Type::partition_stopped) return &event;
    }
    return nullptr;
  }
  size_t asked_for(int32_t partition) const {
    size_t count = 0;
    for (const auto& request : peer.asked) count += peer.asked_for(request, partition) ? 1 : 0;
    return count;
  }

  SimClient client;
  FetchPeer peer;
};

constexpr size_t kAttributesAt = 21;

}  // namespace

TEST_CASE("A14: an answer that keeps leaving a partition out stops it after a few tries; others go on") {
  Bench bench(2);
  const int missing = GENERATE(2, 1000);
  CAPTURE(missing);
  bench.peer.add(0, 10);
  bench.peer.add(1, 10);
  int left = missing;
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (left == 0) return;
    for (auto& topic : response.responses) {
      if (std::erase_if(topic.partitions, [](auto& p) { return p.partition_index == 1; }) > 0) --left;
    }
  };
  Book book;
  Fetcher fetcher = bench.fetcher(2);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(20s);
  CHECK(book.offsets(0) == range(0, 10));
  if (missing == 2) {
    CHECK(book.offsets(1) == range(0, 10));
    CHECK(book.events.empty());
  } else {
    CHECK(book.offsets(1).empty());
    REQUIRE(bench.stopped(book) != nullptr);
    CHECK(bench.stopped(book)->error == Errc::protocol_error);
    CHECK(bench.stopped(book)->partition == 1);
    CHECK(bench.asked_for(1) == 5);
  }
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("A14: of a partition that is answered twice the first counts, and one never asked for is ignored") {
  Bench bench(2);
  bench.peer.add(0, 10);
  bench.peer.add(1, 10);
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    auto& partitions = response.responses.front().partitions;
    partitions.push_back(partitions.front());
    partitions.push_back(partitions.front());
    partitions.back().partition_index = 7;
    auto other = response.responses.front();
    other.topic = "other";
    response.responses.push_back(other);
  };
  Book book;
  Fetcher fetcher = bench.fetcher(2);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(5s);
  book.check_dense(2, 0, 10);
  CHECK(book.events.empty());
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("an answer that ends before what was asked for does not make a hot loop") {
  Bench bench(1);
  bench.peer.add(0, 10);
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    response.responses.front().partitions.front().records = bench.peer.logs[0].front().bytes;
  };
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(20s);
  CHECK(book.offsets(0) == range(0, 10));
  REQUIRE(bench.stopped(book) != nullptr);
  CHECK(bench.stopped(book)->error == Errc::protocol_error);
  CHECK(bench.stopped(book)->offset == 10);
  CHECK(bench.peer.asked.size() <= 7);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("B3: records before the damage are delivered, the partition stops there, others go on, seek goes past it") {
  Bench bench(2);
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
  Bench bench(1);
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
  Bench bench(2);
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
  Bench bench(1);
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
  Bench bench(partitions, 2);
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

TEST_CASE("B4: what exceeds receive_message_max_bytes stops its partition with too_large, in every Fetch version") {
  const int16_t version = GENERATE(int16_t{2}, int16_t{3}, int16_t{12});
  CAPTURE(version);
  Bench bench(3, version, {.receive_message_max_bytes = 65536});
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
  Bench bench(1);
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
  Bench bench(2);
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
  Bench bench(1);
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

TEST_CASE("fetch_memory bounds what is fetched and not dispatched, however slow the application") {
  const int16_t version = GENERATE(int16_t{2}, int16_t{12});
  const Ordering ordering = GENERATE(Ordering::consumer, Ordering::partition);
  constexpr int32_t kPartitions = 20;
  constexpr size_t kMemory = 256 * 1024;
  constexpr size_t kBatch = 10'000;
  CAPTURE(version, static_cast<int>(ordering));
  Bench bench(kPartitions, version);
  for (int32_t p = 0; p < kPartitions; ++p) {
    for (int i = 0; i < 30; ++i) bench.peer.add(p, 10, kBatch / 10);
  }
  Book book;
  Fetcher fetcher = bench.fetcher(kPartitions, {.fetch_memory = kMemory, .ordering = ordering});
  book.listen(fetcher);
  fetcher.fetch(book.keep(), book.end());
  bench.client.run(20s);
  // A partition that is held up by nothing but memory may have one batch, or 64 KiB, beyond it.
  CAPTURE(bench.peer.bytes_sent);
  CHECK(bench.peer.bytes_sent <= kMemory + kPartitions * 65536);
  if (ordering == Ordering::consumer) CHECK(bench.peer.bytes_sent <= kMemory + 65536);
  CHECK(book.kept.size() == (ordering == Ordering::consumer ? 1 : kPartitions));
  // And everything comes.
  while (book.got.size() < 300 * kPartitions) {
    auto open = std::move(book.kept);
    book.kept.clear();
    const size_t before = book.got.size();
    for (MessageEnvelope& envelope : open) envelope.ack();
    if (!bench.client.until([&] { return book.got.size() > before; }, 5s)) break;
    bench.client.run(1ms);
  }
  book.check_dense(kPartitions, 0, 300);
  CHECK(book.events.empty());
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("one stuck or paused partition starves no other, not even with the least memory") {
  const bool pause = GENERATE(true, false);
  CAPTURE(pause);
  SimClient client(2, {.brokers = 3});
  fill(client, "t", 6, 200, 2000);
  Book book;
  Consumer consumer(*client.session, "g", {{"t", {0, 1, 2, 3, 4, 5}}},
                    {.fetch_memory = 65536, .ordering = pause ? Ordering::consumer : Ordering::partition});
  book.listen(consumer);
  consumer.consume(book.each([&](MessageEnvelope envelope) {
    if (envelope.partition() != 2) {
      envelope.ack();
    } else if (pause) {
      envelope.ack();
      CHECK_FALSE(consumer.pause({{"t", {2}}}));
    } else {
      book.kept.push_back(std::move(envelope));
    }
  }),
                   book.end());
  CHECK(client.until([&] { return book.got.size() == 5 * 200 + 1; }, 60s));
  CHECK(book.offsets(2).size() == 1);
  for (const int32_t p : {0, 1, 3, 4, 5}) CHECK(book.offsets(p) == range(0, 200));
  if (pause) CHECK_FALSE(consumer.resume({{"t", {2}}}));
  for (MessageEnvelope& envelope : book.kept) envelope.cancel();
  client.run(1s);
  close(client, consumer);
  client.close();
}

TEST_CASE("partitions of one leader share it fairly when memory is short") {
  Bench bench(4);
  for (int32_t p = 0; p < 4; ++p) {
    for (int i = 0; i < 100; ++i) bench.peer.add(p, 1, 60'000);
  }
  Book book;
  Fetcher fetcher = bench.fetcher(4, {.fetch_memory = 65536});
  fetcher.fetch(book.ack(), book.end());
  CHECK(bench.client.until([&] { return book.got.size() >= 100; }, 30s));
  for (int32_t p = 0; p < 4; ++p) CHECK(book.offsets(p).size() >= 15);
  CHECK(bench.client.until([&] { return book.got.size() == 400; }, 30s));
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("partitions at their end do not hold up one that has more") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 1, 3000, 1000);
  fill(client, "u", 3, 1);
  Book book;
  Fetcher fetcher(*client.session, {{"t", 0, 0}, {"u", 0, 0}, {"u", 1, 0}, {"u", 2, 0}},
                  {.max_partition_fetch_bytes = 65536});
  fetcher.fetch(book.ack(), book.end());
  CHECK(client.until([&] { return book.got.size() == 3003; }, 2s));  // 46 fetches; a long poll takes 500 ms
  close(client, fetcher);
  client.close();
}

TEST_CASE("a broker that answers empty at once does not make a hot loop") {
  Bench bench(2);
  bench.peer.waits = false;
  Book book;
  Fetcher fetcher = bench.fetcher(2);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(1s);
  bench.peer.asked.clear();
  const uint64_t before = bench.client.world.events();
  bench.client.run(10s);
  CHECK(bench.peer.asked.size() <= 1000);
  CHECK(bench.client.world.events() - before < 20'000);
  bench.peer.add(1, 1);
  CHECK(bench.client.until([&] { return book.got.size() == 1; }, 100ms));
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("D1: a leader that keeps naming itself as the new one does not make a hot loop") {
  Bench bench(1);
  bench.peer.add(0, 5);
  int32_t epoch = 1;
  bool confused = true;
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (!confused) return;
    auto& partition = response.responses.front().partitions.front();
    partition.error_code = static_cast<int16_t>(Errc::not_leader_or_follower);
    partition.current_leader = {1, ++epoch};
    partition.records = {};
  };
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(10s);
  CHECK(bench.peer.asked.size() < 40);
  CHECK(book.events.empty());
  confused = false;
  CHECK(bench.client.until([&] { return book.got.size() == 5; }, 2s));
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("an idle consumer does nothing but long polls") {
  SimClient client(4, {.brokers = 3});
  fill(client, "t", 3, 1);
  Book book;
  Consumer consumer(*client.session, "g", {{"t", {0, 1, 2}}});
  consumer.consume(book.commit(), book.end());
  client.run(5s);
  const auto count = [&](ApiKey api) { return client.brokers->cluster().requests(api, 0); };
  const int64_t fetches = count(ApiKey::fetch);
  const int64_t others = count(ApiKey::metadata) + count(ApiKey::list_offsets) + count(ApiKey::offset_commit);
  client.run(60s);
  CHECK(count(ApiKey::fetch) - fetches <= 3 * 121);
  CHECK(count(ApiKey::metadata) + count(ApiKey::list_offsets) + count(ApiKey::offset_commit) == others);
  close(client, consumer);
  client.close();
}

TEST_CASE("a paused or full consumer asks nothing") {
  Bench bench(1);
  for (int i = 0; i < 300; ++i) bench.peer.add(0, 10, 1000);
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  fetcher.fetch(book.keep(), book.end());
  bench.client.run(5s);
  const size_t asked = bench.peer.asked.size();
  const uint64_t before = bench.client.world.events();
  bench.client.run(60s);
  CHECK(bench.peer.asked.size() == asked);
  CHECK(bench.client.world.events() - before < 20);
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("Consumers of one session do not wait for each other's long polls") {
  SimClient client(3, {.brokers = 1});
  fill(client, "t", 3, 1);
  const ConsumerOptions options{.fetch_max_wait = 500ms};
  Book book;
  std::vector<Fetcher> fetchers;
  for (int32_t p = 0; p < 3; ++p) {
    fetchers.emplace_back(*client.session, std::vector<TopicOffset>{{"t", p, 0}}, options);
    fetchers.back().fetch(book.ack(), book.end());
  }
  REQUIRE(client.until([&] { return book.got.size() == 3; }));
  for (int i = 0; i < 20; ++i) {
    client.run(std::chrono::milliseconds(37 * i));  // wherever their polls may be
    for (int32_t p = 0; p < 3; ++p) {
      const net::TimePoint before = client.reactor.now();
      const size_t count = book.got.size();
      REQUIRE_FALSE(client.brokers->cluster().append("t", p, {.value = text(p, i + 1)}) < 0);
      REQUIRE(client.until([&] { return book.got.size() > count; }));
      CHECK(client.reactor.now() - before < 50ms);
    }
  }
  // Each takes its connection along.
  const size_t open = client.world.open_streams(SimClient::kHost);
  close(client, fetchers[1]);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 1);
  fetchers.pop_back();  // without close()
  client.run(1ms);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 2);
  close(client, fetchers[0]);
  CHECK(client.world.open_streams(SimClient::kHost) == open - 3);
  CHECK(book.ends.size() == 2);
  client.close();
}

TEST_CASE("D15: one fetch session per broker is reused; evicted or at another epoch, one full fetch makes it again") {
  SimClient client(5, {.brokers = 1});
  devbroker::Cluster& cluster = client.brokers->cluster();
  constexpr int32_t kPartitions = 40;
  fill(client, "t", kPartitions, 3);
  std::vector<TopicOffset> places;
  for (int32_t p = 0; p < kPartitions; ++p) places.push_back({"t", p, 0});
  Book book;
  Fetcher fetcher(*client.session, places);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  REQUIRE(client.until([&] { return book.partition_ends.size() == kPartitions; }));
  CHECK(cluster.fetch_session_count(1) == 1);
  int64_t filled = 3;
  const auto more = [&] {
    fill(client, "t", kPartitions, 1);
    ++filled;
    REQUIRE(client.until([&] { return book.got.size() == static_cast<size_t>(filled * kPartitions); }, 5s));
    client.run(2s);
  };
  more();
  CHECK(book.partition_ends.size() == 2 * kPartitions);  // the end is told though the answers without news are empty
  for (int i = 0; i < 3; ++i) {
    cluster.evict_fetch_sessions(1);
    more();
    for (const Errc code :
         {Errc::invalid_fetch_session_epoch, Errc::fetch_session_topic_id_error, Errc::fetch_session_id_not_found}) {
      cluster.faults().add(ApiKey::fetch).times(2).reply(code);
      more();
    }
    client.brokers->kill(1);
    client.run(1s);
    client.brokers->restart(1);
    client.run(3s);
    more();
  }
  book.check_dense(kPartitions, 0, filled);
  CHECK(cluster.fetch_session_count(1) == 1);
  CHECK(book.events.empty());
  // A place that was set: the session knows its end, which does not change.
  const size_t ends = book.partition_ends.size();
  REQUIRE_FALSE(fetcher.seek({"t", 7, filled - 1}));
  REQUIRE(client.until([&] { return book.partition_ends.size() == ends + 1; }));
  CHECK(book.offsets(7).back() == filled - 1);
  close(client, fetcher);
  client.close();
}

TEST_CASE("D15: an unknown error of the whole answer is backed off from") {
  Bench bench(1);
  bench.peer.add(0, 10);
  bool broken = true;
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) {
    if (!broken) return;
    response.responses.clear();
    response.error_code = 999;
  };
  Book book;
  Fetcher fetcher = bench.fetcher(1);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(10s);
  CHECK(bench.peer.asked.size() < 20);
  CHECK(bench.peer.asked.size() > 5);
  broken = false;
  REQUIRE(bench.client.until([&] { return book.got.size() == 10; }, 5s));
  CHECK(book.events.empty());
  close(bench.client, fetcher);
  bench.client.close();
}

TEST_CASE("D15: in a session a request names only what changed, and forgets what is not wanted") {
  Bench bench(3);
  for (int32_t p = 0; p < 3; ++p) bench.peer.add(p, 10);
  bench.peer.twist = [&](const protocol::FetchRequest&, protocol::FetchResponse& response) { response.session_id = 7; };
  Book book;
  Fetcher fetcher = bench.fetcher(3);
  book.listen(fetcher);
  fetcher.fetch(book.ack(), book.end());
  bench.client.run(3s);
  CHECK(book.got.size() == 30);
  const auto& asked = bench.peer.asked;
  REQUIRE(asked.size() > 4);
  CHECK(asked[0].session_id == 0);
  CHECK(asked[0].session_epoch == 0);
  REQUIRE(asked[0].topics.size() == 1);
  CHECK(asked[0].topics[0].partitions.size() == 3);
  CHECK(asked[1].topics.at(0).partitions.size() == 3);  // new offsets
  for (size_t i = 1; i < asked.size(); ++i) {
    CHECK(asked[i].session_id == 7);
    CHECK(asked[i].session_epoch == static_cast<int32_t>(i));
    if (i > 1) CHECK(asked[i].topics.empty());
  }
  CHECK(book.partition_ends.size() == 3);
  const size_t before = asked.size();
  REQUIRE_FALSE(fetcher.pause({{"t", {1}}}));
  bench.client.run(1s);
  REQUIRE(asked.size() > before);
  REQUIRE(asked[before].forgotten_topics_data.size() == 1);
  CHECK(asked[before].forgotten_topics_data[0].partitions == std::vector<int32_t>{1});
  REQUIRE_FALSE(fetcher.resume({{"t", {1}}}));
  bench.client.run(2s);
  CHECK(asked.back().topics.empty());
  close(bench.client, fetcher);
  bench.client.close();
}
