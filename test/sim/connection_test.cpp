// One connection against a peer that does everything wrong: what ends the connection, what its requests report, and
// that nothing is reported twice.
// Not here: reconnecting and other addresses (link_test.cpp), what metadata makes of answers (metadata_test.cpp),
// ApiVersions (handshake_test.cpp).
#include "connection_fixture.hpp"

using namespace kafka;
using namespace kafka::sim;
using Catch::Matchers::Contains;

namespace {

std::string be32(int32_t value) {
  const auto bits = static_cast<uint32_t>(value);
  return {static_cast<char>(bits >> 24), static_cast<char>(bits >> 16), static_cast<char>(bits >> 8),
          static_cast<char>(bits)};
}

// An established connection with one request under way, to which `bytes` are sent.
void answer_with(ConnectionFixture& fixture, const std::string& bytes, Answer& first) {
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::metadata) return false;
    peer.raw(bytes);
    return true;
  };
  fixture.establish();
  const auto answer = fixture.ask();
  CHECK(fixture.until_ended(1s));
  fixture.world.run_for(1min);
  CHECK(answer->calls == 1);
  CHECK(fixture.ended == 1);
  first = *answer;
}

}  // namespace

// --- framing ------------------------------------------------------------------

TEST_CASE("A1: a negative frame length closes the connection and fails what is in flight, which may have happened") {
  for (const int32_t length : {-1, INT32_MIN, -5}) {
    ConnectionFixture fixture;
    Answer answer;
    answer_with(fixture, be32(length) + std::string(100, 'x'), answer);
    CHECK(answer.error.code() == Errc::protocol_error);
    CHECK_THAT(answer.error.message(), Contains(std::to_string(length)));
    CHECK(answer.info.sent == Sent::maybe);
    CHECK(fixture.error.code() == Errc::protocol_error);
  }
}

TEST_CASE(
    "A2: a frame above the limit closes the connection; the error names the limit, or the protocol that the bytes "
    "are") {
  ConnectionFixture fixture;
  Answer answer;
  fixture.config.frame_max = 5000;
  SECTION("too large") {
    answer_with(fixture, be32(5001), answer);
    CHECK(answer.error.code() == Errc::too_large);
    CHECK_THAT(answer.error.message(), Contains("5001") && Contains("5000") && Contains("receive_message_max_bytes"));
  }
  SECTION("TLS") {
    answer_with(fixture, std::string("\x15\x03\x01\x00\x02\x02\x50", 7), answer);
    CHECK_THAT(answer.error.message(), Contains("TLS"));
  }
  SECTION("HTTP") {
    answer_with(fixture, "HTTP/1.1 400 Bad Request\r\n\r\n", answer);
    CHECK_THAT(answer.error.message(), Contains("HTTP"));
  }
  CHECK(fixture.error == answer.error);
}

TEST_CASE("A3: a frame too short for a correlation id, or for its header, is a protocol error") {
  for (const int32_t length : {0, 1, 2, 3}) {
    ConnectionFixture fixture;
    Answer answer;
    answer_with(fixture, be32(length) + std::string(static_cast<size_t>(length), '\0'), answer);
    CHECK(answer.error.code() == Errc::protocol_error);
    CHECK(fixture.error.code() == Errc::protocol_error);
  }
  ConnectionFixture fixture;
  Answer answer;
  answer_with(fixture, be32(4) + be32(1), answer);  // the tagged fields of the header are missing
  CHECK(answer.error.code() == Errc::protocol_error);
  CHECK(fixture.error.code() == Errc::protocol_error);
}

TEST_CASE("A4: an end of stream or a reset at every byte of an answer delivers nothing and fails each request once") {
  const bool reset = GENERATE(false, true);
  const ApiKey cut_api = GENERATE(ApiKey::api_versions, ApiKey::metadata);
  CAPTURE(reset, protocol::name(cut_api));
  size_t whole = SIZE_MAX;
  for (size_t cut = 0; cut < whole; ++cut) {
    ConnectionFixture fixture;
    bool done = false;
    fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
      if (header.api != cut_api) return false;
      if (done) return true;
      std::string bytes = cut_api == ApiKey::metadata ? response_frame(header, fixture.server.metadata)
                                                      : response_frame(header, fixture.server.versions);
      whole = bytes.size();
      peer.raw(std::string_view(bytes).substr(0, cut));
      if (!reset) peer.close();
      done = true;
      return true;
    };
    fixture.open();
    std::shared_ptr<Answer> first, second;
    if (cut_api == ApiKey::metadata) {
      REQUIRE(fixture.until([&] { return fixture.ready == 1; }));
      first = fixture.ask();
      second = fixture.ask();
    }
    REQUIRE(fixture.until([&] { return done; }));
    if (reset) {
      fixture.world.run_for(5ms);
      fixture.world.reset_connections("client", "server", false);
    }
    if (!fixture.until_ended(1s)) FAIL("not ended at byte " << cut);
    fixture.world.run_for(1min);
    const bool right = fixture.ended == 1 && fixture.error == Errc::disconnected &&
                       fixture.ready == (cut_api == ApiKey::metadata ? 1 : 0);
    if (!right) FAIL("at byte " << cut << ": " << fixture.error.message() << ", ended " << fixture.ended);
    if (cut_api == ApiKey::metadata) {
      for (const auto& answer : {first, second}) {
        if (answer->calls != 1 || answer->error != Errc::disconnected || answer->info.sent != Sent::maybe ||
            !answer->response.brokers.empty()) {
          FAIL("at byte " << cut << ": called " << answer->calls << " times, " << answer->error.message());
        }
      }
    } else {
      // Only a peer that sent no byte at all may be a broker before 0.10.
      if (fixture.refused_versions() != (cut == 0)) FAIL("taken for an old broker at byte " << cut);
    }
  }
  CHECK(whole > 50);
}

TEST_CASE("A9: bytes behind the last known field are accepted") {
  ConnectionFixture fixture;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::metadata) return false;
    std::string bytes = response_frame(header, fixture.server.metadata) + std::string(100, 'z');
    peer.raw(be32(static_cast<int32_t>(bytes.size() - 4)) + bytes.substr(4));
    return true;
  };
  fixture.establish();
  for (int i = 0; i < 2; ++i) {
    const auto answer = fixture.ask();
    REQUIRE(fixture.until([&] { return answer->calls == 1; }));
    CHECK_FALSE(answer->error);
    CHECK(answer->response.topics.size() == 1);
  }
  CHECK(fixture.ended == 0);
}

TEST_CASE("an answer that does not decode fails its request, and the connection with it") {
  ConnectionFixture fixture;
  Answer answer;
  // Correlation id 1, an empty header, then an array of two billion brokers.
  answer_with(fixture,
              be32(20) + be32(1) + std::string(1, '\0') + be32(0) + std::string("\xff\xff\xff\xff\x07", 5) +
                  std::string(6, 'x'),
              answer);
  CHECK(answer.error.code() == Errc::protocol_error);
  CHECK(fixture.error.code() == Errc::protocol_error);
}

// --- network ------------------------------------------------------------------

TEST_CASE("C3: a peer that falls silent is given up at the request's deadline, and the connection with it") {
  ConnectionFixture fixture;
  fixture.establish();
  fixture.world.black_hole("client", "server", true);
  const net::Duration before = fixture.world.elapsed();
  const auto first = fixture.ask(5s);
  const auto second = fixture.ask(20s);
  CHECK(fixture.until_ended());
  CHECK(fixture.world.elapsed() - before >= 5s);
  CHECK(fixture.world.elapsed() - before < 5100ms);
  CHECK(first->error.code() == Errc::timed_out);
  CHECK(second->error.code() == Errc::disconnected);  // its timeout has not passed yet
  CHECK(first->calls + second->calls == 2);
}

TEST_CASE("a request with a nearer deadline than those before it has its own") {
  ConnectionFixture fixture;
  fixture.establish();
  fixture.world.black_hole("client", "server", true);
  const net::Duration before = fixture.world.elapsed();
  const auto patient = fixture.ask(60s);
  fixture.world.run_for(1s);
  const auto hasty = fixture.ask(2s);
  CHECK(fixture.until_ended());
  CHECK(fixture.world.elapsed() - before < 3100ms);
  CHECK(hasty->error.code() == Errc::timed_out);
  CHECK(patient->error.code() == Errc::disconnected);
}

TEST_CASE("C4: TCP and ApiVersions share one setup deadline") {
  ConnectionFixture fixture;
  std::string expected;
  SECTION("the SYN is lost") {
    fixture.world.black_hole("client", "server", true);
    expected = "no connection";
  }
  SECTION("ApiVersions is not answered") {
    fixture.server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
    expected = "ApiVersions";
  }
  SECTION("half the time each") {
    fixture.world.set_latency(1500ms, 1500ms);  // a whole exchange of SYN and answer takes 3 s
    fixture.server.on_request = [](ScriptedBroker::Connection&, const RequestHeader&, codec::Reader&) { return true; };
    expected = "ApiVersions";
  }
  fixture.open(4s);
  CHECK(fixture.until_ended());
  CHECK(fixture.world.elapsed() >= 4s);
  CHECK(fixture.world.elapsed() < 4100ms);
  CHECK(fixture.error.code() == Errc::timed_out);
  CHECK_THAT(fixture.error.message(), Contains(expected));
  CHECK_FALSE(fixture.refused_versions());
}

TEST_CASE("C5: answers sliced to single bytes, or several in one read, are the same answers") {
  const size_t slice = GENERATE(as<size_t>{}, 1, 2, 3, 5, 100000);
  ConnectionFixture fixture(slice);
  fixture.world.set_slicing(slice, slice);
  std::vector<RequestHeader> held;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::metadata) return false;
    held.push_back(header);
    if (held.size() < 5) return true;
    std::string all;
    for (const RequestHeader& one : held) all += response_frame(one, fixture.server.metadata);
    peer.raw(all);
    return true;
  };
  fixture.establish();
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(fixture.ask());
  REQUIRE(fixture.until([&] { return answers.back()->calls == 1; }));
  for (const auto& answer : answers) {
    CHECK(answer->calls == 1);
    CHECK_FALSE(answer->error);
    CHECK(answer->response.topics.at(0).partitions.size() == 3);
  }
  CHECK(fixture.connection->in_flight() == 0);
}

TEST_CASE("C6: a peer that reads no more: the request times out half written, and the connection is closed") {
  ConnectionFixture fixture;
  fixture.world.set_window(1000);
  fixture.establish();
  fixture.server.connections.at(0)->set_reading(false);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 100; ++i) answers.push_back(fixture.ask(5s));
  fixture.world.run_for(1s);
  CHECK(fixture.connection->unwritten() > 0);
  CHECK(fixture.until_ended());
  for (const auto& answer : answers) CHECK(answer->calls == 1);
  CHECK(answers.back()->error.code() == Errc::timed_out);
  CHECK(answers.back()->info.sent == Sent::maybe);
  fixture.world.run_for(10ms);
  CHECK(fixture.world.open_streams("client") == 0);
}

TEST_CASE("C7: an answer that trickles in does not move the deadline") {
  ConnectionFixture fixture;
  const bool handshake = GENERATE(true, false);
  std::string bytes;
  size_t sent = 0;
  net::Timer timer;
  Function<void()> drip;
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if ((header.api == ApiKey::api_versions) != handshake) return false;
    bytes =
        handshake ? response_frame(header, fixture.server.versions) : response_frame(header, fixture.server.metadata);
    drip = [&] {
      peer.raw(std::string_view(bytes).substr(sent++, 1));
      if (sent < bytes.size()) timer = fixture.server.reactor.after(1s, [&] { drip(); });
    };
    drip();
    return true;
  };
  fixture.open(10s);
  std::shared_ptr<Answer> answer;
  if (!handshake) {
    REQUIRE(fixture.until([&] { return fixture.ready == 1; }));
    answer = fixture.ask(10s);
  }
  CHECK(fixture.until_ended());
  CHECK(fixture.world.elapsed() < 10100ms);
  CHECK(sent > 5);
  CHECK(fixture.error.code() == Errc::timed_out);
  if (answer) CHECK(answer->error.code() == Errc::timed_out);
}

TEST_CASE(
    "C8: a wrong, repeated or unasked correlation id closes the connection and fails what is in flight as maybe") {
  ConnectionFixture fixture;
  std::vector<RequestHeader> held;
  int wrong = -1;
  SECTION("the second request's id first") { wrong = 0; }
  SECTION("the first answered twice") { wrong = 1; }
  SECTION("an id from nowhere") { wrong = 2; }
  SECTION("a negative id") { wrong = 3; }
  fixture.server.on_request = [&](ScriptedBroker::Connection& peer, const RequestHeader& header, codec::Reader&) {
    if (header.api != ApiKey::metadata) return false;
    held.push_back(header);
    if (held.size() < 3) return true;
    if (wrong == 0) peer.answer(held[1], fixture.server.metadata);
    if (wrong == 1) {
      peer.answer(held[0], fixture.server.metadata);
      peer.answer(held[0], fixture.server.metadata);
    }
    RequestHeader other = header;
    other.correlation_id = wrong == 3 ? -1 : 4711;
    if (wrong >= 2) peer.answer(other, fixture.server.metadata);
    return true;
  };
  fixture.establish();
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 3; ++i) answers.push_back(fixture.ask());
  CHECK(fixture.until_ended(1s));
  fixture.world.run_for(1min);
  CHECK(fixture.error.code() == Errc::protocol_error);
  CHECK_THAT(fixture.error.message(), Contains("correlation id"));
  for (size_t i = 0; i < 3; ++i) {
    CAPTURE(i);
    CHECK(answers[i]->calls == 1);
    const bool answered = wrong == 1 && i == 0;
    CHECK(answers[i]->error.code() == (answered ? Errc::none : Errc::protocol_error));
    CHECK(answers[i]->info.sent == Sent::maybe);
  }
}

TEST_CASE("C8: bytes that nobody asked for close an idle connection") {
  ConnectionFixture fixture;
  fixture.establish();
  fixture.server.connections.at(0)->raw(be32(4) + be32(0));
  CHECK(fixture.until_ended(1s));
  CHECK(fixture.error.code() == Errc::protocol_error);
}

TEST_CASE("C9: requests go on over the wrap of the correlation id") {
  ConnectionFixture fixture;
  fixture.establish();
  fixture.connection->set_next_correlation_id(INT32_MAX - 1);
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 5; ++i) answers.push_back(fixture.ask());
  REQUIRE(fixture.until([&] { return answers.back()->calls == 1; }));
  for (const auto& answer : answers) CHECK_FALSE(answer->error);
  std::vector<int32_t> ids;
  for (const RequestHeader& header : fixture.server.seen) {
    if (header.api == ApiKey::metadata) ids.push_back(header.correlation_id);
  }
  CHECK(ids == std::vector<int32_t>{INT32_MAX - 1, INT32_MAX, 0, 1, 2});
}

// --- end ----------------------------------------------------------------------

TEST_CASE("closing fails every request once, later, and says why") {
  ConnectionFixture fixture;
  fixture.server.on_request = [&](ScriptedBroker::Connection&, const RequestHeader& header, codec::Reader&) {
    return header.api == ApiKey::metadata;
  };
  fixture.establish();
  std::vector<std::shared_ptr<Answer>> answers;
  for (int i = 0; i < 1000; ++i) answers.push_back(fixture.ask());
  fixture.world.run_for(100ms);
  fixture.inside = true;
  fixture.connection->close(Error(Errc::closed, "enough"));
  fixture.inside = false;
  for (const auto& answer : answers) CHECK(answer->calls == 0);
  CHECK(fixture.until_ended(1s));
  fixture.connection->close(Error(Errc::cancelled));
  fixture.world.run_for(1min);
  CHECK(fixture.ended == 1);
  CHECK(fixture.error.code() == Errc::closed);
  for (const auto& answer : answers) {
    CHECK(answer->calls == 1);
    CHECK(answer->error.code() == Errc::closed);
  }
}

TEST_CASE("a connection that is destroyed still answers its requests, later, with closed") {
  ConnectionFixture fixture;
  fixture.establish();
  const auto answer = fixture.ask();
  fixture.inside = true;
  fixture.connection.reset();
  fixture.inside = false;
  fixture.world.run_for(1s);
  CHECK(answer->calls == 1);
  CHECK(answer->error.code() == Errc::closed);
  CHECK(fixture.ended == 0);
}

TEST_CASE("a request that no version can carry is not sent and fails alone") {
  ConnectionFixture fixture;
  fixture.establish();
  protocol::MetadataRequest request;  // null topics: all of them
  request.topics.reset();
  int calls = 0;
  Error error;
  auto call = std::make_unique<TypedCall<protocol::MetadataRequest>>(
      std::move(request), fixture.reactor.now() + 1s, [&](Error e, protocol::MetadataResponse&, const CallInfo& info) {
        ++calls;
        error = std::move(e);
        CHECK(info.sent == Sent::no);
      });
  call->set_max_version(0);
  fixture.connection->send(std::move(call));
  CHECK(calls == 0);
  const auto answer = fixture.ask();
  REQUIRE(fixture.until([&] { return answer->calls == 1; }));
  CHECK_FALSE(answer->error);
  CHECK(calls == 1);
  CHECK(error);
  CHECK(fixture.ended == 0);
}
