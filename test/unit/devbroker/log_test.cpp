// The log of a partition: what it refuses, what it returns, offsets by time, the old formats.
#include "devbroker/log.hpp"

#include "catch.hpp"

#include <string>
#include <vector>

#include "devbroker/group_store.hpp"
#include "records/builder.hpp"
#include "records/iterator.hpp"
#include "records/message_set.hpp"

using namespace kafka;
using namespace kafka::devbroker;

namespace {

Bytes batch_of(const std::vector<std::string>& values, int64_t first_time = 1000,
               Compression codec = Compression::none) {
  records::BatchBuilder builder(256);
  for (const std::string& value : values) REQUIRE(builder.append(first_time++, "k", value) == Errc::none);
  Bytes sealed;
  REQUIRE(!builder.seal({.codec = codec}, sealed));
  return sealed;
}

Bytes damaged(const Bytes& batch, size_t at) {
  Bytes copy = Bytes::copy(batch.view());
  const_cast<char*>(copy.data())[at] ^= 1;
  return copy;
}

std::vector<std::pair<int64_t, std::string>> records_in(const Bytes& field, int64_t* last_partial = nullptr) {
  std::vector<std::pair<int64_t, std::string>> found;
  records::BatchIterator batches(field);
  while (batches.next()) {
    records::RecordReader reader;
    REQUIRE(!batches.open(reader));
    records::RecordView record;
    while (reader.next(record)) found.emplace_back(record.offset, std::string(record.value));
    REQUIRE(!reader.error());
  }
  REQUIRE(!batches.error());
  if (last_partial != nullptr) *last_partial = batches.partial() ? 1 : 0;
  return found;
}

}  // namespace

TEST_CASE("an appended batch gets the next offsets and is read back with a good checksum") {
  PartitionLog log;
  Appended first = log.append(batch_of({"a", "b"}), {.leader_epoch = 3});
  REQUIRE(first.error == Errc::none);
  CHECK(first.base_offset == 0);
  CHECK(first.last_offset == 1);
  REQUIRE(log.append(batch_of({"c"}, 2000, Compression::gzip), {.leader_epoch = 4}).base_offset == 2);
  CHECK(log.end_offset() == 3);
  LogRead read;
  REQUIRE(log.read(0, 1 << 20, true, true, 2, read) == Errc::none);
  CHECK(records_in(read.records) == std::vector<std::pair<int64_t, std::string>>{{0, "a"}, {1, "b"}, {2, "c"}});
  records::BatchIterator batches(read.records);
  REQUIRE(batches.next());
  CHECK(batches.batch().leader_epoch == 3);
  REQUIRE(batches.next());
  CHECK(batches.batch().leader_epoch == 4);
  CHECK(log.epoch_at(2) == 4);
}

TEST_CASE("reading begins with the batch that holds the offset") {
  PartitionLog log;
  log.append(batch_of({"a", "b"}), {});
  log.append(batch_of({"c", "d"}), {});
  LogRead read;
  REQUIRE(log.read(3, 1 << 20, true, false, 2, read) == Errc::none);
  CHECK(records_in(read.records).front().first == 2);
  LogRead end;
  REQUIRE(log.read(4, 1 << 20, true, false, 2, end) == Errc::none);
  CHECK(end.records.empty());
  CHECK(log.bytes_from(4) == 0);
  CHECK(log.bytes_from(0) == log.size());
}

TEST_CASE("a limit ends a read after a whole batch, or in the middle of one if asked to") {
  PartitionLog log;
  for (int i = 0; i < 4; ++i) log.append(batch_of({std::string(50, 'x')}), {});
  const size_t one = log.size() / 4;
  LogRead whole;
  REQUIRE(log.read(0, 2 * one + 10, true, false, 2, whole) == Errc::none);
  CHECK(whole.records.size() == 2 * one);
  LogRead cut;
  REQUIRE(log.read(0, 2 * one + 10, true, true, 2, cut) == Errc::none);
  CHECK(cut.records.size() == 2 * one + 10);
  int64_t partial = 0;
  CHECK(records_in(cut.records, &partial).size() == 2);
  CHECK(partial == 1);
  LogRead small;
  REQUIRE(log.read(0, 10, true, true, 2, small) == Errc::none);
  CHECK(small.records.size() == one);
  CHECK_FALSE(small.first_incomplete);
  LogRead hard;
  REQUIRE(log.read(0, 10, false, true, 2, hard) == Errc::none);
  CHECK(hard.records.size() == 10);
  CHECK(hard.first_incomplete);
}

TEST_CASE("batches whose header is wrong are refused and leave the log as it was") {
  PartitionLog log;
  const Bytes good = batch_of({"a", "b"});
  CHECK(log.append(damaged(good, good.size() - 1), {}).error == Errc::corrupt_message);
  CHECK(log.append(damaged(good, records::kCrcAt), {}).error == Errc::corrupt_message);
  CHECK(log.append(damaged(good, records::kEntrySizeAt), {}).error == Errc::corrupt_message);
  CHECK(log.append(good.slice(0, good.size() - 1), {}).error == Errc::corrupt_message);
  CHECK(log.append(good.slice(0, 20), {}).error == Errc::corrupt_message);
  CHECK(log.append(good.slice(0, 5), {}).error == Errc::invalid_record);
  CHECK(log.append(Bytes(), {}).error == Errc::invalid_record);
  CHECK(log.append(damaged(good, 7), {}).error == Errc::invalid_record);
  CHECK(log.append(good, {.max_message_bytes = good.size() - 1}).error == Errc::message_too_large);
  Buffer two;
  two.append(good.view());
  two.append(good.view());
  CHECK(log.append(two.take(), {}).error == Errc::invalid_record);
  CHECK(log.end_offset() == 0);
  CHECK(log.append(Bytes::copy(good.view()), {.max_message_bytes = good.size()}).error == Errc::none);
}

TEST_CASE("message sets become batches when they are stored, and message sets again when they are fetched") {
  for (int8_t magic : {int8_t{0}, int8_t{1}}) {
    for (Compression codec : {Compression::none, Compression::gzip}) {
      PartitionLog log;
      log.append(batch_of({"before"}), {});
      Bytes set;
      REQUIRE(!records::to_message_set(batch_of({"a", "b"}), magic, codec, -1, set));
      CHECK(log.append(set, {.produce_version = 3}).error == Errc::invalid_record);
      Appended done = log.append(set, {.produce_version = 1});
      REQUIRE(done.error == Errc::none);
      CHECK(done.base_offset == 1);
      CHECK(done.last_offset == 2);
      LogRead read;
      REQUIRE(log.read(1, 1 << 20, true, true, 2, read) == Errc::none);
      CHECK(records_in(read.records) == std::vector<std::pair<int64_t, std::string>>{{1, "a"}, {2, "b"}});
      LogRead old;
      REQUIRE(log.read(0, 1 << 20, true, true, magic, old) == Errc::none);
      CHECK(old.records.data()[records::kMagicAt] == magic);
      CHECK(records_in(old.records) == std::vector<std::pair<int64_t, std::string>>{{0, "before"}, {1, "a"}, {2, "b"}});
      Bytes bad = damaged(set, set.size() - 1);
      CHECK(log.append(bad, {.produce_version = 1}).error == Errc::corrupt_message);
    }
  }
}

TEST_CASE("records lose their headers when they are converted for old fetch versions") {
  PartitionLog log;
  records::BatchBuilder builder(256);
  const Header header{"h", "v"};
  builder.append(5, "k", "a", {&header, 1});
  Bytes sealed;
  REQUIRE(!builder.seal({}, sealed));
  log.append(batch_of({"first"}), {});
  log.append(sealed, {});
  LogRead old;
  REQUIRE(log.read(0, 1 << 20, true, true, 0, old) == Errc::none);
  CHECK(records_in(old.records) == std::vector<std::pair<int64_t, std::string>>{{0, "first"}, {1, "a"}});
}

TEST_CASE("offsets by time: the first record that is old enough, none if all are older") {
  PartitionLog log;
  log.append(batch_of({"a", "b", "c"}, 1000), {.leader_epoch = 1});
  log.append(batch_of({"d", "e"}, 2000, Compression::gzip), {.leader_epoch = 2});
  CHECK(log.find_time(0).offset == 0);
  CHECK(log.find_time(1001).offset == 1);
  CHECK(log.find_time(1003).offset == 3);
  CHECK(log.find_time(2001).offset == 4);
  CHECK(log.find_time(2001).timestamp == 2001);
  CHECK(log.find_time(2001).leader_epoch == 2);
  CHECK(log.find_time(2002).offset == -1);
  CHECK(log.find_max_time().offset == 4);
  CHECK(PartitionLog().find_max_time().offset == -1);
}

TEST_CASE("deleted records cannot be read; the offsets of lost records are used again") {
  PartitionLog log;
  for (int i = 0; i < 3; ++i) log.append(batch_of({"a", "b"}), {});
  CHECK(log.truncate_before(7) == Errc::offset_out_of_range);
  REQUIRE(log.truncate_before(3) == Errc::none);
  CHECK(log.start_offset() == 3);
  CHECK(records_in(log.all()).size() == 4);
  CHECK(log.find_time(0).offset == 3);
  REQUIRE(log.truncate_before(-1) == Errc::none);
  CHECK(log.start_offset() == 6);
  CHECK(log.size() == 0);
  log.append(batch_of({"c", "d"}), {});
  CHECK(log.end_offset() == 8);
  log.truncate_to(7);
  CHECK(log.end_offset() == 6);
  CHECK(log.append(batch_of({"e"}), {}).base_offset == 6);
}

TEST_CASE("a group keeps the newest offset of each partition") {
  GroupStore store;
  CHECK(store.find("g", {"t", 0}) == nullptr);
  store.commit("g", {"t", 0}, {5, "m", 1});
  store.commit("g", {"t", 0}, {7, "n", 1});
  store.commit("g", {"u", 1}, {1, "", -1});
  REQUIRE(store.find("g", {"t", 0}) != nullptr);
  CHECK(store.find("g", {"t", 0})->offset == 7);
  CHECK(store.find("g", {"t", 0})->metadata == "n");
  CHECK(store.offsets("g")->size() == 2);
  CHECK(store.offsets("other") == nullptr);
  store.forget_topic("t");
  CHECK(store.find("g", {"t", 0}) == nullptr);
  store.erase("g");
  CHECK(store.offsets("g") == nullptr);
}
