// What decoding may cost, for every array of every message: frames full of its smallest elements, and honest answers
// that name 100,000 of everything. Memory and steps are counted at the allocator.
// Not here: what becomes of the answers afterwards.
#include <malloc.h>

#include <cstdlib>
#include <new>
#include <string>

#include "base/sanitizer.hpp"
#include "catch.hpp"
#include "codec/decode_budget.hpp"
#include "codec/traits.hpp"
#include "protocol/api_table.hpp"
#include "protocol/apis.hpp"
#include "protocol/message.hpp"

using namespace kafka;
using namespace kafka::protocol;

namespace {

// Of the whole program.
size_t allocations = 0;
size_t heap = 0;
size_t peak = 0;

void* allocate(size_t size) noexcept {
  void* const memory = std::malloc(size);
  if (memory == nullptr) return nullptr;
  ++allocations;
  heap += malloc_usable_size(memory);
  peak = std::max(peak, heap);
  return memory;
}
void release(void* memory) noexcept {
  if (memory != nullptr) heap -= malloc_usable_size(memory);
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete(void* memory, size_t) noexcept { release(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { release(memory); }

namespace {

// With the address sanitizer everything takes ten times as long; there it is about memory that is used wrongly.
constexpr size_t kSmaller = UVKAFKA_ADDRESS_SANITIZER ? 10 : 1;
constexpr size_t kWholeFrame = size_t{6} << 20;
constexpr size_t kFrame = kWholeFrame / kSmaller;

/// Gives every array of a message one element, except the one that is chosen, which gets `count`.
class Widen {
 public:
  Widen(int version, size_t chosen, size_t count) : version_(version), chosen_(chosen), count_(count) {}

  template <class T>
  void operator()(T& field, const char*, const codec::Field& how) {
    if (how.has(version_) && !how.tagged(version_)) value(field);
  }
  /// True if the message has an array with the chosen number.
  bool found() const { return found_; }

 private:
  template <class T>
  void value(T& field) {
    if constexpr (codec::is_optional<T>) {
      using Inner = typename T::value_type;
      if constexpr (codec::is_vector<Inner>) {
        if (!field) field.emplace();
        value(*field);
      }
    } else if constexpr (codec::is_vector<T>) {
      const bool this_one = next_++ == chosen_;
      found_ |= this_one;
      field.resize(this_one ? count_ : 1);
      if constexpr (codec::is_structure<typename T::value_type>) {
        if (!this_one) T::value_type::fields(*this, field[0]);
      }
    } else if constexpr (codec::is_structure<T>) {
      T::fields(*this, field);
    }
  }

  int version_;
  size_t chosen_;
  size_t count_;
  size_t next_ = 0;
  bool found_ = false;
};

template <class M>
std::string encoded(const M& message, int version) {
  codec::Writer writer;
  const Error error = encode(message, version, writer);
  INFO(error.message());
  REQUIRE_FALSE(error);
  std::string all;
  for (const Bytes& segment : writer.take()) all += segment.view();
  return all;
}

std::string count_bytes(size_t count, bool compact) {
  std::string bytes;
  if (!compact) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(count >> shift);
    return bytes;
  }
  for (++count; count >= 128; count >>= 7) bytes += static_cast<char>(count | 128);
  bytes += static_cast<char>(count);
  return bytes;
}

/// A frame of which nearly every byte belongs to elements of one array; empty if the message has no such array.
template <class M>
std::string bloated(int version, bool compact, size_t chosen) {
  const auto with = [&](size_t count, bool& found) {
    M message{};
    Widen widen(version, chosen, count);
    M::fields(widen, message);
    found = widen.found();
    return encoded(message, version);
  };
  bool found = false;
  const std::string one = with(1, found);
  if (!found) return {};
  const std::string two = with(2, found);
  const size_t element = two.size() - one.size();
  size_t place = 0;  // of the last byte of the count
  while (one[place] == two[place]) ++place;
  const std::string sample = one.substr(place + 1, element);
  const size_t count = kFrame / element;
  std::string frame = one.substr(0, compact ? place : place - 3) + count_bytes(count, compact);
  frame.reserve(frame.size() + count * element + one.size());
  for (size_t i = 0; i < count; ++i) frame += sample;
  return frame + one.substr(place + 1 + element);
}

struct Cost {
  Error error;
  size_t peak = 0;
  size_t allocations = 0;
};

template <class M>
Cost cost_of(const std::string& bytes, int version) {
  codec::Reader reader{Bytes::copy(std::string_view(bytes))};
  Cost cost;
  const size_t before = heap;
  const size_t allocated = allocations;
  peak = heap;
  {
    M message{};
    cost.error = decode(reader, version, message);
  }
  cost.peak = peak - before;
  cost.allocations = allocations - allocated;
  return cost;
}

size_t allowed(size_t frame) { return std::max(size_t{64} << 20, 4 * frame); }

/// Returns how many arrays the message has.
template <class M>
size_t check_arrays(const ApiRow& api, int version) {
  size_t array = 0;
  for (;; ++array) {
    const std::string frame = bloated<M>(version, version >= api.flexible_from, array);
    if (frame.empty()) return array;
    INFO(name(api.key) << " v" << version << ", array " << array);
    const Cost cost = cost_of<M>(frame, version);
    CHECK(cost.peak < allowed(frame.size()));
    CHECK(cost.allocations < codec::DecodeBudget::kSteps);
    if (cost.error) CHECK(cost.error == Errc::protocol_error);
  }
}

template <class M>
void check_honest(const M& message, int version) {
  const std::string frame = encoded(message, version);
  const Cost cost = cost_of<M>(frame, version);
  INFO(cost.error.message());
  CHECK_FALSE(cost.error);
  CHECK(cost.peak < allowed(frame.size()));
}

constexpr size_t kMany = 100'000 / kSmaller;

/// `parts` of the first element of `topics`, and one part in each of many topics.
template <class M, class Topics, class Parts, class Each>
void check_both(int version, Topics topics, Parts parts, Each each) {
  M one{};
  topics(one).resize(1);
  parts(topics(one)[0]).resize(kMany);
  for (size_t i = 0; i < kMany; ++i) each(topics(one)[0], parts(topics(one)[0])[i], i);
  check_honest(one, version);
  M many{};
  topics(many).resize(kMany);
  for (size_t i = 0; i < kMany; ++i) {
    parts(topics(many)[i]).resize(1);
    each(topics(many)[i], parts(topics(many)[i])[0], i);
  }
  check_honest(many, version);
}

std::string long_name(size_t i) { return "a.topic.with.a.name.of.usual.length." + std::to_string(i); }

}  // namespace

TEST_CASE("A18: a frame full of the smallest elements of any array takes little memory, or is refused") {
  size_t arrays = 0;
  const auto check = [&]<class Request, class Response>(const ApiRow& api, const Request&, const Response&) {
    for (int version = api.versions.min; version <= api.versions.max; ++version) {
      const bool turning = version == api.flexible_from || version == api.flexible_from - 1;
      if (!turning && version != api.versions.min && version != api.versions.max) continue;
      arrays += check_arrays<Request>(api, version) + check_arrays<Response>(api, version);
    }
  };
#define UVKAFKA_CHECK(Name) check(Api<Name##Request>::kRow, Name##Request{}, Name##Response{});
  UVKAFKA_EACH_API(UVKAFKA_CHECK)
#undef UVKAFKA_CHECK
  CHECK(arrays > 100);
}

TEST_CASE("A18: a count is refused if the bytes left cannot hold the smallest elements") {
  MetadataResponse message;
  message.topics.resize(1);
  for (int version = 0; version <= Api<MetadataRequest>::kRow.versions.max; ++version) {
    std::string frame = bloated<MetadataResponse>(version, version >= Api<MetadataRequest>::kRow.flexible_from, 1);
    REQUIRE_FALSE(frame.empty());
    frame.resize(frame.size() / 2);  // as many are announced, half of them are there
    const Cost cost = cost_of<MetadataResponse>(frame, version);
    CHECK(cost.error == Errc::protocol_error);
    CHECK(cost.peak < 4096);
  }
}

TEST_CASE("A18: a message full of tagged fields is refused") {
  std::string frame = encoded(ProduceResponse{}, 9);
  frame.pop_back();
  const size_t tags = kWholeFrame / 2;
  frame += count_bytes(tags - 1, true);
  for (size_t i = 0; i < tags; ++i) frame += std::string("\x7f\0", 2);
  const Cost cost = cost_of<ProduceResponse>(frame, 9);
  CHECK(cost.error == Errc::protocol_error);
  CHECK_THAT(cost.error.message(), Catch::Matchers::Contains("more entries than one message may have"));
}

TEST_CASE("A18: honest answers that name 100,000 partitions, or topics, are decoded") {
  check_both<MetadataResponse>(
      12, [](auto& m) -> auto& { return m.topics; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto& partition, size_t i) {
        topic.name = long_name(i);
        partition.replica_nodes = {1, 2, 3};
        partition.isr_nodes = {1, 2, 3};
      });
  check_both<ProduceResponse>(
      9, [](auto& m) -> auto& { return m.responses; }, [](auto& t) -> auto& { return t.partition_responses; },
      [](auto& topic, auto&, size_t i) { topic.name = long_name(i); });
  check_both<FetchResponse>(
      12, [](auto& m) -> auto& { return m.responses; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto&, size_t i) { topic.topic = long_name(i); });
  check_both<ListOffsetsResponse>(
      7, [](auto& m) -> auto& { return m.topics; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto&, size_t i) { topic.name = long_name(i); });
  check_both<OffsetCommitResponse>(
      8, [](auto& m) -> auto& { return m.topics; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto&, size_t i) { topic.name = long_name(i); });
  check_both<OffsetFetchResponse>(
      7, [](auto& m) -> auto& { return m.topics; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto& partition, size_t i) {
        topic.name = long_name(i);
        partition.metadata = "";
      });
  check_both<OffsetForLeaderEpochResponse>(
      4, [](auto& m) -> auto& { return m.topics; }, [](auto& t) -> auto& { return t.partitions; },
      [](auto& topic, auto&, size_t i) { topic.topic = long_name(i); });
}
