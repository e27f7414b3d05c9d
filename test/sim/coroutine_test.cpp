// Coroutines: operations that are awaited, in promise types of this library and of others, and what becomes of them
// when objects or frames are destroyed.
#include <kafka/coroutine.hpp>

#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "consumer_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using namespace std::chrono_literals;

namespace {

/// A coroutine type of somebody else: nobody owns it, it takes awaitables by value, and its handle can be had.
struct Foreign {
  struct promise_type {
    Foreign get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
    template <class Awaitable>
    auto await_transform(Awaitable awaitable) {
      return awaitable;
    }
  };
  std::coroutine_handle<promise_type> handle;
};

struct Client : SimClient {
  explicit Client(int64_t messages = 0) : SimClient(1, {.brokers = 3}) {
    fill(*this, "t", 1, messages);
    REQUIRE_FALSE(brokers->cluster().topics().create("copies", 1));
    producer.emplace(*session);
    consumer.emplace(*session, "g", kOne);
  }
  ~Client() { forget(); }
  void forget() {
    consumer.reset();
    producer.reset();
  }
  std::vector<std::string> copies() {
    std::vector<std::string> found;
    for (const OwnedMessage& each : brokers->cluster().contents().read("copies", 0)) found.push_back(*each.value);
    return found;
  }
  std::optional<Producer> producer;
  std::optional<Consumer> consumer;
};

const Record kRecord{.topic = "copies", .partition = 0, .value = "v"};

/// Awaits whatever it is given and notes the result.
template <class Awaitable, class Result>
co::Task await(Awaitable operation, std::vector<Result>& results) {
  results.push_back(co_await std::move(operation));
}

co::Task copy_all(Client& client, int64_t count, Error& ended) {
  co::Messages in(*client.consumer, count);
  while (auto envelope = co_await in.next()) {
    const Record copy{.topic = "copies", .partition = 0, .value = envelope->value()};
    const DeliveryReport report = co_await co::send(*client.producer, copy);
    CHECK_FALSE(report.error);
    const Error error = co_await co::commit(*envelope, "copied");
    CHECK_FALSE(error);
  }
  ended = in.error();
}

}  // namespace

TEST_CASE("a coroutine copies messages, and commits each when its copy is in the log") {
  Client client(5);
  Error ended(Errc::stalled);
  const co::Task task = copy_all(client, 5, ended);
  CHECK_FALSE(task.done());
  CHECK(client.until([&] { return task.done(); }));
  CHECK_FALSE(ended);
  CHECK(client.copies() == std::vector<std::string>{"0:0", "0:1", "0:2", "0:3", "0:4"});
  CHECK(committed(client, "g", "t", 0) == 5);
  client.close();
}

TEST_CASE("operations work in a promise type of somebody else") {
  Client client(1);
  std::vector<std::string> said;
  const auto run = [&]() -> Foreign {
    const DeliveryReport report = co_await co::send(*client.producer, kRecord);
    said.push_back("sent " + std::to_string(report.offset));
    {
      co::Messages in(*client.consumer, 1);
      auto envelope = co_await in.next();
      said.push_back("got " + std::string(envelope->value()));
      said.push_back("committed " + (co_await co::commit(*envelope)).name());
      said.push_back((co_await in.next()) ? "more" : "the end");
    }
    said.push_back("flushed " + (co_await co::flush(*client.producer)).name());
    said.push_back("closed " + (co_await co::close(*client.session)).name());
  };
  run();
  CHECK(client.until([&] { return said.size() == 6; }));
  CHECK(said ==
        std::vector<std::string>{"sent 0", "got 0:0", "committed none", "the end", "flushed none", "closed none"});
}

TEST_CASE("what is refused has its result at once, and nothing waits") {
  Client client(1);
  std::vector<DeliveryReport> reports;
  const co::Task sent = await(co::send(*client.producer, {.topic = "no topic/name"}), reports);
  CHECK(sent.done());
  CHECK(reports.at(0).error == Errc::invalid_topic);
  CHECK(reports.at(0).persistence == Persistence::no);

  std::vector<Error> errors;
  const co::Task room = await(co::room(*client.producer, 1 << 30), errors);
  CHECK(room.done());
  CHECK(errors.at(0) == Errc::message_too_large);

  const auto twice = [&]() -> co::Task {
    co::Messages in(*client.consumer);
    auto envelope = co_await in.next();
    errors.push_back(co_await co::commit(*envelope));
    errors.push_back(co_await co::commit(*envelope));
  };
  const co::Task task = twice();
  CHECK(client.until([&] { return task.done(); }));
  CHECK(errors.at(1) == Errc::none);
  CHECK(errors.at(2) == Errc::already_answered);
}

TEST_CASE("operations begin with the call: many are under way, and results may come before they are awaited") {
  Client client;
  std::vector<co::Operation<DeliveryReport>> all;
  for (int i = 0; i < 5; ++i) {
    all.push_back(co::send(*client.producer, {.topic = "copies", .partition = 0, .value = std::to_string(i)}));
  }
  co::Operation<Error> flush = co::flush(*client.producer);
  client.run(10s);
  CHECK(client.copies().size() == 5);
  std::vector<DeliveryReport> reports;
  for (auto& each : all) CHECK(await(std::move(each), reports).done());
  for (size_t i = 0; i < reports.size(); ++i) CHECK(reports[i].offset == static_cast<int64_t>(i));
  CHECK(reports.size() == 5);
  std::vector<Error> errors;
  CHECK(await(std::move(flush), errors).done());
  CHECK_FALSE(errors.at(0));
}

TEST_CASE("an operation that nobody awaits, or whose frame is destroyed, goes on and resumes nobody") {
  Client client(1);
  std::vector<DeliveryReport> reports;
  { const auto dropped = co::send(*client.producer, kRecord); }
  { const co::Task destroyed = await(co::send(*client.producer, kRecord), reports); }
  Foreign foreign = [&]() -> Foreign { reports.push_back(co_await co::send(*client.producer, kRecord)); }();
  foreign.handle.destroy();
  client.run(10s);
  CHECK(client.copies().size() == 3);
  CHECK(reports.empty());

  // A commit of a frame that is gone is stored, and its envelope may go with the frame.
  {
    co::Messages in(*client.consumer);
    bool committing = false;
    const auto commit = [&]() -> co::Task {
      auto envelope = co_await in.next();
      committing = true;
      co_await co::commit(*envelope);
      FAIL("resumed");
    };
    const co::Task task = commit();
    CHECK(client.until([&] { return committing; }));
  }
  client.run(10s);
  CHECK(committed(client, "g", "t", 0) == 1);
}

TEST_CASE("produce, room and stop are awaited like the others") {
  Client client(1);
  std::vector<ProduceResult> results;
  std::vector<Error> errors;
  const co::Task produced = await(
      co::produce(*client.producer, {{.topic = "copies", .partition = 0, .messages = {{.value = "a"}, {}}}}), results);
  const co::Task room = await(co::room(*client.producer, 100), errors);
  const co::Task stopped = await(co::stop(*client.consumer), errors);
  const co::Task closed = await(co::close(*client.consumer, Leaving::leave), errors);
  const co::Task soon = await(co::close(*client.producer, 5s), errors);
  CHECK(client.until([&] { return produced.done() && errors.size() == 4; }));
  CHECK_FALSE(results.at(0).has_errors());
  CHECK(results.at(0).offsets["copies"][0] == 0);
  for (const Error& each : errors) CHECK_FALSE(each);
}

TEST_CASE(
    "when an object is destroyed, who waits for it is resumed once with `cancelled` before the destructor returns") {
  enum class Gone { object, session };
  const Gone gone = GENERATE(Gone::object, Gone::session);
  Client client(2);
  std::vector<Error> errors;
  std::vector<DeliveryReport> reports;
  std::vector<ProduceResult> results;
  const co::Task sent = await(co::send(*client.producer, kRecord), reports);
  const co::Task produced =
      await(co::produce(*client.producer, {{.topic = "copies", .partition = 0, .messages = {{}}}}), results);
  const co::Task flushed = await(co::flush(*client.producer), errors);
  const co::Task producer_closed = await(co::close(*client.producer), errors);
  co::Messages in(*client.consumer);
  std::optional<MessageEnvelope> got;
  const auto take = [&]() -> co::Task {
    got = co_await in.next();
    errors.push_back(co_await co::commit(*got));
  };
  const co::Task committed = take();
  client.brokers->cluster().faults().add(ApiKey::offset_commit).swallow();
  client.brokers->cluster().faults().add(ApiKey::produce).swallow();
  bool ended = false;
  const auto wait = [&]() -> co::Task {
    while (co_await in.next()) FAIL("an envelope after the end");
    ended = true;
    CHECK(in.error() == Errc::cancelled);
  };
  CHECK(client.until([&] { return got && got->answered(); }));
  const co::Task waited = wait();
  const co::Task stopped = await(co::stop(*client.consumer), errors);
  std::vector<co::Task> session_closed;
  if (gone == Gone::session) session_closed.push_back(await(co::close(*client.session), errors));
  CHECK(errors.empty());
  CHECK(reports.empty());

  if (gone == Gone::object) {
    client.forget();
  } else {
    client.session.reset();
  }
  CHECK(sent.done());
  CHECK(reports.at(0).error == Errc::cancelled);
  CHECK(reports.at(0).persistence == Persistence::maybe);
  CHECK(produced.done());
  CHECK(results.at(0).has_error(Errc::cancelled));
  CHECK(flushed.done());
  CHECK(producer_closed.done());
  CHECK(committed.done());
  CHECK(stopped.done());
  CHECK(ended);
  CHECK(errors.size() == (gone == Gone::object ? 4 : 5));
  for (const Error& each : errors) CHECK(each == Errc::cancelled);
  client.run(10s);
  CHECK(reports.size() == 1);
}

TEST_CASE("who waits hears of the destructor before it returns, also if the outcome waits in the queue already") {
  Client client(6);
  std::vector<Error> errors;
  const co::Task flushed = await(co::flush(*client.producer), errors);  // there was nothing to send
  const co::Task stopped = await(co::stop(*client.consumer), errors);
  client.forget();
  CHECK(flushed.done());
  CHECK(stopped.done());
  CHECK(errors.size() == 2);
  for (const Error& each : errors) CHECK(each == Errc::cancelled);
}

TEST_CASE("who waits hears of the destructor before it returns, also inside a callback that runs with others") {
  Client client(6);
  // Three reports are told in one piece of work, and the first one destroys the producer.
  std::vector<DeliveryReport> reports;
  const bool destroys_session = GENERATE(false, true);
  int done_then = -1;
  std::vector<co::Task> tasks;
  const auto destroy = [&](auto& what) {
    what.reset();
    done_then = 0;
    for (const co::Task& task : tasks) done_then += task.done() ? 1 : 0;
  };
  client.producer->send(kRecord, [&](const DeliveryReport&) {
    if (destroys_session) return destroy(client.session);
    destroy(client.producer);
  });
  for (int i = 0; i < 3; ++i) tasks.push_back(await(co::send(*client.producer, kRecord), reports));
  CHECK(client.until([&] { return done_then >= 0; }));
  CHECK(done_then == 3);
  for (const DeliveryReport& each : reports) CHECK(each.error == Errc::cancelled);
  if (destroys_session) return;

  // So are commits that are confirmed together.
  tasks.clear();
  done_then = -1;
  std::vector<MessageEnvelope> open;
  client.consumer.emplace(*client.session, "together", kOne, ConsumerOptions{.ordering = Ordering::unordered});
  client.consumer->consume([&](MessageEnvelope envelope) { open.push_back(std::move(envelope)); });
  CHECK(client.until([&] { return open.size() == 6; }));
  std::vector<Error> errors;
  open[0].commit({}, [&](Error) { destroy(client.consumer); });
  for (int i = 1; i < 6; ++i) tasks.push_back(await(co::commit(open[i]), errors));
  CHECK(client.until([&] { return done_then >= 0; }));
  CHECK(done_then == 5);
  for (const Error& each : errors) CHECK(each == Errc::cancelled);
}

TEST_CASE("an operation that is not awaited yet has `cancelled` when its object is gone") {
  Client client;
  auto sent = co::send(*client.producer, kRecord);
  client.producer.reset();
  std::vector<DeliveryReport> reports;
  CHECK(await(std::move(sent), reports).done());
  CHECK(reports.at(0).error == Errc::cancelled);
}

TEST_CASE("who is resumed by a destructor may use and destroy everything") {
  Client client(1);
  std::vector<std::string> said;
  // Owned by the first coroutine that is resumed: it destroys this one where it waits.
  std::optional<co::Task> second;
  std::vector<DeliveryReport> reports;
  const auto first = [&]() -> co::Task {
    const DeliveryReport report = co_await co::send(*client.producer, kRecord);
    said.push_back("first: " + report.error.name());
    second.reset();
    client.consumer.reset();  // a teardown of its own
    said.push_back("again: " + (co_await co::send(*client.producer, kRecord)).error.name());
    Producer another(*client.session);
    const DeliveryReport sent = co_await co::send(another, kRecord);
    said.push_back("another: " + sent.error.name());
    co_await co::close(*client.session);
    said.push_back("closed");
    client.session.reset();
  };
  const co::Task task = first();
  second.emplace(await(co::send(*client.producer, kRecord), reports));
  co::Messages in(*client.consumer);
  const auto third = [&]() -> co::Task {
    auto envelope = co_await in.next();
    said.push_back(envelope ? "third: a message" : "third: " + in.error().name());
  };
  const co::Task waits = third();
  {
    Producer gone = std::move(*client.producer);
    said.push_back("destroy");
  }
  said.push_back("destroyed");
  CHECK(client.until([&] { return task.done(); }));
  CHECK(said == std::vector<std::string>{"destroy", "first: cancelled", "third: cancelled", "again: closed",
                                         "destroyed", "another: none", "closed"});
  CHECK(reports.empty());
}

TEST_CASE("a frame may own the objects that it waits for") {
  Client client(3);
  int rounds = 0;
  const auto own = [&]() -> co::Task {
    Producer producer(*client.session);
    Consumer consumer(*client.session, "own", kOne);
    co::Messages in(consumer);
    while (auto envelope = co_await in.next()) {
      ++rounds;
      co_await co::send(producer, {.topic = "copies", .partition = 0, .value = envelope->value()});
      envelope->ack();
    }
  };
  {
    const co::Task task = own();
    CHECK(client.until([&] { return rounds == 2; }));
  }
  std::vector<co::Task> left;
  left.push_back(own());
  client.run(10s);
  client.session.reset();
  CHECK(left[0].done());
}

TEST_CASE("messages: what nobody took is the first one of the next consumption") {
  Client client(4);
  {
    co::Messages in(*client.consumer);
    std::optional<MessageEnvelope> got;
    const auto take = [&]() -> co::Task {
      got = co_await in.next();
      CHECK_FALSE(got->ack());
    };
    const co::Task task = take();
    CHECK(client.until([&] { return got.has_value(); }));
    client.run(1s);  // the second one has come
  }
  Error ended(Errc::stalled);
  client.run(1s);
  const co::Task task = copy_all(client, 3, ended);
  CHECK(client.until([&] { return task.done(); }));
  CHECK(client.copies() == std::vector<std::string>{"0:1", "0:2", "0:3"});
}

TEST_CASE("messages: several coroutines share them, and all of them hear of the end") {
  Client client(20);
  Consumer consumer(*client.session, "many", kOne, {.ordering = Ordering::unordered});
  co::Messages in(consumer, 20);
  std::vector<int> counts(3, 0);
  int ends = 0;
  const auto work = [&](int number) -> co::Task {
    while (auto envelope = co_await in.next()) {
      ++counts[number];
      co_await co::send(*client.producer, {.topic = "copies", .partition = 0, .value = envelope->value()});
      CHECK_FALSE(envelope->commit());
    }
    ++ends;
  };
  std::vector<co::Task> tasks;
  for (int i = 0; i < 3; ++i) tasks.push_back(work(i));
  CHECK(client.until([&] { return ends == 3; }));
  CHECK(counts[0] + counts[1] + counts[2] == 20);
  for (const int count : counts) CHECK(count > 3);
  CHECK(in.ended());
  CHECK_FALSE(in.error());
  CHECK(committed(client, "many", "t", 0) == 20);
}

TEST_CASE("messages: the first of those that wait destroys the others when it hears of the end") {
  Client client;
  co::Messages in(*client.consumer);
  std::vector<co::Task> tasks;
  int ends = 0;
  const auto first = [&]() -> co::Task {
    co_await in.next();
    ++ends;
    tasks.erase(tasks.begin() + 1, tasks.end());
  };
  const auto other = [&]() -> co::Task {
    co_await in.next();
    ++ends;
  };
  tasks.push_back(first());
  for (int i = 0; i < 3; ++i) tasks.push_back(other());
  const bool by_destructor = GENERATE(false, true);
  if (by_destructor) {
    client.consumer.reset();
  } else {
    client.consumer->close();
  }
  CHECK(client.until([&] { return ends > 0; }));
  client.run(1s);
  CHECK(ends == 1);
  CHECK(in.error() == (by_destructor ? Errc::cancelled : Errc::closed));
}

TEST_CASE("messages: a consumption that is refused has ended, and says why") {
  Client client(1);
  co::Messages in(*client.consumer);
  co::Messages second(*client.consumer);
  std::vector<bool> got;
  const auto take = [&]() -> co::Task { got.push_back((co_await second.next()).has_value()); };
  const co::Task task = take();
  CHECK(client.until([&] { return task.done(); }));
  CHECK(got == std::vector<bool>{false});
  CHECK(second.error() == Errc::invalid_argument);
  CHECK_FALSE(in.ended());
}

TEST_CASE("batches, and messages of a fetcher") {
  Client client(10);
  Fetcher fetcher(*client.session, {TopicOffset::earliest("t", 0)});
  size_t got = 0;
  const auto read = [&]() -> co::Task {
    {
      co::Batches in(fetcher, 3);
      while (got < 8) {
        auto batch = co_await in.next();
        got += batch->size();
        CHECK_FALSE(batch->ack());
      }
    }
    co_await co::stop(fetcher);
    co::Messages in(fetcher, static_cast<int64_t>(10 - got));
    while (auto envelope = co_await in.next()) {
      CHECK(envelope->offset() == static_cast<int64_t>(got++));
      const Error error = co_await co::commit(*envelope);
      CHECK_FALSE(error);
    }
  };
  const co::Task task = read();
  CHECK(client.until([&] { return task.done(); }));
  CHECK(got == 10);
}

TEST_CASE("a task gives its result, throws what left it, and may be let go") {
  Client client;
  const auto offset = [&]() -> co::TaskOf<int64_t> { co_return (co_await co::send(*client.producer, kRecord)).offset; };
  const auto fail = [&]() -> co::TaskOf<int64_t> {
    co_await co::flush(*client.producer);
    throw std::runtime_error("told");
  };
  std::vector<std::string> said;
  const auto run = [&]() -> co::Task {
    co_await offset();
    said.push_back(std::to_string(co_await offset()));
    try {
      co_await fail();
    } catch (const std::runtime_error& error) {
      said.push_back(error.what());
    }
    std::vector<Error> errors;
    co::Task early = await(co::flush(*client.producer), errors);  // destroyed where it waits
  };
  const auto detached = [&]() -> co::Task {
    co_await run();
    said.push_back("the end");
  };
  detached().detach();
  CHECK(client.until([&] { return said.size() == 3; }));
  CHECK(said == std::vector<std::string>{"1", "told", "the end"});
}

TEST_CASE("random: every coroutine that waits is resumed once or destroyed, whatever goes first") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Client client(30);
    std::mt19937_64 numbers(seed);
    const auto below = [&](uint64_t end) { return numbers() % end; };
    int waiting = 0;
    int started = 0;
    struct Count {  // lives in the frame
      explicit Count(int& of) : count(of) { ++count; }
      ~Count() { --count; }
      int& count;
    };
    std::optional<co::Messages> in;
    in.emplace(*client.consumer);
    const auto work = [&](uint64_t kind) -> co::Task {
      const Count count(waiting);
      ++started;
      switch (kind) {
        case 0:
          co_await co::send(*client.producer, kRecord);
          break;
        case 1:
          co_await co::flush(*client.producer);
          break;
        case 2:
          co_await co::room(*client.producer, 10);
          break;
        case 3:
          co_await co::stop(*client.consumer);
          break;
        default: {
          auto envelope = co_await in->next();
          if (envelope) co_await co::commit(*envelope);
        }
      }
    };
    std::vector<co::Task> tasks;
    for (int step = 0; step < 60; ++step) {
      if (client.producer && client.consumer && in && client.session) tasks.push_back(work(below(9)));
      switch (below(12)) {
        case 0:
          if (!tasks.empty()) tasks.erase(tasks.begin() + static_cast<ptrdiff_t>(below(tasks.size())));
          break;
        case 1:
          client.run(std::chrono::milliseconds(below(100)));
          break;
        case 2:
          if (below(20) == 0) client.producer.reset();
          break;
        case 3:
          if (below(20) == 0) client.consumer.reset();
          break;
        case 4:
          if (below(20) == 0) client.session.reset();
          break;
        default:
          break;
      }
    }
    // Of what waits, everything ends with the objects.
    in.reset();
    client.forget();
    for (const co::Task& task : tasks) CHECK(task.done());
    tasks.clear();
    CHECK(waiting == 0);
    CHECK(started > 0);
  }
}
