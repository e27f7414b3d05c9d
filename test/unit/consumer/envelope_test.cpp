// Envelopes without a consumer: where an answer goes, how often it counts, and how long the bytes live.
#include "consumer/envelope.hpp"

#include <string>
#include <vector>

#include "catch.hpp"

using namespace kafka;
using namespace kafka::consumer;

namespace {

struct Seen {
  std::vector<std::pair<uint64_t, Answer>> answers;
  std::vector<std::string> metadata;
  std::vector<Function<void()>> queued;
  bool gone = false;
};

class Home final : public EnvelopeOwner {
 public:
  explicit Home(Seen& seen) : seen_(seen) {}
  Error answer(uint64_t ticket, Answer answer, std::string_view metadata, Function<void(Error)> done) override {
    seen_.answers.emplace_back(ticket, answer);
    seen_.metadata.emplace_back(metadata);
    if (done) seen_.queued.push_back([done = std::move(done)]() mutable { done({}); });
    return {};
  }
  Error ack(uint64_t ticket) override { return answer(ticket, Answer::ack, {}, {}); }

 private:
  ~Home() override { seen_.gone = true; }
  Seen& seen_;
};

struct Maker {
  Maker() : home(new Home(seen)), parts(new EnvelopeParts(*home, std::make_shared<const std::string>("t"))) {
    parts->bytes = Bytes::copy("keyvalue");
  }
  ~Maker() { forget(); }
  void forget() {
    if (home == nullptr) return;
    std::exchange(parts, nullptr)->release();
    std::exchange(home, nullptr)->release();
  }
  MessageEnvelope message(uint64_t ticket) {
    records::RecordView record;
    record.offset = static_cast<int64_t>(ticket) + 40;
    record.key = parts->bytes.view().substr(0, 3);
    record.value = parts->bytes.view().substr(3);
    return EnvelopeAccess::message(*parts, ticket, 3, record);
  }
  BatchEnvelope batch(uint64_t ticket) {
    BatchEnvelope envelope;
    EnvelopeAccess::batch(envelope, *parts, ticket, 3, std::vector<MessageView>(2));
    return envelope;
  }

  Seen seen;
  Home* home;
  EnvelopeParts* parts;
};

using Answers = std::vector<std::pair<uint64_t, Answer>>;

}  // namespace

TEST_CASE("each envelope gives one answer; later ones say already_answered, and destroy their callable uncalled") {
  Maker maker;
  {
    MessageEnvelope envelope = maker.message(1);
    CHECK(envelope.topic() == "t");
    CHECK(envelope.partition() == 3);
    CHECK(envelope.offset() == 41);
    CHECK(envelope.key() == "key");
    CHECK_FALSE(envelope.answered());
    int told = 0;
    CHECK_FALSE(envelope.commit("note", [&](Error error) {
      CHECK_FALSE(error);
      ++told;
    }));
    CHECK(envelope.answered());
    CHECK(envelope.value() == "value");
    CHECK(envelope.ack() == Errc::already_answered);
    CHECK(envelope.cancel() == Errc::already_answered);
    const auto token = std::make_shared<int>(0);
    CHECK(envelope.commit({}, [&told, token](Error) { ++told; }) == Errc::already_answered);
    CHECK(token.use_count() == 1);
    CHECK(told == 0);
    for (auto& call : maker.seen.queued) call();
    CHECK(told == 1);
  }
  CHECK(maker.seen.answers == Answers{{1, Answer::commit}});
  CHECK(maker.seen.metadata == std::vector<std::string>{"note"});
}

TEST_CASE("an envelope that goes without an answer is dropped once, wherever it was moved to") {
  Maker maker;
  {
    MessageEnvelope first = maker.message(1);
    MessageEnvelope second = std::move(first);
    CHECK(first.answered());
    CHECK(first.ack() == Errc::already_answered);
    CHECK(first.topic().empty());
    CHECK(first.value().data() == nullptr);  // the bytes live as long as the other
    CHECK(first.headers().empty());
    MessageEnvelope third = maker.message(2);
    third = std::move(second);  // drops the second message
    CHECK(maker.seen.answers == Answers{{2, Answer::drop}});
    CHECK(third.offset() == 41);
  }
  CHECK(maker.seen.answers == Answers{{2, Answer::drop}, {1, Answer::drop}});
  {
    BatchEnvelope batch = maker.batch(3);
    CHECK(batch.size() == 2);
    BatchEnvelope other = std::move(batch);
    CHECK_FALSE(other.ack());
    BatchEnvelope last = maker.batch(4);
    last = std::move(other);
    CHECK(last.cancel() == Errc::already_answered);
  }
  CHECK(maker.seen.answers.size() == 4);
  CHECK(maker.seen.answers[2] == std::pair<uint64_t, Answer>{3, Answer::ack});
  CHECK(maker.seen.answers[3] == std::pair<uint64_t, Answer>{4, Answer::drop});
}

TEST_CASE("G10: bytes, topic and home live as long as the last envelope") {
  Maker maker;
  MessageEnvelope envelope = maker.message(1);
  maker.forget();
  CHECK_FALSE(maker.seen.gone);
  CHECK(envelope.value() == "value");
  CHECK_FALSE(envelope.ack());
  CHECK(envelope.topic() == "t");
  CHECK(envelope.detach().key == "key");
  CHECK_FALSE(maker.seen.gone);
  envelope = {};
  CHECK(maker.seen.gone);
}

TEST_CASE("an envelope that never held a message answers nothing") {
  MessageEnvelope empty;
  CHECK(empty.answered());
  CHECK(empty.ack() == Errc::already_answered);
  BatchEnvelope none;
  CHECK(none.commit() == Errc::already_answered);
  CHECK(none.items().empty());
}
