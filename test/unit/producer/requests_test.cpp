// Requests under way, counted by broker.
#include "producer/requests.hpp"

#include "catch.hpp"

using namespace kafka;
using namespace kafka::producer;

namespace {

std::unique_ptr<Batch> batch_at(uint64_t first_record) {
  auto batch = std::make_unique<Batch>(0, Compression::none, net::TimePoint(), 1024);
  batch->first_record = first_record;
  return batch;
}

std::shared_ptr<Request> request_to(int32_t node, Partition& partition, uint64_t first_record) {
  auto request = std::make_shared<Request>();
  request->node = node;
  request->batches.push_back({&partition, batch_at(first_record)});
  return request;
}

}  // namespace

TEST_CASE("requests are counted by broker until they are answered") {
  Requests requests;
  Partition partition;
  const auto one = request_to(1, partition, 0);
  const auto two = request_to(1, partition, 5);
  requests.add(one);
  requests.add(two);
  requests.add(request_to(2, partition, 9));
  CHECK(requests.size() == 3);
  CHECK(requests.to(1) == 2);
  CHECK(requests.to(2) == 1);
  CHECK(requests.to(3) == 0);
  requests.remove(one);
  CHECK(requests.to(1) == 1);
  requests.remove(two);
  CHECK(requests.to(1) == 0);
  CHECK(requests.size() == 1);
}

TEST_CASE("an older batch under way is found by its partition and its first record") {
  Requests requests;
  Partition partition;
  Partition other;
  requests.add(request_to(1, partition, 5));
  requests.add(request_to(1, other, 0));
  OlderBatches older(requests);
  CHECK(older.has(partition, *batch_at(6)));
  CHECK_FALSE(older.has(partition, *batch_at(5)));
  CHECK_FALSE(older.has(other, *batch_at(0)));
  requests.add(request_to(2, partition, 3));
  older.forget();
  CHECK(older.has(partition, *batch_at(5)));
  CHECK_FALSE(older.has(partition, *batch_at(3)));
}

TEST_CASE("a leader may have stored a batch that was written, or that an earlier leader may have stored") {
  Partition partition;
  const auto request = request_to(1, partition, 0);
  SentBatch& sent = request->batches[0];
  CHECK_FALSE(request->may_have_stored(sent));
  request->written = true;
  CHECK(request->may_have_stored(sent));
  sent.unfit = Error(Errc::unsupported_version);  // left out of the message
  CHECK_FALSE(request->may_have_stored(sent));
  sent.batch->unknown_fate = true;
  CHECK(request->may_have_stored(sent));
}

TEST_CASE("cleared requests let go of their batches, although their calls still share them") {
  Requests requests;
  Partition partition;
  const auto request = request_to(1, partition, 0);
  auto flush = std::make_shared<int>(0);
  const std::weak_ptr<int> under_way = flush;
  requests.add(request);
  requests.attach(flush);
  flush.reset();
  CHECK_FALSE(under_way.expired());
  requests.clear();
  CHECK(under_way.expired());
  CHECK(requests.size() == 0);
  CHECK(request->batches.empty());
}
